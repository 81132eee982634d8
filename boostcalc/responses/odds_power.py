"""Odds-power response: straight in log-odds, so that filtering keeps its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.odds import Array, logit
from boostcalc.parts import parameter
from boostcalc.responses.base import Curve, log_shares

if TYPE_CHECKING:
    import sympy

__all__ = ["OddsPower"]


@dataclass(frozen=True)
class OddsPower(Curve):
    r"""$\operatorname{logit} g = \alpha + \beta \operatorname{logit} c$: closed under the filter, fully solvable.

    A round takes $x = \operatorname{logit}\varepsilon$ to $\alpha + \beta(x - \Lambda)$: the distance from
    $x^* = (\alpha - \beta\Lambda)/(1-\beta)$ is multiplied by β, which is a tipping point for β > 1. At c = 0 it
    gives no wrong answer at all and at c = 1 no correct one (for β > 0).
    """

    family = "odds-power"
    learner = "weighs the odds of its context"

    alpha: float = parameter("the log-odds of an error under a half-wrong context")
    beta: float = parameter("the power of the context's odds", 0)

    def logit_error(self, logit_contamination: ArrayLike) -> Array:
        return np.asarray(self.alpha + _times(self.beta, logit_contamination))

    def inverse(self, logit_error: ArrayLike) -> Array:
        x = np.asarray(logit_error, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.asarray(np.where(np.asarray(self.beta) > 0, (x - self.alpha) / self.beta, np.nan))

    def mirrored(self) -> OddsPower:
        return OddsPower(alpha=np.negative(self.alpha), beta=self.beta)

    @classmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        import sympy

        alpha, beta = sympy.Symbol("alpha", real=True), sympy.Symbol("beta", nonnegative=True)
        return 1 / (1 + sympy.exp(-alpha) * ((1 - contamination) / contamination) ** beta)

    @classmethod
    def through(cls, low: float, high: float) -> OddsPower:
        """The member with g(1/10) = `low` and g(9/10) = `high`: at 0 and 1 all members agree."""
        bottom, top = float(logit(low)), float(logit(high))
        return cls(alpha=(bottom + top) / 2, beta=(top - bottom) / (2 * float(logit(0.9))))

    def derivative(self, logit_contamination: ArrayLike) -> Array:
        x = np.asarray(logit_contamination, dtype=np.float64)
        ends = np.isinf(x)
        inner = np.where(ends, 0.0, x)
        slope = sum(log_shares(self.logit_error(inner))) - sum(log_shares(inner))
        # at 0 and 1 the slope is 0 for β > 1, infinite for β < 1, and for β = 1 that of the odds
        with np.errstate(over="ignore", invalid="ignore"):
            steep = np.where(np.asarray(self.beta) < 1, np.inf, np.where(np.asarray(self.beta) > 1, -np.inf, 0.0))
            at_end = np.where(steep == 0, -np.sign(x) * self.alpha, steep)
            value = np.asarray(self.beta) * np.exp(np.where(ends, at_end, slope))
        return np.asarray(np.where(np.asarray(self.beta) == 0, 0.0, value))

    def bistable_window(self) -> tuple[Array, Array]:
        tips = np.asarray(self.beta) > 1  # then 0 and 1 both attract, whatever the evaluator
        return np.where(tips, -np.inf, np.nan), np.where(tips, np.inf, np.nan)

    def fixed_points(self, log_lr: ArrayLike) -> Array:
        alpha, beta, shift = np.broadcast_arrays(self.alpha, self.beta, np.asarray(log_lr, dtype=np.float64))
        with np.errstate(divide="ignore", invalid="ignore"):
            inner = np.where(beta == 1, np.nan, (alpha - _times(beta, shift)) / (1 - beta))
        inner = np.where(np.isfinite(inner), inner, np.nan)
        zero, one = (np.where(beta > 0, end, np.nan) for end in (-np.inf, np.inf))
        return np.stack([zero, inner, one])

    def orbit(self, logit_error: ArrayLike, log_lr: ArrayLike, rounds: ArrayLike) -> Array:
        n, x = np.asarray(rounds, dtype=np.float64), np.asarray(logit_error, dtype=np.float64)
        beta = np.asarray(self.beta, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            rate = np.where(beta > 0.5, np.log1p(beta - 1), np.log(beta))
            grown = np.where(n == 0, 0.0, _times(n, rate))  # β = 0 forgets everything in one round
            total = np.where(beta == 1, n, np.expm1(grown) / (beta - 1))
            return np.asarray(_times(np.exp(grown), x) + total * (self.alpha - _times(beta, log_lr)))


def _times(factor: ArrayLike, x: ArrayLike) -> Array:
    """Their product, 0 where one of them is 0, also beside an infinite one."""
    with np.errstate(invalid="ignore", over="ignore"):  # beyond the largest double an error is 0 or 1
        product = np.multiply(factor, x)
    if not np.isnan(product).any():
        return np.asarray(product)
    return np.asarray(np.where((np.asarray(factor) == 0) | (np.asarray(x) == 0), 0.0, product))
