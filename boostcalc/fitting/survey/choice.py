"""Which threshold is best for what: each judged by what it still does where the rates turn out badly.

A threshold that by luck let no wrong answer pass looks best by its plain rates. So every threshold is followed
through all draws of what the rates (and the response) may be, and the one is chosen whose *unfavourable* outcome (the
end of its interval) is best; and it is told how often each would be best, draw by draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boostcalc.dynamics import Context, Loop, Start, State
from boostcalc.fitting.survey.draws import simultaneous_level
from boostcalc.odds import Array, expit, logit
from boostcalc.responses import Response
from boostcalc.results import Estimate, finite

if TYPE_CHECKING:
    from boostcalc.fitting.fit import Fit

__all__ = ["OBJECTIVES", "Choice", "Objective", "Outlook", "choices", "drawn_responses", "outlook"]

MOST_ROUNDS = 200
"""Rounds in which a loop has to reach its target; one that takes longer is no plan."""

ALIKE = 1e-9
"""Outcomes closer than this, relative to themselves, are one."""


@dataclass(frozen=True)
class Objective:
    """What a threshold may be best for; `sign` −1 where less is better."""

    name: str
    title: str
    outcome: str
    sign: int


OBJECTIVES = (
    Objective("fastest", "fastest rounds", "drop of the log-odds of error in the next round", 1),
    Objective("cheapest", "cheapest target", "attempts until the error is at the target", -1),
    Objective("lowest", "lowest floor", "error at which the loop settles", -1),
)


@dataclass(frozen=True, eq=False)
class Outlook:
    """What a loop does under each threshold, one row a draw: arrays of shape (draws, thresholds).

    Attributes
    ----------
    fastest : by how much the log-odds of the error fall in the next round.
    cheapest : expected attempts of the rounds until the error is at the target; `inf` where it is not within
        `MOST_ROUNDS`.
    lowest : the error at which it settles.
    """

    fastest: Array
    cheapest: Array
    lowest: Array


@dataclass(frozen=True)
class Choice:
    """The threshold that is best for one objective.

    Attributes
    ----------
    objective : its name, in `OBJECTIVES`.
    threshold : the least score accepted; None where none achieves anything, and `reason` says why.
    index : which of the survey's thresholds that is, 0 being the strictest.
    outcome : what it does, as the median over the draws; its interval allows for the choice, as those of all
        thresholds hold at once.
    wins : in which share of the draws it is the best of all thresholds.
    alike : how many thresholds are as good.
    """

    objective: str
    threshold: float | None
    outcome: Estimate
    wins: float
    alike: int = 1
    reason: str = ""
    index: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        return {
            "objective": self.objective,
            "threshold": finite(self.threshold),
            "outcome": self.outcome.to_dict(),
            "wins": self.wins,
            "alike": self.alike,
            "reason": self.reason,
            "index": self.index,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], scores: Sequence[float]) -> Choice:
        """The choice among these scores whose `to_dict` gave this record."""
        index = record["index"]
        threshold = None if index is None else scores[index]
        return cls(**{**record, "threshold": threshold, "outcome": Estimate.from_dict(record["outcome"])})


def drawn_responses(
    fit: Fit | None, response: Response, rng: np.random.Generator, size: int
) -> list[tuple[Response, int]]:
    """Responses of shape (draws, 1) with the number of draws of each: a fit's families by weight, or one as it is."""
    if fit is None:
        return [(response, size)]
    found: list[tuple[Response, int]] = []
    for fitted, count in fit.mixture(size):
        drawn = fitted.draw(rng, count)
        columns = {name: np.asarray(value)[:, None] for name, value in drawn.scalars.items() if np.ndim(value)}
        found.append((replace(drawn, **columns), count))
    return found


