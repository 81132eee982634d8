"""A loop must do what its rules say; seen from its log."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lab import sweep, table
from lab.loops import LIMIT, POLICIES, SETTINGS, Setting, loops
from lab.model import TinyLM
from lab.task import Task


def logged(tables: list[pa.Table], tmp_path: Path) -> list[dict[str, list]]:
    """The log read back, run by run and round by round."""
    table.write(tables, tmp_path / "log.parquet")
    whole = pq.read_table(tmp_path / "log.parquet")
    keys = sorted(set(zip(whole["run"].to_pylist(), whole["round"].to_pylist(), strict=True)))
    run, round_ = np.array(whole["run"].to_pylist()), np.array(whole["round"].to_pylist())
    return [whole.filter(pa.array((run == r) & (round_ == n))).to_pydict() for r, n in keys]


@pytest.mark.parametrize("setting", [Setting(0.5, policy, "sample") for policy in POLICIES], ids=lambda s: s.name)
def test_the_context_is_what_was_accepted(model: TinyLM, task: Task, tmp_path: Path, setting: Setting) -> None:
    policy = POLICIES[setting.policy]
    rounds = logged(loops(model, task, setting, seed=0, runs=2, rounds=4), tmp_path)
    assert len({seen["run"][0] for seen in rounds}) == 2
    for before, after in zip(rounds, [*rounds[1:], None], strict=True):
        if after is None or before["run"][0] != after["run"][0]:
            stopped = (len(before["accepted"]), np.sum(before["accepted"]) < policy.batch) == (LIMIT, True)
            assert stopped or before["round"][0] == 3
            continue
        accepted, correct = np.array(before["accepted"]), np.array(before["correct"])
        assert accepted.sum() == policy.batch
        assert accepted[-1]  # the attempt that fills the batch is the last one
        size, wrong = before["context_size"][0] + policy.batch, before["context_wrong"][0] + np.sum(~correct[accepted])
        if policy.keep is None:
            assert (after["context_size"][0], after["context_wrong"][0]) == (size, wrong)
        elif policy.keep == policy.batch:
            assert (after["context_size"][0], after["context_wrong"][0]) == (policy.batch, np.sum(~correct[accepted]))
        else:
            assert after["context_size"][0] == policy.keep
            assert after["context_wrong"][0] <= wrong


@pytest.mark.parametrize("acceptance", ["threshold", "survey", "none"])
def test_acceptance_goes_by_the_score(model: TinyLM, task: Task, tmp_path: Path, acceptance: str) -> None:
    for seen in logged(loops(model, task, Setting(0.3, "append", acceptance), seed=0, runs=3, rounds=2), tmp_path):
        score, accepted = np.array(seen["score"]), np.array(seen["accepted"])
        clear = np.abs(score) >= 0.01  # scores are rounded to two decimals
        least = {"threshold": 0.0, "survey": 3.5, "none": -np.inf}[acceptance]
        assert np.array_equal(accepted[clear], score[clear] > least)
        assert len(accepted) <= LIMIT


def test_runs_repeat_and_share_nothing(model: TinyLM, task: Task) -> None:
    first, second = Setting(0.3, "append", "sample"), Setting(0.3, "append", "none")
    again = [pa.concat_tables(loops(model, task, first, seed=0, runs=2, rounds=1)) for _ in range(2)]
    assert again[0].equals(again[1])
    other = pa.concat_tables(loops(model, task, second, seed=0, runs=2, rounds=1))
    start = min(len(other), len(again[0]))
    assert again[0]["query"].to_pylist()[:start] != other["query"].to_pylist()[:start]


def test_settings_have_names_of_their_own() -> None:
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS) >= 14


def test_a_sweep_counts_what_is_wrong_in_its_contexts(model: TinyLM, task: Task) -> None:
    drawn = pa.concat_tables(sweep.cell(model, task, "uniform", 32, 0.3, seed=0, contexts_=60, m=2))
    wrong = np.array(drawn["context_wrong"].to_pylist())[::2]
    assert abs(wrong.mean() - 9.6) < 4.5 * (32 * 0.3 * 0.7 / 60) ** 0.5
    empty = pa.concat_tables(sweep.cell(model, task, "uniform", 0, 0.0, seed=0, contexts_=2, m=2))
    assert empty["context_contamination"].null_count == 4
