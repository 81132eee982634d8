"""The verdict on a loop, in one plain sentence."""

from __future__ import annotations

import numpy as np

from boostcalc.dynamics.fixed_points import FixedPoints
from boostcalc.dynamics.limits import Swing
from boostcalc.dynamics.rounds import HORIZON
from boostcalc.odds import expit
from boostcalc.results import percent

__all__ = ["direction", "verdict"]

SAME = 1e-9
"""Errors closer than this in log-odds count as the same: the loop stays where it is."""


def direction(logit_start: float, logit_limit: float) -> int:
    """−1 if the error falls, +1 if it rises, 0 if it stays."""
    if logit_start == logit_limit or abs(logit_limit - logit_start) <= SAME:
        return 0
    return -1 if logit_limit < logit_start else 1


def verdict(
    *,
    t: float,
    f: float,
    start: float,
    limit: float,
    moves: int,
    target: float,
    rounds: float,
    points: FixedPoints,
    chance: float | None,
    swing: Swing | None = None,
) -> str:
    """One sentence: which way the error goes, where it settles, and whether and when it meets the target.

    `start` and `limit` are error rates, `moves` their `direction`, `rounds` as in `Rounds.value`;
    `chance` is the share of what the evidence allows in which the target is met, None where all is known;
    `swing` is where a loop without a limit goes.
    """
    seen = "" if chance is None else "At the observed rates n"  # counts of none or all are no certainty
    nothing = f"{seen}othing" if seen else "Nothing"
    if t == 0 and f == 0:
        return (
            f"{nothing} happens: the evaluator accepts no answer, so no buffer fills; the error stays at {start:.4g}."
        )
    met = "" if chance is None else f" (it is met in {percent(chance)} of what the evidence allows)"
    goal = _goal(start, target)
    if np.isnan(limit):
        return f"It does not settle: from {start:.4g} the error {_swinging(swing)}{_passed(rounds, target)}{met}."
    if moves == 0:
        why = _why_still(t, f, start, points)
        return f"{nothing} changes: {why}, so the error stays at {start:.4g}{goal}{met}."
    if moves > 0:
        under = " under an evaluator that accepts wrong answers more readily than correct ones" if f > t else ""
        return f"It gets worse: the error rises from {start:.4g} towards {limit:.4g}{under}{goal}{met}."
    despite = ", although the evaluator accepts wrong answers more readily than correct ones" if f > t else ""
    if rounds == 0:
        goal = f"the target {target:g} is already met at the start"
    elif np.isfinite(rounds):
        goal = f"it reaches the target {target:g} in {rounds:.0f} round{'s' if rounds > 1 else ''}"
    elif np.isinf(rounds):
        goal = f"it never reaches the target {target:g}"
    else:
        goal = f"it does not reach the target {target:g} within {HORIZON} rounds"
    return f"It gets better: the error falls from {start:.4g} towards {limit:.4g}{despite}; {goal}{met}."


def _why_still(t: float, f: float, start: float, points: FixedPoints) -> str:
    if points.everywhere:
        return "at FP = TP an acceptance says nothing about an answer"
    if start in (0.0, 1.0) and (f if start else t) == 0:
        return "the evaluator accepts none of these answers"
    if start in (0.0, 1.0):
        return f"all answers are {'wrong' if start else 'correct'} and the model only learns from its own"
    return "the loop starts at a fixed point"


def _swinging(swing: Swing | None) -> str:
    if swing is None:
        return "goes on swinging"
    low, high = expit([swing.low, swing.high])
    how = "goes on swinging, by turns at" if swing.by_turns else "goes on wandering between"
    return f"{how} {low:.4g} and {high:.4g}"


def _passed(rounds: float, target: float) -> str:
    if not np.isfinite(rounds):
        return f"; it does not meet the target {target:g}"
    when = f"in round {rounds:.0f}" if rounds else "at the start"
    return f"; it first meets the target {target:g} {when}, but does not stay there"


def _goal(start: float, target: float) -> str:
    return (
        f" (the target {target:g} is met at the start)"
        if start <= target
        else f"; it never reaches the target {target:g}"
    )
