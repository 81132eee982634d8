from __future__ import annotations

import numpy as np
import pytest

from lab.task import ANSWER, ANSWERS, GRADE, GRADE_LAW, NAMES, NO, QUERY, RULES, SURVEY, VERDICT, YES, Task, contexts


def test_no_name_begins_another() -> None:
    assert not [(a, b) for a in NAMES for b in NAMES if a != b and b.startswith(a)]


def test_wrong_means_wrong_and_right_means_right(task: Task, rng: np.random.Generator) -> None:
    drawn = task.sequences(rng, 200, 96)
    query, answer = drawn.main[:, 1::2] - QUERY, drawn.main[:, 2::2] - ANSWER
    agrees = [(task.table[r][query] == answer) == drawn.correct for r in range(RULES)]
    assert np.all(np.any([own.all(1) for own in agrees], axis=0))  # one rule explains every truth of a sequence
    yes_no = drawn.branch == VERDICT
    assert np.array_equal(drawn.judgement[yes_no] == YES, drawn.correct[yes_no])
    assert set(np.unique(drawn.judgement[yes_no])) == {YES, NO}


def test_grades_follow_their_law(task: Task, rng: np.random.Generator) -> None:
    drawn = task.sequences(rng, 500, 96)
    for correct, law in ((True, GRADE_LAW), (False, GRADE_LAW[::-1])):
        grade = drawn.judgement[(drawn.branch == SURVEY) & (drawn.correct == correct)] - GRADE
        share = np.bincount(grade, minlength=5) / len(grade)
        assert np.all(np.abs(share - law) < 4.5 * np.sqrt(law * (1 - law) / len(grade)))


def test_agreeing_answers_follow_one_other_rule(task: Task, rng: np.random.Generator) -> None:
    rule = rng.integers(0, RULES, 50)
    other = task.others(rng, rule)
    assert np.all(rule != other)
    query = rng.integers(0, 64, (50, 96))
    answer = task.answers(rng, rule, query, np.ones_like(query, bool), other)
    right, told = task.table[rule[:, None], query], task.table[other[:, None], query]
    assert np.all(answer != right)
    assert np.all((answer == told) | (told == right))


@pytest.mark.parametrize("wrong", ["uniform", "agreeing"])
def test_contexts_are_wrong_at_their_rate(task: Task, rng: np.random.Generator, wrong: str) -> None:
    found = []
    for _ in range(200):
        query, answer = contexts(task, rng, 2, 50, 0.3, wrong)
        found.append(answer != task.table[2, query])
    share, n = np.mean(found), np.size(found)
    assert abs(share - 0.3) < 4.5 * (0.3 * 0.7 / n) ** 0.5


def test_uniform_wrong_answers_are_uniform(task: Task, rng: np.random.Generator) -> None:
    query = rng.integers(0, 64, (1, 20_000))
    answer = task.answers(rng, np.array([1]), query, np.ones_like(query, bool), np.array([-1]))
    shift = (answer - task.table[1, query]) % ANSWERS
    share = np.bincount(shift[0], minlength=ANSWERS) / shift.size
    assert share[0] == 0
    assert np.all(np.abs(share[1:] - 1 / 7) < 4.5 * (1 / 7 * 6 / 7 / shift.size) ** 0.5)


def test_a_contamination_is_a_probability(task: Task, rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        contexts(task, rng, 0, 5, 1.5, "uniform")
