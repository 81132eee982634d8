"""What a tally does not keep of a log: queries that repeat, rates as they are written, columns that are no key.

Each is one aggregating query over the table, in whatever engine holds its rows; a few rows come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from boostcalc.errors import UsageError, did_you_mean
from boostcalc.runs.readers import Asked, Table, engine_errors, open_table
from boostcalc.runs.readers.dataframes import as_pandas
from boostcalc.runs.selection import Chosen, choose
from boostcalc.runs.values import NULLS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Repeats", "Untallied", "WrittenRate", "distinct_values", "untallied"]

TOGETHER = ("block", "run", "round", "model", "task", "query")
"""Rows that are alike in these are attempts at one query, in one place."""

TOLD = ("context_size", "context_wrong", "context_contamination", "votes", "votes_for", "correct", "accepted", "score")
"""What an attempt is told by."""

SAME = "__rows"
"""How many rows are at one query in one place."""

MOST_RATES = 100_000
"""Distinct rates that are looked at."""


@dataclass(frozen=True)
class Repeats:
    """Attempts at one query within one block, run, round, model and task, as far as these are logged.

    Attributes
    ----------
    queries : distinct queries in the whole log.
    rows : rows that name their query.
    groups : attempts at one query in one place, counted once.
    repeated : of them, those with more than one row.
    extra : rows beyond the first of each.
    most : rows of the largest.
    alike : repeated ones whose rows agree in all that is read.
    differing : repeated ones of which some rows are correct and some are not.
    """

    queries: int
    rows: int
    groups: int
    repeated: int
    extra: int
    most: int
    alike: int
    differing: int


@dataclass(frozen=True)
class WrittenRate:
    """Counts and a rate as a row has them, in the log's own words ("" where missing), and how many rows do."""

    n: str
    n_wrong: str
    error: str
    rows: int


@dataclass(frozen=True)
class Untallied:
    """What a tally does not keep.

    Attributes
    ----------
    columns : the schema's names → the table's.
    repeats : None where no query is named, or rows stand for counts.
    rates : distinct rates with their counts; empty where none are logged.
    """

    columns: dict[str, str]
    repeats: Repeats | None = None
    rates: tuple[WrittenRate, ...] = ()


def untallied(
    source: Any,
    *,
    where: Mapping[str, Any] | None = None,
    columns: Mapping[str, str] | None = None,
    truth: str | None = None,
    verdict: str | None = None,
    filters: str | Sequence[str] = (),
) -> Untallied:
    """What the tally of `read_runs`, which takes the same arguments, does not keep.

    Raises
    ------
    UsageError, SchemaError
        As `read_runs` does.
    """
    table, chosen = _opened(source, where, columns, Asked(truth, verdict, _several(filters)))
    with engine_errors(table.name):
        chosen = chosen.without(_empty(chosen, table))
        rows = chosen.of(table.frame)
        return Untallied(chosen.columns, _repeats(rows, chosen.columns), _rates(rows, chosen.columns))


def distinct_values(
    source: Any,
    names: Sequence[str],
    *,
    where: Mapping[str, Any] | None = None,
    columns: Mapping[str, str] | None = None,
    truth: str | None = None,
    verdict: str | None = None,
    filters: str | Sequence[str] = (),
) -> list[tuple[str | None, ...]]:
    """The combinations of values that these columns have among the rows that `read_runs` would read, in order.

    `names` are the schema's or the table's own; a missing value is None.

    Raises
    ------
    UsageError
        If there is no such column; else as `read_runs` does.
    """
    table, chosen = _opened(source, where, columns, Asked(truth, verdict, _several(filters)))
    there = {**{name: name for name in table.columns}, **chosen.columns}
    for name in names:
        if name not in there:
            raise UsageError(
                f"no column {name!r} to tell groups apart by{did_you_mean(name, there)}; "
                f"there are: {', '.join(table.columns)}"
            )
    with engine_errors(table.name):
        frame = Chosen({f"__{i}": there[name] for i, name in enumerate(names)}, chosen.where).of(table.frame)
        found = _fetched(frame.with_columns(nw.all().cast(nw.String)).unique())
    missing = {*NULLS, None}
    values = {tuple(None if _text(v) in missing else _text(v) for v in row) for row in found.itertuples(index=False)}
    return sorted(values, key=lambda row: tuple((value is None, value or "") for value in row))


