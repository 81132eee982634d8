"""Dataframes of engines that are no dependency: each gives the tally that pandas gives; skipped where not installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("default")]  # what these engines warn of is not ours


def arrow(frame: pd.DataFrame) -> Any:
    return pytest.importorskip("pyarrow").Table.from_pandas(frame)


def dask(frame: pd.DataFrame) -> Any:
    return pytest.importorskip("dask.dataframe").from_pandas(frame, npartitions=3)


def pyspark(frame: pd.DataFrame) -> Any:
    pytest.importorskip("pyspark")
    if not shutil.which("java"):
        pytest.skip("PySpark needs Java")
    session = pytest.importorskip("pyspark.sql").SparkSession.builder.master("local[1]").getOrCreate()
    return session.createDataFrame(frame)


def log(rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(17)
    wrong = rng.integers(0, 5, rows)
    return pd.DataFrame(
        {
            "run": [f"r{i}" for i in rng.integers(0, 4, rows)],
            "context_size": 4,
            "context_wrong": wrong,
            "correct": rng.random(rows) > wrong / 5,
            "accepted": rng.random(rows) > 0.4,
            "score": rng.integers(1, 6, rows) / 5,
            "comment": "kept out",
        }
    )


@pytest.mark.parametrize("engine", [arrow, dask, pyspark])
def test_the_tally_is_the_same(engine: Callable[[pd.DataFrame], Any]) -> None:
    expected, found = bc.read_runs(log()), bc.read_runs(engine(log()))
    pd.testing.assert_frame_equal(found.cells, expected.cells, check_dtype=False)
    assert found.scores is not None
    assert expected.scores is not None
    pd.testing.assert_frame_equal(found.scores, expected.scores, check_dtype=False)
    assert found.ignored == ("comment",)


@pytest.mark.parametrize("engine", [arrow, dask, pyspark])
def test_rows_that_cannot_be_are_left_out(engine: Callable[[pd.DataFrame], Any]) -> None:
    spoilt = log()
    spoilt.loc[[7, 300, 301], "context_wrong"] = 9
    found = bc.read_runs(engine(spoilt), where={"run": spoilt["run"][300]})
    left_out = (spoilt["run"] == spoilt["run"][300]) & (spoilt["context_wrong"] > 4)
    assert found.unread.count == left_out.sum()
    pd.testing.assert_frame_equal(
        found.cells,
        bc.read_runs(spoilt[spoilt["context_wrong"] <= 4], where={"run": spoilt["run"][300]}).cells,
        check_dtype=False,
    )
    if engine is arrow:
        assert [row.place for row in found.unread.rows] == [f"row {i + 1}" for i in np.flatnonzero(left_out)]
