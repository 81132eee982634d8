from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.agreement import agreeing
from lab.loops import Setting, loops
from lab.model import TinyLM
from lab.task import Task


def test_pairs_of_one_other_rule_agree(task: Task, rng: np.random.Generator) -> None:
    rule, query = np.full(40, 2), rng.integers(0, 64, (40, 60))
    wrong = rng.random(query.shape) < 0.5
    alike = task.answers(rng, rule, query, wrong, np.full(40, 4))
    uniform = task.answers(rng, rule, query, wrong, np.full(40, -1))
    # where the other rule agrees with the hidden one, its wrong answer is uniform: that happens on some of 64 queries
    same = np.mean(task.table[2] == task.table[4])
    assert np.all(agreeing(task, rule, query, alike) > 1 - 2.5 * same - 0.05)
    assert 1 / 7 < np.mean(agreeing(task, rule, query, uniform)) < 0.35


def test_contexts_with_few_wrong_pairs_are_left_out(task: Task, rng: np.random.Generator) -> None:
    query = rng.integers(0, 64, (1, 30))
    assert np.isnan(agreeing(task, np.array([1]), query, task.table[1, query]))


@pytest.mark.parametrize("policy", ["replace", "append"])
def test_a_watcher_sees_the_logged_contexts(model: TinyLM, task: Task, tmp_path: Path, policy: str) -> None:
    seen: list[tuple[int, int, int]] = []

    def told(round_: int, rule: np.ndarray, query: np.ndarray, answer: np.ndarray) -> None:
        wrong = (answer != task.table[rule[:, None], query]).sum(1)
        seen.extend((round_, query.shape[1], int(count)) for count in wrong)

    tables = loops(model, task, Setting(0.5, policy, "sample"), seed=0, runs=2, rounds=3, watcher=told)
    logged = [tuple(one[name][0].as_py() for name in ("round", "context_size", "context_wrong")) for one in tables]
    assert logged == seen
