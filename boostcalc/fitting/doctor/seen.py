"""What a diagnosis looks at: the tally of a log, what it does not keep, and sums that several questions share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from boostcalc.errors import DataError
from boostcalc.fitting.doctor.slope import slope_of
from boostcalc.fitting.evaluator import EvaluatorFit, estimate_evaluator
from boostcalc.fitting.evaluator.design import Source
from boostcalc.fitting.evaluator.rates import rate_estimate
from boostcalc.fitting.evaluator.verdicts import Verdicts, verdict_clusters
from boostcalc.fitting.observations import clusters
from boostcalc.odds import Array
from boostcalc.results import Estimate
from boostcalc.runs import COUNTS, Runs
from boostcalc.runs.untallied import Untallied

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LARGEST", "LEVEL", "Labels", "Seen", "plural"]

LEVEL = 0.9
"""Of the intervals."""

FEW = 5
"""Answers of each verdict from which on it is no chance that only one of them has truths."""

LARGEST = 100_000
"""Contexts with more pairs are not averaged over: nobody logs them, and the law of their wrong pairs fills memory."""


@dataclass(frozen=True)
class Labels:
    """Of which judged answers the truth is known.

    `accepted` and `rejected` are the shares of such answers with a truth; `p_value` that of their being the same;
    `alone` names the verdict that has all of the truths, and is empty where both have some.
    """

    accepted: float
    rejected: float
    p_value: float
    alone: str


@dataclass(frozen=True, eq=False)
class Seen:
    """A log as a diagnosis sees it.

    Attributes
    ----------
    log : its tally.
    beside : what the tally does not keep; None where the log came tallied.
    mapped : columns of the schema that the caller mapped to others.
    """

    log: Runs
    beside: Untallied | None
    mapped: frozenset[str] = frozenset()

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The tally's cells that hold attempts."""
        return self.log.cells[self.log.cells["n"] > 0].reset_index(drop=True)

    @cached_property
    def total(self) -> dict[str, float]:
        """Sums of the counts over all cells."""
        return {name: float(self.cells[name].sum()) for name in COUNTS}

    @cached_property
    def columns(self) -> frozenset[str]:
        """Columns of the schema that hold something."""
        keys = {str(name) for name in self.cells if name not in COUNTS and self.cells[name].notna().any()}
        named = set() if self.beside is None else set(self.beside.columns) & {"query", "n", "n_wrong", "error"}
        held = {"correct": self.total["n_known"], "accepted": self.total["n_judged"]}
        scored = {"score"} if self.log.scores is not None and len(self.log.scores) else set()
        return frozenset(keys | named | scored | {name for name, count in held.items() if count > 0})

    def has(self, *names: str) -> bool:
        """Whether all these columns hold something."""
        return self.columns.issuperset(names)

    def values(self, name: str) -> Array:
        """The distinct values of a numeric key, in order; empty where it is not logged."""
        if name not in self.cells:
            return np.empty(0)
        return np.unique(self.cells[name].dropna().to_numpy(float))

    def distinct(self, name: str) -> int:
        """How many values a key has."""
        return int(self.cells[name].nunique()) if name in self.cells else 0

    @cached_property
    def independent(self) -> tuple[str, int]:
        """What is independent, and how many of them there are; ("cell", …) where the log does not say."""
        found, by = clusters(self.cells)
        return by, int(found.max()) + 1 if len(found) else 0

    @cached_property
    def listed(self) -> bool:
        """Whether the log has one row an attempt (not counts)."""
        return self.beside is None or "n" not in self.beside.columns

    @cached_property
    def verdicts(self) -> Verdicts:
        """Verdicts by cluster."""
        return Verdicts.of(self.log)

    @cached_property
    def labels(self) -> Labels | None:
        """How truths depend on verdicts; None with fewer than `FEW` answers of either verdict, or no truth."""
        from scipy.stats import norm

        total = self.total
        accepted, rejected = total["n_accepted"], total["n_judged"] - total["n_accepted"]
        known_accepted = total["correct_accepted"] + total["wrong_accepted"]
        known = total["correct_judged"] + total["wrong_judged"]
        if min(accepted, rejected) < FEW or known <= 0:
            return None
        shares = known_accepted / accepted, (known - known_accepted) / rejected
        pooled = known / (accepted + rejected)
        spread = np.sqrt(max(pooled * (1 - pooled), 0.0) * (1 / accepted + 1 / rejected))
        p_value = 2 * float(norm.sf(abs(shares[0] - shares[1]) / spread)) if spread > 0 else 1.0
        return Labels(*shares, p_value, "accepted" if shares[1] <= 0 else "rejected" if shares[0] <= 0 else "")

    @cached_property
    def errors(self) -> Source:
        """Wrong of the answers of known truth, by cluster."""
        cells = self.cells[self.cells["n_known"] > 0]
        found, _ = verdict_clusters(cells)
        count = int(found.max()) + 1 if len(cells) else 0
        wrong, known = (np.bincount(found, cells[name].to_numpy(float), count) for name in ("n_wrong", "n_known"))
        return Source(wrong.astype(np.float64), known.astype(np.float64))

    @cached_property
    def error(self) -> Estimate:
        """The error rate of the answers of known truth."""
        return rate_estimate(self.errors, LEVEL)

    @cached_property
    def judge(self) -> EvaluatorFit | str:
        """The evaluator's rates; or why there are none."""
        if self.values("context_size").max(initial=0) > LARGEST:
            return f"contexts of more than {LARGEST:,} pairs are not read: is `context_size` a number of tokens?"
        try:
            return estimate_evaluator(self.log, level=LEVEL)
        except DataError as error:
            return str(error)

    @cached_property
    def contexts(self) -> pd.DataFrame:
        """Cells of known truth under a context of known contamination, with its `share`; those that hold pairs."""
        found = self.log.contexts(judged=True)
        return found[found["share"].notna() & (found["n"] > 0)].reset_index(drop=True)

    @cached_property
    def shares(self) -> Array:
        """Distinct contaminations of contexts, in order, to a thousandth."""
        return np.unique(self.contexts["share"].to_numpy(float).round(3))

    @cached_property
    def slope(self) -> Estimate | None:
        """The change of the error's log-odds from a clean to a wholly wrong context; None where it has none."""
        try:
            return slope_of(self.contexts, LEVEL)
        except DataError:
            return None

    @cached_property
    def rounds(self) -> pd.DataFrame:
        """Sums of the counts by block, run, model, task and round, as far as these are logged; rounds known."""
        if "round" not in self.cells:
            return self.cells.iloc[:0]
        keys = [name for name in ("block", "run", "model", "task", "round") if name in self.cells]
        cells = self.cells[self.cells["round"].notna()]
        return cells.groupby(keys, dropna=False)[list(COUNTS)].sum().reset_index()

    @property
    def loops(self) -> list[str]:
        """The columns that tell runs apart in `rounds`."""
        return [name for name in ("block", "run", "model", "task") if name in self.cells]


def plural(count: float, noun: str) -> str:
    """`1 run`, `1,200 runs`, `3 queries`."""
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{count:,.0f} {noun if count == 1 else several}"
