r"""Intervals from independent counts: a rate, a ratio, a difference, and the error behind a share accepted.

All but that of a single rate are the hypotheses that the score test of `score` does not refuse; arrays in, arrays out.
They hold the truth nearly as often as they say down to a few dozen counts, have an answer for 0 of n and n of n, and
a ratio's may reach from 0 or to ∞. Counts need not be whole, so that effective ones of clustered data do as well.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.fitting.evaluator.score import crossing, normal_quantile, signed_score
from boostcalc.odds import Array

__all__ = ["difference_interval", "error_interval", "rate_interval", "ratio_interval"]

FARTHEST = 40.0
"""|ln θ| up to which the ends of a ratio are looked for; beyond it there is no end."""


def rate_interval(k: ArrayLike, n: ArrayLike, level: float) -> tuple[Array, Array]:
    """Agresti–Coull interval of a rate known as k of n, cut to [0, 1]; arrays broadcast, 0 ≤ k ≤ n, n > 0.

    It holds Wilson's score interval, and unlike that and Jeffreys' never falls far short of its level where n·p is
    small (Brown, Cai, DasGupta 2001, Statistical Science 16(2), §4.1.2).
    """
    from statsmodels.stats.proportion import proportion_confint

    k, n = (np.array(part) for part in np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (k, n))))
    low, high = proportion_confint(k, n, alpha=1 - level, method="agresti_coull")
    return np.where(k == 0, 0.0, np.clip(low, 0, 1)), np.where(k == n, 1.0, np.clip(high, 0, 1))


def ratio_interval(k: ArrayLike, n: ArrayLike, level: float) -> tuple[Array, Array]:
    """Score interval of p₁/p₂ (Koopman 1984); shapes (2, …) in, (…) out; 0 and `inf` where there is no end."""
    counts = _columns(k, n)
    positive = counts[0] + counts[1] > 0
    plain = np.where(positive, counts[0], 1.0) / counts[2]
    other = np.where(counts[1] > 0, counts[1], 0.5) / counts[3]
    middle = np.log(np.where(counts[0] > 0, plain, 0.5 / counts[2]) / other)

    def statistic(x: Array, k1: Array, k2: Array, n1: Array, n2: Array) -> Array:
        weights = np.stack([np.exp(-x / 2), -np.exp(x / 2)])  # the sum over √θ: weights that stay alike
        return signed_score(np.stack([k1, k2]), np.stack([n1, n2]), weights)

    low, high = _ends(statistic, middle, -FARTHEST, FARTHEST, level, counts)
    low, high = np.exp(low), np.exp(high)
    return np.where(np.isnan(low) | ~positive, 0.0, low), np.where(np.isnan(high) | ~positive, np.inf, high)


def difference_interval(k: ArrayLike, n: ArrayLike, level: float) -> tuple[Array, Array]:
    """Score interval of p₁ − p₂ (Mee 1984); shapes (2, …) in, (…) out."""
    counts = _columns(k, n)
    edge = 1 - 1e-9
    middle = np.clip(counts[0] / counts[2] - counts[1] / counts[3], -edge, edge)

    def statistic(x: Array, k1: Array, k2: Array, n1: Array, n2: Array) -> Array:
        weights = np.stack([np.ones_like(x), -np.ones_like(x)])
        return signed_score(np.stack([k1, k2]), np.stack([n1, n2]), weights, x)

    low, high = _ends(statistic, middle, -edge, edge, level, counts)
    return np.where(np.isnan(low), -1.0, low), np.where(np.isnan(high), 1.0, high)


def error_interval(k: ArrayLike, n: ArrayLike, level: float) -> tuple[Array, Array]:
    r"""Score interval of $\varepsilon = (t - a)/(t - f)$, cut to [0, 1]; rows t, f, a of shape (3, …) in, (…) out.

    The hypotheses $(1-\varepsilon)t + \varepsilon f = a$ that the counts do not refuse: what Fieller's quadratic gives
    for large counts, with the variances that hold under each hypothesis. [0, 1] where nothing is refused. Where the
    estimate lies outside [0, 1] and even its nearest end is refused, both bounds are that end.
    """
    counts = _columns(k, n)
    t, f, a = counts[:3] / counts[3:]
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.clip(np.nan_to_num((t - a) / (t - f), nan=0.5), 0.0, 1.0)
    low, high = _ends(_error_statistic, middle, 0.0, 1.0, level, counts)
    refused = np.abs(_error_statistic(middle, *counts)) >= normal_quantile(level)
    low, high = np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), 1.0, high)
    return np.where(refused, middle, low), np.where(refused, middle, high)


def _error_statistic(x: Array, *counts: Array) -> Array:
    weights = np.stack([1 - x, x, -np.ones_like(x)])
    return signed_score(np.stack(counts[:3]), np.stack(counts[3:]), weights)


def _columns(k: ArrayLike, n: ArrayLike) -> Array:
    """Successes, then trials, as rows of shape (2·rates, …)."""
    k, n = np.broadcast_arrays(np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64))
    return np.concatenate([k, n])


def _ends(
    statistic: Callable[..., Array], middle: Array, least: float, most: float, level: float, counts: Array
) -> tuple[Array, Array]:
    """Where the statistic leaves its band on either side of `middle`; `nan` where it does not up to `least`, `most`."""
    height, shape = normal_quantile(level), middle.shape
    flat, columns = np.ravel(middle), [np.ravel(column) for column in counts]
    low = crossing(statistic, flat, np.full(flat.shape, least), height, *columns)
    high = crossing(statistic, flat, np.full(flat.shape, most), height, *columns)
    return low.reshape(shape), high.reshape(shape)
