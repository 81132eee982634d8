"""How steeply the error rises with the contamination of the context: one number for a glance at a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boostcalc.fitting.evaluator.logistic import LineData, fit_line, spread_of
from boostcalc.fitting.observations import clusters
from boostcalc.results import Estimate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["slope_of"]


def slope_of(cells: pd.DataFrame, level: float) -> Estimate:
    """The change of the error's log-odds from a clean to a wholly wrong context, if they follow a straight line.

    Parameters
    ----------
    cells : as `Runs.contexts` gives them; the share is taken as realised.

    Raises
    ------
    DataError
        If every answer is correct or wrong, the share does not vary, or the error turns from none to all at one share.
    """
    from scipy.sparse import csr_array
    from scipy.stats import norm
    from scipy.stats import t as student

    cluster, by = clusters(cells)
    x, column = np.unique(cells["share"].to_numpy(float), return_inverse=True)
    rows = np.arange(len(cells))
    weights = csr_array((np.ones(len(cells)), (rows, column)), shape=(len(cells), x.size))
    k, n = cells["n_wrong"].to_numpy(float), cells["n_known"].to_numpy(float)
    line = fit_line(LineData(k, n, x, weights, cluster), "the error")
    spread = spread_of([line], by)
    deviate = student.ppf((1 + level) / 2, spread.df) if np.isfinite(spread.df) else norm.ppf((1 + level) / 2)
    half = float(deviate) * float(np.sqrt(spread.covariance[1, 1]))
    value = float(line.theta[1])
    return Estimate(value, value - half, value + half, level)
