r"""How far a log lies from a family: deviations in log-odds, and what they leave open where nothing was measured.

No family is exact. Around a fitted one the log-odds of the error in a context (c, k) are taken as

$$\operatorname{logit} g(c, k) + u_k + e_{ck} + e_{\text{cluster}} + \text{bend},$$

with an offset $u_k$ of each context size, and scatter between contexts and between clusters in one context, all normal.
Their variances come from the log, by restricted maximum likelihood on a grid over which predictions are averaged
(Harville 1977, JASA 72, 320). Everything is linear in log-odds around the maximum (a Laplace approximation); the
family's parameters are moved along (generalised least squares, in one step). The bend stands for what no log can tell
of itself: how far the family leaves the model where nothing was measured. It is 0 inside the measured contaminations
and sizes, and beyond grows in proportion to the distance (`BEND`, `STRETCH`) and to the step that the family takes from
the nearest measured context (`SHORT`): one that rises steeply on is more often wrong than one that hardly moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from boostcalc.fitting.likelihood import Maximum, mean_error
from boostcalc.fitting.observations import Observations
from boostcalc.odds import Array

__all__ = ["BEND", "SHORT", "STRETCH", "Misfit", "contexts_of", "misfit_of", "weighed"]

T = TypeVar("T")

BEND = 0.2
"""Standard deviation of the bend, in log-odds for each unit of contamination beyond the measured ones."""

STRETCH = 0.3
"""The same for each e-fold of the context's size beyond the measured sizes."""

SHORT = 0.3
"""The same for each unit of log-odds that the family moves beyond the nearest measured context."""

FARTHEST = 8.0
"""Log-odds beyond which a step no longer counts: families may promise certainty."""

OFFSETS = (0.0, 0.1, 0.2, 0.4, 0.8)
SCATTERS = (0.0, 0.05, 0.1, 0.2, 0.4)
"""The grid of standard deviations, in log-odds."""

NEGLIGIBLE = 0.01
"""Points of the grid that weigh less are left out."""

MOST = 200
"""Contexts that are told apart; more are gathered by neighbouring contamination."""


