r"""A response that lies off a family's, by so much in log-odds at each contamination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit, logit
from boostcalc.responses.base import Curve, Response
from boostcalc.solvers import root_between

if TYPE_CHECKING:
    import sympy

__all__ = ["Deviating"]

FARTHEST = 40.0
"""Log-odds of the contaminations between which the one of a given error is looked for."""


@dataclass(frozen=True, eq=False)
class _Off:
    """What both classes share: `base`, and `offsets` (m, …) at m even steps of the contamination from 0 to 1."""

    base: Any
    offsets: Array

    def __post_init__(self) -> None:
        """Nothing to check: it is drawn, not typed."""

    @property
    def shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(self.base.shape, self.offsets.shape[1:])

    def take(self, chosen: NDArray[Any]) -> Self:
        kept = self.offsets[:, chosen] if self.offsets.ndim > 1 else self.offsets
        return type(self)(self.base.take(chosen), kept)

    def ravel(self, shape: tuple[int, ...]) -> Self:
        count = len(self.offsets)
        missing = (1,) * (len(shape) - (self.offsets.ndim - 1))
        padded = self.offsets.reshape(count, *missing, *self.offsets.shape[1:])
        return type(self)(self.base.ravel(shape), np.broadcast_to(padded, (count, *shape)).reshape(count, -1))

    def to_dict(self) -> dict[str, Any]:
        """The family's JSON form: what it is off has none."""
        form: dict[str, Any] = self.base.to_dict()
        return form

    def mirrored(self) -> Self:
        return type(self)(self.base.mirrored(), -self.offsets[::-1])

    @classmethod
    def symbolic(cls, contamination: sympy.Expr) -> NoReturn:
        raise UsageError("a response that lies off its family has no formula")


class DeviatingCurve(_Off, Curve):
    """The same at one context size; between the steps the deviation is linear in the contamination."""

    learner = "lies off its family"
    family: ClassVar[str] = "deviating"
    formula = False

    def logit_error(self, logit_contamination: ArrayLike) -> Array:
        x = np.asarray(logit_contamination, dtype=np.float64)
        return np.asarray(self.base.logit_error(x) + self._off(expit(x))[0])

    def derivative(self, logit_contamination: ArrayLike) -> Array:
        x = np.asarray(logit_contamination, dtype=np.float64)
        own = self.base.logit_error(x)
        y = own + self._off(expit(x))[0]
        with np.errstate(divide="ignore", invalid="ignore"):
            steep = self.base.derivative(x) / (expit(own) * expit(-own)) + self._off(expit(x))[1]
        return np.asarray(np.nan_to_num(steep) * expit(y) * expit(-y))

    def inverse(self, logit_error: ArrayLike) -> Array:
        shape = np.broadcast_shapes(np.shape(logit_error), self.shape)
        wanted = np.broadcast_to(np.asarray(logit_error, dtype=np.float64), shape).ravel()
        flat, found = self.ravel(shape), np.full(wanted.size, np.nan)

        def excess(x: Array, goal: Array, which: Array) -> Array:
            return flat.take(which.astype(np.intp)).logit_error(x) - goal

        which = np.arange(wanted.size, dtype=np.float64)
        ends = [excess(np.full(wanted.size, end), wanted, which) for end in (-FARTHEST, FARTHEST)]
        inside = np.flatnonzero((ends[0] < 0) & (ends[1] > 0))
        if inside.size:
            low = np.full(inside.size, FARTHEST)
            found[inside] = root_between(excess, -low, low, wanted[inside], inside.astype(np.float64))
        return found.reshape(shape)

    @classmethod
    def through(cls, low: float, high: float) -> NoReturn:
        raise UsageError("a response that lies off its family is not fitted")

    def unit_slopes(self) -> Array:
        """Where logit g − logit c turns, on a grid as fine as the steps of the deviation allow."""
        edges = np.unique(np.concatenate([logit(np.arange(1, 256) / 256), np.linspace(-30, 30, 121)]))
        x = edges.reshape(-1, *(1,) * len(self.shape))
        rises = np.diff(self.logit_error(x) - x, axis=0) > 0
        turns = np.broadcast_to(x[1:-1], (len(edges) - 2, *self.shape))
        falling = -np.sort(-np.where(rises[1:] != rises[:-1], turns, np.nan), axis=0)  # nan sorts last
        most = int((~np.isnan(falling)).sum(axis=0).max(initial=0))
        return np.asarray(falling[: max(most, 1)][::-1])

    def _off(self, share: Array) -> tuple[Array, Array]:
        """The deviation under these shares, and its slope in them."""
        last = len(self.offsets) - 1
        place = np.nan_to_num(share) * last
        step = np.minimum(place.astype(np.intp), last - 1)
        which = tuple(np.ogrid[tuple(slice(n) for n in self.offsets.shape[1:])])
        before, after = self.offsets[(step, *which)], self.offsets[(step + 1, *which)]
        value = before + (place - step) * (after - before)
        return np.where(np.isnan(share), np.nan, value), np.asarray(last * (after - before))


class Deviating(_Off, Response):
    r"""$\operatorname{logit} g(c, k) = \operatorname{logit} g_{\text{base}}(c, k) + \delta(c)$.

    A member of a family that is known not to be exact. It is drawn, not fitted, and has no name to be written by.

    Parameters
    ----------
    base : Response
    offsets : array, shape (m, …)
        δ at m even steps of c from 0 to 1, linear between them; its further axes broadcast with the parameters of
        `base` (one value a draw).
    """

    learner = "lies off its family"
    family: ClassVar[str] = "deviating"
    formula = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "sized", self.base.sized)

    def at(self, size: ArrayLike | None) -> Curve:
        return DeviatingCurve(self.base.at(size), self.offsets)
