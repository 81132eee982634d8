"""Forecasts and their report: uncertainty that is carried, documents that read back, pages that can be read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypdf
import pytest

import boostcalc as bc
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.deviation import Scale
from boostcalc.forecasting import QUANTILES
from boostcalc.forecasting.modes import modes
from boostcalc.odds import expit
from boostcalc.plotting import save, svg
from tests.test_prediction import numbers


@pytest.fixture(scope="module")
def fit() -> Any:
    """GPT-J on `unnatural` at 39 demonstrations."""
    runs = bc.read_runs(bc.load_table("gptj_contamination"), where={"task": "unnatural", "context_size": 39})
    return bc.fit(runs, families=["evidence", "affine"])


@pytest.fixture(scope="module")
def forecast(fit: Any) -> Any:
    """Its loop under a lenient self-judge's counts (ReaLMistake)."""
    return fit.forecast(tpr=bc.Counts(25, 30), fpr=bc.Counts(101, 130), error=0.5)


def test_the_forecast_is_what_loops_of_drawn_learners_do(fit: Any) -> None:
    """Loops run one by one, by the definition, with learners and judges of the same law."""
    rng, loops = np.random.default_rng(77), 4_000
    chosen = fit.using("evidence").chosen
    learners, shares = chosen.draw(rng, loops), np.linspace(0, 1, 33)
    paths = chosen.deviation.paths(shares, 39, rng=rng, draws=loops)  # how far each lies off its family
    judges = rng.beta(25.5, 5.5, loops), rng.beta(101.5, 29.5, loops)
    ends = []
    for t, f, a, b, path in zip(*judges, learners.a, learners.b, paths, strict=True):
        error, odds = 0.5, a + b * shares + path
        rising = (np.maximum.accumulate(odds) + np.minimum.accumulate(odds[::-1])[::-1]) / 2 - (a + b * shares)
        for _ in range(3):
            wrong = rng.binomial(39, error * f / (error * f + (1 - error) * t))
            error = 1 / (1 + np.exp(-(a + b * wrong / 39 + np.interp(wrong / 39, shares, rising))))
        ends.append(error)
    counts = {"tpr": bc.Counts(25, 30), "fpr": bc.Counts(101, 130)}
    found = fit.using("evidence").forecast(**counts, error=0.5, rounds=3).fan[3]
    for level, value in zip(QUANTILES, found, strict=True):
        share = np.mean(np.asarray(ends) <= value)
        assert abs(share - level) < 4 * np.sqrt(2 * level * (1 - level) / loops)


def test_families_enter_by_their_weight(fit: Any) -> None:
    """The affine family never reaches 0.3%, so the share that does is that of the other, times its weight."""
    evidence, affine = (one.responses[0] for one in (fit.using("evidence"), fit.using("affine")))
    mixed = replace(fit, responses=(replace(evidence, weight=0.7), replace(affine, weight=0.3)))
    reached = [
        found.forecast(tpr=0.8, fpr=0.1, target=0.003).probability_reached for found in (mixed, fit.using("evidence"))
    ]
    assert reached[0] == pytest.approx(0.7 * reached[1], abs=4 * np.sqrt(0.25 / 4_000))


def test_draws_without_a_start_are_left_out_and_said(fit: Any) -> None:
    found = fit.forecast(tpr=0.8, fpr=0.3, error=0.9, context=bc.Append(size=39))
    assert any("are left out" in warning for warning in found.warnings)
    assert found.trajectory[0].error.text() == "0.9"
    assert found.probability_reached > 0.5


def test_every_estimated_number_has_its_interval(forecast: Any) -> None:
    for number in numbers(forecast.to_dict()["trajectory"][1:]):
        assert number["level"] == 0.9
        assert number["low"] <= number["value"] <= number["high"]


def test_a_saved_forecast_is_the_forecast(forecast: Any, tmp_path: Path) -> None:
    path = tmp_path / "forecast.json"
    path.write_text(forecast.to_json())
    assert bc.read_forecast(path).to_json() == forecast.to_json()
    path.write_text('{"kind": "forecast"}')
    with pytest.raises(DataError, match="malformed"):
        bc.read_forecast(path)


def test_two_ends_make_two_humps(fit: Any) -> None:
    """Near the divide of a bistable loop the evidence allows both ends; their weights are the share of draws."""
    found = fit.forecast(tpr=0.2, fpr=0.8, error=0.3, rounds=60, target=0.1)
    low, high = found.final_modes
    assert low["error"] < 0.02
    assert high["error"] > 0.8
    assert low["weight"] + high["weight"] == pytest.approx(1)
    assert low["weight"] == pytest.approx(found.probability_reached, abs=0.02)


