"""An evaluator that grades answers and accepts those at or above a threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.dynamics.evaluators.base import BaseEvaluator, Rates
from boostcalc.dynamics.evaluators.roc import Roc
from boostcalc.errors import PartError, UsageError
from boostcalc.odds import Array
from boostcalc.parts import Part, parameter

__all__ = ["Binormal"]

NODES = 16
"""Of the quadrature between two scores that nearly agree."""


@dataclass(frozen=True)
class Binormal(Part, BaseEvaluator):
    r"""Scores of wrong answers are standard normal, those of correct ones normal; accepted from `threshold` on.

    With the parameters a (`separation`) and b (`ratio`) of the binormal ROC curve $t = \Phi(a + b\,\Phi^{-1}(f))$,
    correct answers score with mean $a/b$ and standard deviation $1/b$: $t = \Phi(a - b\theta)$ and
    $f = \Phi(-\theta)$ at the threshold θ (Dorfman and Alf 1969, J. Math. Psychol. 6, 487; Pepe 2003, The
    Statistical Evaluation of Medical Tests, §4.4). For b ≠ 1 the curve crosses the diagonal, and beyond that
    threshold f exceeds t.

    Raises
    ------
    PartError
        If a parameter is not finite, or `ratio` is not positive.

    Examples
    --------
    >>> judge = Binormal(separation=1.5, threshold=0.7)
    >>> rates = judge.under(0.0)
    >>> print(f"{rates.t:.3f} {rates.f:.3f}")
    0.788 0.242
    """

    family = "binormal"

    separation: float = parameter("the distance of the means in standard deviations of the correct answers' scores")
    threshold: float = parameter("the least score that is accepted")
    ratio: float = parameter("the standard deviation of wrong answers' scores over that of correct ones'", 0, default=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if (np.asarray(self.ratio) == 0).any():
            raise PartError("binormal: ratio = 0 is no ratio of two standard deviations: give a positive number")

    @property
    def area(self) -> Array:
        r"""The area under the ROC curve, $\Phi(a/\sqrt{1 + b^2})$: how often a correct answer outscores a wrong one."""
        from scipy.special import ndtr

        return np.asarray(ndtr(np.divide(self.separation, np.hypot(1.0, self.ratio))))

    def roc(self, thresholds: ArrayLike | None = None) -> Roc:
        """Its rates at other thresholds, of shape (m,); by default 201 from 5 above all means to 5 below.

        Raises
        ------
        UsageError
            If this is a batch of evaluators.
        """
        if self.shape != ():
            raise UsageError("one evaluator's ROC is told at a time")
        if thresholds is None:
            mean, spread = self.separation / self.ratio, 1 / self.ratio
            thresholds = np.linspace(max(5.0, mean + 5 * spread), min(-5.0, mean - 5 * spread), 201)
        listed = np.sort(np.asarray(thresholds, dtype=np.float64).ravel())[::-1]
        rates = Binormal(self.separation, listed, self.ratio).under(np.nan)  # type: ignore[arg-type]  # a batch
        area = float(self.area)
        status = f"binormal ROC: area under the curve {area:.4g}"
        return Roc(status, listed, rates.t, rates.f, rates.log_lr, area)

    def under(self, logit_context: ArrayLike) -> Rates:
        from scipy.special import ndtr

        right, wrong = np.broadcast_arrays(
            np.subtract(self.separation, np.multiply(self.ratio, self.threshold)), np.negative(self.threshold)
        )
        # (1 − b)θ apart, so that nothing is lost where b is near 1
        apart = np.add(self.separation, (1 - np.asarray(self.ratio)) * self.threshold)
        log_lr = _log_ratio(right.astype(np.float64), wrong.astype(np.float64), apart)
        return Rates(ndtr(right), ndtr(wrong), log_lr, (ndtr(-right), ndtr(-wrong)))

    def sample(self, rng: np.random.Generator, size: int) -> Binormal:
        return self


def _log_ratio(u: Array, v: Array, apart: Array) -> Array:
    r"""$\ln\Phi(u) - \ln\Phi(v)$, `apart` being u − v.

    Where they are close, the integral of the slope φ/Φ from v to u by Gauss and Legendre: far out the slope changes by
    a factor e over a distance of 1/|v|. Elsewhere the logarithms are apart enough.
    """
    from scipy.special import erfcx, log_ndtr

    near = np.abs(apart) * np.maximum(np.abs(v), 1) <= 1
    middle, half = v + np.where(near, apart, 0.0) / 2, np.where(near, apart, 0.0) / 2
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    points = middle[..., None] + half[..., None] * nodes
    with np.errstate(over="ignore"):
        slopes = np.sqrt(2 / np.pi) / erfcx(-points / np.sqrt(2))  # φ/Φ
    return np.asarray(np.where(near, half * (slopes @ weights), log_ndtr(u) - log_ndtr(v)))
