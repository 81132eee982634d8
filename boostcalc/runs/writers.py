"""From a dataframe to a log of runs: one writer a file type, one line each in the registry."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from boostcalc.errors import UsageError
from boostcalc.files import written

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WRITERS", "check_log_name", "write_log"]


def _csv(frame: pd.DataFrame, path: str) -> None:
    frame.to_csv(path, index=False)


def _jsonl(frame: pd.DataFrame, path: str) -> None:
    frame.to_json(path, orient="records", lines=True, double_precision=15)  # pandas keeps 10 digits unasked


def _parquet(frame: pd.DataFrame, path: str) -> None:
    import duckdb

    duckdb.connect().from_df(frame).write_parquet(path)


WRITERS: dict[str, Callable[[pd.DataFrame, str], None]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}


def check_log_name(path: str | os.PathLike[str]) -> str:
    """The ending of a log's name; `UsageError` where there is no writer for it."""
    ending = Path(path).suffix.lower()
    if ending not in WRITERS:
        raise UsageError(
            f"{Path(path).name}: no log is written with {ending or 'a name without an ending'}; "
            f"known are: {', '.join(WRITERS)}"
        )
    return ending


def write_log(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Writes a log of runs that `read_runs` reads; the ending of the name says in which form.

    Raises
    ------
    UsageError
        If there is no writer for that ending.
    OSError
        If the file cannot be written.
    """
    writer = WRITERS[check_log_name(path)]
    with written(path) as partial:
        writer(frame, partial)
