r"""Tails of the number of votes: binomial, or beta-binomial where votes are correlated.

Of m votes that each accept with probability p, the i-th after j acceptances accepts with probability
$\frac{(1-\rho)p + j\rho}{1 - \rho + (i-1)\rho}$ (Pólya's urn), so that
$P(j) = \binom{m}{j} \prod_{l<j}(\bar p + l\rho) \prod_{l<m-j}(\bar q + l\rho) / \prod_{l<m}(1 - \rho + l\rho)$ with
$\bar p = (1-\rho)p$: the beta-binomial law of mean p and correlation $\rho = 1/(\alpha+\beta+1)$ (Johnson, Kemp and
Kotz 2005, Univariate Discrete Distributions, §6.2.2), and the binomial one at ρ = 0. All sums here have terms of one
sign, so that nothing cancels.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from boostcalc.odds import Array

__all__ = ["Law", "Pair"]


class Pair(NamedTuple):
    """Two rates p < p′, arrays of shape (n,): p, 1 − p and 1 − p′, and ln(p′/p) > 0."""

    low: Array
    low_rest: Array
    high_rest: Array
    log_ratio: Array


class Law(NamedTuple):
    """At least `needed` of `m` votes whose correlation is `rho`; 1 ≤ needed ≤ m, 0 ≤ rho < 1."""

    m: int
    needed: int
    rho: float

    @property
    def refused(self) -> Law:
        """The law of refusals: at least m − needed + 1 of the votes refuse."""
        return Law(self.m, self.m - self.needed + 1, self.rho)

    def log_tail(self, p: Array, rest: Array) -> Array:
        """ln P(at least `needed` accept), shape (n,); `rest` is 1 − p."""
        one = _running(self._factors(np.ones(1), self.m))[-1]
        reached = _running(self._factors(p, self.needed))[-1]
        return np.asarray(reached + self._log_sum(p, rest) - one)

    def log_excess(self, pair: Pair) -> Array:
        r"""$\ln(T(p')/T(p) - 1)$, shape (n,), T being the tail.

        $T(p') - T(p)$ is the chance that a vote makes the difference, the votes before it being those of p and the
        ones after it those of p′, summed over the votes: with $\delta = \bar p' - \bar p$, y acceptances and z refusals
        before it, $\delta \sum_{y<k} \sum_{z \le m-k} \binom{y+z}{y} \binom{m-1-y-z}{k-1-y} \prod_{l<y}(\bar p + l\rho)
        \prod_{y<l<k}(\bar p' + l\rho) \prod_{l<z}(\bar q + l\rho) \prod_{z<l\le m-k}(\bar q' + l\rho)
        / \prod_{l<m}(1 - \rho + l\rho)$.
        """
        steps = self._steps(pair)
        after = _running(_softplus(steps[:0:-1]))[::-1]
        first = steps + after
        spare = self.m - self.needed
        before = _running(self._factors(pair.low_rest, spare))
        later = _running(self._factors(pair.high_rest, spare + 1)[:0:-1])[::-1]
        second = before + later
        heights = first.max(axis=0), second.max(axis=0)
        weights = _orders(self.m, self.needed).T @ np.exp(first - heights[0])
        total = (weights * np.exp(second - heights[1])).sum(axis=0)
        return np.asarray(np.log(total) + heights[0] + heights[1] - self._log_sum(pair.low, pair.low_rest))

    def log_ratio(self, pair: Pair) -> Array:
        """ln(T(p′)/T(p)), shape (n,); all of them needed: one factor a vote."""
        if self.needed < self.m:
            return _softplus(self.log_excess(pair))
        return self.m * pair.log_ratio if self.rho == 0 else _running(_softplus(self._steps(pair)))[-1]

    def _steps(self, pair: Pair) -> Array:
        r"""$\ln\frac{\delta}{\bar p + l\rho}$ for l < needed, shape (needed, n)."""
        gap = np.where(pair.log_ratio < 1, np.log(np.expm1(np.minimum(pair.log_ratio, 1.0))), 0.0)
        gap = np.where(pair.log_ratio < 1, gap, pair.log_ratio + np.log1p(-np.exp(-pair.log_ratio)))
        older = np.arange(self.needed)[:, None] * (self.rho / (1 - self.rho))
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # a rate may be below the least double
            before = np.where(older > 0, older / pair.low, 0.0)
        return np.asarray(gap - np.log1p(before))

    def _factors(self, p: Array, count: int) -> Array:
        r"""$\ln(\bar p + l\rho)$ for l < count, shape (count, n)."""
        factors = np.log((1 - self.rho) * p + self.rho * np.arange(count)[:, None])
        factors[:1] = np.log(p) + np.log1p(-self.rho)  # their product may be below the least double
        return np.asarray(factors)

    def _log_sum(self, p: Array, rest: Array) -> Array:
        """The logarithm of the tail over its first `needed` factors, without the common divisor."""
        up = _running(self._factors(p, self.m)[self.needed :])
        down = _running(self._factors(rest, self.m - self.needed))[::-1]
        terms = up + down + np.log(_pascal(self.m)[self.m, self.needed :, None])
        height = terms.max(axis=0)
        return np.asarray(height + np.log(np.exp(terms - height).sum(axis=0)))


def _softplus(x: Array) -> Array:
    """ln(1 + e^x)."""
    return np.asarray(np.logaddexp(0.0, x))


def _running(terms: Array) -> Array:
    """The sums of the first 0, 1, … terms along axis 0, compensated (Neumaier 1974); a term may be −∞."""
    total, lost = np.zeros(terms.shape[1:]), np.zeros(terms.shape[1:])
    sums = [total]
    for term in terms:
        new = total + term
        with np.errstate(invalid="ignore"):
            slip = np.where(np.abs(total) >= np.abs(term), (total - new) + term, (term - new) + total)
        total, lost = new, lost + np.where(np.isfinite(new), slip, 0.0)
        sums.append(total + lost)
    return np.stack(sums)


@lru_cache(maxsize=8)
def _pascal(m: int) -> Array:
    """Binomial coefficients of 0…m, shape (m + 1, m + 1)."""
    rows = np.zeros((m + 1, m + 1))
    rows[:, 0] = 1
    for n in range(1, m + 1):
        rows[n, 1:] = rows[n - 1, 1:] + rows[n - 1, :-1]
    return rows


@lru_cache(maxsize=8)
def _orders(m: int, k: int) -> Array:
    """Orders of y acceptances, z refusals, the deciding vote and the others after it, shape (k, m − k + 1)."""
    pascal = _pascal(m)
    y, z = np.arange(k)[:, None], np.arange(m - k + 1)
    return np.asarray(pascal[y + z, y] * pascal[m - 1 - y - z, k - 1 - y])
