"""What a model is told and what it says: tasks, templates, grades, verdicts."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from boostcalc.collecting import Evaluation, Grading, Prompts, read_tasks
from boostcalc.collecting.tasks import Task, Tasks
from boostcalc.errors import SchemaError, UsageError


@pytest.mark.parametrize(
    ("by", "answer", "truth", "correct"),
    [
        ("exact", " Paris\n", "Paris", True),
        ("exact", "paris", "Paris", False),
        ("normalised", "**paris**.", "Paris", True),
        ("normalised", "New   York", "new york", True),
        ("normalised", "re\u0301sume\u0301", "résumé", True),
        ("normalised", "Paris, France", "Paris", False),
        ("normalised", "...", "...", True),
        ("normalised", "...", "?!", False),
        ("numeric", "The sum is 1,234.50.", "1234.5", True),
        ("numeric", "first 3, then 4", "3", False),
        ("numeric", "3/4", "0.75", True),
        ("numeric", "−5", "-5", True),
        ("numeric", "1e3", "1000", True),
        ("numeric", "5/0", "5", False),
        ("numeric", "1e999999", "5", False),
        ("numeric", "none", "5", False),
        ("choice", "(B)", "B", True),
        ("choice", "b", "B", True),
        ("choice", "The answer is C.", "C", True),
        ("choice", "a) is wrong, it is b)", "B", True),
        ("choice", "A dog, so D", "D", True),
        ("choice", "The answer is B, I believe.", "B", True),
        ("choice", "**Answer:** C. A good guess, but D is near.", "C", True),
        ("choice", "B. A good reason is that it rains", "B", True),
        ("choice", "I think D", "D", True),
        ("choice", "I", "I", True),
        ("choice", "The answer is no I", "I", False),
        ("choice", "no idea", "B", False),
        ("choice", "no idea", "none", False),
    ],
)
def test_an_answer_is_compared_as_asked(by: str, answer: str, truth: str, correct: bool) -> None:
    assert Grading(by).correct(answer, (truth,)) is correct


def test_a_pattern_says_what_is_compared() -> None:
    boxed = Grading("regex", r"\\boxed\{([^}]*)\}")
    assert boxed.correct(r"first \boxed{3}, no: \boxed{ 4 }", ("4",))
    assert not boxed.correct("4", ("4",))
    assert Grading("regex", r"\d+").correct("about 7", ("6", "7"))
    for pattern in ("", "("):
        with pytest.raises(UsageError, match="pattern"):
            Grading("regex", pattern)
    with pytest.raises(UsageError, match="did you mean 'numeric'"):
        Grading("numerik")


@given(st.integers(-(10**12), 10**12), st.sampled_from(["{:d}", "it is {:,d}", "= {:d}.", "{:.1f}"]))
def test_a_number_is_read_however_it_is_written(number: int, form: str) -> None:
    assert Grading("numeric").correct(form.format(number), (str(number),))
    assert not Grading("numeric", tolerance=0).correct(form.format(number), (str(number + 1),))


def test_what_is_put_into_a_template_is_never_searched_for_places() -> None:
    prompts = Prompts(question="Q: {query} {nothing}", evaluation="{answer}? {query.__class__}").filled("truth")
    asked = prompts.asking([("{answer}", "{query}")], "{answer} $x %s")
    assert [message["content"] for message in asked[1:]] == [
        "Q: {answer} {nothing}",
        "{query}",
        "Q: {answer} $x %s {nothing}",
    ]
    judged = prompts.judging([], "one", "{query}")
    assert [message["content"] for message in judged[1:]] == [
        "Q: one {nothing}",
        "{query}",
        "{query}? {query.__class__}",
    ]


def test_a_context_is_a_conversation_or_one_text() -> None:
    chat = Prompts().filled("truth").asking([("a?", "1"), ("b?", "2")], "c?")
    assert [message["role"] for message in chat] == ["system", "user", "assistant", "user", "assistant", "user"]
    text = Prompts(layout="prompt", instruction="").filled("survey")
    assert text.asking([("a?", "1")], "c?") == [
        {"role": "user", "content": "Question: a?\nAnswer: 1\n\nQuestion: c?\nAnswer:"}
    ]
    [judged] = text.judging([("a?", "1")], "c?", "3")
    assert judged["content"].startswith("Question: a?\nAnswer: 1\n\nQuestion: c?\nAnswer: 3\n\nHow much do you believe")
    assert "a moderate amount" in judged["content"]


def test_templates_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("{query}!\n", encoding="utf-8")
    prompts = Prompts.from_files(question=tmp_path / "q.txt").filled("truth")
    assert prompts.asking([], "x")[-1]["content"] == "x!"
    assert prompts.fingerprint != Prompts().filled("truth").fingerprint
    (tmp_path / "q.txt").write_text("no place", encoding="utf-8")
    with pytest.raises(UsageError, match=r"no place \{query\}"):
        Prompts.from_files(question=tmp_path / "q.txt")
    (tmp_path / "q.txt").write_bytes(b"\xff{query}")
    with pytest.raises(UsageError, match="cannot be read"):
        Prompts.from_files(question=tmp_path / "q.txt")


@pytest.mark.parametrize(
    ("scale", "words", "reply", "heard"),
    [
        ("truth", (), "TRUE", 1),
        ("truth", (), " false.", 0),
        ("truth", (), "**True**, not false", 1),
        ("truth", (), "Is it true? No: FALSE", 0),
        ("truth", (), "untrue", None),
        ("truth", (), "", None),
        ("survey", (), "4", 3),
        ("survey", (), "A great deal", 4),
        ("survey", (), "I believe it a lot", 3),
        ("survey", (), "not at all", 0),
        ("survey", (), "45", None),
        ("truth", ("v0", "v1", "v2"), "v2", 2),
    ],
)
def test_a_reply_says_a_word_of_the_scale(scale: str, words: tuple[str, ...], reply: str, heard: int | None) -> None:
    assert Evaluation(scale, words).said(reply) == heard


def test_probabilities_are_those_of_tokens_that_can_only_begin_one_word() -> None:
    truth = Evaluation()
    tokens = {" TRUE": math.log(0.3), "tr": math.log(0.1), "False.": math.log(0.2), "The": math.log(0.3), " ": -1.0}
    assert truth.probabilities(tokens) == pytest.approx([0.2 / 0.6, 0.4 / 0.6])
    assert truth.probabilities({"T": -0.1, "F": -2.4}) == pytest.approx(
        np.exp([-2.4, -0.1]) / np.exp([-2.4, -0.1]).sum()
    )
    assert truth.probabilities({"The": -0.1}) is None
    # "v" begins both words: it tells nothing
    assert Evaluation(words=("v0", "v1")).probabilities({"v": -0.6, "v1": -0.9}) == pytest.approx([0, 1])
    # a tenth at least, or the reply is a sentence; unless probabilities are insisted on
    for share, reading, read in ((0.11, "auto", True), (0.09, "auto", False), (0.09, "probabilities", True)):
        tokens = {"The": math.log(1 - share), "TRUE": math.log(share)}
        assert (Evaluation(reading=reading).probabilities(tokens) is not None) == read
    assert Evaluation("survey").probabilities({"5": -1.0, "10": -0.1, "1": -1.0}) == pytest.approx([0.5, 0, 0, 0, 0.5])


def test_one_vote_compares_the_expected_score() -> None:
    rng, believed = np.random.default_rng(0), np.array([0.0, 0.1, 0.2, 0.3, 0.4])
    expected = (0.1 * 1 + 0.2 * 2 + 0.3 * 3 + 0.4 * 4) / 4
    for threshold in (expected - 0.01, expected + 0.01):
        verdict = Evaluation("survey", threshold=threshold).judge([believed], rng)
        assert verdict.score == pytest.approx(expected)
        assert (verdict.accepted, verdict.votes_for) == (expected >= threshold, int(expected >= threshold))


@pytest.mark.parametrize("needed", [None, 5])
def test_several_votes_are_drawn_from_the_probabilities(needed: int | None) -> None:
    evaluation, n = Evaluation(votes=5, needed=needed), 4000
    rng = np.random.default_rng(1)
    verdicts = [evaluation.judge([np.array([0.3, 0.7])], rng) for _ in range(n)]
    accepted = float(binom.sf(evaluation.required - 1, 5, 0.7))
    share = sum(verdict.accepted is True for verdict in verdicts) / n
    assert abs(share - accepted) < 5 * math.sqrt(accepted * (1 - accepted) / n)
    assert abs(float(np.mean([v.votes_for for v in verdicts])) - 3.5) < 5 * math.sqrt(5 * 0.7 * 0.3 / n)
    assert {verdict.score for verdict in verdicts} == {0.7}


def test_a_vote_that_says_nothing_is_none_for_the_answer() -> None:
    evaluation, rng = Evaluation(votes=3), np.random.default_rng(0)
    verdict = evaluation.judge([1, None, 1], rng)
    assert (verdict.accepted, verdict.votes, verdict.votes_for, verdict.score) == (True, 3, 2, 1.0)
    silent = evaluation.judge([None, None, None], rng)
    assert (silent.accepted, silent.votes_for, silent.score) == (False, 0, None)
    assert Evaluation("none").judge([None], rng).accepted


@pytest.mark.parametrize(
    "wrong",
    [
        {"scale": "yes"},
        {"threshold": 0.0},
        {"votes": 0},
        {"votes": 2, "needed": 3},
        {"words": ("a", "A ")},
        {"reading": "x"},
    ],
)
def test_an_evaluation_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Evaluation(**wrong)  # type: ignore[arg-type]


def test_tasks_are_read_alike_from_both_files(tmp_path: Path) -> None:
    rows = [
        {"query": 'two, "three"\nlines', "answer": "x", "wrong_answers": ["y", "z|w"], "id": "q1", "task": "t"},
        {"query": "b?", "answer": 7, "wrong_answers": ["8"]},
    ]
    lines, table = tmp_path / "tasks.jsonl", tmp_path / "tasks.csv"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    table.write_text(
        'Query,answer,wrong_answers,id,task,more\n"two, ""three""\nlines",x,"[""y"", ""z|w""]",q1,t,?\nb?,7,8,,,\n',
        "utf-8-sig",
    )
    read, same = read_tasks(lines), read_tasks(table)
    assert read.rows == same.rows
    assert read.fingerprint == same.fingerprint
    assert [task.task for task in read.rows] == ["t", "tasks"]
    assert len(read.rows[1].name) == 12
    assert read.wrong_for(read.rows[0]) == ("y", "z|w")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("t.jsonl", "", "no tasks"),
        ("t.csv", "query,answer\n", "no tasks"),
        ("t.jsonl", '{"query": "a?"}\n', "line 1: no answer"),
        ("t.jsonl", '{"answer": "a"}\n', "line 1: no query"),
        ("t.jsonl", '{"query": "a?", "answer": {}}\n', "neither a text nor a number"),
        ("t.jsonl", '{"query": "a?", "answer": "1", "wrong_answers": ["1"]}\n', "as right and as wrong"),
        ("t.jsonl", '{"query": "a?", "answer": "1"}\n{"query": "a?", "answer": "2"}\n', "line 2: .* again"),
        ("t.jsonl", '{"query": "a?", "answer": "1"}\n{"query"', "line 2: broken JSON"),
        ("t.csv", 'query,answer\n"a?,1\n', "cannot be read as CSV"),
    ],
)
def test_a_file_without_tasks_is_refused_by_its_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match=said):
        read_tasks(tmp_path / name)
    with pytest.raises(UsageError, match="no such file"):
        read_tasks(tmp_path / "other.jsonl")


def test_many_tasks_lend_each_other_wrong_answers_in_no_time(tmp_path: Path) -> None:
    """A sweep draws thousands of wrong pairs: each is to take no walk through all tasks."""
    tasks = Tasks(tuple(Task(f"Which {i}?", (str(i),), (), f"q{i}", "t") for i in range(5_000)), "t.jsonl")
    first = tasks.wrong_for(tasks.rows[0])
    assert len(first) == 4_999
    assert tasks.labels is tasks.labels  # sorted once
    others = Tasks((*tasks.rows, Task("Which?", ("0", "zero"), (), "q", "t"), Task("?", ("zero",), (), "p", "t")), "t")
    assert not {"0", "zero"} & set(others.wrong_for(others.rows[-2]))
