"""Rows of a log that cannot be read: how many, and the first of them with their places and reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from boostcalc.runs.readers.dataframes import as_pandas
from boostcalc.runs.readers.table import BROKEN, PLACE, quoted
from boostcalc.runs.schema import COLUMNS, PARTS
from boostcalc.runs.values import NULLS, TRUTHS, interpret

if TYPE_CHECKING:
    import pandas as pd

    from boostcalc.runs.readers import Table
    from boostcalc.runs.selection import Chosen

__all__ = ["SHOWN", "Unread", "UnreadRow", "unread_rows"]

ORDER = "__order"

SUSPECTS = 1_000
"""Rows that an engine is asked for, of which the first few are named."""

SHOWN = 5
"""Unreadable rows that are named."""


@dataclass(frozen=True)
class UnreadRow:
    """One row that cannot be read.

    `place` names it ("line 7", "row 3"); `column` and `value` are empty where the row as a whole is broken.
    """

    place: str
    column: str
    value: str
    why: str

    def __str__(self) -> str:
        what = f"{self.column} = {self.value}: " if self.column else ""
        return f"{self.place}: {what}{self.why}"

    def to_dict(self) -> dict[str, str]:
        """`{"place", "column", "value", "why"}`."""
        return {"place": self.place, "column": self.column, "value": self.value, "why": self.why}


@dataclass(frozen=True)
class Unread:
    """What was left out of a tally because it cannot be read: `count` rows, the first of them in `rows`."""

    count: int = 0
    rows: tuple[UnreadRow, ...] = ()

    def __bool__(self) -> bool:
        return self.count > 0

    def said(self, name: str) -> str:
        """The rows in one sentence: `3 rows of log.csv cannot be read: line 7: …; line 9: …; and 1 more`."""
        more = self.count - len(self.rows)
        named = "; ".join([*map(str, self.rows), *([f"and {more:,} more"] if more and self.rows else [])])
        return f"{self.count:,} row{'s' if self.count != 1 else ''} of {name} cannot be read" + (
            f": {named}" if named else ""
        )

    def to_dict(self) -> dict[str, Any]:
        """`{"count", "rows"}`."""
        return {"count": self.count, "rows": [row.to_dict() for row in self.rows]}

    @classmethod
    def first(cls, count: int, rows: Iterable[UnreadRow]) -> Unread:
        """So many, of which the first few of `rows` are named."""
        named: list[UnreadRow] = []
        for row in rows:
            named.append(row)
            if len(named) == min(SHOWN, count):
                break
        return cls(count, tuple(named))


def unread_rows(table: Table, chosen: Chosen) -> Iterator[UnreadRow]:
    """The rows of a table that cannot be read, in order: a second pass, for when the first has met some."""
    if table.chunks is None:
        yield from _found_by_engine(table, chosen)
        return
    for chunk in table.chunks():
        whole = chunk.assign(**{ORDER: range(len(chunk))})
        found = [
            (order, UnreadRow(place, "", "", why))
            for order, place, why in zip(whole[ORDER], whole[PLACE], whole[BROKEN], strict=True)
            if isinstance(why, str)
        ]
        apart = whole[whole[BROKEN].isna()].reset_index(drop=True)
        rows = as_pandas(chosen.of(nw.from_native(apart).lazy(), PLACE, ORDER).collect())
        faults = _faults(rows, table.decimal_comma)
        found += [(rows[ORDER].iloc[row], UnreadRow(str(rows[PLACE].iloc[row]), *fault)) for row, fault in faults]
        yield from (row for _, row in sorted(found, key=lambda pair: pair[0]))


def _faults(rows: pd.DataFrame, decimal_comma: bool) -> list[tuple[int, tuple[str, str, str]]]:
    values = interpret(rows, decimal_comma=decimal_comma)
    faults = [(int(row), values.fault(int(row))) for row in values.bad.nonzero()[0]]
    return [(row, (fault.column, fault.value, fault.why)) for row, fault in faults]


def _found_by_engine(table: Table, chosen: Chosen) -> Iterator[UnreadRow]:
    """The same where DuckDB holds the rows: it picks out those that may be wrong."""
    numbered = table.frame.to_native().project(f"row_number() OVER () AS {ORDER}, *")
    selected = chosen.of(nw.from_native(numbered).lazy(), ORDER).to_native()
    names = [name for name in selected.columns if name in COLUMNS and not COLUMNS[name].text]
    parts = [f"{_number(part)} > {_number(whole)}" for part, whole in PARTS.items() if {part, whole} <= {*names}]
    parts += ["n_wrong > 1"] if "n_wrong" in names and "n" not in names else []
    suspect = " OR ".join(f"coalesce({odd}, false)" for odd in [*map(_suspect, names), *parts])
    rows = selected.filter(suspect).order(ORDER).limit(SUSPECTS).df()
    for row, fault in _faults(rows, table.decimal_comma):
        yield UnreadRow(f"row {rows[ORDER].iloc[row]}", *fault)


def _suspect(name: str) -> str:
    """SQL that holds at least for each value that `interpret` refuses (and not for most others)."""
    column, text, number = COLUMNS[name], f"trim(CAST({name} AS VARCHAR))", _number(name)
    fine = NULLS if column.role != "truth" else NULLS + TRUTHS
    limits = [f"{number} IS NULL", f"isinf({number})", f"contains({text}, '_')"]
    limits += [f"{number} < {column.low}"] if column.low is not None else []
    limits += [f"{number} > {column.high}"] if column.high is not None else []
    limits += [f"{number} <> floor({number})"] if column.whole else []
    limits += [f"{number} NOT IN (0, 1)"] if column.role == "truth" else []
    words = ", ".join(map(quoted, fine))
    odd = f"({name} IS NOT NULL AND lower({text}) NOT IN ({words.lower()}) AND ({' OR '.join(limits)}))"
    return odd if name != "n" else f"(n IS NULL OR lower({text}) IN ({words.lower()}) OR {odd})"


def _number(name: str) -> str:
    return f"TRY_CAST(CAST({name} AS VARCHAR) AS DOUBLE)"
