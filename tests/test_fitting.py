"""Fitting: published values, another package on the same input, known truth, and what cannot be answered."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import betabinom, binom
from scipy.stats import t as student

import boostcalc as bc
from boostcalc.datasets import table_path
from boostcalc.fitting import fittable
from boostcalc.fitting.comparison import held_out, scatter_of, stacking_weights
from boostcalc.fitting.evaluator.design import LEAST
from boostcalc.fitting.likelihood import maximise, mean_error
from boostcalc.fitting.observations import observe
from boostcalc.fitting.rates import effective_counts
from boostcalc.fitting.uncertainty import spread_of
from boostcalc.odds import expit
from boostcalc.responses import RESPONSES, Affine, Evidence, Response
from boostcalc.runs import Runs
from tests.simulate import sweep

WIDE = Evidence(a=-2.0, b=4.0)


def test_the_realised_share_and_the_plain_rate_on_gptj(gptj: Runs) -> None:
    """averaged over Bin(39, c) −5.90, 8.10; binomial likelihood on the rate −5.66, 7.82."""
    assert {k: round(v, 2) for k, v in bc.fit(gptj).params.items()} == {"a": -5.90, "b": 8.10}
    assert {k: round(v, 2) for k, v in bc.fit(gptj, averaged=False).params.items()} == {"a": -5.66, "b": 7.82}


def test_the_plain_rate_is_a_binomial_regression(gptj: Runs) -> None:
    data = observe(gptj, averaged=False)
    counts = np.stack([data.n_wrong, data.n - data.n_wrong], axis=1)
    other = sm.GLM(counts, sm.add_constant(data.share), family=sm.families.Binomial()).fit()
    dispersion = (other.resid_pearson**2).sum() / other.df_resid
    fit = maximise(Evidence, data)
    np.testing.assert_allclose(fit.theta, other.params, rtol=1e-6)
    np.testing.assert_allclose(
        np.sqrt(np.diag(spread_of(fit, data).covariance)), other.bse * np.sqrt(dispersion), rtol=1e-5
    )


def test_the_jackknife_in_one_step_is_that_of_refitting() -> None:
    data = observe(bc.read_runs(sweep(np.random.default_rng(5), WIDE, runs=30, attempts=40, spread=0.5)))
    fits = np.array([maximise(Evidence, data.take(data.cluster != out)).theta for out in range(30)])
    moved = fits - maximise(Evidence, data).theta
    found = np.sqrt(np.diag(spread_of(maximise(Evidence, data), data).covariance))
    np.testing.assert_allclose(found, np.sqrt(29 / 30 * (moved**2).sum(axis=0)), rtol=0.006)


def test_the_jackknife_of_many_clusters_is_the_sandwich_of_another_package() -> None:
    runs = bc.read_runs(sweep(np.random.default_rng(5), WIDE, runs=2_000, attempts=40, spread=0.5))
    data = observe(runs)
    counts = np.stack([data.n_wrong, data.n - data.n_wrong], axis=1)
    model = sm.GLM(counts, sm.add_constant(data.share), family=sm.families.Binomial())
    other = model.fit(cov_type="cluster", cov_kwds={"groups": data.cluster, "use_correction": False})
    found = spread_of(maximise(Evidence, data), data).covariance
    np.testing.assert_allclose(found, other.cov_params(), rtol=0.01)


def test_an_average_over_drawn_contexts_is_the_simulated_error() -> None:
    table = pd.DataFrame({"context_size": 5, "context_contamination": [0.3], "n": 1, "n_wrong": 0})
    expected = float(mean_error(WIDE, observe(bc.read_runs(table)))[0])
    rng = np.random.default_rng(0)
    drawn = WIDE(rng.binomial(5, 0.3, 100_000) / 5)
    assert abs(drawn.mean() - expected) < 4 * drawn.std() / np.sqrt(drawn.size)


@pytest.mark.parametrize("truth", [Evidence(a=-4.0, b=6.0), Affine(mu=0.1, nu=0.25)], ids=str)
def test_many_attempts_recover_the_truth(truth: Response) -> None:
    table = sweep(np.random.default_rng(11), truth, runs=200, attempts=5_000)
    fit = bc.fit(table, families=[truth.family])
    found = fit.chosen.conf_int(0.999)
    for name, value in truth.parameters.items():
        assert found[name].low < value < found[name].high
    assert fit.params == pytest.approx(truth.parameters, rel=0.03)
    assert fit.clusters == {"by": "run", "count": 200}
    rates = fit.rates()
    assert rates["tpr"].value == pytest.approx(0.8, abs=0.01)
    assert rates["fpr"].value == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("truth", [Evidence(a=-4.0, b=6.0), Affine(mu=0.1, nu=0.25)], ids=str)
def test_the_true_family_predicts_held_out_runs_best(truth: Response) -> None:
    fit = bc.fit(sweep(np.random.default_rng(2), truth, runs=120, attempts=500))
    assert fit.response.family == truth.family
    assert fit.responses[0].weight > 0.9


def test_held_out_clusters_are_never_fitted_on() -> None:
    """A cluster's score is its density under the fit to all others."""
    table = sweep(np.random.default_rng(9), WIDE, runs=12, attempts=60)
    data = observe(bc.read_runs(table))
    scores = held_out([Evidence], data)
    by_hand = []
    for cluster in range(2, 10):  # of ten folds, 0 and 1 are held out together with 10 and 11
        out = data.cluster == cluster
        rest = data.take(~out)
        response = maximise(Evidence, rest).response
        p, scatter = response(data.share[out]), scatter_of(response, rest)
        if scatter == 0:
            chance = binom.logpmf(data.n_wrong[out], data.n[out], p)
        else:
            size = 1 / scatter - 1
            chance = betabinom.logpmf(data.n_wrong[out], data.n[out], p * size, (1 - p) * size)
        by_hand.append(float(np.sum(chance)))
    np.testing.assert_allclose(scores[2:10, 0], by_hand, rtol=1e-6)


