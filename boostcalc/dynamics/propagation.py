"""From a loop and draws of what is not known about it to a prediction in which every figure has its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc.dynamics.fixed_points import FixedPoints
from boostcalc.dynamics.prediction import FixedPoint, Prediction, Round
from boostcalc.dynamics.start import Start
from boostcalc.dynamics.verdict import direction, verdict
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit
from boostcalc.results import Estimate

if TYPE_CHECKING:
    from boostcalc.dynamics.loop import Loop

__all__ = ["DRAWS", "predict", "propagate"]

DRAWS = 10_000
"""Draws behind an interval: its ends then lie within about half a percentage point of their level."""


def predict(
    loop: Loop, start: Start, *, target: float, rounds: int | None, level: float, rng: int | np.random.Generator
) -> Prediction:
    """`Loop.predict`: draws what the counts leave open, and carries it through."""
    if not (loop.evaluator.uncertain or start.uncertain):
        return propagate(loop, start, target=target, rounds=rounds, level=level)
    generator = np.random.default_rng(rng)
    drawn = loop.sample(generator, DRAWS), start.sample(generator, DRAWS)
    return propagate(loop, start, drawn, target=target, rounds=rounds, level=level)


def propagate(
    loop: Loop,
    start: Start,
    drawn: tuple[Loop, Start] | None = None,
    *,
    target: float,
    rounds: int | None,
    level: float,
) -> Prediction:
    """The prediction of one loop, its intervals from `drawn`: the same loop and start with arrays of draws.

    Raises
    ------
    UsageError
        If the inputs describe several loops, or `target`, `level` or `rounds` is out of range.
    """
    if not 0 < level < 1:
        raise UsageError(f"level = {level} is out of range: an interval's level lies in (0, 1)")
    spread = _Spread(level, drawn is not None)
    state = loop.start(start)
    if state.logit_error.shape != ():
        raise UsageError("predict answers one loop; for arrays use trajectory, rounds_to, fixed_points or limit")
    reach = loop.rounds_to(target, start)
    n = float(reach.value)
    shown = _rounds_shown(n) if rounds is None else rounds
    path = loop.trajectory(start, rounds=shown)
    points = loop.fixed_points()
    limit = float(loop.limit(start))
    moves = direction(float(state.logit_error), limit)
    t, f = float(loop.evaluator.t), float(loop.evaluator.f)

    many, begin = drawn if drawn is not None else (loop, start)
    reach_drawn = many.rounds_to(target, begin).value
    limit_drawn = many.limit(begin)
    points_drawn = many.fixed_points()
    path_drawn = many.trajectory(begin, rounds=shown)
    chance = float(np.isfinite(reach_drawn).mean())
    columns = ("error", "context_contamination", "acceptance", "contamination", "attempts")
    spreads = {name: spread.column(getattr(path, name), getattr(path_drawn, name)) for name in columns}
    rows = tuple(
        Round(round=i, context_size=float(path.context_size[i]), **{name: spreads[name][i] for name in columns})
        for i in range(shown + 1)
    )
    return Prediction(
        status=verdict(
            t=t,
            f=f,
            start=float(path.error[0]),
            limit=float(expit(limit)),
            moves=moves,
            target=target,
            rounds=n,
            points=points,
            chance=chance if spread.uncertain else None,
        ),
        filter_improves=f < t,
        error_falls=moves < 0,
        inputs={
            "tpr": spread(t, many.evaluator.t),
            "fpr": spread(f, many.evaluator.f),
            "error": rows[0].error,
            "target": target,
            "batch": loop.batch,
            "rounds": shown,
            "response": loop.response.to_dict(),
            "context": loop.context.to_dict(),
        },
        likelihood_ratio=spread(np.exp(loop.evaluator.log_lr), np.exp(many.evaluator.log_lr)),
        fixed_points=_fixed_points(points, points_drawn, spread),
        limit=spread(expit(limit), expit(limit_drawn)),
        limit_multiplier=spread(points.multiplier_at(limit), points_drawn.multiplier_at(limit_drawn)),
        rounds_to_target=spread(n, reach_drawn, whole=True),
        never=bool(np.isinf(n)),
        probability_reached=chance,
        trajectory=rows,
    )


@dataclass(frozen=True)
class _Spread:
    """Makes estimates of one level: exact ones where nothing was drawn."""

    level: float
    uncertain: bool

    def __call__(self, value: Any, draws: Array, *, whole: bool = False) -> Estimate:
        plain = float(value)
        if not self.uncertain or np.ndim(draws) == 0:
            return Estimate.exact(plain)
        return Estimate.from_draws(plain, draws, self.level, whole=whole)

    def column(self, values: Array, draws: Array) -> list[Estimate]:
        """One estimate a round; what all draws of round 0 agree on was stated, not estimated."""
        stated = draws[0] if draws[0].size == 0 or (draws[0] != draws[0].flat[0]).any() else draws[0].flat[0]
        return [self(values[0], stated), *map(self, values[1:], draws[1:])]


def _fixed_points(points: FixedPoints, drawn: FixedPoints, spread: _Spread) -> tuple[FixedPoint, ...]:
    """Each fixed point, its interval from the draws that have as many."""
    found = int(np.sum(~np.isnan(points.logit_error)))
    shape = drawn.logit_error.shape
    alike = (~np.isnan(drawn.logit_error)).sum(axis=0) == found
    return tuple(
        FixedPoint(
            error=spread(points.error[j], np.where(alike, drawn.error[j], np.nan)),
            multiplier=spread(points.multiplier[j], np.where(alike, drawn.multiplier[j], np.nan)),
            stable=bool(points.stable[j]),
            share=float(np.mean(alike)),
        )
        for j in range(found)
        if j < shape[0]
    )


def _rounds_shown(rounds: float) -> int:
    """Enough rows to see the target met: 3 to 20; 10 where it takes longer or never comes."""
    return int(max(3, rounds)) if rounds <= 20 else 10