def _opened(
    source: Any, where: Mapping[str, Any] | None, columns: Mapping[str, str] | None, asked: Asked
) -> tuple[Table, Chosen]:
    table = open_table(source, asked)
    with engine_errors(table.name):
        return table, choose(table, columns or {}, where or {})


def _empty(chosen: Chosen, table: Table) -> list[str]:
    """Columns that a table may have without announcing them, and that hold nothing."""
    hidden = [name for name, theirs in chosen.columns.items() if theirs in table.unlisted]
    if not hidden:
        return []
    held = _fetched(chosen.of(table.frame).select(nw.col(*hidden).count())).iloc[0]
    return [name for name in hidden if not held[name]]


def _several(filters: str | Sequence[str]) -> tuple[str, ...]:
    return (filters,) if isinstance(filters, str) else tuple(filters)


def _repeats(rows: nw.LazyFrame[Any], columns: Mapping[str, str]) -> Repeats | None:
    if "query" not in columns or "n" in columns:
        return None
    keys, told = ([name for name in names if name in columns] for names in (TOGETHER, TOLD))
    plain = rows.select(*keys, *told).with_columns(nw.all().cast(nw.String).str.to_lowercase())
    named = plain.filter(~nw.col("query").is_null())
    more = nw.col(SAME) > 1
    sizes = named.group_by(*keys).agg(nw.len().alias(SAME))
    counted = sizes.select(
        groups=nw.len(), rows=nw.col(SAME).sum(), most=nw.col(SAME).max(), repeated=more.cast(nw.Int64).sum()
    )
    counts = _whole(_fetched(counted))
    if not counts["groups"]:
        return None
    alike = differing = 0
    if counts["repeated"]:
        alike, differing = _compared(named, keys, told)
    queries = _whole(_fetched(named.select(queries=nw.col("query").n_unique())))
    return Repeats(**queries, extra=counts["rows"] - counts["groups"], alike=alike, differing=differing, **counts)


def _compared(named: nw.LazyFrame[Any], keys: list[str], told: list[str]) -> tuple[int, int]:
    """Of the queries with several rows in one place: whose rows agree, and whose truths differ."""
    ends = [getattr(nw.col(name), end)().alias(f"{name}__{end}") for name in told for end in ("min", "max")]
    groups = named.group_by(*keys).agg(nw.len().alias(SAME), *ends).filter(nw.col(SAME) > 1)
    differ = {}
    for name in told:
        low, high = nw.col(f"{name}__min"), nw.col(f"{name}__max")
        differ[name] = ((low != high) & ~low.is_null()).fill_null(value=False)  # a missing value differs from none
    never = nw.lit(value=False)
    somewhere = nw.any_horizontal(never, *differ.values(), ignore_nulls=True)
    flags = {"alike": ~somewhere, "differing": differ.get("correct", never)}
    marked = groups.with_columns(**{f"__{name}": flag for name, flag in flags.items()})
    found = _whole(_fetched(marked.select(**{name: nw.col(f"__{name}").cast(nw.Int64).sum() for name in flags})))
    return found["alike"], found["differing"]


def _whole(row: pd.DataFrame) -> dict[str, int]:
    """One row of counts; the sum of nothing is 0, whatever an engine calls it."""
    return {str(name): 0 if row[name].isna().iloc[0] else int(row[name].iloc[0]) for name in row}


def _rates(rows: nw.LazyFrame[Any], columns: Mapping[str, str]) -> tuple[WrittenRate, ...]:
    if not {"n", "error"} <= set(columns):
        return ()
    names = [name for name in ("n", "n_wrong", "error") if name in columns]
    counted = rows.select(*names).group_by(*names).agg(nw.len().alias("__rows"))
    found = _fetched(counted.head(MOST_RATES))
    return tuple(
        WrittenRate(
            n=_text(row["n"]) or "",
            n_wrong=_text(row.get("n_wrong")) or "",
            error=_text(row["error"]) or "",
            rows=int(row["__rows"]),
        )
        for row in found.to_dict(orient="records")
    )


def _text(value: Any) -> str | None:
    """A value as it is written; None where missing."""
    import pandas as pd

    return None if pd.isna(value) else str(value).strip()


def _fetched(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    return frame.to_native().df() if frame.implementation.is_duckdb() else as_pandas(frame.collect())
