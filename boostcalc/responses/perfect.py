"""Perfect adaptation: the model errs as often as its context does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.odds import Array
from boostcalc.responses.base import Curve

if TYPE_CHECKING:
    import sympy

__all__ = ["Perfect"]


@dataclass(frozen=True)
class Perfect(Curve):
    r"""$g(c) = c$: matches the context's noise rate; every round subtracts $\Lambda = \ln(t/f)$ from the log-odds."""

    family = "perfect"
    learner = "matches the context's noise rate"

    def logit_error(self, logit_contamination: ArrayLike) -> Array:
        return np.asarray(logit_contamination, dtype=np.float64)

    def inverse(self, logit_error: ArrayLike) -> Array:
        return np.asarray(logit_error, dtype=np.float64)

    def mirrored(self) -> Perfect:
        return self

    @classmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        return contamination

    @classmethod
    def through(cls, low: float, high: float) -> Perfect:
        return cls()

    def derivative(self, logit_contamination: ArrayLike) -> Array:
        return np.ones_like(np.asarray(logit_contamination, dtype=np.float64))

    def bistable_window(self) -> tuple[Array, Array]:
        return np.asarray(np.nan), np.asarray(np.nan)  # never: one end attracts

    def fixed_points(self, log_lr: ArrayLike) -> Array:
        shape = np.shape(log_lr)
        return np.stack([np.full(shape, -np.inf), np.full(shape, np.inf)])

    def orbit(self, logit_error: ArrayLike, log_lr: ArrayLike, rounds: ArrayLike) -> Array:
        return np.asarray(np.subtract(logit_error, np.multiply(rounds, log_lr)))
