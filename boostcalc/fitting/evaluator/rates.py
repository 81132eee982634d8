"""The evaluator's rates and what is made of them, each with an interval that knows of clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from boostcalc.fitting.evaluator.design import Source, design_effect
from boostcalc.fitting.evaluator.intervals import difference_interval, rate_interval, ratio_interval
from boostcalc.odds import Array, Counts
from boostcalc.results import Estimate, finite

__all__ = ["effective", "rate_estimate", "ratio_estimate", "shrunk", "youden_estimate"]


def shrunk(sources: Sequence[Source], slopes: Sequence[Array], level: float) -> tuple[Array, Array]:
    """Successes and trials of the sources, divided by the design effect of one figure: shapes (sources, …)."""
    effect = design_effect(sources, slopes, level)
    trials = np.stack([source.total for source in sources]) / effect
    return np.stack([source.rate for source in sources]) * trials, trials


def effective(source: Source, level: float) -> Counts | None:
    """A rate as counts of independent trials that are worth as much; None where there are none."""
    if source.total == 0:
        return None
    successes, trials = shrunk([source], [np.ones(())], level)
    return Counts(min(float(successes[0]), float(trials[0])), float(trials[0]))


def rate_estimate(source: Source, level: float) -> Estimate:
    """A rate with its Agresti–Coull interval on effective counts; value None where there are no trials."""
    counts = effective(source, level)
    if counts is None:
        return Estimate(None)
    low, high = rate_interval(counts.successes, counts.trials, level)
    return Estimate(float(source.rate), float(low), float(high), level)


def ratio_estimate(correct: Source, wrong: Source, level: float) -> Estimate:
    """The likelihood ratio t/f with its score interval (Koopman 1984) on effective counts.

    Value None where no wrong answer was accepted: the interval is then unbounded above.
    """
    slopes = (1 / correct.told.rate, -1 / wrong.told.rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(correct.rate / wrong.rate)
    return _compared(ratio_interval, value, correct, wrong, slopes, level)


def youden_estimate(correct: Source, wrong: Source, level: float) -> Estimate:
    """Youden's J = t − f with its score interval (Mee 1984) on effective counts."""
    one = np.ones(())
    return _compared(difference_interval, float(correct.rate - wrong.rate), correct, wrong, (one, -one), level)


def _compared(
    interval: Callable[..., tuple[Array, Array]],
    value: float,
    correct: Source,
    wrong: Source,
    slopes: tuple[Array, Array],
    level: float,
) -> Estimate:
    if correct.total == 0 or wrong.total == 0:
        return Estimate(None)
    low, high = interval(*shrunk((correct, wrong), slopes, level), level)
    return Estimate(finite(value), float(low), finite(float(high)), level)
