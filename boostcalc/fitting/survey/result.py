"""A survey: what an evaluator's scores say of right and wrong, and from which score on to accept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.dynamics import Evaluator
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.survey.binormal import BinormalFit
from boostcalc.fitting.survey.choice import OBJECTIVES, Choice
from boostcalc.fitting.survey.thresholds import Threshold, written_score
from boostcalc.parts import written_part
from boostcalc.results import Estimate, Result, aligned, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Survey"]

SHOWN = 12
"""Thresholds that a summary lists; the table has them all."""


@dataclass(frozen=True, eq=False)
class Survey(Result):
    """The ROC of graded verdicts, with how sure it is, and the thresholds that are best for a loop.

    Attributes
    ----------
    n_correct, n_wrong, n_unknown : graded answers of either kind, and of unknown truth (left out).
    n_scores : distinct scores; `thresholds` are all of them, or some where they are many.
    clusters : what is independent (`by`) and how many there are (`count`).
    auc : area under the curve, with its interval.
    band_level : the level of pointwise intervals that hold the rates of all thresholds at once in `level` of the draws.
    thresholds : the strictest first.
    binormal : the binormal curve; None where it degenerates (`notes` says so).
    best : the threshold that is best for each objective.
    error, target, batch, response : the loop that they are best for.
    """

    kind = "survey"

    status: str
    n_correct: int
    n_wrong: int
    n_unknown: int
    n_scores: int
    clusters: dict[str, Any]
    level: float
    auc: Estimate
    band_level: float
    thresholds: tuple[Threshold, ...]
    binormal: BinormalFit | None
    best: tuple[Choice, ...]
    error: Estimate
    target: float
    batch: float
    response: dict[str, Any]
    notes: tuple[str, ...]
    provenance: dict[str, Any]

    def at(self, threshold: float | str) -> Threshold:
        """What the evaluator does that accepts from this score on.

        Between two thresholds the higher one counts. An objective ("fastest", "cheapest", "lowest") stands for the
        threshold that is best for it.

        Raises
        ------
        UsageError
            If it accepts no graded answer, or is neither a number nor an objective.
        DataError
            If no threshold is best for that objective.
        """
        score = self._score(threshold)
        reached = [one for one in self.thresholds if one.score >= score]
        if not reached:
            raise UsageError(
                f"threshold = {score:g} accepts no answer that was graded: the highest score is "
                f"{self.thresholds[0].score:g}"
            )
        return reached[-1]

    def evaluator(self, threshold: float | str) -> Evaluator:
        """The evaluator that accepts from this score on (as `at` reads it), its rates known by their effective counts.

        Examples
        --------
        >>> import boostcalc as bc
        >>> found = bc.survey(bc.load_table("game24_selfeval"), error=0.75, rng=0)
        >>> loop = bc.Loop(evaluator=found.evaluator("fastest"))
        >>> loop.predict(error=0.75).filter_improves
        True
        """
        return self.at(threshold).evaluator

    def _score(self, threshold: float | str) -> float:
        if isinstance(threshold, str):
            for choice in self.best:
                if choice.objective == threshold:
                    if choice.threshold is None:
                        raise DataError(f"no threshold is best for {threshold!r}: {choice.reason}")
                    return choice.threshold
            names = ", ".join(one.name for one in OBJECTIVES)
            raise UsageError(f"threshold = {threshold!r} is neither a score nor one of {names}")
        if math.isnan(threshold):
            raise UsageError("threshold = nan is not a number: give the least score that is accepted")
        return float(threshold)

    def summary(self) -> str:
        lines = [self.status, "", self._table(), ""]
        lines += [self._told(choice) for choice in self.best]
        lines += ["", f"Area under the curve: {self.auc}"]
        if self.binormal is not None:
            lines += [_told_binormal(self.binormal), *_bent(self.binormal.area, self.auc)]
        lines += [f"Note: {note}." for note in self.notes]
        lines.append(
            f"Intervals hold {self.level:.0%} threshold by threshold; all of them at once hold the rates at "
            f"{self.level:.0%} where each is widened to {self.band_level:.1%}, as in the band of the plot. "
            f"That of a best threshold's outcome allows for its having been chosen. {self._unit}"
        )
        lines.append(
            f"Assumed: {written_part(self.response)} response, error {self.error} in round 0, target {self.target:g}, "
            f"batches of {self.batch:g} that replace the context, rates that stay constant."
        )
        return "\n".join(lines)

    def _from(self, score: float) -> str:
        return written_score(score, (one.score for one in self.thresholds))

    @property
    def _unit(self) -> str:
        by, count = self.clusters["by"], self.clusters["count"]
        return "Answers are taken as independent." if by == "answer" else f"Uncertainty is clustered by {by} ({count})."

    def _table(self) -> str:
        shown = self.thresholds
        if len(shown) > SHOWN:
            chosen = {choice.threshold for choice in self.best}
            spread = set(np.linspace(0, len(shown) - 1, SHOWN - len(chosen)).round().astype(int).tolist())
            shown = tuple(one for i, one in enumerate(shown) if i in spread or one.score in chosen)
        head = ["accept from", "TP", "FP", "TP/FP", "acceptance", "log-odds drop", "attempts"]
        rows = [
            [
                self._from(one.score),
                *(getattr(one, name).text(3) for name in ("tpr", "fpr", "likelihood_ratio", "acceptance", "drop")),
                one.attempts.text(3),
            ]
            for one in shown
        ]
        left = len(self.thresholds) - len(shown)
        more = f"\n({left} more between them: `to_frame` and the JSON document have all)" if left else ""
        return aligned([head, *rows]) + more

    def _told(self, choice: Choice) -> str:
        objective = next(one for one in OBJECTIVES if one.name == choice.objective)
        title = objective.title[0].upper() + objective.title[1:]
        if choice.threshold is None:
            return f"{title}: none; {choice.reason}"
        also = (
            f"; {choice.alike} thresholds are alike in this, and it is the fastest of them" if choice.alike > 1 else ""
        )
        why = f"; {choice.reason}" if choice.reason else ""
        return (
            f"{title}: accept from {self._from(choice.threshold)} on ({objective.outcome} {choice.outcome}); best in "
            f"{percent(choice.wins)} of the draws{also}{why}"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a threshold: counts, and every figure with the ends of its interval."""
        import pandas as pd

        rows = []
        for one in self.thresholds:
            row: dict[str, Any] = {
                "threshold": one.score,
                "accepted_correct": one.accepted_correct,
                "accepted_wrong": one.accepted_wrong,
            }
            for name in ("tpr", "fpr", "likelihood_ratio", "acceptance", "drop", "attempts", "floor"):
                estimate: Estimate = getattr(one, name)
                row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
            for name in ("tpr_band", "fpr_band"):
                row[f"{name}_low"], row[f"{name}_high"] = getattr(one, name)
            rows.append({**row, "worse": one.worse, **{f"wins_{k}": share for k, share in one.wins.items()}})
        return pd.DataFrame(rows).astype(dict.fromkeys(FLOATS, float))

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "answers": {"correct": self.n_correct, "wrong": self.n_wrong, "unknown": self.n_unknown},
            "scores": self.n_scores,
            "clusters": self.clusters,
            "level": self.level,
            "auc": self.auc.to_dict(),
            "band_level": self.band_level,
            "thresholds": [one.to_dict() for one in self.thresholds],
            "binormal": None if self.binormal is None else self.binormal.to_dict(),
            "best": [choice.to_dict() for choice in self.best],
            "inputs": {
                "error": self.error.to_dict(),
                "target": self.target,
                "batch": self.batch,
                "response": self.response,
            },
            "notes": list(self.notes),
            "provenance": self.provenance,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Survey:
        """The survey whose `to_dict` gave this record.

        Raises
        ------
        DataError
            If the record is not a survey.
        """
        try:
            inputs, rows = record["inputs"], record["thresholds"]
            ends = [math.inf] + [-math.inf] * (len(rows) - 1)  # scores that JSON cannot hold
            found = record["binormal"]
            thresholds = tuple(Threshold.from_dict(row, unbounded=end) for row, end in zip(rows, ends, strict=True))
            scores = [one.score for one in thresholds]
            return cls(
                status=record["status"],
                n_correct=record["answers"]["correct"],
                n_wrong=record["answers"]["wrong"],
                n_unknown=record["answers"]["unknown"],
                n_scores=record["scores"],
                clusters=record["clusters"],
                level=record["level"],
                auc=Estimate.from_dict(record["auc"]),
                band_level=record["band_level"],
                thresholds=thresholds,
                binormal=None if found is None else BinormalFit.from_dict(found),
                best=tuple(Choice.from_dict(choice, scores) for choice in record["best"]),
                error=Estimate.from_dict(inputs["error"]),
                target=inputs["target"],
                batch=inputs["batch"],
                response=inputs["response"],
                notes=tuple(record["notes"]),
                provenance=record["provenance"],
            )
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise DataError(f"this is not a saved survey: {error} is missing or malformed") from None

    def plot(self, ax: Axes | None = None) -> Axes:
        """The ROC with its band (all thresholds at once), the binormal curve, and the chosen thresholds."""
        rates = [np.array([getattr(one, f"{name}_counts").rate for one in self.thresholds]) for name in ("fpr", "tpr")]
        bands = [np.array([getattr(one, name) for one in self.thresholds]) for name in ("fpr_band", "tpr_band")]
        smooth = None
        if self.binormal is not None:
            curve = self.binormal.at(self.binormal.score[0]).roc()
            smooth = (curve.fpr, curve.tpr)
        marks: dict[float, list[str]] = {}
        for choice in self.best:
            if choice.threshold is not None:
                marks.setdefault(choice.threshold, []).append(choice.objective)
        placed = [
            (one.fpr_counts.rate, one.tpr_counts.rate, f"accept from {self._from(score)}: {', '.join(names)}")
            for score, names in marks.items()
            for one in [self.at(score)]
        ]
        return plotting.roc(*rates, band=(bands[0], bands[1]), level=self.level, smooth=smooth, marks=placed, ax=ax)


FLOATS = [
    f"{name}{end}"
    for name in ("tpr", "fpr", "likelihood_ratio", "acceptance", "drop", "attempts", "floor")
    for end in ("", "_low", "_high")
]
"""Columns of numbers that may be missing in every row."""


def _told_binormal(curve: BinormalFit) -> str:
    test = curve.misfit
    if test.p is None:
        fits = "too few categories to test its fit"
    else:
        verdict = "no misfit is seen" if curve.fits else "it does not fit"
        fits = f"{verdict}: χ² {test.chi2:.3g} on {test.df}, p = {test.p:.2g}"
        fits += f" (for a design effect of {test.design_effect:.3g})" if test.design_effect > 1 else ""
    return f"Binormal curve: separation {curve.separation}, ratio {curve.ratio}, area {curve.area}; {fits}"


def _bent(bent: Estimate, straight: Estimate) -> list[str]:
    """Why the curve's area is not the observed one, where they do not agree."""
    if None in (bent.low, bent.high, straight.low, straight.high) or bent.low <= straight.high:  # type: ignore[operator]  # tested
        return []
    return [
        "Its area is the larger, as it bends where the observed one takes straight lines from threshold to threshold: "
        "equal scores say nothing of each other."
    ]
