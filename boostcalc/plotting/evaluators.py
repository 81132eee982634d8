"""Figures of an evaluator: what each threshold accepts, and how its rates move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.plotting.style import FAINT, LINE, MARK, axes_or_new, verbatim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["estimates", "rates", "roc"]


def roc(fpr: ArrayLike, tpr: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """P(accept | correct) against P(accept | wrong), from the strictest threshold to the laxest."""
    across, up = (np.concatenate([[0.0], np.asarray(rate, dtype=np.float64)]) for rate in (fpr, tpr))
    with axes_or_new(ax) as drawn:
        drawn.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
        drawn.plot(across, up, color=LINE, marker="o" if len(up) < 40 else None, markersize=3.5)
        drawn.set(xlabel="P(accept | wrong)", ylabel="P(accept | correct)", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        drawn.set_aspect("equal")
        return drawn


def rates(share: ArrayLike, curves: Mapping[str, ArrayLike], *, ax: Axes | None = None) -> Axes:
    """Rates over the contamination of the context: for each name an array of shape (3, m), value, low and high."""
    across = np.asarray(share, dtype=np.float64)
    with axes_or_new(ax) as drawn:
        for (name, curve), color, hatch in zip(curves.items(), (LINE, MARK), ("", "//"), strict=False):
            value, low, high = np.asarray(curve, dtype=np.float64)
            drawn.fill_between(across, low, high, color=color, alpha=0.2, linewidth=0, hatch=hatch)
            drawn.plot(across, value, color=color, label=name)
        drawn.set(xlabel="contamination of the context", ylabel="P(accept)", xlim=(0, 1), ylim=(0, 1))
        drawn.legend()
        return drawn


def estimates(
    names: Sequence[str], values: ArrayLike, *, reference: float | None = None, ax: Axes | None = None
) -> Axes:
    """Estimates of one rate under each other: `values` of shape (names, 3), value, low and high (`nan`: no value)."""
    value, low, high = np.asarray(values, dtype=np.float64).T
    rows = np.arange(len(names))[::-1]
    with axes_or_new(ax) as drawn:
        drawn.hlines(rows, low, high, color=LINE)
        drawn.plot(value, rows, "o", color=LINE, markersize=4)
        if reference is not None:
            drawn.axvline(reference, color=MARK, linestyle="--", linewidth=1, label="share rejected")
            drawn.legend()
        drawn.set(xlabel="error rate", xlim=(0, 1), yticks=rows, yticklabels=[verbatim(name) for name in names])
        return drawn
