"""Where a distribution of errors gathers: its humps, and how much each holds."""

from __future__ import annotations

import numpy as np

from boostcalc.odds import Array, expit

__all__ = ["modes"]

LEAST = 0.05
"""A hump that holds less than this is noise of the draws."""

APART = 1.0
"""Ends closer than this in log-odds are one end: a few pairs more or fewer in a batch move the error as far."""

DEPTH = 0.5
"""A valley divides where the density falls below this share of the lower of its two peaks."""

WIDTH = 0.25
"""Least width of the kernel, in log-odds: errors under finite batches lie on a lattice, whose gaps are no valleys."""


def modes(ends: Array, last: Array) -> tuple[dict[str, float], ...]:
    """Humps of a sample of log-odds, as records `error` and `weight`; weights sum to 1.

    Humps of a kernel density estimate of `ends`, divided at its deep valleys; errors of 0 and 1 are humps of their
    own. `error` is the median of `last` among the draws of a hump.

    Parameters
    ----------
    ends : array, shape (draws,)
        Log-odds of the error about which each draw settles.
    last : array, shape (draws,)
        Log-odds of its error in the last round.
    """
    inner = np.isfinite(ends)
    edges = [-np.inf, *_valleys(ends[inner]), np.inf]
    parts = [np.isneginf(ends)]
    parts += [inner & (ends > a) & (ends <= b) for a, b in zip(edges, edges[1:], strict=False)]
    parts += [np.isposinf(ends)]
    return tuple(
        {"error": float(expit(np.median(last[part]))), "weight": float(part.mean())} for part in parts if part.any()
    )


def _valleys(sample: Array) -> list[float]:
    """Where the density of a sample is divided: deep, and with two humps worth the name on its sides."""
    from scipy.signal import argrelmin
    from scipy.stats import gaussian_kde

    if sample.size < 2 or np.ptp(sample) < APART:
        return []
    spread = float(sample.std(ddof=1))
    kernel = gaussian_kde(sample, bw_method=max(sample.size**-0.2, WIDTH / spread))
    grid = np.linspace(sample.min(), sample.max(), 512)
    density = kernel(grid)
    kept: list[int] = []
    for place in argrelmin(density)[0]:
        start = kept[-1] if kept else 0
        left, right = density[start:place], density[place:]
        apart = grid[place + right.argmax()] - grid[start + left.argmax()] >= APART
        share = float(((sample > grid[start]) & (sample <= grid[place])).mean()), float((sample > grid[place]).mean())
        if apart and density[place] < DEPTH * min(left.max(), right.max()) and min(share) >= LEAST:
            kept.append(int(place))
    return [float(grid[place]) for place in kept]
