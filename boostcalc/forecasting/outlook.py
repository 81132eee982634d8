"""The verdict on a forecast, in one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence

from boostcalc.dynamics import Prediction
from boostcalc.results import counted, percent

__all__ = ["outlook"]

SURE, OPEN = 0.9, 0.6
"""Shares beyond which a direction is said plainly, and below which none is said."""


def outlook(prediction: Prediction, falls: float, rises: float, humps: Sequence[dict[str, float]], horizon: int) -> str:
    """Which way the error goes and how surely, where it ends, whether it splits, and whether the target is met.

    Parameters
    ----------
    prediction : Prediction
        Its rows have the median of what may happen.
    falls, rises : float
        Shares of what may happen in which the error ends below, and above, its start.
    humps : records `error`, `weight`
        Where it gathers in the end.
    horizon : int
        Rounds within which the target was looked for.
    """
    inputs, last, reach = prediction.inputs, prediction.trajectory[-1], prediction.rounds_to_target
    start, met = prediction.trajectory[0].error, percent(prediction.probability_reached)
    if reach.value == 0:
        goal = f"the target {inputs['target']:g} is met at the start"
    elif reach.value is None:
        goal = f"the target {inputs['target']:g} is not reached ({met} reach it within {horizon} rounds)"
    else:
        taken = counted(reach.value, "round")
        goal = f"the target {inputs['target']:g} is reached in {taken} ({met} reach it within {horizon})"
    if last.round == 0:
        return f"No round is looked at: the error is {start.text(3)} at the start; {goal}."
    if falls + rises < 0.5:
        return f"Nothing changes: the error stays at {last.error.text(3)}; {goal}."
    surely, side = max((falls, "below"), (rises, "above"))
    goes = "better" if side == "below" else "worse"
    leaning = f"It gets {goes}" if surely >= SURE else f"It probably gets {goes}"
    head = leaning if surely > OPEN else "It may go either way"
    ends = " or ".join(f"near {hump['error']:.3g} ({percent(hump['weight'])})" for hump in humps)
    split = f"; it may end {ends}" if len(humps) > 1 else ""
    return (
        f"{head}: in {percent(surely)} of what may happen the error is {side} its start of {start.text(3)} after "
        f"{counted(last.round, 'round')}, at {last.error.text(3)}{split}; {goal}."
    )
