"""Figures of an evaluator: what each threshold accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.plotting.style import FAINT, LINE, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["roc"]


def roc(fpr: ArrayLike, tpr: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """P(accept | correct) against P(accept | wrong), from the strictest threshold to the laxest."""
    across, up = (np.concatenate([[0.0], np.asarray(rate, dtype=np.float64)]) for rate in (fpr, tpr))
    with axes_or_new(ax) as drawn:
        drawn.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
        drawn.plot(across, up, color=LINE, marker="o" if len(up) < 40 else None, markersize=3.5)
        drawn.set(xlabel="P(accept | wrong)", ylabel="P(accept | correct)", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        drawn.set_aspect("equal")
        return drawn
