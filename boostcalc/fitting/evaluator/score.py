r"""The score test of a linear relation between rates that are known through independent counts.

Of rates $p_j$ with $k_j$ of $n_j$, the hypothesis is $\sum_j w_j p_j = d$. A proportion ($p = d$, Wilson 1927), a
difference ($p_1 - p_2 = d$, Mee 1984), a ratio ($p_1 - \theta p_2 = 0$, Koopman 1984) and the error behind a share
accepted ($(1-\varepsilon)t + \varepsilon f - a = 0$) are all of this kind. The likelihood is largest under it where
$k_j/p_j - (n_j - k_j)/(1 - p_j) = -\lambda w_j$, a quadratic in each $p_j$, and one number λ remains to be found. The
score statistic is $\lambda^2 V$ with $V = \sum_j w_j^2 p_j (1 - p_j)/n_j$ at that point (Rao 1948; Aitchison and Silvey
1958), and an interval is the set of hypotheses that it does not refuse.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.odds import Array
from boostcalc.solvers import root_between

__all__ = ["constrained_rates", "crossing", "normal_quantile", "signed_score"]

EDGE = 1.0 - 2.0**-40
"""How far towards ±1 the multiplier λ is looked for, on the scale λ/(|λ| + s), s being the largest of the n/|w|."""


def normal_quantile(level: float) -> float:
    """z of a central interval of the standard normal law: 1.96 for a level of 0.95."""
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def constrained_rates(
    successes: ArrayLike, trials: ArrayLike, weights: ArrayLike, constant: ArrayLike = 0.0
) -> tuple[Array, Array]:
    r"""The most likely rates among those with $\sum_j w_j p_j = d$, and the multiplier λ.

    Parameters
    ----------
    successes, trials, weights : array, shape (rates, …)
        Counts need not be whole; trials are above 0.
    constant : array, shape (…)
        d, strictly between the least and the largest value that the sum can have.

    Returns
    -------
    rates : array, shape (rates, …)
    multiplier : array, shape (…)
        λ, the slope of the log-likelihood in d; 0 where the observed shares obey the relation.
    """
    k, n, w = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (successes, trials, weights)))
    shape = np.broadcast_shapes(k.shape[1:], np.shape(constant))
    size = int(np.prod(shape))
    k, n, w = (np.broadcast_to(part, (k.shape[0], *shape)).reshape(len(k), size) for part in (k, n, w))
    d = np.broadcast_to(np.asarray(constant, dtype=np.float64), shape).ravel()
    with np.errstate(divide="ignore"):
        scale = np.where(w != 0, n / np.abs(w), 0.0).max(axis=0)

    def multiplier(x: Array, scale: Array) -> Array:
        return np.asarray(scale * x / (1 - np.abs(x)))

    def excess(x: Array, scale: Array, d: Array, *columns: Array) -> Array:
        half = len(columns) // 3
        k, n, w = (np.stack(columns[i * half : (i + 1) * half]) for i in range(3))
        return np.asarray((w * _pulled(k, n, -multiplier(x, scale) * w)).sum(axis=0) - d)

    ends = np.full(size, EDGE)
    x = root_between(excess, -ends, ends, scale, d, *k, *n, *w)
    found = multiplier(x, scale)
    return _pulled(k, n, -found * w).reshape(-1, *shape), found.reshape(shape)


def signed_score(successes: ArrayLike, trials: ArrayLike, weights: ArrayLike, constant: ArrayLike = 0.0) -> Array:
    r"""Signed root of the score statistic of $\sum_j w_j p_j = d$: about standard normal if it holds, shape (…).

    Positive where the observed shares give more than d. `nan` where the relation cannot hold.
    """
    w, n = np.asarray(weights, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    rates, multiplier = constrained_rates(successes, trials, weights, constant)
    variance = (_over(w, rates) ** 2 * rates * (1 - rates) / _over(n, rates)).sum(axis=0)
    return np.asarray(-multiplier * np.sqrt(variance))


def crossing(statistic: Callable[..., Array], inside: Array, outside: Array, height: float, *columns: Array) -> Array:
    """Where a statistic leaves the band between ±`height` on the way from `inside` to `outside`, each of shape (m,).

    `nan` where it does not.
    """

    def over(x: Array, *columns: Array) -> Array:
        return np.asarray(np.abs(statistic(x, *columns)) - height)

    leaves = (over(inside, *columns) < 0) & (over(outside, *columns) > 0)
    found = np.full(inside.shape, np.nan)
    if leaves.any():
        low, high = np.minimum(inside, outside)[leaves], np.maximum(inside, outside)[leaves]
        found[leaves] = root_between(over, low, high, *(column[leaves] for column in columns))
    return found


def _over(part: Array, rates: Array) -> Array:
    return part.reshape(part.shape + (1,) * (rates.ndim - part.ndim))


def _pulled(k: Array, n: Array, slope: Array) -> Array:
    """p with k/p − (n − k)/(1 − p) = slope: the share k/n, pulled towards 0 by a slope above 0."""
    b = n + slope
    root = np.sqrt(np.maximum(b**2 - 4 * slope * k, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        plain, other = 2 * k / (b + root), (b - root) / (2 * slope)
    return np.asarray(np.clip(np.where(b >= 0, plain, other), 0.0, 1.0))
