"""What comes next: the loop of a fitted model, with everything the data leave open carried through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.dynamics import (
    POLICIES,
    ContextPolicy,
    FixedPoint,
    Loop,
    Outcomes,
    Prediction,
    Round,
    Start,
    first_passage,
    propagate,
    simulate,
)
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting import Fit, FittedResponse, read_document
from boostcalc.forecasting.modes import modes
from boostcalc.forecasting.outlook import outlook
from boostcalc.odds import RateLike
from boostcalc.parts import written_part
from boostcalc.results import Estimate, percent, provenance

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

__all__ = ["DRAWS", "QUANTILES", "Forecast", "forecast", "read_forecast"]

DRAWS = 4_000
"""Draws of the parameters and the rates."""

HORIZON = 100
"""Rounds that are simulated at least, to see whether the target is met."""

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
        rates = (self.inputs["tpr"].value, self.inputs["fpr"].value)
        return Loop(tpr=rates[0], fpr=rates[1], response=self.fit.response, context=policy, batch=self.inputs["batch"])

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
                limit_multiplier=Estimate.from_dict(limit["multiplier"]),
                rounds_to_target=Estimate.from_dict(reach),
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


def forecast(
    fit: Fit,
    *,
    error: RateLike | None = None,
    contamination: RateLike | None = None,
    tpr: RateLike | None = None,
    fpr: RateLike | None = None,
    context: ContextPolicy | None = None,
    batch: float | None = None,
    target: float = 0.01,
    rounds: int = 10,
    level: float = 0.9,
    rng: int | np.random.Generator = 0,
) -> Forecast:
    """What a loop of the fitted model will do, with what is unknown of it and the chance of its batches.

    Parameters
    ----------
    fit : Fit
    error, contamination : float or Counts
        The start: the error of round 0, the contamination of its context, or both; an error of 0.5 if neither.
    tpr, fpr : float or Counts, optional
        The evaluator's rates, where they are not to come from the fit's own log.
    context : ContextPolicy
        `Replace()` if not given.
    batch : float ≥ 1, optional
        By default the context size at which the response was measured most.
    target : float in (0, 1)
        The wanted error rate.
    rounds : int
        How far to look.
    level : float in (0, 1)
        Of the intervals.
    rng : seed or Generator
        For the draws; a seed is recorded in the forecast.

    Raises
    ------
    DataError
        If the fit has no response, or no rates and none are given.
    UsageError
        If an input is out of range.

    Examples
    --------
    >>> import boostcalc as bc
    >>> curve = bc.load_table("gptj_contamination")
    >>> found = bc.fit(bc.read_runs(curve, where={"task": "unnatural", "context_size": 39}))
    >>> forecast(found, tpr=0.2, fpr=0.8, error=0.3, rounds=60).final_modes  # doctest: +ELLIPSIS
    ({'error': 0.002..., 'weight': 0.3...}, {'error': 0.8..., 'weight': 0.6...})
    """
    generator = np.random.default_rng(rng)
    loop = fit.loop(tpr=tpr, fpr=fpr, context=context, batch=batch)
    start = Start(error, contamination)
    if loop.start(start).logit_error.shape != ():
        raise UsageError("a forecast answers one loop: give numbers or counts, not arrays")
    ahead = max(rounds, HORIZON)
    parts: list[Outcomes] = []
    lost = 0
    for fitted, share in fit.mixture(DRAWS):
        outcomes, without = _draw(fitted, share, loop, start, target=target, ahead=ahead, rng=generator)
        parts += [] if outcomes is None else [outcomes]
        lost += without
    if not parts:
        raise DataError("no response that the data allow gives the start error: state another, or its contamination")
    drawn = Outcomes.joined(parts)
    prediction = propagate(loop, start, drawn, target=target, rounds=rounds, level=level, central=True)
    errors = drawn.path.error[: rounds + 1]
    fan = np.quantile(errors, QUANTILES, axis=1).T
    settled = np.median(drawn.path.logit_error[rounds // 2 : rounds + 1], axis=0)
    humps = modes(settled, drawn.path.logit_error[rounds])
    extrapolation = _beyond(fit, prediction)
    plain = {spec.name: getattr(prediction, spec.name) for spec in fields(Prediction)}
    first, last = drawn.path.logit_error[0], drawn.path.logit_error[rounds]
    falls, rises = float(np.mean(last < first)), float(np.mean(last > first))
    plain |= {"status": outlook(prediction, falls, rises, humps, ahead), "error_falls": falls > 0.5}
    return Forecast(
        **plain,
        fit=fit,
        fan=tuple(tuple(float(value) for value in row) for row in fan),
        final_modes=humps,
        extrapolates=bool(extrapolation),
        warnings=(*extrapolation, *_left_open(fit, loop, lost / DRAWS)),
        provenance=provenance(
            seed=int(rng) if isinstance(rng, int | np.integer) else None, draws=DRAWS, horizon=ahead, fit=fit.provenance
        ),
    )


def _draw(
    fitted: FittedResponse,
    share: int,
    loop: Loop,
    start: Start,
    *,
    target: float,
    ahead: int,
    rng: np.random.Generator,
) -> tuple[Outcomes | None, int]:
    """What `share` draws of one family do, batch by batch; and how many were left out for want of a start."""
    judge = loop.evaluator.sample(rng, share)
    many = Loop(evaluator=judge, response=fitted.draw(rng, share), context=loop.context, batch=loop.batch)
    begin = start.sample(rng, share)
    begins = ~np.isnan(many.start(begin).logit_error)
    if not begins.any():
        return None, share
    many, begin = many.take(begins), begin.take(begins)
    path = simulate(many, many.start(begin), rounds=ahead, rng=rng)
    return Outcomes.of(many, begin, target, path, first_passage(path, target)), int((~begins).sum())


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


def _beyond(fit: Fit, prediction: Prediction) -> list[str]:
    """Where the loop's contexts leave the contaminations and sizes that were measured."""
    seen = [row["share"] for row in fit.seen if row["share"] is not None]
    rows = [row.context_contamination for row in prediction.trajectory]
    low = min((row.low for row in rows if row.low is not None), default=seen[0])
    high = max((row.high for row in rows if row.high is not None), default=seen[0])
    found = []
    if low < min(seen):
        found.append(f"extrapolation: no run has seen c < {min(seen):.4g}, and the loop may go to {low:.4g}")
    if high > max(seen):
        found.append(f"extrapolation: no run has seen c > {max(seen):.4g}, and the loop may go to {high:.4g}")
    sizes = [row["context_size"] for row in fit.seen if row["context_size"] is not None]
    asked = [row.context_size for row in prediction.trajectory[1:]]
    if sizes and asked and (max(asked) > max(sizes) or min(asked) < min(sizes)):
        spans = [f"{min(s):g} to {max(s):g}" if min(s) < max(s) else f"{min(s):g}" for s in (sizes, asked)]
        found.append(f"extrapolation: runs have seen contexts of {spans[0]} pairs, and the loop's have {spans[1]}")
    return found


def _left_open(fit: Fit, loop: Loop, lost: float) -> list[str]:
    said = list(fit.warnings)
    if all(row["context_size"] is None for row in fit.seen):
        said.append(
            f"the size of the measured contexts is not known: batches of {loop.batch:g} are assumed to match it"
        )
    if lost:
        said.append(f"{percent(lost)} of the draws have no context that gives the start error, and are left out")
    said.append("the evaluator's rates are taken to stay the same in every round: drift is not in the intervals")
    return said