@dataclass(frozen=True, eq=False)
class Misfit:
    """Residuals of a fitted family by context, and the scale of its deviations.

    Attributes
    ----------
    share, size : array, shape (m,)
        The contexts; size 0 where it plays no part.
    residual, variance : array, shape (m,)
        Mean working residual in log-odds, and its sampling variance.
    slope : array, shape (m, p)
        Derivative of the log-odds by the parameters.
    pull, prior : array, shape (p,)
        Gradient and precision of the parameters' weak prior.
    scales : records (offset, scatter, weight)
        The grid's points that matter.
    between : standard deviation, in log-odds, between clusters (runs, blocks): what one has in common. Where there are
        none, between the cells of one context.
    """

    share: Array
    size: Array
    residual: Array
    variance: Array
    slope: Array
    pull: Array
    prior: Array
    scales: tuple[tuple[float, float, float], ...]
    between: float

    def draw(
        self,
        center: Array,
        slope: Array,
        share: Array,
        size: Array,
        step: Array,
        *,
        observed: bool,
        rng: np.random.Generator,
        draws: int,
        robust: Array | None = None,
    ) -> Array:
        """Log-odds of the error under other contexts, shape (draws, t): of each by itself, not of all together.

        Parameters
        ----------
        center : array, shape (t,)
            The family's log-odds there, at its maximum.
        slope : array, shape (t, p)
            Their derivative by the parameters.
        share, size : array, shape (t,)
        step : array, shape (t,)
            The family's log-odds there less those under the `nearest` measured context.
        observed : bool
            Whether for a new observation, with what its run (or cell) has of its own, or for the response itself.
        robust : array, shape (p, p), optional
            Covariance of the parameters between clusters. Where it gives a wider interval it holds: what contexts of
            one run have in common does not average out over them.
        """
        bend = self.bend(share, size, step)
        chosen = rng.multinomial(draws, [weight for *_, weight in self.scales])
        parts = []
        for (offset, scatter, _), count in zip(self.scales, chosen, strict=True):
            mean, variance = self._conditional(center, slope, size, offset, scatter)
            if robust is not None:
                variance = np.maximum(variance, ((slope @ robust) * slope).sum(axis=1))
            # what one context lies off is the response there: only what clusters differ in a context is not
            variance = variance + bend + scatter**2 + (self.between**2 if observed else 0.0)
            parts.append(rng.normal(mean, np.sqrt(np.maximum(variance, 0.0)), (int(count), len(share))))
        return np.concatenate(parts)

    def nearest(self, share: Array, size: Array) -> tuple[Array, Array]:
        """The measured contaminations and sizes next to these, shape (t,) each; an empty or unknown size stays."""
        filled = self.size > 0
        shares = self.share[filled] if filled.any() else self.share
        if filled.any():
            size = np.where(size > 0, np.clip(size, self.size[filled].min(), self.size.max()), size)
        return np.clip(share, shares.min(), shares.max()), size

    def _conditional(
        self, center: Array, slope: Array, size: Array, offset: float, scatter: float
    ) -> tuple[Array, Array]:
        across = offset**2 * _alike(size, self.size)
        total = offset**2 * _alike(self.size, self.size) + np.diag(self.variance + scatter**2)
        solved = np.linalg.solve(total, np.column_stack([self.residual, self.slope, across.T]))
        p = self.prior.size
        residual, slopes, back = solved[:, 0], solved[:, 1 : 1 + p], solved[:, 1 + p :]
        known = np.linalg.pinv(self.slope.T @ slopes + np.diag(self.prior), hermitian=True)
        moved = known @ (self.slope.T @ residual + self.pull)
        rest = slope - back.T @ self.slope
        mean = center + across @ residual + rest @ moved
        inside = offset**2 - (across * back.T).sum(axis=1) + ((rest @ known) * rest).sum(axis=1)
        return mean, inside

    def bend(self, share: Array, size: Array, step: Array) -> Array:
        """Variance of what the family may be off beyond the measured contexts: each side is one unknown."""
        near, _ = self.nearest(share, size)
        sides = [
            SHORT * np.clip(np.nan_to_num(step), -FARTHEST, FARTHEST),
            BEND * (share - near),
            STRETCH * np.maximum(np.log1p(size) - np.log1p(self.size.max()), 0),
            STRETCH * np.maximum(np.log1p(self.size.min()) - np.log1p(size), 0),
        ]
        return np.asarray(sum(side**2 for side in sides))

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        arrays = {name: getattr(self, name).tolist() for name in ARRAYS}
        return {**arrays, "scales": [list(scale) for scale in self.scales], "between": self.between}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Misfit:
        """The misfit whose `to_dict` gave this record."""
        arrays = {name: np.asarray(record[name], dtype=np.float64) for name in ARRAYS}
        scales = tuple((float(offset), float(scatter), float(weight)) for offset, scatter, weight in record["scales"])
        return cls(**arrays, scales=scales, between=float(record["between"]))


ARRAYS = ("share", "size", "residual", "variance", "slope", "pull", "prior")


def misfit_of(maximum: Maximum, data: Observations) -> Misfit:
    """The deviations of the data from a fitted family; the data are those that it was fitted to."""
    p = mean_error(maximum.response, data)
    spread = np.maximum(p * (1 - p), 0.5 / data.n)
    variance = 1 / (data.n * spread)
    residual, slope = (data.error - p) / spread, maximum.gradient / spread[:, None]
    group, places = contexts_of(data)
    between = _between(residual, variance, group) if data.by == "cell" else _common(residual, variance, data.cluster)
    weight = 1 / (variance + between**2)
    total = np.bincount(group, weight)

    def gathered(values: Array) -> Array:
        return np.asarray(np.bincount(group, weight * values) / total)

    gathered_slope = np.stack([gathered(column) for column in slope.T], axis=1)
    found = Misfit(
        share=places[:, 0],
        size=places[:, 1],
        residual=gathered(residual),
        variance=1 / total,
        slope=gathered_slope,
        pull=maximum.pull,
        prior=maximum.prior,
        scales=(),
        between=between,
    )
    grid = list(product(OFFSETS, SCATTERS))
    kept = weighed(grid, [_restricted(found, *scales) for scales in grid])
    return replace(found, scales=tuple((*scales, weight) for scales, weight in kept))


