"""One pass over a log to its sufficient statistics: counts by cell, whatever engine holds the rows.

The engine only counts rows that are alike in all raw values: one GROUP BY. What the values mean, and whether they can
be, is then asked of the distinct ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from boostcalc.odds import Array
from boostcalc.runs.readers.dataframes import as_pandas
from boostcalc.runs.schema import COLUMNS
from boostcalc.runs.values import DIGITS, Values, interpret, rounded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COARSE", "COUNTS", "MOST_SCORES", "ROWS", "SCORED", "Tally", "alike", "tally"]

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

MOST_SCORES = 1_000
"""Distinct scores that are counted one by one; more are rounded to `DIGITS` significant digits."""

COARSE = (
    f"there are more than {MOST_SCORES:,} scores: they are counted to {DIGITS} significant digits (between ½ and 1, of "
    "what they lack to 1)"
)
"""What is said of rounded scores."""

ROWS = "__rows"
"""How many rows are alike."""

PEEKED = 20_000
"""Rows in which the scores are looked at before the pass, to see whether they have to be rounded in it."""


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts of a log.

    Attributes
    ----------
    cells : one row per distinct combination of the key columns, with `COUNTS`.
    scores : one row per cluster and distinct score, with `SCORED`; None without scores.
    coarse : whether the scores were rounded.
    unread : rows left out since a value in them cannot be.
    """

    cells: pd.DataFrame
    scores: pd.DataFrame | None
    coarse: bool
    unread: int


