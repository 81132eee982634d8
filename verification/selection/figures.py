"""The figures of `docs/selection.md`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from boostcalc.plotting.style import BAND, FAINT, INK, LINE, MARK, STYLE, save
from verification.selection.forecasts import fitted
from verification.selection.logs import ROUNDS, STARTS, Setting, measured, table
from verification.selection.measuring import MAIN, STAGED
from verification.selection.scores import BAD
from verification.selection.tables import JUDGED, judged

__all__ = ["draw"]

SIZES = {1: "#fdbf6f", 4: "#c2410c", 16: "#7b3294", 64: "#1f5fa8"}
LOOKS = ((LINE, "o"), (MARK, "s"), ("#6baed6", "v"), ("#7b3294", "^"), (INK, "D"), (FAINT, "x"))
SOURCES = dict(zip(JUDGED, LOOKS, strict=True))
"""Colour and mark: told apart in grey and by the colour-blind, by their marks at the latest."""

CHOSEN = (
    "replace-sample-0.5",
    "replace-sample-0.7",
    "replace-sample-0.5-agreeing",
    "append-sample-0.7",
    "window-sample-0.7",
    "replace-none-0.5",
)
"""Settings that are drawn run by run."""


PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
"""Behind words that lie on lines."""


def draw(scores: pd.DataFrame, folder: Path) -> None:
    """Write all figures."""
    with mpl.rc_context(STYLE):
        for name, axes in (
            ("response.svg", _response()),
            ("judge.svg", _judge()),
            ("loops.svg", _loops(scores)),
            ("trust.svg", _trust(scores)),
        ):
            save(axes, folder / f"selection-{name}")


def _panels(rows: int, columns: int, size: tuple[float, float], **shared: Any) -> np.ndarray:
    return np.atleast_1d(Figure(figsize=size, layout="constrained").subplots(rows, columns, squeeze=True, **shared))


def _rates(ax: Axes, title: str, x: str, y: str = "") -> None:
    ax.set(title=title, xlabel=x, ylabel=y, ylim=(-0.03, 1.03))
    ax.title.set_fontsize(9)


def _response() -> Axes:
    """Error against contamination by size: counted points and fitted curves."""
    panels = _panels(1, 2, (7.2, 3.3), sharey=True)
    grid = np.linspace(0, 1, 41)
    for ax, kind, title in zip(
        panels, ("uniform", "agreeing"), ("wrong pairs uniform", "wrong pairs agree on one rule"), strict=True
    ):
        fit = fitted(kind, "sample")
        counted = table(
            f"""select context_size as k, context_contamination as c, avg((not correct)::int) as error from sweep
            where setting = 'sweep-{kind}' group by all"""
        )
        ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":")
        for (size, colour), mark in zip(SIZES.items(), "osD^", strict=True):
            own = counted[counted["k"] == size]
            ax.plot(own["c"], own["error"], mark, color=colour, markersize=4)
            told = fit.predict(grid, size, realised=False)["error"]
            ax.plot(grid, told, color=colour, label=f"{size} pair{'s' if size > 1 else ''}")
        _rates(ax, title, "contamination of the context (share of wrong pairs)")
    panels[0].set_ylabel("error rate")
    panels[0].legend(fontsize=8, loc="lower right")
    return panels[0]  # type: ignore[no-any-return]  # an Axes


def _judge() -> Axes:
    """TP and FP against contamination, by where the contexts come from."""
    panels = _panels(1, 2, (7.2, 3.6), sharey=True)
    found = judged()
    for ax, rate, of in zip(panels, ("tpr", "fpr"), ("correct", "wrong"), strict=True):
        for source, (colour, mark) in SOURCES.items():
            own = found[found["source"] == source].assign(fifth=lambda cells: (5 * cells["upto"]).round())
            own = own.set_index("fifth").reindex(range(6))  # no line goes over what is left out
            line = "-" if source.startswith("loops") else "--"
            ax.plot(own["share"], own[rate], line, color=colour, marker=mark, markersize=4, linewidth=1.3, label=source)
        _rates(ax, f"{rate[:2].upper()}: share of {of} answers accepted", "contamination of the context (32 pairs)")
    panels[0].set_ylabel("acceptance rate")
    handles, labels = panels[0].get_legend_handles_labels()
    panels[0].figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=3)
    return panels[0]  # type: ignore[no-any-return]  # an Axes


def _loops(scores: pd.DataFrame) -> Axes:
    """Each run as a line, the mean, and what was forecast."""
    panels = _panels(2, 3, (7.4, 5.2), sharex=True, sharey=True)
    steps = np.arange(ROUNDS + 1)
    for ax, name in zip(panels.flat, CHOSEN, strict=True):
        seen = measured(name).error
        own = scores[(scores["setting"] == name) & (scores["forecast"] == MAIN[3])]
        simple = scores[(scores["setting"] == name) & (scores["forecast"] == MAIN[0])]
        ax.fill_between(steps, own["low"], own["high"], color=BAND, linewidth=0, label="forecast, 90%")
        ax.plot(steps, seen, color=INK, linewidth=0.4, alpha=0.35)
        ax.plot([], [], color=INK, linewidth=0.6, label="a run")
        ax.plot(steps, seen.mean(axis=1), color=INK, linewidth=2, label="mean of the runs")
        ax.plot(steps, simple["said"], color=MARK, linestyle="--", linewidth=1.4, label="textbook")
        bad = (seen[-1] > BAD).mean()
        _rates(ax, Setting(name).name, "round" if ax in panels[1] else "", "error rate" if ax in panels[:, 0] else "")
        ax.annotate(f"{bad:.0%} over ½", (ROUNDS, 1.0), ha="right", va="top", fontsize=8, bbox=PAPER)
        ax.locator_params(axis="x", integer=True)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    panels[0, 0].figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=4)
    return panels[0, 0]  # type: ignore[no-any-return]  # an Axes


def _trust(scores: pd.DataFrame) -> Axes:
    """Coverage by round and start; and runs that end badly, forecast against seen."""
    panels = _panels(1, 2, (7.2, 3.5))
    left, right = panels
    filtered = scores[~scores["setting"].str.contains("none|agreeing")]
    starts = filtered["setting"].str.split("-").str[2]
    for start, colour, mark in zip(STARTS, ("#6baed6", LINE, "#7b3294", MARK), "osD^", strict=True):
        own = filtered[(starts == start) & (filtered["forecast"] == MAIN[3])].groupby("round")["held"].mean()
        left.plot(own.index, own, color=colour, marker=mark, markersize=4, label=f"start {start}")
    left.axhline(0.9, color=FAINT, linestyle="--", linewidth=1)
    _rates(left, "runs within their 90% interval", "round", "share of runs")
    left.legend(fontsize=8, loc="lower left", ncols=2)
    last = scores[scores["round"] == ROUNDS]
    right.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":")
    for name, label, colour, mark in (
        (MAIN[3], "sweep as in the setting", LINE, "o"),
        ("agreeing sweep", "agreeing sweep", MARK, "s"),
        (STAGED, "two judges", "#7b3294", "^"),
    ):
        ends = last[(last["forecast"] == name) & ~last["setting"].str.contains("none")]
        right.plot(ends["bad_said"], ends["bad"], mark, color=colour, markersize=5, alpha=0.8, label=label)
    right.set(title="runs whose error ends over ½", xlabel="forecast share", ylabel="share of the runs")
    right.set(xlim=(-0.03, 0.75), ylim=(-0.03, 0.5))
    right.title.set_fontsize(9)
    right.legend(fontsize=8, loc="lower right")
    return left  # type: ignore[no-any-return]  # an Axes
