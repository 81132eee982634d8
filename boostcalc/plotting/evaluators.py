"""Figures of an evaluator: what each threshold accepts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.plotting.style import BAND, FAINT, INK, LINE, MARK, axes_or_new, verbatim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["between_corners", "roc"]


def roc(
    fpr: ArrayLike,
    tpr: ArrayLike,
    *,
    band: tuple[ArrayLike, ArrayLike] | None = None,
    level: float | None = None,
    smooth: tuple[ArrayLike, ArrayLike] | None = None,
    marks: Sequence[tuple[float, float, str]] = (),
    ax: Axes | None = None,
) -> Axes:
    """P(accept | correct) against P(accept | wrong), from the strictest threshold to the laxest.

    Parameters
    ----------
    fpr, tpr : array, shape (m,)
    band : pairs of arrays, shape (m, 2)
        The (low, high) of fpr and of tpr that hold all thresholds at once, at this `level`.
    smooth : arrays, shape (n,)
        fpr and tpr of a fitted curve.
    marks : (fpr, tpr, label)
        Thresholds to point out.
    """
    across, up = (np.concatenate([[0.0], np.asarray(rate, dtype=np.float64)]) for rate in (fpr, tpr))
    with axes_or_new(ax, size=(4.6, 4.4) if band is not None else (5.2, 3.4)) as drawn:
        if band is not None:
            named = "band" if level is None else f"{level:.0%} band (all thresholds at once)"
            drawn.fill(*between_corners(*band), color=BAND, alpha=0.55, linewidth=0, label=named)
        drawn.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
        drawn.plot(
            across, up, color=LINE, marker="o" if len(up) < 40 else None, markersize=3.5, label="thresholds, observed"
        )
        if smooth is not None:
            drawn.plot(*smooth, color=INK, linestyle="--", linewidth=1, label="binormal curve")
        for i, (x, y, label) in enumerate(marks):
            shape = "sD^v"[i % 4]
            drawn.scatter([x], [y], s=44, color=MARK, marker=shape, zorder=4, label=verbatim(label))
        drawn.set(xlabel="P(accept | wrong)", ylabel="P(accept | correct)", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        drawn.set_aspect("equal")
        if band is not None or smooth is not None or marks:
            drawn.legend(loc="lower right", fontsize=7)
        return drawn


def between_corners(fpr: ArrayLike, tpr: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The outline of a band: the upper left corners of its rectangles, and back along their lower right ones.

    A chord between points of two rectangles lies between the chords of their corners.
    """
    across, up = (np.asarray(ends, dtype=np.float64) for ends in (fpr, tpr))
    left = np.concatenate([[0.0], across[:, 0], [1.0]]), np.concatenate([[0.0], up[:, 1], [1.0]])
    right = np.concatenate([[0.0], across[:, 1], [1.0]]), np.concatenate([[0.0], up[:, 0], [1.0]])
    return np.concatenate([left[0], right[0][::-1]]), np.concatenate([left[1], right[1][::-1]])
