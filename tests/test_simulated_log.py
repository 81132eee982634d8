"""Simulated runs as logs: their laws, their way through files, and a fit that finds what made them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.dynamics.finite.stopping import naive_error
from boostcalc.errors import UsageError
from boostcalc.fitting import Fit

T, F, A, B_ = 0.8, 0.6, -3.0, 6.0
LOOP = bc.Loop(tpr=T, fpr=F, response=bc.Evidence(a=A, b=B_), batch=16)
COLUMNS = ["run", "block", "round", "context_size", "context_wrong", "correct", "accepted"]


@pytest.fixture(scope="module")
def simulation() -> bc.Simulation:
    return bc.simulate(LOOP, error=0.6, rounds=5, runs=150)


def test_a_log_has_every_attempt_and_ends_each_round_with_an_acceptance(simulation: bc.Simulation) -> None:
    log = bc.simulated_log(simulation)
    assert list(log) == [*COLUMNS[:3], "query", *COLUMNS[3:]]
    rounds = log.groupby(["run", "round"], sort=False)
    np.testing.assert_array_equal(rounds.size(), simulation.attempts.T.ravel())
    assert (rounds["accepted"].sum() == 16).all()
    assert rounds["accepted"].last().all()
    wrong = (log["accepted"] & ~log["correct"]).groupby([log["run"], log["round"]], sort=False).sum()
    np.testing.assert_array_equal(wrong, simulation.batch_wrong.T.ravel())
    assert log["query"].is_unique
    later = log[log["round"] > 0].drop_duplicates(["run", "round"])
    np.testing.assert_array_equal(later["context_wrong"].astype(int), simulation.context_wrong[1:].T.ravel())


def test_the_order_of_attempts_is_even() -> None:
    """Of the attempts before the last any may be accepted; and among the accepted any may be the wrong one."""
    runs = 20_000
    log = bc.simulated_log(bc.simulate(bc.Loop(tpr=0.5, fpr=0.5, batch=3), error=0.5, rounds=0, runs=runs))
    place, size = log.groupby("run").cumcount(), log.groupby("run")["accepted"].transform("size")
    five = log[size == 5].assign(place=place[size == 5])
    n = len(five) / 5
    for p in range(4):
        accepted = five.loc[five["place"] == p, "accepted"].mean()
        assert abs(accepted - 0.5) < 4 * 0.5 / np.sqrt(n)
    for p in range(5):
        correct = five.loc[five["place"] == p, "correct"].mean()
        assert abs(correct - 0.5) < 4 * 0.5 / np.sqrt(n)


def test_the_rejected_are_wrong_as_often_as_bayes_says_and_the_naive_share_is_biased() -> None:
    runs, error = 20_000, 0.1
    log = bc.simulated_log(
        bc.simulate(bc.Loop(tpr=T, fpr=0.3, batch=8), error=error, rounds=0, runs=runs), counted=True
    )
    rejected = log[~log["accepted"]]
    wrong, n = rejected.loc[~rejected["correct"], "n"].sum(), rejected["n"].sum()
    r = error * 0.7 / (error * 0.7 + 0.9 * 0.2)
    assert abs(wrong / n - r) < 4 * np.sqrt(r * (1 - r) / n)
    by_run = log.assign(wrong=log["n"].where(~log["correct"], 0)).groupby("run")[["wrong", "n"]].sum()
    shares = by_run["wrong"] / by_run["n"]
    biased = float(naive_error(error, tpr=T, fpr=0.3, batch=8))
    assert round(biased, 3) == 0.095
    assert abs(shares.mean() - biased) < 4 * shares.std() / np.sqrt(runs)
    pooled = by_run["wrong"].sum() / by_run["n"].sum()
    assert abs(pooled - error) < 4 * np.sqrt(error * (1 - error) / by_run["n"].sum())


def test_counts_and_attempts_tally_alike(simulation: bc.Simulation) -> None:
    listed, counted = bc.simulated_log(simulation), bc.simulated_log(simulation, counted=True)
    assert list(counted) == [*COLUMNS, "n"]
    assert (counted["n"] > 0).all()
    pd.testing.assert_frame_equal(bc.read_runs(listed).cells, bc.read_runs(counted).cells)


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_log_comes_back_from_a_file(simulation: bc.Simulation, tmp_path: Path, ending: str, counted: bool) -> None:
    log, path = bc.simulated_log(simulation, counted=counted), tmp_path / f"runs.{ending}"
    bc.write_log(log, path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    back, direct = bc.read_runs(path), bc.read_runs(log)
    assert back.ignored == ()
    from_file, from_memory = (one.cells.astype({"context_wrong": float}) for one in (back, direct))
    pd.testing.assert_frame_equal(from_file, from_memory, check_dtype=False)


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"known are: \.csv"):
        bc.write_log(pd.DataFrame({"correct": [True]}), tmp_path / "runs.xlsx")


def deviations(fit: Fit, truth: dict[str, float]) -> dict[str, float]:
    """How many standard errors (half a 90% interval is 1.645) each estimate lies from the truth."""
    found = fit.using("evidence").conf_int(0.9)
    rates = {name: (e.value, e.low, e.high) for name, e in fit.rates().items()}
    rows = {**{name: tuple(found.loc[name]) for name in found.index}, **rates}
    return {name: abs(rows[name][0] - true) / ((rows[name][2] - rows[name][1]) / 3.29) for name, true in truth.items()}


@pytest.mark.parametrize("context", [bc.Replace(), bc.Window(size=16), bc.Window(size=24)], ids=str)
def test_a_fit_finds_what_made_the_log(context: Any) -> None:
    loop = bc.Loop(tpr=T, fpr=F, response=bc.Evidence(a=A, b=B_), batch=16, context=context)
    log = bc.simulated_log(bc.simulate(loop, error=0.6, rounds=5, runs=150, rng=1))
    fit = bc.fit(bc.read_runs(log), families=["evidence", "affine"])
    assert fit.chosen.family == "evidence"
    for name, far in deviations(fit, {"a": A, "b": B_, "tpr": T, "fpr": F}).items():
        assert far < 4, name


def test_a_drifting_judge_is_logged_by_the_rates_of_each_round() -> None:
    judge = bc.Drifting(tpr=0.9, fpr=0.2, tpr_wrong=0.5, fpr_wrong=0.4)
    loop = bc.Loop(evaluator=judge, response=bc.Evidence(a=A, b=B_), batch=16)
    log = bc.simulated_log(bc.simulate(loop, error=0.6, rounds=3, runs=2_000), counted=True)
    some = log[(log["context_wrong"] == 8) & (log["round"] > 0)]
    for correct, rate in ((True, float(judge.under(0.0).t)), (False, float(judge.under(0.0).f))):
        rows = some[some["correct"] == correct]
        n, accepted = rows["n"].sum(), rows.loc[rows["accepted"], "n"].sum()
        assert abs(accepted / n - rate) < 6 * np.sqrt(rate * (1 - rate) / n), "a stopped round has a bias of its own"


def test_the_first_context_is_logged_where_its_pairs_are_whole() -> None:
    whole = bc.simulated_log(bc.simulate(bc.Loop(tpr=T, fpr=F, batch=16), error=0.5, rounds=0, runs=3), counted=True)
    assert (whole["context_wrong"] == 8).all()
    broken = bc.simulated_log(bc.simulate(LOOP, error=0.6, rounds=0, runs=3), counted=True)
    assert broken["context_wrong"].isna().all()


def test_seeds_of_a_log(simulation: bc.Simulation) -> None:
    logs = [bc.simulated_log(simulation, rng=seed) for seed in (0, 0, 1)]
    pd.testing.assert_frame_equal(logs[0], logs[1])
    assert not logs[0].equals(logs[2])
