r"""What else the rates at all thresholds may be, jointly: the Bayesian bootstrap over what is independent.

Each cluster has a random weight; half an answer above the highest score and half of one below the lowest stand
for what was not seen. Where answers are independent, the share of n answers that a threshold accepts, k of which it
did, is then $\operatorname{Beta}(k + \frac12, n - k + \frac12)$ at *every* threshold (the Jeffreys posterior),
and rates rise from threshold to threshold in each draw (Rubin 1981, Annals of Statistics 9, 130).
"""

from __future__ import annotations

import numpy as np

from boostcalc.fitting.rates import LEVEL_OF_DF
from boostcalc.odds import Array, Counts

__all__ = ["draw_rates", "simultaneous_level"]

LEAST_SHAPE = 0.1
"""Of the weights' gamma distribution: with very few clusters they would have to vary more than any has."""


def draw_rates(
    tables: tuple[Array, Array],
    worth: tuple[list[Counts], list[Counts]],
    rng: np.random.Generator,
    size: int,
    *,
    clustered: bool,
) -> tuple[Array, Array]:
    """Rates of correct and of wrong answers at each threshold, shape (size, thresholds) each, rising along the last.

    Parameters
    ----------
    tables : arrays, shape (clusters, thresholds)
        Answers of either kind that each threshold accepts and the stricter one does not.
    worth : effective counts of either kind at each threshold
        They say how many answers of a cluster are worth one: as much counts an answer that was not seen.
    clustered : bool
        Whether clusters have one weight each for both kinds of answer; else each answer has its own.
    """
    weights = None
    if clustered:
        shape = _shape(tables[0].shape[0])
        weights = rng.standard_gamma(shape, (size, tables[0].shape[0])) / shape
    found = []
    for table, counts in zip(tables, worth, strict=True):
        mass = rng.standard_gamma(table[0], (size, table.shape[1])) if weights is None else weights @ table
        unit = float(np.median([table.sum() / one.trials for one in counts]))
        unseen = unit * rng.standard_gamma(0.5, (2, size))
        accepted = unseen[0][:, None] + np.cumsum(mass, axis=1)
        found.append(accepted / (accepted[:, -1] + unseen[1])[:, None])
    return found[0], found[1]


def simultaneous_level(rates: tuple[Array, ...], level: float) -> float:
    """The level at which pointwise intervals hold the rates of all thresholds at once in `level` of the draws.

    Each rate's rank among its draws says how far out it lies; a draw lies as far out as its outermost rate.
    """
    both = np.concatenate(rates, axis=1)
    size = both.shape[0]
    rank = (both.argsort(axis=0).argsort(axis=0) + 0.5) / size
    outermost = 1 - 2 * np.minimum(rank, 1 - rank).min(axis=1)
    return float(max(np.quantile(outermost, level), level))


def _shape(clusters: int) -> float:
    """Of gamma weights under which a mean over clusters varies as its jackknife and Student's t say.

    Weights of shape κ give it the variance s²/(κC + 1) about, for C clusters; it should be s²/(C − 1), the wider by
    the ratio of t quantiles for as few.
    """
    from scipy.stats import norm
    from scipy.stats import t as student

    upper = (1 + LEVEL_OF_DF) / 2
    ratio = student.ppf(upper, clusters - 1) / norm.ppf(upper)
    return float(max(((clusters - 1) / ratio**2 - 1) / clusters, LEAST_SHAPE))
