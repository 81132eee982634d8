"""An evaluator that reads the context as well, so that its rates drift with the contamination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.dynamics.evaluators.base import BaseEvaluator, Rates
from boostcalc.errors import PartError
from boostcalc.odds import Array, both_shares, expit, log_expit, log_ratio, logit
from boostcalc.parts import Part, parameter

__all__ = ["Drifting"]

FARTHEST = 700.0
"""Log-odds that two rates may lie apart before the exponential overflows."""


@dataclass(frozen=True)
class Drifting(Part, BaseEvaluator):
    r"""Rates that move from `tpr`, `fpr` under a clean context to `tpr_wrong`, `fpr_wrong` under a wholly wrong one.

    In log-odds they move in proportion to the contamination c:
    $\operatorname{logit} t(c) = (1-c)\operatorname{logit} t_0 + c \operatorname{logit} t_1$, and so for f. The four
    rates are numbers or arrays that broadcast: `Counts` are not taken, so nothing is drawn of them.

    Raises
    ------
    PartError
        If one of them is not a rate strictly between 0 and 1.

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
        t, f, apart = self._log_odds(logit_context)
        # the greater, less the smaller: ln σ(x) − ln σ(y) = ln(1 + (1 − σ(x))·(e^(x−y) − 1)), where nothing cancels
        distance = np.abs(apart)
        tame = distance < FARTHEST
        close = np.log1p(expit(-np.maximum(t, f)) * np.expm1(np.where(tame, distance, 0.0)))
        log_lr = np.asarray(np.where(tame, np.sign(apart) * close, log_expit(t) - log_expit(f)))
        return Rates(expit(t), expit(f), log_lr, (expit(np.negative(t)), expit(np.negative(f))))

    def slope(self, logit_context: ArrayLike) -> Array:
        r"""$\frac{d\Lambda}{d\operatorname{logit} c} = c(1-c)\,[(1-t)\tau - (1-f)\varphi]$.

        τ and φ are the ways that logit t and logit f go from c = 0 to c = 1.
        """
        t, f, _ = self._log_odds(logit_context)
        wrong, right = both_shares(logit_context)
        correct, false = _gap(self.tpr_wrong, self.tpr), _gap(self.fpr_wrong, self.fpr)
        return np.asarray(wrong * right * (expit(np.negative(t)) * correct - expit(np.negative(f)) * false))

    def _log_odds(self, logit_context: ArrayLike) -> tuple[Array, Array, Array]:
        """Log-odds of t and of f under this context, and their difference, which may nearly vanish."""
        wrong, right = both_shares(logit_context)
        clean, soiled = (self.tpr, self.fpr), (self.tpr_wrong, self.fpr_wrong)
        t, f = (right * logit(a) + wrong * logit(b) for a, b in zip(clean, soiled, strict=True))
        apart = right * _gap(self.tpr, self.fpr) + wrong * _gap(self.tpr_wrong, self.fpr_wrong)
        return np.asarray(t), np.asarray(f), np.asarray(apart)

    def sample(self, rng: np.random.Generator, size: int) -> Drifting:
        return self


def _gap(a: ArrayLike, b: ArrayLike) -> Array:
    """logit a − logit b, exact to rounding also where they nearly agree."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    step = (b - a) / (1 - b)
    near = np.abs(step) < 0.5
    rest = np.where(near, np.log1p(np.where(near, step, 0.0)), np.log1p(-a) - np.log1p(-b))
    return np.asarray(log_ratio(a, b) - rest)
