"""The evaluator from logs: known truth, another package on the same input, what cannot be told, and its JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from matplotlib.axes import Axes

import boostcalc as bc
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.evaluator import EvaluatorFit, estimate_evaluator
from boostcalc.fitting.evaluator.drift import DRIFTS, NO_DRIFT, UNTOLD, trend
from boostcalc.fitting.evaluator.fit import FIGURES
from boostcalc.odds import expit, logit
from boostcalc.responses import realised
from boostcalc.runs import Runs

SIZE = 16


def judged(
    rng: np.random.Generator, judge: bc.Drifting, *, runs: int, attempts: int, spread: float = 0.0
) -> pd.DataFrame:
    """Counts of runs with one context each, as many correct as wrong answers; runs differ by `spread` in log-odds."""
    wrong = rng.integers(0, SIZE + 1, runs)
    with np.errstate(divide="ignore"):
        rates = judge.under(logit(wrong / SIZE))
    own = rng.normal(0, spread, (2, runs))
    accepted = [rng.binomial(attempts, expit(logit(p) + o)) for p, o in zip((rates.t, rates.f), own, strict=True)]
    frames = [
        pd.DataFrame(
            {
                "run": [f"r{i}" for i in range(runs)],
                "context_size": SIZE,
                "context_wrong": wrong,
                "correct": truth,
                "accepted": verdict,
                "n": k if verdict else attempts - k,
            }
        )
        for truth, k in zip((True, False), accepted, strict=True)
        for verdict in (True, False)
    ]
    return pd.concat(frames, ignore_index=True)


def counted(table: pd.DataFrame) -> Runs:
    """What `read_runs` makes of the table as far as verdicts go, without its start-up."""
    keys = ["run", "context_size", "context_wrong"]
    parts = {}
    for kind, truth in (("correct", True), ("wrong", False)):
        rows = table[table["correct"] == truth]
        parts[f"{kind}_judged"] = rows.groupby(keys)["n"].sum()
        parts[f"{kind}_accepted"] = rows[rows["accepted"]].groupby(keys)["n"].sum()
    cells = pd.DataFrame(parts).astype(float)
    both = cells["correct_judged"] + cells["wrong_judged"]
    return Runs(cells.assign(n=both, n_known=both, n_judged=both).reset_index(), (), "simulated", {})


DRIFTER = bc.Drifting(tpr=0.93, fpr=0.15, tpr_wrong=0.49, fpr_wrong=0.39)
STEADY = bc.Drifting(tpr=0.8, fpr=0.2, tpr_wrong=0.8, fpr_wrong=0.2)


def regression(runs: Runs, truth: str) -> sm.GLM:
    cells = runs.cells[runs.cells[f"{truth}_judged"] > 0]
    k, n = cells[f"{truth}_accepted"].to_numpy(float), cells[f"{truth}_judged"].to_numpy(float)
    share = cells["context_wrong"].to_numpy(float) / SIZE
    return sm.GLM(np.stack([k, n - k], axis=1), sm.add_constant(share), family=sm.families.Binomial())


class TestDrift:
    def test_the_lines_are_those_of_another_package(self) -> None:
        runs = bc.read_runs(judged(np.random.default_rng(1), DRIFTER, runs=30, attempts=20))
        found = trend(runs, "contamination", level=0.9)
        for i, truth in enumerate(("correct", "wrong")):
            np.testing.assert_allclose(found.center[2 * i : 2 * i + 2], regression(runs, truth).fit().params, rtol=1e-6)

    def test_their_variance_over_many_clusters_is_the_sandwich_of_another_package(self) -> None:
        runs = bc.read_runs(judged(np.random.default_rng(2), DRIFTER, runs=1_000, attempts=30, spread=0.5))
        found = trend(runs, "contamination", level=0.9)
        groups = runs.cells["run"].astype("category").cat.codes.to_numpy()
        for i, truth in enumerate(("correct", "wrong")):
            other = regression(runs, truth).fit(
                cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
            )
            block = found.covariance[2 * i : 2 * i + 2, 2 * i : 2 * i + 2]
            np.testing.assert_allclose(block, other.cov_params(), rtol=0.02)

    def test_without_clusters_it_is_the_information_with_overdispersion(self) -> None:
        table = judged(np.random.default_rng(3), DRIFTER, runs=200, attempts=20).drop(columns="run")
        runs = bc.read_runs(table)
        found = trend(runs, "contamination", level=0.9)
        other = regression(runs, "correct").fit()
        scale = max(1.0, float((other.resid_pearson**2).sum() / other.df_resid))
        np.testing.assert_allclose(found.covariance[:2, :2], other.cov_params() * scale, rtol=1e-5)
        assert (found.by, found.df) == ("cell", other.df_resid)

    def test_many_verdicts_recover_the_drifting_evaluator(self) -> None:
        found = estimate_evaluator(judged(np.random.default_rng(4), DRIFTER, runs=400, attempts=300), level=0.999)
        assert found.drifts
        assert isinstance(found.evaluator, bc.Drifting)
        with np.errstate(divide="ignore"):
            for x in (0.0, 0.3, 1.0):
                rates = DRIFTER.under(logit(x))
                for name, truth in (("tpr", rates.t), ("fpr", rates.f)):
                    at = found.trends["contamination"].at(name, x)
                    assert at.low is not None
                    assert at.high is not None
                    assert at.low < float(truth) < at.high
                    assert at.high - at.low < 0.05

    def test_the_evaluator_it_gives_has_the_fitted_rates(self) -> None:
        found = trend(
            bc.read_runs(judged(np.random.default_rng(5), DRIFTER, runs=30, attempts=20)), "contamination", level=0.9
        )
        assert found.evaluator is not None
        rates = found.evaluator.under(logit(0.25))
        assert float(rates.t) == pytest.approx(found.at("tpr", 0.25).value)
        assert float(rates.f) == pytest.approx(found.at("fpr", 0.25).value)

    def test_its_draws_have_the_interval_that_it_states(self) -> None:
        found = trend(
            bc.read_runs(judged(np.random.default_rng(6), DRIFTER, runs=30, attempts=20)), "contamination", level=0.9
        )
        size = 40_000
        drawn = found.draw(np.random.default_rng(0), size)
        stated = found.at("fpr", 1.0)
        below = float(np.mean(np.asarray(drawn.fpr_wrong) < stated.low))
        assert abs(below - 0.05) < 4 * np.sqrt(0.05 * 0.95 / size)

    def test_contexts_known_by_their_rate_are_averaged(self) -> None:
        """The realised share scatters about the rate, which flattens the curve: averaging finds the steep one."""
        rate = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
        rows = []
        for c in rate:
            share, mass = realised(float(c), 4)
            with np.errstate(divide="ignore"):
                rates = bc.Drifting(0.95, 0.02, 0.05, 0.98).under(logit(share))
            for correct, p in ((True, mass @ rates.t), (False, mass @ rates.f)):
                rows += [(4, c, correct, True, 1e6 * p), (4, c, correct, False, 1e6 * (1 - p))]
        table = pd.DataFrame(rows, columns=["context_size", "context_contamination", "correct", "accepted", "n"])
        found = trend(bc.read_runs(table), "contamination", level=0.9)
        np.testing.assert_allclose(found.center[[0, 2]], logit([0.95, 0.02]), rtol=1e-4)
        assert "averaged" in found.verdict
        plain = trend(bc.read_runs(table.drop(columns="context_size")), "contamination", level=0.9)
        assert abs(plain.center[1]) < 0.9 * abs(found.center[1])
        assert "taken as realised" in plain.verdict

    def test_it_is_seen_or_excluded_or_cannot_be_told(self) -> None:
        rng = np.random.default_rng(7)
        seen, none, few = (
            trend(bc.read_runs(judged(rng, judge, runs=runs, attempts=attempts)), "contamination", level=0.95)
            for judge, runs, attempts in ((DRIFTER, 60, 40), (STEADY, 60, 40), (STEADY, 9, 4))
        )
        assert (seen.found, none.found, few.found) == (DRIFTS, NO_DRIFT, UNTOLD)
        slope = none.slope("tpr")
        assert none.excluded["tpr"] == max(abs(slope.low or 0), abs(slope.high or 0))
        assert f"±{none.excluded['tpr']:.2g} of tpr" in none.verdict

    def test_a_steady_evaluator_seldom_seems_to_drift(self) -> None:
        """Runs that differ (sd 0.7 in log-odds) and 10% tests: no more than the level, with the slack of 200 trials."""
        rng, size = np.random.default_rng(8), 200
        rejected = []
        for _ in range(size):
            table = judged(rng, STEADY, runs=30, attempts=20, spread=0.7)
            runs = counted(table)
            rejected.append(trend(runs, "contamination", level=0.9).found == DRIFTS)
        assert np.mean(rejected) < 0.1 + 4 * np.sqrt(0.1 * 0.9 / size)

    def test_a_trend_over_rounds(self) -> None:
        rounds = np.arange(6)
        rates = expit(1.5 - 0.4 * rounds), expit(-1.5 + 0.2 * rounds)
        rows = [
            (r, correct, accepted, 1e5 * (p[r] if accepted else 1 - p[r]))
            for correct, p in zip((True, False), rates, strict=True)
            for r in rounds
            for accepted in (True, False)
        ]
        found = estimate_evaluator(pd.DataFrame(rows, columns=["round", "correct", "accepted", "n"]))
        np.testing.assert_allclose(found.trends["round"].center, [1.5, -0.4, -1.5, 0.2], atol=1e-5)
        assert "from round 0 to round 5" in found.trends["round"].verdict
        assert found.trends["round"].evaluator is None
        with pytest.raises(DataError, match="no drifting evaluator"):
            found.trends["round"].draw(np.random.default_rng(0), 3)

    def test_what_has_no_line(self) -> None:
        turning = pd.DataFrame(
            {
                "context_size": 4,
                "context_wrong": [0, 1, 3, 4],
                "correct": True,
                "accepted": [True, True, False, False],
                "n": 50,
            }
        )
        with pytest.raises(DataError, match="turn at one value"):
            trend(bc.read_runs(turning), "contamination", level=0.9)
        alike = turning.assign(accepted=True)
        with pytest.raises(DataError, match="all verdicts behind tpr agree"):
            trend(bc.read_runs(alike), "contamination", level=0.9)
        one = pd.DataFrame({"context_size": 4, "context_wrong": 1, "correct": True, "accepted": [True, False]})
        with pytest.raises(DataError, match="one value alone"):
            trend(bc.read_runs(one), "contamination", level=0.9)


class TestEstimate:
    def test_plain_counts(self) -> None:
        table = pd.DataFrame(
            {"correct": [True, True, False, False], "accepted": [True, False, True, False], "n": [80, 20, 10, 90]}
        )
        found = estimate_evaluator(table)
        values = {name: found.estimates[name].value for name in FIGURES}
        assert values == pytest.approx(
            {"tpr": 0.8, "fpr": 0.1, "likelihood_ratio": 8, "youden": 0.7, "acceptance": 0.45, "precision": 80 / 90}
        )
        assert found.counts == {"tpr": bc.Counts(80, 100), "fpr": bc.Counts(10, 100)}
        assert isinstance(found.evaluator, bc.Evaluator)
        assert "favours correct answers 8-fold" in found.status

    def test_acceptance_counts_answers_of_unknown_truth(self) -> None:
        table = pd.DataFrame({"correct": [True, None, False], "accepted": [True, True, False], "n": [10, 30, 20]})
        found = estimate_evaluator(table)
        assert found.estimates["acceptance"].value == pytest.approx(40 / 60)
        assert found.tpr.value == 1

    def test_votes_do_not_make_clusters(self) -> None:
        judged = pd.DataFrame({"correct_judged": [10.0, 10, 0, 0], "wrong_judged": [0.0, 0, 10, 10]})
        judged["correct_accepted"], judged["wrong_accepted"] = [10.0, 0, 0, 0], [0.0, 0, 10, 0]
        judged["n_judged"] = judged["n"] = judged["n_known"] = 10.0
        judged["n_accepted"], judged["n_wrong"] = [10.0, 0, 10, 0], judged["wrong_judged"]
        runs = Runs(judged.assign(votes=3, votes_for=[3, 0, 3, 0]), (), "votes", {})
        assert estimate_evaluator(runs).clusters["count"] == 1

    @pytest.mark.parametrize(
        ("accepted", "said"),
        [((50, 50), "do not show"), ((10, 80), "favours wrong answers"), ((60, 0), "at least")],
    )
    def test_the_status_says_what_it_tells(self, accepted: tuple[int, int], said: str) -> None:
        t, f = accepted
        table = pd.DataFrame(
            {
                "correct": [True, True, False, False],
                "accepted": [True, False, True, False],
                "n": [t, 100 - t, f, 100 - f],
            }
        )
        assert said in estimate_evaluator(table).status

    def test_one_rate_alone(self) -> None:
        found = estimate_evaluator(pd.DataFrame({"correct": True, "accepted": [True, False], "n": [7, 3]}))
        assert found.fpr.value is None
        assert any("no verdict on a wrong answer" in warning for warning in found.warnings)
        with pytest.raises(DataError, match="wrong answer"):
            _ = found.evaluator

    def test_refusals(self) -> None:
        with pytest.raises(DataError, match=r"no verdict on an answer of known truth: log `accepted` beside"):
            estimate_evaluator(pd.DataFrame({"correct": [True, False]}))
        with pytest.raises(UsageError, match="level"):
            estimate_evaluator(pd.DataFrame({"correct": [True], "accepted": [True]}), level=1.0)
        with pytest.raises(DataError, match="not a saved fit"):
            EvaluatorFit.from_dict({"status": "?"})

    def test_it_comes_back_from_json_and_is_told(self) -> None:
        found = estimate_evaluator(judged(np.random.default_rng(9), DRIFTER, runs=30, attempts=20), rng=3)
        again = EvaluatorFit.from_dict(json.loads(found.to_json()))
        assert again.to_json() == found.to_json()
        assert again.summary() == found.summary()
        assert found.trends["contamination"].verdict[1:] in found.summary()
        assert list(found.to_frame()["name"]) == list(FIGURES)
        ax = found.plot()
        assert isinstance(ax, Axes)
        lines = {line.get_label(): np.asarray(line.get_ydata()) for line in ax.get_lines()}
        assert lines["tpr"][0] == pytest.approx(found.trends["contamination"].at("tpr", 0).value)
