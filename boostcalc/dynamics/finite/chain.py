"""The Markov chain of wrong pairs: its states, and how a law over them goes from round to round; one class a policy."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from boostcalc.dynamics.finite.batches import Chances, States, stated, whole_batch, whole_start
from boostcalc.dynamics.policies import Append, Context, ContextPolicy, Replace, Whole, Window
from boostcalc.dynamics.start import State
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit

if TYPE_CHECKING:
    from boostcalc.dynamics.loop import Loop

__all__ = ["MOST_STATES", "Chain", "Growing", "Remembering", "Steady", "binomial_law", "chain", "work"]

Mass: TypeAlias = NDArray[Any]

MOST_PAIRS = 1_000
"""Pairs in a context that each batch fills anew, at most: a table of the chances has as many rows and columns."""

MOST_STATES = 20_000
"""States of a context of several batches, at most."""


def binomial_law(size: int, logit_share: Array) -> Array:
    """Bin(`size`, c) for each c, its log-odds given: shape `(m, size + 1)`. Also where c or 1 − c is tiny."""
    from scipy.stats import binom

    few = expit(-np.abs(logit_share))
    law = np.asarray(binom.pmf(np.arange(size + 1), size, few[:, None]))
    return np.where((logit_share > 0)[:, None], law[:, ::-1], law)


class Chain(ABC):
    """The chain of one loop with known rates.

    States of round n are numbered 0…m; `wrong(n)`, shape `(m + 1,)`, has each one's wrong pairs in the context.
    """

    def __init__(self, loop: Loop, start: State) -> None:
        self.loop, self.batch = loop, whole_batch(loop)
        self.states = States(loop)
        here = State(start.logit_error[None], Context.plain(start.context.size, start.context.logit_share[None]))
        self.begin = stated(loop, here)  # of shape (1,)
        size, down, rest = whole_start(loop, start)
        self.first_size, self.down, self.rest = int(size), int(down), float(rest)

    @property
    def stuck(self) -> bool:
        """Whether nothing is accepted in round 0, so that nothing ever changes."""
        return bool(self.begin.nothing.any())

    @abstractmethod
    def size(self, n: int) -> int:
        """Pairs in the context of round n."""

    @abstractmethod
    def wrong(self, n: int) -> Whole:
        """Wrong pairs in the context in each state of round n."""

    def count(self, n: int) -> int:
        """States of round n."""
        return self.size(n) + 1

    @abstractmethod
    def ways(self, n: int) -> int:
        """Ways on from each state of round n."""

    @abstractmethod
    def push(self, n: int, mass: Mass) -> Mass:
        """Masses of shape (…, states) of round n, taken to round n + 1."""

    def first(self) -> Array:
        """The law of the first context: one or two numbers of wrong pairs."""
        law = np.zeros(len(self.wrong(0)))
        law[self.down] = 1 - self.rest
        if self.rest:
            law[self.down + 1] = self.rest
        return law

    def chances(self, n: int) -> Chances:
        """What round n does in each of its states; in round 0 what is stated, whatever the state."""
        wrong = self.wrong(n)
        if n == 0 or self.stuck:
            return self.begin.of(np.zeros_like(wrong))
        return self.states.at(self.size(n), wrong)


class Steady(Chain):
    """Each batch fills the context anew: `Replace`, and a window of no more pairs than a batch."""

    def __init__(self, loop: Loop, start: State) -> None:
        super().__init__(loop, start)
        self.pairs = min(self.batch, self.first_size)
        if self.pairs > MOST_PAIRS:
            raise UsageError(f"a context of {self.pairs} pairs has too many states for an exact law: simulate instead")
        self._table: Array | None = None

    def size(self, n: int) -> int:
        return self.pairs

    def wrong(self, n: int) -> Whole:
        return np.arange(self.pairs + 1)

    def ways(self, n: int) -> int:
        return self.pairs + 1

    @property
    def table(self) -> Array:
        """Chances of going from each number of wrong pairs to each, shape `(pairs + 1, pairs + 1)`.

        Where nothing is accepted the context stays.
        """
        if self._table is None:
            found = self.states.table(self.pairs)
            law = binomial_law(self.pairs, np.where(found.nothing, 0.0, found.logit_contamination))
            self._table = np.where(found.nothing[..., None], np.eye(self.pairs + 1), law)
        return self._table

    def push(self, n: int, mass: Mass) -> Mass:
        if self.stuck:
            return mass
        if n == 0:
            law = binomial_law(self.pairs, self.begin.logit_contamination)[0]
            return np.asarray(mass.sum(axis=-1, keepdims=True) * law)
        return np.asarray(mass @ self.table)


class Growing(Chain):
    """Each batch joins all pairs so far: `Append`."""

    def size(self, n: int) -> int:
        return self.first_size + (0 if self.stuck else n * self.batch)

    def wrong(self, n: int) -> Whole:
        return np.arange(self.size(n) + 1)

    def ways(self, n: int) -> int:
        return self.batch + 1

    def push(self, n: int, mass: Mass) -> Mass:
        if self.stuck:
            return mass
        law = binomial_law(self.batch, _never_idle(self.chances(n), mass))
        after = np.zeros((*mass.shape[:-1], self.size(n + 1) + 1), dtype=mass.dtype)
        for joins in range(self.batch + 1):
            after[..., joins : joins + mass.shape[-1]] += mass * law[:, joins]
        return after


class Remembering(Chain):
    """A window of several batches: what is in each of them is a part of the state.

    Its axes are the wrong pairs of each batch, the newest first; the last is the first context's, or that of the
    batch which is partly out.
    """

    def __init__(self, loop: Loop, start: State) -> None:
        super().__init__(loop, start)
        self.window = self.first_size
        most = max(self.count(n) for n in range(self.full + 1))
        if most > MOST_STATES:
            raise UsageError(
                f"a window of {self.window} pairs in batches of {self.batch} has {most:.3g} states, too many for an "
                f"exact law (at most {MOST_STATES:,}): simulate instead"
            )

    @property
    def full(self) -> int:
        """How many whole batches the window holds."""
        return self.window // self.batch

    def parts(self, n: int) -> tuple[int, ...]:
        """Pairs of each batch in the window of round n, the newest first."""
        whole = 0 if self.stuck else min(n, self.full)
        return (*(self.batch,) * whole, self.window - whole * self.batch)

    def shape(self, n: int) -> tuple[int, ...]:
        """States along each axis."""
        return tuple(pairs + 1 for pairs in self.parts(n))

    def size(self, n: int) -> int:
        return self.window

    def count(self, n: int) -> int:
        return math.prod(self.shape(n))

    def ways(self, n: int) -> int:
        return (self.batch + 1) * self.shape(n + 1)[-1]

    def wrong(self, n: int) -> Whole:
        return np.asarray(np.indices(self.shape(n)).sum(axis=0).ravel())

    def push(self, n: int, mass: Mass) -> Mass:
        if self.stuck:
            return mass
        law = binomial_law(self.batch, _never_idle(self.chances(n), mass))
        before, after = self.parts(n), self.parts(n + 1)
        oldest = before[-2:] if n >= self.full else before[-1:]
        kept = _what_stays(oldest, after[-1])
        states = mass.reshape(*mass.shape[:-1], -1, kept.shape[0])
        chances = law.reshape(-1, kept.shape[0], self.batch + 1)
        moved = np.stack([(states * chances[..., joins]) @ kept for joins in range(self.batch + 1)], axis=-3)
        return moved.reshape(*mass.shape[:-1], -1)


def _what_stays(oldest: tuple[int, ...], left: int) -> Array:
    """Chances that so many of the `left` pairs are wrong, from the wrong pairs of the oldest batches together.

    Of two oldest batches the last goes wholly, and of the other `left` stay; a single one is cut to `left`.
    """
    from scipy.stats import hypergeom

    pairs = oldest[0]
    wrong, stays = np.arange(pairs + 1)[:, None], np.arange(left + 1)
    law = np.asarray(hypergeom.pmf(stays, pairs, wrong, left))
    return np.repeat(law, oldest[1] + 1, axis=0) if len(oldest) > 1 else law


def _never_idle(chances: Chances, mass: Mass) -> Array:
    """Log-odds of contamination in states that all fill their batch; those without mass do not matter."""
    if (chances.nothing & (mass != 0)).any():
        raise UsageError("in some states nothing is accepted, and the context keeps its pairs: simulate instead")
    return np.nan_to_num(chances.logit_contamination, posinf=np.inf, neginf=-np.inf)


def work(found: Chain, rounds: int) -> float:
    """Multiplications that taking a law through so many rounds needs, to judge by."""
    return float(sum(found.count(n) * found.ways(n) for n in range(rounds)))


def _window(loop: Loop, start: State) -> Chain:
    return (Steady if start.context.size <= loop.batch else Remembering)(loop, start)


CHAINS: dict[type[ContextPolicy], Callable[[Loop, State], Chain]] = {
    Replace: Steady,
    Append: Growing,
    Window: _window,
}


def chain(loop: Loop, start: State) -> Chain:
    """The chain of a loop from its state of round 0 (arrays of shape ()).

    Raises
    ------
    UsageError
        If rates are known only as counts, the batch is not whole, or there are too many states.
    """
    if loop.evaluator.uncertain:
        raise UsageError("an exact law needs known rates: give numbers, or simulate")
    if type(loop.context) not in CHAINS:
        raise UsageError(f"no exact law is known for the context policy {loop.context.family}: simulate instead")
    return CHAINS[type(loop.context)](loop, start)
