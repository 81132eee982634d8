"""Phase diagrams: what becomes of a loop, over a plane of its rates or of its evidence and its start."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from boostcalc.dynamics.diagram import PLANES, REGIONS, PhaseDiagram
from boostcalc.dynamics.fixed_points import FixedPoints, fixed_points
from boostcalc.dynamics.loop import Loop
from boostcalc.dynamics.policies import Context, ContextPolicy
from boostcalc.dynamics.rounds import TIE, as_target
from boostcalc.dynamics.start import DEFAULT_ERROR, Start, State
from boostcalc.dynamics.verdict import SAME
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit, logit
from boostcalc.responses import Affine, Curve, Perfect, Response

__all__ = ["MOST_ROUNDS", "phase"]

MOST_ROUNDS = 200
"""Rounds that a diagram follows a loop for: twice the longest contour."""

CONTOURS = (1, 2, 3, 5, 10, 20, 50, 100)
"""Numbers of rounds whose borders a figure shows."""

FINEST = 2_000
"""Cells along a side, at most."""

RATIOS, ERRORS = (0.1, 100.0), (0.001, 0.999)
"""The ranges of the plane "start" that are looked at if none are asked for."""

SWEEP = np.linspace(-60.0, 60.0, 24_001)
"""Log-odds of contamination along which the curve of fixed points is drawn."""


class Plane(NamedTuple):
    """The loops of a plane and their starts: their arrays broadcast to (rows, columns)."""

    across: Array
    up: Array
    loop: Loop
    start: Start


def phase(
    plane: str = "rates",
    *,
    response: Response | None = None,
    context: ContextPolicy | None = None,
    batch: float = 16,
    error: float | None = None,
    target: float = 0.01,
    grid: int = 200,
    likelihood_ratios: tuple[float, float] | None = None,
    errors: tuple[float, float] | None = None,
) -> PhaseDiagram:
    r"""Where a loop converges, splits or collapses, and in how many rounds it meets the target.

    A cell's region follows from the stable fixed points of its update map and from the limit of its start: *splits*
    with two or more stable ends (the start decides between them); else *converges* where the limit lies below the
    start, *rises* where it lies above it at an error below ½, *collapses* where it lies above it at ½ or more,
    *stands still* where it is the start or nothing ever changes.

    Parameters
    ----------
    plane : "rates" or "start"
        FPR across and TPR up, both over [0, 1]; or the likelihood ratio TPR/FPR across (evenly in its logarithm) and
        the start error up (evenly in its log-odds), where the larger of both rates is 1.
    response, context, batch
        As in `Loop`.
    error : float in [0, 1], optional
        The start error in the plane of rates, as in `Start`; the other plane has all of them.
    target : float in (0, 1)
        Wanted error rate, for the rounds. They are counted by iteration, up to `MOST_ROUNDS`.
    grid : int ≥ 2
        Cells along each side; what is computed holds at their centres. (A response that depends on the size of a
        context that grows is followed for thousands of rounds: take a coarse grid there.)
    likelihood_ratios, errors : pairs of float, optional
        The ranges of the plane "start": by default 0.1 to 100, and 0.001 to 0.999. The plane of rates has none.

    Returns
    -------
    PhaseDiagram

    Raises
    ------
    UsageError
        If there is no such plane, a range is empty, or no context gives the start error.

    Examples
    --------
    >>> from boostcalc.responses import Evidence
    >>> print(phase("rates", response=Evidence(a=-5.07, b=7.05), grid=40).status)
    From error 0.5 under evidence:a=-5.07,b=7.05: 78% of the plane converges, 17% splits, 5% collapses.
    """
    if plane not in PLANES:
        raise UsageError(f"there is no plane {plane!r}: it is one of {', '.join(PLANES)}")
    if not 2 <= grid <= FINEST or grid != int(grid):
        raise UsageError(f"grid = {grid} is not a number of cells along a side: give a whole number, 2 to {FINEST}")
    goal = float(as_target(target))
    make = partial(Loop, response=response, context=context, batch=batch)
    if plane == "rates":
        if likelihood_ratios is not None or errors is not None:
            raise UsageError("the plane 'rates' has all rates and one start error: ranges are for the plane 'start'")
        drawn = _rates(make, error, int(grid))
    elif error is not None:
        raise UsageError("the plane 'start' has every start error: leave error out, or take the plane 'rates'")
    else:
        drawn = _starts(make, likelihood_ratios or RATIOS, errors or ERRORS, int(grid))
    loop = drawn.loop
    state, points = loop.start(drawn.start), fixed_points(loop.evaluator, loop.curve)
    if plane == "rates" and np.isnan(state.logit_error).all():
        asked = DEFAULT_ERROR if error is None else error
        raise UsageError(f"no context gives the start error {asked:g}: the plane 'start' shows which errors have one")
    limit = _limit(drawn, state, points)
    region = _regions(points, state.logit_error, limit)
    rounds, above = _rounds(loop, state, limit, goal)
    begun = None if plane == "start" else float(state.logit_error.flat[0])
    parts = {"response": loop.response.to_dict(), "context": loop.context.to_dict(), "batch": loop.batch}
    return PhaseDiagram(
        plane=plane,
        inputs=parts | {"error": None if begun is None else float(expit(begun)), "target": goal},
        across=drawn.across,
        up=drawn.up,
        region=region,
        logit_start=np.broadcast_to(state.logit_error, region.shape),
        lowest=_lowest(points, limit),
        logit_limit=limit,
        rounds=rounds,
        above=above,
        bounds=_bounds(loop.curve, begun),
        standing=_standing(loop.curve),
    )


def _rates(make: Callable[..., Loop], error: float | None, grid: int) -> Plane:
    """FPR × TPR at one start."""
    centres = (np.arange(grid) + 0.5) / grid
    return Plane(centres, centres, make(tpr=centres[:, None], fpr=centres[None, :]), Start(error))


def _starts(make: Callable[..., Loop], ratios: tuple[float, float], errors: tuple[float, float], grid: int) -> Plane:
    """Likelihood ratio × start error."""
    for name, (low, high), top in (("likelihood_ratios", ratios, np.inf), ("errors", errors, 1.0)):
        if not 0 < low < high < top:
            raise UsageError(f"{name} = {low:g} to {high:g} is no range: give 0 < LOW < HIGH < {top:g}")
    log_lr, x = (
        low + (high - low) * (np.arange(grid) + 0.5) / grid for low, high in (np.log(ratios), logit(np.array(errors)))
    )
    ratio = np.exp(log_lr)
    loop = make(tpr=np.minimum(1.0, ratio), fpr=np.minimum(1.0, 1 / ratio))
    return Plane(ratio, expit(x), loop, Start(expit(x)[:, None]))


def _limit(drawn: Plane, state: State, points: FixedPoints) -> Array:
    """Log-odds of the limits; the policy changes neither the fixed points nor, where orbits are monotone, the way."""
    loop, x = drawn.loop, state.logit_error
    if not loop.monotone:
        return loop.limit(drawn.start)
    return points.limit(x, loop.curve.logit_error(loop.evaluator.under(np.nan).filter(x)))


def _regions(points: FixedPoints, start: Array, limit: Array) -> NDArray[np.int8]:
    """Places in `REGIONS`, shape (rows, columns)."""
    ends = points.stable.sum(axis=0)
    with np.errstate(invalid="ignore"):
        same = (limit == start) | (np.abs(limit - start) <= SAME)
        found = np.select(
            [np.isnan(limit), points.everywhere, ends >= 2, same, limit < start, limit < 0],
            [
                REGIONS.index(name)
                for name in ("undefined", "stands still", "splits", "stands still", "converges", "rises")
            ],
            REGIONS.index("collapses"),
        )
    return found.astype(np.int8)


def _lowest(points: FixedPoints, limit: Array) -> NDArray[np.bool_]:
    """Whether the limit is the lowest stable end."""
    return np.asarray(limit == np.fmin.reduce(np.where(points.stable, points.logit_error, np.nan), axis=0))


def _rounds(loop: Loop, start: State, limit: Array, target: float) -> tuple[Array, dict[int, Array]]:
    """Rounds to the target, `inf` for never and `nan` for more than `MOST_ROUNDS`.

    And, for the numbers of rounds in `CONTOURS` that some cell exceeds, how far the error is then above the target.
    (Cells that met it in half as many rounds are no longer followed.)
    """
    bar, end = float(logit(target)) + TIE, limit.ravel()
    x = np.broadcast_to(start.logit_error, limit.shape).flatten()
    rounds = np.where(x <= bar, 0.0, np.where((end > bar) & loop.monotone, np.inf, np.nan))
    asked = np.isnan(rounds) & ~np.isnan(end)
    flat = Loop(
        evaluator=loop.evaluator.ravel(limit.shape), response=loop.response, context=loop.context, batch=loop.batch
    )
    live, some, state = np.flatnonzero(asked), flat.take(asked), _taken(start, asked)
    above: dict[int, Array] = {}
    for n in range(1, MOST_ROUNDS + 1):
        pending = np.isnan(rounds[live])
        if not pending.any():
            break
        stay = pending | (2 * rounds[live] > n)
        if stay.mean() < 0.8:
            live, some, state = live[stay], some.take(stay), _taken(state, stay)
        state = some.step(state)
        x[live] = state.logit_error
        met = state.logit_error <= bar
        rounds[live[met & np.isnan(rounds[live])]] = n
        if n in CONTOURS and np.isnan(rounds[live]).any():
            above[n] = np.where(asked & ((end <= bar) | ~np.isnan(rounds)), x - bar, np.nan).reshape(limit.shape)
    rounds = np.where(np.isnan(rounds) & (end > bar), np.inf, rounds)
    return rounds.reshape(limit.shape), above


def _taken(state: State, chosen: NDArray[np.bool_]) -> State:
    """The chosen cells of a state, flat."""
    size, share, pairs, shares = state.context
    plain = (values.ravel()[chosen] for values in (size, share))
    kept = (values.reshape(len(values), chosen.size)[:, chosen] for values in (pairs, shares))
    return State(state.logit_error.ravel()[chosen], Context(*plain, *kept))


def _bounds(curve: Curve, start: float | None) -> dict[str, float]:
    """Likelihood ratios at which something changes, in closed form, by what does."""
    found: dict[str, float] = {}
    low, high = (float(np.exp(end)) for end in curve.bistable_window())
    if np.isfinite([low, high]).all():
        found |= {"splits from": low, "splits up to": high}
    slips = (0.0, 0.0) if isinstance(curve, Perfect) else (curve.mu, curve.nu) if isinstance(curve, Affine) else None
    if slips is not None and slips[1] == 0 and slips[0] < 1:
        found["Eigen's error threshold" if slips[0] else "FP = TP"] = 1 / (1 - float(slips[0]))
    if start is not None and np.isfinite(start) and slips != (0.0, 0.0):
        still = float(np.exp(start - curve.inverse(start)))
        if np.isfinite(still) and still > 0:
            found[f"error {expit(start):.4g} stands still"] = still
    return found


def _standing(curve: Curve) -> tuple[Array, Array, NDArray[np.bool_]]:
    r"""Every fixed point: likelihood ratio, error, and whether it is a divide (unstable).

    The contamination c stands still under $\Lambda(c) = \operatorname{logit} g(c) - \operatorname{logit} c$; where
    Λ rises with c, the update map is steeper than 1.
    """
    x = curve.logit_error(SWEEP)
    log_lr = x - SWEEP
    with np.errstate(over="ignore", invalid="ignore"):
        return np.exp(log_lr), expit(x), np.gradient(log_lr, SWEEP) > SAME
