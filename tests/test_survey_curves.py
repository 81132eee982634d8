"""The area and the binormal curve of a survey: against slow twins, statsmodels, and simulated truth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, minimize
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.miscmodels.ordinal_model import OrderedModel

import boostcalc as bc
from boostcalc.errors import FitError
from boostcalc.fitting.survey.area import area
from boostcalc.fitting.survey.binormal import fit_binormal
from boostcalc.fitting.survey.graded import Graded, graded
from boostcalc.fitting.survey.likelihood import cells, maximise
from boostcalc.odds import Array
from boostcalc.runs import Runs
from tests.reference.exact_survey import area_of_pairs, variance_of_area

ROWS = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 7)), min_size=6, max_size=30).filter(
    lambda rows: min(sum(r[1] for r in rows), sum(not r[1] for r in rows)) > 1 and len({r[0] for r in rows}) > 1
)


def data_of(rows: Any) -> Graded:
    """The answers as a log's counts of scores, one row each."""
    score, correct, query = zip(*rows, strict=True)
    right = np.array(correct, dtype=float)
    frame = pd.DataFrame(
        {"score": np.array(score, dtype=float), "n_correct": right, "n_wrong": 1 - right, "n_unknown": 0}
    )
    if query[0] is not None:
        frame["query"] = [f"q{number}" for number in query]
    return graded(Runs(pd.DataFrame(), (), "rows", {}, frame))


def split(rows: Any, *, own: bool) -> tuple[list[float], list[float], list[int], list[int]]:
    """Scores of correct and of wrong answers, and their clusters: each answer's own, or those of the rows."""
    numbered = [(s, c, i if own else q) for i, (s, c, q) in enumerate(rows)]
    right, wrong = ([row for row in numbered if row[1] is kind] for kind in (True, False))
    return [r[0] for r in right], [r[0] for r in wrong], [r[2] for r in right], [r[2] for r in wrong]


@given(ROWS)
def test_the_variance_of_the_area_is_delongs_where_answers_are_independent(rows: Any) -> None:
    data = data_of([(s, c, None) for s, c, _ in rows])
    found = area(data, data.curve())
    right, wrong, own, other = split(rows, own=True)
    assert found.value == pytest.approx(float(area_of_pairs(right, wrong)), rel=1e-14)
    assert found.variance == pytest.approx(float(variance_of_area(right, wrong, own, other)), rel=1e-12, abs=1e-16)


@given(ROWS)
def test_the_variance_of_the_area_is_obuchowskis_where_answers_are_clustered(rows: Any) -> None:
    right, wrong, own, other = split(rows, own=False)
    assume(len({*own, *other}) >= 3)
    assume(len(set(own)) > 1)
    assume(len(set(other)) > 1)
    data = data_of(rows)
    assert data.by == "query"
    found = area(data, data.curve())
    wanted = max(float(variance_of_area(right, wrong, own, other)), 0.0)
    assert found.variance == pytest.approx(wanted, rel=1e-12, abs=1e-16)


@given(ROWS, st.integers(2, 5))
def test_answers_that_are_asked_for_again_and_again_tell_no_more(rows: Any, times: int) -> None:
    """Copies of an answer in its own cluster leave the area and its variance as they were."""
    once = data_of([(s, c, i) for i, (s, c, _) in enumerate(rows)])
    often = data_of([(s, c, i) for i, (s, c, _) in enumerate(rows) for _ in range(times)])
    first, second = (area(data, data.curve()) for data in (once, often))
    assert second.value == pytest.approx(first.value, rel=1e-14)
    assert second.variance == pytest.approx(first.variance, rel=1e-12, abs=1e-18)


@given(ROWS, st.sampled_from([0.5, 0.9, 0.95]))
def test_the_interval_of_the_area_mirrors_with_the_scores_and_stays_in_range(rows: Any, level: float) -> None:
    data, turned = (data_of([(sign * s, c, None) for s, c, _ in rows]) for sign in (1, -1))
    one, other = (area(d, d.curve()).interval(level) for d in (data, turned))
    assert one.low is not None
    assert one.high is not None
    assert 0 <= one.low <= (one.value or 0.0) <= one.high <= 1
    assert other.low == pytest.approx(1 - one.high, abs=1e-12)
    assert other.high == pytest.approx(1 - one.low, abs=1e-12)


