"""Where a loop begins: what is stated of round 0, and the state that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from boostcalc.dynamics.policies import Context
from boostcalc.errors import UsageError
from boostcalc.odds import Array, Counts, RateLike, as_rate, expit, logit, point, sample_rate

if TYPE_CHECKING:
    from boostcalc.dynamics.loop import Loop

__all__ = ["DEFAULT_ERROR", "Start", "State", "first_state"]

DEFAULT_ERROR = 0.5
"""The start error where nothing is stated: a model that knows nothing of a two-way question."""


class State(NamedTuple):
    """What a round starts from: log-odds of its error, and the context that it sees; arrays of one shape."""

    logit_error: Array
    context: Context

    def way_from(self, before: State) -> Array:
        """How far its error, or a batch that its context remembers, has moved at most (log-odds), shape (…).

        What stays at 0 or 1 has not moved; where nothing else is there, the way is `nan`.
        """
        with np.errstate(invalid="ignore"):
            error = self.logit_error - before.logit_error
            batches = self.context.logit_shares - before.context.logit_shares
        return np.asarray(np.fmax.reduce(np.abs([error, *batches]), axis=0))


@dataclass(frozen=True, eq=False)
class Start:
    """The error of round 0, the contamination of its context, or both.

    With neither, the loop takes the error of an empty context where it starts with one and its response knows
    it, else 0.5. A head start of so many correct pairs is put into that context besides: the error of round 0 is
    then the response to both.

    Raises
    ------
    RateError
        If one of them is not a rate.
    UsageError
        If `head_start` is no number of pairs.
    """

    error: RateLike | None = None
    contamination: RateLike | None = None
    head_start: float = 0

    def __post_init__(self) -> None:
        if not 0 <= self.head_start < np.inf:
            raise UsageError(f"head_start = {self.head_start} is not a number of pairs: it is 0 or more")
        for name in ("error", "contamination"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, as_rate(getattr(self, name), name))

    @property
    def uncertain(self) -> bool:
        """Whether one of them is known only through counts."""
        return isinstance(self.error, Counts) or isinstance(self.contamination, Counts)

    @property
    def consistent(self) -> bool:
        """Whether the first error is the response to the first context: not if both are stated."""
        return self.error is None or self.contamination is None or self.head_start > 0

    @property
    def logit_error(self) -> Array | None:
        """Log-odds of the stated error (k/n for counts), or None."""
        return None if self.error is None else logit(point(self.error))  # type: ignore[arg-type]  # made a rate above

    @property
    def logit_context(self) -> Array | None:
        """Log-odds of the stated contamination (k/n for counts), or None."""
        return None if self.contamination is None else logit(point(self.contamination))  # type: ignore[arg-type]  # as above

    def take(self, chosen: NDArray[np.bool_]) -> Start:
        """The chosen ones of a batch of starts whose arrays have shape `(size,)`."""

        def kept(rate: RateLike | None) -> RateLike | None:
            return np.asarray(rate)[chosen] if np.ndim(rate) else rate  # type: ignore[arg-type]  # counts have no axis

        return Start(kept(self.error), kept(self.contamination), self.head_start)

    def sample(self, rng: np.random.Generator, size: int) -> Start:
        """Starts of known rates, drawn from what the counts allow: shape `(size,)`."""

        def drawn(rate: RateLike | None) -> Array | None:
            return None if rate is None else sample_rate(rate, rng, size)  # type: ignore[arg-type]  # made a rate above

        return Start(drawn(self.error), drawn(self.contamination), self.head_start)


def first_state(loop: Loop, start: Start) -> State:
    """The state of round 0.

    Where only the error is stated, the context is the one whose response gives that error; where only the
    context's contamination is, the error is the response to it; where both are, both are taken as stated.

    Raises
    ------
    UsageError
        If no context gives that error, and the loop needs one: its policy keeps the first context, its evaluator
        reads it, or a head start joins it. (In a batch of loops such a one is `nan` throughout.)
    """
    x, context = start.logit_error, start.logit_context
    size = loop.context.start(loop.batch)
    curve = loop.response.at(size)
    if x is None and context is None:
        empty = size == 0 and loop.response.sized  # a curve that is the same at any share
        x = curve.logit_error(0.0) if empty else logit(DEFAULT_ERROR)
    elif x is None:
        x = curve.logit_error(np.nan if context is None else context)  # not None: one of them is stated
    if context is None:
        context = curve.inverse(x)
    shape = np.broadcast_shapes(x.shape, context.shape, loop.shape)
    needed = loop.context.keeps or loop.evaluator.drifts or start.head_start > 0
    if needed and size > 0 and np.isnan(context).any():
        if shape == ():
            low, high = expit(curve.logit_error([-np.inf, np.inf]))
            raise UsageError(
                f"no context gives the start error {expit(x):g}: this response lies in [{low:.4g}, {high:.4g}]; "
                "state its contamination as well"
            )
        x = np.where(np.isnan(context), np.nan, x)
    first = loop.context.begin(loop.batch, np.broadcast_to(context, shape))
    if start.head_start:
        first = loop.context.enrich(first, start.head_start)
        x = loop.response.at(first.size).logit_error(first.logit_share)
    return State(np.broadcast_to(x, shape), first)
