"""The report's figures, as SVG text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boostcalc.plotting import cobweb, svg

if TYPE_CHECKING:
    from boostcalc.forecasting import Forecast

__all__ = ["figures"]

GRID = 401
"""Points on a curve."""


def figures(forecast: Forecast) -> dict[str, str]:
    """File name → SVG of each figure: the fan, the fitted response, the cobweb."""
    return {
        "fan.svg": svg(forecast.plot()),
        "response.svg": svg(forecast.fit.plot()),
        "cobweb.svg": svg(_cobweb(forecast)),
    }


def _cobweb(forecast: Forecast):  # type: ignore[no-untyped-def]  # axes, whose type would load matplotlib
    loop = forecast.loop()
    error = np.linspace(0, 1, GRID)
    # where old pairs stay in the context a round moves along the map only part of the way: no staircase then
    start, rounds = forecast.inputs["error"].value, forecast.inputs["rounds"]
    path = np.array([])
    if not loop.context.keeps and start is not None:
        path = loop.trajectory(error=start, rounds=rounds).error
    fixed = [(point.error.value, point.stable) for point in forecast.fixed_points if point.error.value is not None]
    return cobweb(
        error, loop.update(error), path, fixed=[value for value, _ in fixed], stable=[stable for _, stable in fixed]
    )
