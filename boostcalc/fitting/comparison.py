"""Families compared by how well they predict clusters that they were not fitted to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boostcalc.errors import DataError, FitError
from boostcalc.fitting.likelihood import log_density, maximise, mean_error
from boostcalc.fitting.observations import Observations
from boostcalc.odds import Array
from boostcalc.responses import Response

__all__ = ["FOLDS", "held_out", "scatter_of", "stacking_weights"]

FEWEST = 3
"""Parts needed to hold one out."""

RESAMPLED = 200
"""Draws of the clusters' weights."""

MANY = 2_000
"""Clusters beyond which resampling changes nothing that matters."""

STEPS, TOLERANCE = 2_000, 1e-6
"""Of the search for weights."""

FOLDS = 10
"""At most this many parts; a cluster is never split between fitting and scoring."""


def held_out(families: Sequence[type[Response] | Response], data: Observations) -> Array:
    """Log predictive density of each cluster under each family fitted without it, shape (clusters, families).

    Beta-binomial, with as much scatter as the family left among the clusters it was fitted to; `-inf` where it calls
    what was seen impossible. Empty contexts are fitted where a family knows of them, and not scored. A member of a
    family stands for it, and is where its fits start.

    Raises
    ------
    DataError
        If there are too few clusters to hold any out.
    """
    scored = np.unique(data.cluster[data.filled])
    clusters = scored.size
    if clusters < FEWEST:
        raise DataError("fewer than three independent cells: no family can be tested on data that it has not seen")
    fold = np.full(data.n_clusters, -1)
    fold[scored] = np.arange(clusters) % min(FOLDS, clusters)
    scores = np.zeros((data.n_clusters, len(families)))
    for part in range(fold.max() + 1):
        out = fold[data.cluster] == part
        tested = out & data.filled
        unseen = data.take(tested)
        for column, family in enumerate(families):
            density = _score(family, data.take(~out), unseen)
            np.add.at(scores[:, column], data.cluster[tested], density)
    return np.asarray(scores[scored])


def scatter_of(response: Response, data: Observations) -> float:
    r"""Correlation ρ of the answers of one cell beyond the response, by moments: variance $np(1-p)(1+(n-1)\rho)$."""
    p, n = mean_error(response, data), data.n
    variance = n * p * (1 - p)
    seen = variance > 0
    spare = float(seen.sum()) - len(response.parameters)
    more = float((n[seen] - 1).sum())
    if spare <= 0 or more <= 0:
        return 0.0
    chi2 = float(((data.n_wrong - n * p)[seen] ** 2 / variance[seen]).sum())
    return float(np.clip((chi2 / spare - 1) * seen.sum() / more, 0.0, 0.9))


def stacking_weights(scores: Array) -> Array:
    r"""Weights of the mixture of families that predicts held-out clusters best, shape (families,).

    Maximises $\sum_i v_i \ln \sum_k w_k p_{ik}$ over the simplex (Yao, Vehtari, Simpson, Gelman 2018, Bayesian
    Analysis 13(3)), by expectation and maximisation, and averages over draws of the clusters' weights v (Rubin 1981,
    the Bayesian bootstrap): few clusters cannot rule a family out, and do not.

    Parameters
    ----------
    scores : array, shape (clusters, families)
        Log predictive densities, as from `held_out`.
    """
    best = scores.max(axis=1, keepdims=True)
    relative = np.exp(scores - np.where(np.isfinite(best), best, 0.0))
    relative = relative[relative.any(axis=1)]  # a cluster that every family calls impossible cannot choose
    clusters, count = relative.shape
    if count == 1 or not clusters:
        return np.full(count, 1 / count)
    rng = np.random.default_rng(0)
    draws = RESAMPLED if clusters <= MANY else 1
    drawn = rng.dirichlet(np.ones(clusters), draws) if draws > 1 else np.full((1, clusters), 1 / clusters)
    weights = np.full((draws, count), 1 / count)
    for _ in range(STEPS):
        mixed = weights @ relative.T  # (draws, clusters)
        moved = weights * ((drawn / mixed) @ relative)
        done = np.abs(moved - weights).max() < TOLERANCE
        weights = moved
        if done:
            break
    mean = weights.mean(axis=0)
    return np.asarray(mean / mean.sum())


def _score(family: type[Response] | Response, seen: Observations, unseen: Observations) -> Array:
    kind, start = (type(family), family) if isinstance(family, Response) else (family, None)
    told = seen.told_by(kind)
    try:
        found = maximise(kind, told, start).response
        return log_density(found, unseen, scatter_of(found, told))
    except FitError:
        return np.full(unseen.n.shape, -np.inf)
