"""What has to be said of a fit: its status, and warnings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boostcalc.fitting.assumptions import IGNORES, TAKES, UNTOLD
from boostcalc.fitting.evaluator import EvaluatorFit
from boostcalc.fitting.fitted import FittedResponse
from boostcalc.fitting.observations import Observations
from boostcalc.fitting.uncertainty import ENOUGH_CLUSTERS
from boostcalc.results import counted
from boostcalc.runs import Runs

__all__ = ["NOT_FITTED", "left_out", "status", "warnings"]

NOT_FITTED = "not fitted: "
"""How the sentence begins that names the families which these runs do not determine, beside others which they do."""


def status(
    log: Runs,
    data: Observations,
    responses: tuple[FittedResponse, ...],
    judge: EvaluatorFit | None,
    assumed: Sequence[dict[str, str]],
) -> str:
    """One sentence: how much there is, which learner `assumed` lets it show, and what is known of the evaluator."""
    parts = []
    if responses:
        takes = next((one["verdict"] for one in assumed if one["name"] == TAKES), None)
        learner = {
            IGNORES: "this model ignores its context",
            UNTOLD: "whether this model heeds its context cannot be told",
        }.get(takes or "", f"this model {responses[0].response.learner}")
        parts.append(f"the {responses[0].family} response predicts held-out data best: {learner}")
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


def warnings(log: Runs, data: Observations, responses: tuple[FittedResponse, ...]) -> list[str]:
    """Sentences on what was left out, pooled, or does not fit."""
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
            f"only {counted(data.n_clusters, data.by)}: fewer than {ENOUGH_CLUSTERS} are too few to cluster by, so "
            "cells stand for themselves, with overdispersion"
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


def left_out(reasons: Sequence[str]) -> list[str]:
    """One sentence for all families that could not be fitted."""
    return [f"{NOT_FITTED}{'; '.join(dict.fromkeys(reasons))}"] if reasons else []
