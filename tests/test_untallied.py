"""What a tally does not keep: repeated queries, rates as written, values of foreign columns; in every engine alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import boostcalc as bc
from boostcalc.errors import UsageError
from boostcalc.runs.untallied import Repeats, WrittenRate, distinct_values, untallied


def log(rows: int = 300) -> pd.DataFrame:
    """Attempts at few queries in few runs, so that some come again; every ninth names none."""
    rng = np.random.default_rng(5)
    query = [None if i % 9 == 0 else f"q{i}" for i in rng.integers(0, 60, rows)]
    return pd.DataFrame(
        {
            "run": [f"r{i}" for i in rng.integers(0, 4, rows)],
            "query": query,
            "correct": rng.random(rows) < 0.7,
            "accepted": rng.random(rows) < 0.7,
            "score": np.where(np.array([q is None or q < "q3" for q in query]), np.nan, 0.5),
            "judge": [f"j{i}" for i in rng.integers(0, 3, rows)],
        }
    )


def counted_by_hand(frame: pd.DataFrame) -> Repeats:
    named = frame[frame["query"].notna()]
    places: dict[tuple[str, str], list[tuple[bool, bool]]] = {}
    for row in named.to_dict("records"):
        places.setdefault((row["run"], row["query"]), []).append((row["correct"], row["accepted"]))
    several = [rows for rows in places.values() if len(rows) > 1]
    return Repeats(
        queries=named["query"].nunique(),
        rows=len(named),
        groups=len(places),
        repeated=len(several),
        extra=len(named) - len(places),
        most=max(map(len, places.values())),
        alike=sum(len(set(rows)) == 1 for rows in several),
        differing=sum(len({correct for correct, _ in rows}) == 2 for rows in several),
    )


@pytest.mark.parametrize("kind", ["pandas", "polars", "csv", "jsonl", "parquet"])
def test_every_engine_counts_repetitions_as_by_hand(kind: str, tmp_path: Path) -> None:
    frame = log()
    source: Any = frame
    if kind == "polars":
        source = pl.DataFrame(frame.to_dict("list"), strict=False).with_columns(pl.col("query").replace("NaN", None))
    elif kind != "pandas":
        source = tmp_path / f"log.{kind}"
        bc.write_log(frame, source)
    found = untallied(source)
    expected = counted_by_hand(frame)
    assert expected.alike > 0
    assert expected.differing > 0
    assert found.repeats == expected
    assert set(found.columns) == {"run", "query", "correct", "accepted", "score"}
    pairs = sorted(set(zip(frame["judge"], frame["run"], strict=True)))
    assert distinct_values(source, ["judge", "run"]) == pairs


def test_where_nothing_repeats_nothing_is_compared() -> None:
    frame = log().dropna(subset="query").drop_duplicates(["run", "query"])
    found = untallied(frame).repeats
    assert found == counted_by_hand(frame)
    assert found is not None
    assert found.repeated == 0


def test_counts_have_no_repetitions() -> None:
    assert untallied(log().assign(n=3)).repeats is None
    assert untallied(log().drop(columns="query")).repeats is None
    assert untallied(log().assign(query=None)).repeats is None


def test_rates_come_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("n,error,n_wrong\n10,0.30,3\n10,0.30,3\n8,.5,\n", encoding="utf-8")
    found = untallied(path)
    expected = {WrittenRate("10", "3", "0.30", 2): 1, WrittenRate("8", "", ".5", 1): 1}
    assert Counter(found.rates) == expected
    chosen = untallied(path, where={"n": 8})
    assert [rate.error for rate in chosen.rates] == [".5"]


def test_columns_go_by_their_map_and_missing_values_come_last(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("ok,who\n1,b\n0,a\n1,\n1,NA\n", encoding="utf-8")
    assert untallied(path, columns={"correct": "ok"}).columns == {"correct": "ok"}
    assert distinct_values(path, ["who"], columns={"correct": "ok"}) == [("a",), ("b",), (None,)]
    assert distinct_values(path, ["correct"], columns={"correct": "ok"}) == [("0",), ("1",)]
    with pytest.raises(UsageError, match=r"no column 'whom' to tell groups apart by \(did you mean 'who'\?\)"):
        distinct_values(path, ["whom"], columns={"correct": "ok"})
