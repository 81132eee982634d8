"""Whether it matters where in the context the wrong pairs stand."""

from __future__ import annotations

import numpy as np

from boostcalc.errors import DataError
from boostcalc.fitting.likelihood import log_odds_and_slope
from boostcalc.fitting.observations import Observations
from boostcalc.responses import Response
from boostcalc.results import Estimate

__all__ = ["order_effect"]

FEWEST = 10
"""Cells with wrong and right pairs, of known places, from which an effect is told."""


CLUSTERS = 3
"""Clusters needed for a standard error between them."""


def order_effect(response: Response, data: Observations, level: float) -> Estimate:
    r"""Log-odds of an error that wrong pairs at the end of a context add, over wrong pairs at its beginning.

    The coefficient δ of $c\,(\text{place} - \tfrac12)$ in a binomial regression around the fitted response (an offset
    and a line in c beside it), place running from 0 (the first pairs) to 1 (the last); with standard errors by
    cluster.

    Parameters
    ----------
    response : the fitted response.
    data : with `position`, the mean place of the wrong pairs, `nan` where unknown.

    Raises
    ------
    DataError
        If fewer than ten cells in three clusters tell the places of their wrong pairs, or they do not vary.
    """
    import statsmodels.api as sm
    from scipy.stats import t as student

    told = np.isfinite(data.position) & (data.share > 0) & (data.share < 1)
    if told.sum() < FEWEST or np.ptp(data.position[told]) == 0:
        raise DataError(
            "the log does not tell where in their contexts the wrong pairs stand: log context_wrong_position"
        )
    part = data.take(told)
    if part.n_clusters < CLUSTERS:
        raise DataError(f"{part.n_clusters} {part.by}s tell where the wrong pairs stand: {CLUSTERS} or more are needed")
    offset, _ = log_odds_and_slope(response, part)
    columns = np.stack([part.share * (part.position - 0.5), np.ones(part.n.size), part.share], axis=1)
    columns = columns[:, [True, True, bool(np.ptp(part.share) > 0)]]
    counts = np.stack([part.n_wrong, part.n - part.n_wrong], axis=1)
    model = sm.GLM(counts, columns, family=sm.families.Binomial(), offset=offset)
    found = model.fit(cov_type="cluster", cov_kwds={"groups": part.cluster})
    half = student.ppf((1 + level) / 2, max(part.n_clusters - 1, 1)) * float(found.bse[0])
    value = float(found.params[0])
    return Estimate(value, value - half, value + half, level)
