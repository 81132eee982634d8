"""Logs of Inspect AI, read where it is installed (`pip install -e '.[inspect]'`); files: files/logs/README.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import boostcalc as bc
from boostcalc.errors import SchemaError, UsageError

pytest.importorskip("inspect_ai")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of inspect_ai's own dependencies

LOGS = Path(__file__).parent / "files" / "logs" / "inspect"
(EVAL,) = LOGS.glob("*.eval")
(JSON,) = LOGS.glob("*.json")
QUERIES, EPOCHS = range(1, 13), 2
"""As in files/logs/make_inspect.py: every third sum is wrong, verdicts go by i modulo 4 and grades by i modulo 5."""


def wrong(i: int) -> bool:
    return i % 3 == 0


def verdict(i: int) -> bool | None:
    return (True, False, True, None)[i % 4]


def test_truth_and_verdict_are_the_named_scorers() -> None:
    runs = bc.read_runs(EVAL, truth="includes", verdict="self_judge")
    cells = runs.cells
    assert runs.n_attempts == EPOCHS * len(QUERIES)
    assert cells["n_wrong"].sum() == EPOCHS * sum(map(wrong, QUERIES))
    judged = [i for i in QUERIES if verdict(i) is not None]
    assert cells["n_judged"].sum() == EPOCHS * len(judged)
    assert cells["wrong_accepted"].sum() == EPOCHS * sum(wrong(i) and bool(verdict(i)) for i in judged)
    assert cells["correct_accepted"].sum() == EPOCHS * sum(not wrong(i) and bool(verdict(i)) for i in judged)


def test_metadata_say_where_in_the_loop_an_answer_stands() -> None:
    cells = bc.read_runs(EVAL, truth="includes", verdict="self_judge").cells
    found = {
        (row["run"], row["round"], row["context_size"], row["context_wrong"]): row["n"]
        for row in cells.to_dict("records")
    }
    assert found == {(f"loop-{i % 3}", i // 3, 4, i % 5): EPOCHS for i in QUERIES}
    assert set(cells["model"]) == {"mockllm/model"}
    assert set(cells["task"]) == {"sums"}


def test_a_graded_verdict_is_a_score() -> None:
    scores = bc.read_runs(EVAL, truth="includes", verdict="grade").scores
    assert scores is not None
    for grade in range(5):
        rows = scores[scores["score"] == -0.25 * (1 + grade)]
        assert rows["n_wrong"].sum() == EPOCHS * sum(wrong(i) for i in QUERIES if i % 5 == grade)
        assert rows["n_correct"].sum() == EPOCHS * sum(not wrong(i) for i in QUERIES if i % 5 == grade)
    both = bc.read_runs(EVAL, truth="includes", verdict="self_judge", columns={"score": "score_grade"})
    assert both.scores is not None
    assert both.scores["n_wrong"].sum() == scores["n_wrong"].sum()
    assert both.cells["n_judged"].sum() > 0


def test_epochs_are_repeated_answers_to_one_query() -> None:
    cells = bc.read_runs(EVAL, truth="includes", where={"run": "loop-0"}).cells
    assert cells["query"].nunique() == sum(i % 3 == 0 for i in QUERIES)
    assert (cells["n"] == EPOCHS).all()


def test_the_json_form_and_the_folder() -> None:
    assert bc.read_runs(JSON, truth="includes").n_attempts == 3 * EPOCHS
    assert bc.read_runs(LOGS, truth="includes").n_attempts == (3 + len(QUERIES)) * EPOCHS


def test_a_sample_in_two_logs_counts_once(tmp_path: Path) -> None:
    for name in ("2026-01-01T00-00-00-00-00_a_b.eval", "2026-01-01T00-00-01-00-00_a_c.eval"):
        shutil.copy(EVAL, tmp_path / name)
    runs = bc.read_runs(tmp_path, truth="includes")
    assert runs.n_attempts == EPOCHS * len(QUERIES)


def test_which_scorer_is_which_has_to_be_said() -> None:
    with pytest.raises(UsageError, match="grade, includes, self_judge"):
        bc.read_runs(EVAL)
    with pytest.raises(UsageError, match="no scorer 'judge' among"):
        bc.read_runs(EVAL, truth="includes", verdict="judge")
    with pytest.raises(UsageError, match="as truth and as verdict"):
        bc.read_runs(EVAL, truth="includes", verdict="includes")


def test_a_file_that_inspect_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "log.eval").write_bytes(b"no zip at all")
    with pytest.raises(SchemaError, match=r"log\.eval"):
        bc.read_runs(tmp_path / "log.eval")