def weighed(grid: Sequence[T], scores: Sequence[float]) -> list[tuple[T, float]]:
    """The points of a grid that matter, each with its weight: in proportion to exp(score), 1 in all."""
    weights = np.exp(np.asarray(scores) - max(scores))
    kept = np.flatnonzero(weights >= NEGLIGIBLE * weights.sum())
    return [(grid[i], float(weights[i] / weights[kept].sum())) for i in kept.tolist()]


def contexts_of(data: Observations) -> tuple[NDArray[np.intp], Array]:
    """Which context each cell has, and the contexts, shape (m, 2): as they are, or gathered where too many."""
    share, size = np.nan_to_num(data.share), np.nan_to_num(data.size)
    sizes = size
    for step in (0.0, 1 / 64, 1 / 16, 1 / 8):
        near = np.round(share / step) * step if step else share
        if step == 1 / 8:  # sizes too, by their order of magnitude
            sizes = np.asarray(np.round(np.expm1(np.round(np.log1p(size) * 2) / 2)), dtype=np.float64)
        places, group = np.unique(np.stack([near, sizes], axis=1), axis=0, return_inverse=True)
        if len(places) <= MOST:
            break
    return group.ravel(), places


def _between(residual: Array, variance: Array, group: NDArray[np.intp]) -> float:
    """Standard deviation between the cells of one context, beyond sampling (DerSimonian, Laird 1986)."""
    weight = 1 / variance
    total = np.bincount(group, weight)
    mean = np.bincount(group, weight * residual) / total
    excess = float((weight * (residual - mean[group]) ** 2).sum()) - (residual.size - total.size)
    spare = float(weight.sum() - (np.bincount(group, weight**2) / total).sum())
    return float(np.sqrt(max(0.0, excess / spare))) if spare > 0 else 0.0


def _common(residual: Array, variance: Array, cluster: NDArray[np.intp]) -> float:
    """Standard deviation of what the cells of a cluster have in common, beyond sampling (DerSimonian, Laird 1986).

    That of Student's t for so many clusters, as it is used for clusters that have not been seen.
    """
    total = np.bincount(cluster, 1 / variance)
    own = np.bincount(cluster, residual / variance) / total
    few = (total.size - 1) / max(total.size - 3, 1)
    return float(np.sqrt(few)) * _between(own, 1 / total, np.zeros(total.size, dtype=np.intp))


def _alike(size: Array, other: Array) -> Array:
    """1 where two contexts have the same size, else 0, shape (m, n)."""
    return np.asarray(size[:, None] == other, dtype=np.float64)


def _restricted(misfit: Misfit, offset: float, scatter: float) -> float:
    """Restricted log-likelihood of two scales, but for a constant."""
    total = offset**2 * _alike(misfit.size, misfit.size) + np.diag(misfit.variance + scatter**2)
    residual, slopes = np.split(np.linalg.solve(total, np.column_stack([misfit.residual, misfit.slope])), [1], axis=1)
    information = misfit.slope.T @ slopes + np.diag(misfit.prior)
    scale = np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
    even = information / scale[:, None] / scale + 1e-9 * np.eye(scale.size)
    gradient = (misfit.slope.T @ residual[:, 0] + misfit.pull) / scale
    fitted = float(gradient @ np.linalg.solve(even, gradient))
    volume = np.linalg.slogdet(total)[1] + np.linalg.slogdet(even)[1] + 2 * float(np.log(scale).sum())
    return float(-(misfit.residual @ residual[:, 0] - fitted + volume) / 2)
