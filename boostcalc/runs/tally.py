"""One pass over a log to its sufficient statistics: counts by cell, whatever engine holds the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from boostcalc.errors import SchemaError
from boostcalc.runs.schema import COLUMNS, PARTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COUNTS", "SCORED", "scores", "tally"]

COUNTS = (
    "n",
    "n_known",
    "n_wrong",
    "n_judged",
    "n_accepted",
    "correct_judged",
    "correct_accepted",
    "wrong_judged",
    "wrong_accepted",
)
"""Columns of counts in a tally: attempts; of known truth; wrong; with a verdict; accepted; and verdicts by truth."""

SCORED = ("n_correct", "n_wrong", "n_unknown")
"""Columns of counts by distinct score: attempts by truth."""

TRUE, FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")


def tally(table: nw.LazyFrame[Any], *, queries: bool = False) -> pd.DataFrame:
    """Counts by cell: one row per distinct combination of the key columns that the table has.

    A row of the table is one attempt, or `n` of them whose share `n_wrong`/n (or `error`) is wrong. Memory
    is in proportion to the cells, not to the rows. With `queries`, answers to different queries are counted apart.

    Raises
    ------
    SchemaError
        If a value is impossible; the message names the column, and how many rows have it.
    """
    schema = table.collect_schema()
    known = [name for name in schema.names() if name in COLUMNS]
    keys = [name for name in known if COLUMNS[name].role in ("key", "cluster")]
    if not queries:
        keys = [name for name in keys if name != "query"]
    plain = table.select(*(_plain(name, schema[name]) for name in known))
    counted = _counted(plain, known)
    totals = [nw.col(name).sum() for name in counted.collect_schema().names() if name not in COLUMNS or name in COUNTS]
    cells = counted.group_by(*keys).agg(*totals) if keys else counted.select(*totals)
    frame = _as_pandas(cells)
    _refuse_bad_rows(frame)
    frame = frame[[*keys, *COUNTS]]
    _refuse_bad_keys(frame, keys)
    return frame.sort_values(keys, ignore_index=True) if keys else frame


def scores(table: nw.LazyFrame[Any], *, queries: bool = False) -> pd.DataFrame | None:
    """Graded verdicts by truth: one row per cluster and distinct score; None where the table has no `score`.

    Columns: the cluster keys that the table has among block, run (and query, with `queries`), `score`, `n_correct`,
    `n_wrong`, `n_unknown`. Rows without a score are left out.
    """
    schema = table.collect_schema()
    known = [name for name in schema.names() if name in COLUMNS]
    if "score" not in known:
        return None
    clusters = [name for name in known if COLUMNS[name].role == "cluster" and (queries or name != "query")]
    plain = table.select(*(_plain(name, schema[name]) for name in known))
    step = _counted(plain, known, keep=[*clusters, "score"]).filter(~nw.col("score").is_null())
    counts = step.group_by(*clusters, "score").agg(nw.col("n", "n_known", "n_wrong").sum())
    frame = _as_pandas(counts)
    frame["n_correct"], frame["n_unknown"] = frame["n_known"] - frame["n_wrong"], frame["n"] - frame["n_known"]
    return frame[[*clusters, "score", *SCORED]].sort_values([*clusters, "score"], ignore_index=True)


def _as_pandas(cells: nw.LazyFrame[Any]) -> pd.DataFrame:
    """The cells in memory; by way of plain lists from Polars, whose own road to pandas needs pyarrow."""
    import pandas as pd

    if cells.implementation.is_polars():
        return pd.DataFrame(cells.collect().to_dict(as_series=False))
    frame: pd.DataFrame = cells.collect("pandas").to_native()
    return frame.reset_index(drop=True)


def _plain(name: str, dtype: Any) -> nw.Expr:
    """The column as text, or as a float that is null where missing; truths as 1 and 0, unreadable ones as −1."""
    column = nw.col(name)
    if COLUMNS[name].text:
        return column.cast(nw.String)
    if COLUMNS[name].role == "truth" and (dtype == nw.String or dtype == nw.Object):
        low = column.cast(nw.String).str.to_lowercase()
        value = nw.when(low.is_in(TRUE)).then(1.0).otherwise(nw.when(low.is_in(FALSE)).then(0.0).otherwise(-1.0))
        return nw.when(~low.is_null()).then(value).alias(name)
    if dtype == nw.Boolean:  # no cast: an engine may push it into the reading of a text file, and fail there
        value = nw.when(column).then(1.0).otherwise(0.0)
        return nw.when(~column.is_null()).then(value).alias(name)
    if not (dtype.is_numeric() or dtype in (nw.String, nw.Object, nw.Unknown)):
        raise SchemaError(f"{name} holds {str(dtype).lower()} values: it is {COLUMNS[name].meaning}, a number")
    number = column.cast(nw.Float64)
    return nw.when(~number.is_nan()).then(number).alias(name)


def _counted(table: nw.LazyFrame[Any], known: list[str], keep: list[str] | None = None) -> nw.LazyFrame[Any]:
    """Each row's contribution to the counts, and flags for impossible rows."""

    def has(name: str) -> nw.Expr | None:
        return nw.col(name) if name in known else None

    size = has("n") if "n" in known else nw.lit(1.0)
    assert size is not None  # noqa: S101  # both branches give an expression
    nothing = nw.lit(None, dtype=nw.Float64)
    correct = has("correct")
    if "n_wrong" in known:
        wrong = nw.col("n_wrong")
    elif "error" in known:
        wrong = size * nw.col("error")
    else:
        wrong = nothing if correct is None else size * (1.0 - correct)
    accepted = nothing if "accepted" not in known else nw.col("accepted")
    step = table.with_columns(__n=size, __wrong=wrong, __accepted=accepted)
    n, w, a = nw.col("__n"), nw.col("__wrong"), nw.col("__accepted")
    right = n - w
    judged = a * 0.0 + 1.0  # 1 where there is a verdict, null elsewhere
    counts = {
        "n": n,
        "n_known": w * 0.0 + n,
        "n_wrong": w,
        "n_judged": judged * n,
        "n_accepted": a * n,
        "correct_judged": judged * right,
        "correct_accepted": a * right,
        "wrong_judged": judged * w,
        "wrong_accepted": a * w,
    }
    keep = keep or [name for name in known if COLUMNS[name].role in ("key", "cluster")]
    flags = {f"bad_{name}": _bad(name) for name in known if COLUMNS[name].role in ("truth", "number")}
    if "n_wrong" in known:
        flags["bad_n_wrong"] = flags["bad_n_wrong"] | (nw.col("n_wrong") > nw.col("__n"))
    numbers = {f"__{name}": expr.fill_null(0.0) for name, expr in counts.items()}
    marked = {name: flag.fill_null(value=False).cast(nw.Int64) for name, flag in flags.items()}
    wide = step.select(*keep, **numbers, **marked)
    return wide.rename({f"__{name}": name for name in counts})


