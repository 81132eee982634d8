"""Figures of a plane of loops: regions, rounds to the target, and the divide between its ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.odds import logit
from boostcalc.plotting.style import INK, MARK, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["phase"]

LOOKS = {
    "+": ("#dce9f6", ""),
    "v": ("#a3c3e6", "////"),
    "^": ("#ecb184", "\\\\\\\\"),
    "/": ("#f3ddcd", ""),
    "x": ("#b85c24", ""),
    "0": ("#6b7280", ""),
    "?": ("#ffffff", "...."),
}
"""Colour and hatching of each letter: darker in grey from what falls to what rises, the split ones hatched."""

ROOM = 0.033
"""The least distance to other lines, in parts of the axes, at which a line carries its number."""

DASHES = ((1, 1.5), (6, 1.5, 1, 1.5), (3, 1.5), (6, 1.5, 1, 1.5, 1, 1.5))
"""Of the lines at which something changes."""

TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
"""Errors that an axis in log-odds names."""


def phase(
    across: ArrayLike,
    up: ArrayLike,
    letters: ArrayLike,
    meanings: Mapping[str, str],
    above: Mapping[int, ArrayLike],
    *,
    bounds: Mapping[str, float],
    standing: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    target: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Regions over a plane, as shades and hatching, with lines of equal rounds on them.

    `letters` and each of `above` (0 along the line of so many rounds) have shape (rows, columns); `bounds` are
    likelihood ratios by what changes there. With `standing` (likelihood ratio, error, unstable) the plane is
    likelihood ratio × start error, without it FPR × TPR.
    """
    x, y, cells = np.asarray(across), np.asarray(up), np.asarray(letters)
    with axes_or_new(ax, size=(7.2, 4.4)) as drawn:
        if standing is None:
            drawn.set(xlabel="FP, P(accept | wrong)", ylabel="TP, P(accept | correct)", xlim=(0, 1), ylim=(0, 1))
            drawn.set_aspect("equal")
        else:
            _start_axes(drawn, x, y)
        handles = _regions(drawn, x, y, cells, meanings)
        contours = _rounds(drawn, x, y, above)
        lines = [] if standing is None else _standing(drawn, standing)
        lines += _bounds(drawn, bounds, vertical=standing is not None)
        if contours:
            _number(drawn, contours, lines)
            told = f"rounds to the target:\n{', '.join(map(str, contours))}"
            handles += drawn.plot([], [], color=INK, linewidth=0.7, label=told)
        if standing is not None and target is not None:
            lines.append(drawn.axhline(target, color=MARK, linewidth=1, linestyle="--", label="target"))
        handles += lines
        drawn.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.02), fontsize=8, handleheight=1.3)
        return drawn


def _regions(ax: Axes, x: Any, y: Any, cells: Any, meanings: Mapping[str, str]) -> list[Any]:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    known = list(LOOKS)
    codes = np.searchsorted(np.sort(known), cells)
    codes = np.argsort(known)[codes]
    shades = ListedColormap([shade for shade, _ in LOOKS.values()])
    ax.pcolormesh(x, y, codes, cmap=shades, vmin=-0.5, vmax=len(known) - 0.5, shading="nearest", rasterized=True)
    handles: list[Any] = []
    for code, (letter, (shade, hatch)) in enumerate(LOOKS.items()):
        there = codes == code
        if not there.any():
            continue
        if hatch and min(there.shape) > 1:
            ax.contourf(x, y, there.astype(float), levels=[0.5, 1.5], colors="none", hatches=[hatch])
        name = meanings[letter].replace(": ", ":\n").replace("; ", ";\n").replace(", at", ",\nat")
        handles.append(Patch(facecolor=shade, edgecolor=INK, linewidth=0.4, hatch=hatch, label=name))
    return handles


def _rounds(ax: Axes, x: Any, y: Any, above: Mapping[int, ArrayLike]) -> dict[int, Any]:
    """Borders between numbers of rounds, drawn: the contours by their number."""
    found: dict[int, Any] = {}
    for n, over in above.items():
        field = np.ma.masked_invalid(over)
        if field.min() < 0 < field.max():
            found[n] = ax.contour(x, y, field, levels=[0.0], colors=INK, linewidths=0.7)
    return found


