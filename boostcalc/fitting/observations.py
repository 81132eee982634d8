r"""What a likelihood needs of the runs: error counts, the shares they answer to, and what is independent.

A response is a function of the realised share. Where only the rate $c$ is known that a context of $k$ pairs
was drawn at, the expected error is $\sum_j \operatorname{Bin}(j; k, c)\, g(j/k)$: one row of weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boostcalc.fitting.latent import realised_of_judged
from boostcalc.odds import Array
from boostcalc.responses import Response, realised

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

    from boostcalc.runs import Runs

__all__ = ["Observations", "asked", "observe"]

Laws = dict[int, tuple[Array, Array]]
"""By a cell's row: the realised shares that its contexts may have, and their probabilities."""

CLUSTERS = ("block", "run", "query")
"""What may be independent, coarsest first; else each cell of the table is."""


@dataclass(frozen=True, eq=False)
class Observations:
    """Error counts by cell.

    Attributes
    ----------
    shares, sizes : array, shape (m,)
        The distinct contexts that the cells refer to: realised share of wrong pairs (0 where there are no pairs)
        and number of pairs (`nan` where unknown).
    weights : sparse array, shape (cells, m)
        Distribution of the realised context in each cell; rows sum to 1.
    n, n_wrong : array, shape (cells,)
        Attempts, and wrong ones (not whole where a rate was given).
    cluster : int array, shape (cells,)
        Cells with one number are not independent of each other.
    by : "block", "run", "query" or "cell"
        What a cluster is.
    names : the clusters' names, as the log has them; empty for cells.
    size, share : array, shape (cells,)
        Context size (`nan` where unknown) and contamination (`nan` for an empty context), for reports.
    exact : bool array, shape (cells,)
        Whether `share` is the realised one (or, where `judged`, what is expected of it).
    judged : bool array, shape (cells,)
        Whether only a judge has told which pairs of the context are wrong.
    position : array, shape (cells,)
        Mean place of the wrong pairs in the context, 0 first and 1 last; `nan` where unknown.
    """

    shares: Array
    sizes: Array
    weights: csr_array
    n: Array
    n_wrong: Array
    cluster: NDArray[np.intp]
    by: str
    names: tuple[str, ...]
    size: Array
    share: Array
    exact: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    position: Array

    @property
    def n_clusters(self) -> int:
        """How many independent clusters there are."""
        return int(self.cluster.max()) + 1 if self.cluster.size else 0

    @property
    def error(self) -> Array:
        """Observed share of wrong answers in each cell."""
        return self.n_wrong / self.n

    def by_cell(self) -> Observations:
        """The same counts, each cell a cluster of its own."""
        return replace(self, cluster=np.arange(self.n.size), by="cell", names=())

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which cells have pairs in their context: what a curve at one size is fitted to."""
        return np.asarray(self.size != 0)

    def told_by(self, family: type[Response]) -> Observations:
        """The cells that tell of a family: all for one that knows the context's size, else those with pairs in it."""
        return self if family.sized or self.filled.all() else self.take(self.filled)

    def take(self, cells: NDArray[np.bool_]) -> Observations:
        """These cells alone, clusters renumbered."""
        kept, cluster = np.unique(self.cluster[cells], return_inverse=True)
        return Observations(
            shares=self.shares,
            sizes=self.sizes,
            weights=self.weights[np.flatnonzero(cells)],
            n=self.n[cells],
            n_wrong=self.n_wrong[cells],
            cluster=cluster,
            by=self.by,
            names=tuple(self.names[i] for i in kept) if self.names else (),
            size=self.size[cells],
            share=self.share[cells],
            exact=self.exact[cells],
            judged=self.judged[cells],
            position=self.position[cells],
        )


