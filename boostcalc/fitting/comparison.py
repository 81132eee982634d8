"""Families compared by how well they predict clusters that they were not fitted to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boostcalc.errors import DataError, FitError
from boostcalc.fitting.likelihood import log_density, maximise
from boostcalc.fitting.observations import Observations
from boostcalc.odds import Array
from boostcalc.responses import Curve

__all__ = ["FOLDS", "held_out", "stacking_weights"]

FOLDS = 10
"""At most this many parts; a cluster is never split between fitting and scoring."""


def held_out(families: Sequence[type[Curve]], data: Observations) -> Array:
    """Log predictive density of each cluster under each family fitted without it, shape (clusters, families).

    `-inf` where the family calls what was seen impossible.

    Raises
    ------
    DataError
        If there are too few clusters to hold any out.
    """
    clusters = data.n_clusters
    if clusters < 3:
        raise DataError("fewer than three independent cells: no family can be tested on data that it has not seen")
    fold = np.arange(clusters) % min(FOLDS, clusters)
    scores = np.zeros((clusters, len(families)))
    for part in range(fold.max() + 1):
        out = fold[data.cluster] == part
        seen, unseen = data.take(~out), data.take(out)
        for column, family in enumerate(families):
            density = _score(family, seen, unseen)
            np.add.at(scores[:, column], data.cluster[out], density)
    return scores


def stacking_weights(scores: Array) -> Array:
    r"""Weights of the mixture of families that predicts held-out clusters best, shape (families,).

    Maximises $\sum_i \ln \sum_k w_k p_{ik}$ over the simplex (Yao, Vehtari, Simpson, Gelman 2018, Bayesian
    Analysis 13(3)).

    Parameters
    ----------
    scores : array, shape (clusters, families)
        Log predictive densities, as from `held_out`.
    """
    from scipy.optimize import LinearConstraint, minimize

    best = scores.max(axis=1, keepdims=True)
    relative = np.exp(scores - np.where(np.isfinite(best), best, 0.0))
    relative = relative[relative.any(axis=1)]  # a cluster that every family calls impossible cannot choose
    count = scores.shape[1]
    if count == 1 or not len(relative):
        return np.full(count, 1 / count)
    start = np.full(count, 1 / count)
    simplex = LinearConstraint(np.ones(count), 1, 1)

    def loss(weights: Array) -> tuple[float, Array]:
        mixed = relative @ weights
        return -float(np.log(mixed).mean()), -(relative / mixed[:, None]).mean(axis=0)

    found = minimize(
        loss,
        start,
        jac=True,
        method="SLSQP",
        bounds=[(1e-12, 1)] * count,
        constraints=[simplex],
        options={"ftol": 1e-12},
    )
    if not found.success:
        raise FitError(f"the families' weights did not converge: {found.message}", partial=found.x)
    return np.asarray(found.x / found.x.sum())


def _score(family: type[Curve], seen: Observations, unseen: Observations) -> Array:
    try:
        return log_density(maximise(family, seen).response, unseen)
    except FitError:
        return np.full(unseen.n.shape, -np.inf)
