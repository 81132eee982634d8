"""The base of every result: estimates with intervals, and the calls that each result answers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import lazy_loader as lazy
import numpy as np
from numpy.typing import ArrayLike

from boostcalc.version import __version__

if TYPE_CHECKING:
    import html
    import json
    import platform

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["SCHEMA_VERSION", "Estimate", "Result", "aligned", "counted", "finite", "percent", "provenance"]

if not TYPE_CHECKING:  # none of these is needed to answer on a terminal
    html, json, platform = map(lazy.load, ("html", "json", "platform"))

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Estimate:
    """A number and how sure we are of it.

    `level` None: known exactly (then `low = high = value`). `low` or `high` None beside a level: unbounded
    on that side. `value` None: the number does not exist; the result's `status` says why.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None

    @classmethod
    def exact(cls, value: float) -> Estimate:
        """A number that is known; `nan` and infinities become None."""
        known = finite(value)
        return cls(known, known, known)

    @classmethod
    def from_draws(cls, value: float, draws: ArrayLike, level: float, *, whole: bool = False) -> Estimate:
        """Central interval of the draws, widened where needed to hold the value itself.

        Draws that are `nan` (the number does not exist there) are left out; a bound that is infinite becomes
        None. With `whole` the bounds are two of the draws, not points between them.
        """
        drawn = np.asarray(draws, dtype=np.float64).ravel()
        drawn = drawn[~np.isnan(drawn)]
        if drawn.size == 0:
            return cls(finite(value), None, None, level)
        tails = [(1 - level) / 2, (1 + level) / 2]
        step = whole or not np.isfinite(drawn).all()
        low, high = np.quantile(drawn, tails, method="inverted_cdf" if step else "linear")
        if not math.isnan(value):
            low, high = min(low, value), max(high, value)
        return cls(finite(value), finite(low), finite(high), level)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Estimate:
        """The estimate whose `to_dict` gave this record."""
        return cls(record["value"], record["low"], record["high"], record["level"])

    def to_dict(self) -> dict[str, float | None]:
        """`{"value", "low", "high", "level"}`."""
        return {"value": self.value, "low": self.low, "high": self.high, "level": self.level}

    def text(self, digits: int = 4) -> str:
        """`value [low, high]` with so many significant digits; `value` alone where it is known exactly."""
        value = "—" if self.value is None else f"{self.value:.{digits}g}"
        if self.level is None or (self.value is None and self.low is None and self.high is None):
            return value
        low = "-∞" if self.low is None else f"{self.low:.{digits}g}"
        high = "∞" if self.high is None else f"{self.high:.{digits}g}"
        return f"{value} [{low}, {high}]"

    def __str__(self) -> str:
        return self.text()


class Result(ABC):
    """What every result can be asked; a subclass is a frozen dataclass with a `status` sentence."""

    kind: ClassVar[str]
    status: str

    @abstractmethod
    def summary(self) -> str:
        """The result as plain text, for a terminal; returned, never printed."""

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """The result's main table."""

    @abstractmethod
    def body(self) -> dict[str, Any]:
        """The JSON document without its `kind` and `schema_version`."""

    @abstractmethod
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draws the result on `ax` (a new figure's axes without one) and returns the axes."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON document (stable; no `nan`, no infinity)."""
        return {"kind": self.kind, "schema_version": SCHEMA_VERSION, **self.body()}

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0, float_format="{:.4g}".format)
        return f"<p>{html.escape(self.status)}</p>\n{table}"


def aligned(rows: Sequence[Sequence[str]], *, left: bool = False) -> str:
    """Rows of cells as plain text, each column as wide as its widest cell: numbers to the right, words to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join((cell.ljust if left else cell.rjust)(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def counted(number: float, noun: str) -> str:
    """A number of things in words.

    >>> counted(1, "run"), counted(1200, "query")
    ('1 run', '1,200 queries')
    """
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,.0f} {noun if number == 1 else several}"


def percent(share: float) -> str:
    """A share of draws in words that do not claim certainty: `97%`, `>99%`, `<1%`."""
    return ">99%" if share > 0.99 else "<1%" if share < 0.01 else f"{share:.0%}"


def finite(value: float | None) -> float | None:
    """The number as a plain float (whole ones that came as int stay so), or None where it is not finite."""
    if value is None or not math.isfinite(value):
        return None
    return value if type(value) is int else float(value)


def provenance(**inputs: Any) -> dict[str, Any]:
    """What a result was made with: versions, and whatever the maker adds (seed, source, options)."""
    versions = {"boostcalc": __version__, "numpy": np.__version__, "python": platform.python_version()}
    return {"versions": versions, **inputs}
