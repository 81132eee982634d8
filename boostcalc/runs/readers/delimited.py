"""CSV and its relatives: fields between commas, semicolons, tabs or bars; read as text, understood later."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import narwhals as nw

from boostcalc.errors import SchemaError
from boostcalc.runs.readers.table import Asked, Reader, Table, chunked, connected, located, quoted
from boostcalc.runs.schema import COLUMNS
from boostcalc.runs.values import NULLS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DELIMITED", "opened"]

ENDINGS = (".csv", ".tsv")
DELIMITERS = (",", ";", "\t", "|")
HEAD = 1 << 20
"""Characters in which the header has to end."""

LONGEST = 1 << 30
"""Characters that a field may have."""

MOST_REJECTS = 100_000
"""Broken rows that are remembered; more are counted by a pass of their own."""

REJECTED = """
SELECT count(DISTINCT line_byte_position), count(*) FILTER (error_type NOT IN ('MISSING COLUMNS', 'TOO MANY COLUMNS'))
FROM reject_errors WHERE scan_id = (SELECT max(scan_id) FROM reject_scans)
"""
"""Broken rows of the last pass, and how many of its complaints are of something else than the number of fields."""


def opened(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked where it is packed."""
    return gzip.open(path) if path.suffix.lower() == ".gz" else open(path, "rb")  # type: ignore[return-value]  # both are read alike


def _reads(path: Path) -> bool:
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(ENDINGS)


def _open(path: Path, asked: Asked) -> Table:
    delimiter, names, skipped = _header(path)
    columns = "{" + ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names) + "}"
    connection = connected()
    query = (
        f"FROM read_csv({located(path)}, auto_detect = false, header = true, skip = {skipped}, "
        f"delim = {quoted(delimiter)}, quote = '\"', escape = '\"', columns = {columns}, "
        f"nullstr = [{', '.join(map(quoted, NULLS))}], store_rejects = true, rejects_limit = {MOST_REJECTS})"
    )
    relation = connection.sql(query)

    def chunks() -> Iterator[pd.DataFrame]:
        return chunked(_rows(path, delimiter, len(names)), names)

    def broken() -> int:
        count, quotes = connection.execute(REJECTED).fetchall()[0]
        if count < MOST_REJECTS and not quotes:
            return int(count)
        # too many to have been remembered; or a quotation mark that may have swallowed the rest
        return sum(why is not None for _, _, why in _rows(path, delimiter, len(names)))

    return Table(path.name, nw.from_native(relation).lazy(), chunks, broken, decimal_comma=delimiter == ";")


def _header(path: Path) -> tuple[str, list[str], int]:
    """The delimiter, the names of the columns, and how many empty lines precede them."""
    with opened(path) as file:
        head = file.read(HEAD)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SchemaError(f"{path.name} is UTF-16 text: save it as UTF-8")
    if b"\0" in head:
        raise SchemaError(f"{path.name} is no text: it holds NUL bytes")
    text = head.decode("utf-8-sig", "replace")
    body = text.lstrip("\r\n")
    if not body.strip():
        raise SchemaError(f"{path.name} is empty: a log of runs has a header and at least one row")
    skipped = len(text[: len(text) - len(body)].splitlines())

    def fields(delimiter: str) -> list[str]:
        return next(csv.reader(io.StringIO(body, newline=""), delimiter=delimiter))

    def fitness(delimiter: str) -> tuple[int, int]:
        found = fields(delimiter)
        return sum(name.strip().lower() in COLUMNS for name in found), len(found)

    delimiter = max(DELIMITERS, key=fitness)
    names: list[str] = []
    for place, name in enumerate(fields(delimiter), 1):
        plain = name.strip() or f"column {place}"
        names.append(plain if plain.lower() not in map(str.lower, names) else f"{plain} ({place})")
    return delimiter, names, skipped


def _rows(path: Path, delimiter: str, width: int) -> Iterator[tuple[str, list[str | None], str | None]]:
    """Each row below the header with the line it begins in; and what is wrong with it where it has no such fields."""
    with opened(path) as file, _long_fields():
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        began, headed = 1, False
        while True:
            place = f"line {began}"
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "unexpected end" in str(error):
                    raise SchemaError(
                        f"{path.name}: nothing closes the quotation mark that {place} opens, and all that follows is "
                        "taken to be inside: correct that line"
                    ) from None
                yield place, [], "its quotation marks do not match"
                row = []
            began = reader.line_num + 1
            if row and headed:
                yield place, [None if value in NULLS else value for value in row], _misfit(row, width)
            headed = headed or bool(row)


@contextmanager
def _long_fields() -> Iterator[None]:
    """Fields may be long texts: the module's own limit is for guarding memory, which the engine did already."""
    before = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _misfit(row: list[Any], width: int) -> str | None:
    if len(row) != width:
        return f"{len(row)} field{'s' if len(row) != 1 else ''}, where the header has {width}"
    try:
        "".join(row).encode()
    except UnicodeEncodeError:
        return "not UTF-8 text"
    return None


DELIMITED = Reader("CSV", _reads, _open)
