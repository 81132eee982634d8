"""The verdict on many types of answer, in one plain sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boostcalc.odds import Array, expit

if TYPE_CHECKING:
    from boostcalc.selection.types import Types

__all__ = ["verdict"]

SAME = 1e-9
"""Errors closer than this in log-odds count as the same."""

LEFT = 1e-9
"""A type with a smaller share is not said to be left."""


def verdict(types: Types, error: Array, limit: float, log_limit: Array, promised: float) -> str:
    """One sentence: which way the error goes, what is left, and what pooled rates promise instead.

    `error` (by round), `limit` and `promised` (the limit from pooled rates, `nan` if there are none) are log-odds.
    """
    start, end = f"{expit(error[0]):.4g}", f"{expit(limit):.4g}"
    if not (types.acceptance * types.start).any():
        return f"Nothing happens: the evaluator accepts no answer, so no buffer fills; the error stays at {start}."
    if np.isnan(limit):
        return f"It does not settle: the types take turns from round to round, starting at error {start}."
    turn = _turn(error, limit)
    agrees = np.isnan(promised) or _same(promised, limit)
    tail = "" if agrees else f"; the pooled rates of round 0 promise {expit(promised):.4g}"
    if _same(error[0], limit):
        if turn:
            return f"It ends where it began, at error {end}{turn}{tail}."
        return f"Nothing changes: the error stays at {start}{tail}."
    way = "It gets better: the error falls" if limit < error[0] else "It gets worse: the error rises"
    return f"{way} from {start} towards {end}{turn}{_left(types, log_limit)}{tail}."


def _same(one: float, other: float) -> bool:
    return bool(one == other or abs(one - other) <= SAME)


def _left(types: Types, log_limit: Array) -> str:
    """Which wrong answers there still are in the end, where it is some kinds of several."""
    there = np.exp(log_limit) > LEFT
    wrong = [name for name, right, left in zip(types.names, types.correct, there, strict=True) if left and not right]
    some = 0 < len(wrong) < np.count_nonzero(~types.correct)
    return f"; of the wrong answers there stay: {', '.join(wrong)}" if some else ""


def _turn(error: Array, limit: float) -> str:
    """The least or greatest error on the way, where it lies beyond both ends."""
    low, high = int(np.argmin(error)), int(np.argmax(error))
    if error[low] < min(error[0], limit) - SAME:
        return f", after falling to {expit(error[low]):.4g} in round {low}"
    if error[high] > max(error[0], limit) + SAME:
        return f", after rising to {expit(error[high]):.4g} in round {high}"
    return ""
