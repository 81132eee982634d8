"""The verdicts of a log, summed over what is independent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boostcalc.fitting.evaluator.design import Source
from boostcalc.fitting.observations import clusters
from boostcalc.odds import Array

if TYPE_CHECKING:
    import pandas as pd

    from boostcalc.runs import Runs

__all__ = ["VOTES", "Verdicts", "verdict_clusters"]

VOTES = ("votes", "votes_for")
"""Key columns that are part of the outcome: cells that differ in them alone are one."""

ROUNDING = 1e-12
"""A part of a count that cannot be told from none."""


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Counts of verdicts by cluster.

    Attributes
    ----------
    correct, wrong, unknown : Source
        Accepted of judged answers of each truth, arrays of shape (clusters,); `unknown` where none was logged.
    by : "block", "run", "query" or "cell"
        What a cluster is.
    """

    correct: Source
    wrong: Source
    unknown: Source
    by: str

    @property
    def count(self) -> int:
        """How many clusters have verdicts."""
        return len(self.correct.trials)

    @property
    def judged(self) -> Source:
        """Accepted of all judged answers."""
        parts = (self.correct, self.wrong, self.unknown)
        return Source(sum_of(part.successes for part in parts), sum_of(part.trials for part in parts))

    @property
    def accepted(self) -> Source:
        """Correct of the accepted answers of known truth: its rate is the precision."""
        return Source(self.correct.successes, self.correct.successes + self.wrong.successes)

    @classmethod
    def of(cls, runs: Runs) -> Verdicts:
        """Those of a log."""
        cells = runs.cells[runs.cells["n_judged"] > 0]
        cluster, by = verdict_clusters(cells)
        count = int(cluster.max()) + 1 if len(cells) else 0

        def summed(name: str) -> Array:
            return np.bincount(cluster, cells[name].to_numpy(float), count).astype(np.float64)

        correct, wrong = (Source(summed(f"{kind}_accepted"), summed(f"{kind}_judged")) for kind in ("correct", "wrong"))
        judged, accepted = summed("n_judged"), summed("n_accepted")
        rest = Source(_rest(accepted, correct.successes, wrong.successes), _rest(judged, correct.trials, wrong.trials))
        return cls(correct, wrong, rest, by)


def verdict_clusters(cells: pd.DataFrame) -> tuple[NDArray[np.intp], str]:
    """Cluster numbers of cells and what they are, as `observations.clusters`; votes do not tell cells apart."""
    found, by = clusters(cells)
    keys = [name for name in cells.columns if name not in VOTES and not name.startswith(("n_", "correct_", "wrong_"))]
    keys = [name for name in keys if name != "n"]
    if by != "cell" or not set(VOTES) & set(cells.columns):
        return found, by
    if not keys:
        return np.zeros(len(cells), dtype=np.intp), by
    return np.asarray(cells.groupby(keys, dropna=False).ngroup(), dtype=np.intp), by


def _rest(whole: Array, *parts: Array) -> Array:
    """What is left of counts; 0 where it is rounding, as counts by shares are not whole."""
    left = whole - sum_of(parts)
    return np.where(np.abs(left) <= ROUNDING * whole, 0.0, left)


def sum_of(parts: Iterable[Array]) -> Array:
    """The elementwise sum."""
    return np.asarray(np.sum(list(parts), axis=0))
