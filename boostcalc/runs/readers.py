"""From a file or a dataframe to a lazy table: one reader a file type, one line each in the registry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw

from boostcalc.errors import SchemaError, UsageError

if TYPE_CHECKING:
    import duckdb

__all__ = ["READERS", "open_table"]

NULLS = ["", "NA", "NaN", "nan", "null", "None"]
"""What stands for a missing value in a text file."""


def _csv(connection: duckdb.DuckDBPyConnection, path: str) -> duckdb.DuckDBPyRelation:
    return connection.read_csv(path, header=True, na_values=NULLS)


def _jsonl(connection: duckdb.DuckDBPyConnection, path: str) -> duckdb.DuckDBPyRelation:
    return connection.read_json(path)


def _parquet(connection: duckdb.DuckDBPyConnection, path: str) -> duckdb.DuckDBPyRelation:
    return connection.read_parquet(path)


READERS: dict[str, Callable[[Any, str], Any]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".json": _jsonl,
    ".parquet": _parquet,
}


def open_table(source: Any) -> nw.LazyFrame[Any]:
    """A file (CSV, JSONL, Parquet, read out of core) or any dataframe that narwhals knows, as a lazy table.

    Raises
    ------
    UsageError
        If there is no such file, or `source` is no table at all.
    SchemaError
        If the file is empty or cannot be read as what its name says.
    """
    if not isinstance(source, str | Path):
        try:
            table: nw.LazyFrame[Any] = nw.from_native(source).lazy()
            return table
        except TypeError:
            kind = type(source).__name__
            raise UsageError(f"cannot read runs from a {kind}: give a file name or a dataframe") from None
    path = Path(source)
    suffix = "".join(path.suffixes[-2:-1]) if path.suffix == ".gz" else path.suffix
    if suffix.lower() not in READERS:
        raise UsageError(
            f"{path.name}: no reader for {suffix or 'a name without an ending'!r}; known are: {', '.join(READERS)}"
        )
    if not path.is_file():
        raise UsageError(f"no such file: {path}")
    if path.stat().st_size == 0:
        raise SchemaError(f"{path.name} is empty: a log of runs has a header and at least one row")
    import duckdb

    try:
        opened: nw.LazyFrame[Any] = nw.from_native(READERS[suffix.lower()](duckdb.connect(), str(path))).lazy()
    except duckdb.Error as error:
        raise unreadable(path.name, error) from None
    return opened


def unreadable(name: str, error: Exception) -> SchemaError:
    """The reader's own complaint, without its advice, under the file's name."""
    lines = str(error).strip().splitlines()[:3]
    return SchemaError(f"{name} cannot be read: {'; '.join(filter(None, lines))[:400]}")
