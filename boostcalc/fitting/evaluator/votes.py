r"""How much repeated votes on one answer go together: beta-binomial maximum likelihood by truth.

With $\bar p = (1-\rho)p$ (as in `dynamics.evaluators.tails`) j acceptances in m votes have the log-probability
$\sum_{l<j}\ln(\bar p + l\rho) + \sum_{l<m-j}\ln(\bar q + l\rho) - \sum_{l<m}\ln(1 - \rho + l\rho)$ and a constant, so
all that the likelihood needs is how many answers have more than l acceptances, refusals and votes, for each l.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boostcalc import plotting
from boostcalc.dynamics import BaseEvaluator, Evaluator, Votes
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.evaluator.design import FEWEST
from boostcalc.fitting.evaluator.score import normal_quantile
from boostcalc.fitting.observations import clusters
from boostcalc.odds import Array
from boostcalc.results import Estimate, Result, aligned, finite, provenance
from boostcalc.runs import Runs, read_runs

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["VoteCorrelation", "VoteCounts", "correlation_interval", "vote_correlation"]

MOST = 1 - 1e-9
"""The largest correlation that is tried: at 1 all votes are one vote."""

SURE = 1e-12
"""How near 0 or 1 the mean of votes that all agree is tried."""


@dataclass(frozen=True, eq=False)
class VoteCounts:
    """For each cluster and each l, how many answers have more than l acceptances, refusals and votes: (clusters, m)."""

    up: Array
    down: Array
    all: Array

    @classmethod
    def of(cls, votes: Array, votes_for: Array, answers: Array, cluster: NDArray[np.intp]) -> VoteCounts:
        """From rows of so many answers with so many votes, of which so many accept."""
        most = np.arange(int(votes.max(initial=1)))
        counts = []
        for column in (votes_for, votes - votes_for, votes):
            summed = np.zeros((int(cluster.max(initial=-1)) + 1, most.size))
            np.add.at(summed, cluster, (column[:, None] > most) * answers[:, None])
            counts.append(summed)
        return cls(*counts)

    @property
    def total(self) -> VoteCounts:
        """All clusters as one."""
        return VoteCounts(*(part.sum(axis=0, keepdims=True) for part in (self.up, self.down, self.all)))

    def log_likelihood(self, p: float, rho: float) -> float:
        """Of mean p and correlation rho, both within (0, 1), rho also 0."""
        a, b, c, _ = self._factors(p, rho)
        return float((self.up * np.log(a) + self.down * np.log(b) - self.all * np.log(c)).sum())

    def scores(self, p: float, rho: float) -> Array:
        """Each cluster's slope of the log-likelihood in (p, rho), shape (clusters, 2)."""
        a, b, c, j = self._factors(p, rho)
        by_p = ((1 - rho) * (self.up / a - self.down / b)).sum(axis=1)
        by_rho = (self.up * (j - p) / a + self.down * (j - 1 + p) / b - self.all * (j - 1) / c).sum(axis=1)
        return np.stack([by_p, by_rho], axis=1)

    def mean(self, rho: float) -> float:
        """The most likely p at this correlation."""
        from scipy.optimize import brentq

        total = self.total
        if total.up[0, 0] == 0 or total.down[0, 0] == 0:
            return SURE if total.up[0, 0] == 0 else 1 - SURE

        def slope(p: float) -> float:
            a, b, _, _ = total._factors(p, rho)
            return float((total.up / a - total.down / b).sum())

        return float(brentq(slope, SURE, 1 - SURE, xtol=1e-15))

    def profile(self, rho: float) -> float:
        """The largest log-likelihood at this correlation."""
        return self.log_likelihood(self.mean(rho), rho)

    def _factors(self, p: float, rho: float) -> tuple[Array, Array, Array, Array]:
        j = np.arange(self.up.shape[1], dtype=np.float64)
        return (1 - rho) * p + rho * j, (1 - rho) * (1 - p) + rho * j, 1 - rho + rho * j, j


