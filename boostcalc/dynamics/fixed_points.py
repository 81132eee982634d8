"""Where a loop can stand still: fixed points of the update map, their multipliers, and the limit of an orbit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc import plotting
from boostcalc.dynamics.evaluator import Evaluator
from boostcalc.odds import Array, expit
from boostcalc.responses import Response
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
    """

    kind = "fixed points"

    status: str
    logit_error: Array
    multiplier: Array
    everywhere: NDArray[np.bool_]

    @property
    def error(self) -> Array:
        """The error rates, shape (m, …)."""
        return expit(self.logit_error)

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Whether nearby loops approach it, shape (m, …); `False` for neutral ones and for padding."""
        return np.asarray(self.multiplier < 1 - NEUTRAL)

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

    def multiplier_at(self, logit_error: ArrayLike) -> Array:
        """The multiplier of the fixed point at this log-odds; `nan` where it is none of them."""
        x = np.asarray(logit_error, dtype=np.float64)
        here = _beside(self.logit_error, x) == x
        return np.asarray(np.fmax.reduce(np.where(here, _beside(self.multiplier, x), np.nan), axis=0))


def _beside(points: NDArray[Any], x: Array) -> NDArray[Any]:
    """Points of shape (m, …), their trailing shape padded so that they broadcast with x."""
    missing = max(0, x.ndim - (points.ndim - 1))
    return points.reshape(points.shape[0], *(1,) * missing, *points.shape[1:])


def fixed_points(evaluator: Evaluator, response: Response) -> FixedPoints:
    r"""All fixed points of F = g ∘ filter, and $F'(\varepsilon^*) = g'(c^*)\,tf/a(\varepsilon^*)^2$.

    They do not depend on the context policy. Closed form where the family has one; else one bracketed root in
    each piece between the family's unit slopes, where F − identity is monotone in log-odds: none is missed.

    Parameters
    ----------
    evaluator, response
        Their rates and parameters broadcast to the shape (…) of the answer.
    """
    log_lr = evaluator.log_lr
    nothing = (evaluator.t == 0) & (evaluator.f == 0)
    usable = np.where(nothing, 0.0, log_lr)
    found = response.fixed_points(usable)
    points = _bracketed(response, usable) if found is None else found
    points = np.sort(np.where(nothing, np.nan, points), axis=0)  # nan sorts last
    a = evaluator.acceptance(points)
    with np.errstate(invalid="ignore", divide="ignore"):
        multiplier = response.derivative(evaluator.filter(points)) * (evaluator.t / a) * (evaluator.f / a)
    # a = 0 at a fixed point (error 1 under f = 0, or 0 under t = 0): the least step off it leaps away
    multiplier = np.where((a == 0) & ~np.isnan(points), np.inf, multiplier)
    identity = (np.isinf(points).sum(axis=0) == 2) & (np.nan_to_num(multiplier, nan=1.0) == 1).all(axis=0)
    everywhere = np.asarray(nothing | identity)
    return FixedPoints(_status(points, everywhere), points, multiplier, everywhere)


def _bracketed(response: Response, log_lr: Array) -> Array:
    """Roots of logit g(x − Λ) − x: at most one in each piece between unit slopes."""
    from scipy.optimize.elementwise import find_root

    def excess(x: Array, shift: Array, *parameters: Array) -> Array:
        return type(response)(*parameters).logit_error(x - shift) - x

    shape = np.broadcast_shapes(np.shape(log_lr), *(np.shape(value) for value in response.parameters.values()))
    shift, *parameters = (
        np.broadcast_to(v, shape).astype(np.float64).ravel() for v in (log_lr, *response.parameters.values())
    )
    flat = type(response)(*parameters)
    floor, ceiling, slopes = flat.logit_error(-np.inf), flat.logit_error(np.inf), flat.unit_slopes()
    inner = np.where(np.isnan(slopes), floor, np.clip(slopes + shift, floor, ceiling))
    edges = np.stack([floor, *inner, ceiling])
    values = np.stack([excess(edge, shift, *parameters) for edge in edges])
    roots = np.where(values[1:] == 0, edges[1:], np.nan)
    roots[0] = np.where(values[0] == 0, edges[0], roots[0])
    for piece, root in enumerate(roots):
        crossed = np.sign(values[piece]) * np.sign(values[piece + 1]) < 0
        if crossed.any():
            solved = find_root(
                excess,
                (edges[piece][crossed], edges[piece + 1][crossed]),
                args=(shift[crossed], *(value[crossed] for value in parameters)),
                tolerances={"xatol": 0.0, "xrtol": 4e-16, "fatol": 0.0, "frtol": 0.0},
            )
            root[crossed] = solved.x
    repeated = np.zeros_like(roots, dtype=bool)
    repeated[1:] = roots[1:] == roots[:-1]
    return np.where(repeated, np.nan, roots).reshape(-1, *shape)


def _status(points: Array, everywhere: NDArray[np.bool_]) -> str:
    counts = (~np.isnan(points)).sum(axis=0)
    if counts.ndim:
        return f"{counts.size} loops with {counts.min()} to {counts.max()} fixed points each"
    if everywhere:
        return "every error rate is a fixed point: acceptance carries no evidence"
    return f"{counts} fixed point{'s' if counts > 1 else ''}"
