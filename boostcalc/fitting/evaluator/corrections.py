r"""Error rates when most answers have a verdict and few have a truth: the estimators, one function each.

All take `Verdicts`, whose arrays have shape (clusters, …): one cluster where attempts are independent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from boostcalc.fitting.evaluator.design import FEWEST, Source, design_effect
from boostcalc.fitting.evaluator.intervals import difference_interval, error_interval, rate_interval
from boostcalc.fitting.evaluator.rates import shrunk
from boostcalc.fitting.evaluator.score import normal_quantile
from boostcalc.fitting.evaluator.verdicts import Verdicts
from boostcalc.odds import Array

__all__ = ["APART", "METHODS", "RANDOM", "Corrected", "delta", "labels_alone", "post_stratified", "ppi", "score"]


class Corrected(NamedTuple):
    """Estimates and their intervals, arrays of shape (…); the value is `nan` where the data identify none."""

    value: Array
    low: Array
    high: Array


def score(seen: Verdicts, level: float) -> Corrected:
    r"""Rogan–Gladen's $(t - a)/(t - f)$ with the score interval of `intervals.error_interval`.

    The error is not identified where the score interval of t − f holds 0: anything from 0 to 1 is then allowed.
    """
    sources = (seen.correct, seen.wrong, seen.unknown)
    value, slopes = _rogan_gladen(sources)
    one = np.ones(())
    gap = difference_interval(*shrunk(sources[:2], (one, -one), level), level)
    open_ended = (gap[0] <= 0) & (gap[1] >= 0)
    low, high = error_interval(*shrunk(sources, slopes, level), level)
    inside = np.clip(value, 0.0, 1.0)
    return Corrected(
        np.where(open_ended, np.nan, inside),
        np.where(open_ended, 0.0, np.fmin(low, inside)),
        np.where(open_ended, 1.0, np.fmax(high, inside)),
    )


def delta(seen: Verdicts, level: float) -> Corrected:
    r"""Rogan–Gladen's estimate, ± its first-order deviation: for large counts and t far from f only.

    The variance is $(V_a + (1-\varepsilon)^2 V_t + \varepsilon^2 V_f)/(t-f)^2$, as in the theorem `rogan-gladen`.
    """
    sources = (seen.correct, seen.wrong, seen.unknown)
    value, slopes = _rogan_gladen(sources)
    plain = np.sum([slope**2 * _plug_in(source) for slope, source in zip(slopes, sources, strict=True)], axis=0)
    half = normal_quantile(level) * np.sqrt(plain * design_effect(sources, slopes, level))
    known = np.isfinite(value)
    low, high = np.where(known, value - half, 0.0), np.where(known, value + half, 1.0)
    return Corrected(np.clip(np.where(known, value, np.nan), 0, 1), np.clip(low, 0, 1), np.clip(high, 0, 1))


def post_stratified(seen: Verdicts, level: float) -> Corrected:
    r"""$a\,c + (1-a)\,d$ with the errors c among the accepted and d among the rejected of a random labelled sample.

    a is the share accepted of all verdicts. This is the maximum likelihood of the whole table, and what prediction
    powered inference comes to with the best weight on a verdict of two values; no estimate is more efficient in large
    samples. Its variance $a^2 V_c + (1-a)^2 V_d + (c-d)^2 V_a$ makes it worth so many labels, ε(1 − ε)/V, and the
    interval is the Agresti–Coull one for that many.
    """
    accepted = Source(seen.wrong.successes, seen.accepted.trials)
    refused = Source(
        seen.wrong.trials - seen.wrong.successes,
        seen.wrong.trials + seen.correct.trials - seen.wrong.successes - seen.correct.successes,
    )
    a, c, d = seen.judged.rate, accepted.rate, refused.rate
    sources = (accepted, refused, seen.judged)
    slopes = (a, 1 - a, c - d)
    value = np.asarray(a * c + (1 - a) * d)
    variance = np.sum([slope**2 * source.variance for slope, source in zip(slopes, sources, strict=True)], axis=0)
    variance = variance * design_effect(sources, slopes, level)
    total = seen.correct.total + seen.wrong.total
    hidden = np.clip(value, 0.5 / total, 1 - 0.5 / total)  # all labels alike: as if half a one were not
    worth = np.minimum(hidden * (1 - hidden) / variance, seen.judged.total)
    low, high = rate_interval(value * worth, worth, level)
    return Corrected(value, low, high)


def ppi(seen: Verdicts, level: float) -> Corrected:
    r"""Prediction-powered estimate with power tuning: $\bar y + \lambda(\bar r' - \bar r)$ and its normal interval.

    y says whether a labelled answer is wrong, r whether it was rejected, r′ whether an unlabelled one was;
    $\lambda = \operatorname{Cov}(y, r)/((1 + n/N)\operatorname{Var}(r))$, cut to [0, 1] (Angelopoulos, Duchi, Zrnic
    2023, PPI++, arXiv 2311.01453).
    """
    n, big = seen.correct.total + seen.wrong.total, seen.unknown.total
    y = Source(seen.wrong.trials, seen.correct.trials + seen.wrong.trials)
    refused = y.trials - seen.correct.successes - seen.wrong.successes
    r, other = Source(refused, y.trials), Source(seen.unknown.trials - seen.unknown.successes, seen.unknown.trials)
    both = (seen.wrong.trials - seen.wrong.successes).sum(axis=0) / n
    covariance = both - y.rate * r.rate
    pooled = (refused.sum(axis=0) + other.successes.sum(axis=0)) / (n + big)
    spread = pooled * (1 - pooled)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.clip(np.nan_to_num(covariance / ((1 + n / big) * spread)), 0, 1)
    value = y.rate + weight * (other.rate - r.rate)
    within = y.rate * (1 - y.rate) + weight**2 * r.rate * (1 - r.rate) - 2 * weight * covariance
    variance = within / n + weight**2 * other.rate * (1 - other.rate) / big
    quantile = normal_quantile(level)
    if len(y.trials) >= FEWEST:
        from scipy.special import stdtrit

        count = len(y.trials)
        moved = y.deviation + weight * (other.deviation - r.deviation)
        variance = np.maximum(variance, (count - 1) / count * (moved**2).sum(axis=0))
        quantile = float(stdtrit(count - 1, (1 + level) / 2))
    half = quantile * np.sqrt(variance)
    return Corrected(np.clip(value, 0, 1), np.clip(value - half, 0, 1), np.clip(value + half, 0, 1))


def labels_alone(seen: Verdicts, level: float) -> Corrected:
    """The share of wrong answers among the labelled ones: what is had without any verdict."""
    y = Source(seen.wrong.trials, seen.correct.trials + seen.wrong.trials)
    k, n = shrunk([y], [np.ones(())], level)
    return Corrected(y.rate, *rate_interval(k[0], n[0], level))


Estimator = Callable[[Verdicts, float], Corrected]

APART: dict[str, Estimator] = {"score": score, "delta": delta}
"""For answers labelled somewhere else, as long as t and f are the same there; the default first."""

RANDOM: dict[str, Estimator] = {"post-stratified": post_stratified, "ppi++": ppi, "labels": labels_alone}
"""For a random sample of the very answers whose error is asked for; the default first."""

METHODS: dict[str, Estimator] = {**APART, **RANDOM}


def _rogan_gladen(sources: tuple[Source, Source, Source]) -> tuple[Array, tuple[Array, Array, Array]]:
    """The estimate and its slopes in t, f and a."""
    t, f, a = (source.rate for source in sources)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray((t - a) / (t - f))
        # slopes where the design effect is asked for: at an error within its range, by a gap that is not 0
        e = np.clip(np.nan_to_num(value, nan=0.5), 0.0, 1.0)
        gap = np.where(t == f, 1.0, t - f)
    return value, (np.asarray((1 - e) / gap), np.asarray(e / gap), np.asarray(-1 / gap))


def _plug_in(source: Source) -> Array:
    return np.asarray(source.rate * (1 - source.rate) / source.total)
