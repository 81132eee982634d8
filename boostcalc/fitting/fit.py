"""What logged runs say: the evaluator's rates, the response, and how sure both are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from boostcalc import plotting
from boostcalc.dynamics import BaseEvaluator, ContextPolicy, Evaluator, Loop, Replace
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.assumptions import OF_RESPONSE
from boostcalc.fitting.diagnostics import Diagnostics
from boostcalc.fitting.evaluator import EvaluatorFit
from boostcalc.fitting.evaluator.fit import FIGURES
from boostcalc.fitting.evaluator.sizes import AtSize
from boostcalc.fitting.fitted import FittedResponse
from boostcalc.fitting.predicted import predicted_error
from boostcalc.odds import Counts, RateLike
from boostcalc.responses import Response
from boostcalc.results import Estimate, Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from boostcalc.forecasting import Forecast

__all__ = ["Fit", "size_of"]

NO_JUDGE = {name: Estimate(None).to_dict() for name in FIGURES} | {"effective_counts": None}
"""The evaluator's part of the document where there is none."""

NO_RATES = "the runs say nothing of the evaluator's rates: log `accepted` beside `correct`, or give tpr and fpr"
NO_RESPONSE = "no response was fitted: the runs have no error counts at known contaminations"

RATES = ("tpr", "fpr", "likelihood_ratio")


GROWN = 5
"""Rounds after which a context that grows for ever is taken to have the size that stands for all of its sizes."""


def size_of(context: ContextPolicy, batch: float) -> float:
    """The context size at which a loop's evaluator and deviation are looked up: the one that it settles at.

    Of contexts that grow for ever, that after `GROWN` rounds.
    """
    settled = context.settled_size(batch)
    return settled if np.isfinite(settled) else context.start(batch) + GROWN * batch


