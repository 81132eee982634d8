"""Sigmoid response: evidence for one rule, with a floor and a ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.errors import PartError
from boostcalc.odds import Array, expit, log_expit, log_ratio, logit
from boostcalc.parts import parameter
from boostcalc.responses.base import Curve, log_shares
from boostcalc.solvers import root_between

if TYPE_CHECKING:
    import sympy

__all__ = ["Sigmoid"]

FARTHEST = 700.0
"""Log-odds beyond which a share is 0 or 1 to a double."""


@dataclass(frozen=True)
class Sigmoid(Curve):
    r"""$g(c) = \ell + (h - \ell)\,\sigma(a + b\,c)$: evidence for one rule, with a floor ℓ and a ceiling h.

    In log-odds its slope is $H(c) = c(1-c)\,g'(c)/(g(c)(1-g(c)))$, a product of log-concave functions of c, so it
    meets 1 at most twice and a loop has at most three fixed points.
    """

    family = "sigmoid"
    learner = "infers one rule for its whole context, short of certainty"

    low: float = parameter("the least error rate", 0, 1)
    high: float = parameter("the greatest error rate", 0, 1)
    a: float = parameter("the log-odds of the wrong rule under a clean context")
    b: float = parameter("the log-odds that a wholly wrong context adds to it", 0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.greater(self.low, self.high).any():
            raise PartError(f"sigmoid: low = {self.low} exceeds high = {self.high}")

    @classmethod
    def sums(cls) -> tuple[tuple[tuple[float, ...], float], ...]:
        return (((1.0, -1.0, 0.0, 0.0), 0.0),)

    @property
    def _span(self) -> Array:
        return np.asarray(np.subtract(self.high, self.low))

    def _rule(self, logit_contamination: ArrayLike) -> Array:
        """Log-odds of the wrong rule."""
        return np.asarray(self.a + self.b * expit(logit_contamination))

    def logit_error(self, logit_contamination: ArrayLike) -> Array:
        wrong, right = log_shares(self._rule(logit_contamination))
        with np.errstate(divide="ignore", invalid="ignore"):  # nan in, nan out
            span = np.log(self._span)
            above = np.logaddexp(np.log(self.low), span + wrong)
            below = np.logaddexp(np.log1p(np.negative(self.high)), span + right)
        return np.asarray(above - below)

    def inverse(self, logit_error: ArrayLike) -> Array:
        # (g − ℓ)/(h − g), both sides scaled by 1/g or 1/(1 − g), whichever is tame
        x = np.asarray(logit_error, dtype=np.float64)
        tail = np.exp(-np.abs(x))
        odds, one = np.where(x < 0, tail, 1.0), np.where(x < 0, 1.0, tail)
        with np.errstate(divide="ignore", invalid="ignore"):
            over = np.subtract(1, self.low) * odds - self.low * one
            under = self.high * one - np.subtract(1, self.high) * odds
            rule = log_ratio(over, under)
            above, below = rule - self.a, np.add(self.a, self.b) - rule
            return np.asarray(np.where((above >= 0) & (below >= 0), np.log(above) - np.log(below), np.nan))

    def mirrored(self) -> Sigmoid:
        return Sigmoid(
            low=np.subtract(1, self.high), high=np.subtract(1, self.low), a=-np.add(self.a, self.b), b=self.b
        )

    @classmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        import sympy

        low, high, b = sympy.symbols("low high b", nonnegative=True)
        a = sympy.Symbol("a", real=True)
        return low + (high - low) / (1 + sympy.exp(-(a + b * contamination)))

    @classmethod
    def through(cls, low: float, high: float) -> Sigmoid:
        floor, ceiling = low / 2, (1 + high) / 2
        bottom, top = (float(logit((end - floor) / (ceiling - floor))) for end in (low, high))
        return cls(low=floor, high=ceiling, a=bottom, b=top - bottom)

    def derivative(self, logit_contamination: ArrayLike) -> Array:
        u = self._rule(logit_contamination)
        return np.asarray(self._span * self.b * expit(u) * expit(-u))

    def unit_slopes(self) -> Array:
        flat = self.ravel(self.shape)
        found = np.full((2, max(1, np.size(flat.b))), np.nan)
        columns = np.flatnonzero((flat._span > 0) & (np.asarray(flat.b) > 0))
        if columns.size:
            low, high = np.full(columns.shape, 1e-300), np.full(columns.shape, 1 - 2.0**-53)
            middle = root_between(lambda c, i: flat.take(i.astype(int))._log_slope_falls(c), low, high, 1.0 * columns)
            peak = logit(middle)
            steep = flat.take(columns)._log_slope(peak) > 0
            columns, peak = columns[steep], peak[steep]
            for row, end in enumerate((-FARTHEST, FARTHEST)):
                low, high = np.minimum(peak, end), np.maximum(peak, end)
                found[row, columns] = root_between(
                    lambda x, i: flat.take(i.astype(int))._log_slope(x), low, high, 1.0 * columns
                )
        return found.reshape(2, *self.shape)

    def _log_slope(self, x: Array) -> Array:
        """ln H at log-odds x of the contamination: below 0 where the curve is flatter than the identity."""
        u, y = self._rule(x), self.logit_error(x)
        own = np.log(self._span) + np.log(self.b) + sum(log_shares(u))
        return np.asarray(own + sum(log_shares(x)) - log_expit(y) - log_expit(-y))

    def _log_slope_falls(self, c: Array) -> Array:
        """d ln H / dc, which falls from +∞ at 0 to −∞ at 1."""
        u = self.a + self.b * c
        s, r = expit(u), expit(-u)
        # the part of g, and of 1 − g, that the rule has in it: all of it where floor or ceiling leaves nothing else
        wrong, right = self._span * s, self._span * r
        with np.errstate(invalid="ignore"):
            of_wrong = np.where(self.low + wrong > 0, wrong / (self.low + wrong), 1.0)
            of_right = np.where(np.subtract(1, self.high) + right > 0, right / (np.subtract(1, self.high) + right), 1.0)
        return np.asarray(1 / c - 1 / (1 - c) + self.b * ((r - s) - r * of_wrong + s * of_right))
