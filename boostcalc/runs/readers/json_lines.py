"""JSONL: one object a line; or one JSON array of objects. Read as text, understood later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw

from boostcalc.errors import SchemaError
from boostcalc.runs.readers.delimited import opened
from boostcalc.runs.readers.table import Asked, Reader, Table, chunked, connected, located, quoted
from boostcalc.runs.schema import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["JSON_LINES", "lines"]

ENDINGS = (".jsonl", ".ndjson", ".json")
LISTED = 10_000
"""Lines in which the columns of a file are looked for, beside those of the schema."""


def _reads(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(ENDINGS)


def _open(path: Path, asked: Asked) -> Table:
    with opened(path) as file:
        head = file.read(1 << 12).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        raise SchemaError(f"{path.name} is empty: a log of runs has at least one row")
    array = head.startswith(b"[")
    names = list(dict.fromkeys(name for _, row, _ in islice(_rows(path, array), LISTED) for name in row or {}))
    # a key may first occur far down: the schema's are looked for, but those of counted tables, which every row has
    lower = {name.strip().lower() for name in names}
    unlisted = [name for name in COLUMNS if name not in {*lower, "n", "n_wrong", "error"}]
    distinct = list({name.lower(): name for name in [*names, *unlisted]}.values())
    columns = "{" + ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in distinct) + "}"
    query = (
        f"FROM read_json({located(path)}, format = {quoted('array' if array else 'newline_delimited')}, "
        f"ignore_errors = {str(not array).lower()}, columns = {columns})"  # names are quoted
    )
    relation = connected().sql(query)

    def chunks() -> Iterator[pd.DataFrame]:
        listed = ((place, [(row or {}).get(name) for name in distinct], why) for place, row, why in _rows(path, array))
        return chunked(listed, distinct)

    def broken() -> int:
        return sum(why is not None for _, _, why in _rows(path, array))

    return Table(
        path.name,
        nw.from_native(relation).lazy(),
        chunks,
        broken,
        unlisted=frozenset(unlisted),
        holds_broken=not array,
    )


def _rows(path: Path, array: bool) -> Iterator[tuple[str, dict[str, Any] | None, str | None]]:
    """Each object with its place, or what is wrong with the line."""
    if not array:
        yield from lines(path)
        return
    with opened(path) as file:
        try:
            whole = json.loads(file.read().removeprefix(b"\xef\xbb\xbf"))
        except ValueError as error:
            raise SchemaError(f"{path.name} cannot be read: it is no JSON array ({error})") from None
    for place, row in enumerate(whole, 1):
        why = None if isinstance(row, dict) else "not a JSON object"
        yield f"row {place}", row if why is None else None, why


def lines(path: Path) -> Iterator[tuple[str, dict[str, Any] | None, str | None]]:
    """Each line that is not empty: its place, its object, or what is wrong with it."""
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if not text:
                continue
            place = f"line {number}"
            try:
                row = json.loads(text)
            except UnicodeDecodeError:
                yield place, None, "not UTF-8 text"
                continue
            except (ValueError, RecursionError):
                yield place, None, "broken JSON"
                continue
            if isinstance(row, dict):
                yield place, row, None
            else:
                yield place, None, "not a JSON object"


JSON_LINES = Reader("JSONL", _reads, _open)
