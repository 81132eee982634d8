r"""How far single loops may lie off a fitted family: what a log shows at its contexts, carried to those between.

Around a family's maximum the log-odds of the error are taken as $\operatorname{logit} g(c, k) + \delta(c, k)$ with a
smooth Gaussian process δ (squared exponential in c and in ln(1 + k)) and scatter between contexts; their variances
are averaged over by their marginal likelihood on a grid (Rasmussen, Williams 2006, Gaussian Processes for Machine
Learning, §2.2 and §5.4). A context with y wrong of n answers where the family expects a share p shows the deviation
logit q − logit p, q = (y + p)/(n + 1), with the variance of the log-odds of q.

`misfit` is about the same, seen from what is asked of one context: there the parameters move along with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from boostcalc.fitting.likelihood import Maximum, mean_error
from boostcalc.fitting.misfit import Misfit, contexts_of, weighed
from boostcalc.fitting.observations import Observations
from boostcalc.odds import Array, logit

__all__ = ["Deviation", "deviation_of"]

NEAR = (0.2, 1.0)
"""Contamination, and e-folds of the context's size, over which what a family is off stays alike."""

SMOOTHS = {0.0: 0.4, 0.1: 0.25, 0.3: 0.25, 0.9: 0.1}
"""Standard deviations of δ, in log-odds, and how likely each is beforehand."""

SCATTERS = (0.0, 0.1, 0.3)
"""Those of the scatter."""


class Scale(NamedTuple):
    """A point of the grid: standard deviations of δ and of the scatter, and its weight."""

    smooth: float
    scatter: float
    weight: float


@dataclass(frozen=True, eq=False)
class Deviation:
    """What the contexts of a log show, and the scales of the deviations.

    Attributes
    ----------
    share, size : array, shape (m,)
        The contexts; size 0 where it plays no part.
    shown, variance : array, shape (m,)
        The deviation that each shows, in log-odds, and its sampling variance.
    between : standard deviation, in log-odds, between runs (0 where a log has no clusters).
    scales : the points of the grid that matter.
    """

    share: Array
    size: Array
    shown: Array
    variance: Array
    between: float
    scales: tuple[Scale, ...]

    def path(self, share: Array, size: float) -> Array:
        """What is to be expected along these contaminations of contexts of one size, shape (t,)."""
        return np.asarray(sum(scale.weight * self._posterior(share, size, scale)[0] for scale in self.scales))

    def paths(self, share: Array, size: float, *, rng: np.random.Generator, draws: int) -> Array:
        """Draws of it, shape (draws, t), with what runs differ by, which is the same along each path."""
        chosen = rng.multinomial(draws, [scale.weight for scale in self.scales])
        parts = []
        for scale, count in zip(self.scales, chosen, strict=True):
            mean, left = self._posterior(share, size, scale)
            values, vectors = np.linalg.eigh(left)
            wiggle = rng.normal(size=(int(count), share.size)) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
            parts.append(mean + wiggle + rng.normal(0.0, np.hypot(scale.scatter, self.between), (int(count), 1)))
        return rng.permutation(np.concatenate(parts))

    def _posterior(self, share: Array, size: float, scale: Scale) -> tuple[Array, Array]:
        """Mean (t,) and covariance (t, t) of δ there."""
        asked, own = (share, np.full(share.shape, size)), (self.share, self.size)
        across = _alike(asked, own, scale)
        solved = np.linalg.solve(self._total(scale), np.column_stack([self.shown, across.T]))
        return across @ solved[:, 0], _alike(asked, asked, scale) - across @ solved[:, 1:]

    def _total(self, scale: Scale) -> Array:
        own = self.share, self.size
        return _alike(own, own, scale) + np.diag(self.variance + scale.scatter**2)

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        arrays = {name: getattr(self, name).tolist() for name in ARRAYS}
        return {**arrays, "between": self.between, "scales": [list(scale) for scale in self.scales]}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Deviation:
        """The deviation whose `to_dict` gave this record."""
        arrays = {name: np.asarray(record[name], dtype=np.float64) for name in ARRAYS}
        scales = tuple(Scale(*map(float, scale)) for scale in record["scales"])
        return cls(**arrays, between=float(record["between"]), scales=scales)


ARRAYS = tuple(spec.name for spec in fields(Deviation) if spec.type == "Array")


def deviation_of(maximum: Maximum, data: Observations, misfit: Misfit) -> Deviation:
    """The deviations of the data from a fitted family; the data are those that it was fitted to."""
    group, places = contexts_of(data)
    n, wrong, expected = (
        np.bincount(group, x) for x in (data.n, data.n_wrong, data.n * mean_error(maximum.response, data))
    )
    p = np.clip(expected / n, 1e-12, 1 - 1e-12)
    q = (wrong + p) / (n + 1)
    # what clusters (else cells) differ by does not average out within one of them
    apart = np.unique(np.stack([group, data.cluster]), axis=1)[0]
    found = Deviation(
        share=places[:, 0],
        size=places[:, 1],
        shown=logit(q) - logit(p),
        variance=1 / ((n + 1) * q * (1 - q)) + misfit.between**2 / np.bincount(apart),
        between=misfit.between if data.by != "cell" else 0.0,
        scales=(),
    )
    grid = [Scale(smooth, scatter, weight) for (smooth, weight), scatter in product(SMOOTHS.items(), SCATTERS)]
    kept = weighed(grid, [_marginal(found, scale) + float(np.log(scale.weight)) for scale in grid])
    return replace(found, scales=tuple(scale._replace(weight=weight) for scale, weight in kept))


def _alike(one: tuple[Array, Array], other: tuple[Array, Array], scale: Scale) -> Array:
    """Covariance of δ between contexts, shape (m, n)."""
    share, size = (
        ((a[:, None] - b) / near) ** 2
        for a, b, near in zip((one[0], np.log1p(one[1])), (other[0], np.log1p(other[1])), NEAR, strict=True)
    )
    return np.asarray(scale.smooth**2 * np.exp(-(share + size) / 2))


def _marginal(deviation: Deviation, scale: Scale) -> float:
    """Log-likelihood of the scales, but for a constant."""
    total = deviation._total(scale)
    return float(-(deviation.shown @ np.linalg.solve(total, deviation.shown) + np.linalg.slogdet(total)[1]) / 2)