def _number(ax: Axes, contours: Mapping[int, Any], others: Sequence[Any]) -> None:
    """Each contour's number where it is farthest from every other line and edge, if there is room for it."""
    from matplotlib.patheffects import withStroke

    inside = ax.transScale + ax.transLimits
    lines = {n: _points(inside, contour.get_paths()[0].vertices) for n, contour in contours.items()}
    drawn = [_points(inside, line.get_xydata()) for line in others]
    for n, contour in contours.items():
        own = lines[n]
        rivals = np.concatenate([*(line for m, line in lines.items() if m != n), *drawn, np.empty((0, 2))])
        room = np.minimum(own, 1 - own).min(axis=1)
        if len(rivals):
            room = np.minimum(room, np.hypot(*(own[:, None] - rivals).transpose(2, 0, 1)).min(axis=1))
        if len(own) and room.max() > ROOM:
            place = (ax.transScale + ax.transLimits).inverted().transform(own[room.argmax()])
            for text in ax.clabel(contour, fmt=f"{n}", fontsize=8, inline_spacing=3, manual=[tuple(place)]):
                text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])


def _points(inside: Any, vertices: Any) -> Any:
    """Points of a polyline in parts of the axes, close enough together to measure distances to it."""
    places = inside.transform(np.asarray(vertices, dtype=np.float64))
    if len(places) == 2:
        places = places[0] + np.linspace(0, 1, 200)[:, None] * (places[1] - places[0])
    places = places[((places >= 0) & (places <= 1)).all(axis=1)]  # nan is nowhere
    return places[:: 1 + len(places) // 300]


def _start_axes(ax: Axes, x: Any, y: Any) -> None:
    """The likelihood ratio in its logarithm, the start error in its log-odds; from edge to edge of the cells."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_xscale("log")
    ax.set_yscale("function", functions=(_to_odds, _from_odds))
    left, right = np.exp(_edges(np.log(x)))
    low, high = _from_odds(_edges(logit(y)))
    ax.set(xlabel="likelihood ratio TP/FP", ylabel="start error", xlim=(left, right), ylim=(low, high))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_major_locator(FixedLocator([tick for tick in TICKS if low <= tick * 1.001 and tick <= high * 1.001]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_locator(NullLocator())


def _edges(centres: Any) -> Any:
    """Where the first of some evenly spaced cells begins, and the last ends."""
    half = (centres[1] - centres[0]) / 2
    return np.array([centres[0] - half, centres[-1] + half])


def _to_odds(error: Any) -> Any:
    return logit(np.clip(error, 1e-300, 1 - 1e-16))  # a scale is asked beyond its ends as well


def _from_odds(x: Any) -> Any:
    return 1 / (1 + np.exp(-np.asarray(x, dtype=np.float64)))


def _standing(ax: Axes, standing: tuple[ArrayLike, ArrayLike, ArrayLike]) -> list[Any]:
    """Fixed points against the likelihood ratio: ends drawn through, the divide dashed."""
    ratio, error, unstable = (np.asarray(column) for column in standing)
    handles: list[Any] = []
    for kind, style, name in ((False, "-", "where a loop ends"), (True, (0, (4, 1.5)), "the divide")):
        chosen = (unstable == kind) & (ratio > 0) & np.isfinite(ratio)
        if chosen.any() and np.ptp(np.log(ratio[chosen])) > 0:
            across, up = (np.where(chosen, values, np.nan) for values in (ratio, error))
            handles += ax.plot(across, up, color=INK, linewidth=2, linestyle=style, label=name)
    return handles


def _bounds(ax: Axes, bounds: Mapping[str, float], *, vertical: bool) -> list[Any]:
    """Likelihood ratios as vertical lines, or as rays through the origin of the plane of rates."""
    handles: list[Any] = []
    for (what, ratio), dashes in zip(bounds.items(), DASHES, strict=False):
        if vertical:
            [line] = ax.plot([ratio, ratio], [0.5, 0.5])
            line.set_data([ratio, ratio], ax.get_ylim())
        else:
            [line] = ax.plot([0, min(1, 1 / ratio)], [0, min(1, ratio)])
        line.set(color=INK, linewidth=1.3, dashes=dashes, label=f"{what}:\nTP/FP = {ratio:.4g}")
        handles.append(line)
    return handles
