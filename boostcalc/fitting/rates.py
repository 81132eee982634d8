"""The evaluator's rates from verdicts on answers of known truth, as counts that carry what clustering costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boostcalc.fitting.observations import clusters
from boostcalc.odds import Array, Counts

if TYPE_CHECKING:
    from boostcalc.runs import Runs

__all__ = ["FEWEST", "LEVEL_OF_DF", "effective_counts", "evaluator_counts"]

LEVEL_OF_DF = 0.9
"""The interval level at which the loss from few clusters is matched (it hardly depends on it)."""

FEWEST = 3
"""Clusters needed to see how much they vary."""


def evaluator_counts(runs: Runs) -> tuple[Counts | None, Counts | None, str, int]:
    """Effective counts behind tpr and fpr (None where no such answer was judged), what a cluster is, how many."""
    cells = runs.cells[runs.cells["n_judged"] > 0]
    cluster, by = clusters(cells)
    pairs = [(cells[f"{truth}_accepted"], cells[f"{truth}_judged"]) for truth in ("correct", "wrong")]
    found = [effective_counts(k.to_numpy(float), n.to_numpy(float), cluster) for k, n in pairs]
    return found[0], found[1], by, int(cluster.max()) + 1 if len(cells) else 0


def effective_counts(accepted: Array, judged: Array, cluster: NDArray[np.intp]) -> Counts | None:
    """Counts of independent trials that are worth as much as these clustered ones.

    Clusters that vary more than chance make an attempt worth less: the number of trials is divided by the
    design effect (variance between clusters over binomial variance, at least 1), and by the square of the ratio
    of t quantiles for as few clusters (Korn, Graubard 1998, Survey Methodology 24(2)). With fewer than
    `FEWEST` clusters their variance says nothing, and attempts are taken as independent.

    Parameters
    ----------
    accepted, judged : array, shape (cells,)
        Accepted and judged answers of one truth.
    cluster : int array, shape (cells,)
    """
    from scipy.stats import t as student

    total = float(judged.sum())
    if total == 0:
        return None
    rate = float(accepted.sum()) / total
    used = np.unique(cluster[judged > 0])
    if used.size < FEWEST:
        return Counts(float(accepted.sum()), total)
    # where all verdicts agree nothing shows how much clusters vary: reckon as if one verdict had been the other
    told, seen = accepted.astype(float), rate
    if not 0 < rate < 1:
        told[np.argmax(judged > 0)] += min(1.0, total / 2) * (1 if rate == 0 else -1)
        seen = float(told.sum()) / total
    off = np.bincount(cluster, told - seen * judged)[used]
    count = used.size
    variance = count / (count - 1) * float(off @ off) / total**2
    effect = max(1.0, variance / (seen * (1 - seen) / total))
    upper = (1 + LEVEL_OF_DF) / 2
    ratio = student.ppf(upper, max(total - 1, 1)) / student.ppf(upper, count - 1)
    trials = min(total, total / effect * ratio**2)
    return Counts(rate * trials, trials)
