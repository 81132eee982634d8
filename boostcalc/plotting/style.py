"""How every figure looks, and how it is written so that the same data give the same bytes."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from boostcalc.errors import UsageError
from boostcalc.files import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

__all__ = ["BAND", "FAINT", "INK", "LINE", "MARK", "axes_or_new", "save", "svg", "verbatim"]

INK, LINE, BAND, MARK, FAINT = "#22272e", "#1f5fa8", "#9dc1e8", "#c2410c", "#9aa3ad"
"""Text; the curve; its interval; data and targets; helpers. Told apart in grey as well."""

STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "hatch.color": INK,
    "hatch.linewidth": 0.5,
    "svg.hashsalt": "boostcalc",
    "svg.fonttype": "path",
}


@contextmanager
def axes_or_new(ax: Axes | None, *, size: tuple[float, float] = (5.2, 3.4)) -> Iterator[Axes]:
    """`ax` itself, or the axes of a new figure (of this size in inches) that no window shows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        yield Figure(figsize=size, layout="constrained").add_subplot() if ax is None else ax


def verbatim(text: str) -> str:
    """Text from outside as a label that shows just that: no mathematics, and not left out of a legend."""
    return f"{' ' if text.startswith('_') else ''}{text}".replace("$", r"\$")


def save(ax: Axes, path: str | os.PathLike[str]) -> None:
    """Writes the axes' figure to a file; its ending names the format.

    Raises
    ------
    UsageError
        If the ending names no format of figures.
    """
    import matplotlib as mpl
    from matplotlib.backend_bases import FigureCanvasBase

    ending = os.path.splitext(path)[1].lower().removeprefix(".")
    known = FigureCanvasBase.get_supported_filetypes()
    if ending not in known:
        raise UsageError(f"cannot draw to {os.fspath(path)}: its ending should be one of {', '.join(sorted(known))}")
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(ending)
    with mpl.rc_context(STYLE), written(path) as partial:
        _figure(ax).savefig(partial, metadata=metadata, dpi=160)


def svg(ax: Axes) -> str:
    """The axes' figure as SVG text, the same for the same data."""
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context(STYLE):
        _figure(ax).savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def _figure(ax: Axes) -> Any:
    """The figure that holds the axes, also where it is a part of another."""
    return ax.get_figure(root=True)
