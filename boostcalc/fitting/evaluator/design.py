r"""What clustering costs: the design effect of any figure made of rates, and the counts that are left.

A figure is made of sums over clusters: its error is the sum of one deviation a cluster, and their scatter says how
much it varies (the cluster jackknife; MacKinnon, Nielsen, Webb 2023, Journal of Applied Econometrics 38(5)). Over the
variance that independent attempts would have, this is the design effect. Counts divided by it, and by the squared
ratio of Student's quantile for as few clusters to the normal one, are worth as much as so many independent ones (Korn
and Graubard 1998, Survey Methodology 24(2)), and every interval for independent counts can be put to them. The
design effect is that of the very figure: in a ratio or a difference, rates that vary together take it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from boostcalc.fitting.evaluator.score import normal_quantile
from boostcalc.odds import Array

__all__ = ["FEWEST", "LEAST", "Source", "design_effect"]

LEAST = 0.7
"""The least design effect that is believed. Clusters that vary less than independent attempts mostly do so by chance,
which Student's quantile allows for; with a floor of 1 instead, intervals of uncorrelated clusters are too wide."""

FEWEST = 3
"""Clusters needed to see how much they vary."""


@dataclass(frozen=True, eq=False)
class Source:
    """A rate from clustered counts: `successes` of `trials`, arrays of shape (clusters, …)."""

    successes: Array
    trials: Array

    @cached_property
    def total(self) -> Array:
        """Trials in all clusters, shape (…)."""
        return np.asarray(self.trials.sum(axis=0))

    @cached_property
    def rate(self) -> Array:
        """Successes over trials, shape (…); `nan` where there were none."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.successes.sum(axis=0) / self.total)

    @cached_property
    def told(self) -> Source:
        """These counts, but with one verdict the other way where all agree: nothing shows there how clusters vary."""
        agree = (self.rate == 0) | (self.rate == 1)
        if not agree.any():
            return self
        first = np.arange(len(self.trials)).reshape(-1, *(1,) * (self.trials.ndim - 1)) == np.argmax(
            self.trials > 0, axis=0
        )
        other = np.where(self.rate == 0, 1.0, -1.0) * np.minimum(1.0, self.total / 2)
        return Source(np.where(first & agree, self.successes + other, self.successes), self.trials)

    @cached_property
    def variance(self) -> Array:
        """Of the rate if attempts were independent."""
        seen = self.told.rate
        return np.asarray(seen * (1 - seen) / self.total)

    @cached_property
    def share(self) -> Array:
        """The part of the trials that each cluster has, shape (clusters, …)."""
        return np.asarray(self.trials / self.total)

    @cached_property
    def deviation(self) -> Array:
        """How much the rate changes when each cluster is left out, shape (clusters, …)."""
        told = self.told
        with np.errstate(divide="ignore", invalid="ignore"):
            change = (told.successes - told.rate * told.trials) / (self.total * (1 - self.share))
        return np.asarray(np.where(self.share < 1, change, 0.0))


def design_effect(sources: Sequence[Source], slopes: Sequence[Array], level: float) -> Array:
    r"""By how much counts are to be divided for the figure whose derivatives in the sources' rates are `slopes`.

    $\max(0.7, (V/V_0)\,(t_{\nu}/z)^2)$ with V from the clusters' deviations and $V_0$ of independent attempts. ν is the
    lesser of two (Satterthwaite's) degrees of freedom: $(\sum_i e_i)^2/\sum_i e_i^2 - 1$ from the parts $e_i$ of $V_0$
    that the clusters have, which is clusters − 1 where they are equally large, and $2V^2/\operatorname{Var}(V)$ from
    the scatter of the squared deviations, which is small where few clusters make most of V, as with rare verdicts.
    With fewer than `FEWEST` clusters 1: attempts are taken as independent.

    Parameters
    ----------
    sources : of the same clusters.
    slopes : array, shape (…), one for each source.
    level : float in (0, 1)
        Of the interval, for Student's quantile.

    Returns
    -------
    array, shape (…), at least `LEAST`; 1 where a source has no trials.
    """
    from scipy.special import stdtrit

    parts = [np.asarray(b) ** 2 * s.variance * s.share for s, b in zip(sources, slopes, strict=True)]
    expected = np.sum(parts, axis=0)
    moved = np.sum([np.asarray(b) * s.deviation for s, b in zip(sources, slopes, strict=True)], axis=0)
    used = (np.sum([s.trials for s in sources], axis=0) > 0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (used - 1) / used * (moved**2).sum(axis=0) / expected.sum(axis=0)
        squares = moved**2
        scatter = (squares**2).sum(axis=0) - squares.sum(axis=0) ** 2 / used
        seen_df = 2 * squares.sum(axis=0) ** 2 / (scatter * used / (used - 1))
        df = np.fmin(expected.sum(axis=0) ** 2 / (expected**2).sum(axis=0) - 1, seen_df)
        quantile = stdtrit(np.maximum(df, 1.0), (1 + level) / 2) / normal_quantile(level)
        effect = np.maximum(LEAST, ratio * quantile**2)
    return np.where((used >= FEWEST) & np.isfinite(effect), effect, 1.0)
