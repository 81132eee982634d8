"""From a loop and draws of what is not known about it to a prediction in which every figure has its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc.dynamics.fixed_points import FixedPoints
from boostcalc.dynamics.limits import swing
from boostcalc.dynamics.prediction import FixedPoint, Prediction, Round
from boostcalc.dynamics.rounds import as_target, rounds_to
from boostcalc.dynamics.start import Start
from boostcalc.dynamics.trajectory import Trajectory
from boostcalc.dynamics.verdict import direction, verdict
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit, logit
from boostcalc.results import Estimate, finite

if TYPE_CHECKING:
    from boostcalc.dynamics.loop import Loop

__all__ = ["DRAWS", "MOST_ROUNDS", "Outcomes", "check_question", "first_passage", "predict", "propagate"]

DRAWS = 10_000
"""Draws behind an interval: its ends then lie within about half a percentage point of their level."""

MOST_ROUNDS = 500
"""Rounds that can be listed with intervals: all draws of all of them are held at once."""

MOST_LEVEL = 0.999
"""The widest interval that so many draws can tell."""

COLUMNS = ("error", "context_contamination", "acceptance", "contamination", "attempts")


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What drawn loops do; the draws lie along the last axis, and what is known has none.

    Attributes
    ----------
    t, f, ratio : rates in round 0, and the likelihood ratio t/f.
    end_ratio : the likelihood ratio under the context that gives the limit.
    limit, multiplier, approach : log-odds of the error where each settles, F′ there, and how it closes in.
    reach : rounds to the target; `inf` where it is not met.
    path : the rounds.
    points : the fixed points of each.
    """

    t: Array
    f: Array
    ratio: Array
    end_ratio: Array
    limit: Array
    multiplier: Array
    approach: Array
    reach: Array
    path: Trajectory
    points: FixedPoints

    @classmethod
    def of(cls, loop: Loop, start: Start, target: float, path: Trajectory, reach: Array | None = None) -> Outcomes:
        """Those of a batch of loops; `reach` by the mean field, unless it is given."""
        points, limit, begin = loop.fixed_points(), loop.limit(start), loop.start(start)
        rates = loop.rates(begin)
        found = rounds_to(loop, target, begin, limit).value if reach is None else reach
        end = loop.evaluator.under(loop.curve.inverse(limit)) if loop.evaluator.drifts else rates
        ratios = rates.likelihood_ratio, end.likelihood_ratio
        closing = points.multiplier_at(limit), points.approach_at(limit)
        return cls(rates.t, rates.f, *ratios, limit, *closing, found, path, points)

    @classmethod
    def joined(cls, parts: Sequence[Outcomes]) -> Outcomes:
        """Draws of several kinds of loop as one sample; the fixed points are those of the first kind."""
        first = parts[0]
        if len(parts) == 1:
            return first
        names = ("t", "f", "ratio", "end_ratio", "limit", "multiplier", "approach", "reach")
        joint = {
            name: np.concatenate([np.broadcast_to(getattr(part, name), part.limit.shape) for part in parts])
            if np.ndim(getattr(first, name))
            else getattr(first, name)
            for name in names
        }
        columns = {
            spec.name: np.concatenate([getattr(part.path, spec.name) for part in parts], axis=1)
            for spec in fields(Trajectory)
        }
        return cls(**joint, path=Trajectory(**columns), points=first.points)


def first_passage(path: Trajectory, target: float) -> Array:
    """The round in which each path first is at or below the target, shape (…); `inf` where none is."""
    there = path.logit_error <= logit(target)
    return np.where(there.any(axis=0), there.argmax(axis=0).astype(np.float64), np.inf)


def predict(
    loop: Loop, start: Start, *, target: float, rounds: int | None, level: float, rng: int | np.random.Generator
) -> Prediction:
    """`Loop.predict`: draws what the counts leave open, and carries it through the mean field."""
    check_question(loop, start, target=target, level=level)
    shown = _rounds_shown(float(loop.rounds_to(target, start).value)) if rounds is None else rounds
    if not (loop.evaluator.uncertain or start.uncertain):
        return propagate(loop, start, None, target=target, rounds=shown, level=level)
    if shown > MOST_ROUNDS:
        raise UsageError(f"rounds = {shown} are too many to list with intervals: ask for {MOST_ROUNDS} at most")
    generator = np.random.default_rng(rng)
    many, begin = loop.sample(generator, DRAWS), start.sample(generator, DRAWS)
    drawn = Outcomes.of(many, begin, target, many.trajectory(begin, rounds=shown))
    return propagate(loop, start, drawn, target=target, rounds=shown, level=level)