def test_stacking_prefers_the_better_and_hedges_between_equals() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(-3, 1, 400)
    assert stacking_weights(np.stack([base, base - 2], axis=1))[0] > 0.99
    half = rng.random(400) < 0.5
    mixed = np.stack([np.where(half, -1.0, -5.0), np.where(half, -5.0, -1.0)], axis=1)
    assert stacking_weights(mixed)[0] == pytest.approx(half.mean(), abs=0.03)


def test_the_ladder_names_what_is_independent() -> None:
    table = sweep(np.random.default_rng(1), WIDE, runs=40, attempts=30)
    assert bc.fit(table).clusters == {"by": "run", "count": 40}
    blocks = table.assign(block=[f"b{int(name[1:]) % 10}" for name in table["run"]])
    assert bc.fit(blocks).clusters == {"by": "block", "count": 10}
    alone = table.drop(columns="run")
    assert bc.fit(alone).clusters["by"] == "cell"
    few = table.assign(block=[f"b{int(name[1:]) % 3}" for name in table["run"]])
    fit = bc.fit(few)
    assert fit.clusters["by"] == "cell"
    assert any("only 3 blocks" in warning for warning in fit.warnings)


def test_two_blocks_fit_by_cell_and_keep_the_rates() -> None:
    table = sweep(np.random.default_rng(1), WIDE, runs=20, attempts=30).drop(columns="run")
    fit = bc.fit(pd.concat([table.assign(block=name) for name in "ab"]))
    assert fit.clusters["by"] == "cell"
    assert fit.responses
    assert fit.tpr is not None


def test_queries_are_the_clusters_where_nothing_coarser_is() -> None:
    rng = np.random.default_rng(0)
    query = rng.integers(0, 30, 2_000)
    wrong = rng.integers(0, 9, 2_000)
    own = rng.normal(0, 1, 30)[query]
    correct = rng.random(2_000) > expit(own - 2 + 4 * wrong / 8)
    table = pd.DataFrame(
        {"query": [f"q{q}" for q in query], "context_size": 8, "context_wrong": wrong, "correct": correct}
    )
    assert bc.fit(table).clusters == {"by": "query", "count": 30}
    assert bc.fit(table.assign(run="only")).clusters == {"by": "query", "count": 30}
    assert bc.fit(table.assign(run=[f"r{q % 10}" for q in query])).clusters == {"by": "run", "count": 10}


def test_intervals_are_those_of_student() -> None:
    """With m clusters, m − 1 degrees of freedom; from cells, cells − parameters."""
    for data, df in (
        (observe(bc.read_runs(sweep(np.random.default_rng(5), WIDE, runs=12, attempts=40))), 11),
        (observe(bc.read_runs(bc.load_table("gptj_contamination"), where={"task": "sst2", "context_size": 39})), 5),
    ):
        spread = spread_of(maximise(Evidence, data), data)
        low, high = spread.interval(0.9)
        half = student.ppf(0.95, df) * np.sqrt(np.diag(spread.covariance))
        np.testing.assert_allclose((high - low) / 2, half, rtol=1e-12)


def test_a_rate_without_a_size_is_taken_as_it_is_and_said() -> None:
    table = pd.DataFrame({"context_contamination": [0.0, 0.3, 0.6, 1.0], "n": 500, "n_wrong": [20, 60, 200, 420]})
    fit = bc.fit(table)
    assert any("sizes of the contexts are not logged" in a["evidence"] for a in fit.assumptions)
    assert any("not known" in warning for warning in fit.forecast(tpr=0.8, fpr=0.2).warnings)


