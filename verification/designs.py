"""Sweeps that a user would run, and answers of a known learner under them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom

from boostcalc.fitting.observations import Observations
from boostcalc.odds import Array
from boostcalc.responses import Response

__all__ = ["Design", "answers", "expected", "rates", "runs"]


@dataclass(frozen=True, eq=False)
class Design:
    """Contexts of a sweep: a table in the schema without its counts, the attempts spread evenly over its rows.

    `correlation` is that of two answers in one row beyond what the context explains (beta-binomial).
    """

    name: str
    contexts: pd.DataFrame
    correlation: float = 0.0

    def each(self, attempts: int) -> int:
        """Attempts of a row."""
        return max(1, round(attempts / len(self.contexts)))

    def table(self, attempts: int) -> pd.DataFrame:
        """The design with `n`, and no wrong answers yet."""
        return self.contexts.assign(n=self.each(attempts), n_wrong=0)


def runs(name: str, count: int, sizes: tuple[int, ...], *, most: float = 1.0, correlation: float = 0.0) -> Design:
    """Runs that each have one context, of known wrong pairs: sizes in turn, shares spread evenly from 0 to `most`."""
    size = np.resize(sizes, count)
    rank = np.arange(count) // len(sizes)  # of a run among those of its size
    share = most * rank / rank.max()
    table = pd.DataFrame(
        {
            "run": [f"r{i:03}" for i in range(count)],
            "context_size": size,
            "context_wrong": np.floor(share * size + 0.5).astype(int),
        }
    )
    return Design(name, table, correlation)


def rates(name: str, contaminations: tuple[float, ...], sizes: tuple[int, ...], *, correlation: float = 0.0) -> Design:
    """Cells of a published curve: contexts drawn anew for each query at a rate, which is all that is known of them."""
    places = [(size, rate) for size in sizes for rate in (contaminations if size else (np.nan,))]
    return Design(name, pd.DataFrame(places, columns=["context_size", "context_contamination"]), correlation)


def expected(truth: Response, size: Array, share: Array, realised: bool) -> Array:
    """Error under each context; where only the rate is known, the mean over the wrong pairs that are drawn."""
    share = np.nan_to_num(share)
    if realised:
        return truth(share, size)
    wrong = np.arange(int(size.max()) + 1)
    mass = binom.pmf(wrong, size[:, None], share[:, None])
    drawn = np.minimum(wrong / np.maximum(size, 1)[:, None], 1.0)
    return np.asarray((mass * truth(drawn, size[:, None])).sum(axis=1))


def of_cells(truth: Response, data: Observations) -> Array:
    """Error of each cell."""
    found = np.empty(data.n.shape)
    for realised in (True, False):
        rows = data.exact == realised
        if rows.any():
            found[rows] = expected(truth, data.size[rows], data.share[rows], realised)
    return found


def answers(rng: np.random.Generator, error: Array, n: Array, correlation: float) -> Array:
    """Wrong answers among n at these errors, beta-binomial with a correlation."""
    own = error
    if correlation:
        size = (1 - correlation) / correlation
        inside = (error > 0) & (error < 1)
        mean = np.where(inside, error, 0.5)
        own = np.where(inside, rng.beta(mean * size, (1 - mean) * size), error)
    return rng.binomial(np.asarray(n).astype(np.int64), own).astype(np.float64)
