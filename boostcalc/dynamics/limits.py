"""Where a loop tends to from a start: by monotony where its map has it, by following it elsewhere."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from boostcalc.odds import Array

if TYPE_CHECKING:
    from boostcalc.dynamics.fixed_points import FixedPoints
    from boostcalc.dynamics.loop import Loop
    from boostcalc.dynamics.start import State

__all__ = ["Swing", "limit", "swing"]

FOLLOWED = 2_000
"""Rounds that a loop is followed for where its orbit need not be monotone."""

WATCHED = 128
"""The last of them, in which it shows whether it settles."""

FAR_OUT = 50.0
"""Log-odds beyond every fixed point, at which the contexts are clean or wholly wrong: what goes out stays out."""

SETTLED = 1e-9
"""Steps in log-odds below which a loop has settled."""

SHRINKS = 1e-4
"""Part of its width that a swing has to lose over half of the watched rounds, to be one that dies away."""


class Swing(NamedTuple):
    """Where a loop that does not settle goes: log-odds of its least and greatest error; by turns, or in between too."""

    low: float
    high: float
    by_turns: bool


def limit(loop: Loop, start: State, *, consistent: bool) -> Array:
    """Log-odds of the error that the loop tends to, shape (…); `nan` where it goes on swinging.

    With constant rates and a response that does not depend on the context's size, an orbit whose first error and
    context belong together (`consistent`) is monotone, whatever the policy: it goes to the nearest fixed point
    on its side. Elsewhere the loop is followed until it is near enough to tell.
    """
    points = loop.fixed_points()
    if loop.monotone:
        first, second = start, loop.step(start)
        if consistent or not loop.context.keeps:
            return points.limit(first.logit_error, second.logit_error)
        if loop.context.law == "power":  # what is appended is a part of the state: from round 1 on it is consistent
            return points.limit(second.logit_error, loop.step(second).logit_error)
    late = _followed(loop, start, points)
    going = points.limit(late[-2], late[-1])
    half = len(late) // 2
    with np.errstate(invalid="ignore"):  # an error of 0 or 1 that stays
        steps = np.nan_to_num(np.diff(late, axis=0))
        early, width = (np.nan_to_num(np.ptp(part, axis=0)) for part in (late[: half + 1], late[half:]))
    turns = (steps[half:] > SETTLED).any(axis=0) & (steps[half:] < -SETTLED).any(axis=0)
    turns &= (np.abs(steps[-2:]) > SETTLED).any(axis=0)
    ends = points.stable_within(late[half:].min(axis=0), late[half:].max(axis=0))
    return np.where(turns, np.where(width < (1 - SHRINKS) * early, ends, np.nan), going)


def swing(loop: Loop, start: State) -> Swing:
    """Where one loop goes that has no limit."""
    late = _followed(loop, start, loop.fixed_points())
    low, high = float(late.min()), float(late.max())
    return Swing(low, high, bool(abs(late[-1] - late[-3]) < 0.01 * (high - low)))


def _followed(loop: Loop, start: State, points: FixedPoints) -> Array:
    """The last errors (log-odds) of the orbit, shape (w, …) with 3 ≤ w ≤ `WATCHED`."""
    outermost = np.where(np.isfinite(points.logit_error), np.abs(points.logit_error), 0.0).max(axis=0) + FAR_OUT
    state = loop.step(start)
    late = deque((start.logit_error, state.logit_error), maxlen=WATCHED)
    for _ in range(FOLLOWED):
        before, state = state, loop.step(state)
        late.append(state.logit_error)
        moves = state.way_from(before) > SETTLED / 100
        x, now = before.logit_error, state.logit_error
        # far out already: one leap may end there that the next one takes back
        gone = (np.abs(x) > outermost) & (np.abs(now) > np.abs(x)) & (np.sign(now) == np.sign(x))
        if not (moves & ~gone).any() and not (loop.response.sized and loop.context.law == "power"):
            break
    return np.stack(late)
