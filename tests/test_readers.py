"""Columns by other names, files of every kind, and logs that other tools wrote."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import boostcalc as bc
from boostcalc.errors import SchemaError, UsageError
from boostcalc.runs.tally import MOST_SCORES
from boostcalc.runs.values import DIGITS, rounded

LOGS = Path(__file__).parent / "files" / "logs"


class TestColumns:
    def test_a_map_names_them(self) -> None:
        log = pd.DataFrame({"is_ok": [1, 0, 1], "judge": [1, 1, 0], "correct": ["as", "it", "is"]})
        mapped = bc.read_runs(log, columns={"correct": "is_ok", "accepted": "judge"})
        plain = bc.read_runs(pd.DataFrame({"correct": [1, 0, 1], "accepted": [1, 1, 0]}))
        pd.testing.assert_frame_equal(mapped.cells, plain.cells)
        assert mapped.ignored == ("correct",)

    def test_one_column_may_serve_twice(self) -> None:
        log = pd.DataFrame({"ok": [1, 0], "seed": ["a", "b"]})
        cells = bc.read_runs(log, columns={"correct": "ok", "run": "seed", "block": "seed"}).cells
        assert list(cells["run"]) == list(cells["block"]) == ["a", "b"]

    def test_capitals_and_blanks_do_not_matter(self) -> None:
        log = pd.DataFrame({" Correct": [1, 0], "Context_Size": 3, "RUN": ["a", "b"]})
        assert list(bc.read_runs(log).cells.columns[:2]) == ["run", "context_size"]

    def test_an_error_message_is_no_rate(self) -> None:
        log = pd.DataFrame({"correct": [1, 0], "error": [None, "timed out"]})
        runs = bc.read_runs(log)
        assert runs.n_attempts == 2
        assert runs.ignored == ("error",)

    def test_rows_may_be_chosen_by_either_name(self) -> None:
        log = pd.DataFrame({"ok": [1, 0, 0], "epoch": [0, 1, 1]})
        for name in ("epoch", "round"):
            runs = bc.read_runs(log, columns={"correct": "ok", "round": "epoch"}, where={name: 1})
            assert runs.n_attempts == 2


class TestText:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_any_usual_delimiter(self, delimiter: str, tmp_path: Path) -> None:
        path = tmp_path / "log.csv"
        path.write_text(
            "\n".join(delimiter.join(row) for row in (("correct", "comment", "run"), ("1", "a", "x"))) + "\n"
        )
        assert bc.read_runs(path).ignored == ("comment",)

    def test_semicolons_bring_decimal_commas(self, tmp_path: Path) -> None:
        path = tmp_path / "log.csv"
        path.write_text("correct;context_size;context_contamination\nTrue;4;0,5\nno;4;0.5\n")
        assert list(bc.read_runs(path).cells["context_contamination"]) == [0.5]

    def test_a_name_with_wildcards_is_that_file(self, tmp_path: Path) -> None:
        (tmp_path / "log[1]*.csv").write_text("correct\n1\n")
        (tmp_path / "log1x.csv").write_text("correct\n0\n0\n")
        assert bc.read_runs(tmp_path / "log[1]*.csv").n_attempts == 1

    def test_a_name_with_a_quotation_mark_is_that_file(self, tmp_path: Path) -> None:
        (tmp_path / "it's.csv").write_text("correct,it's\n1,2\n")
        assert bc.read_runs(tmp_path / "it's.csv").ignored == ("it's",)

    def test_an_array_of_objects(self, tmp_path: Path) -> None:
        path = tmp_path / "log.json"
        path.write_text(
            json.dumps([{"correct": True, "run": 1}, {"correct": None, "run": 2, "accepted": "yes"}], indent=1)
        )
        cells = bc.read_runs(path).cells
        assert list(cells["n_accepted"]) == [0, 1]
        path.write_text('[{"correct": true,')
        with pytest.raises(SchemaError, match=r"log\.json cannot be read"):
            bc.read_runs(path)

    def test_a_column_of_the_schema_may_begin_late(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("boostcalc.runs.readers.json_lines.LISTED", 3)
        path = tmp_path / "log.jsonl"
        path.write_text('{"correct": true}\n' * 9 + '{"correct": false, "accepted": true}\n')
        assert bc.read_runs(path).cells["wrong_accepted"].sum() == 1
        path.write_text('{"correct": true}\n' * 9)
        assert "run" not in bc.read_runs(path).cells

    def test_objects_that_say_nothing_of_answers_are_no_log(self, tmp_path: Path) -> None:
        path = tmp_path / "log.jsonl"
        path.write_text('{"is_ok": true}\n{"is_ok": false}\n')
        with pytest.raises(SchemaError, match=r"no column to learn from.*is_ok"):
            bc.read_runs(path)
        assert bc.read_runs(path, columns={"correct": "is_ok"}).cells["n_wrong"].sum() == 1

    def test_an_error_message_in_json_is_no_rate(self, tmp_path: Path) -> None:
        path = tmp_path / "log.jsonl"
        path.write_text('{"correct": true, "error": "timed out"}\n{"correct": false, "error": null}\n')
        runs = bc.read_runs(path)
        assert (runs.n_attempts, runs.unread.count, runs.ignored) == (2, 0, ("error",))

    def test_broken_rows_are_counted_once_where_scores_are_looked_at_first(self, tmp_path: Path) -> None:
        path = tmp_path / "log.csv"
        rows = [f"1,{i / 7}" for i in range(3 * MOST_SCORES)]
        path.write_text("\n".join(["correct,score", "1", *rows, "0", ""]))
        runs = bc.read_runs(path)
        assert (runs.n_attempts, runs.unread.count) == (len(rows), 2)
        assert [row.place for row in runs.unread.rows] == ["line 2", f"line {len(rows) + 3}"]

    def test_a_folder_of_parquet_files_is_one_log(self, tmp_path: Path) -> None:
        for i in range(3):
            duckdb.from_df(pd.DataFrame({"correct": [True] * (i + 1)})).write_parquet(str(tmp_path / f"{i}.parquet"))
        assert bc.read_runs(tmp_path).n_attempts == 6

    def test_a_folder_without_a_log(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="folder without a log"):
            bc.read_runs(tmp_path)


def test_columns_that_have_numbers_for_names() -> None:
    frame = pd.DataFrame({"correct": [True, False], 3: [1, 2], ("a", 1): [1, 2]})
    assert bc.read_runs(frame).ignored == ("3", "('a', 1)")
    assert bc.read_runs(frame, columns={"round": "3"}).cells["round"].tolist() == [1, 2]
    with pytest.raises(SchemaError, match="its columns are 0, 1"):
        bc.read_runs(pd.DataFrame(np.zeros((2, 2))))


class TestScores:
    @pytest.mark.parametrize("form", ["pandas", "polars", "duckdb", "csv", "jsonl", "parquet"])
    def test_many_scores_are_rounded_alike_by_every_engine(self, form: str, tmp_path: Path) -> None:
        rng = np.random.default_rng(8)
        score = np.concatenate(
            [
                rng.uniform(0, 1, 4_000).round(4),
                -rng.exponential(3, 4_000),
                1 - 10.0 ** -rng.uniform(1, 6, 4_000),
                [0.0],
            ]
        )
        frame = pd.DataFrame({"correct": rng.random(score.size) < 0.5, "run": rng.choice(["a", "b"], score.size)})
        frame["score"] = score
        assert np.unique(score).size > MOST_SCORES
        source: Any = frame
        if form == "polars":
            source = pl.DataFrame(frame.to_dict("list"))
        elif form == "duckdb":
            source = duckdb.from_df(frame)
        elif form in ("csv", "jsonl"):
            source = tmp_path / f"log.{form}"
            bc.write_log(frame, source)
        elif form == "parquet":
            source = tmp_path / "log.parquet"
            bc.write_log(frame, source)
        runs = bc.read_runs(source)
        assert runs.scores is not None
        expected = Counter(zip(frame["run"], rounded(score).round(12), frame["correct"], strict=True))
        for row in runs.scores.to_dict("records"):
            for truth, name in ((True, "n_correct"), (False, "n_wrong")):
                assert expected.pop((row["run"], round(row["score"], 12), truth), 0) == row[name]
        assert not expected
        assert "significant digits" in runs.status

    def test_rounding_keeps_the_order_and_the_digits(self) -> None:
        scores = np.sort(np.concatenate([np.linspace(-3, 3, 10_001), 1 - 10.0 ** -np.linspace(0.5, 8, 1_000)]))
        near = rounded(scores)
        assert (np.diff(near) >= 0).all()
        inside = (scores > 0.5) & (scores < 1)
        size = np.where(inside, 1 - scores, np.abs(scores))
        half_a_step = 0.5 * 10.0 ** (1 - DIGITS)
        assert (np.abs(near - scores) <= half_a_step * size * (1 + 1e-9) + 1e-15).all()
        np.testing.assert_allclose(rounded(near), near, rtol=1e-12)

    def test_few_scores_are_kept_as_they_are(self) -> None:
        runs = bc.read_runs(pd.DataFrame({"score": [0.123456, 0.123457, 0.123456]}))
        assert runs.scores is not None
        assert list(runs.scores["score"]) == [0.123456, 0.123457]
        assert list(runs.scores["n_unknown"]) == [2, 1]


def test_queries_tell_apart_what_runs_do_not() -> None:
    log = pd.DataFrame({"correct": [1, 0, 1, 1], "query": ["p", "q", "p", "q"], "run": "one"})
    assert "query" in bc.read_runs(log).cells
    assert "query" in bc.read_runs(log.drop(columns="run")).cells
    assert "query" not in bc.read_runs(log.assign(run=list("aabb"))).cells


def samples(name: str) -> list[dict[str, Any]]:
    """The lines of a sample file, as the standard library reads them."""
    (path,) = (LOGS / "lm_eval").glob(f"samples_{name}_*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


class TestLmEval:
    """Files written by lm-evaluation-harness 0.4.13; see files/logs/README.md."""

    def test_the_truth_is_a_metric(self) -> None:
        (path,) = (LOGS / "lm_eval").glob("samples_sums_choice_*.jsonl")
        runs = bc.read_runs(path)
        rows = samples("sums_choice")
        assert runs.n_attempts == len(rows)
        assert runs.cells["n_wrong"].sum() == sum(row["acc"] == 0 for row in rows)
        by_run = Counter((row["doc"]["run"], row["doc"]["context_wrong"]) for row in rows)
        assert {
            (row["run"], row["context_wrong"]): n
            for row, n in zip(
                runs.cells[["run", "context_wrong"]].to_dict("records"),
                runs.cells.groupby(["run", "context_wrong"])["n"].transform("sum"),
                strict=True,
            )
        } == by_run
        assert "correct is the metric acc" in runs.status

    def test_the_model_is_the_one_that_the_results_name(self) -> None:
        (results,) = (LOGS / "lm_eval").glob("results_*.json")
        runs = bc.read_runs(LOGS / "lm_eval", filters="strict")
        assert set(runs.cells["model"]) == {json.loads(results.read_text())["model_name"]}
        assert set(runs.cells["task"]) == {"sums_choice", "sums_free"}

    def test_an_answer_counts_once_whatever_its_filters_and_repeats(self) -> None:
        (path,) = (LOGS / "lm_eval").glob("samples_sums_free_*.jsonl")
        rows = samples("sums_free")
        assert len(rows[0]["resps"][0]) == 3
        with pytest.raises(UsageError, match="strict, first-number"):
            bc.read_runs(path)
        for name in ("strict", "first-number"):
            runs = bc.read_runs(path, filters=name)
            assert runs.n_attempts == len({row["doc_id"] for row in rows}) == len(rows) / 2
        with pytest.raises(UsageError, match="no filter 'loose' among: strict, first-number"):
            bc.read_runs(path, filters="loose")

    def test_a_second_metric_may_be_the_verdict(self) -> None:
        (path,) = (LOGS / "lm_eval").glob("samples_sums_choice_*.jsonl")
        cells = bc.read_runs(path, truth="acc", verdict="acc_norm").cells
        rows = samples("sums_choice")
        assert cells["wrong_accepted"].sum() == sum(row["acc"] == 0 and row["acc_norm"] == 1 for row in rows)
        assert cells["correct_accepted"].sum() == sum(row["acc"] == 1 and row["acc_norm"] == 1 for row in rows)
        with pytest.raises(UsageError, match="no metric 'bleu' among: acc, acc_norm"):
            bc.read_runs(path, truth="bleu")

    def test_queries_are_documents(self, tmp_path: Path) -> None:
        rows = [{**row, "doc": {}} for row in samples("sums_choice")]
        path = tmp_path / "samples_sums_choice_2026-01-02T03-04-05.678901.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *rows[:2]]) + "{broken\n")
        runs = bc.read_runs(path)
        assert runs.cells["query"].nunique() == len(rows)
        assert runs.n_attempts == len(rows) + 2
        assert [str(row) for row in runs.unread.rows] == [f"line {len(rows) + 3}: broken JSON"]

    def test_the_newest_of_several_dates_is_read(self, tmp_path: Path) -> None:
        rows = samples("sums_choice")
        for date, kept in (("2026-01-02T03-04-05.678901", 3), ("2026-01-03T03-04-05.678901", 5)):
            text = "".join(json.dumps(row) + "\n" for row in rows[:kept])
            (tmp_path / f"samples_sums_choice_{date}.jsonl").write_text(text)
        runs = bc.read_runs(tmp_path)
        assert runs.n_attempts == 5
        assert "1 older file" in runs.status

    def test_a_metric_that_is_a_share_is_no_truth(self, tmp_path: Path) -> None:
        rows = samples("sums_choice")
        rows[4]["acc"] = 0.5
        path = tmp_path / "samples_sums_choice.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        runs = bc.read_runs(path)
        assert [row.place for row in runs.unread.rows] == ["line 5"]
        assert runs.n_attempts == len(rows) - 1


def test_inspect_logs_say_what_they_need() -> None:
    try:
        import inspect_ai  # noqa: F401
    except ImportError:
        (path,) = (LOGS / "inspect").glob("*.eval")
        with pytest.raises(bc.errors.DataError, match=r"boostcalc\[inspect\]"):
            bc.read_runs(path)
    else:
        pytest.skip("inspect_ai is here: tests/test_readers_inspect.py reads its logs")
