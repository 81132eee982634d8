"""What a reader returns: rows as an engine holds them, and how to find again those that make no sense."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw

from boostcalc.errors import SchemaError, UsageError

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

__all__ = [
    "BROKEN",
    "CHUNK",
    "PLACE",
    "Asked",
    "Reader",
    "Table",
    "chunked",
    "connected",
    "engine_errors",
    "located",
    "one_of",
    "quoted",
]

PLACE, BROKEN = "__place", "__broken"
"""Columns of a chunk: where a row stands ("line 7"), and what is wrong with it as a whole (else null)."""

CHUNK = 50_000
"""Rows that are looked at together when unreadable ones are sought."""


@dataclass(frozen=True)
class Asked:
    """What the caller says of a log that has several scores for an answer; each None where it is not said.

    `truth` and `verdict` name the scorer or metric that says what is correct and what is accepted; `filters` which
    filters' answers are read.
    """

    truth: str | None = None
    verdict: str | None = None
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of a log, unread.

    Attributes
    ----------
    name : the file's name, or the dataframe's type.
    frame : the rows, lazily, in whatever engine holds them.
    chunks : the rows once more, in order, as pandas frames with the columns `PLACE` and `BROKEN` besides. None where
        the engine itself is asked.
    broken : rows that the pass over `frame` met and could not take apart; asked after the pass.
    unlisted : columns that may be there without being announced: dropped where they hold nothing.
    decimal_comma : whether numbers may have one.
    notes : what a user should know of how it was read.
    holds_broken : whether broken rows are among those of `frame`, all columns null.
    """

    name: str
    frame: nw.LazyFrame[Any]
    chunks: Callable[[], Iterator[pd.DataFrame]] | None = None
    broken: Callable[[], int] = lambda: 0
    unlisted: frozenset[str] = frozenset()
    decimal_comma: bool = False
    notes: tuple[str, ...] = ()
    holds_broken: bool = False

    @property
    def columns(self) -> list[str]:
        """The columns that the log announces."""
        return [name for name in self.frame.collect_schema().names() if name not in self.unlisted]


@dataclass(frozen=True)
class Reader:
    """One kind of log: its name, whether a path is one, how it is opened, and which of `Asked` it can be asked."""

    name: str
    reads: Callable[[Path], bool]
    open: Callable[[Path, Asked], Table]
    answers: frozenset[str] = field(default=frozenset())


def connected() -> duckdb.DuckDBPyConnection:
    """A database of its own, in memory; what does not fit spills to disk."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def located(path: Path) -> str:
    """A file's name as an SQL literal that DuckDB takes for that file alone, not for a pattern."""
    return quoted("".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path)))


def chunked(
    rows: Iterable[tuple[str, Sequence[Any], str | None]], names: Sequence[str], size: int = CHUNK
) -> Iterator[pd.DataFrame]:
    """Rows of (place, values, what is wrong with the whole) as frames of so many rows."""
    import pandas as pd

    held: list[tuple[Any, ...]] = []

    def frame() -> pd.DataFrame:
        return pd.DataFrame(held, columns=[PLACE, BROKEN, *names], dtype=object)

    for place, values, broken in rows:
        held.append((place, broken, *(values if broken is None else [None] * len(names))))
        if len(held) == size:
            yield frame()
            held = []
    if held:
        yield frame()


@contextmanager
def engine_errors(name: str) -> Iterator[None]:
    """What an engine says of a table while it reads it, as our own errors; Ctrl-C as what it is."""
    import duckdb

    try:
        yield
    except UsageError:
        raise
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except (duckdb.Error, ValueError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise unreadable(name, error) from None
    except RuntimeError as error:
        if "interrupt" in str(error).lower():  # how DuckDB passes on Ctrl-C
            raise KeyboardInterrupt from None
        raise


def unreadable(name: str, error: Exception) -> SchemaError:
    """The engine's own complaint, without its advice, under the file's name."""
    lines = str(error).strip().splitlines()[:3]
    return SchemaError(f"{name} cannot be read: {'; '.join(filter(None, lines))[:400]}")


def one_of(what: str, name: str, known: Iterable[str]) -> str:
    """`name` if it is known; else `UsageError`, with what there is."""
    listed = list(known)
    if name not in listed:
        raise UsageError(f"no {what} {name!r} among: {', '.join(listed) or 'none'}")
    return name
