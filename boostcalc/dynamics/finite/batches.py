"""Real batches: wrong pairs and attempts are whole numbers and drawn, where the mean field takes what is expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.dynamics.policies import Context, Counted, Whole
from boostcalc.dynamics.start import State
from boostcalc.dynamics.trajectory import Trajectory
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit, log_ratio

if TYPE_CHECKING:
    from boostcalc.dynamics.loop import Loop

__all__ = ["Batches", "Chances", "States", "fill", "sample_trajectory", "stated", "whole_batch", "whole_start"]

MOST_ATTEMPTS = 1e18
"""Expected attempts from which on they are drawn from the limit of their law: no integer holds their number."""


class Chances(NamedTuple):
    """What a round does under its context: log-odds of its error, share of wrong pairs accepted, acceptance rate.

    Arrays of one shape. Where nothing is accepted, `contamination` is 0 and its log-odds are `nan`; `nothing` says
    where that is, and has the shape () where it is nowhere.
    """

    logit_error: Array
    logit_contamination: Array
    contamination: Array
    acceptance: Array
    nothing: NDArray[np.bool_]

    def of(self, states: Whole) -> Chances:
        """Those of the states with these numbers."""
        x, passed, contamination, acceptance, nothing = self
        return Chances(
            x[states],
            passed[states],
            contamination[states],
            acceptance[states],
            nothing[states] if nothing.ndim else nothing,
        )

    def but(self, chosen: NDArray[np.bool_], others: Chances) -> Chances:
        """These, but the others' where chosen."""
        x, passed, contamination, acceptance, nothing = (
            np.where(chosen, other, own) for other, own in zip(others, self, strict=True)
        )
        return Chances(x, passed, contamination, acceptance, np.asarray(nothing, dtype=np.bool_))


def chances(loop: Loop, logit_error: Array, logit_context: Array, size: ArrayLike) -> Chances:
    """The chances of a round with this error, under a context of `size` pairs with this share of wrong ones."""
    x, context = np.broadcast_arrays(logit_error, logit_context)
    rates = loop.rates(State(x, Context.plain(size, context)))
    passed = rates.filter(x)
    nothing = np.isnan(passed)
    contamination = np.where(nothing, 0.0, expit(passed))
    shape = np.broadcast_shapes(x.shape, passed.shape)
    x, passed, contamination, acceptance = (
        np.broadcast_to(column, shape) for column in (x, passed, contamination, rates.acceptance(x))
    )
    none = np.broadcast_to(nothing, shape) if nothing.any() else np.asarray(False)
    return Chances(x, passed, contamination, acceptance, none)


def stated(loop: Loop, start: State) -> Chances:
    """Those of round 0: its error and the context's share as stated, which need not be a whole number of pairs."""
    return chances(loop, start.logit_error, start.context.logit_share, start.context.size)


class States:
    """The chances under a context of whole pairs, by the response; tabulated where states are fewer than chains.

    One loop under one context size has as many states as the context has pairs, and one.
    """

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self._size = -1
        self._table: Chances | None = None

    def at(self, size: ArrayLike, wrong: ArrayLike) -> Chances:
        """Without a table; arrays broadcast."""
        pairs, bad = np.broadcast_arrays(np.asarray(size), np.asarray(wrong))
        share = log_ratio(bad, pairs - bad)
        return chances(self.loop, self.loop.response.at(pairs).logit_error(share), share, pairs)

    def table(self, size: int) -> Chances:
        """Those of 0…`size` wrong pairs, shape `(size + 1,)`, of one loop."""
        if self._table is None or size != self._size:
            self._size, self._table = size, self.at(size, np.arange(size + 1))
        return self._table

    def __call__(self, context: Counted) -> Chances:
        if self.loop.shape == () and context.size.ndim == 0 and context.size < context.wrong.size:
            return self.table(int(context.size)).of(context.wrong)
        return self.at(context.size, context.wrong)


@dataclass(frozen=True, eq=False)
class Batches:
    """What happened in rounds 0…n; arrays of shape `(rounds + 1, …)`.

    Attributes
    ----------
    context_size, context_wrong : pairs in the context that the round's answers saw, and the wrong ones among them.
    batch_wrong : wrong pairs among those that the round accepted; of no meaning where it accepts nothing.
    attempts : answers until the batch was full; `inf` where nothing is accepted. None if they were not drawn.
    """

    context_size: Whole
    context_wrong: Whole
    batch_wrong: Whole
    attempts: Array | None

    def logit_error(self, loop: Loop, start: State) -> Array:
        """Log-odds of the error of each round: as stated in round 0, then by the response to the context."""
        first, states = stated(loop, start), States(loop)
        x = np.empty(self.context_wrong.shape)
        x[0] = first.logit_error
        for n in range(1, len(x)):
            size, wrong = np.asarray(self.context_size[n]), np.asarray(self.context_wrong[n])
            alike = size.size > 0 and not any(size.strides)
            x[n] = states(Counted.plain(size.flat[0] if alike else size, wrong)).logit_error
            if first.nothing.any():  # what was stated stays
                x[n] = np.where(first.nothing, x[0], x[n])
        return x


def whole_batch(loop: Loop) -> int:
    """The batch as a number of pairs; `UsageError` where it is not whole."""
    if loop.batch != int(loop.batch):
        raise UsageError(f"batch = {loop.batch:g}: a drawn batch has a whole number of pairs")
    return int(loop.batch)


