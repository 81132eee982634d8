"""Every forecast held against every setting: the rows of `reports/selection.csv`."""

from __future__ import annotations

import pandas as pd

from verification.selection.forecasts import SOURCES, Forecast, drawn, fitted, mean_field, staged, textbook
from verification.selection.logs import SETTINGS, Setting, measured
from verification.selection.scores import scored

__all__ = ["MAIN", "OTHER", "STAGED", "measure"]

MAIN = ("textbook", "fitted map", "forecast", "forecast, scattered start")
"""From the setting's round 0, or from the sweep with wrong pairs of the setting's kind."""

STAGED = "two judges"
OTHER = (*SOURCES, STAGED)


def measure() -> pd.DataFrame:
    """One row a setting, forecast and round; columns as `scored` has them."""
    found = []
    for setting in SETTINGS:
        seen = measured(setting.name)
        for name, forecast in _forecasts(setting):
            rows = scored(forecast, seen)
            rows.insert(0, "forecast", name)
            rows.insert(0, "setting", setting.name)
            found.append(rows)
        print(setting.name, flush=True)
    return pd.concat(found, ignore_index=True)


def _forecasts(setting: Setting) -> list[tuple[str, Forecast]]:
    filtered = setting.acceptance != "none"
    fit = fitted(setting.kind, setting.acceptance if filtered else "sample")
    said = (textbook(setting), mean_field(fit, setting), drawn(fit, setting), drawn(fit, setting, scattered=True))
    found = list(zip(MAIN, said, strict=True))
    if filtered:
        for name, source in SOURCES.items():
            other = source(setting)
            if other is not None:
                found.append((name, drawn(other, setting, scattered=True)))
        if setting.policy == "replace":
            found.append((STAGED, staged(setting)))
    return found