def test_leaving_the_measured_contaminations_is_said(fit: Any) -> None:
    narrow = bc.load_table("gptj_contamination").query("task == 'unnatural' and context_size == 39")
    inside = bc.fit(narrow[narrow["context_contamination"].between(0.2, 0.8)])
    found = inside.forecast(tpr=0.8, fpr=0.1, error=0.5)
    assert found.extrapolates
    assert any("no run has seen c < 0.2" in warning for warning in found.warnings)
    assert not fit.forecast(tpr=0.8, fpr=0.1, error=0.5).extrapolates
    grown = fit.forecast(tpr=0.8, fpr=0.1, error=0.5, context=bc.Append(size=39))
    assert any("39 pairs, and the loop's have 78 to" in warning for warning in grown.warnings)


class TestModes:
    def test_one_hump_is_one(self) -> None:
        sample = np.random.default_rng(0).normal(-2, 0.5, 3_000)
        [only] = modes(sample, sample)
        assert only["weight"] == 1
        assert only["error"] == pytest.approx(float(expit(-2)), rel=0.1)

    def test_humps_hold_their_shares(self) -> None:
        rng = np.random.default_rng(0)
        sample = np.concatenate([rng.normal(-5, 0.3, 700), rng.normal(2, 0.3, 300)])
        low, high = modes(sample, sample)
        assert (low["weight"], high["weight"]) == (0.7, 0.3)

    def test_certain_ends_are_humps(self) -> None:
        sample = np.array([-np.inf] * 3 + [np.inf])
        assert [(hump["error"], hump["weight"]) for hump in modes(sample, sample)] == [(0.0, 0.75), (1.0, 0.25)]

    @pytest.mark.parametrize(("batch", "share"), [(16, 0.3), (39, 0.1), (39, 0.5)])
    def test_the_lattice_of_a_batch_is_no_hump(self, batch: int, share: float) -> None:
        sample = -3 + 5 * np.random.default_rng(0).binomial(batch, share, 4_000) / batch
        assert len(modes(sample, sample)) == 1

    def test_a_shoulder_is_no_hump(self) -> None:
        rng = np.random.default_rng(0)
        for distance, share in ((1.8, 1_000), (2.2, 2_000)):  # at 2.2 the valley holds 3/4 of the peaks' density
            sample = np.concatenate([rng.normal(-3, 0.8, 2_000), rng.normal(-3 + distance, 0.8, share)])
            assert len(modes(sample, sample)) == 1


def test_a_loop_with_one_end_has_one(fit: Any) -> None:
    for context in (bc.Replace(), bc.Append(size=16)):
        found = fit.using("evidence").forecast(tpr=0.8, fpr=0.1, error=0.4, batch=16, context=context)
        assert len(found.final_modes) == 1
        assert "may end" not in found.status


class TestOutlook:
    def test_it_names_the_direction_and_its_share(self, fit: Any) -> None:
        better = fit.using("evidence").forecast(tpr=0.8, fpr=0.1, error=0.4)
        assert better.status.startswith(
            "It gets better: in >99% of what may happen the error is below its start of 0.4"
        )
        assert better.error_falls
        worse = fit.using("evidence").forecast(tpr=0.05, fpr=0.95, error=0.6, rounds=20)
        assert worse.status.startswith("It gets worse: in ")
        assert "above its start of 0.6" in worse.status
        assert not worse.error_falls

    def test_what_does_not_move_is_said(self, fit: Any) -> None:
        still = fit.forecast(tpr=0.0, fpr=0.0, error=0.4)
        assert still.status.startswith("Nothing changes: the error stays at 0.4")
        assert not still.error_falls

    def test_rounds_are_counted_in_words_that_fit_their_number(self, fit: Any) -> None:
        none, one = (fit.forecast(tpr=0.8, fpr=0.1, error=0.4, rounds=rounds) for rounds in (0, 1))
        assert none.status.startswith(
            "No round is looked at: the error is 0.4 at the start; the target 0.01 is reached"
        )
        assert not none.error_falls
        assert "after 1 round, at" in one.status

    def test_not_yet_is_not_never(self, fit: Any) -> None:
        slow = fit.using("evidence").forecast(tpr=0.8, fpr=0.2, error=0.5, context=bc.Append(size=5_000))
        assert slow.rounds_to_target.value is None
        assert not slow.never
        assert "not within the rounds looked at" in slow.summary()
        never = fit.using("evidence").forecast(tpr=0.8, fpr=0.2, error=0.5, target=1e-6)
        assert never.never
        assert "(never)" in never.summary()


