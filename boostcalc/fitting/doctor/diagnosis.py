"""A diagnosis of a log: what is in it, what can be estimated from it, what looks wrong, and what to log besides."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.results import Estimate, Result, aligned

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["SEVERITIES", "Advice", "Diagnosis", "Finding", "Quantity"]

SEVERITIES = ("wrong", "careful", "note")
"""Data contradict themselves (or cannot be read); a conclusion may be; good to know."""

WIDTH = 110
"""Columns of a terminal that sentences are set in."""


@dataclass(frozen=True)
class Finding:
    """Something that looks wrong, or has to be known: how bad it is, its name, and a sentence."""

    severity: str
    name: str
    said: str


@dataclass(frozen=True)
class Quantity:
    """Something that may be estimated: whether this log allows it, and how well, or why not.

    `answer` is "yes", "poorly" or "no"; `estimate` where there is one number.
    """

    name: str
    answer: str
    said: str
    estimate: Estimate | None = None


@dataclass(frozen=True)
class Advice:
    """What is not in the log, and what it would buy."""

    column: str
    said: str


@dataclass(frozen=True, eq=False)
class Diagnosis(Result):
    """What a log is good for.

    Attributes
    ----------
    contents : what is in it, by name: numbers, or words.
    quantities : what can be estimated, and what not.
    findings : what looks wrong, worst first.
    advice : what one column (or a few rows) more would buy.
    """

    kind = "diagnosis"

    status: str
    contents: dict[str, int | float | str]
    quantities: tuple[Quantity, ...]
    findings: tuple[Finding, ...]
    advice: tuple[Advice, ...]
    provenance: dict[str, Any]

    def found(self, severity: str) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(one for one in self.findings if one.severity == severity)

    def __getitem__(self, name: str) -> Quantity:
        """The quantity of this name."""
        return next(one for one in self.quantities if one.name == name)

    def summary(self) -> str:
        parts = [
            self.status,
            _section("What is in it", [(name, _number(value)) for name, value in self.contents.items()]),
            _section("What can be estimated", [(one.name, one.answer, one.said) for one in self.quantities]),
        ]
        if self.findings:
            parts.append(_section("What looks wrong", [(one.severity, one.name, one.said) for one in self.findings]))
        else:
            parts.append("What looks wrong\n  nothing")
        if self.advice:
            parts.append(_section("What one more would buy", [(one.column, one.said) for one in self.advice]))
        return "\n\n".join(parts)

    def to_frame(self) -> pd.DataFrame:
        """One row a quantity: `name`, `answer`, `value`, `low`, `high`, `said`."""
        import pandas as pd

        rows = []
        for one in self.quantities:
            e = one.estimate or Estimate(None)
            row = {"name": one.name, "answer": one.answer, "value": e.value, "low": e.low, "high": e.high}
            rows.append({**row, "said": one.said})
        return pd.DataFrame(rows)

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "contents": self.contents,
            "quantities": [
                {
                    "name": one.name,
                    "answer": one.answer,
                    "said": one.said,
                    "estimate": None if one.estimate is None else one.estimate.to_dict(),
                }
                for one in self.quantities
            ],
            "findings": [vars(one) for one in self.findings],
            "advice": [vars(one) for one in self.advice],
            "provenance": self.provenance,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The rates that the log tells, with their intervals."""
        known = [one for one in self.quantities if one.name in ("error rate", "tpr", "fpr") and one.estimate]
        told = {one.name: one.estimate for one in known if one.estimate is not None}
        numbers = [[e.value, e.low, e.high] for e in told.values()]
        drawn = plotting.estimates(list(told), np.array(numbers, dtype=np.float64).reshape(-1, 3), ax=ax)
        drawn.set_xlabel("rate")
        return drawn


def _section(title: str, rows: Sequence[tuple[str, ...]]) -> str:
    """A heading above rows of short cells and a last one that is a sentence, set in lines of its own width."""
    heads = aligned([row[:-1] for row in rows], left=True).split("\n")
    indent = max(map(len, heads)) + 2
    lines = [title]
    for head, row in zip(heads, rows, strict=True):
        body = textwrap.wrap(row[-1], max(WIDTH - indent - 2, 40), break_long_words=False) or [""]
        lines += [f"  {head.ljust(indent)}{body[0]}", *(f"  {' ' * indent}{line}" for line in body[1:])]
    return "\n".join(line.rstrip() for line in lines)


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
