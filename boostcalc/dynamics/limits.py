"""Where a loop tends to from a start: by monotony where its map has it, by following it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boostcalc.odds import Array

if TYPE_CHECKING:
    from boostcalc.dynamics.loop import Loop
    from boostcalc.dynamics.start import State

__all__ = ["limit"]

FOLLOWED = 2_000
"""Rounds that a loop is followed for where its orbit need not be monotone."""

SETTLED = 1e-9
"""Steps in log-odds below which a loop has settled."""


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
    before, now, after = _followed(loop, start)
    last, next_step = now - before, after - now
    swings = (np.sign(last) * np.sign(next_step) < 0) & ~(np.abs(next_step) < SETTLED)
    return np.where(swings, np.nan, points.limit(now, after))


def _followed(loop: Loop, start: State) -> tuple[Array, Array, Array]:
    """Three successive errors (log-odds) late in the orbit."""
    states = [start, loop.step(start)]
    states.append(loop.step(states[-1]))
    for _ in range(FOLLOWED):
        with np.errstate(invalid="ignore"):
            moved = np.abs(states[-1].logit_error - states[-2].logit_error)
        if not (moved > SETTLED / 100).any() and not (loop.response.sized and loop.context.keeps):
            break
        states = [*states[1:], loop.step(states[-1])]
    before, now, after = (state.logit_error for state in states)
    return before, now, after