def observe(runs: Runs, *, averaged: bool = True, context_judge: tuple[float, float] | None = None) -> Observations:
    """The error counts of a log by contamination, ready for a likelihood.

    Parameters
    ----------
    runs : Runs
    averaged : bool
        Whether a cell known only by the rate its contexts were drawn at is averaged over Bin(k, rate); else the
        rate is taken for the realised share. (Without a context size it has to be.)
    context_judge : (tpr, fpr), optional
        Rates of the judge that told which pairs of a context are wrong, where truth is not known
        (`context_judged_wrong`). Without it such cells are left out.
    """
    cells = runs.contexts(judged=context_judge is not None)
    cluster, by = clusters(cells)
    share, exact = cells["share"].to_numpy(float), cells["exact"].to_numpy(bool)
    size = cells["context_size"].to_numpy(float)
    judged = cells["judged"].to_numpy(bool)
    laws: Laws = {}
    if context_judge is not None and judged.any():
        laws = _latent(cells[judged], context_judge, np.flatnonzero(judged))
        share = share.copy()
        share[judged] = [float(possible @ mass) for possible, mass in laws.values()]
    elsewhere = averaged & ~exact & np.isfinite(size) & ~judged
    laws |= {int(row): realised(float(share[row]), int(size[row])) for row in np.flatnonzero(elsewhere)}
    contexts, weights = _weights(np.nan_to_num(share), size, laws)
    position = cells["context_wrong_position"].to_numpy(float) if "context_wrong_position" in cells else np.nan
    return Observations(
        shares=contexts[:, 0],
        sizes=contexts[:, 1],
        weights=weights,
        n=cells["n_known"].to_numpy(float),
        n_wrong=cells["n_wrong"].to_numpy(float),
        cluster=cluster,
        by=by,
        names=() if by == "cell" else tuple(np.unique(cells[by].fillna("").astype(str))),
        size=size,
        share=share,
        exact=exact,
        judged=judged,
        position=np.full(share.shape, position) if np.ndim(position) == 0 else np.asarray(position),
    )


def _latent(cells: pd.DataFrame, rates: tuple[float, float], rows: NDArray[np.intp]) -> Laws:
    """Of each cell, by its row: what share of its context is wrong, given what a judge called wrong."""
    pairs = cells[["context_size", "context_judged_wrong"]].to_numpy(float)
    alike, where = np.unique(pairs, axis=0, return_inverse=True)
    # a cell may hold many contexts that are alike: it counts by its answers
    answers = np.bincount(where.ravel(), cells["n_known"].to_numpy(float)).astype(np.float64)
    found = realised_of_judged(alike[:, 0], alike[:, 1], answers, tpr=rates[0], fpr=rates[1])
    return {int(row): found[place] for row, place in zip(rows, where.ravel(), strict=True)}


def asked(share: Array, size: Array, averaged: NDArray[np.bool_]) -> Observations:
    """Contexts that are asked about, one cell each; `averaged` says which shares are rates to average over."""
    rates = np.flatnonzero(averaged & (size > 0))
    contexts, weights = _weights(share, size, {int(row): realised(float(share[row]), int(size[row])) for row in rates})
    one = np.ones(share.size)
    return Observations(
        shares=contexts[:, 0],
        sizes=contexts[:, 1],
        weights=weights,
        n=one,
        n_wrong=one / 2,
        cluster=np.arange(share.size),
        by="cell",
        names=(),
        size=size,
        share=share,
        exact=~averaged,
        judged=np.zeros(share.size, dtype=bool),
        position=np.full(share.size, np.nan),
    )


def clusters(cells: pd.DataFrame) -> tuple[NDArray[np.intp], str]:
    """Cluster numbers of cells, and what they are: block, else run, else query, else the cell itself.

    A column that puts everything into one cluster says nothing of what varies.
    """
    for name in CLUSTERS:
        if name in cells and cells[name].nunique() > 1:  # rows that lack it are taken as one cluster
            return np.unique(cells[name].fillna("").astype(str), return_inverse=True)[1], name
    return np.arange(len(cells)), "cell"


def _weights(share: Array, size: Array, laws: Laws) -> tuple[Array, csr_array]:
    """The distinct contexts (share, size), and each cell's distribution over them: its law, or its own share."""
    from scipy.sparse import csr_array

    own = np.setdiff1d(np.arange(share.size), np.fromiter(laws, dtype=np.intp, count=len(laws)))
    rows, values, mass = [own], [share[own]], [np.ones(own.size)]
    for row, (possible, probability) in laws.items():
        rows.append(np.full(possible.size, row))
        values.append(possible)
        mass.append(probability)
    index = np.concatenate(rows)
    unknown = -1.0  # numpy takes no two nan for the same
    contexts = np.stack([np.concatenate(values), np.nan_to_num(size[index], nan=unknown)], axis=1)
    found, column = np.unique(contexts, axis=0, return_inverse=True)
    found[found[:, 1] == unknown, 1] = np.nan
    return found, csr_array((np.concatenate(mass), (index, column)), shape=(len(share), len(found)))
