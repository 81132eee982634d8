"""Evidence response: the model infers one rule for its whole context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.odds import Array, expit, logit
from boostcalc.parts import parameter
from boostcalc.responses.base import Curve

if TYPE_CHECKING:
    import sympy

__all__ = ["Evidence"]


@dataclass(frozen=True)
class Evidence(Curve):
    r"""$g(c) = \sigma(a + b\,c)$: each wrong pair is evidence for the wrong rule.

    In log-odds the slope is $b\,c(1-c)$, which reaches 1 only for $b \ge 4$, at
    $c = \frac12(1 \pm \sqrt{1-4/b})$.

    Examples
    --------
    >>> Evidence(a=-5, b=7)([0, 0.5, 1]).round(4)
    array([0.0067, 0.1824, 0.8808])
    """

    family = "evidence"
    learner = "infers one rule for its whole context"

    a: float = parameter("the log-odds of an error under a clean context")
    b: float = parameter("the log-odds that a wholly wrong context adds", 0)

    def logit_error(self, logit_contamination: ArrayLike) -> Array:
        return np.asarray(self.a + self.b * expit(logit_contamination))

    def inverse(self, logit_error: ArrayLike) -> Array:
        x = np.asarray(logit_error, dtype=np.float64)
        above, below = x - self.a, self.a + self.b - x
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where((above >= 0) & (below >= 0), np.log(above) - np.log(below), np.nan))

    def mirrored(self) -> Evidence:
        return Evidence(a=-np.add(self.a, self.b), b=self.b)

    @classmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        import sympy

        a, b = sympy.Symbol("a", real=True), sympy.Symbol("b", nonnegative=True)
        return 1 / (1 + sympy.exp(-(a + b * contamination)))

    @classmethod
    def through(cls, low: float, high: float) -> Evidence:
        return cls(a=float(logit(low)), b=float(logit(high) - logit(low)))

    def derivative(self, logit_contamination: ArrayLike) -> Array:
        x = self.logit_error(logit_contamination)
        return np.asarray(self.b * expit(x) * expit(-x))

    def unit_slopes(self) -> Array:
        # c/(1 − c) = (1 + s)/(1 − s) with s² = 1 − 4/b, and (1 + s)(1 − s) = 4/b
        b = np.asarray(self.b, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            upper = 2 * np.log1p(np.sqrt((b - 4) / b)) + np.log(b / 4)
        return np.stack([-upper, upper])