def _bad(name: str) -> nw.Expr:
    column, value = COLUMNS[name], nw.col(name)
    if column.role == "truth":
        return ~value.is_in([0.0, 1.0]) & ~value.is_null()
    bad = value.is_null() & ~value.is_null()  # never: a column without bounds has no bad rows
    if column.low is not None:
        bad = value < column.low
    if column.high is not None:
        bad = bad | (value > column.high)
    return bad


def _refuse_bad_rows(frame: pd.DataFrame) -> None:
    for flag in [name for name in frame.columns if name.startswith("bad_")]:
        rows = int(frame[flag].sum())
        if rows:
            name = flag.removeprefix("bad_")
            raise SchemaError(f"{rows} row{'s' if rows > 1 else ''} with an impossible {name}: it is {_should(name)}")


def _refuse_bad_keys(frame: pd.DataFrame, keys: list[str]) -> None:
    for name in keys:
        column = COLUMNS[name]
        if column.text:
            continue
        values = frame[name].dropna()
        low, high = column.low, column.high
        wrong = values[(values < low) | (values > high)] if high is not None else values[values < low]
        if column.whole and not len(wrong):
            wrong = values[values % 1 != 0]
        if len(wrong):
            raise SchemaError(f"{name} = {wrong.iloc[0]:g} is impossible: it is {_should(name)}")
    for part, whole in PARTS.items():
        if {part, whole} <= set(keys):
            over = frame[frame[part] > frame[whole]]
            if len(over):
                first = over.iloc[0]
                raise SchemaError(
                    f"{part} = {first[part]:g} exceeds {whole} = {first[whole]:g}: it is {COLUMNS[part].meaning}"
                )


def _should(name: str) -> str:
    column = COLUMNS[name]
    if column.role == "truth":
        return f"{column.meaning}: true or false"
    span = (
        ""
        if column.low is None
        else f" ({column.low:g} or more)"
        if column.high is None
        else f" ({column.low:g} to {column.high:g})"
    )
    return f"{column.meaning}{span}"
