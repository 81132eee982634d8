r"""What a likelihood needs of the runs: error counts, the shares they answer to, and what is independent.

A response is a function of the realised share. Where only the rate $c$ is known that a context of $k$ pairs
was drawn at, the expected error is $\sum_j \operatorname{Bin}(j; k, c)\, g(j/k)$: one row of weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boostcalc.odds import Array
from boostcalc.responses import Response, realised

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

    from boostcalc.runs import Runs

__all__ = ["Observations", "asked", "observe"]

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
        Whether `share` is the realised one.
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
        )


def observe(runs: Runs, *, averaged: bool = True) -> Observations:
    """The error counts of a log by contamination, ready for a likelihood.

    Parameters
    ----------
    runs : Runs
    averaged : bool
        Whether a cell known only by the rate its contexts were drawn at is averaged over Bin(k, rate); else the
        rate is taken for the realised share. (Without a context size it has to be.)
    """
    cells = runs.contexts()
    cluster, by = clusters(cells)
    share, exact = cells["share"].to_numpy(float), cells["exact"].to_numpy(bool)
    size = cells["context_size"].to_numpy(float)
    contexts, weights = _weights(np.nan_to_num(share), size, averaged & ~exact & np.isfinite(size))
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
    )


def asked(share: Array, size: Array, averaged: NDArray[np.bool_]) -> Observations:
    """Contexts that are asked about, one cell each; `averaged` says which shares are rates to average over."""
    contexts, weights = _weights(share, size, averaged & (size > 0))
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
    )


def clusters(cells: pd.DataFrame) -> tuple[NDArray[np.intp], str]:
    """Cluster numbers of cells, and what they are: block, else run, else query, else the cell itself.

    A column that puts everything into one cluster says nothing of what varies.
    """
    for name in CLUSTERS:
        if name in cells and cells[name].nunique() > 1:  # rows that lack it are taken as one cluster
            return np.unique(cells[name].fillna("").astype(str), return_inverse=True)[1], name
    return np.arange(len(cells)), "cell"


def _weights(share: Array, size: Array, averaged: NDArray[np.bool_]) -> tuple[Array, csr_array]:
    from scipy.sparse import csr_array

    rows, values, mass = [np.flatnonzero(~averaged)], [share[~averaged]], [np.ones(int((~averaged).sum()))]
    for row in np.flatnonzero(averaged):
        possible, probability = realised(float(share[row]), int(size[row]))
        rows.append(np.full(possible.size, row))
        values.append(possible)
        mass.append(probability)
    index = np.concatenate(rows)
    unknown = -1.0  # numpy takes no two nan for the same
    contexts = np.stack([np.concatenate(values), np.nan_to_num(size[index], nan=unknown)], axis=1)
    found, column = np.unique(contexts, axis=0, return_inverse=True)
    found[found[:, 1] == unknown, 1] = np.nan
    return found, csr_array((np.concatenate(mass), (index, column)), shape=(len(share), len(found)))
