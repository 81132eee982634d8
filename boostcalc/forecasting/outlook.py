"""The verdict on a forecast, in one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence

from boostcalc.dynamics import Prediction
from boostcalc.results import percent

__all__ = ["outlook"]

SURE, OPEN = 0.9, 0.6
"""Shares beyond which a direction is said plainly, and below which none is said."""


def outlook(prediction: Prediction, falls: float, humps: Sequence[dict[str, float]], horizon: int) -> str:
    """Which way the error goes and how surely, where it ends, whether it splits, and whether the target is met.

    Parameters
    ----------
    prediction : Prediction
        Its rows have the median of what may happen.
    falls : float
        Share of what may happen in which the error ends below its start.
    humps : records `error`, `weight`
        Where it gathers in the end.
    horizon : int
        Rounds within which the target was looked for.
    """
    inputs, last, reach = prediction.inputs, prediction.trajectory[-1], prediction.rounds_to_target
    surely, goes = max(falls, 1 - falls), "better" if falls >= 0.5 else "worse"
    leaning = f"It gets {goes}" if surely >= SURE else f"It probably gets {goes}"
    head = leaning if surely > OPEN else "It may go either way"
    below = f"the error is below its start of {prediction.trajectory[0].error.text(3)} after {last.round} rounds"
    met = f"{percent(prediction.probability_reached)} reach it within {horizon}"
    if reach.value == 0:
        goal = f"the target {inputs['target']:g} is met at the start"
    elif reach.value is None:
        goal = f"the target {inputs['target']:g} is not reached ({met} rounds)"
    else:
        rounds = f"{reach.value:.0f} round{'s' if reach.value > 1 else ''}"
        goal = f"the target {inputs['target']:g} is reached in {rounds} ({met})"
    split = ""
    if len(humps) > 1:
        ends = " or ".join(f"near {hump['error']:.3g} ({percent(hump['weight'])})" for hump in humps)
        split = f"; it may end {ends}"
    where = f"at {last.error.text(3)}"
    return f"{head}: in {percent(falls)} of what may happen {below}, {where}{split}; {goal}."