def test_the_batch_is_the_context_that_was_measured(fit: Any) -> None:
    assert fit.forecast(tpr=0.8, fpr=0.1).inputs["batch"] == 39
    small = fit.forecast(tpr=0.8, fpr=0.1, batch=4)
    assert any("the loop's have 4" in warning for warning in small.warnings)


def test_the_usual_size_is_the_one_most_attempts_saw() -> None:
    rows = [(size, c, n, n * (0.1 + 0.7 * c)) for size, n in ((8, 900), (32, 100)) for c in (0.0, 0.25, 0.5, 1.0)]
    table = pd.DataFrame(rows, columns=["context_size", "context_contamination", "n", "n_wrong"])
    assert bc.fit(table).usual_size == 8


def test_a_family_without_the_start_is_left_out_alone(fit: Any) -> None:
    question = {"tpr": 0.8, "fpr": 0.3, "error": 0.87, "context": bc.Append(size=39)}
    affine = fit.responses[1]
    exact = replace(affine.deviation, scales=(Scale(0.0, 0.0, 1.0),), between=0.0)
    tight = replace(affine, spread=replace(affine.spread, covariance=1e-8 * np.eye(2)), deviation=exact)
    found = replace(fit, responses=(fit.responses[0], tight)).forecast(**question)
    assert any("are left out" in warning for warning in found.warnings)
    with pytest.raises(UsageError, match="no context gives"):
        replace(fit, responses=(tight,)).forecast(**question)


@pytest.mark.parametrize("wrong", [{"target": 2.0}, {"target": 0.0}, {"level": 1.0}, {"rounds": -1}])
def test_a_question_out_of_range_is_refused_before_anything_is_drawn(fit: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"out of range|number of rounds"):
        fit.forecast(tpr=0.8, fpr=0.1, **wrong)


def test_a_forecast_answers_one_loop(fit: Any) -> None:
    with pytest.raises(UsageError, match="one loop"):
        fit.forecast(tpr=[0.8, 0.7], fpr=0.1)


NOTE = "#strong[not markup] $x$ <b> \\u{41} — no such loop ran"


