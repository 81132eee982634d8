"""From graded verdicts to a survey."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from boostcalc.dynamics.evaluators.roc import EmpiricalRoc
from boostcalc.errors import FitError, UsageError
from boostcalc.fitting.documents import read_document
from boostcalc.fitting.fit import Fit
from boostcalc.fitting.rates import effective_counts
from boostcalc.fitting.survey.area import area
from boostcalc.fitting.survey.binormal import BinormalFit, fit_binormal
from boostcalc.fitting.survey.choice import Outlook, choices, drawn_responses, outlook
from boostcalc.fitting.survey.draws import draw_rates, simultaneous_level
from boostcalc.fitting.survey.graded import Graded, graded
from boostcalc.fitting.survey.notes import notes, status
from boostcalc.fitting.survey.result import Survey
from boostcalc.fitting.survey.thresholds import Threshold, bands, effective, jeffreys, kept_levels
from boostcalc.odds import Array, Counts, as_rate, sample_rate
from boostcalc.responses import Perfect, Response
from boostcalc.results import Estimate, provenance
from boostcalc.runs import Runs, read_runs

__all__ = ["DRAWS", "read_survey", "survey"]

DRAWS = 2_000
"""Joint draws of the rates at all thresholds: the ends of a 90% interval are then good to a percentage point."""

MOST_LEVEL = 0.98
"""The widest interval that so many draws tell at all thresholds at once."""


def survey(
    runs: Any,
    *,
    fit: Fit | None = None,
    response: Response | None = None,
    error: float | Counts | None = None,
    target: float = 0.01,
    batch: float | None = None,
    level: float = 0.9,
    rng: int | np.random.Generator = 0,
) -> Survey:
    r"""What graded verdicts tell of right and wrong: the ROC, its area, a binormal curve, and the best thresholds.

    Uncertainty is clustered by block, else run, else query, where the log has at least three; else answers are
    taken as independent. Intervals of rates are Jeffreys' on effective counts, threshold by threshold; the band holds
    the rates of all thresholds at once. A threshold is chosen by its unfavourable outcome (the end of its interval),
    so that one that let no wrong answer pass by luck does not win by it.

    Parameters
    ----------
    runs : Runs, path or dataframe
        As `read_runs` takes it, with `score` and `correct`.
    fit : Fit, optional
        The response of the model, with what its fit leaves open.
    response : Response, optional
        A response that is known, instead; perfect adaptation with neither.
    error : float or Counts, optional
        The error rate of round 0, for acceptance and for choosing; by default that of the graded answers.
    target : float in (0, 1)
        The error rate that the cheapest threshold is to reach.
    batch : float ≥ 1, optional
        Accepted pairs that fill the buffer; by default the size that the fit was measured at most, else 16.
    level : float in (0, 0.98]
        Of the intervals.
    rng : seed or Generator
        For the draws.

    Raises
    ------
    UsageError
        If an input is out of range, or both `fit` and `response` are given.
    DataError
        If there are no scores beside truths, only correct or only wrong answers, or one score alone.

    Examples
    --------
    >>> import boostcalc as bc
    >>> found = bc.survey(bc.load_table("game24_selfeval"))
    >>> round(found.auc.value, 3), found.clusters["by"]
    (0.766, 'query')
    """
    _check(fit, response, target, level)
    log = runs if isinstance(runs, Runs) else read_runs(runs)
    data = graded(log)
    curve = data.curve()
    generator = np.random.default_rng(rng)
    start = _error(data, error)
    answer = response or (Perfect() if fit is None else fit.response)
    size = batch if batch is not None else 16.0 if fit is None else fit.usual_size
    kept = kept_levels(curve)
    group = np.searchsorted(kept, np.arange(curve.threshold.size))
    tables = data.tables(group)
    worth = effective(data, curve, kept)
    drawn = draw_rates(tables, worth, generator, DRAWS, clustered=data.clustered)
    errors = np.broadcast_to(sample_rate(start, generator, DRAWS), DRAWS)[:, None]
    responses = drawn_responses(fit, answer, generator, DRAWS)
    seen = outlook(drawn, responses, errors, target=target, batch=size)
    chosen, wins = choices(curve.threshold[kept], seen, level)
    found = area(data, curve)
    auc = found.interval(level)
    band_level = simultaneous_level(drawn, level)
    wide = bands(data, curve, kept, worth, band_level)
    rows = _thresholds(curve, kept, worth, wide, drawn, errors, seen, wins, level)
    binormal, degenerate = _binormal(curve, kept, tables, data, level)
    return Survey(
        status=status(curve, auc, chosen),
        n_correct=curve.correct,
        n_wrong=curve.wrong,
        n_unknown=data.n_unknown,
        n_scores=curve.threshold.size,
        clusters={"by": data.by, "count": data.count},
        level=level,
        auc=auc,
        band_level=band_level,
        thresholds=rows,
        binormal=binormal,
        best=chosen,
        error=_told_error(start, level),
        target=target,
        batch=size,
        response=answer.to_dict(),
        notes=notes(log, data, curve, auc, rows, binormal, degenerate, level),
        provenance=provenance(
            source=log.source,
            where=log.where,
            level=level,
            draws=DRAWS,
            seed=rng if isinstance(rng, int) else None,
            error="of the graded answers" if error is None else "given",
            response="perfect adaptation" if fit is None and response is None else "fitted" if fit else "given",
        ),
    )


def read_survey(path: str | Path) -> Survey:
    """A survey saved as JSON (`Survey.to_json`, `boostcalc survey -o`).

    Raises
    ------
    UsageError
        If there is no such file.
    DataError
        If it is not a saved survey.
    """
    return Survey.from_dict(read_document(path, "survey"))


def _check(fit: Fit | None, response: Response | None, target: float, level: float) -> None:
    if fit is not None and response is not None:
        raise UsageError("the response is given twice: give fit or response, not both")
    if not 0 < target < 1:
        raise UsageError(f"target = {target} is out of range: it is an error rate in (0, 1)")
    if not 0 < level <= MOST_LEVEL:
        raise UsageError(f"level = {level} is out of range: a survey's level lies in (0, {MOST_LEVEL}]")


def _error(data: Graded, error: float | Counts | None) -> Array | Counts:
    """The error of round 0: as given, or that of the graded answers as counts that carry what clustering costs."""
    if error is not None:
        given = as_rate(error, "error")
        if not isinstance(given, Counts) and given.shape != ():
            raise UsageError("error is one rate: a survey answers for one loop at a time")
        return given
    right, wrong = data.correct, data.wrong
    if not data.clustered:
        return Counts(float(wrong.sum()), float((right + wrong).sum()))
    totals = [data.by_cluster(counts) for counts in (wrong, right + wrong)]
    found = effective_counts(totals[0], totals[1], np.arange(data.count))
    assert found is not None  # noqa: S101  # there are answers of both kinds
    return found


def _told_error(error: Array | Counts, level: float) -> Estimate:
    if not isinstance(error, Counts):
        return Estimate.exact(float(error))
    low, high = jeffreys([error], level)
    return Estimate(error.rate, float(low[0]), float(high[0]), level)


def _thresholds(
    curve: EmpiricalRoc,
    kept: np.ndarray[tuple[int], np.dtype[np.intp]],
    worth: tuple[list[Counts], list[Counts]],
    wide: tuple[Array, Array],
    drawn: tuple[Array, Array],
    errors: Array,
    seen: Outlook,
    wins: dict[str, Array],
    level: float,
) -> tuple[Threshold, ...]:
    rates = [
        [Estimate(c.rate, float(a), float(b), level) for c, a, b in zip(counts, *jeffreys(counts, level), strict=True)]
        for counts in worth
    ]
    t, f = drawn
    error = float(np.mean(errors)) if errors.size else math.nan
    plain = (1 - error) * curve.tpr[kept] + error * curve.fpr[kept]
    ratio, acceptance = t / f, (1 - errors) * t + errors * f
    return tuple(
        Threshold(
            score=float(curve.threshold[k]),
            accepted_correct=int(curve.accepted_correct[k]),
            accepted_wrong=int(curve.accepted_wrong[k]),
            tpr_counts=worth[0][j],
            fpr_counts=worth[1][j],
            tpr=rates[0][j],
            fpr=rates[1][j],
            tpr_band=(float(wide[0][0, j]), float(wide[0][1, j])),
            fpr_band=(float(wide[1][0, j]), float(wide[1][1, j])),
            likelihood_ratio=Estimate.from_draws(float(curve.likelihood_ratio[k]), ratio[:, j], level),
            acceptance=Estimate.from_draws(float(plain[j]), acceptance[:, j], level),
            drop=_middle(seen.fastest[:, j], level),
            attempts=_middle(seen.cheapest[:, j], level),
            floor=_middle(seen.lowest[:, j], level),
            worse=float((t[:, j] < f[:, j]).mean()),
            wins={name: float(share[j]) for name, share in wins.items()},
        )
        for j, k in enumerate(kept)
    )


def _middle(draws: Array, level: float) -> Estimate:
    """The median of the draws, with their central interval."""
    kept = draws[~np.isnan(draws)]
    middle = float(np.quantile(kept, 0.5, method="inverted_cdf")) if kept.size else math.nan
    return Estimate.from_draws(middle, draws, level)


def _binormal(
    curve: EmpiricalRoc,
    kept: np.ndarray[tuple[int], np.dtype[np.intp]],
    tables: tuple[Array, Array],
    data: Graded,
    level: float,
) -> tuple[BinormalFit | None, str]:
    """The binormal curve of the grouped counts, or why there is none."""
    from scipy.special import ndtri

    start = math.sqrt(2) * float(ndtri(np.clip(curve.auc, 0.02, 0.98)))
    try:
        found = fit_binormal(curve.threshold[kept], *tables, clustered=data.clustered, level=level, start=start)
    except FitError as error:
        return None, str(error)
    return found, ""
