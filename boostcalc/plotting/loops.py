"""Figures of a loop: its rounds, its response, its update map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.plotting.style import BAND, FAINT, INK, LINE, MARK, axes_or_new, verbatim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cobweb", "curves", "fan", "phase_line", "response", "rounds", "trajectory"]

ERROR = "error rate"


def trajectory(
    error: ArrayLike,
    *,
    band: tuple[ArrayLike, ArrayLike] | None = None,
    target: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Error by round: `error` of shape `(rounds + 1,)` or `(rounds + 1, loops)`, `band` its low and high."""
    values = np.asarray(error, dtype=np.float64)
    steps = np.arange(values.shape[0])
    with axes_or_new(ax) as drawn:
        if band is not None:
            drawn.fill_between(steps, *band, color=BAND, linewidth=0, label="interval")
        drawn.plot(steps, values.reshape(len(steps), -1), color=LINE, marker="o", markersize=3.5)
        if target is not None:
            drawn.axhline(target, color=MARK, linestyle="--", linewidth=1)
            drawn.annotate(
                "target", (steps[-1], target), textcoords="offset points", xytext=(0, 3), ha="right", color=MARK
            )
        error_axis(drawn, values)
        drawn.set_xlabel("round")
        drawn.locator_params(axis="x", integer=True)
        return drawn


def fan(quantiles: ArrayLike, levels: Sequence[float], *, target: float | None = None, ax: Axes | None = None) -> Axes:
    """Error by round as nested bands: `quantiles` of shape `(rounds + 1, levels)`, symmetric about the median."""
    values = np.asarray(quantiles, dtype=np.float64)
    steps, middle = np.arange(values.shape[0]), len(levels) // 2
    with axes_or_new(ax) as drawn:
        for i in range(middle):
            label = f"{levels[-1 - i] - levels[i]:.0%}"
            drawn.fill_between(
                steps, values[:, i], values[:, -1 - i], color=BAND, alpha=0.5 + 0.4 * i, linewidth=0, label=label
            )
        drawn.plot(steps, values[:, middle], color=LINE, marker="o", markersize=3.5, label="median")
        if target is not None:
            drawn.axhline(target, color=MARK, linestyle="--", linewidth=1, label="target")
        error_axis(drawn, values)
        drawn.set_xlabel("round")
        drawn.locator_params(axis="x", integer=True)
        drawn.legend(loc="best", fontsize=8)
        return drawn


def response(
    contamination: ArrayLike,
    error: ArrayLike,
    *,
    band: tuple[ArrayLike, ArrayLike] | None = None,
    points: tuple[ArrayLike, ...] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Error against contamination: the curve, its interval, and observed `points` (share, error, attempts)."""
    with axes_or_new(ax) as drawn:
        if band is not None:
            drawn.fill_between(np.asarray(contamination), *band, color=BAND, linewidth=0, label="interval")
        if np.size(contamination):
            drawn.plot(contamination, error, color=LINE, label="fitted response")
        if points is not None:
            share, seen, n = (np.asarray(column, dtype=np.float64) for column in points)
            size = 10 + 50 * n / n.max() if n.size else n
            drawn.scatter(share, seen, s=size, color=MARK, zorder=3, label="observed")
        drawn.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1, label="perfect adaptation")
        drawn.set(xlabel="contamination of the context", ylabel=ERROR, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        drawn.legend(loc="upper left", fontsize=8)
        return drawn


def curves(contamination: ArrayLike, errors: Mapping[str, ArrayLike], *, ax: Axes | None = None) -> Axes:
    """Error against contamination, one curve for each name."""
    with axes_or_new(ax, size=(6.4, 4.0)) as drawn:
        for i, (name, error) in enumerate(errors.items()):
            # by its dashes where colours repeat, or in grey
            drawn.plot(contamination, error, linestyle=("-", "--", "-.", ":")[i % 4], label=verbatim(name))
        drawn.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1, label="perfect adaptation")
        drawn.set(xlabel="contamination of the context", ylabel=ERROR, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        drawn.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=7)
        return drawn


def cobweb(
    error: ArrayLike,
    image: ArrayLike,
    path: ArrayLike,
    *,
    fixed: Sequence[float] = (),
    stable: Sequence[bool] = (),
    ax: Axes | None = None,
) -> Axes:
    """The update map (`error` → `image`), the staircase of an orbit `path`, and the fixed points."""
    orbit = np.asarray(path, dtype=np.float64)
    with axes_or_new(ax) as drawn:
        drawn.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
        drawn.plot(error, image, color=LINE, label="update map F")
        if orbit.size:
            drawn.plot(np.repeat(orbit, 2)[:-1], np.repeat(orbit, 2)[1:], color=MARK, linewidth=1, label="rounds")
        _mark_fixed(drawn, fixed, fixed, stable)
        drawn.set(
            xlabel="error rate of a round", ylabel="error rate of the next", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02)
        )
        drawn.set_aspect("equal")
        drawn.legend(loc="upper left", fontsize=8)
        return drawn


def phase_line(error: Sequence[float], stable: Sequence[bool], *, ax: Axes | None = None) -> Axes:
    """Fixed points on the line of error rates: filled where stable, open where not."""
    with axes_or_new(ax) as drawn:
        drawn.axhline(0, color=FAINT, linewidth=1)
        _mark_fixed(drawn, error, [0.0] * len(error), stable)
        drawn.set(xlabel=ERROR, xlim=(-0.02, 1.02), yticks=[])
        return drawn


def rounds(target: ArrayLike, value: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Rounds needed against the target error; targets that are never met are left out."""
    with axes_or_new(ax) as drawn:
        drawn.plot(target, np.where(np.isfinite(value), value, np.nan), color=LINE, marker="o", linestyle="none")
        drawn.set(xlabel="target error rate", ylabel="rounds")
        return drawn


def _mark_fixed(ax: Axes, x: Sequence[float], y: Sequence[float], stable: Sequence[bool]) -> None:
    for kind, face in ((True, INK), (False, "white")):
        chosen = [(a, b) for a, b, s in zip(x, y, stable, strict=True) if s is kind or s == kind]
        if chosen:
            name = "stable" if kind else "unstable"
            across, up = zip(*chosen, strict=True)
            ax.scatter(across, up, s=36, facecolor=face, edgecolor=INK, zorder=4, label=f"{name} fixed point")


def error_axis(ax: Axes, values: ArrayLike) -> None:
    """A logarithmic axis where the errors span more than a factor of 30, else a linear one from 0."""
    seen = np.asarray(values, dtype=np.float64)
    seen = seen[np.isfinite(seen) & (seen > 0)]
    ax.set_ylabel(ERROR)
    if seen.size and seen.max() > 30 * seen.min():
        ax.set_yscale("log")
    else:
        ax.set_ylim(0, None)