def outlook(
    rates: tuple[Array, Array],
    responses: list[tuple[Response, int]],
    error: Array,
    *,
    target: float,
    batch: float,
) -> Outlook:
    """What loops with these rates do, whose batches replace the context.

    Parameters
    ----------
    rates : arrays, shape (draws, thresholds)
        Of correct and of wrong answers.
    responses : as `drawn_responses` gives them
    error : array, shape (draws, 1)
        Of round 0.
    """
    parts, first = [], 0
    for response, count in responses:
        rows = slice(first, first + count)
        loop = Loop(tpr=rates[0][rows], fpr=rates[1][rows], response=response, batch=batch)
        parts.append(_followed(loop, Start(error=error[rows]), target))
        first += count
    return Outlook(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _followed(loop: Loop, start: Start, target: float) -> tuple[Array, Array, Array]:
    begin = loop.start(start)
    limit = loop.limit(start)
    with np.errstate(invalid="ignore"):  # from an error of 0 or 1, which stays
        drop = begin.logit_error - loop.step(begin).logit_error
    return drop, _attempts(loop, begin, limit, float(logit(target))), expit(limit)


def _attempts(loop: Loop, begin: State, limit: Array, bar: float) -> Array:
    """Expected attempts of the rounds until the log-odds of error are at `bar`; only loops under way are followed."""
    shape = begin.logit_error.shape
    spent = np.where(begin.logit_error > bar, np.inf, 0.0).ravel()
    # orbits are monotone: one whose limit lies above the bar never gets there, unless the first step leaps
    first = loop.step(begin).logit_error
    going = (spent > 0) & ((limit <= bar) | (first <= bar)).ravel()
    loops = Loop(
        evaluator=loop.evaluator.ravel(shape),
        response=loop.response.ravel(shape),
        context=loop.context,
        batch=loop.batch,
    ).take(going)
    where = np.flatnonzero(going)
    state = _taken(State(begin.logit_error.ravel(), begin.context), loop.batch, going)
    so_far = np.zeros(where.size)
    for _ in range(MOST_ROUNDS):
        if not where.size:
            break
        with np.errstate(divide="ignore"):
            so_far = so_far + loop.batch / loops.rates(state).acceptance(state.logit_error)
        state = loops.step(state)
        there = state.logit_error <= bar
        if there.any():
            spent[where[there]] = so_far[there]
            where, so_far = where[~there], so_far[~there]
            loops, state = loops.take(~there), _taken(state, loop.batch, ~there)
    return spent.reshape(shape)


def _taken(state: State, batch: float, chosen: NDArray[np.bool_]) -> State:
    """The states of the chosen ones of a row of loops whose contexts are one batch."""
    share = np.broadcast_to(state.context.logit_share.ravel(), state.logit_error.shape)
    return State(state.logit_error[chosen], Context.plain(batch, share[chosen]))


def choices(scores: Array, seen: Outlook, level: float) -> tuple[tuple[Choice, ...], dict[str, Array]]:
    """The best threshold for each objective, and for each the share of draws that every threshold wins."""
    chosen, wins = [], {}
    slow = _unfavourable(seen.fastest, OBJECTIVES[0], level)
    for objective in OBJECTIVES:
        draws = getattr(seen, objective.name)
        wins[objective.name] = _wins(draws, objective)
        chosen.append(_choice(scores, draws, wins[objective.name], objective, level, slow))
    return tuple(chosen), wins


def _choice(scores: Array, draws: Array, wins: Array, objective: Objective, level: float, tie_break: Array) -> Choice:
    reason = _pointless(draws, objective)
    if reason:
        return Choice(objective.name, None, Estimate(None), 0.0, 0, reason)
    bound = objective.sign * _unfavourable(draws, objective, level)
    if not np.isfinite(bound).any():  # no threshold gets there surely enough: the one that does so most often
        bound = np.isfinite(draws).mean(axis=0)
        reason = "no threshold gets there in so many of the draws: the one that does most often"
    best = bound.max()
    alike = np.flatnonzero(bound >= best - ALIKE * abs(best))
    j = int(alike[np.argmax(tie_break[alike])])
    middle = float(np.quantile(draws[:, j], 0.5, method="inverted_cdf"))
    told = Estimate.from_draws(middle, draws[:, j], simultaneous_level((draws,), level))
    return Choice(
        objective=objective.name,
        threshold=float(scores[j]),
        outcome=replace(told, level=level),
        wins=float(wins[j]),
        alike=int(alike.size),
        reason=reason,
        index=j,
    )


def _pointless(draws: Array, objective: Objective) -> str:
    if objective.name == "cheapest" and np.median(draws.max(axis=1)) == 0:
        return "the error is at the target from the start"
    if objective.name == "cheapest" and not np.isfinite(draws).any():
        return f"under no threshold does the loop get there within {MOST_ROUNDS} rounds"
    if objective.name == "fastest" and np.isnan(draws).all():
        return "an error of 0 or 1 stays, whatever is accepted"
    if objective.name == "lowest" and (draws == draws[0, 0]).all():
        return f"the loop settles at error {draws[0, 0]:.4g} under every threshold"
    return ""


def _unfavourable(draws: Array, objective: Objective, level: float) -> Array:
    """The unfavourable end of the interval of each threshold's outcome, shape (thresholds,); `nan` draws are worst."""
    worst = np.where(np.isnan(draws), -objective.sign * np.inf, draws)
    tail = (1 - level) / 2 if objective.sign > 0 else (1 + level) / 2
    return np.asarray(np.quantile(worst, tail, axis=0, method="inverted_cdf"))


def _wins(draws: Array, objective: Objective) -> Array:
    """In which share of the draws each threshold is best; a draw in which several are is shared among them."""
    good = np.where(np.isnan(draws), -np.inf, objective.sign * draws)
    top = good.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        best = np.isfinite(good) & (good >= top - ALIKE * np.abs(top))
    shared = best / np.maximum(best.sum(axis=1, keepdims=True), 1)
    return np.asarray(shared.mean(axis=0))
