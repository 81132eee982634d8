"""Logs with known truth, in the schema, for parameter recovery."""

from __future__ import annotations

import numpy as np
import pandas as pd

from boostcalc.odds import expit, logit
from boostcalc.responses import Response


def sweep(
    rng: np.random.Generator,
    response: Response,
    *,
    runs: int,
    attempts: int,
    size: int = 16,
    tpr: float = 0.8,
    fpr: float = 0.3,
    spread: float = 0.0,
) -> pd.DataFrame:
    """Counts of a sweep: each run has one context of `size` pairs; runs differ by `spread` (sd in log-odds)."""
    wrong = rng.integers(0, size + 1, runs)
    own = rng.normal(0, spread, runs)
    error = expit(logit(response(wrong / size)) + own)
    n_wrong = rng.binomial(attempts, error)
    accepted_wrong = rng.binomial(n_wrong, expit(logit(fpr) + own))
    accepted_right = rng.binomial(attempts - n_wrong, expit(logit(tpr) + own))
    rows = [
        (f"r{i}", size, w, correct, accepted, n)
        for i, (w, k, aw, ar) in enumerate(zip(wrong, n_wrong, accepted_wrong, accepted_right, strict=True))
        for correct, accepted, n in (
            (True, True, ar),
            (True, False, attempts - k - ar),
            (False, True, aw),
            (False, False, k - aw),
        )
    ]
    return pd.DataFrame(rows, columns=["run", "context_size", "context_wrong", "correct", "accepted", "n"])
