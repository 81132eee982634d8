"""Shrinkage response: a Beta–Bernoulli learner that weighs its context against a prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.odds import Array
from boostcalc.parts import parameter
from boostcalc.responses.affine import Affine
from boostcalc.responses.base import Response, checked_size

if TYPE_CHECKING:
    import sympy

__all__ = ["Shrinkage"]

LEAST = 1e-9
"""The least prior strength: without any, an empty context would leave nothing to answer from."""


@dataclass(frozen=True)
class Shrunken(Affine):
    """The curve at one size. Its slope is kept: where the prior outweighs the context it cannot be had from μ and ν."""

    kept: float = parameter("the weight of the context", 0, 1)

    @property
    def slope(self) -> Array:
        return np.asarray(self.kept)


@dataclass(frozen=True)
class Shrinkage(Response):
    r"""$g(c, k) = \frac{\kappa\varepsilon_0 + k c}{\kappa + k}$: the posterior mean under a Beta prior.

    At size k it is `Affine` with $\mu = \kappa\varepsilon_0/(\kappa+k)$ and $\nu = \kappa(1-\varepsilon_0)/(\kappa+k)$;
    with an empty context it errs at the prior's rate, and in the limit of large ones it adapts perfectly.
    """

    family = "shrinkage"
    learner = "weighs its context against a prior"

    strength: float = parameter("the number of pairs that the prior is worth", LEAST)
    prior: float = parameter("the error rate under an empty context", 0, 1)

    def at(self, size: ArrayLike | None) -> Shrunken:
        pairs = checked_size(self, size)
        with np.errstate(divide="ignore"):
            weight, kept = 1 / (1 + pairs / self.strength), 1 / (1 + self.strength / pairs)
        return Shrunken(mu=weight * self.prior, nu=weight * np.subtract(1, self.prior), kept=kept)  # type: ignore[arg-type]  # arrays stand for several

    def mirrored(self) -> Shrinkage:
        return Shrinkage(strength=self.strength, prior=np.subtract(1, self.prior))

    @classmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        import sympy

        strength, size = sympy.Symbol("strength", positive=True), sympy.Symbol("size", nonnegative=True)
        prior = sympy.Symbol("prior", nonnegative=True)
        return (strength * prior + size * contamination) / (strength + size)

    @classmethod
    def guesses(cls, low: float, high: float, *, size: float, empty: float) -> list[Shrinkage]:
        slope = min(max(high - low, 0.01), 0.99)
        return [cls(strength=size * (1 / slope - 1) * factor, prior=empty) for factor in (1.0, 0.1, 10.0)]
