"""Where a loop begins: what is stated of round 0, and the state that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from boostcalc.dynamics.policies import Context
from boostcalc.odds import Array, Counts, RateLike, as_rate, logit, point, sample_rate

__all__ = ["DEFAULT_ERROR", "Start", "State"]

DEFAULT_ERROR = 0.5
"""The start error where nothing is stated: a model that knows nothing of a two-way question."""


class State(NamedTuple):
    """What a round starts from: log-odds of its error, and the context that it sees; arrays of one shape."""

    logit_error: Array
    context: Context


@dataclass(frozen=True, eq=False)
class Start:
    """The error of round 0, the contamination of its context, or both.

    With neither, the loop takes the error of an empty context where it starts with one and its response knows
    it, else 0.5.

    Raises
    ------
    RateError
        If one of them is not a rate.
    """

    error: RateLike | None = None
    contamination: RateLike | None = None

    def __post_init__(self) -> None:
        for name in ("error", "contamination"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, as_rate(getattr(self, name), name))

    @property
    def uncertain(self) -> bool:
        """Whether one of them is known only through counts."""
        return isinstance(self.error, Counts) or isinstance(self.contamination, Counts)

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
        stated = [None if rate is None else np.asarray(rate) for rate in (self.error, self.contamination)]
        return Start(*(rate if rate is None or rate.ndim == 0 else rate[chosen] for rate in stated))

    def sample(self, rng: np.random.Generator, size: int) -> Start:
        """Starts of known rates, drawn from what the counts allow: shape `(size,)`."""
        stated = (self.error, self.contamination)
        return Start(*(None if rate is None else sample_rate(rate, rng, size) for rate in stated))  # type: ignore[arg-type]  # as above
