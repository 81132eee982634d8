"""What comes next: the loop of a fitted model, with everything the data leave open carried through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boostcalc import plotting
from boostcalc.dynamics import (
    POLICIES,
    FixedPoint,
    Loop,
    Prediction,
    Round,
    evaluator_from_dict,
)
from boostcalc.errors import DataError
from boostcalc.fitting import Fit, read_document
from boostcalc.parts import written_part
from boostcalc.results import Estimate, percent

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

__all__ = ["QUANTILES", "Forecast", "read_forecast"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""What is reported of the error in each round."""


@dataclass(frozen=True)
class Forecast(Prediction):
    """A prediction whose response and rates are estimates, and whose batches are drawn.

    Each draw takes a family (in proportion to its weight), parameters that the data allow, rates, and then runs
    batch by batch. The rows and `rounds_to_target` have the median of the draws for their value and hold what a
    single loop may do (`contamination`, `acceptance` and `attempts`: what is expected of a round, given its error);
    `limit` and `fixed_points` are those of the mean field, the points (and their `share`) of the chosen family.

    Attributes
    ----------
    fit : the fit it rests on.
    fan : quantiles of the error in each round, shape `(rounds + 1, len(QUANTILES))`.
    final_modes : records `error`, `weight`: where the draws gather in the last round.
    extrapolates : whether the loop goes where no run was measured.
    warnings : sentences; what the intervals do not hold is among them.
    """

    kind = "forecast"

    fit: Fit
    fan: tuple[tuple[float, ...], ...]
    final_modes: tuple[dict[str, float], ...]
    extrapolates: bool
    warnings: tuple[str, ...]
    provenance: dict[str, Any]

    def loop(self) -> Loop:
        """The loop at the plug-in values: chosen response, estimated rates."""
        policy = POLICIES.from_dict(self.inputs["context"])
        judge = evaluator_from_dict(self.inputs["evaluator"])
        return Loop(evaluator=judge, response=self.fit.response, context=policy, batch=self.inputs["batch"])

    @property
    def assumptions(self) -> str:
        """What the forecast takes for granted."""
        sources = ", ".join(f"{one.family} {percent(one.weight)}" for one in self.fit.responses)
        return (
            f"Response ({sources}) fitted to {self.fit.provenance['source']} ({self.fit.n_used:,.0f} attempts); start "
            f"error {self.inputs['error']}, context policy {written_part(self.inputs['context'])}, batches of "
            f"{self.inputs['batch']:g}."
        )

    def summary(self) -> str:
        spread = ", ".join(f"{level:.0%}: {value:.4g}" for level, value in zip(QUANTILES, self.fan[-1], strict=True))
        lines = [
            super().summary(),
            f"Error after {self.inputs['rounds']} rounds, by probability: {spread}",
        ]
        if len(self.final_modes) > 1:
            ends = ", ".join(f"{hump['error']:.3g} ({percent(hump['weight'])})" for hump in self.final_modes)
            lines.append(f"Ends that the evidence allows: {ends}")
        lines += [f"warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def body(self) -> dict[str, Any]:
        last = dict(zip(map(str, QUANTILES), self.fan[-1], strict=True))
        return {
            **super().body(),
            "final_error": {"quantiles": last, "modes": list(self.final_modes)},
            "extrapolates": self.extrapolates,
            "warnings": list(self.warnings),
            "provenance": self.provenance,
            "fan": {"levels": list(QUANTILES), "error": [list(row) for row in self.fan]},
            "fit": self.fit.to_dict(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Forecast:
        """The forecast whose `to_dict` gave this record.

        Raises
        ------
        DataError
            If the record is not a forecast.
        """
        try:
            reach, limit = dict(record["rounds_to_target"]), record["limit"]
            never, probability = reach.pop("never"), reach.pop("probability_reached")
            without = reach.pop("without_head_start")
            approach = dict(record["approach"])
            law = approach.pop("law")
            inputs = {
                k: Estimate.from_dict(v) if k in ("tpr", "fpr", "error") else v for k, v in record["inputs"].items()
            }
            if not record["trajectory"] or len(record["fan"]["error"]) != len(record["trajectory"]):
                raise ValueError("the trajectory or the fan")
            return cls(
                status=record["status"],
                filter_improves=record["filter_improves"],
                error_falls=record["error_falls"],
                inputs=inputs,
                likelihood_ratio=Estimate.from_dict(record["likelihood_ratio"]),
                fixed_points=tuple(_row(FixedPoint, row) for row in record["fixed_points"]),
                limit=Estimate.from_dict(limit["error"]),
                limit_likelihood_ratio=Estimate.from_dict(limit["likelihood_ratio"]),
                limit_multiplier=Estimate.from_dict(limit["multiplier"]),
                approach=Estimate.from_dict(approach),
                law=law,
                rounds_to_target=Estimate.from_dict(reach),
                rounds_without_head_start=without,
                never=never,
                probability_reached=probability,
                trajectory=tuple(_row(Round, row) for row in record["trajectory"]),
                fit=Fit.from_dict(record["fit"]),
                fan=tuple(tuple(row) for row in record["fan"]["error"]),
                final_modes=tuple(record["final_error"]["modes"]),
                extrapolates=record["extrapolates"],
                warnings=tuple(record["warnings"]),
                provenance=record["provenance"],
            )
        except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            raise DataError(f"this is not a saved forecast: {error} is missing or malformed") from None

    def plot(self, ax: Axes | None = None) -> Axes:
        return plotting.fan(self.fan, QUANTILES, target=self.inputs["target"], ax=ax)


def read_forecast(path: str | Path) -> Forecast:
    """A forecast saved as JSON (`Forecast.to_json`, `boostcalc forecast -o`).

    Raises
    ------
    UsageError
        If there is no such file.
    DataError
        If it is not a saved forecast.
    """
    return Forecast.from_dict(read_document(path, "forecast"))


def _row(kind: Any, record: Mapping[str, Any]) -> Any:
    return kind(**{k: Estimate.from_dict(v) if isinstance(v, Mapping) else v for k, v in record.items()})
