"""Context policies: how an accepted batch becomes the next round's context."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.errors import UsageError
from boostcalc.odds import Array
from boostcalc.parts import Part, Registry, parameter
from boostcalc.responses.base import log_shares

__all__ = ["POLICIES", "Append", "Context", "ContextPolicy", "Counted", "Replace", "Whole", "Window"]

Whole: TypeAlias = NDArray[np.int64]

MOST_BATCHES = 10_000
"""The most batches that a window may hold: each of them is remembered."""

MOST_CUT = 10**9
"""Pairs from which on NumPy draws no hypergeometric number."""


class Context(NamedTuple):
    """The pairs that a round's answers see: how many, and log-odds of the wrong share; arrays of one shape (…).

    `pairs` and `logit_shares`, of shape (m, …), say the same of each batch that is still in it, the newest first,
    where the policy has to remember them; m = 0 elsewhere.
    """

    size: Array
    logit_share: Array
    pairs: Array
    logit_shares: Array

    @classmethod
    def plain(cls, size: ArrayLike, logit_share: ArrayLike) -> Context:
        """A context of which no batches are remembered."""
        share = np.asarray(logit_share, dtype=np.float64)
        none = np.empty((0, *share.shape))
        return cls(np.broadcast_to(np.asarray(size, dtype=np.float64), share.shape), share, none, none)


class Counted(NamedTuple):
    """The pairs that a round's answers see, in whole pairs: how many, and how many wrong, of shape (…).

    `size` has the shape () where all are alike. `parts` and `part_wrongs`, of shape (m, …), count the pairs of each
    batch that is still in it, the newest first, where the policy has to remember them; m = 0 elsewhere.
    """

    size: Whole
    wrong: Whole
    parts: Whole
    part_wrongs: Whole

    @classmethod
    def plain(cls, size: ArrayLike, wrong: Whole) -> Counted:
        """A context of which no batches are remembered."""
        none = np.empty((0, *wrong.shape), dtype=np.int64)
        return cls(np.asarray(size, dtype=np.int64), wrong, none, none)


class ContextPolicy(Part):
    """Base of the context policies: the context of round 0, and how a batch joins."""

    keeps: ClassVar[bool]
    """Whether pairs of the present context may stay in the next one."""

    law: ClassVar[str] = "factor"
    """How a loop closes in on a fixed point: by a "factor" a round, or as a "power" of the context's size."""

    @abstractmethod
    def start(self, batch: float) -> float:
        """Pairs in the context of round 0."""

    @abstractmethod
    def approach(self, multiplier: Array, batch: float) -> Array:
        r"""Factor or power by which a small distance from a fixed point changes, from F′ there (same shape)."""

    @abstractmethod
    def settled_size(self, batch: float) -> float:
        """Pairs in the context after many rounds; `inf` where it grows without bound."""

    def begin(self, batch: float, logit_share: Array) -> Context:
        """The context of round 0, its wrong share given."""
        return Context.plain(self.start(batch), logit_share)

    def enrich(self, context: Context, correct: float) -> Context:
        """The context of round 0 with so many correct pairs beside its own."""
        return _beside(context, correct, np.full_like(context.logit_share, -np.inf))

    @abstractmethod
    def join(self, context: Context, batch: float, logit_batch: Array) -> Context:
        """The context after `batch` pairs at log-odds `logit_batch` of contamination came in (expected shares)."""

    def begin_counts(self, batch: int, wrong: Whole) -> Counted:
        """The context of round 0 in whole pairs, the wrong among them given."""
        return Counted.plain(int(self.start(batch)), wrong)

    @abstractmethod
    def join_counts(self, context: Counted, batch: int, wrong: Whole, rng: np.random.Generator) -> Counted:
        """The context after `batch` pairs came in, `wrong` of them wrong; what leaves at random is drawn."""


@dataclass(frozen=True)
class Replace(ContextPolicy):
    """The new batch is the context, K′ = B and C′ = c: the classical recurrence."""

    family = "replace"
    keeps = False

    def start(self, batch: float) -> float:
        return batch

    def approach(self, multiplier: Array, batch: float) -> Array:
        return multiplier

    def settled_size(self, batch: float) -> float:
        return batch

    def join(self, context: Context, batch: float, logit_batch: Array) -> Context:
        return Context.plain(batch, logit_batch)

    def join_counts(self, context: Counted, batch: int, wrong: Whole, rng: np.random.Generator) -> Counted:
        return Counted.plain(batch, wrong)


@dataclass(frozen=True)
class Append(ContextPolicy):
    r"""The batch joins all pairs so far: $K' = K + B$, $C' = \frac{K C + B c}{K + B}$.

    `size` is the number of pairs in the context of round 0.
    """

    family = "append"
    keeps = True
    law = "power"

    size: float = parameter("the number of pairs in the context of round 0", 0, whole=True)

    def start(self, batch: float) -> float:
        return float(self.size)

    def approach(self, multiplier: Array, batch: float) -> Array:
        return np.asarray(multiplier - 1)

    def settled_size(self, batch: float) -> float:
        return np.inf

    def join(self, context: Context, batch: float, logit_batch: Array) -> Context:
        return _beside(context, batch, logit_batch)

    def join_counts(self, context: Counted, batch: int, wrong: Whole, rng: np.random.Generator) -> Counted:
        return Counted.plain(context.size + batch, context.wrong + wrong)


