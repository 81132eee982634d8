"""Any dataframe that narwhals knows: pandas, Polars, Arrow, DuckDB, Dask, PySpark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import narwhals as nw

from boostcalc.errors import UsageError
from boostcalc.runs.readers.table import BROKEN, CHUNK, PLACE, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_pandas", "from_dataframe"]


def from_dataframe(source: Any, name: str | None = None) -> Table:
    """A dataframe as a table; names of columns that are no text, as pandas allows them, are written out.

    Raises
    ------
    UsageError
        If it is none.
    """
    kind = type(source).__name__
    try:
        native = nw.from_native(source)
        if native.implementation.is_pandas_like() and not all(isinstance(column, str) for column in source.columns):
            native = nw.from_native(source.set_axis([str(column) for column in source.columns], axis=1))
        frame: nw.LazyFrame[Any] = native.lazy()
    except TypeError:
        raise UsageError(f"cannot read runs from a {kind}: give a file name or a dataframe") from None
    by_engine = frame.implementation.is_duckdb()
    return Table(name or f"a {kind}", frame, None if by_engine else lambda: _chunks(frame))


def _chunks(frame: nw.LazyFrame[Any]) -> Iterator[pd.DataFrame]:
    kind = frame.implementation
    if kind.is_dask() or kind.is_pyspark():  # spread over machines: their rows have no number
        return
    whole = frame.collect()
    for start in range(0, len(whole), CHUNK):
        chunk = as_pandas(whole[start : start + CHUNK])
        yield chunk.assign(**{PLACE: [f"row {start + i}" for i in range(1, len(chunk) + 1)], BROKEN: None})


def as_pandas(frame: nw.DataFrame[Any]) -> pd.DataFrame:
    """In pandas; from Polars by way of plain lists, since its own road needs pyarrow."""
    import pandas as pd

    if frame.implementation.is_polars():
        return pd.DataFrame({name: pd.Series(frame[name].to_list(), dtype=object) for name in frame.columns})
    return frame.to_pandas().reset_index(drop=True)
