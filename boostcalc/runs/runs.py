"""Logged runs, tallied: what every estimator reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from boostcalc import plotting
from boostcalc.errors import SchemaError, UsageError
from boostcalc.results import Result, finite
from boostcalc.runs.readers import open_table, unreadable
from boostcalc.runs.schema import COLUMNS
from boostcalc.runs.tally import scores, tally

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Runs", "read_runs"]


@dataclass(frozen=True, eq=False)
class Runs(Result):
    """Counts by cell of a log of runs.

    Attributes
    ----------
    cells : DataFrame
        One row per distinct combination of the key columns, with the columns `COUNTS`.
    ignored : columns of the table that the schema does not know.
    source : the file's name, or the dataframe's type.
    where : the selection of rows: column → value.
    scores : DataFrame or None
        Graded verdicts by truth: one row per cluster (block, run, query, as far as `cells` has them) and distinct
        `score`, with `n_correct`, `n_wrong` and `n_unknown`. None where the table has no `score`.
    """

    kind = "runs"

    cells: pd.DataFrame
    ignored: tuple[str, ...]
    source: str
    where: dict[str, Any]
    scores: pd.DataFrame | None = None

    @property
    def n_attempts(self) -> int:
        """Attempts in the log."""
        return round(self.cells["n"].sum())

    @property
    def status(self) -> str:  # type: ignore[override]  # computed here, a field elsewhere
        """How much there is, and what was left out."""
        left = f"; columns not read: {', '.join(self.ignored)}" if self.ignored else ""
        cells = f"{len(self.cells):,} cell{'s' if len(self.cells) != 1 else ''}"
        attempts = f"{self.n_attempts:,} attempt{'s' if self.n_attempts != 1 else ''}"
        return f"{self.source}: {attempts} in {cells}{left}"

    def contexts(self) -> pd.DataFrame:
        """Error counts by what the context held: columns `context_size`, `share`, `exact`, `n`, `n_wrong`.

        `share` is the contamination; `exact` says whether it is the realised share, not the rate that the
        context was drawn at. Cells without truth, context or pairs in it are left out.
        """
        cells = self.cells.reindex(columns=[*self.cells.columns, *(set(KEYS) - set(self.cells.columns))])
        size, wrong = cells["context_size"].astype(float), cells["context_wrong"].astype(float)
        exact = wrong.notna() & (size > 0)
        share = np.where(exact, wrong / size.where(size > 0), cells["context_contamination"].astype(float))
        cells = cells.assign(share=share, exact=exact)
        return cells[cells["share"].notna() & ~(size == 0) & (cells["n_known"] > 0)]

    def summary(self) -> str:
        return f"{self.status}\n{self.to_frame().head(20).to_string(index=False)}"

    def to_frame(self) -> pd.DataFrame:
        return self.cells.copy()

    def body(self) -> dict[str, Any]:
        rows = [
            {k: v if isinstance(v, str) else finite(v) for k, v in row.items()}
            for row in self.cells.to_dict(orient="records")
        ]
        return {"status": self.status, "ignored": list(self.ignored), "cells": rows}

    def plot(self, ax: Axes | None = None) -> Axes:
        seen = self.contexts()
        return plotting.response(
            [], [], points=(seen["share"], seen["n_wrong"] / seen["n_known"], seen["n_known"]), ax=ax
        )


KEYS = ("context_size", "context_wrong", "context_contamination")


def read_runs(source: Any, *, where: Mapping[str, Any] | None = None) -> Runs:
    """Logged runs from a CSV, JSONL or Parquet file, or any dataframe, in the schema of `runs.schema`.

    Parameters
    ----------
    source : path or dataframe
        One row an attempt, or a pre-counted table (`n` and `n_wrong`, `error` or `correct`). Files are read out
        of core; dataframes may be of any kind that narwhals knows (pandas, Polars, Arrow, DuckDB, …).
    where : mapping, optional
        Column → value: only rows that have it are read.

    Raises
    ------
    UsageError
        If there is no such file or column.
    SchemaError
        If the table is not a log of runs: no known column, or impossible values.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"correct": [True, False, True], "accepted": [True, True, False]})
    >>> print(read_runs(log).status)
    a DataFrame: 3 attempts in 1 cell
    """
    import duckdb

    table = open_table(source)
    name = Path(source).name if isinstance(source, str | Path) else f"a {type(source).__name__}"
    columns = table.collect_schema().names()
    if not set(columns) & {"correct", "accepted", "n_wrong", "error"}:
        capitals = [column for column in columns if column not in COLUMNS and column.lower() in COLUMNS]
        raise SchemaError(
            f"{name} has no column to learn from: it needs `correct`, `accepted`, or `n` with `n_wrong` or `error`; "
            f"its columns are {', '.join(columns) or 'none'}"
            + (f" (write {', '.join(capitals)} in lower case)" if capitals else "")
        )
    if "error" in columns and "n" not in columns and "n_wrong" not in columns:
        raise SchemaError(f"{name} has `error` but not `n`: how many attempts does each rate stand for?")
    try:
        rows = _only(table, where or {})
        cells = tally(rows)
        if "query" in columns and not any(name in cells and cells[name].nunique() > 1 for name in ("block", "run")):
            cells = tally(rows, queries=True)  # nothing coarser says what is independent
        graded = scores(rows, queries="query" in cells)
    except UsageError:
        raise
    except (duckdb.Error, ValueError) as error:
        raise unreadable(name, error) from None
    except RuntimeError as error:
        if "interrupt" in str(error).lower():  # how DuckDB passes on Ctrl-C
            raise KeyboardInterrupt from None
        raise
    if not len(cells) or cells["n"].sum() == 0:
        raise SchemaError(f"{name} has no rows" + (f" where {_said(where)}" if where else ""))
    selected = {column: str(value) for column, value in (where or {}).items()}
    return Runs(cells, tuple(c for c in columns if c not in COLUMNS), name, selected, graded)


def _only(table: nw.LazyFrame[Any], where: Mapping[str, Any]) -> nw.LazyFrame[Any]:
    schema = table.collect_schema()
    for column, value in where.items():
        if column not in schema:
            raise UsageError(f"no column {column!r} to select by; there are: {', '.join(schema.names())}")
        if schema[column].is_numeric():
            try:
                table = table.filter(nw.col(column) == float(value))
            except ValueError:
                raise UsageError(f"{column} = {value!r}: the column holds numbers") from None
        else:
            table = table.filter(nw.col(column).cast(nw.String).str.to_lowercase() == str(value).lower())
    return table


def _said(where: Mapping[str, Any] | None) -> str:
    return " and ".join(f"{column} = {value}" for column, value in (where or {}).items())