@dataclass(frozen=True, eq=False)
class Fit(Result):
    """The evaluator and the response that a log of runs supports.

    Attributes
    ----------
    judge : EvaluatorFit or None
        The evaluator's rates and whether they drift; None where no verdict on an answer of known truth was logged.
    judges : the same at each context size, where its rates depend on that; else empty.
    error : the error rate of all the log's answers; where most have a verdict and no truth, corrected (`error_by`).
    responses : the fitted families, in order of held-out score, the best first; empty without contexts.
    seen : records `context_size`, `share`, `n`, `error`
        What was observed, by context.
    diagnostics : of the chosen family; None without one.
    assumptions : records `name`, `verdict`, `evidence`.
    clusters : what is independent (`by`) and how many of them there are (`count`).
    """

    kind = "fit"

    status: str
    n_attempts: int
    clusters: dict[str, Any]
    level: float
    judge: EvaluatorFit | None
    judges: tuple[AtSize, ...]
    error: Estimate
    error_by: str
    responses: tuple[FittedResponse, ...]
    seen: tuple[dict[str, float | None], ...]
    diagnostics: Diagnostics | None
    assumptions: tuple[dict[str, str], ...]
    warnings: tuple[str, ...]
    provenance: dict[str, Any]

    @property
    def chosen(self) -> FittedResponse:
        """The family with the best held-out score.

        Raises
        ------
        DataError
            If no response was fitted.
        """
        if not self.responses:
            raise DataError(NO_RESPONSE)
        return self.responses[0]

    @property
    def response(self) -> Response:
        """The chosen family at its maximum likelihood."""
        return self.chosen.response

    @property
    def params(self) -> dict[str, float]:
        """The chosen family's parameters by name."""
        return {name: float(value) for name, value in self.response.parameters.items()}

    @property
    def tpr(self) -> Counts | None:
        """Effective counts behind P(accept | correct); None where no verdict on a correct answer was logged."""
        return None if self.judge is None else self.judge.counts["tpr"]

    @property
    def fpr(self) -> Counts | None:
        """Effective counts behind P(accept | wrong); None where no verdict on a wrong answer was logged."""
        return None if self.judge is None else self.judge.counts["fpr"]

    @property
    def evaluator(self) -> Evaluator:
        """The evaluator, its rates as counts, the same under every context; `judge.evaluator` may drift.

        Raises
        ------
        DataError
            If the runs have no verdicts on answers of known truth.
        """
        if self.tpr is None or self.fpr is None:
            raise DataError(NO_RATES)
        return Evaluator(self.tpr, self.fpr)

    def conf_int(self, level: float | None = None) -> pd.DataFrame:
        """Intervals of the chosen family's parameters: a frame `value, low, high`, indexed by name."""
        import pandas as pd

        found = self.chosen.conf_int(self.level if level is None else level)
        return pd.DataFrame({k: {"value": e.value, "low": e.low, "high": e.high} for k, e in found.items()}).T

    def using(self, family: str) -> Fit:
        """The same fit with one of its families alone; what was found of another is left out.

        Raises
        ------
        UsageError
            If that family was not fitted.
        """
        alone = [replace(fitted, weight=1.0) for fitted in self.responses if fitted.family == family]
        if not alone:
            raise UsageError(f"{family!r} was not fitted; fitted are: {', '.join(r.family for r in self.responses)}")
        if family == self.chosen.family:
            return replace(self, responses=tuple(alone))
        learner = alone[0].response.learner
        told = f"{self.n_attempts:,} attempts: the {family} response alone, as asked; this model {learner}."
        kept = tuple(one for one in self.assumptions if one["name"] not in OF_RESPONSE)
        return replace(self, status=told, responses=tuple(alone), diagnostics=None, assumptions=kept)

    def judge_at(self, size: float) -> EvaluatorFit | None:
        """What is known of the evaluator under contexts of about so many pairs: `judge`, where sizes do not differ."""
        if not self.judges:
            return self.judge
        return min(self.judges, key=lambda one: abs(np.log1p(one.size) - np.log1p(size))).judge

    def drawn_evaluator(self, loop: Loop, rng: np.random.Generator, size: int) -> BaseEvaluator:
        """Evaluators of a loop of this fit that the data allow: of known rates, in arrays of shape `(size,)`."""
        judge = self.judge_at(size_of(loop.context, loop.batch))
        if judge is not None and loop.evaluator.drifts:
            return judge.trends["contamination"].draw(rng, size)
        return loop.evaluator.sample(rng, size)

    def mixture(self, draws: int) -> list[tuple[FittedResponse, int]]:
        """The families, each with its share of so many draws by weight; the chosen one first."""
        if not self.responses:
            raise DataError(NO_RESPONSE)
        total = sum(fitted.weight for fitted in self.responses) or 1.0
        shares = [(fitted, round(draws * fitted.weight / total)) for fitted in self.responses]
        rest = draws - sum(share for _, share in shares[1:])
        return [(shares[0][0], rest), *(pair for pair in shares[1:] if pair[1] > 0)] if rest > 0 else shares[1:]

    def predict(
        self,
        contamination: ArrayLike,
        context_size: ArrayLike | None = None,
        *,
        n: ArrayLike | None = None,
        level: float | None = None,
        realised: bool | None = None,
    ) -> pd.DataFrame:
        """The error rate under contexts, measured or not: what the families say together, each by its weight.

        Parameters
        ----------
        contamination, context_size : float or array
            Share of wrong pairs, and pairs; they broadcast. By default the size that most attempts saw.
        n : int or array, optional
            Then the interval is that of the share of wrong answers that will be observed among n, in one context:
            with the chance of the answers and what runs differ in one context.
        level : float in (0, 1)
            Of the intervals; by default the fit's.
        realised : bool, optional
            Whether `contamination` is the realised share, or the rate at which contexts are drawn (the error is then
            the mean over Bin(k, rate)). By default as the fitted log knew its contexts.

        Returns
        -------
        DataFrame
            Columns `error` (median), `low`, `high`: one row a context.

        Raises
        ------
        UsageError
            If a share, a size or a number is out of range.
        DataError
            If no response was fitted.
        """
        if not self.responses:
            raise DataError(NO_RESPONSE)
        known = any(row["context_size"] is not None for row in self.seen)
        size = (self.usual_size if known else np.nan) if context_size is None else context_size
        averaged = bool(self.provenance["averaged"]) and not self.provenance["realised"]
        return predicted_error(
            self.responses,
            contamination,
            size,
            n,
            averaged=averaged if realised is None else not realised,
            level=self.level if level is None else level,
        )

    @property
    def n_used(self) -> float:
        """Attempts that the response rests on: of known truth, under a context of known contamination."""
        return sum(row["n"] or 0.0 for row in self.seen)

    def loop(
        self,
        *,
        tpr: RateLike | None = None,
        fpr: RateLike | None = None,
        context: ContextPolicy | None = None,
        batch: float | None = None,
    ) -> Loop:
        """The loop that this model would run; rates given here replace those of the log, and their drift.

        Where the evaluator's rates depend on the context's size, they are those at the size nearest to the loop's.

        Raises
        ------
        DataError
            If the runs have no verdicts on answers of known truth, and a rate is not given.
        """
        policy, pairs = context or Replace(), self.usual_size if batch is None else batch
        evaluator: BaseEvaluator
        judge = self.judge_at(size_of(policy, pairs))
        if tpr is None and fpr is None and judge is not None and judge.drifts:
            evaluator = judge.evaluator
        else:
            known = {"tpr": tpr, "fpr": fpr}
            for name, rate in known.items():
                if rate is None:
                    known[name] = None if judge is None else judge.counts[name]
            if any(rate is None for rate in known.values()):
                raise DataError(NO_RATES)
            evaluator = Evaluator(**known)  # type: ignore[arg-type]  # none is None
        return Loop(evaluator=evaluator, response=self.response, context=policy, batch=pairs)

    @property
    def usual_size(self) -> float:
        """The context size that most attempts saw, the larger of equals: what is shown of the response holds there."""
        sizes: dict[float, float] = {}
        for row in self.seen:
            if row["context_size"]:
                sizes[row["context_size"]] = sizes.get(row["context_size"], 0.0) + (row["n"] or 0.0)
        return max(sizes, key=lambda size: (sizes[size], size)) if sizes else 16.0

    def forecast(self, **question: Any) -> Forecast:
        """What a loop of this model will do; see `boostcalc.forecast`, which takes the same arguments."""
        from boostcalc.forecasting import forecast

        return forecast(self, **question)

    def rates(self) -> dict[str, Estimate]:
        """`tpr`, `fpr` and `likelihood_ratio` with their intervals; an absent one has value None."""
        if self.judge is None:
            return dict.fromkeys(RATES, Estimate(None))
        return {name: self.judge.estimates[name] for name in RATES}

    def summary(self) -> str:
        lines = [self.status]
        if self.judge is not None:
            lines.append(self.judge.status)
            lines += [f"{one.verdict[0].upper()}{one.verdict[1:]}." for one in self.judge.trends.values()]
        if self.judges:
            told = "; ".join(f"{one.size:g} pairs {one.judge.tpr} and {one.judge.fpr}" for one in self.judges)
            lines.append(f"Its rates depend on the context's size, and a loop has those nearest to its own: {told}.")
        if self.judge is not None and self.error_by != "no truths":  # of a sweep alone the error is the design's
            lines.append(f"Error rate of the logged answers: {self.error} ({self.error_by})")
        for fitted in self.responses:
            mark = "*" if fitted is self.responses[0] else " "
            listed = ", ".join(f"{k} = {e}" for k, e in fitted.conf_int(self.level).items())
            score = "-∞" if fitted.log_score is None else f"{fitted.log_score:.4g}"
            lines.append(f"{mark} {fitted.family}: {listed}; held-out log score {score}, weight {fitted.weight:.2f}")
        if self.responses:
            lines.append(self.chosen.window(self.level).meaning)
        lines += [] if self.diagnostics is None else self.diagnostics.lines
        lines += [f"{a['name']}: {a['verdict']} ({a['evidence']})" for a in self.assumptions]
        lines += [f"warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def to_frame(self) -> pd.DataFrame:
        """One row a parameter: `family`, `parameter`, `value`, `low`, `high`, `log_score`, `weight`."""
        import pandas as pd

        rows = [
            {
                "family": fitted.family,
                "parameter": name,
                "value": e.value,
                "low": e.low,
                "high": e.high,
                "log_score": fitted.log_score,
                "weight": fitted.weight,
            }
            for fitted in self.responses
            for name, e in fitted.conf_int(self.level).items()
        ]
        rates = [
            {"family": "evaluator", "parameter": name, "value": e.value, "low": e.low, "high": e.high}
            for name, e in self.rates().items()
            if e.value is not None
        ]
        return pd.DataFrame(rates + rows)

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "n_attempts": self.n_attempts,
            "clusters": self.clusters,
            "level": self.level,
            "evaluator": NO_JUDGE if self.judge is None else self.judge.body(),
            "evaluator_by_size": [{"context_size": one.size, **one.judge.body()} for one in self.judges],
            "error": {**self.error.to_dict(), "by": self.error_by},
            "responses": [fitted.to_dict(self.level) for fitted in self.responses],
            "chosen": self.responses[0].family if self.responses else None,
            "seen": list(self.seen),
            "diagnostics": None if self.diagnostics is None else self.diagnostics.to_dict(),
            "assumptions": list(self.assumptions),
            "warnings": list(self.warnings),
            "provenance": self.provenance,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Fit:
        """The fit whose `to_dict` gave this record.

        Raises
        ------
        DataError
            If the record is not a fit.
        """
        try:
            judge, error = record["evaluator"], dict(record["error"])
            if record["responses"] and not record["seen"]:
                raise ValueError("what was seen")
            return cls(
                status=record["status"],
                n_attempts=record["n_attempts"],
                clusters=record["clusters"],
                level=record["level"],
                judge=EvaluatorFit.from_dict(judge) if judge["effective_counts"] is not None else None,
                judges=tuple(
                    AtSize(item["context_size"], EvaluatorFit.from_dict(item)) for item in record["evaluator_by_size"]
                ),
                error_by=error.pop("by"),
                error=Estimate.from_dict(error),
                responses=tuple(FittedResponse.from_dict(item) for item in record["responses"]),
                seen=tuple(record["seen"]),
                diagnostics=Diagnostics.from_dict(record["diagnostics"]) if record["diagnostics"] else None,
                assumptions=tuple(record["assumptions"]),
                warnings=tuple(record["warnings"]),
                provenance=record["provenance"],
            )
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise DataError(f"this is not a saved fit: {error} is missing or malformed") from None

    def plot(self, ax: Axes | None = None) -> Axes:
        grid = np.linspace(0, 1, 201)
        chosen = self.chosen
        low, high = chosen.band(grid, self.level)
        # what was seen at the size that is drawn; at all sizes where the family is the same at each
        rows = [row for row in self.seen if not chosen.response.sized or row["context_size"] == chosen.size]
        points = tuple(np.array([row[name] for row in rows], dtype=float) for name in ("share", "error", "n"))
        return plotting.response(grid, self.response(grid, chosen.size), band=(low, high), points=points, ax=ax)
