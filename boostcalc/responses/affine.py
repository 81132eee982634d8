"""Affine response: perfect adaptation plus slips in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.errors import PartError
from boostcalc.odds import Array
from boostcalc.parts import parameter
from boostcalc.responses.base import Curve, log_shares

if TYPE_CHECKING:
    import sympy

__all__ = ["Affine"]

ROUNDING = 1e-12
"""How far mu + nu may pass 1 by rounding: an optimum on that edge is computed, not typed."""


@dataclass(frozen=True)
class Affine(Curve):
    r"""$g(c) = \mu + (1-\mu-\nu)\,c$: μ corrupts correct answers, ν repairs wrong ones.

    Under the filter it is the two-type quasispecies of Eigen: in the odds $o$ of the error the update map is
    $o' = \frac{\mu L + (1-\nu)\,o}{(1-\mu) L + \nu\,o}$ with $L = t/f$, whose fixed points solve
    $\nu o^2 + [(1-\mu)L - (1-\nu)]\,o - \mu L = 0$.
    """

    family = "affine"
    learner = "matches the context's noise rate, with slips"

    mu: float = parameter("the share of correct answers that slip", 0, 1)
    nu: float = parameter("the share of wrong answers that are repaired", 0, 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        total = float(np.max(np.add(self.mu, self.nu), initial=0.0))
        if total > 1 + ROUNDING:
            raise PartError(f"affine: mu + nu = {total:g} exceeds 1, so the error would fall with contamination")

    @classmethod
    def sums(cls) -> tuple[tuple[tuple[float, ...], float], ...]:
        return (((1.0, 1.0), 1.0),)

    @property
    def slope(self) -> Array:
        """1 − μ − ν, the slope of g, to full precision also where it nearly vanishes.

        1 − x is exact for x ≥ ½, and ½ − x for ¼ ≤ x ≤ 1 (Sterbenz). A sum that has passed 1 by rounding is 1.
        """
        more, less = np.maximum(self.mu, self.nu), np.minimum(self.mu, self.nu)
        rest = np.where(more >= 0.5, (1 - more) - less, (0.5 - more) + (0.5 - less))
        return np.asarray(np.maximum(rest, 0.0))

    def logit_error(self, logit_contamination: ArrayLike) -> Array:
        log_wrong, log_right = log_shares(logit_contamination)
        with np.errstate(divide="ignore", invalid="ignore"):  # nan in, nan out
            slope = np.log(self.slope)
            wrong = np.logaddexp(np.log(self.mu), slope + log_wrong)
            right = np.logaddexp(np.log(self.nu), slope + log_right)
        return np.asarray(wrong - right)

    def inverse(self, logit_error: ArrayLike) -> Array:
        # odds of c are (ε − μ) / (1 − ν − ε), both sides scaled by 1/ε or 1/(1 − ε), whichever is tame
        x = np.asarray(logit_error, dtype=np.float64)
        with np.errstate(under="ignore"):
            tail = np.exp(-np.abs(x))
        odds, one = np.where(x < 0, tail, 1.0), np.where(x < 0, 1.0, tail)
        above = (self.slope + self.nu) * odds - self.mu * one
        below = (self.slope + self.mu) * one - self.nu * odds
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where((above >= 0) & (below >= 0), np.log(above) - np.log(below), np.nan))

    def mirrored(self) -> Affine:
        return Affine(mu=self.nu, nu=self.mu)

    @classmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        import sympy

        mu, nu = sympy.symbols("mu nu", nonnegative=True)
        return mu + (1 - mu - nu) * contamination

    @classmethod
    def through(cls, low: float, high: float) -> Affine:
        return cls(mu=low, nu=1 - high)

    def derivative(self, logit_contamination: ArrayLike) -> Array:
        return np.asarray(self.slope * np.ones_like(np.asarray(logit_contamination, dtype=np.float64)))

    def bistable_window(self) -> tuple[Array, Array]:
        return np.asarray(np.nan), np.asarray(np.nan)  # never: one end attracts

    def fixed_points(self, log_lr: ArrayLike) -> Array:
        # weights (t, f) up to a common factor, the larger being 1; their difference apart, as it may nearly vanish
        t, f = np.exp(np.minimum(log_lr, 0.0)), np.exp(np.minimum(np.negative(log_lr), 0.0))
        gap = -np.sign(log_lr) * np.expm1(-np.abs(log_lr))
        t, f, gap, mu, nu, slope = np.broadcast_arrays(t, f, gap, self.mu, self.nu, self.slope)
        linear = slope * gap + nu * t - mu * f
        with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
            root = np.hypot(linear, 2 * np.sqrt(nu * f) * np.sqrt(mu * t))
            falling = np.log(2 * mu * t) - np.log(root + linear)
            inner = np.where(linear > 0, falling, np.log(root - linear) - np.log(2 * nu * f))
        inner = np.where((linear == 0) & (nu * f == 0), np.inf, inner)
        zero = np.where((mu == 0) & (inner != -np.inf), -np.inf, np.nan)
        one = np.where((nu == 0) & (inner != np.inf), np.inf, np.nan)
        return np.stack([zero, inner, one])
