"""Graded answers of known truth: how many of either kind stand at each score, and what is independent of what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boostcalc.dynamics.evaluators.roc import EmpiricalRoc, roc
from boostcalc.errors import DataError
from boostcalc.fitting.observations import clusters
from boostcalc.fitting.rates import FEWEST
from boostcalc.odds import Array

if TYPE_CHECKING:
    from boostcalc.runs import Runs

__all__ = ["Graded", "graded"]


@dataclass(frozen=True, eq=False)
class Graded:
    """Counts of graded answers of known truth, one row a cluster and score.

    Attributes
    ----------
    score : array, shape (levels,), falling
        The scores that occur.
    place : int array, shape (rows,)
        Where each row's score stands among them.
    cluster : int array, shape (rows,)
        Rows with one number are not independent of each other; without clusters every answer is.
    correct, wrong : array, shape (rows,)
        Answers of either kind.
    by : "block", "run", "query" or "answer"
        What is independent.
    n_unknown : graded answers of unknown truth, which are left out.
    few : what there would be to cluster by, had it enough members; else "".
    """

    score: Array
    place: NDArray[np.intp]
    cluster: NDArray[np.intp]
    correct: Array
    wrong: Array
    by: str
    n_unknown: int = 0
    few: str = ""

    @property
    def clustered(self) -> bool:
        """Whether answers depend on each other in clusters that are known."""
        return self.by != "answer"

    @property
    def count(self) -> int:
        """How many independent units there are."""
        return int(self.cluster.max()) + 1 if self.clustered else int(self.correct.sum() + self.wrong.sum())

    def curve(self) -> EmpiricalRoc:
        """The empirical ROC over all scores."""
        at = np.concatenate([self.place, self.place])
        counts = np.concatenate([self.correct, self.wrong]).astype(np.int64)
        truth = np.repeat([True, False], self.place.size)
        return roc(np.repeat(self.score[at], counts), np.repeat(truth, counts))

    def tables(self, group: NDArray[np.intp]) -> tuple[Array, Array]:
        """Correct and wrong answers by cluster and group of scores, shape (clusters, groups); one row without clusters.

        Parameters
        ----------
        group : int array, shape (levels,)
            The group of each score, from 0.
        """
        rows = int(self.cluster.max()) + 1 if self.clustered else 1
        width = int(group.max()) + 1
        cell = (self.cluster if self.clustered else 0) * width + group[self.place]
        right, wrong = (
            np.bincount(cell, counts, rows * width).reshape(rows, width).astype(np.float64)
            for counts in (self.correct, self.wrong)
        )
        return right, wrong

    def by_cluster(self, counts: Array) -> Array:
        """Sums of a row-wise count over each cluster, shape (clusters,)."""
        return np.bincount(self.cluster, counts, self.count).astype(np.float64)


def graded(runs: Runs) -> Graded:
    """The graded answers of a log.

    Raises
    ------
    DataError
        If no answer of known truth has a score, counts are not whole, correct or wrong answers are missing, or all
        scores agree.
    """
    rows = runs.scores
    if rows is None:
        raise DataError(f"{runs.source} has no column `score`: a survey needs each answer's graded verdict")
    unknown = int(rows["n_unknown"].sum())
    rows = rows[(rows["n_correct"] + rows["n_wrong"]) > 0]
    if not len(rows):
        raise DataError("no graded answer has a known truth: a survey needs `correct` beside `score`")
    counts = rows[["n_correct", "n_wrong"]].to_numpy(float)
    if (counts % 1 != 0).any():
        raise DataError("graded answers come in whole numbers: give `n` with `correct` or a whole `n_wrong`")
    right, wrong = counts.sum(axis=0)
    if right == 0 or wrong == 0:
        raise DataError(
            f"all {right + wrong:,.0f} graded answers are {'wrong' if right == 0 else 'correct'}: a survey needs "
            "answers of both kinds to tell how well scores tell them apart"
        )
    levels, place = np.unique(-rows["score"].to_numpy(float), return_inverse=True)
    if levels.size == 1:
        raise DataError(
            f"all {right + wrong:,.0f} graded answers score {-levels[0]:g}: such a judge tells nothing apart, and no "
            "threshold does but to accept all or none"
        )
    cluster, by = clusters(rows)
    enough = by != "cell" and int(cluster.max()) + 1 >= FEWEST
    return Graded(
        score=-levels + 0.0,
        place=place,
        cluster=cluster,
        correct=counts[:, 0],
        wrong=counts[:, 1],
        by=by if enough else "answer",
        n_unknown=unknown,
        few="" if enough or by == "cell" else by,
    )
