"""Monotone response: a curve through measured points, without a theory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.errors import PartError, UsageError
from boostcalc.odds import Array, expit, logit
from boostcalc.parts import parameter
from boostcalc.responses.base import Curve
from boostcalc.solvers import root_between

if TYPE_CHECKING:
    import sympy

__all__ = ["Monotone"]

ROUNDING = 1e-12
"""Log-odds by which an error may pass the outermost points: what the curve gives near them is rounded."""


@dataclass(frozen=True)
class Monotone(Curve):
    r"""A monotone curve through the points (share, error), and constant beyond the outermost: no theory.

    $\operatorname{logit} g$ is the piecewise cubic (PCHIP) interpolant of the points' log-odds against c, which
    does not overshoot (Fritsch, Carlson 1980, SIAM Journal on Numerical Analysis 17(2)).

    Examples
    --------
    >>> Monotone(shares=(0, 0.5, 1), errors=(0.1, 0.2, 0.9))([0, 0.5, 1]).round(3)
    array([0.1, 0.2, 0.9])
    """

    family = "monotone"
    learner = "answers as measured, by no theory"
    formula = False

    shares: tuple[float, ...] = parameter("the contaminations of the points, rising", 0, 1, several=True)
    errors: tuple[float, ...] = parameter("the error rates there, not falling", 0, 1, several=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.shares) != len(self.errors) or len(self.shares) < 2:
            raise PartError(
                f"monotone: {len(self.shares)} shares and {len(self.errors)} errors: give as many of each, at least two"
            )
        if (np.diff(self.shares) <= 0).any():
            raise PartError("monotone: the shares must rise from point to point")
        if (np.diff(self.errors) < 0).any():
            raise PartError("monotone: the errors must not fall from point to point; average those that do (isotonic)")
        if not 0 < self.errors[0] <= self.errors[-1] < 1:
            raise PartError(
                "monotone: an error of 0 or 1 has no log-odds: give what the counts allow, such as (k+½)/(n+1)"
            )

    def _cubic(self) -> Any:
        from scipy.interpolate import PchipInterpolator

        return PchipInterpolator(self.shares, logit(self.errors))

    def _inside(self, logit_contamination: ArrayLike) -> Array:
        return np.clip(expit(logit_contamination), self.shares[0], self.shares[-1])

    def logit_error(self, logit_contamination: ArrayLike) -> Array:
        return np.asarray(self._cubic()(self._inside(logit_contamination)))

    def inverse(self, logit_error: ArrayLike) -> Array:
        x, knots = np.asarray(logit_error, dtype=np.float64), logit(self.errors)
        inside = (x >= knots[0] - ROUNDING) & (x <= knots[-1] + ROUNDING)
        wanted = np.clip(x[inside].ravel(), knots[0], knots[-1])
        piece = np.clip(np.searchsorted(knots, wanted) - 1, 0, len(knots) - 2)
        shares, cubic = np.asarray(self.shares), self._cubic()
        solved = root_between(lambda c, goal: cubic(c) - goal, shares[piece], shares[piece + 1], wanted)
        # a knot that is met exactly is its own answer: a root on the edge of a piece has no change of sign
        met = knots[piece + 1] == wanted
        found = np.where(met, shares[piece + 1], np.where(knots[piece] == wanted, shares[piece], solved))
        out = np.full(x.shape, np.nan)
        out[inside] = logit(found)
        return out

    def mirrored(self) -> Monotone:
        return Monotone(
            shares=tuple(1 - share for share in reversed(self.shares)),
            errors=tuple(1 - error for error in reversed(self.errors)),
        )

    @classmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        raise UsageError("the monotone response has no formula: it goes through measured points")

    @classmethod
    def through(cls, low: float, high: float) -> Monotone:
        return cls(shares=(0.0, 1.0), errors=(low, high))

    def derivative(self, logit_contamination: ArrayLike) -> Array:
        c = expit(logit_contamination)
        y = self.logit_error(logit_contamination)
        outside = (c < self.shares[0]) | (c > self.shares[-1])
        return np.asarray(
            np.where(outside, 0.0, self._cubic().derivative()(self._inside(logit_contamination))) * expit(y) * expit(-y)
        )

    def unit_slopes(self) -> Array:
        # on each piece c(1 − c)·y′(c) = 1 is a polynomial of degree four
        cubic, found = self._cubic(), []
        for start, end, (third, second, first, _) in zip(self.shares, self.shares[1:], cubic.c.T, strict=False):
            local = np.polynomial.Polynomial([first, 2 * second, 3 * third])
            across = np.polynomial.Polynomial([start * (1 - start), 1 - 2 * start, -1])
            roots = (local * across - 1).roots()
            real = roots[np.abs(roots.imag) < ROUNDING].real
            found += [start + step for step in real if 0 <= step < end - start]
        # beyond the outermost points the curve is flat: its slope passes 1 there in a jump
        slope = cubic.derivative()
        found += [end for end in (self.shares[0], self.shares[-1]) if end * (1 - end) * slope(end) > 1]
        return logit(np.sort(found))
