r"""Contexts whose truth only a judge has told: what their contamination may be, instead of what it looks like.

A judge with rates t and f calls a wrong pair wrong with probability 1 − f and a right one with 1 − t. Of a context of k
pairs it called J wrong. Contaminations c are taken to have a distribution over contexts (no form is assumed; its
likeliest is found by expectation and maximisation: Laird 1978, JASA 73, 805); given c and J the wrong pairs are

$$W = \operatorname{Bin}\!\Big(J, \tfrac{c(1-f)}{c(1-f)+(1-c)(1-t)}\Big)
   + \operatorname{Bin}\!\Big(k - J, \tfrac{c f}{c f + (1-c) t}\Big).$$

The error expected of a cell is the mean of g(W/k) over that law: exact for any g, where putting J/k in its place
distorts the response (Carroll, Ruppert, Stefanski, Crainiceanu 2006, Measurement Error in Nonlinear Models, ch. 4).
"""

from __future__ import annotations

import numpy as np

from boostcalc.odds import Array

__all__ = ["realised_of_judged"]

GRID = 101
"""Contaminations between 0 and 1 that are told apart."""

STEPS = 500
"""Of expectation and maximisation."""

FAINT = 1e-12
"""Mass of a number of wrong pairs that is left out."""


def realised_of_judged(
    size: Array, judged: Array, weight: Array, *, tpr: float, fpr: float
) -> list[tuple[Array, Array]]:
    """What share of each context is wrong, as (shares, probabilities), given what a judge called wrong.

    Parameters
    ----------
    size, judged, weight : array, shape (contexts,)
        Pairs, those of them called wrong, and how many answers were given under such contexts.
    tpr, fpr : float in [0, 1]
        P(judge accepts | correct) and P(accepts | wrong).
    """
    from scipy.stats import binom

    grid = np.linspace(0, 1, GRID)
    called = grid * (1 - fpr) + (1 - grid) * (1 - tpr)
    likelihood = np.asarray(binom.pmf(judged[:, None], size[:, None], called))  # (contexts, grid)
    likelihood = np.where(likelihood.sum(axis=1, keepdims=True) > 0, likelihood, 1.0)  # impossible: says nothing
    prior = np.full(GRID, 1 / GRID)
    for _ in range(STEPS):
        posterior = likelihood * prior
        posterior /= posterior.sum(axis=1, keepdims=True)
        prior = np.average(posterior, axis=0, weights=weight)
    posterior = likelihood * prior
    posterior /= posterior.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):  # rounding may carry what is certain past 1
        if_called = np.minimum(np.nan_to_num(grid * (1 - fpr) / called), 1.0)
        if_not = np.minimum(np.nan_to_num(grid * fpr / (1 - called)), 1.0)
    return [
        _wrong_pairs(int(k), int(j), mass, if_called, if_not)
        for k, j, mass in zip(size, judged, posterior, strict=True)
    ]


def _wrong_pairs(size: int, judged: int, mass: Array, if_called: Array, if_not: Array) -> tuple[Array, Array]:
    """Distribution of the share of wrong pairs, mixed over contaminations by their mass."""
    from scipy.stats import binom

    held = np.flatnonzero(mass > FAINT)
    total = np.zeros(size + 1)
    for place in held:
        of_called = binom.pmf(np.arange(judged + 1), judged, if_called[place])
        of_rest = binom.pmf(np.arange(size - judged + 1), size - judged, if_not[place])
        total += mass[place] * np.convolve(of_called, of_rest)
    kept = np.flatnonzero(total > FAINT)
    return kept / size, total[kept] / total[kept].sum()
