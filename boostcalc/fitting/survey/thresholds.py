"""What each threshold of a survey does, with how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boostcalc.dynamics import Evaluator
from boostcalc.dynamics.evaluators.roc import EmpiricalRoc
from boostcalc.fitting.rates import effective_counts
from boostcalc.fitting.survey.graded import Graded
from boostcalc.odds import Array, Counts
from boostcalc.results import Estimate, finite

__all__ = ["MOST", "Threshold", "bands", "effective", "jeffreys", "kept_levels", "written_score"]

MOST = 50
"""Thresholds that are looked at; where more scores occur, so many of about equal numbers of answers between them."""


def written_score(score: float, scores: Iterable[float]) -> str:
    """A threshold as text from which on the same of these `scores` are accepted: six digits, or as many as that takes.

    >>> written_score(0.25, [0.25, 0.5]), written_score(1 - 2e-9, [1 - 3e-9, 1 - 2e-9])
    ('0.25', '0.999999998')
    """
    below = max((one for one in scores if one < score), default=-np.inf)
    texts = (f"{score:.{digits}g}" for digits in range(6, 17))
    return next((text for text in texts if below < float(text) <= score), repr(float(score)))


@dataclass(frozen=True)
class Threshold:
    """Answers are accepted from this score on.

    Attributes
    ----------
    score : the least score accepted.
    accepted_correct, accepted_wrong : answers of either kind that it accepts.
    tpr_counts, fpr_counts : what these counts are worth, were answers independent.
    tpr, fpr : the rates, with pointwise intervals.
    tpr_band, fpr_band : (low, high) that hold the rates of all thresholds at once.
    likelihood_ratio, acceptance : LR = t/f, and the share of answers accepted at the survey's error rate.
    drop, attempts, floor : what a loop does with it (`Outlook`), as medians over the draws.
    worse : in which share of the draws it accepts wrong answers more often than correct ones.
    wins : in which share of the draws it is best, by objective.
    """

    score: float
    accepted_correct: int
    accepted_wrong: int
    tpr_counts: Counts
    fpr_counts: Counts
    tpr: Estimate
    fpr: Estimate
    tpr_band: tuple[float, float]
    fpr_band: tuple[float, float]
    likelihood_ratio: Estimate
    acceptance: Estimate
    drop: Estimate
    attempts: Estimate
    floor: Estimate
    worse: float
    wins: dict[str, float]

    @property
    def evaluator(self) -> Evaluator:
        """The evaluator that accepts so, its rates known by their effective counts."""
        return Evaluator(self.tpr_counts, self.fpr_counts)

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        record: dict[str, Any] = {"score": finite(self.score)}
        for name in ("accepted_correct", "accepted_wrong", "worse", "wins"):
            record[name] = getattr(self, name)
        for name in ("tpr_counts", "fpr_counts"):
            counts = getattr(self, name)
            record[name] = {"successes": counts.successes, "trials": counts.trials}
        for name in ESTIMATES:
            record[name] = getattr(self, name).to_dict()
        return {**record, "tpr_band": list(self.tpr_band), "fpr_band": list(self.fpr_band)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], *, unbounded: float) -> Threshold:
        """The threshold whose `to_dict` gave this record; a score that JSON cannot hold is `unbounded`."""
        given: dict[str, Any] = dict(record)
        given["score"] = unbounded if given["score"] is None else float(given["score"])
        for name in ("tpr_counts", "fpr_counts"):
            given[name] = Counts(**given[name])
        for name in ESTIMATES:
            given[name] = Estimate.from_dict(given[name])
        for name in ("tpr_band", "fpr_band"):
            low, high = given[name]
            given[name] = (low, high)
        return cls(**given)


ESTIMATES = ("tpr", "fpr", "likelihood_ratio", "acceptance", "drop", "attempts", "floor")


def kept_levels(curve: EmpiricalRoc) -> NDArray[np.intp]:
    """Which of the curve's thresholds are looked at: all, or `MOST` with about as many answers between any two."""
    levels = curve.threshold.size
    if levels <= MOST:
        return np.arange(levels)
    accepted = curve.accepted_correct + curve.accepted_wrong
    wanted = accepted[-1] * np.arange(1, MOST + 1) / MOST
    return np.unique(np.minimum(np.searchsorted(accepted, wanted), levels - 1))


def effective(graded: Graded, curve: EmpiricalRoc, kept: NDArray[np.intp]) -> tuple[list[Counts], list[Counts]]:
    """Effective counts of correct and of wrong answers at each threshold that is looked at."""
    found = []
    for own, accepted, total in (
        (graded.correct, curve.accepted_correct, curve.correct),
        (graded.wrong, curve.accepted_wrong, curve.wrong),
    ):
        if not graded.clustered:
            found.append([Counts(float(accepted[j]), float(total)) for j in kept])
            continue
        judged = graded.by_cluster(own)
        row = []
        for j in kept:
            counts = effective_counts(graded.by_cluster(own * (graded.place <= j)), judged, np.arange(graded.count))
            assert counts is not None  # noqa: S101  # there are answers of both kinds
            row.append(counts)
        found.append(row)
    return found[0], found[1]


def jeffreys(counts: list[Counts], level: float) -> tuple[Array, Array]:
    """Jeffreys intervals, shape (thresholds,) each; 0 and 1 where no or all answers were accepted."""
    return _interval(counts, level, "jeffreys")


def bands(
    graded: Graded,
    curve: EmpiricalRoc,
    kept: NDArray[np.intp],
    worth: tuple[list[Counts], list[Counts]],
    level: float,
) -> tuple[Array, Array]:
    """Intervals of the rates of correct and of wrong answers at the level of a band, shape (2, thresholds) each.

    A threshold at the score of one answer alone counts this one: where k of n of its kind are counted, the rate is
    that of the k-th order statistic, Beta(k, n − k + 1), and not Jeffreys' Beta(k + ½, n − k + ½). Among many
    thresholds it tells. Effective counts of clusters, which are themselves uncertain, have Clopper and Pearson's
    intervals (Korn, Graubard 1998, Survey Methodology 24, 193).
    """
    if graded.clustered:
        low, high = (np.stack(_interval(counts, level, "beta")) for counts in worth)
        return low, high
    found = []
    single = np.diff(curve.accepted_correct + curve.accepted_wrong, prepend=0)[kept] == 1
    for counts, accepted in zip(worth, (curve.accepted_correct, curve.accepted_wrong), strict=True):
        alone = single & (np.diff(accepted, prepend=0)[kept] == 1)
        shifted = [Counts(one.successes - 0.5 * own, one.trials) for one, own in zip(counts, alone, strict=True)]
        found.append(np.stack(_interval(shifted, level, "jeffreys")))
    return found[0], found[1]


def _interval(counts: list[Counts], level: float, method: str) -> tuple[Array, Array]:
    from statsmodels.stats.proportion import proportion_confint

    k, n = (np.array([getattr(one, name) for one in counts]) for name in ("successes", "trials"))
    with np.errstate(invalid="ignore"):
        low, high = proportion_confint(k, n, alpha=1 - level, method=method)
    return np.where(k == 0, 0.0, low), np.where(k == n, 1.0, high)