@pytest.fixture(scope="module")
def pdf(forecast: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its report, with a title and a note that look like markup."""
    folder = tmp_path_factory.mktemp("report") / "new"
    return bc.report(forecast, folder / "f.pdf", title="A *title* #2", note=NOTE)


class TestReport:
    def test_its_text_can_be_selected_and_is_what_the_forecast_says(self, pdf: Path, forecast: Any) -> None:
        pages = [page.extract_text() for page in pypdf.PdfReader(pdf).pages]
        assert 2 <= len(pages) <= 5
        text = " ".join(" ".join(pages).split())
        for said in ("The verdict", "The recurrence", "Provenance", forecast.limit.text(), "0.8333", "two stable ends"):
            assert said in text

    def test_text_from_outside_is_shown_as_text(self, pdf: Path) -> None:
        text = " ".join(pypdf.PdfReader(pdf).pages[0].extract_text().split())
        assert NOTE in text
        assert "A *title* #2" in text

    def test_the_same_forecast_gives_the_same_bytes(self, forecast: Any, tmp_path: Path) -> None:
        first, second = bc.report(forecast, tmp_path / "1.pdf"), bc.report(forecast, tmp_path / "2.pdf")
        assert first.read_bytes() == second.read_bytes()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["1.pdf", "2.pdf"]

    def test_a_report_on_a_growing_context_and_an_affine_response(self, fit: Any, tmp_path: Path) -> None:
        found = fit.using("affine").forecast(tpr=0.8, fpr=0.1, error=0.5, context=bc.Append(size=39), rounds=4)
        text = pypdf.PdfReader(bc.report(found, tmp_path / "a.pdf")).pages[0].extract_text()
        assert "append" in text


class TestFigures:
    @pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
    def test_a_figure_is_written_as_its_name_says(self, forecast: Any, tmp_path: Path, ending: str) -> None:
        path = tmp_path / f"f.{ending}"
        save(forecast.plot(), path)
        magic = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
        assert path.read_bytes().startswith(magic[ending])

    def test_the_same_data_give_the_same_svg(self, forecast: Any) -> None:
        assert svg(forecast.plot()) == svg(forecast.plot())

    def test_a_given_axes_is_drawn_on(self) -> None:
        from matplotlib.figure import Figure

        ax = Figure().add_subplot()
        assert bc.Loop(tpr=0.8, fpr=0.1).predict().plot(ax) is ax
        drawn = [line.get_ydata() for line in ax.get_lines()]
        np.testing.assert_allclose(np.asarray(drawn[0], dtype=float), [1 / 2, 1 / 9, 1 / 65, 1 / 513])

    @pytest.mark.parametrize("make", ["fixed points", "trajectory", "rounds", "fit"])
    def test_every_result_can_be_drawn(self, make: str, fit: Any) -> None:
        loop = bc.Loop(tpr=0.2, fpr=0.8, response=bc.Evidence(a=-5.07, b=7.05))
        results: dict[str, Any] = {
            "fixed points": loop.fixed_points(),
            "trajectory": loop.trajectory(error=0.2),
            "rounds": loop.rounds_to([0.1, 0.01], error=0.2),
            "fit": fit,
        }
        result = results[make]
        assert svg(result.plot()).startswith("<?xml")
        assert json.loads(result.to_json())["kind"] == result.kind
        assert len(result.to_frame())
        assert result.summary()
        assert str(result) == result.summary()
        assert result._repr_html_()


def drifting_log(rng: np.random.Generator, judge: bc.Drifting, truth: bc.Evidence, runs: int = 300) -> pd.DataFrame:
    """Runs of 40 attempts under one context of 16 pairs each, judged by an evaluator that reads it."""
    rows = []
    for run, wrong in enumerate(rng.integers(0, 17, runs)):
        with np.errstate(divide="ignore"):
            odds = np.log(wrong) - np.log(16 - wrong)
        rates, n_wrong = judge.under(odds), rng.binomial(40, float(truth(wrong / 16)))
        for correct, n, rate in ((True, 40 - n_wrong, rates.t), (False, n_wrong, rates.f)):
            accepted = rng.binomial(n, float(rate))
            for verdict, count in ((True, accepted), (False, n - accepted)):
                row = {"run": f"r{run}", "context_size": 16, "context_wrong": wrong, "n": count}
                rows.append({**row, "correct": correct, "accepted": verdict})
    return pd.DataFrame(rows).query("n > 0")


def test_an_evaluator_that_drifts_in_the_log_drifts_in_the_forecast() -> None:
    """The loop of the true parts settles inside the interval; a judge of constant rates would settle elsewhere."""
    judge = bc.Drifting(tpr=0.93, fpr=0.15, tpr_wrong=0.49, fpr_wrong=0.39)
    truth = bc.Evidence(a=-2.5, b=4.5)
    fit = bc.fit(drifting_log(np.random.default_rng(0), judge, truth, runs=1_500), families=["evidence"])
    found = fit.forecast(error=0.4, rounds=8)
    real = bc.Loop(evaluator=judge, response=truth).predict(error=0.4, rounds=8).limit.value
    assert real is not None
    assert found.limit.low is not None
    assert found.limit.high is not None
    assert found.limit.low < real < found.limit.high
    assert found.inputs["evaluator"]["family"] == "drifting"
    assert any("follow the contamination" in warning for warning in found.warnings)
    constant = fit.forecast(error=0.4, rounds=8, tpr=fit.tpr, fpr=fit.fpr)
    assert constant.limit.value is not None
    assert constant.limit.value > found.limit.high
    assert type(found).from_dict(found.to_dict()).to_json() == found.to_json()


def test_a_loop_has_a_run_of_its_own() -> None:
    """Runs that differ by 0.6 in log-odds: the forecast holds loops of other such runs nearly as often as it says."""
    rng, truth, spread = np.random.default_rng(2), bc.Evidence(a=-3.0, b=6.0), 0.6
    rows = []
    for run in range(40):
        own = bc.Evidence(a=truth.a + rng.normal(0, spread), b=truth.b)
        rows += [
            {
                "run": f"r{run}",
                "context_size": 20,
                "context_wrong": w,
                "n": 60,
                "n_wrong": rng.binomial(60, own(w / 20)),
            }
            for w in (0, 2, 5, 10, 15, 18, 20)
        ]
    fit = bc.fit(pd.DataFrame(rows), families=["evidence"])
    assert fit.chosen.misfit.between == pytest.approx(spread, abs=4 * spread / np.sqrt(2 * 39))
    row = fit.forecast(tpr=0.7, fpr=0.5, error=0.5, rounds=8).trajectory[8].error
    assert row.low is not None
    assert row.high is not None
    held = []
    for _ in range(400):
        own, error = bc.Evidence(a=truth.a + rng.normal(0, spread), b=truth.b), 0.5
        for _ in range(8):
            wrong = rng.binomial(20, error * 0.5 / (error * 0.5 + (1 - error) * 0.7))
            error = float(own(wrong / 20))
        held.append(row.low <= error <= row.high)
    assert 0.8 < np.mean(held) < 0.98
    assert any("differ by" in one for one in fit.forecast(tpr=0.7, fpr=0.5, error=0.5).warnings)