def test_wrong_pairs_without_a_size_are_no_share() -> None:
    fit = bc.fit(pd.DataFrame({"context_wrong": [0, 1, 2], "correct": True, "accepted": True}))
    assert any("context_wrong without context_size" in warning for warning in fit.warnings)


def test_clustered_rates_are_worth_fewer_trials() -> None:
    rng = np.random.default_rng(4)
    rates = rng.beta(4, 4, 50)
    judged = np.full(50, 40.0)
    accepted = rng.binomial(40, rates).astype(float)
    counts = effective_counts(accepted, judged, np.arange(50))
    assert counts is not None
    # beta-binomial with α + β = 8: design effect 1 + (40 − 1)/(8 + 1)
    assert 50 * 40 / counts.trials == pytest.approx(1 + 39 / 9, rel=0.5)
    assert counts.rate == pytest.approx(accepted.sum() / judged.sum())
    even = effective_counts(np.full(5, 10.0), np.full(5, 20.0), np.arange(5))
    assert even is not None  # clusters that agree to the last count are believed so far and no further
    assert even.trials == pytest.approx(100 / LEAST)
    alike = effective_counts(rng.binomial(40, 0.5, 50).astype(float), judged, np.arange(50))
    assert alike is not None
    assert alike.trials > 0.6 * 50 * 40


def test_a_bound_in_the_way_keeps_draws_in_range() -> None:
    table = sweep(np.random.default_rng(6), Affine(mu=0.0, nu=0.2), runs=60, attempts=50)
    fit = bc.fit(table, families=["affine"])
    drawn = fit.chosen.draw(np.random.default_rng(0), 2_000)
    mu, nu = (np.asarray(value) for value in drawn.parameters.values())
    assert (mu >= 0).all()
    assert (mu + nu <= 1).all()
    low, high = fit.chosen.conf_int(0.9)["mu"].low, fit.chosen.conf_int(0.9)["mu"].high
    assert low == 0
    assert high is not None
    assert 0 < high < 0.05


@pytest.mark.parametrize("truth", [Evidence(a=-5.9, b=8.1), Evidence(a=-1.0, b=2.0), Evidence(a=2.0, b=6.0)], ids=str)
def test_the_window_says_where_two_ends_are(truth: Evidence) -> None:
    fit = bc.fit(sweep(np.random.default_rng(8), truth, runs=100, attempts=2_000), families=["evidence"])
    window = fit.chosen.window(0.9)
    low, high = window.low.value, window.high.value
    if low is None or high is None:
        assert "one stable end" in window.meaning
        return
    for ratio, stable in ((low * 0.9, 1), (np.sqrt(low * high), 2), (high * 1.1, 1)):
        scale = max(1.0, ratio)
        loop = bc.Loop(tpr=1 / scale, fpr=ratio / scale, response=fit.response)
        assert loop.fixed_points().stable.sum() == stable
    where = "above" if low > 1 else "below" if high < 1 else "contains"
    assert where in window.meaning


def test_a_saved_fit_is_the_fit(gptj: Runs, tmp_path: Path) -> None:
    fit = bc.fit(gptj)
    path = tmp_path / "fit.json"
    path.write_text(fit.to_json())
    again = bc.read_fit(path)
    assert again.to_json() == fit.to_json()
    question = {"tpr": 0.8, "fpr": bc.Counts(10, 40), "error": 0.4}
    assert again.forecast(**question).to_json() == fit.forecast(**question).to_json()


def test_the_document_has_its_parts(gptj: Runs) -> None:
    document = json.loads(bc.fit(gptj).to_json())
    assert document["kind"] == "fit"
    assert document["clusters"] == {"by": "cell", "count": 7}
    assert document["chosen"] == "evidence"
    assert {response["family"] for response in document["responses"]} == {"evidence", "affine", "sigmoid"}
    assert sum(response["weight"] for response in document["responses"]) == pytest.approx(1)
    assert document["evaluator"]["tpr"]["value"] is None


def test_a_fit_can_be_made_again_from_its_own_record() -> None:
    fit = bc.fit(bc.read_runs(table_path("gptj_contamination"), where={"task": "sst2", "context_size": 39}))
    record = fit.provenance
    log = bc.read_runs(table_path(Path(record["source"]).stem), where=record["where"])
    again = bc.fit(log, families=record["families"], averaged=record["averaged"], level=record["level"])
    assert again.to_json() == fit.to_json()


def test_every_family_with_parameters_can_be_fitted(gptj: Runs) -> None:
    families = [family.family for family in RESPONSES if fittable(family)]
    found = bc.fit(gptj, families=families)
    # under a clean context of these the model erred, which odds power calls impossible
    assert {fitted.family for fitted in found.responses} == set(families) - {"odds-power"}
    assert any("odds-power response calls impossible" in warning for warning in found.warnings)