@pytest.mark.parametrize(("m", "n"), [(5, 5), (20, 60)])
def test_where_all_pairs_agree_the_interval_is_newcombes(m: int, n: int) -> None:
    """Its end solves the defining equation of his method 5: (1 − x)² = z²V(x)."""
    data = data_of([(1 + i / 99, True, None) for i in range(m)] + [(-i / 99, False, None) for i in range(n)])
    found = area(data, data.curve()).interval(0.95)
    x, z = found.low, norm.ppf(0.975)
    assert x is not None
    assert (found.value, found.high) == (1.0, 1.0)
    variance = x * (1 - x) / (m * n) * (1 + ((m + n) / 2 - 1) * ((1 - x) / (2 - x) + x / (1 + x)))
    assert (1 - x) ** 2 == pytest.approx(z**2 * variance, rel=1e-9)


def counts(rng: np.random.Generator, a: float, b: float, cuts: Any, n: int, m: int) -> tuple[Array, Array]:
    right, wrong = cells(a, math.log(b), np.array(cuts))
    return rng.multinomial(n, right).astype(float), rng.multinomial(m, wrong).astype(float)


def test_the_cells_are_differences_of_the_binormal_curve() -> None:
    a, b, cuts = 1.2, 0.7, np.array([1.5, 0.4, -0.8])
    curve = bc.Binormal(a, 0.0, b).roc(cuts)
    for own, rate in zip(cells(a, math.log(b), cuts), (curve.tpr, curve.fpr), strict=True):
        assert np.cumsum(own)[:-1] == pytest.approx(rate, rel=1e-13)
        assert own.sum() == pytest.approx(1, rel=1e-14)


