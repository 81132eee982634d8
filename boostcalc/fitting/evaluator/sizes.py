"""Whether the evaluator's rates depend on how many pairs its context holds, and what they are at each size.

A judge that reads its context judges by it: with few pairs it knows little, with many it follows them. Rates pooled
over the sizes of a sweep are then those of no loop.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from boostcalc.errors import DataError
from boostcalc.fitting.evaluator.estimate import estimate_evaluator
from boostcalc.fitting.evaluator.fit import EvaluatorFit
from boostcalc.odds import Array, Counts
from boostcalc.runs import Runs

__all__ = ["AtSize", "judges_by_size"]

MOST = 24
"""Sizes that are told apart; a log with more of them was not made to compare sizes."""

CROSSED = 0.8
"""The part of all contaminations, from the least to the largest, that each size has to have seen."""


class AtSize(NamedTuple):
    """The evaluator under contexts of so many pairs."""

    size: float
    judge: EvaluatorFit


def judges_by_size(runs: Runs, level: float) -> tuple[AtSize, ...]:
    """The evaluator at each context size, in order; empty where sizes do not differ, or cannot be compared.

    They can where contaminations alike were seen at each: else the sizes of a growing context are compared with the
    rounds that it grew in. Whether t or f differs is tested at 1 − `level`, by χ² between the sizes.
    """
    contexts = runs.contexts()
    if "context_size" not in contexts or not len(contexts):
        return ()
    seen = contexts[
        (contexts["context_size"] > 0) & ((contexts["correct_judged"] > 0) | (contexts["wrong_judged"] > 0))
    ]
    if "round" in seen and (seen.groupby("context_size")["round"].nunique() <= 1).all() and seen["round"].nunique() > 1:
        return ()  # a context that grows: its sizes are its rounds
    spans = seen.groupby("context_size")["share"].agg(np.ptp)
    compared = spans.index[spans >= CROSSED * np.ptp(seen["share"])] if len(seen) else spans.index
    if not 2 <= len(compared) <= MOST:
        return ()
    found = []
    for size in compared:
        try:
            judge = estimate_evaluator(replace(runs, cells=runs.cells[runs.cells["context_size"] == size]), level=level)
        except DataError:
            return ()
        if None in judge.counts.values():
            return ()
        found.append(AtSize(float(size), judge))
    p_values = [_alike([one.judge.counts[name] for one in found]) for name in ("tpr", "fpr")]
    return tuple(found) if min(p_values) < (1 - level) / 2 else ()


def _alike(rates: list[Counts | None]) -> float:
    """p-value of the test that these rates are one."""
    from scipy.stats import chi2_contingency

    told: Array = np.array([[r.successes, r.trials - r.successes] for r in rates if r is not None])
    if not told.sum(axis=0).all():
        return 1.0
    return float(chi2_contingency(told, correction=False).pvalue)
