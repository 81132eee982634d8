"""Figures of many types of answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.plotting.style import INK, MARK, axes_or_new, verbatim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["types"]

RIGHT = ("#dbe7f4", "#b4cdea", "#8db2de", "#6697d0")
WRONG = ("#e9a877", "#cf7a42", "#b0571f", "#8a3c10")
"""Shades of the correct types and of the wrong ones, which are darker in grey as well."""


def types(
    shares: ArrayLike,
    names: Sequence[str],
    correct: Sequence[bool],
    *,
    promised: ArrayLike,
    limit: float,
    ax: Axes | None = None,
) -> Axes:
    """Shares by round as stacked bands, wrong ones below: their upper edge is the error; `promised` dashed.

    `shares` has shape `(rounds + 1, K)`, `promised` shape `(rounds + 1,)`; `nan` in it or in `limit` draws none.
    """
    table, told, right = np.asarray(shares), np.asarray(promised), np.asarray(correct, dtype=bool)
    # what lasts lies lowest among the wrong and highest among the correct: the edge between them is free to move
    order = sorted(range(len(names)), key=lambda i: (right[i], table[-1, i] * (1 if right[i] else -1)))
    shades = {kind: iter(colors * len(names)) for kind, colors in ((True, RIGHT), (False, WRONG))}
    steps, error = np.arange(len(table)), table[:, ~right].sum(axis=1)
    with axes_or_new(ax, size=(6.4, 3.4)) as drawn:
        colors = [next(shades[bool(right[i])]) for i in order]
        labels = [f"{verbatim(names[i])}{'' if right[i] else ' (wrong)'}" for i in order]
        bands = drawn.stackplot(
            steps, table[:, order].T, colors=colors, labels=labels, edgecolor="white", linewidth=0.6
        )
        lines = drawn.plot(steps, error, color=INK, linewidth=1.8, label="error")
        if np.isfinite(told).all():
            lines += drawn.plot(steps, told, color=INK, linestyle=(0, (4, 2)), linewidth=1.3, label="error promised")
        if np.isfinite(limit):
            lines.append(drawn.axhline(limit, color=MARK, linestyle=":", linewidth=1.4, label=f"limit {limit:.3g}"))
        drawn.set(xlabel="round", ylabel="share of the answers", xlim=(0, max(1, len(table) - 1)), ylim=(0, 1))
        drawn.locator_params(axis="x", integer=True)
        drawn.legend(handles=[*reversed(bands), *lines], loc="upper left", bbox_to_anchor=(1.01, 1.02), fontsize=8)
        return drawn
