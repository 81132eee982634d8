"""Figures of loops with finite batches: single runs, and the exact law by round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.plotting.loops import ERROR, error_axis
from boostcalc.plotting.style import FAINT, INK, LINE, MARK, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["law", "runs", "shares"]


def runs(
    error: ArrayLike,
    mean_field: ArrayLike,
    *,
    mean: ArrayLike | None = None,
    target: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Single runs as thin lines, `error` of shape `(rounds + 1, runs)`; the mean field and the mean over runs thick."""
    values = np.asarray(error, dtype=np.float64)
    steps = np.arange(values.shape[0])
    with axes_or_new(ax) as drawn:
        lines = drawn.plot(steps, values, color=FAINT, linewidth=0.6, alpha=0.6)
        lines[0].set_label("single runs")
        drawn.plot(steps, mean_field, color=LINE, linewidth=2, label="mean field")
        if mean is not None:
            drawn.plot(steps, mean, color=INK, linewidth=1.5, linestyle=(0, (4, 2)), label="mean of runs")
        if target is not None:
            drawn.axhline(target, color=MARK, linestyle="--", linewidth=1, label="target")
        error_axis(drawn, values)
        drawn.set_xlabel("round")
        drawn.locator_params(axis="x", integer=True)
        drawn.legend(loc="best", fontsize=8)
        return drawn


def law(
    edges: ArrayLike,
    mass: ArrayLike,
    *,
    mean: ArrayLike | None = None,
    mean_field: ArrayLike | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The law of the error by round as a heat map: `mass` of shape `(rounds + 1, bins)` between the bins' `edges`."""
    shares = np.asarray(mass, dtype=np.float64)
    steps = np.arange(shares.shape[0])
    with axes_or_new(ax) as drawn:
        across = np.arange(shares.shape[0] + 1) - 0.5
        image = drawn.pcolormesh(across, edges, shares.T**0.5, cmap="Blues", vmin=0, vmax=1, rasterized=True)
        bar = drawn.figure.colorbar(image, ax=drawn, label="probability")
        bar.set_ticks([x**0.5 for x in TICKS], labels=[f"{x:g}" for x in TICKS])
        if mean_field is not None:
            drawn.plot(steps, mean_field, color=MARK, linewidth=1.5, label="mean field")
        if mean is not None:
            drawn.plot(steps, mean, color=INK, linewidth=1.5, linestyle=(0, (4, 2)), label="mean")
        drawn.set(xlabel="round", ylabel=ERROR)
        drawn.locator_params(axis="x", integer=True)
        if mean is not None or mean_field is not None:
            drawn.legend(loc="best", fontsize=8, labelcolor=INK)
        return drawn


def shares(edges: ArrayLike, mass: ArrayLike, *, limits: ArrayLike = (), ax: Axes | None = None) -> Axes:
    """The law of a context's contamination: `mass` of each bin between `edges`, and the limits it tends to."""
    with axes_or_new(ax) as drawn:
        drawn.stairs(np.asarray(mass), np.asarray(edges), fill=True, color=LINE, alpha=0.7)
        for i, limit in enumerate(np.asarray(limits, dtype=np.float64)):
            drawn.axvline(limit, color=MARK, linestyle="--", linewidth=1, label="limits" if i == 0 else None)
        drawn.set(xlabel="contamination of the context", ylabel="probability", xlim=(-0.02, 1.02))
        if np.size(limits):
            drawn.legend(loc="best", fontsize=8)
        return drawn


TICKS = (0, 0.01, 0.05, 0.2, 0.5, 1)
"""Probabilities on the colour bar, whose colours go by their square root: rare errors are seen as well."""
