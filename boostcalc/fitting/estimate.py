"""From runs to a fit: rates, responses, comparison, and what has to be said about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.assumptions import assumptions
from boostcalc.fitting.comparison import held_out, stacking_weights
from boostcalc.fitting.deviation import deviation_of
from boostcalc.fitting.diagnostics import Diagnostics, diagnose
from boostcalc.fitting.evaluator import EvaluatorFit, corrected_error, estimate_evaluator
from boostcalc.fitting.evaluator.design import Source
from boostcalc.fitting.evaluator.rates import rate_estimate
from boostcalc.fitting.evaluator.sizes import judges_by_size
from boostcalc.fitting.evaluator.verdicts import verdict_clusters
from boostcalc.fitting.fit import Fit
from boostcalc.fitting.fitted import FittedResponse
from boostcalc.fitting.likelihood import maximise
from boostcalc.fitting.misfit import misfit_of
from boostcalc.fitting.observations import Observations, observe
from boostcalc.fitting.order import order_effect
from boostcalc.fitting.told import left_out, status, warnings
from boostcalc.fitting.uncertainty import check_drawable, laddered, left_open, spread_of
from boostcalc.responses import RESPONSES, Response
from boostcalc.results import Estimate, counted, finite, provenance
from boostcalc.runs import Runs, read_runs

__all__ = ["fit", "fittable"]

FEWEST_SIZES = 3
"""Context sizes (an empty context among them) that a family which depends on the size is fitted from, by default."""


def fit(
    runs: Any,
    *,
    families: str | Sequence[str] | None = None,
    averaged: bool = True,
    context_judge: tuple[float, float] | None = None,
    level: float = 0.9,
) -> Fit:
    """What logged runs say of the evaluator and of the model's response to its context.

    Parameters
    ----------
    runs : Runs, path or dataframe
        As `read_runs` takes it.
    families : names of response families
        Fitted by binomial maximum likelihood, compared on held-out clusters. By default all that these runs can
        tell apart: those that depend on the context's size only where three sizes or more were logged.
    averaged : bool
        Whether a context known only by the rate it was drawn at is averaged over the binomial number of wrong
        pairs in it (the default), or its rate taken for the realised share.
    context_judge : (tpr, fpr), optional
        Rates of the judge that called pairs of a context wrong, where only that is known (`context_judged_wrong`); by
        default those of the log's own evaluator.
    level : float in (0, 1)
        Of the intervals.

    Raises
    ------
    UsageError
        If a family is unknown or has nothing to fit, or `level` is out of range.
    DataError
        If the runs allow no estimate: no truths, no verdicts, or no variation in contamination.

    Examples
    --------
    >>> import boostcalc as bc
    >>> curve = bc.load_table("gptj_contamination")
    >>> found = bc.fit(bc.read_runs(curve, where={"task": "unnatural", "context_size": 39}))
    >>> found.response.family, {name: round(value, 2) for name, value in found.params.items()}
    ('evidence', {'a': -5.9, 'b': 8.1})
    """
    if not 0 < level < 1:
        raise UsageError(f"level = {level} is out of range: an interval's level lies in (0, 1)")
    named = None if families is None else dict.fromkeys([families] if isinstance(families, str) else families)
    chosen = [RESPONSES[name] for name in named or ()]
    if named is not None and not chosen:
        raise UsageError(f"no family to fit: name some of {', '.join(r.family for r in RESPONSES if fittable(r))}")
    if odd := [family.family for family in chosen if not fittable(family)]:
        known = ", ".join(family.family for family in RESPONSES if fittable(family))
        raise UsageError(f"{', '.join(odd)} has no parameter to fit here; name others of: {known}")
    log = runs if isinstance(runs, Runs) else read_runs(runs)
    judge = _judge(log, level)
    pairs_judge = _context_judge(log, judge, context_judge)
    data = observe(log, averaged=averaged, context_judge=pairs_judge)
    chosen = chosen if named is not None else _told_apart(data)
    used = laddered(data)
    responses, unfitted = _responses(chosen, used) if data.filled.any() else ((), [])
    if not responses and judge is None:
        raise DataError(
            "; ".join(unfitted)
            or "nothing can be fitted: a response needs `correct` beside context_size and context_wrong (or "
            "context_contamination), an evaluator needs `accepted` beside `correct` (from acceptance by "
            "round alone: boostcalc evaluator --acceptance, bc.fit_acceptance)"
        )
    spread = responses[0].spread if responses else None
    clusters = {"by": spread.by, "count": spread.clusters} if spread else judge.clusters if judge else {}
    error, error_by = _error(log, level)
    order = _order(responses, used, level)
    assumed = assumptions(responses, data, judge, error, order, averaged=averaged, level=level)
    return Fit(
        status=status(log, data, responses, judge, assumed),
        n_attempts=log.n_attempts,
        clusters=clusters,
        level=level,
        judge=judge,
        judges=judges_by_size(log, level) if judge else (),
        error=error,
        error_by=error_by,
        responses=responses,
        seen=_seen(data),
        diagnostics=_diagnostics(responses, used, order),
        assumptions=assumed,
        warnings=(
            *(left_out(unfitted) if responses else unfitted),
            *warnings(log, data, responses),
            *(judge.warnings if judge else ()),
        ),
        provenance=provenance(
            source=log.source,
            where=log.where,
            families=[family.family for family in chosen],
            averaged=averaged,
            context_judge=pairs_judge,
            realised=bool(data.exact.all()),
            level=level,
        ),
    )


def _judge(log: Runs, level: float) -> EvaluatorFit | None:
    try:
        return estimate_evaluator(log, level=level)
    except DataError:
        return None


def _context_judge(
    log: Runs, judge: EvaluatorFit | None, given: tuple[float, float] | None
) -> tuple[float, float] | None:
    """The rates by which judged contexts are understood: those given, else the evaluator's own, else none."""
    if given is not None:
        if not all(0 <= rate <= 1 for rate in given) or given[0] == given[1]:
            raise UsageError(f"context_judge = {given} are no two rates: P(accept | correct) and P(accept | wrong)")
        return given
    if judge is None or "context_judged_wrong" not in log.cells:
        return None
    t, f = judge.tpr.value, judge.fpr.value
    return None if t is None or f is None or t == f else (t, f)