def alike(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    """The distinct rows of a table of raw values, and how many there are of each (`ROWS`).

    Many distinct scores are rounded by the engine, where that is DuckDB, so that they do not fill the memory.
    """
    names = frame.collect_schema().names()
    if "score" in names and frame.implementation.is_duckdb():
        frame = _rounded_where_many(frame)
    try:
        return _counted(frame, names)
    except TypeError:  # lists and the like cannot be compared: by their text
        return _counted(frame.with_columns(nw.all().cast(nw.String)), names)


def tally(raw: pd.DataFrame, *, broken: int = 0, decimal_comma: bool = False) -> Tally:
    """Counts by cell, from distinct raw rows and how many there are of each.

    A row stands for one attempt, or for `n` of which `n_wrong` (or the share `error`) are wrong.

    Parameters
    ----------
    raw : DataFrame
        As `alike` gives it.
    broken : int
        Rows of the table that hold nothing because they could not be taken apart: they count for nothing.
    """
    rows = raw[ROWS].to_numpy(dtype=float)
    by_key = "n_known" in raw  # the engine has counted already
    known = raw.drop(columns=[ROWS, *(COUNTS if by_key else ())])
    if broken:
        rows = np.where(known.isna().all(axis=1), rows - broken, rows)
    values = interpret(known, decimal_comma=decimal_comma)
    used = ~values.bad & (rows > 0)
    kept = {name: column[used] for name, column in values.columns.items()}
    counted = {name: raw[name].to_numpy(dtype=float)[used] for name in COUNTS} if by_key else None
    counts = counted or _counts(kept, rows[used])
    keys = [name for name in kept if COLUMNS[name].role in ("key", "cluster")]
    scores, coarse = _scores(kept, counts)
    return Tally(_summed({name: kept[name] for name in keys}, counts, COUNTS), scores, coarse, _bad(values, rows))


def _bad(values: Values, rows: Array) -> int:
    return round(float(rows[values.bad].sum()))


def _counted(frame: nw.LazyFrame[Any], names: list[str]) -> pd.DataFrame:
    counted = frame.group_by(*names).agg(nw.len().alias(ROWS))
    if not counted.implementation.is_duckdb():
        return as_pandas(counted.collect())
    schema = frame.collect_schema()
    truths = [name for name in names if COLUMNS[name].role == "truth"]
    keys = [name for name in names if COLUMNS[name].role in ("key", "cluster")]
    if keys and len(keys) + len(truths) == len(names) and all(schema[name] == nw.Boolean for name in truths):
        counted = _by_key(counted, keys, truths)
    return counted.to_native().df()  # type: ignore[no-any-return]  # narwhals leaves the engine's own type open


def _by_key(counted: nw.LazyFrame[Any], keys: list[str], truths: list[str]) -> nw.LazyFrame[Any]:
    """`COUNTS` by key, where truths cannot be anything but true, false or missing: fewer rows to hand over."""
    never = nw.lit(value=False)
    right, wrong, known = never, never, never
    yes, judged = never, never
    if "correct" in truths:
        right, wrong, known = nw.col("correct"), ~nw.col("correct"), ~nw.col("correct").is_null()
    if "accepted" in truths:
        yes, judged = nw.col("accepted"), ~nw.col("accepted").is_null()
    always = nw.lit(value=True)
    kinds = (always, known, wrong, judged, yes, right & judged, right & yes, wrong & judged, wrong & yes)
    rows = {name: nw.when(kind).then(nw.col(ROWS)).otherwise(0) for name, kind in zip(COUNTS, kinds, strict=True)}
    return counted.select(*keys, ROWS, **rows).group_by(*keys).agg(nw.col(ROWS, *COUNTS).sum())


def _rounded_where_many(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Scores rounded as `values.rounded` does, if the first rows have too many; what is no number stays as it is."""
    relation = frame.to_native()
    seen = relation.project("score").limit(PEEKED).df()["score"]
    if seen.nunique() <= MOST_SCORES:
        return frame
    number = "TRY_CAST(score AS DOUBLE)"
    near = (
        f"CASE WHEN {number} = 0 THEN 0 WHEN {number} > 0.5 AND {number} < 1 THEN 1 - {_near(f'(1 - {number})')} "
        f"ELSE sign({number}) * {_near(f'abs({number})')} END"
    )
    as_logged, kind = ("score", "VARCHAR") if frame.collect_schema()["score"] == nw.String else (number, "DOUBLE")
    score = f"CASE WHEN isfinite({number}) THEN CAST({near} AS {kind}) ELSE {as_logged} END"
    near_enough: nw.LazyFrame[Any] = nw.from_native(relation.project(f"* REPLACE ({score} AS score)")).lazy()
    return near_enough


def _near(size: str) -> str:
    scale = f"pow(10.0, {DIGITS - 1} - floor(log10({size})))"
    return f"(floor({size} * {scale} + 0.5) / {scale})"


def _counts(values: dict[str, NDArray[Any]], rows: Array) -> dict[str, Array]:
    """Each row's contribution to `COUNTS`."""
    nothing = np.full(rows.size, np.nan)
    n = values.get("n", np.ones(rows.size)) * rows
    wrong = nothing
    for said in (
        values["n_wrong"] * rows if "n_wrong" in values else nothing,
        values["error"] * n if "error" in values else nothing,
        (1.0 - values["correct"]) * n if "correct" in values else nothing,
    ):
        wrong = np.where(np.isnan(wrong), said, wrong)
    accepted = values.get("accepted", nothing)
    right = n - wrong
    judged = accepted * 0.0 + 1.0  # 1 where there is a verdict, else missing
    counts = (
        n,
        wrong * 0.0 + n,
        wrong,
        judged * n,
        accepted * n,
        judged * right,
        accepted * right,
        judged * wrong,
        accepted * wrong,
    )
    return dict(zip(COUNTS, map(np.nan_to_num, counts), strict=True))


def _scores(values: dict[str, NDArray[Any]], counts: dict[str, Array]) -> tuple[pd.DataFrame | None, bool]:
    if "score" not in values:
        return None, False
    graded = ~np.isnan(values["score"])
    clusters = {name: column[graded] for name, column in values.items() if COLUMNS[name].role == "cluster"}
    score = values["score"][graded]
    coarse = np.unique(score).size > MOST_SCORES
    if coarse:
        score = rounded(score)
    n, known, wrong = (counts[name][graded] for name in ("n", "n_known", "n_wrong"))
    sums = dict(zip(SCORED, (known - wrong, wrong, n - known), strict=True))
    return _summed({**clusters, "score": score}, sums, SCORED), coarse


def _summed(keys: dict[str, NDArray[Any]], counts: dict[str, Array], names: tuple[str, ...]) -> pd.DataFrame:
    """Counts added up over rows with the same keys, in the order of the keys."""
    import pandas as pd

    frame = pd.DataFrame({**{name: pd.Series(column) for name, column in keys.items()}, **counts})
    if not keys:
        return frame[list(names)].sum().to_frame().T
    return frame.groupby(list(keys), dropna=False, sort=True, observed=True)[list(names)].sum().reset_index()
