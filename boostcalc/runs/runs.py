"""Logged runs, tallied: what every estimator reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.errors import SchemaError
from boostcalc.results import Result, finite
from boostcalc.runs.readers import Asked, Table, engine_errors, open_table
from boostcalc.runs.selection import ANSWERS, Chosen, choose, refuse
from boostcalc.runs.tally import COARSE, ROWS, Tally, alike, tally
from boostcalc.runs.unread import Unread, unread_rows

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
    unread : rows that cannot be read: how many, and the first of them.
    notes : what else there is to know of how the log was read.
    """

    kind = "runs"

    cells: pd.DataFrame
    ignored: tuple[str, ...]
    source: str
    where: dict[str, Any]
    scores: pd.DataFrame | None = None
    unread: Unread = field(default_factory=Unread)
    notes: tuple[str, ...] = ()

    @property
    def n_attempts(self) -> int:
        """Attempts in the log."""
        return round(self.cells["n"].sum())

    @property
    def status(self) -> str:  # type: ignore[override]  # computed here, a field elsewhere
        """How much there is, and what was left out."""
        said = [*self.notes]
        if self.ignored:
            said.append(f"columns not read: {', '.join(self.ignored)}")
        if self.unread:
            said.append(self.unread.said(self.source))
        cells = f"{len(self.cells):,} cell{'s' if len(self.cells) != 1 else ''}"
        attempts = f"{self.n_attempts:,} attempt{'s' if self.n_attempts != 1 else ''}"
        return "; ".join([f"{self.source}: {attempts} in {cells}", *said])

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
        return {"status": self.status, "ignored": list(self.ignored), "unread": self.unread.to_dict(), "cells": rows}

    def plot(self, ax: Axes | None = None) -> Axes:
        seen = self.contexts()
        return plotting.response(
            [], [], points=(seen["share"], seen["n_wrong"] / seen["n_known"], seen["n_known"]), ax=ax
        )


KEYS = ("context_size", "context_wrong", "context_contamination")


def read_runs(
    source: Any,
    *,
    where: Mapping[str, Any] | None = None,
    columns: Mapping[str, str] | None = None,
    strict: bool = False,
    truth: str | None = None,
    verdict: str | None = None,
    filters: str | Sequence[str] = (),
) -> Runs:
    """Logged runs from a file, a folder or any dataframe, in the schema of `runs.schema`.

    A row that cannot be read (broken, or with a value that cannot be) is left out, counted and named in `unread`.

    Parameters
    ----------
    source : path or dataframe
        One row an attempt, or a pre-counted table (`n` and `n_wrong`, `error` or `correct`): CSV (also with
        semicolons, tabs or bars), JSONL, Parquet, all read out of core; logs of Inspect AI; samples of
        lm-evaluation-harness; dataframes of any kind that narwhals knows (pandas, Polars, Arrow, DuckDB, …).
    where : mapping, optional
        Column → value: only rows that have it are read.
    columns : mapping, optional
        The schema's name → the table's: `{"correct": "is_ok"}`. Names that are the schema's need no mention.
    strict : bool
        Refuse a log with rows that cannot be read.
    truth, verdict : str, optional
        The scorer (Inspect AI) or metric (lm-evaluation-harness) that says what is correct, and what is accepted.
    filters : str or sequence of str
        For lm-evaluation-harness: the filter whose reading of the answers counts.

    Raises
    ------
    UsageError
        If there is no such file, column, scorer or filter; or if more than one might be meant.
    SchemaError
        If the table is not a log of runs, or no row of it can be read; with `strict`, if any cannot.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"correct": [True, False, True], "accepted": [True, True, False]})
    >>> print(read_runs(log).status)
    a DataFrame: 3 attempts in 1 cell
    >>> log = pd.DataFrame({"is_ok": ["yes", "no", "maybe"]})
    >>> print(read_runs(log, columns={"correct": "is_ok"}).status)
    a DataFrame: 2 attempts in 1 cell; 1 row of a DataFrame cannot be read: row 3: correct = maybe:
    it is whether the answer is correct: true or false
    """
    named = (filters,) if isinstance(filters, str) else tuple(filters)
    table = open_table(source, Asked(truth, verdict, named))
    with engine_errors(table.name):
        chosen = choose(table, columns or {}, where or {})
        counted = _passed(table, chosen)
        unread = Unread()
        if counted.left_out:
            unread = Unread.first(counted.left_out, unread_rows(table, counted.chosen))
    if unread and strict:
        raise SchemaError(f"{unread.said(table.name)}; without strict (--strict) they are left out")
    cells = counted.tally.cells
    if not len(cells) or cells["n"].sum() == 0:
        if unread:
            raise SchemaError(f"nothing of {table.name} can be read: {unread.said(table.name)}")
        raise SchemaError(f"{table.name} has no rows" + (f" where {_said(where)}" if where else ""))
    taken = set(chosen.columns.values())
    return Runs(
        cells=cells,
        ignored=tuple(name for name in table.columns if name not in taken),
        source=table.name,
        where={column: str(value) for column, value in (where or {}).items()},
        scores=counted.tally.scores,
        unread=unread,
        notes=(*table.notes, *([COARSE] if counted.tally.coarse else [])),
    )


@dataclass(frozen=True, eq=False)
class Passed:
    """A pass over a table: what was read of it, its tally, and how many rows are not in it."""

    chosen: Chosen
    tally: Tally
    left_out: int


def _passed(table: Table, chosen: Chosen) -> Passed:
    """One pass; a second one, by query, only where `run` and `block` turn out to tell nothing apart."""
    coarser = [name for name in ("block", "run") if chosen.columns.get(name) in table.columns]
    first = _pass(table, chosen.without(["query"]) if coarser else chosen)
    if coarser and "query" in chosen.columns and not any(first.tally.cells[name].nunique() > 1 for name in coarser):
        return _pass(table, chosen)
    return first


def _pass(table: Table, chosen: Chosen) -> Passed:
    raw = alike(chosen.of(table.frame))
    hidden = [name for name, theirs in chosen.columns.items() if theirs in table.unlisted]
    empty = [name for name in hidden if raw[name].isna().all()]
    broken = 0
    if not table.holds_broken:
        broken = table.broken()
        found = tally(raw, decimal_comma=table.decimal_comma)
    else:
        if raw.drop(columns=ROWS).isna().all(axis=1).any():
            broken = table.broken()
        if broken < raw[ROWS].sum() and not set(chosen.columns).difference(empty) & ANSWERS:
            refuse(table)
        found = tally(raw.drop(columns=empty), broken=broken, decimal_comma=table.decimal_comma)
    return Passed(chosen.without(empty), found, found.unread + broken)


def _said(where: Mapping[str, Any] | None) -> str:
    return " and ".join(f"{column} = {value}" for column, value in (where or {}).items())