def whole_start(loop: Loop, start: State) -> tuple[Whole, Whole, Array]:
    """Pairs in the first context, its wrong ones rounded down, and the chance that it has one more.

    The share as stated may not be a whole number of pairs; so drawn it is right on average. Where no pair of it stays
    (`Replace`) it is taken to the nearest whole number, since nothing follows from it. A share that is not known
    counts as clean.

    Raises
    ------
    UsageError
        If the start has a head start: whole batches do not know it.
    """
    if (np.asarray(start.context.size) != loop.context.start(loop.batch)).any():
        raise UsageError(
            "a head start is not simulated: count its pairs into append:size=… and state the contamination of them all"
        )
    size = np.broadcast_to(np.asarray(start.context.size), start.logit_error.shape)
    wrong = size * np.nan_to_num(expit(start.context.logit_share), nan=0.0)
    nearest = np.rint(wrong)
    if not loop.context.keeps:
        wrong = nearest
    wrong = np.where(np.abs(wrong - nearest) <= 1e-9 * np.maximum(1.0, nearest), nearest, wrong)
    down = np.floor(wrong)
    return size.astype(np.int64), down.astype(np.int64), wrong - down


def fill(loop: Loop, start: State, *, rounds: int, rng: np.random.Generator, costs: bool = True) -> Batches:
    r"""Runs of a loop, batch by batch: wrong pairs ~ Bin(B, c) and attempts ~ B + NegBin(B, a).

    Given the context these two are independent (theorems `batch-law` and `attempts-law`).

    Parameters
    ----------
    loop : Loop
        One loop, or one for each run.
    start : State
        Of round 0; its arrays have the runs' shape (…). The error of round 0 is as stated; its context is drawn
        to whole pairs (see `whole_start`).
    rounds : int ≥ 0
        The last round.
    rng : Generator
    costs : bool
        Whether to draw the attempts, and the batch of the last round. Without them `batch_wrong` is a round shorter.

    Raises
    ------
    UsageError
        If the batch is not whole, or a window cuts batches of 10⁹ pairs or more.
    """
    pairs, states, shape = whole_batch(loop), States(loop), start.logit_error.shape
    _, down, rest = whole_start(loop, start)
    more = rng.random(shape) < rest if rest.any() else np.zeros(shape, dtype=np.int64)
    context = loop.context.begin_counts(pairs, down + more)
    first = now = stated(loop, start)
    stuck = bool(first.nothing.any())
    spent = np.empty((rounds + 1, *shape)) if costs else None
    sizes, wrong = [], np.empty((rounds + 2, *shape), dtype=np.int64)
    kept = np.empty((rounds + 1, *shape), dtype=np.int64) if loop.context.keeps else wrong[1:]
    for n in range(rounds + 1):
        if n:
            now = states(context)
            if stuck:  # what was stated stays
                now = now.but(first.nothing, first)
        sizes.append(context.size)
        wrong[n] = context.wrong
        if n == rounds and not costs:
            break
        batch = np.asarray(rng.binomial(pairs, now.contamination))  # of one loop it is a plain number
        if spent is not None:
            spent[n] = _attempts(pairs, now.acceptance, rng)
        after = loop.context.join_counts(context, pairs, batch, rng)
        if now.nothing.any():
            after = Counted(*map(np.where, (now.nothing,) * 4, context, after))
        kept[n] = batch if loop.context.keeps else after.wrong
        context = after
    return Batches(_stacked(sizes, shape), wrong[:-1], kept if costs else kept[:-1], spent)


def _stacked(sizes: list[Whole], shape: tuple[int, ...]) -> Whole:
    """Sizes by round, shape `(rounds + 1, …)`, in no memory of their own where all runs have the same."""
    if any(size.ndim for size in sizes):
        return np.stack([np.broadcast_to(size, shape) for size in sizes])
    return np.broadcast_to(np.stack(sizes).reshape(-1, *(1,) * len(shape)), (len(sizes), *shape))


def _attempts(batch: int, acceptance: Array, rng: np.random.Generator) -> Array:
    """B + NegBin(B, a); `inf` where a = 0. Beyond `MOST_ATTEMPTS` Gamma(B)/a, to which the law tends."""
    least = (batch + 10 * np.sqrt(batch)) / MOST_ATTEMPTS
    if (acceptance > least).all():
        return np.asarray(batch + rng.negative_binomial(batch, acceptance))
    many = acceptance <= least
    drawn = batch + rng.negative_binomial(batch, np.where(many, 1.0, acceptance))
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(many, rng.gamma(batch, size=acceptance.shape) / acceptance, drawn)


def sample_trajectory(loop: Loop, start: State, *, rounds: int, rng: np.random.Generator) -> Trajectory:
    """One run of each loop: the errors under the contexts that came about.

    Parameters
    ----------
    loop, start, rounds, rng
        As in `fill`.

    Returns
    -------
    Trajectory
        Shape `(rounds + 1, …)`. `acceptance`, `contamination` and `attempts` stay what is expected in a round, given
        its error; what was drawn is in the next context.
    """
    drawn = fill(loop, start, rounds=rounds, rng=rng, costs=False)
    share = log_ratio(drawn.context_wrong, drawn.context_size - drawn.context_wrong)
    share[0] = start.context.logit_share
    rows = zip(drawn.logit_error(loop, start), drawn.context_size, share, strict=True)
    states = (State(x, Context.plain(size, at)) for x, size, at in rows)
    return Trajectory.of(loop, states, rounds)
