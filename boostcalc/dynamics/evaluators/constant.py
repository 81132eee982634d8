"""An evaluator whose rates stay the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.dynamics.evaluators.base import BaseEvaluator, Rates
from boostcalc.odds import Array, Counts, RateLike, as_rate, point, sample_rate

__all__ = ["Evaluator"]


@dataclass(frozen=True, eq=False)
class Evaluator(BaseEvaluator):
    r"""A judge that accepts correct answers with probability `tpr` and wrong ones with `fpr`, whatever the context.

    Parameters
    ----------
    tpr, fpr : float, array or Counts
        Rates in [0, 1]; arrays broadcast with each other. `Counts(k, n)` is evidence for a rate: methods
        then use k/n, and `sample` draws what else the rate may be.

    Raises
    ------
    RateError
        If one of them is not a rate.
    """

    tpr: RateLike
    fpr: RateLike

    def __post_init__(self) -> None:
        for name in ("tpr", "fpr"):
            object.__setattr__(self, name, as_rate(getattr(self, name), name))

    @cached_property
    def rates(self) -> Rates:
        """The rates, which are the same under every context."""
        return Rates.of(*(point(rate) for rate in (self.tpr, self.fpr)))  # type: ignore[arg-type]  # made rates above

    def under(self, logit_context: ArrayLike) -> Rates:
        return self.rates

    @property
    def log_lr(self) -> Array:
        r"""$\Lambda = \ln(t/f)$, the evidence of one acceptance."""
        return self.rates.log_lr

    @property
    def shape(self) -> tuple[int, ...]:
        rates = self.rates
        return np.broadcast_shapes(rates.t.shape, rates.f.shape)

    @property
    def uncertain(self) -> bool:  # type: ignore[override]  # computed here, a constant elsewhere
        return isinstance(self.tpr, Counts) or isinstance(self.fpr, Counts)

    def sample(self, rng: np.random.Generator, size: int) -> Evaluator:
        drawn = (sample_rate(rate, rng, size) for rate in (self.tpr, self.fpr))  # type: ignore[arg-type]  # as above
        return Evaluator(*drawn)

    def take(self, chosen: NDArray[Any]) -> Evaluator:
        rates = self.rates
        return Evaluator(*(rate[chosen] if rate.ndim else rate for rate in (rates.t, rates.f)))

    def ravel(self, shape: tuple[int, ...]) -> Evaluator:
        rates = self.rates
        return Evaluator(*(np.broadcast_to(rate, shape).ravel() for rate in (rates.t, rates.f)))

    def to_dict(self) -> dict[str, Any]:
        rates = self.rates
        return {"family": "constant", "parameters": {"tpr": rates.t.tolist(), "fpr": rates.f.tolist()}}
