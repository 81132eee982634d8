r"""What a response family states, and what the base derives from it.

A response is $g(c, k)$: the error rate of the model whose context holds $k$ pairs, a share $c$ of them
wrong. Families work in log-odds on both sides, so that nothing is lost near 0 and 1.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit, log_expit, logit
from boostcalc.parts import Part

if TYPE_CHECKING:
    import sympy

__all__ = ["Response"]


class Response(Part):
    r"""Base of the response families: non-decreasing in the contamination $c$.

    A family states `logit_error`, `inverse` and `symbolic`, and where it has them the closed forms
    `unit_slopes`, `fixed_points` and `orbit`. None of the present families depends on the context's size
    (they hold for contexts of the size they were measured at), and at size 0 they state no error: there is
    no share of wrong pairs to respond to, so the start error has to be given.
    """

    learner: ClassVar[str]
    """Which kind of learner answers like this, in a few words."""

    @abstractmethod
    def logit_error(self, logit_contamination: ArrayLike) -> Array:
        """Log-odds of the error against log-odds of the context's contamination; ±inf are allowed."""

    @abstractmethod
    def inverse(self, logit_error: ArrayLike) -> Array:
        """Log-odds of the contamination that gives this error; `nan` where none does."""

    @classmethod
    @abstractmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        """g in SymPy, with one symbol per parameter, named as the parameter is."""

    @abstractmethod
    def derivative(self, logit_contamination: ArrayLike) -> Array:
        """g′(c), the slope of the error rate in the contamination (both plain shares)."""

    @classmethod
    @abstractmethod
    def through(cls, low: float, high: float) -> Self:
        """The member with g(0) = `low` and g(1) = `high`, 0 < low ≤ high < 1: where a fit starts."""

    @classmethod
    def sums(cls) -> tuple[tuple[tuple[float, ...], float], ...]:
        """Linear constraints beyond the parameters' ranges: (coefficients, upper limit) each."""
        return ()

    def unit_slopes(self) -> Array:
        """Log-odds of every contamination at which d logit g / d logit c = 1, along axis 0 (`nan` pads).

        Between two of them the update map in log-odds minus the identity is monotone, so it has at most one
        fixed point there: that is what makes a list of fixed points complete.
        """
        raise NotImplementedError(f"{self.family} gives its fixed points in closed form")

    def fixed_points(self, log_lr: ArrayLike) -> Array | None:
        """Log-odds of the fixed points of g ∘ filter along axis 0 (`nan` pads), or None: no closed form."""
        return None

    def bistable_window(self) -> tuple[Array, Array]:
        r"""Least and greatest $\Lambda = \ln(t/f)$ between which a loop has two stable ends, or `nan`."""
        return np.asarray(np.nan), np.asarray(np.nan)

    def orbit(self, logit_error: ArrayLike, log_lr: ArrayLike, rounds: ArrayLike) -> Array | None:
        """Log-odds of the error after `rounds` rounds under `Replace`, or None: no closed form."""
        return None

    def __call__(self, contamination: ArrayLike) -> Array:
        """Error rate under a context with this share of wrong pairs.

        Raises
        ------
        UsageError
            If a share lies outside [0, 1].
        """
        share = np.asarray(contamination, dtype=np.float64)
        if not ((share >= 0) & (share <= 1)).all():
            raise UsageError(f"contamination = {contamination!r} is not a share: it lies in [0, 1]")
        return expit(self.logit_error(logit(share)))


def log_shares(x: ArrayLike) -> tuple[Array, Array]:
    """(ln c, ln(1 − c)) from the log-odds of c."""
    x = np.asarray(x, dtype=np.float64)
    return log_expit(x), log_expit(-x)
