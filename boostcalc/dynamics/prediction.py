"""What a loop will do: the answer of `predict`, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.dynamics.evaluators import tells_drift, told_evaluator
from boostcalc.parts import written_part
from boostcalc.results import Estimate, Result, aligned, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["FixedPoint", "Prediction", "Round"]


class Record:
    """A row of estimates."""

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        return {name: value.to_dict() if isinstance(value, Estimate) else value for name, value in vars(self).items()}


@dataclass(frozen=True)
class Round(Record):
    """One row of a trajectory."""

    round: int
    error: Estimate
    context_size: float
    context_contamination: Estimate
    acceptance: Estimate
    contamination: Estimate
    attempts: Estimate


@dataclass(frozen=True)
class FixedPoint(Record):
    """A fixed point; `share` is the part of the draws with as many of them: the intervals come from those."""

    error: Estimate
    multiplier: Estimate
    stable: bool
    share: float


@dataclass(frozen=True)
class Prediction(Result):
    """What a loop will do from a start: `status` is the verdict, in one sentence.

    Attributes
    ----------
    filter_improves : whether an accepted batch is cleaner than the answers (f < t).
    error_falls : whether the loop settles below its start.
    inputs : the question: `tpr`, `fpr`, `error` (estimates), `target`, `batch`, `rounds`, `response`, `context`.
    likelihood_ratio : t/f in round 0.
    limit, limit_likelihood_ratio, limit_multiplier : the error where the loop settles, and t/f and F′ there; without
        a value where it settles nowhere.
    approach, law : how the distance to it shrinks: by this factor a round ("factor"), or as this power of the
        context's size ("power", where all old pairs stay).
    rounds_without_head_start : what the plug-in loop takes to the target without its head start; None where it
        has no head start, or does not reach the target.
    rounds_to_target : `value` None where the target is not reached within the horizon; `never` where the loop
        settles above it.
    probability_reached : share of what the evidence allows in which the target is reached.
    trajectory : rows, round 0 first.
    """

    kind = "prediction"

    status: str
    filter_improves: bool
    error_falls: bool
    inputs: dict[str, Any]
    likelihood_ratio: Estimate
    fixed_points: tuple[FixedPoint, ...]
    limit: Estimate
    limit_likelihood_ratio: Estimate
    limit_multiplier: Estimate
    approach: Estimate
    law: str
    rounds_to_target: Estimate
    rounds_without_head_start: float | None
    never: bool
    probability_reached: float
    trajectory: tuple[Round, ...]

    @property
    def assumptions(self) -> str:
        """What the prediction takes for granted, and how to put measurements in its place."""
        response, context = self.inputs["response"], self.inputs["context"]
        how = (
            "perfect adaptation"
            if response["family"] == "perfect"
            else f"the response {written_part(response)} as given"
        )
        return (
            f"Assumed: {how}, start error {self.inputs['error']}, context policy {written_part(context)}, batches of "
            f"{self.inputs['batch']:g} (as expected, without the chance of single batches), "
            f"{told_evaluator(self.inputs['evaluator'])}. To replace them by what your model does: "
            "boostcalc fit RUNS -o fit.json, then boostcalc forecast fit.json."
        )

    def table(self) -> str:
        """The rounds as plain text: error, contamination, acceptance rate, expected attempts."""
        digits = 4 if self.limit.level is None and self.trajectory[-1].error.level is None else 3
        grows = self.trajectory[-1].context_size != self.trajectory[0].context_size
        head = ["round", "error", *(["context"] if grows else []), "contamination", "acceptance", "attempts"]
        body = [
            [
                str(row.round),
                row.error.text(digits),
                *([f"{row.context_size:g}"] if grows else []),
                *(number.text(digits) for number in (row.contamination, row.acceptance, row.attempts)),
            ]
            for row in self.trajectory
        ]
        return aligned([head, *body])

    def _unmet(self) -> str:
        if self.rounds_to_target.value is not None:
            return ""
        return " (never)" if self.never else " (not within the rounds looked at)"

    def _drifted(self) -> str:
        """What became of the likelihood ratio where the loop settles, if the evaluator drifts."""
        if not tells_drift(self.inputs["evaluator"]) or self.limit_likelihood_ratio.value is None:
            return ""
        return f" at the start, {self.limit_likelihood_ratio} where it settles"

    def facts(self) -> list[str]:
        """Rounds to the target, where the loop settles, and the evidence of an acceptance; a line each."""
        target, rates = self.inputs["target"], (self.inputs["tpr"].value, self.inputs["fpr"].value)
        chance = f", met in {percent(self.probability_reached)} of what the evidence allows" if self.limit.level else ""
        close = (
            f"the distance to it falls as the context's size to the power {self.approach}"
            if self.law == "power"
            else f"multiplier {self.approach}"
        )
        ends = [fixed for fixed in self.fixed_points if fixed.stable]
        lines = [
            f"Rounds to {target:g}: {self.rounds_to_target.text(15)}{self._unmet()}{chance}",
            "Settles nowhere" if self.limit.value is None else f"Settles at: {self.limit} ({close})",
            f"Likelihood ratio TP/FP: {_ratio(self.likelihood_ratio, *rates)}{self._drifted()}",
        ]
        if pairs := self.inputs["head_start"]:
            alone = self.rounds_without_head_start
            lines.append(
                f"Head start of {pairs:g} correct pairs: without it, "
                + ("the target is not reached" if alone is None else f"{alone:g} rounds to the target")
            )
        if self.limit.level is not None:
            lines.append(f"In brackets: {self.limit.level:.0%} intervals")
        if len(ends) > 1:
            between = [fixed.error.text() for fixed in self.fixed_points if not fixed.stable]
            count = "Two" if len(ends) == 2 else str(len(ends))
            lines.append(
                f"{count} stable ends, {' and '.join(str(fixed.error) for fixed in ends)}: the start decides, "
                f"the divide is at {' and '.join(between)}"
            )
        return lines

    def summary(self) -> str:
        return "\n".join([self.status, "", self.table(), "", *self.facts(), self.assumptions])

    def to_frame(self) -> pd.DataFrame:
        """One row a round; a quantity that is not known exactly has `_low` and `_high` columns beside it."""
        import pandas as pd

        return pd.DataFrame([_flat(row) for row in self.trajectory])

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "filter_improves": self.filter_improves,
            "error_falls": self.error_falls,
            "inputs": {k: v.to_dict() if isinstance(v, Estimate) else v for k, v in self.inputs.items()},
            "likelihood_ratio": self.likelihood_ratio.to_dict(),
            "fixed_points": [fixed.to_dict() for fixed in self.fixed_points],
            "limit": {
                "error": self.limit.to_dict(),
                "likelihood_ratio": self.limit_likelihood_ratio.to_dict(),
                "multiplier": self.limit_multiplier.to_dict(),
            },
            "approach": {"law": self.law, **self.approach.to_dict()},
            "rounds_to_target": {
                **self.rounds_to_target.to_dict(),
                "never": self.never,
                "without_head_start": self.rounds_without_head_start,
                "probability_reached": self.probability_reached,
            },
            "trajectory": [row.to_dict() for row in self.trajectory],
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        errors = [row.error for row in self.trajectory]
        value = [np.nan if e.value is None else e.value for e in errors]
        known = errors[-1].level is None
        band = None if known else ([e.low or 0.0 for e in errors], [e.high or 0.0 for e in errors])
        return plotting.trajectory(value, band=band, target=self.inputs["target"], ax=ax)


def _ratio(ratio: Estimate, tpr: float, fpr: float) -> str:
    if fpr == 0:
        said = "unbounded (no wrong answer is accepted)" if tpr else "none (nothing is accepted)"
        return said if ratio.level is None else f"{said}; {ratio.level:.0%} of what the evidence allows: {ratio}"
    return f"{ratio} (over 1: acceptance favours correct answers)"


def _flat(row: Round) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for spec in fields(row):
        value = getattr(row, spec.name)
        if not isinstance(value, Estimate):
            flat[spec.name] = value
            continue
        flat[spec.name] = value.value
        if value.level is not None:
            flat |= {f"{spec.name}_low": value.low, f"{spec.name}_high": value.high}
    return flat
