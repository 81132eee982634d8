"""How far single loops lie off a fitted family: known deviations are found, and forecasts hold what such loops do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.fitting.deviation import NEAR, Deviation, Scale, deviation_of
from boostcalc.fitting.likelihood import maximise
from boostcalc.fitting.misfit import misfit_of
from boostcalc.fitting.observations import observe
from boostcalc.odds import Array, expit
from boostcalc.responses import Evidence
from boostcalc.responses.deviating import Deviating

SHARES = np.linspace(0, 1, 33)


def bump(rng: np.random.Generator, height: float) -> Array:
    """A smooth deviation along the contaminations, of this standard deviation."""
    apart = (SHARES[:, None] - SHARES) / NEAR[0]
    return height * rng.multivariate_normal(np.zeros(33), np.exp(-(apart**2) / 2), method="eigh")


def log(rng: np.random.Generator, truth: Any, n: int = 4_000) -> pd.DataFrame:
    """Twenty pairs in each context, of which every second number is wrong."""
    wrong = np.arange(0, 21, 2)
    cells = {"context_size": 20, "context_wrong": wrong, "n": n, "n_wrong": rng.binomial(n, truth(wrong / 20, 20))}
    return pd.DataFrame(cells)


def found(cells: pd.DataFrame) -> Deviation:
    data = observe(bc.read_runs(cells))
    best = maximise(Evidence, data)
    return deviation_of(best, data, misfit_of(best, data))


def test_what_a_learner_is_off_is_found() -> None:
    rng = np.random.default_rng(1)
    base = Evidence(a=-3.0, b=6.0)
    truth = Deviating(base, 1.2 * np.exp(-(((SHARES - 0.05) / 0.2) ** 2)))
    data = observe(bc.read_runs(log(rng, truth)))
    best = maximise(Evidence, data)
    deviation = deviation_of(best, data, misfit_of(best, data))
    told = expit(np.log(best.response(SHARES) / (1 - best.response(SHARES))) + deviation.path(SHARES, 20))
    wrong = np.abs(told - truth(SHARES, 20))
    assert wrong.max() < 0.02
    assert np.abs(best.response(SHARES) - truth(SHARES, 20)).max() > 3 * wrong.max()


def test_a_learner_of_the_family_is_hardly_off() -> None:
    deviation = found(log(np.random.default_rng(2), Evidence(a=-3.0, b=6.0)))
    assert np.abs(deviation.path(SHARES, 20)).max() < 0.15
    assert sum(scale.weight for scale in deviation.scales if scale.smooth <= 0.1) > 0.5


def test_paths_have_the_law_of_a_gaussian_process_given_what_was_seen() -> None:
    """Against the conditional of the joint normal law, by its precision matrix."""
    seen, asked, scale = np.array([0.1, 0.4, 0.9]), np.linspace(0, 1, 9), Scale(0.7, 0.0, 1.0)
    shown, variance = np.array([0.5, -0.3, 0.8]), np.array([0.01, 0.04, 0.02])
    deviation = Deviation(seen, np.full(3, 16.0), shown, variance, 0.0, (scale,))
    places = np.concatenate([asked, seen])
    joint = 0.49 * np.exp(-(((places[:, None] - places) / NEAR[0]) ** 2) / 2)
    joint += np.diag(np.concatenate([np.full(9, 1e-10), variance]))
    precision = np.linalg.inv(joint)
    covariance = np.linalg.inv(precision[:9, :9])
    mean = -covariance @ precision[:9, 9:] @ shown
    np.testing.assert_allclose(deviation.path(asked, 16.0), mean, atol=1e-4)
    drawn = deviation.paths(asked, 16.0, rng=np.random.default_rng(3), draws=40_000)
    assert np.abs(drawn.mean(axis=0) - mean).max() < 5 * 0.7 / np.sqrt(40_000)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=5 * 0.49 * np.sqrt(2 / 40_000))


def test_contexts_of_other_sizes_say_less() -> None:
    share, size, shown, variance = np.array([[0.5], [20.0], [0.6], [0.001]])
    deviation = Deviation(share, size, shown, variance, 0.0, (Scale(0.5, 0.0, 1.0),))
    at = [float(deviation.path(np.array([0.5]), size)[0]) for size in (20.0, 40.0, 5_000.0)]
    assert 0.5 < at[0] < 0.6
    assert at[0] > at[1] > at[2] > 0
    assert at[2] < 0.05


def test_it_is_saved_with_the_fit() -> None:
    fit = bc.fit(log(np.random.default_rng(4), Evidence(a=-3.0, b=6.0)), families=["evidence", "affine"])
    again = type(fit).from_dict(fit.to_dict())
    question = {"tpr": 0.7, "fpr": 0.4, "error": 0.5, "rounds": 3}
    assert again.forecast(**question).to_json() == fit.forecast(**question).to_json()


@pytest.mark.parametrize("height", [0.0, 0.7])
def test_forecasts_hold_what_loops_of_learners_off_their_family_do(height: float) -> None:
    rng, held = np.random.default_rng(5), []
    for _ in range(12):
        truth = Deviating(Evidence(a=-2.5, b=5.0), bump(rng, height))
        fit = bc.fit(log(rng, truth), families=["evidence", "affine"])
        row = fit.forecast(tpr=0.7, fpr=0.45, error=0.5, rounds=6).trajectory[6].error
        assert row.low is not None
        assert row.high is not None
        for _ in range(20):
            error = 0.5
            for _ in range(6):
                wrong = rng.binomial(20, error * 0.45 / (error * 0.45 + (1 - error) * 0.7))
                error = float(truth(wrong / 20, 20))
            held.append(row.low <= error <= row.high)
    assert np.mean(held) > 0.8
