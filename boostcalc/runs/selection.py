"""Which columns of a table are the schema's, and which of its rows are read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import narwhals as nw

from boostcalc.errors import SchemaError, UsageError
from boostcalc.runs.readers import Table
from boostcalc.runs.schema import COLUMNS, matched

__all__ = ["ANSWERS", "Chosen", "choose", "refuse"]

ANSWERS = {"correct", "accepted", "score", "n_wrong", "error", "votes_for"}
"""Columns of which a log needs one: without them it says nothing of answers."""


@dataclass(frozen=True)
class Chosen:
    """What is read: `columns`, from the schema's names to the table's, of the rows that have the values `where`."""

    columns: dict[str, str]
    where: dict[str, Any]

    def of(self, frame: nw.LazyFrame[Any], *besides: str) -> nw.LazyFrame[Any]:
        """The chosen rows, columns under the schema's names (and others `besides`, as they are)."""
        schema = frame.collect_schema()
        for column, value in self.where.items():
            frame = frame.filter(_is(column, schema[column], value))
        return frame.select(*besides, *(nw.col(theirs).alias(name) for name, theirs in self.columns.items()))

    def without(self, names: Iterable[str]) -> Chosen:
        """The same without these columns of the schema."""
        dropped = set(names)
        return Chosen({name: theirs for name, theirs in self.columns.items() if name not in dropped}, self.where)


def choose(table: Table, columns: Mapping[str, str], where: Mapping[str, Any]) -> Chosen:
    """The columns of the schema that a table has, by their own names or as `columns` maps them.

    Raises
    ------
    UsageError
        If a name is unknown: on either side of the map, or to select by.
    SchemaError
        If nothing in the table says how an answer came out.
    """
    there = table.columns
    possible = table.frame.collect_schema().names()
    for name, theirs in columns.items():
        if name not in COLUMNS:
            raise UsageError(f"{name!r} is no column of a log of runs{_meant(name, COLUMNS)}")
        if theirs not in possible:
            raise UsageError(f"{table.name} has no column {theirs!r} to take for {name}{_meant(theirs, there)}")
    taken = set(columns.values())
    own = {name: theirs for name, theirs in matched(possible).items() if theirs not in taken}
    either = {**own, **columns}
    found = {name: either[name] for name in COLUMNS if name in either}
    if "error" in found and "n" not in found:
        if not set(found) & (ANSWERS - {"error"}):
            raise SchemaError(f"{table.name} has `error` but not `n`: how many attempts does each rate stand for?")
        if "error" not in columns:  # without `n` it is something else: what went wrong, say
            del found["error"]
    if not set(found) & ANSWERS:
        refuse(table)
    selected = {}
    for column, value in where.items():
        if column not in possible and column not in found:
            raise UsageError(f"no column {column!r} to select by{_meant(column, there)}")
        selected[column if column in possible else found[column]] = value
    return Chosen(found, selected)


def refuse(table: Table) -> NoReturn:
    """`SchemaError`: the table does not say how an answer came out."""
    names = table.columns
    other = [name for name in names if name not in COLUMNS]  # what has a name of the schema means that
    close = {name: near[0] for name in other if (near := difflib.get_close_matches(name.lower(), ANSWERS, 1, 0.7))}
    raise SchemaError(
        f"{table.name} has no column to learn from: it needs `correct`, `accepted` or `score`, or `n` with `n_wrong` "
        f"or `error`; its columns are {', '.join(names) or 'none'}"
        + "".join(f"; if {theirs} is meant, map it: --map {name}={theirs}" for theirs, name in close.items())
    )


def _meant(name: str, known: Iterable[str]) -> str:
    """What to write instead: the nearest name, or all that there are."""
    listed = list(known)
    near = difflib.get_close_matches(name, listed, n=1)
    return f": did you mean {near[0]!r}?" if near else f"; there are: {', '.join(listed)}"


def _is(column: str, dtype: Any, value: Any) -> nw.Expr:
    """Rows whose column has the value: a number as a number, text without regard to capitals."""
    if dtype.is_numeric():
        try:
            return nw.col(column) == float(value)
        except ValueError:
            raise UsageError(f"{column} = {value!r}: the column holds numbers") from None
    spelled = {str(value).lower()}
    try:  # a number in a text may be written 39 or 39.0
        number = float(value)
        spelled |= {f"{number:g}", str(number), repr(int(number)) if number.is_integer() else str(number)}
    except (TypeError, ValueError, OverflowError):
        pass
    return nw.col(column).cast(nw.String).str.to_lowercase().is_in(sorted(spelled))
