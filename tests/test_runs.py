"""Reading logs: one tally whatever the engine, and what is no log is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import boostcalc as bc
from boostcalc.datasets import TABLES, table_path
from boostcalc.errors import DataError, SchemaError, UsageError
from boostcalc.runs import COUNTS


@pytest.fixture
def attempts() -> pd.DataFrame:
    """A small log, one row an attempt, with missing truths and verdicts."""
    rng = np.random.default_rng(3)
    n = 400
    wrong = rng.integers(0, 9, n)
    correct = pd.array(rng.random(n) > wrong / 10, dtype="boolean")
    accepted = pd.array(rng.random(n) > 0.4, dtype="boolean")
    correct[rng.random(n) < 0.1] = pd.NA
    accepted[rng.random(n) < 0.1] = pd.NA
    return pd.DataFrame(
        {
            "run": [f"r{i}" for i in rng.integers(0, 5, n)],
            "context_size": 8,
            "context_wrong": wrong,
            "correct": correct,
            "accepted": accepted,
            "comment": "#strong[x] <b>",
        }
    )


def by_hand(attempts: pd.DataFrame) -> dict[tuple[str, int], dict[str, int]]:
    """The tally, counted row by row."""
    found: dict[tuple[str, int], dict[str, int]] = {}
    row: Any
    for row in attempts.itertuples():
        counts = found.setdefault((row.run, row.context_wrong), dict.fromkeys(COUNTS, 0))
        known, judged = row.correct is not pd.NA, row.accepted is not pd.NA
        counts["n"] += 1
        counts["n_known"] += known
        counts["n_wrong"] += known and not row.correct
        counts["n_judged"] += judged
        counts["n_accepted"] += judged and bool(row.accepted)
        if known and judged:
            truth = "correct" if row.correct else "wrong"
            counts[f"{truth}_judged"] += 1
            counts[f"{truth}_accepted"] += bool(row.accepted)
    return found


def test_the_tally_is_what_counting_by_hand_gives(attempts: pd.DataFrame) -> None:
    cells = bc.read_runs(attempts).cells
    expected = by_hand(attempts)
    assert len(cells) == len(expected)
    for cell in cells.to_dict(orient="records"):
        key = (cell["run"], int(cell["context_wrong"]))
        assert {name: cell[name] for name in expected[key]} == expected[key]


@pytest.mark.parametrize("engine", ["csv", "tsv", "jsonl", "parquet", "polars", "duckdb", "numbers", "words"])
def test_every_engine_gives_the_same_tally(engine: str, attempts: pd.DataFrame, tmp_path: Path) -> None:
    expected = bc.read_runs(attempts)
    source: object
    if engine in ("csv", "tsv", "jsonl", "parquet"):
        source = tmp_path / f"runs.{engine}"
        if engine == "csv":
            attempts.to_csv(source, index=False)
        elif engine == "tsv":
            attempts.to_csv(source, index=False, sep="\t")
        elif engine == "jsonl":
            attempts.to_json(source, orient="records", lines=True)
        else:
            duckdb.from_df(attempts).write_parquet(str(source))
    elif engine == "polars":
        attempts.to_csv(tmp_path / "runs.csv", index=False)
        source = pl.read_csv(tmp_path / "runs.csv")
    elif engine == "duckdb":
        source = duckdb.from_df(attempts)
    elif engine == "numbers":
        source = attempts.assign(
            correct=attempts["correct"].astype("Float64"), accepted=attempts["accepted"].astype("Float64")
        )
    else:
        words = {True: "Yes", False: "no"}
        source = attempts.assign(correct=attempts["correct"].map(words), accepted=attempts["accepted"].map(words))
    found = bc.read_runs(source)
    pd.testing.assert_frame_equal(found.cells, expected.cells, check_dtype=False)
    assert found.ignored == ("comment",)


def test_a_counted_table_is_the_log_it_counts(attempts: pd.DataFrame) -> None:
    known = attempts.dropna(subset=["correct", "accepted"])
    counted = (
        known.groupby(["run", "context_size", "context_wrong", "correct", "accepted"]).size().rename("n").reset_index()
    )
    pd.testing.assert_frame_equal(bc.read_runs(counted).cells, bc.read_runs(known).cells, check_dtype=False)


def test_rates_and_wrong_counts_say_the_same() -> None:
    table = pd.DataFrame(
        {"context_size": 10, "context_contamination": [0.0, 0.5], "n": [200, 400], "error": [0.1, 0.4]}
    )
    counted = table.assign(n_wrong=table["n"] * table["error"]).drop(columns="error")
    pd.testing.assert_frame_equal(bc.read_runs(table).cells, bc.read_runs(counted).cells)


def test_an_empty_context_has_no_contamination() -> None:
    table = pd.DataFrame({"context_size": [0, 4], "context_wrong": [0, 2], "n": 10, "n_wrong": 5})
    np.testing.assert_array_equal(bc.read_runs(table).contexts()["share"], [np.nan, 0.5])


def test_the_realised_share_wins_over_the_rate() -> None:
    table = pd.DataFrame(
        {"context_size": 4, "context_wrong": [1, None], "context_contamination": 0.5, "n": 9, "n_wrong": 3}
    )
    seen = bc.read_runs(table).contexts()
    assert dict(zip(seen["share"], seen["exact"], strict=True)) == {0.25: True, 0.5: False}


def test_rows_may_be_chosen_by_any_column() -> None:
    path = table_path("realmistake_verdicts")
    where = {"judge": "gpt-4-0125-preview", "generator": "gpt-4-0613"}
    whole = pd.read_csv(path)
    expected = whole[(whole["judge"] == where["judge"]) & (whole["generator"] == where["generator"])]["n"].sum()
    assert bc.read_runs(path, where=where).n_attempts == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("foo,bar\n1,2\n", "no column to learn from.*foo, bar"),
        ("is_correct,bar\n1,2\n", "--map correct=is_correct"),
        ("correct\n", "no rows"),
        ("error\n0.2\n", "`error` but not `n`"),
        ('correct,run\n1,"a\n0,b\n', "nothing closes the quotation mark that line 2 opens"),
    ],
)
def test_what_is_no_log_is_named(text: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(SchemaError, match=why):
        bc.read_runs(path)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("nowhere.csv", "no such file"),
        ("log.xlsx", "no reader for"),
        (42, "cannot read runs from a int"),
        ("log", "no reader"),
    ],
)
def test_what_cannot_be_opened_is_bad_usage(source: object, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        bc.read_runs(source)


def test_a_file_that_is_not_what_its_name_says(tmp_path: Path) -> None:
    for name in ("log.parquet", "log.jsonl"):
        path = tmp_path / name
        path.write_bytes(b"\x00\x01 not that at all")
        with pytest.raises(DataError, match=name):
            bc.read_runs(path)


def test_an_unknown_column_to_choose_by_is_named(attempts: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="no column 'rnu' to select by: did you mean 'run'"):
        bc.read_runs(attempts, where={"rnu": "r1"})
    with pytest.raises(SchemaError, match="no rows where run = r99"):
        bc.read_runs(attempts, where={"run": "r99"})


@pytest.mark.parametrize("engine", [pd.DataFrame, lambda frame: pl.DataFrame(frame.to_dict("list")), duckdb.from_df])
def test_graded_verdicts_are_counted_by_truth(engine: Any, attempts: pd.DataFrame) -> None:
    log = attempts.drop(columns=["correct", "accepted"]).assign(
        score=np.random.default_rng(2).integers(1, 6, len(attempts)) / 2,
        correct=attempts["correct"].astype("Float64").astype(float),
    )
    log.loc[::7, "score"] = None
    found = bc.read_runs(engine(log)).scores
    assert found is not None
    graded = log.dropna(subset="score")
    assert found[["n_correct", "n_wrong", "n_unknown"]].to_numpy().sum() == len(graded)
    for row in found.to_dict(orient="records"):
        alike = graded[(graded["run"] == row["run"]) & (graded["score"] == row["score"])]["correct"]
        assert row["n_correct"] == (alike == 1).sum()
        assert row["n_wrong"] == (alike == 0).sum()
        assert row["n_unknown"] == alike.isna().sum()


def test_votes_and_positions_are_keys() -> None:
    log = pd.DataFrame(
        {
            "correct": [1, 0, 1, 1],
            "votes": 3,
            "votes_for": [0, 3, 3, 3],
            "context_size": 4,
            "context_judged_wrong": [1, 1, 1, 2],
            "context_wrong_position": [0.5, None, None, 0.5],
        }
    )
    runs = bc.read_runs(log)
    assert sorted(runs.cells["n"]) == [1, 1, 2]
    assert runs.scores is None
    assert runs.ignored == ()


@pytest.mark.parametrize("name", TABLES)
def test_packaged_tables_can_be_read(name: str) -> None:
    table = bc.load_table(name)
    assert bc.read_runs(table).n_attempts == (table["n"].sum() if "n" in table else len(table))


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(UsageError, match="gptj_contamination"):
        bc.load_table("gptj")


def test_a_column_of_the_schema_is_not_offered_as_another() -> None:
    log = pd.DataFrame({"context_size": [4], "context_wrong": [1], "is_ok": [True], "corect": [True]})
    with pytest.raises(SchemaError, match="--map correct=corect") as refused:
        bc.read_runs(log)
    assert "=context_wrong" not in str(refused.value)
