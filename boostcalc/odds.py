r"""Exact arithmetic in log-odds; rates and the counts behind them.

An error rate is carried as $x = \ln\frac{\varepsilon}{1-\varepsilon}$, which keeps full relative precision in
the smaller of $\varepsilon$ and $1-\varepsilon$; 0 and 1 are $x = -\infty$ and $x = +\infty$. Nothing here clips.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.errors import RateError

__all__ = [
    "Array",
    "Counts",
    "RateLike",
    "as_rate",
    "both_shares",
    "expit",
    "log_expit",
    "log_ratio",
    "logit",
    "parse_rate",
    "point",
    "sample_rate",
]

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """A rate known only through `successes` out of `trials`: evidence, not a number.

    Uncertainty is the Jeffreys posterior Beta(k + ½, n − k + ½), whose intervals have close to nominal
    coverage for a binomial proportion (Brown, Cai, DasGupta 2001, Statistical Science 16(2), §4.1).

    Parameters
    ----------
    successes, trials : float, 0 ≤ successes ≤ trials, trials > 0
        Whole numbers for plain counts; effective (design-corrected) counts need not be whole.

    Raises
    ------
    RateError
        If the pair is not a count.

    Examples
    --------
    >>> Counts(80, 100).rate
    0.8
    """

    successes: float
    trials: float

    def __post_init__(self) -> None:
        k, n = self.successes, self.trials
        if not (math.isfinite(k) and math.isfinite(n)):
            raise RateError(f"{self} is not a count: both numbers must be finite")
        if n <= 0:
            raise RateError(f"{self} has no trials: a rate needs at least one")
        if not 0 <= k <= n:
            raise RateError(f"{self} is not a count: it needs 0 <= successes <= trials")

    @property
    def rate(self) -> float:
        """The plug-in estimate k/n."""
        return self.successes / self.trials

    def draw(self, rng: np.random.Generator, size: int) -> Array:
        """Draws from the Jeffreys posterior, shape `(size,)`."""
        return rng.beta(self.successes + 0.5, self.trials - self.successes + 0.5, size)

    def __str__(self) -> str:
        return f"{self.successes:g}/{self.trials:g}"


RateLike: TypeAlias = "ArrayLike | Counts"


def as_rate(value: RateLike, name: str) -> Array | Counts:
    """`value` as an array of probabilities (shape kept; 0-d for a number), or the `Counts` it is.

    Raises
    ------
    RateError
        If it is not a number, or lies outside [0, 1]; `name` says which rate.
    """
    if isinstance(value, Counts):
        return value
    try:
        rate = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise RateError(f"{name} = {value!r} is not a rate: give a number in [0, 1] or Counts(k, n)") from None
    if np.isnan(rate).any():
        raise RateError(f"{name} is not a number (nan): give a rate in [0, 1] or counts such as 80/100")
    if ((rate < 0) | (rate > 1)).any():
        raise RateError(f"{name} = {_first_outside(rate):g} is outside [0, 1]: a rate is a probability")
    return rate


def parse_rate(text: str, name: str) -> float | Counts:
    """A rate as written on a command line: `0.8` (known) or `80/100` (evidence).

    Raises
    ------
    RateError
        If it is neither; `name` says which rate.
    """
    form = "give a number in [0, 1], such as 0.8, or counts, such as 80/100"
    head, slash, tail = text.partition("/")
    try:
        if slash:
            return Counts(_whole(head), _whole(tail))
        value = float(text)
    except RateError as error:
        raise RateError(f"{name} = {text}: {error}") from None
    except ValueError:
        raise RateError(f"{name} = {text!r} is not a rate: {form}") from None
    as_rate(value, name)
    return value


def point(rate: Array | Counts) -> Array:
    """The plug-in value of a rate: itself, or k/n for counts."""
    return np.asarray(rate.rate) if isinstance(rate, Counts) else rate


def sample_rate(rate: Array | Counts, rng: np.random.Generator, size: int) -> Array:
    """`size` draws of a rate; a known rate needs none and comes back as it is."""
    return rate.draw(rng, size) if isinstance(rate, Counts) else rate


def logit(p: ArrayLike) -> Array:
    r"""$\ln\frac{p}{1-p}$; `-inf` at 0 and `+inf` at 1."""
    p = np.asarray(p, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p) - np.log1p(-p))


def expit(x: ArrayLike) -> Array:
    r"""$\frac{1}{1+e^{-x}}$, with full relative precision also where it is tiny; `1 - p` is `expit(-x)`."""
    x = np.asarray(x, dtype=np.float64)
    with np.errstate(under="ignore"):
        tail = np.exp(-np.abs(x))
    return np.asarray(np.where(x < 0, tail, 1.0) / (1.0 + tail))


def both_shares(x: ArrayLike) -> tuple[Array, Array]:
    """(p, 1 − p) from the log-odds of p, each with full relative precision, by one exponential."""
    x = np.asarray(x, dtype=np.float64)
    with np.errstate(under="ignore"):
        tail = np.exp(-np.abs(x))
    large = 1.0 / (1.0 + tail)
    small = tail * large
    low = x < 0
    return np.where(low, small, large), np.where(low, large, small)


def log_expit(x: ArrayLike) -> Array:
    r"""$\ln\frac{1}{1+e^{-x}}$ without overflow or cancellation."""
    with np.errstate(invalid="ignore"):  # nan in, nan out
        return np.asarray(-np.logaddexp(0.0, -np.asarray(x, dtype=np.float64)))


def log_ratio(numerator: ArrayLike, denominator: ArrayLike) -> Array:
    r"""$\ln(a/b)$ of two non-negative numbers, also where they nearly agree or nearly vanish.

    Between ½ and 2 the difference a − b is exact (Sterbenz), so `log1p((a-b)/b)` loses nothing; elsewhere the
    logarithm of the quotient is, and where that would overflow the difference of logarithms. `±inf` where one of
    them is 0, `nan` where both are.
    """
    a, b = np.broadcast_arrays(np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        near = (a <= 2 * b) & (b <= 2 * a) & (b > 0)
        close = np.log1p(np.where(near, (a - b) / b, 0.0))
        quotient = a / b
        tame = (quotient > 1e-300) & (quotient < 1e300)
        apart = np.where(tame, np.log(np.where(tame, quotient, 1.0)), np.log(a) - np.log(b))
        return np.asarray(np.where(near, close, apart))


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise RateError("counts cannot be negative")
    return number


def _first_outside(rate: Array) -> float:
    return float(rate[(rate < 0) | (rate > 1)].flat[0])
