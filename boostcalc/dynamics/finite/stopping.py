r"""Two formulas about small batches: a bias that comes of stopping, and the diffusion's fixation probability."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.errors import UsageError
from boostcalc.odds import Array, as_rate, log_ratio, point

__all__ = ["diffusion_fixation", "naive_error"]

MANY, TERMS = 40, 80
"""Pairs from which on so many terms of the series are enough for a double."""


def naive_error(error: ArrayLike, *, tpr: ArrayLike, fpr: ArrayLike, batch: ArrayLike) -> Array:
    r"""Expected share of wrong answers among the attempts of a round that stops at the B-th acceptance.

    With A attempts, a share B/A of them accepted is wrong with c and the rest with $r = \varepsilon(1-f)/(1-a)$, so the
    mean is $r + (c - r)\,\mathbb{E}[B/A]$ (theorem `stopping-bias`). Since
    $\mathbb{E}[B/A] = a\,{}_2F_1(1, 1; B+1; 1-a)$, without cancellation

    .. math:: \varepsilon - \frac{\varepsilon(1-\varepsilon)(t-f)}{B+1}\,{}_2F_1(1, 2; B+2; 1-a).

    Parameters
    ----------
    error, tpr, fpr : float or array in [0, 1]
        The true error rate and the evaluator's rates; they broadcast.
    batch : int or array ≥ 1
        Pairs that fill the batch.

    Returns
    -------
    array
        `nan` where nothing is accepted: such a round does not end.

    Raises
    ------
    RateError, UsageError
        If an input is out of range.

    References
    ----------
    Haldane (1945), On a method of estimating frequencies, Biometrika 33(3).

    Examples
    --------
    >>> round(float(naive_error(0.1, tpr=0.8, fpr=0.3, batch=8)), 3)
    0.095
    """
    e, t, f = (point(as_rate(value, name)) for value, name in ((error, "error"), (tpr, "tpr"), (fpr, "fpr")))
    pairs = _pairs(batch)
    accepted = (1 - e) * t + e * f
    rejected = (1 - e) * (1 - t) + e * (1 - f)  # not 1 − a, which loses what is small
    biased = (e > 0) & (e < 1) & (t != f)  # elsewhere there is no bias, however long the round
    bias = np.where(biased, e * (1 - e) * (t - f), 0.0) * _excess(
        pairs, np.where(accepted > 0, accepted, 1.0), rejected
    )
    return np.asarray(np.where(accepted > 0, e - bias, np.nan))


def _excess(pairs: Array, accepted: Array, rejected: Array) -> Array:
    r"""$(\mathbb{E}[B/A] - a)/(a(1-a)) = {}_2F_1(1, 2; B+2; 1-a)/(B+1)$, by what is exact in each range."""
    from scipy.special import hyp2f1

    b, a, q = np.broadcast_arrays(pairs, accepted, rejected)
    far = q > 0.5  # there the short closed forms do not cancel, and they know a itself, not only 1 − a
    x = np.where(far, q, 1.0)
    one = -(np.log(a) + x) / x**2
    two = (2 * x + 2 * a * np.log(a) - x**2) / x**3
    short, many = np.minimum(b, MANY), np.maximum(b, MANY)
    with np.errstate(over="ignore"):  # where the closed forms are taken
        some = hyp2f1(1.0, 2.0, short + 2.0, q) / (short + 1.0)
    series, term = np.zeros_like(q), np.ones_like(q)
    for j in range(TERMS):
        series, term = series + term, term * q * (j + 2) / (many + 2 + j)
    return np.select([far & (b == 1), far & (b == 2), b <= MANY], [one, two, some], series / (many + 1))


def diffusion_fixation(share: ArrayLike, *, tpr: ArrayLike, fpr: ArrayLike, batch: ArrayLike) -> Array:
    r"""Kimura's approximation to the probability that in the end all pairs are wrong.

    $u(p) = \frac{1 - e^{-2Bsp}}{1 - e^{-2Bs}}$ with $s = \ln(f/t)$, and p at t = f, under perfect adaptation where each
    batch replaces the context. It holds for $|s| \ll 1$ only (theorem `fixation`); `distribution(…).settling` has the
    exact probability for any s.

    Parameters
    ----------
    share : float or array in [0, 1]
        p, the wrong share of the context at the start.
    tpr, fpr : float or array in [0, 1]
        The evaluator's rates; they broadcast. `nan` where both are 0.
    batch : int or array ≥ 1
        B, the pairs of the context.

    Raises
    ------
    RateError, UsageError
        If an input is out of range.

    References
    ----------
    Kimura (1962), On the probability of fixation of mutant genes in a population, Genetics 47(6).

    Examples
    --------
    >>> round(float(diffusion_fixation(0.5, tpr=0.8, fpr=0.7, batch=20)), 7)  # exact: 0.0640600
    0.0647289
    """
    p, t, f = (point(as_rate(value, name)) for value, name in ((share, "share"), (tpr, "tpr"), (fpr, "fpr")))
    x = 2 * _pairs(batch) * log_ratio(t, f)  # −2Bs
    p, x = np.broadcast_arrays(p, x)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore", under="ignore"):
        # either way every exponential is at most 1
        falling = np.exp(-x * (1 - p)) * np.expm1(-x * p) / np.expm1(-x)
        rising = np.expm1(x * p) / np.expm1(x)
    inside = np.where(x == 0, p, np.where(x > 0, falling, rising))
    sure = np.isin(p, (0.0, 1.0)) & ~np.isnan(x)
    without = np.where(x > 0, 0.0, 1.0)  # one kind is never accepted
    return np.asarray(np.where(sure, p, np.where(np.isinf(x), without, inside)))


def _pairs(batch: ArrayLike) -> Array:
    pairs = np.asarray(batch, dtype=np.float64)
    if not ((pairs >= 1) & (pairs == np.floor(pairs))).all():
        raise UsageError(f"batch = {batch!r} is not a number of pairs: give a whole number, 1 or more")
    return pairs
