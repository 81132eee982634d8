"""Figures of an evaluator: what each threshold accepts, and how its rates move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.plotting.style import BAND, FAINT, INK, LINE, MARK, axes_or_new, verbatim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["between_corners", "estimates", "rates", "roc"]


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


def between_corners(fpr: ArrayLike, tpr: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The outline of a band: the upper left corners of its rectangles, and back along their lower right ones.

    A chord between points of two rectangles lies between the chords of their corners.
    """
    across, up = (np.asarray(ends, dtype=np.float64) for ends in (fpr, tpr))
    left = np.concatenate([[0.0], across[:, 0], [1.0]]), np.concatenate([[0.0], up[:, 1], [1.0]])
    right = np.concatenate([[0.0], across[:, 1], [1.0]]), np.concatenate([[0.0], up[:, 0], [1.0]])
    return np.concatenate([left[0], right[0][::-1]]), np.concatenate([left[1], right[1][::-1]])