def propagate(
    loop: Loop,
    start: Start,
    drawn: Outcomes | None,
    *,
    target: float,
    rounds: int,
    level: float,
    central: bool = False,
) -> Prediction:
    """The prediction of one loop over `rounds` rounds, its intervals from `drawn`.

    With `central`, rounds and rows have the median of the draws for their value, instead of what the loop's
    own plug-in values give: where draws scatter unevenly about those, the middle of what may happen.

    Raises
    ------
    UsageError
        If the inputs describe several loops, or `target`, `level` or `rounds` is out of range.
    """
    check_question(loop, start, target=target, level=level)
    spread = _Spread(level, drawn is not None, central)
    point = Outcomes.of(loop, start, target, loop.trajectory(start, rounds=rounds))
    many = point if drawn is None else drawn
    reached = spread(point.reach, many.reach, whole=True, middle=central)
    n = float(point.reach) if not central else np.inf if reached.value is None else reached.value
    chance = float(np.isfinite(many.reach).mean())
    rows = _rows(point.path, many.path, rounds, spread)
    first, limit = float(point.path.logit_error[0]), float(point.limit)
    moves = direction(first, limit)
    t, f = float(point.t), float(point.f)
    return Prediction(
        status=verdict(
            t=t,
            f=f,
            start=float(expit(first)),
            limit=float(expit(limit)),
            moves=moves,
            target=target,
            rounds=n,
            points=point.points,
            chance=chance if spread.uncertain else None,
            swing=swing(loop, loop.start(start)) if np.isnan(limit) and not np.isnan(first) else None,
        ),
        filter_improves=f < t,
        error_falls=moves < 0,
        inputs={
            "tpr": spread(t, many.t),
            "fpr": spread(f, many.f),
            "error": rows[0].error,
            "target": target,
            "head_start": start.head_start,
            "batch": loop.batch,
            "rounds": rounds,
            "evaluator": loop.evaluator.to_dict(),
            "response": loop.response.to_dict(),
            "context": loop.context.to_dict(),
        },
        likelihood_ratio=spread(point.ratio, many.ratio),
        fixed_points=_fixed_points(point.points, many.points, spread),
        limit=spread(expit(limit), expit(many.limit)),
        limit_likelihood_ratio=spread(point.end_ratio, many.end_ratio),
        limit_multiplier=spread(point.multiplier, many.multiplier),
        approach=spread(point.approach, many.approach),
        law=loop.context.law,
        rounds_to_target=reached,
        rounds_without_head_start=_without_head_start(loop, start, target),
        never=bool(np.isinf(point.reach)) and reached.value is None,
        probability_reached=chance,
        trajectory=rows,
    )


def _without_head_start(loop: Loop, start: Start, target: float) -> float | None:
    """Rounds that the same start takes to the target without its head start; None where it has none."""
    if not start.head_start:
        return None
    return finite(float(loop.rounds_to(target, replace(start, head_start=0)).value))


@dataclass(frozen=True)
class _Spread:
    """Makes estimates of one level: exact ones where nothing was drawn."""

    level: float
    uncertain: bool
    central: bool

    def __call__(self, value: Any, draws: Array, *, whole: bool = False, middle: bool = False) -> Estimate:
        plain = float(value)
        if not self.uncertain or np.ndim(draws) == 0:
            return Estimate.exact(plain)
        if middle:
            kept = draws[~np.isnan(draws)]
            plain = float(np.quantile(kept, 0.5, method="inverted_cdf")) if kept.size else np.nan
        return Estimate.from_draws(plain, draws, self.level, whole=whole)

    def column(self, values: Array, draws: Array) -> list[Estimate]:
        """One estimate a round; what all draws of round 0 agree on was stated, not estimated."""
        alike = draws[0].size > 0 and bool((draws[0] == draws[0].flat[0]).all())
        first = self(values[0], draws[0].flat[0] if alike else draws[0], middle=self.central)
        rest = zip(values[1:], draws[1:], strict=True)
        return [first, *(self(value, drawn, middle=self.central) for value, drawn in rest)]


def check_question(loop: Loop, start: Start, *, target: float, level: float) -> None:
    """Refuses (`UsageError`) a level or target out of range, and arrays: one loop is answered at a time."""
    as_target(target)
    if not 0 < level <= MOST_LEVEL:
        raise UsageError(f"level = {level} is out of range: an interval's level lies in (0, {MOST_LEVEL}]")
    if loop.start(start).logit_error.shape != ():
        raise UsageError("one loop is answered at a time; for arrays use trajectory, rounds_to, fixed_points or limit")


def _rows(path: Trajectory, drawn: Trajectory, rounds: int, spread: _Spread) -> tuple[Round, ...]:
    columns = {name: spread.column(getattr(path, name), getattr(drawn, name)[: rounds + 1]) for name in COLUMNS}
    return tuple(
        Round(round=i, context_size=float(path.context_size[i]), **{name: columns[name][i] for name in COLUMNS})
        for i in range(rounds + 1)
    )


def _fixed_points(points: FixedPoints, drawn: FixedPoints, spread: _Spread) -> tuple[FixedPoint, ...]:
    """Each fixed point, its interval from the draws that have as many."""
    found = int(np.sum(~np.isnan(points.logit_error)))
    alike = (~np.isnan(drawn.logit_error)).sum(axis=0) == found
    return tuple(
        FixedPoint(
            error=spread(points.error[j], np.where(alike, drawn.error[j], np.nan)),
            multiplier=spread(points.multiplier[j], np.where(alike, drawn.multiplier[j], np.nan)),
            stable=bool(points.stable[j]),
            share=float(np.mean(alike)),
        )
        for j in range(found)
    )


def _rounds_shown(rounds: float) -> int:
    """Enough rows to see the target met: 3 to 20; 10 where it takes longer or never comes."""
    return int(max(3, rounds)) if rounds <= 20 else 10