@dataclass(frozen=True)
class Window(ContextPolicy):
    r"""The last `size` = W pairs are the context: between `Replace` (W = B) and `Append` (W = ∞).

    Pairs of one batch leave in random order, so that what is left of it keeps its share. The context of round 0
    has W pairs as well.
    """

    family = "window"
    keeps = True

    size: float = parameter("the number of pairs in the context", 1, whole=True)

    def start(self, batch: float) -> float:
        return float(self.size)

    def approach(self, multiplier: Array, batch: float) -> Array:
        # 1 = m Σ wᵢ λ^−(i+1), wᵢ being the window's share that is left of the batch i rounds old
        weights = np.clip((self.size - batch * np.arange(self.batches(batch))) / self.size, 0, batch / self.size)
        return np.asarray(np.vectorize(lambda m: _dominant(m * weights), otypes=[float])(multiplier))

    def settled_size(self, batch: float) -> float:
        return float(self.size)

    def batches(self, batch: float) -> int:
        """How many batches a full window reaches into.

        Raises
        ------
        UsageError
            If they are more than can be remembered.
        """
        count = int(np.ceil(self.size / batch))
        if count > MOST_BATCHES:
            raise UsageError(
                f"a window of {self.size:g} pairs holds {count} batches of {batch:g}: remember {MOST_BATCHES} at most"
            )
        return count

    def begin(self, batch: float, logit_share: Array) -> Context:
        slots = self.batches(batch) + 2  # the batches, the first pairs and a head start
        pairs, shares = (np.zeros((slots, *logit_share.shape)) for _ in range(2))
        pairs[0], shares[0] = self.size, logit_share
        return Context(pairs[0], logit_share, pairs, shares)

    def enrich(self, context: Context, correct: float) -> Context:
        """The last pairs of round 0 are correct: so many of the others drop out of the window."""
        return self.join(context, correct, np.full_like(context.logit_share, -np.inf))

    def join(self, context: Context, batch: float, logit_batch: Array) -> Context:
        pairs = np.concatenate([np.full((1, *logit_batch.shape), float(batch)), context.pairs[:-1]])
        shares = np.concatenate([logit_batch[None], context.logit_shares[:-1]])
        newer = np.cumsum(pairs, axis=0) - pairs
        pairs = np.clip(self.size - newer, 0, pairs)
        return Context(np.full_like(logit_batch, self.size), _mixed(pairs, shares), pairs, shares)

    def begin_counts(self, batch: int, wrong: Whole) -> Counted:
        slots = self.batches(batch) + 1
        parts, wrongs = (np.zeros((slots, *wrong.shape), dtype=np.int64) for _ in range(2))
        parts[0], wrongs[0] = int(self.size), wrong
        return Counted(np.asarray(int(self.size)), wrong, parts, wrongs)

    def join_counts(self, context: Counted, batch: int, wrong: Whole, rng: np.random.Generator) -> Counted:
        """The pairs of a batch that leave are any of them: what stays wrong is hypergeometric."""
        before = np.concatenate([np.full((1, *wrong.shape), batch), context.parts[:-1]])
        wrongs = np.concatenate([wrong[None], context.part_wrongs[:-1]])
        newer = np.cumsum(before, axis=0) - before
        parts = np.clip(int(self.size) - newer, 0, before)
        cut = (parts < before) & (parts > 0)
        if (before[cut] >= MOST_CUT).any():
            raise UsageError(f"a batch of {before[cut].max():g} pairs leaves the window in parts: give less than 1e9")
        wrongs = np.where(parts > 0, wrongs, 0)
        wrongs[cut] = rng.hypergeometric(wrongs[cut], (before - wrongs)[cut], parts[cut])
        return Counted(np.asarray(int(self.size)), wrongs.sum(axis=0), parts, wrongs)


def _dominant(coefficients: Array) -> float:
    r"""Size of the largest root of $\lambda^q = \sum_i a_i \lambda^{q-1-i}$; `nan` and `inf` stay."""
    if not np.isfinite(coefficients).all():
        return float(np.abs(coefficients).max())
    return float(np.abs(np.roots([1.0, *-coefficients])).max(initial=0.0))


def _beside(context: Context, count: float, logit_share: Array) -> Context:
    """A context with `count` more pairs of this wrong share."""
    pairs = np.stack([np.full_like(context.size, count), context.size])
    return Context.plain(context.size + count, _mixed(pairs, np.stack([logit_share, context.logit_share])))


def _mixed(pairs: Array, logit_shares: Array) -> Array:
    """Log-odds of the wrong share of groups of pairs (axis 0) together; groups without pairs count for nothing."""
    wrong, right = log_shares(np.where(pairs > 0, logit_shares, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):  # nan where there is no batch
        weight = np.log(pairs)
        return np.asarray(np.logaddexp.reduce(weight + wrong, axis=0) - np.logaddexp.reduce(weight + right, axis=0))


POLICIES: Registry[ContextPolicy] = Registry(
    "context policy",
    {
        "replace": "boostcalc.dynamics.policies:Replace",
        "append": "boostcalc.dynamics.policies:Append",
        "window": "boostcalc.dynamics.policies:Window",
    },
)
