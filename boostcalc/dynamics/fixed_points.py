"""Where a loop can stand still: fixed points of the update map, their multipliers, and the limit of an orbit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc import plotting
from boostcalc.dynamics.evaluators import BaseEvaluator
from boostcalc.dynamics.roots import between_slopes, drift_points
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit
from boostcalc.responses import Curve
from boostcalc.results import Result, finite

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["FixedPoints", "fixed_points"]

NEUTRAL = 1e-15
"""Multipliers closer to 1 than this count as neutral: rounding cannot tell on which side they lie."""

AT_REST = 1e-10
"""A start closer than this (in log-odds) to a stable fixed point is taken to stand on it."""


@dataclass(frozen=True, eq=False)
class FixedPoints(Result):
    """The fixed points of an update map F, in order of error.

    Attributes
    ----------
    logit_error : array, shape (m, …)
        Log-odds of each; `nan` pads where a loop of the batch has fewer.
    multiplier : array, shape (m, …)
        F′ there: the factor by which a small distance from it changes in a round (`inf` at an error of 1 that
        an evaluator with f = 0 leaves at once).
    everywhere : bool array, shape (…)
        Whether every error is a fixed point (t = f under perfect adaptation, or nothing is ever accepted).
    approach : array, shape (m, …)
        How a loop under its context policy closes in on each: with `law` "factor" the factor by which a small
        distance changes in a round, with "power" the exponent of the context's size that it falls with.
    """

    kind = "fixed points"

    status: str
    logit_error: Array
    multiplier: Array
    everywhere: NDArray[np.bool_]
    approach: Array
    law: str

    @property
    def error(self) -> Array:
        """The error rates, shape (m, …)."""
        return expit(self.logit_error)

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Whether nearby loops approach it, shape (m, …); `False` for neutral ones and for padding.

        A negative multiplier (an evaluator that drifts steeply) overshoots: below −1 a loop that replaces its
        context leaves in ever wider swings, while one that appends its batches is still drawn in.
        """
        growing = np.abs(self.approach) < 1 - NEUTRAL if self.law == "factor" else self.approach < -NEUTRAL
        return np.asarray(growing)

    def basins(self) -> list[dict[str, float]]:
        """Of one loop, the starts that each stable end draws: records `error`, `low`, `high` (error rates).

        Orbits being monotone, a basin reaches to the next fixed point on either side, or to 0 or 1.

        Raises
        ------
        UsageError
            If these are the fixed points of several loops.
        """
        if self.everywhere.ndim:
            raise UsageError("one loop's basins are told at a time")
        points = [(float(e), bool(s)) for e, s in zip(self.error, self.stable, strict=True) if not np.isnan(e)]
        bounds = [0.0, *(error for error, _ in points), 1.0]
        return [
            {"error": error, "low": bounds[i], "high": bounds[i + 2]}
            for i, (error, stable) in enumerate(points)
            if stable
        ]

    def rows(self) -> list[dict[str, Any]]:
        """One record a fixed point: `loop` (only where there are several), `error`, `multiplier`, `stable`."""
        count = self.logit_error.shape[0]
        error, multiplier, stable = (v.reshape(count, -1) for v in (self.error, self.multiplier, self.stable))
        return [
            {
                **({"loop": i} if error.shape[1] > 1 else {}),
                "error": float(error[j, i]),
                "multiplier": float(multiplier[j, i]),
                "stable": bool(stable[j, i]),
            }
            for i in range(error.shape[1])
            for j in range(count)
            if not np.isnan(error[j, i])
        ]

    def summary(self) -> str:
        return f"{self.status}\n{self.to_frame().to_string(index=False)}"

    def to_frame(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.rows())

    def body(self) -> dict[str, Any]:
        rows = [{**row, "multiplier": finite(row["multiplier"])} for row in self.rows()]
        return {"status": self.status, "fixed_points": rows}

    def plot(self, ax: Axes | None = None) -> Axes:
        return plotting.phase_line([row["error"] for row in self.rows()], [row["stable"] for row in self.rows()], ax=ax)

    def limit(self, logit_error: ArrayLike, logit_next: ArrayLike) -> Array:
        """Log-odds of the error that the orbit through these two successive errors tends to, shape (…).

        F is non-decreasing, so an orbit is monotone: it goes to the nearest fixed point on its side.
        """
        x, after = np.asarray(logit_error, dtype=np.float64), np.asarray(logit_next, dtype=np.float64)
        points, stable = _beside(self.logit_error, x), _beside(self.stable, x)
        below = np.fmax.reduce(np.where(points <= x, points, -np.inf), axis=0)
        above = np.fmin.reduce(np.where(points >= x, points, np.inf), axis=0)
        going = np.where(after < x, below, np.where(after > x, above, x))
        with np.errstate(invalid="ignore"):
            near = np.less_equal(np.abs(points - x), AT_REST) & stable
        resting = np.fmax.reduce(np.where(near, points, -np.inf), axis=0)
        return np.asarray(np.where(near.any(axis=0), resting, going))

    def stable_within(self, low: Array, high: Array) -> Array:
        """Log-odds of the first stable fixed point between two errors (log-odds), shape (…); `nan` where none is."""
        points = _beside(self.logit_error, low)
        inside = _beside(self.stable, low) & (points >= low) & (points <= high)
        return np.asarray(np.fmin.reduce(np.where(inside, points, np.nan), axis=0))

    def multiplier_at(self, logit_error: ArrayLike) -> Array:
        """The multiplier of the fixed point at this log-odds; `nan` where it is none of them."""
        return self._at(logit_error, self.multiplier)

    def approach_at(self, logit_error: ArrayLike) -> Array:
        """The `approach` of the fixed point at this log-odds; `nan` where it is none of them."""
        return self._at(logit_error, self.approach)

    def _at(self, logit_error: ArrayLike, values: Array) -> Array:
        x = np.asarray(logit_error, dtype=np.float64)
        here = _beside(self.logit_error, x) == x
        return np.asarray(np.fmax.reduce(np.where(here, _beside(values, x), np.nan), axis=0))


