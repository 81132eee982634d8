"""From a file, a folder or a dataframe to a table of rows: one reader a file, one line each in the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boostcalc.errors import SchemaError, UsageError
from boostcalc.runs.readers.dataframes import from_dataframe
from boostcalc.runs.readers.delimited import DELIMITED
from boostcalc.runs.readers.inspect_logs import INSPECT
from boostcalc.runs.readers.json_lines import JSON_LINES
from boostcalc.runs.readers.lm_eval import LM_EVAL
from boostcalc.runs.readers.parquet import PARQUET
from boostcalc.runs.readers.table import Asked, Table, engine_errors

__all__ = ["READERS", "Asked", "Table", "engine_errors", "open_table"]

READERS = (INSPECT, LM_EVAL, DELIMITED, JSON_LINES, PARQUET)
"""The first that knows a path reads it."""

KNOWN = (
    ".csv, .tsv, .jsonl, .ndjson, .json (these also with .gz), .parquet, .eval; a folder of Parquet files, of Inspect "
    "logs or of lm-eval samples"
)


def open_table(source: Any, asked: Asked | None = None) -> Table:
    """A file (read out of core), a folder, or any dataframe that narwhals knows, as a table of rows.

    Raises
    ------
    UsageError
        If there is no such file, `source` is no table at all, or it cannot be asked what is `asked`.
    SchemaError
        If the file is empty or cannot be read as what its name says.
    """
    asked = asked or Asked()
    if not isinstance(source, str | Path):
        _answerable(asked, frozenset(), f"a {type(source).__name__}")
        return from_dataframe(source)
    path = Path(source)
    reader = next((reader for reader in READERS if reader.reads(path)), None)
    if reader is None:
        if path.is_dir():
            raise UsageError(f"{path.name} is a folder without a log; known are: {KNOWN}")
        raise UsageError(
            f"{path.name}: no reader for {repr(path.suffix) if path.suffix else 'a name without an ending'}; "
            f"known are: {KNOWN}"
        )
    if not path.exists():
        raise UsageError(f"no such file: {path}")
    if path.is_file() and path.stat().st_size == 0:
        raise SchemaError(f"{path.name} is empty: a log of runs has a header and at least one row")
    _answerable(asked, reader.answers, path.name)
    with engine_errors(path.name):
        return reader.open(path, asked)


def _answerable(asked: Asked, answers: frozenset[str], name: str) -> None:
    for option in ("truth", "verdict", "filters"):
        if getattr(asked, option) and option not in answers:
            raise UsageError(
                f"{option} = {getattr(asked, option)!r}: {name} is not asked that; "
                "say by `columns` which of its columns is `correct` and which `accepted`"
            )
