"""Rounds to a target error: closed form where the family has one, iteration elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc import plotting
from boostcalc.dynamics.policies import Replace
from boostcalc.dynamics.start import State
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit, logit
from boostcalc.results import Result, finite

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from boostcalc.dynamics.loop import Loop

__all__ = ["HORIZON", "Rounds", "rounds_to"]

HORIZON = 10_000
"""Rounds after which iteration gives up (`nan`): a loop this slow is no plan."""

FARTHEST = 2.0**60
"""Rounds up to which a closed form is asked: no loop runs that long."""

CERTAIN = 40.0
"""Log-odds beyond which a share is 1 to a double."""

TIE = 1e-12
"""An error within this of the target, in log-odds, has reached it: rounding cannot tell them apart."""


APART = 1e-6
"""Errors farther apart than this, in log-odds, are two: a loop that goes from one to the other and back swings."""


LATE = 256
"""Rounds after which a loop that keeps all its pairs moves by less than a hundredth of its way a round."""


@dataclass(frozen=True, eq=False)
class Rounds(Result):
    """Rounds until the error first falls to the target.

    Attributes
    ----------
    value : array, shape (…)
        Whole numbers; `inf` where the loop settles above the target, `nan` where it takes over `HORIZON` rounds.
    target, limit : array, shape (…)
        The wanted error rate, and the one where the loop settles.
    """

    kind = "rounds"

    status: str
    value: Array
    target: Array
    limit: Array

    def rows(self) -> list[dict[str, float]]:
        """One record a loop: `target`, `limit`, `rounds`."""
        columns = zip(self.target.ravel(), self.limit.ravel(), self.value.ravel(), strict=True)
        return [{"target": float(t), "limit": float(e), "rounds": float(n)} for t, e, n in columns]

    def summary(self) -> str:
        return self.status

    def to_frame(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.rows())

    def body(self) -> dict[str, Any]:
        rows = [{name: finite(value) for name, value in row.items()} for row in self.rows()]
        return {"status": self.status, "rounds": rows}

    def plot(self, ax: Axes | None = None) -> Axes:
        return plotting.rounds(self.target.ravel(), self.value.ravel(), ax=ax)


def as_target(target: ArrayLike) -> Array:
    """The target as an array; `UsageError` if it lies outside (0, 1)."""
    goal = np.asarray(target, dtype=np.float64)
    if not ((goal > 0) & (goal < 1)).all():
        raise UsageError(f"target = {target!r} is out of range: it is an error rate in (0, 1)")
    return goal


def rounds_to(loop: Loop, target: ArrayLike, start: State, limit: Array) -> Rounds:
    """`Loop.rounds_to`, from a start and the log-odds of its limit.

    Raises
    ------
    UsageError
        If the target lies outside (0, 1).
    """
    goal = as_target(target)
    bar, x, limit = np.broadcast_arrays(logit(goal) + TIE, start.logit_error, limit)
    # a start whose error and context do not belong together may pass the target in its first step
    second = np.broadcast_to(loop.step(start).logit_error, x.shape)
    value = np.where(x <= bar, 0.0, np.where(second <= bar, 1.0, np.nan))
    if loop.monotone:  # then none passes below its limit on its way
        value = np.where(np.isnan(value) & (limit > bar), np.inf, value)
    pending = np.isnan(value) & ~np.isnan(x)
    if pending.any():
        plain = isinstance(loop.context, Replace) and not loop.evaluator.drifts
        closed = _by_closed_form(loop, bar, x, pending) if plain else None
        value = np.where(pending, _by_iteration(loop, bar, start, pending, limit) if closed is None else closed, value)
    value = np.where(np.isnan(value) & (limit > bar), np.inf, value)
    return Rounds(_status(value, goal, expit(limit)), value, np.broadcast_to(goal, value.shape), expit(limit))


def _by_closed_form(loop: Loop, bar: Array, x: Array, pending: NDArray[np.bool_]) -> Array | None:
    """The least n with orbit(n) at or below the bar, by doubling and halving; orbits are monotone."""
    curve, log_lr = loop.curve, loop.evaluator.under(np.nan).log_lr
    low, high = np.zeros(bar.shape), np.ones(bar.shape)
    while True:
        there = curve.orbit(x, log_lr, high)
        if there is None:
            return None
        short = pending & ~(there <= bar)
        far = short & (high >= FARTHEST)  # a target at the limit itself is never reached
        if not (short & ~far).any():
            break
        low, high = np.where(short & ~far, high, low), np.where(short & ~far, 2 * high, high)
    pending = pending & ~far
    while True:
        middle = np.floor((low + high) / 2)
        wide = pending & (low < middle) & (middle < high)
        if not wide.any():
            return np.where(far, np.nan, high)
        there = curve.orbit(x, log_lr, middle)
        reached = there <= bar  # type: ignore[operator]  # not None: it was not above
        low, high = np.where(wide & ~reached, middle, low), np.where(wide & reached, middle, high)


def _by_iteration(loop: Loop, bar: Array, start: State, pending: NDArray[np.bool_], limit: Array) -> Array:
    state, value = start, np.full(bar.shape, np.nan)
    before = last = state.logit_error
    for n in range(1, HORIZON + 1):
        earlier, state = state, loop.step(state)
        x = state.logit_error
        value = np.where(np.isnan(value) & (x <= bar), n, value)
        never = _never(loop, n, bar, limit, (before, last, x)) | _lost(earlier, state, bar, limit)
        value = np.where(np.isnan(value) & never, np.inf, value)
        before, last = last, x
        if not (pending & np.isnan(value)).any():
            break
    return value


def _never(loop: Loop, n: int, bar: Array, limit: Array, path: tuple[Array, Array, Array]) -> NDArray[np.bool_]:
    """Whether an orbit, whose errors of rounds n − 2, n − 1 and n these are, will not come below the bar any more."""
    before, last, now = path
    with np.errstate(invalid="ignore"):
        if not loop.context.keeps:  # an error that comes back, or stays, does so for ever
            returned = (np.abs(now - before) <= TIE) & (np.abs(now - last) > APART)
            return np.asarray(returned | ((np.abs(now - last) <= TIE / 10) & (limit > bar)))
        if loop.context.law == "power" and n > LATE:  # its steps have become too small to overshoot
            return np.asarray((limit > bar) & (np.abs(now - limit) <= np.abs(last - limit)))
    return np.zeros(bar.shape, dtype=bool)


def _lost(before: State, now: State, bar: Array, limit: Array) -> NDArray[np.bool_]:
    """Whether a loop whose rates drift is on its way to error 1 for good, or its whole context stays as it is.

    So far out the contamination is 1 to a double, so the rates stay, and with them the way.
    """
    x, share = now.logit_error, now.context.logit_share
    gone = np.isposinf(limit) & (x > CERTAIN) & (share > CERTAIN) & (x >= before.logit_error)
    still = ~(now.way_from(before) > TIE / 10) & (len(now.context.pairs) > 0)
    return np.asarray(gone | (still & (limit > bar)))


def _status(value: Array, target: Array, limit: Array) -> str:
    if value.ndim:
        return f"{int(np.isfinite(value).sum())} of {value.size} loops reach their target"
    n, goal, end = float(value), float(target), float(limit)
    if n == 0:
        return f"the start is at or below the target {goal:g}"
    if np.isinf(n) and np.isnan(end):
        return f"never: the error goes on swinging above the target {goal:g}"
    if np.isinf(n):
        return f"never: the loop settles at error {end:.4g}, above the target {goal:g}"
    if np.isnan(n) and np.isnan(end):
        return f"not within {HORIZON} rounds: the error goes on swinging"
    if np.isnan(n):
        return f"not within {HORIZON} rounds, though the loop tends to error {end:.4g}, at or below the target {goal:g}"
    return f"the error falls to the target {goal:g} after {n:.0f} round{'s' if n > 1 else ''}"
