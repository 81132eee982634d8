"""From runs to a fit: rates, responses, comparison, and what has to be said about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.comparison import held_out, stacking_weights
from boostcalc.fitting.evaluator import EvaluatorFit, corrected_error, estimate_evaluator
from boostcalc.fitting.evaluator.design import Source
from boostcalc.fitting.evaluator.rates import rate_estimate
from boostcalc.fitting.evaluator.verdicts import verdict_clusters
from boostcalc.fitting.fit import Fit
from boostcalc.fitting.fitted import FittedResponse
from boostcalc.fitting.likelihood import maximise
from boostcalc.fitting.misfit import misfit_of
from boostcalc.fitting.observations import Observations, observe
from boostcalc.fitting.uncertainty import ENOUGH_CLUSTERS, laddered, left_open, spread_of
from boostcalc.responses import RESPONSES, Response
from boostcalc.results import SCHEMA_VERSION, Estimate, finite, provenance
from boostcalc.runs import Runs, read_runs

__all__ = ["fit", "fittable", "read_fit"]

NEGLIGIBLE = 0.001
"""An error (or its complement) below this is as good as none for the assumption of perfect adaptation."""

FEWEST_SIZES = 3
"""Context sizes (an empty context among them) that a family which depends on the size is fitted from, by default."""


def fit(runs: Any, *, families: str | Sequence[str] | None = None, averaged: bool = True, level: float = 0.9) -> Fit:
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
    data = observe(log, averaged=averaged)
    chosen = chosen if named is not None else _told_apart(data)
    responses, unfitted = _responses(chosen, laddered(data)) if data.filled.any() else ((), [])
    if not responses and judge is None:
        raise DataError(
            "; ".join(unfitted)
            or "nothing can be fitted: a response needs `correct` beside context_size and context_wrong (or "
            "context_contamination), an evaluator needs `accepted` beside `correct`"
        )
    spread = responses[0].spread if responses else None
    clusters = {"by": spread.by, "count": spread.clusters} if spread else judge.clusters if judge else {}
    error, error_by = _error(log, level)
    return Fit(
        status=_status(log, data, responses, judge),
        n_attempts=log.n_attempts,
        clusters=clusters,
        level=level,
        judge=judge,
        error=error,
        error_by=error_by,
        responses=responses,
        seen=_seen(data),
        assumptions=_assumptions(responses, averaged, data, level),
        warnings=(*unfitted, *_warnings(log, data, responses), *(judge.warnings if judge else ())),
        provenance=provenance(
            source=log.source,
            where=log.where,
            families=[family.family for family in chosen],
            averaged=averaged,
            realised=bool(data.exact.all()),
            level=level,
        ),
    )


def _judge(log: Runs, level: float) -> EvaluatorFit | None:
    try:
        return estimate_evaluator(log, level=level)
    except DataError:
        return None


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
    told = f"from truths of {known:,.0f} answers in {n.size:,} {by}s"
    return rate_estimate(Source(wrong, n), level), told


def fittable(family: type[Response]) -> bool:
    """Whether a family has parameters, and a formula by which to fit them."""
    return bool(family.names()) and family.formula


def _told_apart(data: Observations) -> list[type[Response]]:
    sizes = data.size[np.isfinite(data.size)]
    several = sizes.size == data.size.size and np.unique(sizes).size >= FEWEST_SIZES
    return [family for family in RESPONSES if fittable(family) and (several or not family.sized)]


def read_fit(path: str | Path) -> Fit:
    """A fit saved as JSON (`Fit.to_json`, `boostcalc fit -o`).

    Raises
    ------
    UsageError
        If there is no such file.
    DataError
        If it is not a saved fit.
    """
    return Fit.from_dict(read_document(path, "fit"))


def read_document(path: str | Path, kind: str) -> dict[str, Any]:
    """A JSON document of ours, checked for its `kind`."""
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"no such file: {file}")
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise DataError(f"{file.name} is not JSON: it should be a {kind} saved by boostcalc") from None
    if isinstance(record, dict) and record.get("schema_version") not in (None, SCHEMA_VERSION):
        raise DataError(
            f"{file.name} was saved in version {record['schema_version']} of the documents; this boostcalc reads "
            f"version {SCHEMA_VERSION}"
        )
    if not isinstance(record, dict) or record.get("kind") != kind:
        found = record.get("kind") if isinstance(record, dict) else None
        raise DataError(f"{file.name} holds {found or 'something else'}, not a {kind} saved by boostcalc")
    return record


def _responses(families: Sequence[Any], data: Observations) -> tuple[tuple[FittedResponse, ...], list[str]]:
    """The families that these data determine, best first, and a sentence for each that they do not."""
    found, unfitted = [], []
    for family in families:
        told = data.told_by(family)
        try:
            maximum = maximise(family, told)
            found.append((maximum, spread_of(maximum, told), misfit_of(maximum, told)))
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
            size,
            tuple(left_open(maximum)),
        )
        for i, (maximum, spread, misfit) in enumerate(found)
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


def _status(log: Runs, data: Observations, responses: tuple[FittedResponse, ...], judge: EvaluatorFit | None) -> str:
    parts = []
    if responses:
        best = responses[0]
        parts.append(f"the {best.family} response predicts held-out data best: this model {best.response.learner}")
    counts = {} if judge is None else judge.counts
    known = [name for name, found in counts.items() if found is not None]
    told = {
        0: "nothing of the evaluator's rates",
        1: f"the evaluator's {' '.join(known)} alone",
        2: "the evaluator's rates",
    }
    parts.append(f"the log tells {told[len(known)]}")
    used = f", {data.n.sum():,.0f} of them under a known contamination" if responses else ""
    return f"{log.n_attempts:,} attempt{'s' if log.n_attempts != 1 else ''}{used}: {'; '.join(parts)}."


def _assumptions(
    responses: tuple[FittedResponse, ...], averaged: bool, data: Observations, level: float
) -> tuple[dict[str, str], ...]:
    if not responses:
        return ()
    ends = np.array([0.0, 1.0])
    low, high = responses[0].band(ends, level)
    clean, wrong = responses[0].response(ends, responses[0].size)
    stated = [
        {
            "name": "perfect adaptation",
            "verdict": "does not hold" if low[0] > NEGLIGIBLE or high[1] < 1 - NEGLIGIBLE else "is not contradicted",
            "evidence": f"the fitted error is {clean:.4g} [{low[0]:.4g}, {high[0]:.4g}] under a clean context and "
            f"{wrong:.4g} [{low[1]:.4g}, {high[1]:.4g}] under a wholly wrong one; perfect adaptation says 0 and 1",
        }
    ]
    if not data.exact.all():
        sized = averaged and bool(np.isfinite(data.size[~data.exact]).all())
        how = "averaged over Bin(k, rate)" if sized else "taken for the realised share"
        why = "" if sized or not averaged else ", as the sizes of the contexts are not logged"
        stated.append(
            {
                "name": "realised share of wrong pairs",
                "verdict": "not logged",
                "evidence": f"contexts are known by the rate they were drawn at, which is {how}{why}",
            }
        )
    return tuple(stated)


def _warnings(log: Runs, data: Observations, responses: tuple[FittedResponse, ...]) -> list[str]:
    said = [f"columns not read: {', '.join(log.ignored)}"] if log.ignored else []
    if log.unread:
        said.append(log.unread.said(log.source))
    if "context_wrong" in log.cells and "context_size" not in log.cells:
        said.append("context_wrong without context_size tells no share: log both")
    elif not data.n.size and {"context_size", "context_wrong", "context_contamination"} & set(log.cells.columns):
        said.append(
            "no response can be fitted: no answer of known truth was given under a context of known contamination"
        )
    if not responses:
        return said
    for name in ("task", "model"):
        several = log.cells[name].nunique() if name in log.cells else 1
        if several > 1:
            said.append(f"{several} {name}s are pooled into one response: fit them apart with where {name}=…")
    sizes = np.unique(data.size[np.isfinite(data.size)])
    if sizes.size > 1 and not responses[0].response.sized:
        said.append(
            f"contexts of {sizes[0]:g} to {sizes[-1]:g} pairs are pooled: the chosen family does not depend on the size"
        )
    if responses[0].open:
        said.append(
            f"{' and '.join(responses[0].open)} of the {responses[0].family} response: not identified by this log, and "
            "held by a weak prior"
        )
    if responses[0].spread.by == "cell" and data.by != "cell":
        said.append(
            f"only {data.n_clusters} {data.by}s: fewer than {ENOUGH_CLUSTERS} are too few to cluster by, so cells "
            "stand for themselves, with overdispersion"
        )
    dispersion = responses[0].spread.dispersion
    if dispersion > 2:
        said.append(
            f"counts scatter {dispersion:.3g} times more than chance around the {responses[0].family} response: "
            "it misfits, or something else varies"
        )
    if all(one.log_score is None for one in responses):
        said.append("every fitted family calls impossible something that was seen")
    return said
