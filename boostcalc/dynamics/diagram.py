"""A phase diagram: what `phase` found over a plane, and how it is told."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boostcalc import plotting
from boostcalc.odds import Array, expit
from boostcalc.parts import written_part
from boostcalc.results import Result, finite, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["PLANES", "REGIONS", "PhaseDiagram"]

PLANES = {"rates": ("fpr", "tpr"), "start": ("likelihood_ratio", "error")}
"""The planes, and what is across and up in each."""

REGIONS = ("converges", "splits", "rises", "collapses", "stands still", "undefined")
"""The regions, by their code."""

MEANINGS = {
    "+": "converges: one stable end, below the start",
    "v": "splits: two stable ends or more; this start goes to the lowest",
    "^": "splits: two stable ends or more; this start goes to a higher one",
    "/": "rises: one stable end, above the start and below ½",
    "x": "collapses: one stable end, above the start, at ½ or more",
    "0": "stands still: it stays at the start",
    "?": "undefined: no context gives this start error",
}
"""The letters of a map, in order of telling."""

MAP = (56, 24)
"""Letters across and up in a map for a terminal."""


@dataclass(frozen=True, eq=False)
class PhaseDiagram(Result):
    """Regions and rounds over a plane; each array has shape (rows, columns), rows in order of `up`.

    Attributes
    ----------
    plane : "rates" or "start".
    inputs : the question: `response`, `context`, `batch`, `error` (None where it is an axis), `target`.
    across, up : the cells' centres, shapes (columns,) and (rows,), by the names in `PLANES`.
    region : places in `REGIONS`. Splits: two or more stable ends, and the start decides. Of the rest, converges: the
        limit lies below the start; rises: above it, at an error below ½; collapses: above it, at ½ or more; stands
        still: the limit is the start; undefined: no context gives this start error, or the error does not settle.
    logit_start, logit_limit : log-odds of the start error and of its limit.
    lowest : whether that limit is the lowest stable end there.
    rounds : rounds to the target; `inf` where it is never met, `nan` where not within the rounds looked at.
    above : by a number of rounds, how far the error is above the target after them, in log-odds: 0 along the border of
        the cells that meet it in time. `nan` where it is met at the start, or never; what meets it in half the rounds
        keeps its last value.
    bounds : likelihood ratios at which something changes, in closed form, by what does.
    standing : every fixed point, as (likelihood ratio, error, whether it is unstable): where
        unstable it is the divide between starts that fall and starts that rise. Points of two arrays, in order along
        the curve.
    """

    kind = "phase"

    plane: str
    inputs: dict[str, Any]
    across: Array
    up: Array
    region: NDArray[np.int8]
    logit_start: Array
    logit_limit: Array
    lowest: NDArray[np.bool_]
    rounds: Array
    above: dict[int, Array]
    bounds: dict[str, float]
    standing: tuple[Array, Array, NDArray[np.bool_]]

    @property
    def limit(self) -> Array:
        """The error that each cell's start tends to."""
        return expit(self.logit_limit)

    @property
    def shares(self) -> dict[str, float]:
        """The share of the plane's cells in each region that occurs."""
        counts = np.bincount(self.region.ravel(), minlength=len(REGIONS))
        return {name: float(count / self.region.size) for name, count in zip(REGIONS, counts, strict=True) if count}

    @property
    def status(self) -> str:  # type: ignore[override]  # computed here, a field elsewhere
        """How much of the plane lies in which region."""
        begun = "" if self.inputs["error"] is None else f"From error {self.inputs['error']:.4g} under "
        named = written_part(self.inputs["response"])
        told = [
            f"{_percent(share)} {'is ' if name == 'undefined' else ''}{name}" for name, share in self.shares.items()
        ]
        told[0] = told[0].replace("%", "% of the plane", 1)
        return f"{begun or 'Under '}{named}: {', '.join(told)}."

    @property
    def letters(self) -> NDArray[np.str_]:
        """The cells as letters of `MEANINGS`, shape (rows, columns)."""
        codes = np.array(["+", "v", "/", "x", "0", "?"])[self.region]
        split = self.region == REGIONS.index("splits")
        return np.where(split & ~self.lowest, "^", codes)

    def map(self) -> str:
        """The plane in letters, for a terminal."""
        rows, columns = (
            np.unique(np.linspace(0, len(axis) - 1, min(len(axis), most)).round().astype(int))
            for axis, most in zip((self.up, self.across), MAP[::-1], strict=True)
        )
        chosen = self.letters[np.ix_(rows, columns)][::-1]
        labels = [f"{self.up[row]:.3g}" for row in rows[::-1]]
        width = max(map(len, labels))
        shown = {0, len(rows) // 2, len(rows) - 1}
        lines = [f"{labels[i] if i in shown else '':>{width}} |{''.join(line)}" for i, line in enumerate(chosen)]
        foot = _foot([f"{self.across[column]:.3g}" for column in columns])
        across, up = PLANES[self.plane]
        return "\n".join([f"{up} up, {across} across", *lines, f"{'':>{width}}  {foot}"])

    def summary(self) -> str:
        there = set(self.letters.ravel().tolist())
        bounds = [f"TP/FP = {ratio:.5g}: {what}" for what, ratio in self.bounds.items()]
        met = self.rounds[np.isfinite(self.rounds)]
        share = met.size / self.rounds.size
        often = f", in {np.median(met):.0f} rounds at the median" if met.size else ""
        return "\n".join(
            [
                self.status,
                "",
                self.map(),
                "",
                *(f"{letter}  {meaning}" for letter, meaning in MEANINGS.items() if letter in there),
                "",
                *bounds,
                f"Target {self.inputs['target']:g}: met on {_percent(share) if share else 'none'} of the plane{often}",
                f"Assumed: context policy {written_part(self.inputs['context'])}, batches of {self.inputs['batch']:g} "
                "(as expected, without the chance of single batches), rates that stay constant.",
            ]
        )

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.status)}</p>\n<pre>{html.escape(self.map())}</pre>"

    def to_frame(self) -> pd.DataFrame:
        """One row a cell: the two axes, `region`, `limit`, `rounds` (`inf`: never; `nan`: not within those counted)."""
        import pandas as pd

        across, up = PLANES[self.plane]
        right, high = np.meshgrid(self.across, self.up)
        return pd.DataFrame(
            {
                across: right.ravel(),
                up: high.ravel(),
                "region": np.array(REGIONS)[self.region].ravel(),
                "limit": self.limit.ravel(),
                "rounds": self.rounds.ravel(),
            }
        )

    def body(self) -> dict[str, Any]:
        across, up = PLANES[self.plane]
        return {
            "status": self.status,
            "plane": self.plane,
            "inputs": self.inputs,
            "across": {"name": across, "values": self.across.tolist()},
            "up": {"name": up, "values": self.up.tolist()},
            "shares": self.shares,
            "bounds": self.bounds,
            "letters": MEANINGS,
            "map": ["".join(row) for row in self.letters],
            "limit": _numbers(self.limit),
            "rounds": _numbers(self.rounds),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        return plotting.phase(
            self.across,
            self.up,
            self.letters,
            MEANINGS,
            self.above,
            bounds=self.bounds,
            standing=self.standing if self.plane == "start" else None,
            target=self.inputs["target"],
            ax=ax,
        )


def _foot(labels: list[str]) -> str:
    """The first and the last column's label, and the middle one's where there is room for it between them."""
    first, middle, last = labels[0], labels[len(labels) // 2], labels[-1]
    half, end = len(labels) // 2, max(len(labels) - len(last), len(first) + 2)
    room = len(first) < half and half + len(middle) < end
    return f"{first.ljust(half) + middle if room else first}".ljust(end) + last


def _percent(share: float) -> str:
    return "100%" if share == 1 else percent(share)


def _numbers(table: Array) -> list[list[float | None]]:
    return [[finite(value) for value in row] for row in table.tolist()]