def _beside(points: NDArray[Any], x: Array) -> NDArray[Any]:
    """Points of shape (m, …), their trailing shape padded so that they broadcast with x."""
    missing = max(0, x.ndim - (points.ndim - 1))
    return points.reshape(points.shape[0], *(1,) * missing, *points.shape[1:])


def fixed_points(evaluator: BaseEvaluator, curve: Curve) -> FixedPoints:
    r"""All fixed points of F = g ∘ filter, and $F'(\varepsilon^*) = g'(c^*)\,tf/a(\varepsilon^*)^2$.

    Closed form where the family has one; else one bracketed root in each piece between the family's unit slopes,
    where F − identity is monotone in log-odds: none is missed. Where the evaluator drifts, the state is the
    context's contamination and they are searched for on a grid (`drift_points`).

    Parameters
    ----------
    evaluator, curve
        Their rates and parameters broadcast to the shape (…) of the answer.
    """
    if evaluator.drifts:
        context, slope, everywhere = drift_points(evaluator, curve)
        return _described(curve.logit_error(context), slope, everywhere)
    rates = evaluator.under(np.nan)
    nothing = (rates.t == 0) & (rates.f == 0)
    usable = np.where(nothing, 0.0, rates.log_lr)
    found = curve.fixed_points(usable)
    points = between_slopes(curve, usable) if found is None else found
    points = np.sort(_once(np.where(nothing, np.nan, points)), axis=0)  # nan sorts last
    a = rates.acceptance(points)
    with np.errstate(invalid="ignore", divide="ignore"):
        multiplier = curve.derivative(rates.filter(points)) * (rates.t / a) * (rates.f / a)
    # a = 0 at a fixed point (error 1 under f = 0, or 0 under t = 0): the least step off it leaps away
    multiplier = np.where((a == 0) & ~np.isnan(points), np.inf, multiplier)
    identity = (np.isinf(points).sum(axis=0) == 2) & (np.nan_to_num(multiplier, nan=1.0) == 1).all(axis=0)
    return _described(points, multiplier, np.asarray(nothing | identity, dtype=bool))


def _described(points: Array, multiplier: Array, everywhere: NDArray[np.bool_]) -> FixedPoints:
    return FixedPoints(_status(points, everywhere), points, multiplier, everywhere, multiplier, "factor")


def _once(points: Array) -> Array:
    """The points along axis 0 in order, repeated ones left out (`nan`)."""
    ordered = np.sort(points, axis=0)
    again = np.zeros_like(ordered, dtype=bool)
    again[1:] = ordered[1:] == ordered[:-1]
    return np.where(again, np.nan, ordered)


def _status(points: Array, everywhere: NDArray[np.bool_]) -> str:
    counts = (~np.isnan(points)).sum(axis=0)
    if counts.ndim:
        return f"{counts.size} loops with {counts.min()} to {counts.max()} fixed points each"
    if everywhere:
        return "every error rate is a fixed point: acceptance carries no evidence"
    return f"{counts} fixed point{'s' if counts != 1 else ''}"
