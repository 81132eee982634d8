"""Where a chain ends that is filled anew each round: in a state it never leaves, or in a law that stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from boostcalc.dynamics.finite.chain import Steady
from boostcalc.dynamics.finite.markov import quasi_stationary, stationary, until_leaving
from boostcalc.dynamics.policies import Whole
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit
from boostcalc.results import finite

__all__ = ["Absorption", "Stationarity", "Switch", "settling"]

MOST_HELD = 500
"""States up to which the quasi-stationary law is looked for: it takes the longest."""


@dataclass(frozen=True, eq=False)
class Absorption:
    """States of the context that stay once they are there: all wrong or all right under perfect adaptation.

    Attributes
    ----------
    wrong : array, shape (k,)
        Wrong pairs in each such state.
    error : array, shape (k,)
        Error rate there.
    probability : array, shape (k,)
        Chance of ending in each, from the start.
    rounds : float
        Expected number of the round whose context is the first to stay; `inf` where it may never come.
    by_state : array, shape (pairs + 1, k)
        Chance of ending in each, from each number of wrong pairs (for all pairs wrong: the fixation probability).
    rounds_by_state : array, shape (pairs + 1,)
        Expected rounds from each.
    quasi_stationary : array, shape (pairs + 1,), or None
        The law that contexts have after many rounds if they have not ended yet; None where there is none, and
        beyond `MOST_HELD` states.
    leaving : float or None
        The chance that such a one ends in a round.
    """

    wrong: Whole
    error: Array
    probability: Array
    rounds: float
    by_state: Array
    rounds_by_state: Array
    quasi_stationary: Array | None
    leaving: float | None

    @property
    def status(self) -> str:
        """Where it ends and when, in one sentence."""
        ends = " or ".join(
            f"at error {error:.4g} (probability {chance:.4g})"
            for error, chance in zip(self.error, self.probability, strict=True)
        )
        if not np.isfinite(self.rounds):
            return f"The context may stay for ever {ends}, or never settle."
        return f"In the end the context stays as it is, {ends}, on average from round {self.rounds:.4g} on."

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        ends = zip(self.wrong, self.error, self.probability, strict=True)
        return {
            "kind": "absorption",
            "status": self.status,
            "ends": [{"context_wrong": int(w), "error": float(e), "probability": float(p)} for w, e, p in ends],
            "rounds": finite(self.rounds),
            "leaving": self.leaving,
            "quasi_stationary": None if self.quasi_stationary is None else self.quasi_stationary.tolist(),
        }


@dataclass(frozen=True)
class Switch:
    """From one stable end of the mean field to the divide: expected rounds until a context first lies beyond it."""

    start: float
    divide: float
    rounds: float


@dataclass(frozen=True, eq=False)
class Stationarity:
    """The law of the context after many rounds, whatever the start, and how rarely it changes sides.

    Attributes
    ----------
    law : array, shape (pairs + 1,)
        Of the wrong pairs.
    mean_error : float
        The mean error under it.
    switches : tuple of Switch
        From the lowest stable end up to the divide, and from the highest down; empty where there is one end.
    """

    law: Array
    mean_error: float
    switches: tuple[Switch, ...]

    @property
    def status(self) -> str:
        """What remains, and how long each end holds, in one sentence."""
        said = f"After many rounds the mean error is {self.mean_error:.4g}, whatever the start"
        if not self.switches:
            return f"{said}."
        times = " and ".join(
            f"{one.rounds:.3g} rounds from error {one.start:.3g} to the divide at {one.divide:.3g}"
            for one in self.switches
        )
        return f"{said}; it takes {times}, on average."

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        return {
            "kind": "stationary",
            "status": self.status,
            "law": self.law.tolist(),
            "mean_error": self.mean_error,
            "switches": [{**vars(one), "rounds": finite(one.rounds)} for one in self.switches],
        }


def settling(chain: Steady) -> Absorption | Stationarity:
    """The long run of a chain whose batches fill the context anew.

    Raises
    ------
    UsageError
        If the chain falls into parts that no state of its own holds.
    """
    moves = chain.table.copy()
    np.fill_diagonal(moves, 0.0)
    stays = ~moves.any(axis=1)  # not `diagonal == 1`, which rounding makes of a state that is left once in 1e20 rounds
    return _absorption(chain, np.flatnonzero(stays)) if stays.any() else _stationarity(chain)


def _absorption(chain: Steady, ends: Whole) -> Absorption:
    table, size = chain.table, chain.pairs + 1
    inner = np.setdiff1d(np.arange(size), ends)
    between, exits = table[np.ix_(inner, inner)], table[np.ix_(inner, ends)]
    leaving = exits.sum(axis=1)
    solved = until_leaving(between, leaving, np.column_stack([exits, np.ones(len(inner))]))
    by_state, rounds = np.zeros((size, len(ends))), np.zeros(size)
    by_state[ends, np.arange(len(ends))] = 1.0
    by_state[inner], rounds[inner] = solved[:, :-1], solved[:, -1]
    law = chain.push(0, chain.first())
    held, chance = _held(between, leaving)
    quasi = None
    if held is not None:
        quasi = np.zeros(size)
        quasi[inner] = held
    # in round 0 the error is as stated, so the first context that may stay is that of round 1
    expected = 0.0 if chain.stuck else 1.0 + float(law @ rounds)
    error = expit(chain.chances(1).logit_error)[ends]
    return Absorption(ends, error, law @ by_state, expected, by_state, rounds, quasi, chance)


def _held(between: Array, leaving: Array) -> tuple[Array | None, float | None]:
    if not between.any() or len(between) > MOST_HELD:
        return None, None
    try:
        return quasi_stationary(between, leaving)
    except UsageError:
        return None, None


def _stationarity(chain: Steady) -> Stationarity:
    law = stationary(chain.table)
    error = expit(chain.states.table(chain.pairs).logit_error)
    return Stationarity(law, float(law @ error), _switches(chain))


def _switches(chain: Steady) -> tuple[Switch, ...]:
    """Mean first passages between the outermost stable ends of the mean field and the divides beside them."""
    points = chain.loop.fixed_points()
    seen = ~np.isnan(points.logit_error)
    x, stable = points.logit_error[seen], points.stable[seen]
    ends, divides = x[stable], x[~stable]
    if len(ends) < 2 or not len(divides):
        return ()
    table, wrong = chain.table, np.arange(chain.pairs + 1)
    found = []
    for end, divide, side in ((ends[0], divides[0], 1), (ends[-1], divides[-1], -1)):
        share, edge = (float(expit(_context(chain, point))) for point in (end, divide))
        near = np.flatnonzero(side * wrong < side * edge * chain.pairs)
        beyond = np.setdiff1d(wrong, near)
        if not len(near) or not len(beyond):  # so few pairs that no context lies on one of the sides
            return ()
        home = int(np.clip(np.searchsorted(near, round(share * chain.pairs)), 0, len(near) - 1))
        between = table[np.ix_(near, near)]
        rounds = until_leaving(between, table[np.ix_(near, beyond)].sum(axis=1), np.ones(len(near)))
        found.append(Switch(float(expit(end)), float(expit(divide)), float(rounds[home])))
    return tuple(found)


def _context(chain: Steady, logit_error: float) -> Array:
    """Log-odds of the context's contamination at a fixed point with this error."""
    if chain.loop.evaluator.drifts:
        return chain.loop.curve.inverse(logit_error)
    return chain.loop.evaluator.under(np.nan).filter(logit_error)
