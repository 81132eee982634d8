"""Assumptions scored on logs of known truth, goodness of fit, the monotone check, and the influence of single runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

import boostcalc as bc
from boostcalc.fitting.diagnostics import diagnose
from boostcalc.fitting.likelihood import maximise
from boostcalc.fitting.observations import observe
from boostcalc.odds import expit
from boostcalc.responses import CountedEvidence, Evidence, Shrinkage
from boostcalc.results import Estimate
from tests.simulate import sweep
from tests.test_predicted import sized_sweep

NONE = Estimate(None)


def verdicts(fit: Any) -> dict[str, str]:
    return {one["name"]: one["verdict"] for one in fit.assumptions}


def table(rng: np.random.Generator, error: Any, n: int = 400) -> pd.DataFrame:
    """One row a cell: 21 contexts of 20 pairs."""
    wrong = np.arange(21)
    return pd.DataFrame(
        {"context_size": 20, "context_wrong": wrong, "n": n, "n_wrong": rng.binomial(n, error(wrong / 20))}
    )


def test_goodness_of_fit_is_pearsons() -> None:
    truth = Evidence(a=-2.0, b=4.0)
    data = observe(bc.read_runs(table(np.random.default_rng(0), truth)))
    found = diagnose(maximise(Evidence, data), data, size=20.0, order=NONE)
    p = maximise(Evidence, data).response(data.share)
    by_hand = (((data.n_wrong - data.n * p) ** 2) / (data.n * p * (1 - p))).sum()
    assert found.chi2 == pytest.approx(by_hand, rel=1e-9)
    assert found.df == 19
    assert found.p_value == pytest.approx(chi2.sf(by_hand, 19))
    assert found.p_value is not None
    assert found.p_value > 0.001


def test_a_family_of_the_wrong_shape_is_found_out() -> None:
    def bent(c: Any) -> Any:
        return expit(-3 + 4 * np.clip(c - 0.5, 0, None) * 2)

    data = observe(bc.read_runs(table(np.random.default_rng(1), bent, n=4_000)))
    found = diagnose(maximise(Evidence, data), data, size=20.0, order=NONE)
    assert found.p_value is not None
    assert found.p_value < 1e-6


def test_the_monotone_check_is_fair_and_finds_a_fall() -> None:
    """Under the family its p-value is small as seldom as it says; where the error falls with c the curve is flat."""
    truth, rng = Evidence(a=-2.0, b=4.0), np.random.default_rng(2)
    small = []
    for _ in range(60):
        data = observe(bc.read_runs(table(rng, truth, n=200)))
        found = diagnose(maximise(Evidence, data), data, size=20.0, order=NONE)
        small.append(found.monotone_p_value is not None and found.monotone_p_value < 0.1)
        errors = np.array(found.monotone["errors"])
        assert (np.diff(errors) >= 0).all()
    assert np.mean(small) <= 0.1 + 4 * np.sqrt(0.09 / 60)


def test_one_run_unlike_the_others_has_influence() -> None:
    rng = np.random.default_rng(5)
    log = sweep(rng, Evidence(a=-2.0, b=4.0), runs=30, attempts=60)
    # a run at a clean context that is always wrong
    odd = pd.DataFrame({"run": "odd one", "context_size": 16, "context_wrong": 0, "correct": False, "n": 60}, index=[0])
    log = log[log["run"] != log["run"].iloc[0]]
    fit = bc.fit(pd.concat([log, odd]), families=["evidence"])
    assert fit.diagnostics is not None
    first = fit.diagnostics.influence[0]
    assert first["cluster"] == "run odd one"
    assert first["standard_errors"] > 2
    without = bc.fit(log, families=["evidence"])
    c = first["contamination"]
    moved = float(without.response(c)) - float(fit.response(c))
    assert np.sign(first["moves"]) == np.sign(moved)


class TestAssumptions:
    def test_a_learner_that_matches_its_context(self) -> None:
        fit = bc.fit(sized_sweep(np.random.default_rng(0), Shrinkage(strength=3.0, prior=0.4), 5_000, runs=150))
        assert verdicts(fit)["how the model takes its context"] == "matches its noise rate"

    def test_a_learner_that_infers_a_rule_and_has_no_room(self) -> None:
        truth = CountedEvidence(prior=-0.5, shift=-1.5, half=4.0, wrong=0.15, right=0.03)
        fit = bc.fit(sized_sweep(np.random.default_rng(1), truth, 5_000, runs=150))
        found = verdicts(fit)
        assert found["how the model takes its context"] == "infers one rule for it"
        assert found["the context has room enough"] == "does not hold"

    def test_a_learner_that_ignores_its_context(self) -> None:
        fit = bc.fit(table(np.random.default_rng(3), lambda c: 0.3 + 0 * c, n=20_000))
        assert verdicts(fit)["how the model takes its context"] == "ignores it"
        assert "this model ignores its context" in fit.status

    def test_a_learner_that_is_not_seen_to_heed_its_context(self) -> None:
        fit = bc.fit(table(np.random.default_rng(3), lambda c: 0.3 + 0 * c, n=40))
        assert verdicts(fit)["how the model takes its context"] == "cannot be told"
        assert "whether this model heeds its context cannot be told" in fit.status

    def test_room_enough(self) -> None:
        """With half of the evidence in at half a pair, contexts of 16 and 32 pairs are alike."""
        truth = bc.SizedEvidence(a=-2.0, b=4.0, prior=0.0, half=0.1)
        fit = bc.fit(sized_sweep(np.random.default_rng(6), truth, 50_000, runs=200), families=["sized-evidence"])
        assert verdicts(fit)["the context has room enough"] == "holds"

    @pytest.mark.parametrize(
        ("t", "f", "error", "verdict"),
        [
            (0.95, 0.1, 0.5, "holds"),
            (0.6, 0.3, 0.05, "does not hold, though it tells right from wrong"),
            (0.3, 0.6, 0.5, "does not hold: it prefers wrong answers"),
        ],
    )
    def test_whether_evaluating_is_easier(self, t: float, f: float, error: float, verdict: str) -> None:
        n = 4_000
        rows = [
            {"correct": correct, "accepted": accepted, "n": round(n * share * rate)}
            for correct, share, yes in ((True, 1 - error, t), (False, error, f))
            for accepted, rate in ((True, yes), (False, 1 - yes))
        ]
        fit = bc.fit(pd.DataFrame(rows))
        assert verdicts(fit)["evaluating is easier than generating"] == verdict


def test_a_saved_fit_keeps_its_diagnostics(tmp_path: Any) -> None:
    fit = bc.fit(sweep(np.random.default_rng(0), Evidence(a=-2.0, b=4.0), runs=20, attempts=60))
    path = tmp_path / "fit.json"
    path.write_text(fit.to_json())
    again = bc.read_fit(path)
    assert again.diagnostics == fit.diagnostics
    assert again.to_json() == fit.to_json()


def test_few_truths_and_many_verdicts_give_a_corrected_error() -> None:
    rng = np.random.default_rng(0)
    correct = rng.random(6_000) < 0.7
    accepted = np.where(correct, rng.random(6_000) < 0.85, rng.random(6_000) < 0.2)
    log = pd.DataFrame({"correct": pd.array(correct, dtype="boolean"), "accepted": accepted})
    log.loc[400:, "correct"] = pd.NA
    fit = bc.fit(log)
    assert "from verdicts on 6,000 answers and truths of 400" in fit.error_by
    assert fit.error.low is not None
    assert fit.error.high is not None
    assert fit.error.low < 0.3 < fit.error.high


def test_a_steep_curve_between_the_ends_is_no_perfect_adaptation() -> None:
    """Almost no error under a clean context and almost nothing else under a wrong one, and yet not the identity."""
    steep = table(np.random.default_rng(3), Evidence(a=-9.0, b=18.0), n=2_000)
    assert verdicts(bc.fit(steep, families=["evidence"]))["perfect adaptation"] == "does not hold"
    perfect = table(np.random.default_rng(4), lambda c: c, n=2_000)
    assert verdicts(bc.fit(perfect, families=["affine"]))["perfect adaptation"] == "is not contradicted"


def test_what_is_counted_is_said_in_words() -> None:
    steep = table(np.random.default_rng(5), Evidence(a=-2.0, b=4.0)).assign(query=np.arange(21) % 5)
    assert any(said.startswith("only 5 queries: fewer than 8") for said in bc.fit(steep).warnings)
    one = bc.fit(pd.DataFrame({"correct": [True, False] * 20, "accepted": [True, False, True, True] * 10}))
    assert one.error_by == "from truths of 40 answers in 1 cell"
