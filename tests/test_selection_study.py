"""The study of forecasts on real loops: its harness, and that the text says what was measured."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.forecasting import QUANTILES
from verification.selection import logs
from verification.selection.__main__ import SCORES, TEXT, filled
from verification.selection.forecasts import Forecast, drawn
from verification.selection.logs import ROUNDS, SETTINGS, Measured, Setting, log, measured
from verification.selection.scores import held, scored
from verification.selection.tables import by_round, by_setting, by_source, ends, judge, watch

if not (logs.DATA / "loops.parquet").exists():
    pytest.skip("data/tiny-lm comes with a checkout only", allow_module_level=True)


def test_the_study_has_all_settings_of_the_loops() -> None:
    found = duckdb.execute(
        "select distinct setting from read_parquet($1)", [str(logs.DATA / "loops.parquet")]
    ).fetchall()
    assert {name for (name,) in found} == {setting.name for setting in SETTINGS}


def test_measured_runs_are_those_of_the_log() -> None:
    """But for the last attempt of each round; the contexts are those that boostcalc reads."""
    seen, cells = measured("window-sample-0.5"), log(Setting("window-sample-0.5")).cells
    assert seen.attempts.shape == (ROUNDS + 1, 96)
    assert seen.attempts.sum() == cells["n"].sum() - seen.attempts.size
    lost = cells["n_wrong"].sum() - seen.wrong.sum()
    assert 0 < lost < 0.5 * seen.attempts.size  # the last ones are accepted, and mostly right
    share = cells.pivot_table(index="round", columns="run", values="context_wrong") / 48
    np.testing.assert_allclose(seen.context, share.to_numpy())


@pytest.mark.parametrize("policy", ["replace", "window", "append"])
def test_drawn_loops_are_those_of_a_forecast(policy: str) -> None:
    """With one family the draws are the same ones: `Fit.forecast` goes on for more rounds after these."""
    setting = Setting(f"{policy}-sample-0.5")
    whole = bc.fit(log(setting, last=3))
    fit = whole.using(whole.chosen.family)
    fan = fit.forecast(
        contamination=setting.start, context=setting.context, batch=setting.batch, rounds=ROUNDS, rng=0
    ).fan
    ours = np.quantile(drawn(fit, setting, seed=0).error, QUANTILES, axis=1).T
    np.testing.assert_allclose(ours, np.array(fan), rtol=1e-9)


def simulated(rng: np.random.Generator, error: np.ndarray) -> Measured:
    attempts = rng.integers(5, 80, error.shape)
    return Measured(attempts, rng.binomial(attempts, error), np.zeros(error.shape))


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_a_true_forecast_holds_its_level(level: float) -> None:
    rng = np.random.default_rng(4)
    truth, draws = (rng.beta(0.5, 3.0, (3, n)) for n in (2_000, 40_000))
    inside = held(draws, simulated(rng, truth), level)
    assert np.all(np.abs(inside.mean(axis=1) - level) < 4 * inside.std(axis=1) / 2_000**0.5 + 2 / 200)


def test_a_false_forecast_does_not() -> None:
    rng = np.random.default_rng(5)
    truth, draws = rng.beta(5.0, 1.0, (1, 500)), rng.beta(1.0, 5.0, (1, 500))
    assert held(draws, simulated(rng, truth)).mean() < 0.3


def test_scores_of_one_number_have_no_interval() -> None:
    seen = Measured(np.full((2, 2), 10), np.array([[1, 3], [0, 8]]), np.zeros((2, 2)))
    found = scored(Forecast(np.array([[0.2], [0.5]])), seen)
    np.testing.assert_allclose(found["off"], [0.0, 0.1], atol=1e-12)
    np.testing.assert_allclose(found["apart"], [0.1, 0.4])
    np.testing.assert_allclose(found["bad"], [0.0, 0.5])
    assert found["held"].isna().all()


def test_tables_go_to_their_places() -> None:
    text = "a\n<!-- table: x -->\nold\n<!-- end -->\nb"
    assert filled(text, {"x": "| \\1 |"}) == "a\n<!-- table: x -->\n\n| \\1 |\n\n<!-- end -->\nb"
    with pytest.raises(ValueError, match="places without a table"):
        filled(text, {"y": ""})


def test_the_text_has_the_tables_that_were_measured() -> None:
    """But for those of fits, which take long: `python -m verification.selection --measured` writes them."""
    text, scores = Path(TEXT).read_text(encoding="utf-8"), pd.read_csv(SCORES)
    for table in (judge(), ends(scores), by_round(scores), by_setting(scores), by_source(scores), watch()):
        assert table in text