@dataclass(frozen=True, eq=False)
class VoteCorrelation(Result):
    """The correlation of two votes on one answer, given its truth.

    Attributes
    ----------
    correlations : by truth ("correct", "wrong") and for both at once ("common").
    rates : `tpr` and `fpr` of a single vote; None where no such answer has votes.
    p_value : of the test that both truths have the same correlation; None with one of them.
    most : the most votes on one answer.
    """

    kind = "vote correlation"

    status: str
    correlations: dict[str, Estimate]
    rates: dict[str, float | None]
    p_value: float | None
    most: int
    clusters: dict[str, Any]
    provenance: dict[str, Any]

    @property
    def correlation(self) -> Estimate:
        """That of both truths at once: what `Votes` takes."""
        return self.correlations["common"]

    def votes(self, m: int, needed: int | None = None, *, evaluator: BaseEvaluator | None = None) -> Votes:
        """The evaluator that takes m such votes, of its own rates unless another one is given.

        Raises
        ------
        DataError
            If one of its rates is not known.
        """
        tpr, fpr = self.rates["tpr"], self.rates["fpr"]
        if evaluator is None and (tpr is None or fpr is None):
            raise DataError("the votes tell one rate alone: give the evaluator")
        voter = Evaluator(tpr, fpr) if evaluator is None else evaluator  # type: ignore[arg-type]  # None is refused above
        return Votes(voter, m, needed, min(self.correlation.value or 0.0, MOST))

    def summary(self) -> str:
        rows = [[name, str(found)] for name, found in self.correlations.items()]
        return f"{self.status}\n{aligned(rows, left=True)}"

    def to_frame(self) -> pd.DataFrame:
        """One row a truth: `truth`, `value`, `low`, `high`, `level`."""
        import pandas as pd

        return pd.DataFrame([{"truth": name, **found.to_dict()} for name, found in self.correlations.items()])

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "correlations": {name: found.to_dict() for name, found in self.correlations.items()},
            "rates": self.rates,
            "p_value": self.p_value,
            "most": self.most,
            "clusters": self.clusters,
            "provenance": self.provenance,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The correlations with their intervals."""
        numbers = [[e.value, e.low, e.high] for e in self.correlations.values()]
        drawn = plotting.estimates(list(self.correlations), np.array(numbers, dtype=np.float64), ax=ax)
        drawn.set_xlabel("correlation of two votes on one answer")
        return drawn


def vote_correlation(runs: Any, *, level: float = 0.9) -> VoteCorrelation:
    """The correlation of repeated votes, by truth, from `votes` and `votes_for` of a log.

    Parameters
    ----------
    runs : Runs, path or dataframe
        As `read_runs` takes it.
    level : float in (0, 1)
        Of the profile likelihood intervals; they are widened where blocks, runs or queries differ more than chance.

    Raises
    ------
    UsageError
        If `level` is out of range.
    DataError
        If no answer of known truth has two votes.

    Examples
    --------
    >>> import boostcalc as bc
    >>> import pandas as pd
    >>> log = pd.DataFrame({"correct": True, "votes": 3, "votes_for": [0, 1, 2, 3], "n": [30, 20, 30, 120]})
    >>> bc.vote_correlation(log).correlation.text(2)
    '0.57 [0.49, 0.65]'
    """
    if not 0 < level < 1:
        raise UsageError(f"level = {level} is out of range: an interval's level lies in (0, 1)")
    log = runs if isinstance(runs, Runs) else read_runs(runs)
    if not {"votes", "votes_for"} <= set(log.cells.columns):
        raise DataError("no votes are logged: `votes` and `votes_for` say how often an answer was judged and accepted")
    cells = log.cells[log.cells["votes"].notna() & log.cells["votes_for"].notna() & (log.cells["n_known"] > 0)]
    cluster, by = clusters(cells)
    by_truth: dict[str, VoteCounts] = {}
    for truth, answers in (("correct", cells["n_known"] - cells["n_wrong"]), ("wrong", cells["n_wrong"])):
        votes, votes_for = (cells[name].to_numpy(float) for name in ("votes", "votes_for"))
        counts = VoteCounts.of(votes, votes_for, answers.to_numpy(float), cluster)
        if counts.all.shape[1] > 1 and counts.all[:, 1].sum() > 0:
            by_truth[truth] = counts
    if not by_truth:
        raise DataError("no answer of known truth has two votes: a correlation cannot be seen in one")
    independent = by == "cell"  # answers are then
    found = {name: correlation_interval([one], level, clustered=not independent) for name, one in by_truth.items()}
    both = list(by_truth.values())
    found["common"] = correlation_interval(both, level, clustered=not independent)
    rates = {
        name: by_truth[truth].mean(found["common"].value or 0.0) if truth in by_truth else None
        for name, truth in (("tpr", "correct"), ("fpr", "wrong"))
    }
    most = max(one.all.shape[1] for one in both)
    return VoteCorrelation(
        status=_status(found["common"], most),
        correlations=found,
        rates=rates,
        p_value=_alike(both, [found[name] for name in by_truth], found["common"]) if len(both) == 2 else None,
        most=most,
        clusters={"by": "answer" if independent else by, "count": int(cluster.max()) + 1},
        provenance=provenance(source=log.source, where=log.where, level=level),
    )


def correlation_interval(counts: Sequence[VoteCounts], level: float, *, clustered: bool) -> Estimate:
    """The most likely correlation of these truths and its profile likelihood interval, within [0, 1]."""
    from scipy.optimize import minimize_scalar

    def profile(rho: float) -> float:
        return sum(one.profile(rho) for one in counts)

    best = minimize_scalar(lambda rho: -profile(rho), bounds=(0.0, MOST), method="bounded", options={"xatol": 1e-10})
    value, top = float(best.x), -float(best.fun)
    if profile(0.0) >= top - 1e-9:
        value, top = 0.0, profile(0.0)
    drop = normal_quantile(level) ** 2 / 2 * (_inflation(counts, value, level) if clustered else 1.0)

    def over(rho: float) -> float:
        return top - profile(rho) - drop

    return Estimate(value, _end(over, value, 0.0), _end(over, value, MOST), level)


def _end(over: Callable[[float], float], inside: float, outside: float) -> float:
    from scipy.optimize import brentq

    if inside == outside or over(outside) <= 0:
        return 0.0 if outside == 0 else 1.0
    return float(brentq(over, inside, outside, xtol=1e-12))


def _inflation(counts: Sequence[VoteCounts], rho: float, level: float) -> float:
    """By how much clusters make the squared drop of the profile larger (Rotnitzky and Jewell 1990), at least 1."""
    from scipy.special import stdtrit

    # inside the range, where the likelihood is smooth in both directions
    step = 1e-4
    middle = float(np.clip(rho, 2 * step, 1 - 2 * step))
    slopes, plain = [], []
    for one in counts:
        p = float(np.clip(one.mean(middle), 2 * step, 1 - 2 * step))
        total = one.total
        steps = [(total.scores(p + d, middle + e) - total.scores(p - d, middle - e))[0] / (2 * step)
                 for d, e in ((step, 0.0), (0.0, step))]  # fmt: skip
        hessian = -np.array(steps)
        scores = one.scores(p, middle)
        slopes.append(scores[:, 1] - scores[:, 0] * hessian[0, 1] / hessian[0, 0])
        plain.append(float(hessian[1, 1] - hessian[0, 1] ** 2 / hessian[0, 0]))
    together = np.sum(slopes, axis=0)
    count = int((np.sum([one.all[:, 0] for one in counts], axis=0) > 0).sum())
    if count < FEWEST or sum(plain) <= 0:
        return 1.0
    seen = float(together @ together) * count / (count - 1)
    quantile = float(stdtrit(count - 1, (1 + level) / 2)) / normal_quantile(level)
    return max(1.0, seen / sum(plain) * quantile**2)


def _alike(counts: Sequence[VoteCounts], apart: Sequence[Estimate], common: Estimate) -> float | None:
    from scipy.stats import chi2

    free = sum(one.profile(found.value or 0.0) for one, found in zip(counts, apart, strict=True))
    tied = sum(one.profile(common.value or 0.0) for one in counts)
    return finite(float(chi2.sf(max(0.0, 2 * (free - tied)), 1)))


def _status(found: Estimate, most: int) -> str:
    rho = found.value or 0.0
    worth = most / (1 + (most - 1) * rho)
    if (found.low or 0.0) > 0:
        return (
            f"Votes on one answer agree more often than independent ones: their correlation is {found}, so that {most} "
            f"of them are worth {worth:.3g} independent ones."
        )
    return f"Votes on one answer may be independent: their correlation is {found}."
