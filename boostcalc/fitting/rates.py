"""The evaluator's rates as counts that carry what clustering costs: what forecasts and propagation draw from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boostcalc.fitting.evaluator.design import FEWEST, Source
from boostcalc.fitting.evaluator.rates import effective
from boostcalc.fitting.evaluator.verdicts import Verdicts
from boostcalc.odds import Array, Counts

if TYPE_CHECKING:
    from boostcalc.runs import Runs

__all__ = ["FEWEST", "LEVEL_OF_DF", "effective_counts", "evaluator_counts"]

LEVEL_OF_DF = 0.9
"""The interval level at which the loss from few clusters is matched (it hardly depends on it)."""


def evaluator_counts(runs: Runs) -> tuple[Counts | None, Counts | None, str, int]:
    """Effective counts behind tpr and fpr (None where no such answer was judged), what a cluster is, how many."""
    seen = Verdicts.of(runs)
    return effective(seen.correct, LEVEL_OF_DF), effective(seen.wrong, LEVEL_OF_DF), seen.by, seen.count


def effective_counts(accepted: Array, judged: Array, cluster: NDArray[np.intp]) -> Counts | None:
    """Counts of independent trials that are worth as much as these clustered ones (see `evaluator.design`).

    Parameters
    ----------
    accepted, judged : array, shape (cells,)
        Accepted and judged answers of one truth.
    cluster : int array, shape (cells,)
    """
    summed = (np.bincount(cluster, part).astype(np.float64) for part in (accepted, judged))
    return effective(Source(*summed), LEVEL_OF_DF)