def _order(responses: tuple[FittedResponse, ...], data: Observations, level: float) -> Estimate:
    try:
        return order_effect(responses[0].response, data, level) if responses else Estimate(None)
    except DataError:  # few logs say where the wrong pairs stand
        return Estimate(None)


def _diagnostics(responses: tuple[FittedResponse, ...], data: Observations, order: Estimate) -> Diagnostics | None:
    if not responses:
        return None
    best = responses[0]
    told = data.told_by(type(best.response))
    return diagnose(maximise(type(best.response), told, best.response), told, size=best.size, order=order)


def _error(log: Runs, level: float) -> tuple[Estimate, str]:
    """The error rate of the log's answers and how it is known: from truths, or corrected from verdicts."""
    cells = log.cells
    known, judged = cells["n_known"].sum(), cells["n_judged"].sum()
    truths = cells[cells["n_known"] > 0]
    unlabelled = judged - cells["correct_judged"].sum() - cells["wrong_judged"].sum()
    if unlabelled > known > 0:
        try:
            found = corrected_error(log, level=level)
        except DataError as error:
            return Estimate(None), f"not identified: {error}"
        return found.error, f"{found.method}, from verdicts on {judged:,.0f} answers and truths of {known:,.0f}"
    if not known:
        return Estimate(None), "no truths"
    cluster, by = verdict_clusters(truths)
    wrong, n = (
        np.bincount(cluster, truths[name].to_numpy(float)).astype(np.float64) for name in ("n_wrong", "n_known")
    )
    told = f"from truths of {counted(known, 'answer')} in {counted(n.size, by)}"
    return rate_estimate(Source(wrong, n), level), told


def fittable(family: type[Response]) -> bool:
    """Whether a family has parameters, and a formula by which to fit them."""
    return bool(family.names()) and family.formula


def _told_apart(data: Observations) -> list[type[Response]]:
    sizes = data.size[np.isfinite(data.size)]
    several = sizes.size == data.size.size and np.unique(sizes).size >= FEWEST_SIZES
    return [family for family in RESPONSES if fittable(family) and (several or not family.sized)]


def _responses(families: Sequence[Any], data: Observations) -> tuple[tuple[FittedResponse, ...], list[str]]:
    """The families that these data determine, best first, and a sentence for each that they do not."""
    found, unfitted = [], []
    for family in families:
        told = data.told_by(family)
        try:
            maximum = maximise(family, told)
            spread = spread_of(maximum, told)
            check_drawable(spread, family)
            misfit = misfit_of(maximum, told)
            found.append((maximum, spread, misfit, deviation_of(maximum, told, misfit)))
        except DataError as error:
            unfitted.append(str(error))
    if not found:
        return (), unfitted
    scores = held_out([maximum.response for maximum, *_ in found], data)
    weights = stacking_weights(scores)
    size = _usual_size(data)
    fitted = [
        FittedResponse(
            maximum.response,
            spread,
            finite(scores[:, i].sum()),
            float(weights[i]),
            misfit,
            deviation,
            size,
            tuple(left_open(maximum)),
        )
        for i, (maximum, spread, misfit, deviation) in enumerate(found)
    ]
    best_first = sorted(fitted, key=lambda one: -np.inf if one.log_score is None else one.log_score, reverse=True)
    return tuple(best_first), unfitted


def _usual_size(data: Observations) -> float | None:
    """The context size that most attempts saw, the larger of equals."""
    known = data.size > 0
    if not known.any():
        return None
    sizes, where = np.unique(data.size[known], return_inverse=True)
    n = np.bincount(where, data.n[known])
    return float(sizes[n == n.max()].max())


def _seen(data: Observations) -> tuple[dict[str, float | None], ...]:
    keys = np.stack([np.nan_to_num(data.size, nan=-1.0), np.nan_to_num(data.share, nan=-1.0)], axis=1)
    places, where = np.unique(keys, axis=0, return_inverse=True)
    n, wrong = np.bincount(where, data.n), np.bincount(where, data.n_wrong)
    return tuple(
        {
            "context_size": None if size < 0 else float(size),
            "share": None if share < 0 else float(share),
            "n": float(n[i]),
            "error": float(wrong[i] / n[i]),
        }
        for i, (size, share) in enumerate(places)
    )
