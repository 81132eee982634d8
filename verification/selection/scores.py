"""How well a forecast did on the runs: distance to them, and how many its 90% interval holds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from verification.selection.forecasts import Forecast
from verification.selection.logs import Measured

__all__ = ["BAD", "GOOD", "held", "scored"]

BAD, GOOD = 0.5, 0.1
"""A run is bad above the one, and good below the other."""

THINNED = 200
"""Quantiles that stand for the draws of a round."""


def scored(forecast: Forecast, seen: Measured) -> pd.DataFrame:
    """One row a round.

    Columns
    -------
    mean_error : mean over runs.
    said : the forecast's mean.
    off : |its mean − the mean over runs|
    apart : mean over runs of |its median − the run's error|
    held : share of runs that its 90% interval holds (none where it has no interval).
    low, high : that interval.
    bad, bad_said : share of runs, and of the forecast's draws, whose error is over one half.
    """
    mean = seen.error.mean(axis=1)
    has = forecast.error.shape[1] > 1
    low, high = np.quantile(forecast.error, [0.05, 0.95], axis=1)
    return pd.DataFrame(
        {
            "round": np.arange(len(mean)),
            "mean_error": mean,
            "said": forecast.error.mean(axis=1),
            "off": np.abs(forecast.error.mean(axis=1) - mean),
            "apart": np.abs(forecast.middle[:, None] - seen.error).mean(axis=1),
            "held": held(forecast.error, seen).mean(axis=1) if has else np.nan,
            "low": low if has else np.nan,
            "high": high if has else np.nan,
            "bad": (seen.error > BAD).mean(axis=1),
            "bad_said": (forecast.error > BAD).mean(axis=1),
        }
    )


def held(error: np.ndarray, seen: Measured, level: float = 0.9) -> np.ndarray:
    """The part of each run's count of wrong answers that lies in the interval, shape `(rounds, runs)`.

    A run's error is seen through its own number of attempts, so what is forecast of it is the mixture over the draws
    of Bin(attempts, error). A count y fills the stretch from P(Y < y) to P(Y ≤ y) of the unit interval; what lies
    between (1 − level)/2 and (1 + level)/2 counts as held, which is `level` on average where the forecast is right
    (Czado, Gneiting, Held 2009, Biometrics 65, 1254, the non-randomised PIT).
    """
    from scipy.stats import binom

    share = (np.arange(THINNED) + 0.5) / THINNED
    thinned = np.quantile(error, share, axis=1).T[:, None, :]  # (rounds, 1, draws)
    y, n = seen.wrong[..., None], seen.attempts[..., None]
    low, high = (np.mean(binom.cdf(count, n, thinned), axis=-1) for count in (y - 1, y))
    inside = np.minimum(high, (1 + level) / 2) - np.maximum(low, (1 - level) / 2)
    return np.asarray(np.clip(inside, 0, None) / np.maximum(high - low, 1e-300))
