"""What a log says of its evaluator: rates, what they tell apart, and whether they stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.dynamics import Drifting, Evaluator
from boostcalc.errors import DataError
from boostcalc.fitting.evaluator.drift import DRIFTS, Trend
from boostcalc.odds import Counts
from boostcalc.results import Estimate, Result, aligned

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["FIGURES", "EvaluatorFit"]

FIGURES = {
    "tpr": "P(accept | correct)",
    "fpr": "P(accept | wrong)",
    "likelihood_ratio": "tpr/fpr: what an acceptance says",
    "youden": "tpr − fpr",
    "acceptance": "share accepted of all judged",
    "precision": "share correct of the accepted",
}
"""The figures of a fit, and what each is."""


@dataclass(frozen=True, eq=False)
class EvaluatorFit(Result):
    """The evaluator's rates with intervals, and whether they drift.

    Attributes
    ----------
    estimates : by name, those of `FIGURES`; value None where the log tells nothing of it (or the ratio is infinite).
    counts : `tpr` and `fpr` as effective counts: what a loop draws its uncertainty from; None where not known.
    trends : by variable ("contamination", "round"), where the log allows one.
    untold : by variable, why there is no trend.
    votes : correlation of two votes on one answer, by truth and for both ("common"); empty where no votes are logged.
    clusters : what is independent (`by`) and how many of them there are (`count`).
    """

    kind = "evaluator fit"

    status: str
    level: float
    estimates: dict[str, Estimate]
    counts: dict[str, Counts | None]
    trends: dict[str, Trend]
    untold: dict[str, str]
    votes: dict[str, Estimate]
    clusters: dict[str, Any]
    warnings: tuple[str, ...]
    provenance: dict[str, Any]

    @property
    def tpr(self) -> Estimate:
        """P(accept | correct)."""
        return self.estimates["tpr"]

    @property
    def fpr(self) -> Estimate:
        """P(accept | wrong)."""
        return self.estimates["fpr"]

    @property
    def likelihood_ratio(self) -> Estimate:
        """tpr/fpr."""
        return self.estimates["likelihood_ratio"]

    @property
    def drifts(self) -> bool:
        """Whether the rates are seen to drift with the contamination of the context."""
        return "contamination" in self.trends and self.trends["contamination"].found == DRIFTS

    @property
    def evaluator(self) -> Evaluator | Drifting:
        """The evaluator for a loop: a drifting one where that is seen, else constant rates known through counts.

        Raises
        ------
        DataError
            If one of the rates is not known.
        """
        drifting = self.trends["contamination"].evaluator if self.drifts else None
        if drifting is not None:
            return drifting
        tpr, fpr = self.counts["tpr"], self.counts["fpr"]
        if tpr is None or fpr is None:
            missing = "wrong" if fpr is None else "correct"
            raise DataError(f"no verdict on a {missing} answer was logged: log `accepted` beside `correct`")
        return Evaluator(tpr, fpr)

    def summary(self) -> str:
        rows = [[name, str(self.estimates[name]), meaning] for name, meaning in FIGURES.items()]
        lines = [self.status, aligned(rows, left=True)]
        lines += [f"{trend.verdict[0].upper()}{trend.verdict[1:]}." for trend in self.trends.values()]
        lines += [f"Drift with {variable} cannot be told: {why}." for variable, why in self.untold.items()]
        if self.votes:
            told = ", ".join(f"{found} ({name})" for name, found in self.votes.items())
            lines.append(f"Correlation of two votes on one answer: {told}.")
        lines += [f"warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def to_frame(self) -> pd.DataFrame:
        """One row a figure: `name`, `value`, `low`, `high`, `level`."""
        import pandas as pd

        return pd.DataFrame([{"name": name, **found.to_dict()} for name, found in self.estimates.items()])

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "level": self.level,
            **{name: self.estimates[name].to_dict() for name in FIGURES},
            "effective_counts": {
                name: None if c is None else {"successes": c.successes, "trials": c.trials}
                for name, c in self.counts.items()
            },
            "drift": {
                **{variable: trend.to_dict() for variable, trend in self.trends.items()},
                "untold": self.untold,
            },
            "votes": {name: found.to_dict() for name, found in self.votes.items()},
            "clusters": self.clusters,
            "warnings": list(self.warnings),
            "provenance": self.provenance,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> EvaluatorFit:
        """The fit whose `to_dict` gave this record.

        Raises
        ------
        DataError
            If the record is not such a fit.
        """
        try:
            drift = record["drift"]
            return cls(
                status=record["status"],
                level=record["level"],
                estimates={name: Estimate.from_dict(record[name]) for name in FIGURES},
                counts={k: None if c is None else Counts(**c) for k, c in record["effective_counts"].items()},
                trends={v: Trend.from_dict(v, item) for v, item in drift.items() if v != "untold"},
                untold=dict(drift["untold"]),
                votes={name: Estimate.from_dict(item) for name, item in record["votes"].items()},
                clusters=record["clusters"],
                warnings=tuple(record["warnings"]),
                provenance=record["provenance"],
            )
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise DataError(f"this is not a saved fit of an evaluator: {error} is missing or malformed") from None

    def plot(self, ax: Axes | None = None) -> Axes:
        """The rates over the contamination of the context: as lines where they have a trend, else as constants."""
        grid = np.linspace(0, 1, 101)
        trend = self.trends.get("contamination")
        curves = {}
        for name in ("tpr", "fpr"):
            lined = trend is not None and name in trend.names
            at = [trend.at(name, float(x)) if lined and trend is not None else self.estimates[name] for x in grid]
            if at[0].value is not None:
                curves[name] = np.array([[e.value, e.low, e.high] for e in at], dtype=np.float64).T
        return plotting.rates(grid, curves, ax=ax)
