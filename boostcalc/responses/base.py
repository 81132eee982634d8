r"""What a response family states, and what the base derives from it.

A response is $g(c, k)$: the error rate of the model whose context holds $k$ pairs, a share $c$ of them
wrong. At one context size it is a `Curve`; curves work in log-odds on both sides, so that nothing is lost near
0 and 1.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit, log_expit, logit
from boostcalc.parts import Part
from boostcalc.responses.averaging import realised

if TYPE_CHECKING:
    import sympy

__all__ = ["Curve", "Response", "checked_size", "log_shares"]


class Response(Part):
    """Base of the response families: non-decreasing in the contamination.

    A family either is a `Curve`, which holds for contexts of the size it was measured at, or says by `at`
    which curve it is at each size.
    """

    learner: ClassVar[str]
    """Which kind of learner answers like this, in a few words."""

    sized: ClassVar[bool] = True
    """Whether the error depends on the context's size as well."""

    formula: ClassVar[bool] = True
    """Whether it has a formula in its parameters (`symbolic`), by which it can be fitted."""

    @abstractmethod
    def at(self, size: ArrayLike | None) -> Curve:
        """The curve at a context size, k ≥ 0 (`inf`: in the limit); sizes broadcast with the parameters."""

    @abstractmethod
    def mirrored(self) -> Self:
        r"""The response with wrong and right exchanged, $\bar g(c) = 1 - g(1-c)$, which is one of the same family.

        A loop of it under the rates (f, t) from the error 1 − ε₀ accepts as often as the original in every round
        (theorem `mirror`): acceptance alone cannot tell the two apart.
        """

    @classmethod
    @abstractmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        """g in SymPy, with one symbol per parameter, named as the parameter is, and `size` for k where it matters."""

    @classmethod
    def sums(cls) -> tuple[tuple[tuple[float, ...], float], ...]:
        """Linear constraints beyond the parameters' ranges: (coefficients, upper limit) each."""
        return ()

    @classmethod
    def guesses(cls, low: float, high: float, *, size: float, empty: float) -> list[Self]:
        """Members from which a fit starts: errors `low` and `high` at c = 0 and 1 of `size` pairs, `empty` of none."""
        raise UsageError(f"the {cls.family} response is not fitted by likelihood")

    @classmethod
    def weak_prior(cls, size: float) -> tuple[Array, Array] | None:
        """Centre and width of a normal prior that says no more than which parameters are absurd, or None.

        Where a log reaches contexts of `size` pairs, it keeps what the data leave open (at how many pairs something
        has half come in, if none has seen it) from running off.
        """
        return None

    def __call__(self, contamination: ArrayLike, size: ArrayLike | None = None) -> Array:
        """Error rate under a context of `size` pairs with this share of wrong ones; they broadcast.

        Raises
        ------
        UsageError
            If a share lies outside [0, 1], or the family depends on the size and none is given.
        """
        share = np.asarray(contamination, dtype=np.float64)
        if not ((share >= 0) & (share <= 1)).all():
            raise UsageError(f"contamination = {contamination!r} is not a share: it lies in [0, 1]")
        return expit(self.at(size).logit_error(logit(share)))

    def averaged(self, rate: float, size: int) -> float:
        r"""Mean error under contexts of `size` pairs, each wrong with probability `rate`.

        $\sum_j \binom{k}{j} c^j (1-c)^{k-j}\, g(j/k, k)$: what a context known only by its rate is expected to
        give (g itself is a function of the realised share).

        Raises
        ------
        UsageError
            If `rate` is no share or `size` no number of pairs.
        """
        if not 0 <= rate <= 1:
            raise UsageError(f"rate = {rate!r} is not a share: it lies in [0, 1]")
        if size < 1 or size != int(size):
            raise UsageError(f"size = {size!r} is not a number of pairs: give a whole number, 1 or more")
        shares, mass = realised(rate, int(size))
        return float(mass @ self(shares, size))


class Curve(Response):
    """A response at one context size: error against contamination.

    A family states `logit_error`, `inverse`, `derivative`, `symbolic` and `through`; `unit_slopes` or
    `fixed_points` in closed form; and `orbit` where there is one. At an empty context a curve states nothing of
    its own: there is no share of wrong pairs to respond to, so the start error has to be given.
    """

    sized: ClassVar[bool] = False

    def at(self, size: ArrayLike | None) -> Curve:
        """The curve itself, whatever the size."""
        return self

    @abstractmethod
    def logit_error(self, logit_contamination: ArrayLike) -> Array:
        """Log-odds of the error against log-odds of the context's contamination; ±inf are allowed."""

    @abstractmethod
    def inverse(self, logit_error: ArrayLike) -> Array:
        """Log-odds of the contamination that gives this error; `nan` where none does."""

    @abstractmethod
    def derivative(self, logit_contamination: ArrayLike) -> Array:
        """g′(c), the slope of the error rate in the contamination (both plain shares)."""

    @classmethod
    @abstractmethod
    def through(cls, low: float, high: float) -> Self:
        """The member with g(0) = `low` and g(1) = `high`, 0 < low ≤ high < 1: where a fit starts."""

    @classmethod
    def guesses(cls, low: float, high: float, *, size: float, empty: float) -> list[Self]:
        # as it looks, and steeper and flatter about its middle: a likelihood may have several maxima
        middle, half = (low + high) / 2, (high - low) / 2
        spans = (half, 0.3 * half, half + 0.9 * (min(middle, 1 - middle) - half))
        return [cls.through(middle - span, middle + span) for span in spans]

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
        r"""Least and greatest $\Lambda = \ln(t/f)$ between which a loop has two stable ends, or `nan`.

        The contamination c stands still under $\Lambda(c) = \operatorname{logit} g(c) - \operatorname{logit} c$,
        whose turns are at the unit slopes. (A curve with more than two of them has two stable ends somewhere in
        this range, not everywhere.)
        """
        slopes = self.unit_slopes()
        with np.errstate(invalid="ignore"):
            bounds = self.logit_error(slopes) - slopes
        low, high = np.fmin.reduce(bounds, initial=np.nan), np.fmax.reduce(bounds, initial=np.nan)
        open_range = high > low
        return np.where(open_range, low, np.nan), np.where(open_range, high, np.nan)

    def orbit(self, logit_error: ArrayLike, log_lr: ArrayLike, rounds: ArrayLike) -> Array | None:
        """Log-odds of the error after `rounds` rounds under `Replace`, or None: no closed form."""
        return None


def log_shares(x: ArrayLike) -> tuple[Array, Array]:
    """(ln c, ln(1 − c)) from the log-odds of c."""
    x = np.asarray(x, dtype=np.float64)
    return log_expit(x), log_expit(-x)


def checked_size(response: Response, size: ArrayLike | None) -> Array:
    """The size as an array of numbers ≥ 0; `UsageError` names the family where it is missing or none."""
    if size is None:
        raise UsageError(f"the {response.family} response depends on the context's size: give it")
    pairs = np.asarray(size, dtype=np.float64)
    if not (pairs >= 0).all():
        raise UsageError(f"size = {size!r} is not a number of pairs: it is 0 or more")
    return pairs
