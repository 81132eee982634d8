"""Parquet: a file, or a folder of them with the same columns."""

from __future__ import annotations

from pathlib import Path

import narwhals as nw

from boostcalc.runs.readers.table import Asked, Reader, Table, connected, located

__all__ = ["PARQUET"]


def _reads(path: Path) -> bool:
    if path.is_dir():
        return any(path.glob("*.parquet"))
    return path.suffix.lower() == ".parquet"


def _open(path: Path, asked: Asked) -> Table:
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    listed = ", ".join(map(located, files))
    query = f"FROM read_parquet([{listed}], union_by_name = true)"
    return Table(path.name, nw.from_native(connected().sql(query)).lazy())


PARQUET = Reader("Parquet", _reads, _open)
