"""What every evaluator answers: the rates at which it accepts, and what acceptance does to errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.odds import Array, log_ratio

__all__ = ["BaseEvaluator", "Rates"]

STEP = 1e-3
"""Of the difference that stands for a derivative, in log-odds."""


@dataclass(frozen=True, eq=False)
class Rates:
    r"""The rates of an evaluator at one moment: arrays that broadcast.

    Attributes
    ----------
    t, f : P(accept | correct) and P(accept | wrong).
    log_lr : $\Lambda = \ln(t/f)$, the evidence of one acceptance; ±inf where one rate is 0, `nan` where both are. It
        is kept beside t and f since it cannot be had from them to full precision where they nearly agree.
    misses : P(reject | correct) and P(reject | wrong), kept for the same reason where a rate is near 1; None where
        1 − t and 1 − f say it.
    """

    t: Array
    f: Array
    log_lr: Array
    misses: tuple[Array, Array] | None = None

    @classmethod
    def of(cls, t: Array, f: Array) -> Rates:
        """Those of two rates that are known as such."""
        return cls(t, f, log_ratio(t, f))

    @property
    def likelihood_ratio(self) -> Array:
        """LR = t/f; `inf` where f = 0, `nan` where both are."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.t / self.f)

    @property
    def rejection(self) -> tuple[Array, Array]:
        """(1 − t, 1 − f): P(reject | correct) and P(reject | wrong)."""
        return (np.asarray(1 - self.t), np.asarray(1 - self.f)) if self.misses is None else self.misses

    @cached_property
    def never_certain(self) -> bool:
        """Whether both rates are above 0, all of them: an acceptance then rules nothing out."""
        return bool(np.all(self.t > 0) and np.all(self.f > 0))

    def acceptance(self, logit_error: ArrayLike) -> Array:
        r"""$a = (1-\varepsilon)t + \varepsilon f$, the share of answers accepted (Bayes' denominator)."""
        x = np.asarray(logit_error, dtype=np.float64)
        with np.errstate(under="ignore"):
            tail = np.exp(-np.abs(x))  # the odds of the rarer kind of answer
        right = x < 0
        common, rare = np.where(right, self.t, self.f), np.where(right, self.f, self.t)
        return np.asarray((common + tail * rare) / (1.0 + tail))

    def filter(self, logit_error: ArrayLike) -> Array:
        r"""Log-odds of the contamination of what is accepted, $\operatorname{logit}\varepsilon - \Lambda$ (Bayes).

        `nan` where nothing is accepted: there is then no batch to be contaminated.
        """
        x = np.asarray(logit_error, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            shifted = x - self.log_lr
        if self.never_certain:
            return np.asarray(shifted)
        # 0 of infinite and infinite of 0 odds keep the certain side: all answers right (or wrong) stay so
        certain = np.where(np.isinf(x), x, shifted)
        none = np.where(np.isinf(x), np.where(x > 0, self.f, self.t) == 0, (self.t == 0) & (self.f == 0))
        return np.asarray(np.where(none, np.nan, certain))


class BaseEvaluator(ABC):
    """Base of the evaluators.

    An evaluator says by `under` which rates it has under a context: the judge may read it too. Arrays broadcast;
    what is known only through counts enters by its plug-in value, and `sample` draws what else it may be.
    """

    drifts: ClassVar[bool] = False
    """Whether the rates depend on the context's contamination."""

    uncertain: bool = False
    """Whether a rate is known only through counts."""

    @abstractmethod
    def under(self, logit_context: ArrayLike) -> Rates:
        """The rates under a context with this log-odds of contamination."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The shape of its arrays; `()` for one evaluator."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: int) -> BaseEvaluator:
        """Evaluators of known rates, drawn from what the counts allow: arrays of shape `(size,)`."""

    @abstractmethod
    def take(self, chosen: NDArray[Any]) -> Self:
        """The chosen ones (a mask or indices) of a batch of evaluators whose arrays have shape `(size,)`."""

    @abstractmethod
    def ravel(self, shape: tuple[int, ...]) -> Self:
        """The evaluators with their arrays broadcast to `shape` and flattened."""

    def slope(self, logit_context: ArrayLike) -> Array:
        r"""$d\Lambda/d\operatorname{logit} c$ under this context: how the evidence of an acceptance drifts.

        A central difference of fourth order, good to about twelve digits, unless a kind of evaluator knows better.
        """
        y = np.asarray(logit_context, dtype=np.float64)
        if not self.drifts:
            return np.zeros_like(y)
        one, two = (self.under(y + k * STEP).log_lr - self.under(y - k * STEP).log_lr for k in (1, 2))
        return np.asarray((8 * one - two) / (12 * STEP))

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The JSON form, `{"family": …, "parameters": {…}}`, at the plug-in values."""
