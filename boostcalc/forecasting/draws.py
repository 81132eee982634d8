"""From a fit to a forecast: draws of what is unknown, run batch by batch."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from boostcalc.dynamics import (
    ContextPolicy,
    Loop,
    Outcomes,
    Prediction,
    Start,
    check_question,
    first_passage,
    propagate,
)
from boostcalc.dynamics.finite import sample_trajectory
from boostcalc.errors import DataError
from boostcalc.fitting import Fit, FittedResponse
from boostcalc.fitting.fit import size_of
from boostcalc.fitting.told import NOT_FITTED
from boostcalc.forecasting.forecast import QUANTILES, Forecast
from boostcalc.forecasting.modes import modes
from boostcalc.forecasting.outlook import outlook
from boostcalc.odds import RateLike
from boostcalc.results import percent, provenance

__all__ = ["DRAWS", "HORIZON", "forecast"]

DRAWS = 4_000
"""Draws of family, parameters, rates and batches."""

DIFFERENT = 0.1
"""Log-odds by which runs have to differ, or the log to lie off its family, for it to be said."""

HORIZON = 100
"""Rounds that are simulated at least, to see whether the target is met."""


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
    ({'error': 0.007..., 'weight': 0.5...}, {'error': 0.88..., 'weight': 0.4...})
    """
    generator = np.random.default_rng(rng)
    plain = fit.loop(tpr=tpr, fpr=fpr, context=context, batch=batch)
    off = fit.chosen.expected(size_of(plain.context, plain.batch))
    loop = Loop(evaluator=plain.evaluator, response=off, context=plain.context, batch=plain.batch)
    start = Start(error, contamination)
    check_question(loop, start, target=target, level=level)
    ahead = max(rounds, HORIZON)
    parts: list[Outcomes] = []
    lost = 0
    for fitted, share in fit.mixture(DRAWS):
        outcomes, without = _draw(fit, fitted, share, loop, start, target=target, ahead=ahead, rng=generator)
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
    told = {spec.name: getattr(prediction, spec.name) for spec in fields(Prediction)}
    first, last = drawn.path.logit_error[0], drawn.path.logit_error[rounds]
    falls, rises = float(np.mean(last < first)), float(np.mean(last > first))
    told |= {"status": outlook(prediction, falls, rises, humps, ahead), "error_falls": falls > 0.5}
    return Forecast(
        **told,
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
    fit: Fit,
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
    judge = fit.drawn_evaluator(loop, rng, share)
    response = fitted.draw_runs(rng, share, size_of(loop.context, loop.batch))
    many = Loop(evaluator=judge, response=response, context=loop.context, batch=loop.batch)
    begin = start.sample(rng, share)
    begins = ~np.isnan(many.start(begin).logit_error)
    if not begins.any():
        return None, share
    many, begin = many.take(begins), begin.take(begins)
    path = sample_trajectory(many, many.start(begin), rounds=ahead, rng=rng)
    return Outcomes.of(many, begin, target, path, first_passage(path, target)), int((~begins).sum())


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
    said = [one for one in fit.warnings if not one.startswith(NOT_FITTED)]
    chosen = fit.chosen
    if chosen.spread.by != "cell" and chosen.misfit.between > DIFFERENT:
        said.append(
            f"the log's {chosen.spread.by}s differ by {chosen.misfit.between:.2g} in log-odds (standard deviation, as "
            f"{chosen.spread.clusters} tell): each drawn loop has a deviation of its own"
        )
    share, away = chosen.farthest(size_of(loop.context, loop.batch))
    if abs(away) > DIFFERENT:
        said.append(
            f"the log lies off the {chosen.family} response by up to {abs(away):.2g} in log-odds (at c = {share:.2g}), "
            "and so do the loops that are drawn"
        )
    if all(row["context_size"] is None for row in fit.seen):
        said.append(
            f"the size of the measured contexts is not known: batches of {loop.batch:g} are assumed to match it"
        )
    if lost:
        said.append(f"{percent(lost)} of the draws have no context that gives the start error, and are left out")
    if loop.evaluator.drifts:
        said.append("the evaluator's rates are taken to follow the contamination of the context as in the log")
    else:
        said.append("the evaluator's rates are taken to stay the same in every round: drift is not in the intervals")
    return said