def test_far_tails_of_cells_keep_their_digits() -> None:
    _, wrong = cells(0.0, 0.0, np.array([12.0, 11.0]))
    assert wrong[:2] == pytest.approx([norm.sf(12), norm.sf(11) - norm.sf(12)], rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_with_equal_spreads_it_is_the_ordered_probit_of_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    right, wrong = counts(rng, 0.9, 1.0, [1.4, 0.6, -0.3], 150, 220)
    best = maximise(right, wrong, start=0.5, free=False)
    grade = np.repeat(np.tile(np.arange(4)[::-1], 2), np.concatenate([right, wrong]).astype(int))
    correct = np.repeat([1.0, 0.0], [int(right.sum()), int(wrong.sum())])
    model: Any = OrderedModel(grade, correct[:, None], distr="probit")
    # from near its maximum: how it gets there is not in question
    start = [best.separation, best.cuts[-1] + 0.1, *np.log(np.diff(best.cuts[::-1]))]
    fitted = model.fit(method="newton", disp=False, maxiter=100, start_params=start)
    thresholds = model.transform_threshold_params(fitted.params)[1:-1]
    assert best.separation == pytest.approx(fitted.params[0], abs=1e-5)
    assert best.cuts[::-1] == pytest.approx(thresholds, abs=1e-5)
    inverse = np.linalg.inv(best.information)
    # its standard error is that of the observed information, which differs from the expected one by chance
    assert math.sqrt(inverse[0, 0]) == pytest.approx(fitted.bse[0], rel=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_no_other_curve_is_more_likely(seed: int) -> None:
    rng = np.random.default_rng(seed)
    right, wrong = counts(rng, 1.1, 0.6, [1.7, 0.9, 0.1, -0.7], 120, 200)
    best = maximise(right, wrong, start=0.8)

    def loss(x: Array) -> float:
        cuts = x[2] - np.concatenate([[0.0], np.cumsum(np.exp(x[3:]))])
        own = cells(x[0], x[1], cuts)
        return -float(right @ np.log(own[0]) + wrong @ np.log(own[1]))

    found = minimize(loss, [0.5, 0.0, 1.0, 0.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-6})
    assert [best.separation, best.log_ratio, best.cuts[0]] == pytest.approx(found.x[:3], abs=2e-4)


def test_the_information_is_the_curvature_of_the_expected_likelihood_and_scores_are_its_slope() -> None:
    theta = np.array([1.1, -0.4, 1.7, 0.9, 0.1, -0.7])
    right, wrong = (size * own for size, own in zip((120, 200), cells(theta[0], theta[1], theta[2:]), strict=True))
    best = maximise(right, wrong, start=0.8)  # expected counts: the maximum is the truth
    assert [best.separation, best.log_ratio, *best.cuts] == pytest.approx(theta, abs=1e-6)

    def value(x: Any) -> float:
        own = cells(x[0], x[1], x[2:])
        return float(right @ np.log(own[0]) + wrong @ np.log(own[1]))

    def slope(x: Array) -> Array:
        return np.asarray(approx_fprime(x, value, 1e-6))

    step = 1e-3
    curvature = np.stack([(slope(theta + step * e) - slope(theta - step * e)) / (2 * step) for e in np.eye(6)])
    assert -curvature == pytest.approx(best.information, rel=1e-3, abs=0.05)
    rows = best.scores(np.stack([right, 2 * right]), np.stack([wrong, 2 * wrong]))
    assert rows == pytest.approx(np.zeros((2, 6)), abs=1e-3)


def test_two_categories_say_a_distance_and_no_ratio() -> None:
    right, wrong = np.array([[70.0, 30.0]]), np.array([[20.0, 80.0]])
    found = fit_binormal(np.array([1.0, 0.0]), right, wrong, clustered=False, level=0.9, start=0.5)
    assert found.separation.value == pytest.approx(norm.ppf(0.7) - norm.ppf(0.2), abs=1e-6)
    assert (found.ratio.value, found.ratio.level) == (1.0, None)
    # the delta method for two independent proportions
    variance = sum(p * (1 - p) / 100 / norm.pdf(norm.ppf(p)) ** 2 for p in (0.7, 0.2))
    half = ((found.separation.high or 0.0) - (found.separation.low or 0.0)) / 2
    assert half == pytest.approx(math.sqrt(variance) * student.ppf(0.95, 99), rel=1e-4)


@pytest.mark.parametrize("b", [0.6, 1.0, 1.5])
def test_many_answers_recover_the_curve_from_scores_of_any_scale(b: float) -> None:
    a, n, rng = 1.0, 20_000, np.random.default_rng(7)
    score = np.concatenate([a / b + rng.standard_normal(n) / b, rng.standard_normal(n)])
    frame = pd.DataFrame({"score": np.exp(score), "correct": np.repeat([True, False], n)})
    found = bc.survey(frame, level=0.9).binormal
    assert found is not None
    for estimate, truth in ((found.separation, a), (found.ratio, b), (found.area, float(bc.Binormal(a, 0, b).area))):
        assert estimate.low is not None
        assert estimate.high is not None
        error = (estimate.high - estimate.low) / 2 / norm.ppf(0.95)
        assert abs((estimate.value or 0.0) - truth) < 4 * error
    assert found.misfit.p is not None
    assert found.misfit.p > 1e-4
    # the judge at a threshold accepts as the truth does there
    rates = found.at(1.0).under(np.nan)
    expected = bc.Binormal(a, 0.0, b).under(np.nan)
    assert float(rates.t) == pytest.approx(float(expected.t), abs=4 * math.sqrt(0.25 / n) + 1 / 50)
    assert float(rates.f) == pytest.approx(float(expected.f), abs=4 * math.sqrt(0.25 / n) + 1 / 50)


def test_scores_that_no_normal_curves_make_are_called_a_misfit() -> None:
    rng = np.random.default_rng(3)
    n = 2_000
    # correct answers stand in the middle and on top of the wrong ones
    right = np.where(rng.random(n) < 0.5, rng.normal(0, 0.2, n), rng.normal(3, 0.2, n))
    frame = pd.DataFrame(
        {"score": np.concatenate([right, rng.normal(0, 1, n)]), "correct": np.repeat([True, False], n)}
    )
    found = bc.survey(frame)
    assert found.binormal is not None
    assert not found.binormal.fits
    assert any("does not fit" in note for note in found.notes)


def test_scores_that_do_not_overlap_have_no_binormal_curve() -> None:
    with pytest.raises(FitError, match="no finite maximum"):
        maximise(np.array([50.0, 0.0]), np.array([0.0, 50.0]), start=1.0)
