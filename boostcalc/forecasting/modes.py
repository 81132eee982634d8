"""Where a distribution of errors gathers: its humps, and how much each holds."""

from __future__ import annotations

import numpy as np

from boostcalc.odds import Array, expit

__all__ = ["modes"]

LEAST = 0.05
"""A hump that holds less than this is noise of the draws."""


def modes(logit_error: Array) -> tuple[dict[str, float], ...]:
    """Humps of a sample of log-odds, as records `error` (the median within) and `weight`; weights sum to 1.

    Humps of a kernel density estimate, divided at its deepest points; errors of 0 and 1 are humps of their own.
    """
    from scipy.signal import argrelmin
    from scipy.stats import gaussian_kde

    inner = logit_error[np.isfinite(logit_error)]
    edges = [-np.inf, np.inf]
    if inner.size > 1 and np.ptp(inner) > 1e-6:
        grid = np.linspace(inner.min(), inner.max(), 512)
        density = gaussian_kde(inner)(grid)
        valleys = grid[argrelmin(density)[0]]
        edges = [-np.inf, *_deep(valleys, inner), np.inf]
    certain = [(logit_error[np.isneginf(logit_error)]), (logit_error[np.isposinf(logit_error)])]
    parts = [
        certain[0],
        *(inner[(inner > a) & (inner <= b)] for a, b in zip(edges, edges[1:], strict=False)),
        certain[1],
    ]
    total = logit_error.size
    return tuple({"error": float(expit(np.median(p))), "weight": p.size / total} for p in parts if p.size)


def _deep(valleys: Array, sample: Array) -> list[float]:
    """The valleys that leave at least `LEAST` of the sample on either side and between them."""
    kept: list[float] = []
    below = 0.0
    for valley in valleys:
        share = float((sample <= valley).mean())
        if share - below >= LEAST and 1 - share >= LEAST:
            kept.append(float(valley))
            below = share
    return kept
