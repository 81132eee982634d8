"""What has to be said about a survey, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boostcalc.dynamics.evaluators.roc import EmpiricalRoc
from boostcalc.fitting.survey.binormal import BinormalFit
from boostcalc.fitting.survey.choice import Choice
from boostcalc.fitting.survey.graded import Graded
from boostcalc.fitting.survey.thresholds import Threshold, written_score
from boostcalc.results import Estimate
from boostcalc.runs import Runs

__all__ = ["notes", "status"]


def status(curve: EmpiricalRoc, auc: Estimate, chosen: Sequence[Choice]) -> str:
    """What the scores tell, and from which one on to accept."""
    low, high = auc.low or 0.0, 1.0 if auc.high is None else auc.high
    if low > 0.5:
        told = "the scores tell correct answers from wrong ones"
    elif high < 0.5:
        told = "the scores prefer wrong answers: taken the other way round they would tell"
    else:
        told = "the scores do not tell correct answers from wrong ones surely: an area of 0.5 is in the interval"
    best = next((choice.threshold for choice in chosen if choice.objective == "fastest"), None)
    accept = "" if best is None else f"; accept from {written_score(best, curve.threshold)} on for the fastest rounds"
    return (
        f"{curve.correct:,} correct and {curve.wrong:,} wrong answers at {curve.threshold.size:,} scores: area under "
        f"the curve {auc}; {told}{accept}."
    )


def notes(
    log: Runs,
    data: Graded,
    curve: EmpiricalRoc,
    auc: Estimate,
    rows: Sequence[Threshold],
    binormal: BinormalFit | None,
    degenerate: str,
    level: float,
) -> tuple[str, ...]:
    """Crossings of the diagonal, curves that do not fit, and what was not read."""
    said = [*_crossings(rows, level), *_of_binormal(rows, binormal, degenerate)]
    if len(rows) < curve.threshold.size:
        said.append(
            f"{len(rows)} of {curve.threshold.size:,} scores are looked at, with about as many answers between any two"
        )
    if data.n_unknown:
        said.append(f"{data.n_unknown:,} graded answers of unknown truth are left out")
    if data.few:
        said.append(f"answers are not clustered by {data.few}: there are too few of that to see how much they vary")
    said += log.notes
    if log.unread:
        said.append(log.unread.said(log.source))
    if log.ignored:
        hint = "" if data.clustered else "; one that says which answers belong together would cluster them"
        example = f" (--map query={log.ignored[0]})" if hint else ""
        said.append(f"columns not read: {', '.join(log.ignored)}{hint}{example}")
    return tuple(said)


def _crossings(rows: Sequence[Threshold], level: float) -> list[str]:
    """Thresholds at which wrong answers are accepted more often than correct ones."""
    # the last one accepts all, as no judge would
    below = [one for one in rows[:-1] if one.tpr.value is not None and one.tpr.value < (one.fpr.value or 0.0)]
    if not below:
        return []
    surely = [one for one in below if one.worse > (1 + level) / 2]
    if not surely:
        return [
            f"from {_listed(below, rows)} on wrong answers were accepted more often than correct ones, though no more "
            "than chance may make it"
        ]
    where = "every threshold" if len(surely) == len(rows) - 1 else _listed(surely, rows)
    return [f"worse than chance: from {where} on wrong answers are accepted more often than correct ones"]


def _of_binormal(rows: Sequence[Threshold], binormal: BinormalFit | None, degenerate: str) -> list[str]:
    if binormal is None:
        return [degenerate]
    if not binormal.fits:
        return [
            "the binormal curve does not fit these scores: go by the thresholds' own rates, not by its separation and "
            "ratio"
        ]
    judged = [binormal.at(score).under(np.nan) for score in binormal.score[:-1]]
    below = [one for one, rates in zip(rows, judged, strict=False) if rates.t < rates.f]
    if not below:
        return []
    return [
        f"the binormal curve crosses the diagonal among these scores: by it, accepting from {_listed(below, rows)} on "
        "takes wrong answers more often than correct ones"
    ]


def _listed(some: Sequence[Threshold], rows: Sequence[Threshold]) -> str:
    shown = ", ".join(written_score(one.score, (row.score for row in rows)) for one in some[:5])
    return f"{shown} and {len(some) - 5} more" if len(some) > 5 else shown
