"""An evaluator that reads the context as well, so that its rates drift with the contamination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.dynamics.evaluators.base import BaseEvaluator, Rates
from boostcalc.errors import PartError
from boostcalc.odds import Array, expit, log_expit, log_ratio, logit
from boostcalc.parts import Part, parameter

__all__ = ["Drifting"]

FARTHEST = 700.0
"""Log-odds that two rates may lie apart before the exponential overflows."""


@dataclass(frozen=True)
class Drifting(Part, BaseEvaluator):
    r"""Rates that move from `tpr`, `fpr` under a clean context to `tpr_wrong`, `fpr_wrong` under a wholly wrong one.

    In log-odds they move in proportion to the contamination c:
    $\operatorname{logit} t(c) = (1-c)\operatorname{logit} t_0 + c \operatorname{logit} t_1$, and so for f.

    Examples
    --------
    >>> judge = Drifting(tpr=0.93, fpr=0.15, tpr_wrong=0.49, fpr_wrong=0.39)
    >>> round(float(judge.under(0.0).t), 3)  # half of the context is wrong
    0.781
    """

    family = "drifting"
    drifts: ClassVar[bool] = True

    tpr: float = parameter("P(accept | correct) under a clean context", 0, 1)
    fpr: float = parameter("P(accept | wrong) under a clean context", 0, 1)
    tpr_wrong: float = parameter("P(accept | correct) under a wholly wrong context", 0, 1)
    fpr_wrong: float = parameter("P(accept | wrong) under a wholly wrong context", 0, 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in self.parameters.items():
            if np.isin(value, (0.0, 1.0)).any():
                raise PartError(f"drifting: {name} = {value} has no log-odds to drift in: give a rate between 0 and 1")

    def under(self, logit_context: ArrayLike) -> Rates:
        wrong, right = expit(logit_context), expit(np.negative(logit_context))
        clean, soiled = (self.tpr, self.fpr), (self.tpr_wrong, self.fpr_wrong)
        t, f = (right * logit(a) + wrong * logit(b) for a, b in zip(clean, soiled, strict=True))
        return Rates(expit(t), expit(f), self._log_lr(t, f, right, wrong))

    def _log_lr(self, t: Array, f: Array, right: Array, wrong: Array) -> Array:
        """ln(t/f) from the log-odds of both: their difference first, which may nearly vanish."""
        apart = right * _gap(self.tpr, self.fpr) + wrong * _gap(self.tpr_wrong, self.fpr_wrong)
        # the greater, less the smaller: ln σ(x) − ln σ(y) = ln(1 + (1 − σ(x))·(e^(x−y) − 1)), where nothing cancels
        distance = np.abs(apart)
        tame = distance < FARTHEST
        close = np.log1p(expit(-np.maximum(t, f)) * np.expm1(np.where(tame, distance, 0.0)))
        return np.asarray(np.where(tame, np.sign(apart) * close, log_expit(t) - log_expit(f)))

    def sample(self, rng: np.random.Generator, size: int) -> Drifting:
        return self


def _gap(a: ArrayLike, b: ArrayLike) -> Array:
    """logit a − logit b, exact to rounding also where they nearly agree."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    step = (b - a) / (1 - b)
    near = np.abs(step) < 0.5
    rest = np.where(near, np.log1p(np.where(near, step, 0.0)), np.log1p(-a) - np.log1p(-b))
    return np.asarray(log_ratio(a, b) - rest)
