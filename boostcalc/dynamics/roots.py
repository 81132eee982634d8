"""Roots of the update map minus the identity, in log-odds: between unit slopes, or on a grid where judges drift."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boostcalc.odds import Array, logit
from boostcalc.responses import Curve
from boostcalc.solvers import minimum_between, root_between

if TYPE_CHECKING:
    from collections.abc import Callable

    from boostcalc.dynamics.evaluators import BaseEvaluator

__all__ = ["between_slopes", "drift_points"]

FARTHEST = 700.0
"""Log-odds up to which fixed points are searched for: beyond, a share is 0 or 1 to a double."""

ROUNDING = 4 * float(np.finfo(np.float64).eps)
"""Of the difference of two log-odds, relative to their sizes."""

AT_ONCE = 1_000
"""Loops whose grids are held at once; of more than these, draws say, the grid is a quarter as fine."""


def between_slopes(curve: Curve, log_lr: Array) -> Array:
    """Roots of logit g(x − Λ) − x, shape (pieces, …), `nan` where a piece between unit slopes has none."""
    shape = np.broadcast_shapes(np.shape(log_lr), curve.shape)
    flat, shift = curve.ravel(shape), np.broadcast_to(log_lr, shape).astype(np.float64).ravel()

    def excess(x: Array, which: NDArray[Any]) -> Array:
        chosen = which.astype(np.intp)
        after = flat.take(chosen).logit_error(x - shift[chosen])
        with np.errstate(invalid="ignore"):  # an error of 0 or 1 that stays
            return np.where(after == x, 0.0, after - x)

    floor, ceiling = (np.broadcast_to(flat.logit_error(end), shift.shape) for end in (-np.inf, np.inf))
    slopes = flat.unit_slopes()
    slopes = slopes.reshape(len(slopes), int(np.prod(slopes.shape[1:])))
    inner = np.where(np.isnan(slopes), floor, np.clip(slopes + shift, floor, ceiling))
    edges = np.stack([floor, *inner, ceiling])
    return _crossings(excess, edges).reshape(-1, *shape)


def drift_points(evaluator: BaseEvaluator, curve: Curve) -> tuple[Array, Array, NDArray[np.bool_]]:
    r"""Contexts that reproduce themselves under an evaluator that reads them, and the slope of the map there.

    The state is the context's contamination: $y = \operatorname{logit} c$ goes to
    $\operatorname{logit} g(c) - \Lambda(c)$, with slope $g'(c)\,tf/a^2 - d\Lambda/dy$ at a fixed point.

    Returns
    -------
    context, slope : arrays, shape (m, …)
        Log-odds of the contaminations, in order, `nan` where a loop has fewer; and the slopes.
    everywhere : bool array, shape (…)
        Whether every context reproduces itself; only the ends are then among the points.
    """
    shape = np.broadcast_shapes(evaluator.shape, curve.shape)
    count = int(np.prod(shape))
    judges, curves = evaluator.ravel(shape), curve.ravel(shape)
    found: list[Array] = []
    still: list[NDArray[np.bool_]] = []
    for first in range(0, count, AT_ONCE):
        some = np.arange(first, min(first + AT_ONCE, count))
        points, everywhere = _grid_points(judges, curves, some)
        found.append(points)
        still.append(everywhere)
    most = max(len(points) for points in found)
    context = np.concatenate([np.pad(p, ((0, most - len(p)), (0, 0)), constant_values=np.nan) for p in found], axis=1)
    rates, y = judges.under(context), context
    x = curves.logit_error(y)
    a = rates.acceptance(x)
    with np.errstate(invalid="ignore"):
        slope = curves.derivative(y) * (rates.t / a) * (rates.f / a) - np.where(np.isinf(y), 0.0, judges.slope(y))
    return context.reshape(most, *shape), np.asarray(slope).reshape(most, *shape), np.concatenate(still).reshape(shape)


@cache
def _grid(fine: int) -> Array:
    """Log-odds of contamination between which a drifting loop has one fixed point, none, or two that nearly touch."""
    inner = logit(np.arange(1, 256 * fine) / (256 * fine))
    middle, outer = np.linspace(-40, 40, 400 * fine + 1), np.linspace(-1, 1, 33 * fine + 1)
    return np.unique(np.concatenate([inner, middle, FARTHEST * outer]))


def _grid_points(judges: BaseEvaluator, curves: Curve, some: NDArray[np.intp]) -> tuple[Array, NDArray[np.bool_]]:
    """Log-odds of the contexts that reproduce themselves, shape (m, loops), and whether all of them do."""

    def excess(y: Array, which: NDArray[Any]) -> Array:
        chosen = which.astype(np.intp)
        # the response's own way first, so that nothing of Λ is lost where it nearly vanishes
        return curves.take(chosen).logit_error(y) - y - judges.take(chosen).under(y).log_lr

    edges = np.repeat(_grid(1 if judges.shape[0] > AT_ONCE else 4)[:, None], some.size, axis=1)
    values = excess(edges, some)
    edges = np.sort(np.concatenate([edges, _touching(excess, edges, values, some)]), axis=0)
    x = curves.take(some).logit_error(edges)
    rounding = np.where(x == edges, 0.0, ROUNDING * (np.abs(x) + np.abs(edges)))
    values = excess(edges, some)
    signs = np.where(np.abs(values) <= rounding, 0.0, np.sign(values))
    # an error of 0 (or 1) under a clean (or wholly wrong) context stands still: its context reproduces itself
    ends = np.array([[-np.inf], [np.inf]])
    outer = np.where(curves.take(some).logit_error(np.broadcast_to(ends, (2, some.size))) == ends, ends, np.nan)
    points = np.sort(np.concatenate([_changes(excess, edges, signs, some), outer]), axis=0)
    return points[: max(1, int((~np.isnan(points)).sum(axis=0).max()))], (signs == 0).all(axis=0)


def _changes(excess: Callable[..., Array], edges: Array, signs: Array, some: NDArray[np.intp]) -> Array:
    """The root between edges (axis 0) of opposite signs, at the later one, else `nan`; edges of sign 0 may lie between.

    Where the sign is the same on both sides of such zeros, the middle one is a root that the excess only touches.
    """
    seen = np.maximum.accumulate(np.where(signs != 0, np.arange(len(edges))[:, None], -1), axis=0)
    roots = np.full_like(edges, np.nan)
    row, loop = np.nonzero((signs[1:] != 0) & (seen[:-1] >= 0))
    before, row = seen[row, loop], row + 1
    turned = signs[row, loop] != signs[before, loop]
    touched = ~turned & (row - before > 1)
    roots[row[touched], loop[touched]] = edges[(row + before)[touched] // 2, loop[touched]]
    if turned.any():
        row, before, loop = row[turned], before[turned], loop[turned]
        roots[row, loop] = root_between(excess, edges[before, loop], edges[row, loop], some[loop].astype(np.float64))
    return roots


def _touching(excess: Callable[..., Array], edges: Array, values: Array, some: NDArray[np.intp]) -> Array:
    """One more edge for each hump of the grid that turns towards 0 without crossing it, shape (humps, loops)."""
    height = np.abs(values)
    turns = (height[1:-1] < height[:-2]) & (height[1:-1] < height[2:])
    same = (np.sign(values[1:-1]) == np.sign(values[:-2])) & (np.sign(values[1:-1]) == np.sign(values[2:]))
    row, loop = np.nonzero(turns & same & (height[1:-1] > 0))
    if not row.size:
        return np.empty((0, edges.shape[1]))
    side = np.sign(values[row + 1, loop])
    bracket = (edges[row + step, loop] for step in (0, 1, 2))
    lowest = minimum_between(lambda y, s, which: s * excess(y, which), *bracket, side, some[loop].astype(float))
    humps = np.full((int(np.bincount(loop).max()), edges.shape[1]), edges[0])
    position = np.zeros(edges.shape[1], dtype=int)
    for value, column in zip(lowest, loop, strict=True):
        humps[position[column], column] = value
        position[column] += 1
    return humps


def _crossings(excess: Callable[..., Array], edges: Array) -> Array:
    """The root in each piece between successive edges (axis 0) at whose ends the signs differ, else `nan`.

    One on an edge between pieces without width is in each of them.
    """
    loops = np.arange(edges.shape[1])
    values = np.stack([excess(edge, loops) for edge in edges])
    roots = np.where(values[1:] == 0, edges[1:], np.nan)
    roots[0] = np.where(values[0] == 0, edges[0], roots[0])
    row, column = np.nonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    if row.size:
        roots[row, column] = root_between(excess, edges[row, column], edges[row + 1, column], column.astype(np.float64))
    return roots
