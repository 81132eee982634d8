"""The error that a fit expects under contexts: published curves held back, known truth, and its intervals."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.likelihood import maximise
from boostcalc.fitting.misfit import BEND, SHORT, misfit_of
from boostcalc.fitting.observations import observe
from boostcalc.odds import expit
from boostcalc.responses import CountedEvidence, Evidence, Shrinkage, Sigmoid, SizedEvidence

TASKS = sorted(bc.load_table("gptj_contamination")["task"].unique())


@cache
def held_back(task: str) -> tuple[Any, pd.DataFrame]:
    """A fit of one GPT-J curve to contaminations up to one half, and what was seen beyond at 39 demonstrations."""
    table = bc.load_table("gptj_contamination").query("task == @task")
    rate = table["context_contamination"]
    fit = bc.fit(table[~(rate > 0.5)].drop(columns=["model", "task", "block"]))
    return fit, table[(rate > 0.5) & (table["context_size"] == 39)]


def test_gptj_beyond_the_measured_contaminations() -> None:
    """All 16 data sets, fitted on c ≤ 0.5: RMSE at .6, .8 and 1, and how many observed shares the intervals hold."""
    misses, held = [], []
    for task in TASKS:
        fit, beyond = held_back(task)
        found = fit.predict(beyond["context_contamination"], 39, n=beyond["n"], level=0.9)
        error = beyond["error"].to_numpy()
        misses.append(np.sqrt(np.mean((found["error"] - error) ** 2)))
        held += list((found["low"] <= error) & (error <= found["high"]))
    assert np.mean(misses) <= 0.045
    assert len(held) == 48
    assert 0.80 <= np.mean(held) <= 0.98


def sized_sweep(rng: np.random.Generator, truth: Any, attempts: int, runs: int = 60) -> pd.DataFrame:
    size = rng.choice([0, 1, 2, 4, 8, 16, 32], runs)
    wrong = rng.binomial(size, rng.random(runs))
    error = truth(np.where(size > 0, wrong / np.maximum(size, 1), 0), size)
    return pd.DataFrame(
        {
            "run": [f"r{i}" for i in range(runs)],
            "context_size": size,
            "context_wrong": wrong,
            "n": attempts,
            "n_wrong": rng.binomial(attempts, error),
        }
    )


TRUTHS = [
    CountedEvidence(prior=-0.5, shift=-1.5, half=4.0, wrong=0.15, right=0.03),
    SizedEvidence(a=-4.0, b=6.0, prior=-0.5, half=4.0),
    Shrinkage(strength=6.0, prior=0.3),
]


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda one: one.family)
def test_families_that_know_the_size_are_recovered_and_told_apart(truth: Any) -> None:
    fit = bc.fit(sized_sweep(np.random.default_rng(3), truth, 20_000, runs=120))
    assert fit.response.family == truth.family
    assert fit.responses[0].weight > 0.9
    for name, estimate in fit.chosen.conf_int(0.9999).items():
        assert estimate.low <= truth.parameters[name] <= estimate.high
    sizes, shares = np.array([4.0, 16.0, 32.0]), np.array([0.25, 0.5, 0.75])
    found = fit.predict(shares, sizes)
    np.testing.assert_allclose(found["error"], truth(shares, sizes), atol=0.02)


def test_an_empty_context_is_the_prior() -> None:
    truth = TRUTHS[0]
    fit = bc.fit(sized_sweep(np.random.default_rng(3), truth, 20_000, runs=120))
    found = fit.predict([0.0, 1.0], 0)
    np.testing.assert_allclose(found["error"], truth(0.0, 0), atol=0.01)
    alone = bc.fit(sized_sweep(np.random.default_rng(3), truth, 2_000), families=["evidence"])
    with pytest.raises(DataError, match="empty context"):
        alone.predict(0.5, 0)


def test_the_interval_of_what_is_observed_holds_the_chance_of_the_answers() -> None:
    """Known truth, and a new context of 50 answers: about nine in ten of the shares lie inside."""
    rng, inside = np.random.default_rng(8), []
    truth = Evidence(a=-2.0, b=4.0)
    for _ in range(40):
        wrong = rng.integers(0, 9, 30)
        table = pd.DataFrame({"run": np.arange(30).astype(str), "context_size": 8, "context_wrong": wrong, "n": 60})
        table["n_wrong"] = rng.binomial(60, truth(wrong / 8))
        found = bc.fit(table, families=["evidence"]).predict([0.25, 0.5, 0.75], n=50, level=0.9)
        seen = rng.binomial(50, truth(np.array([0.25, 0.5, 0.75]))) / 50
        inside += list((found["low"] <= seen) & (seen <= found["high"]))
    margin = 4 * np.sqrt(0.9 * 0.1 / len(inside))
    assert 0.9 - margin <= np.mean(inside)


def test_answers_and_levels_widen_an_interval_as_they_should() -> None:
    fit, _ = held_back("sst2")
    plain = fit.predict(0.8, 39)
    few, many = fit.predict(0.8, 39, n=20), fit.predict(0.8, 39, n=100_000)
    wide = [float((one["high"] - one["low"]).iloc[0]) for one in (plain, many, few)]
    assert wide[0] <= wide[1] + 0.01
    assert wide[1] < wide[2]
    assert float((fit.predict(0.8, 39, level=0.5)["high"] - fit.predict(0.8, 39, level=0.5)["low"]).iloc[0]) < wide[0]


def test_beyond_the_measured_contexts_intervals_widen() -> None:
    fit, _ = held_back("sst2")
    odds = np.log(fit.predict([0.5, 0.8, 1.0], 39) / (1 - fit.predict([0.5, 0.8, 1.0], 39)))
    width = odds["high"] - odds["low"]
    assert width[0] < width[1] < width[2]
    larger = np.log(fit.predict(0.5, 200) / (1 - fit.predict(0.5, 200)))
    assert float((larger["high"] - larger["low"]).iloc[0]) > width[0]


def test_a_family_that_rises_steeply_on_is_trusted_less() -> None:
    """Beyond the measured contexts the variance grows by the squares of distance and step, inside by neither."""
    share = np.linspace(0, 0.5, 6)
    cells = pd.DataFrame({"context_contamination": share, "n": 10**9, "error": expit(-2 + 3 * share)})
    data = observe(bc.read_runs(cells))
    misfit = misfit_of(maximise(Evidence, data), data)
    asked, step = np.array([0.4, 0.5, 0.8, 1.0]), np.array([0.0, 0.0, 1.0, -2.0])
    draws = misfit.draw(
        np.zeros(4),
        np.zeros((4, 2)),
        asked,
        np.zeros(4),
        step,
        observed=False,
        rng=np.random.default_rng(0),
        draws=40_000,
    )
    inside = draws[:, 0].var()
    beyond = inside + (BEND * np.array([0, 0, 0.3, 0.5])) ** 2 + (SHORT * step) ** 2
    np.testing.assert_allclose(draws.var(axis=0), beyond, rtol=5 * np.sqrt(2 / 40_000), atol=1e-4)


def test_a_rate_is_averaged_and_a_realised_share_is_not() -> None:
    fit, _ = held_back("unnatural")
    one = fit.using("counted-evidence")
    response = one.response
    size = 39
    by_rate, by_share = one.predict(0.8, size), one.predict(0.8, size, realised=True)
    assert float(by_rate["error"].iloc[0]) != float(by_share["error"].iloc[0])
    # the family's own mean differs from its value as the two answers do
    apart = response.averaged(0.8, size) - float(response(0.8, size))
    assert np.sign(apart) == np.sign(float(by_rate["error"].iloc[0]) - float(by_share["error"].iloc[0]))


def test_what_cannot_be_asked() -> None:
    fit, _ = held_back("sst2")
    questions: tuple[dict[str, Any], ...] = (
        {"contamination": 1.2},
        {"contamination": 0.5, "context_size": -1},
        {"contamination": 0.5, "n": 0},
        {"contamination": 0.5, "level": 1.0},
        {"contamination": [0.1, 0.2], "context_size": [1, 2, 3]},
    )
    for question in questions:
        with pytest.raises(UsageError):
            fit.predict(**question)
    judged = bc.fit(pd.DataFrame({"correct": [True, False] * 20, "accepted": [True, True, False, False] * 10}))
    with pytest.raises(DataError, match="no response"):
        judged.predict(0.5)


def test_a_saved_fit_predicts_the_same(tmp_path: Any) -> None:
    fit, beyond = held_back("trec")
    path = tmp_path / "fit.json"
    path.write_text(fit.to_json())
    question: dict[str, Any] = {"contamination": beyond["context_contamination"], "context_size": 39, "n": beyond["n"]}
    pd.testing.assert_frame_equal(bc.read_fit(path).predict(**question), fit.predict(**question))


def test_offsets_of_context_sizes_are_found() -> None:
    """Curves shifted by ±0.5 with the size: the misfit tells offsets of about that, and predictions follow them."""
    rng = np.random.default_rng(1)
    rows = []
    for size, offset in zip((5, 10, 15, 20, 25, 30), (0.5, -0.5, 0.5, -0.5, 0.5, -0.5), strict=True):
        for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
            p = 1 / (1 + np.exp(-(-1 + 2 * share + offset)))
            rows.append(
                {
                    "context_size": size,
                    "context_wrong": round(share * size),
                    "n": 4_000,
                    "n_wrong": rng.binomial(4_000, p),
                }
            )
    data = observe(bc.read_runs(pd.DataFrame(rows))).by_cell()
    misfit = misfit_of(maximise(Evidence, data), data)
    mean = sum(offset * weight for offset, _, weight in misfit.scales)
    assert 0.3 < mean < 0.9
    assert sum(scatter * weight for _, scatter, weight in misfit.scales) < 0.12
    fit = bc.fit(pd.DataFrame(rows), families=["evidence"])
    at = {size: float(fit.predict(0.5, size)["error"].iloc[0]) for size in (5, 10)}
    assert at[5] == pytest.approx(1 / (1 + np.exp(-0.5)), abs=0.03)
    assert at[10] == pytest.approx(1 / (1 + np.exp(0.5)), abs=0.03)


def test_many_contexts_are_asked_about_at_once() -> None:
    """Each for itself: what is said of one does not hang on the others, and thousands take no time."""
    fit, _ = held_back(TASKS[0])
    shares = np.linspace(0, 1, 4_001)
    many = fit.predict(shares, 39)
    alone = fit.predict(shares[[0, 2_000, 4_000]], 39)
    np.testing.assert_allclose(many.iloc[[0, 2_000, 4_000]].to_numpy(), alone.to_numpy(), atol=0.02)


def test_a_curve_that_no_family_is_keeps_its_promise_between_the_measured_contaminations() -> None:
    """A sigmoid with a floor, fitted as evidence: 9 in 10 intervals of the response at 90% hold the true error.

    What the family lies off at a contamination is part of the response there, not chance.
    """
    truth, rng, held = Sigmoid(low=0.1, high=0.85, a=-4.0, b=9.0), np.random.default_rng(6), []
    rate, between = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5]), (0.125, 0.25, 0.375)
    error, true = (np.array([truth.averaged(c, 39) for c in at]) for at in (rate, between))
    table = pd.DataFrame({"context_size": 39, "context_contamination": rate, "n": 500})
    for _ in range(40):
        fit = bc.fit(table.assign(n_wrong=rng.binomial(500, error)), families=["evidence"])
        found = fit.predict(between, level=0.9)
        held.append(np.mean((found["low"] <= true) & (true <= found["high"])))
    assert np.mean(held) >= 0.9 - 4 * np.std(held, ddof=1) / np.sqrt(len(held))
    assert np.mean(held) > 0.8
