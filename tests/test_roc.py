"""The ROC of scores: against brute force, SciPy, and scores whose truth is known."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, norm

import boostcalc as bc
from boostcalc.errors import DataError, UsageError

GRADED = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({correct for _, correct in rows}) == 2
)


@given(GRADED)
def test_each_threshold_accepts_what_scores_at_least_as_much(rows: list[tuple[int, bool]]) -> None:
    score, correct = (np.array(column) for column in zip(*rows, strict=True))
    curve = bc.roc(score, correct)
    assert curve.threshold.tolist() == sorted(set(score.tolist()), reverse=True)
    for i, threshold in enumerate(curve.threshold):
        passed = score >= threshold
        assert curve.tpr[i] == pytest.approx(passed[correct].mean(), rel=1e-15)
        assert curve.fpr[i] == pytest.approx(passed[~correct].mean(), rel=1e-15)
    wins = [(a > b) + (a == b) / 2 for a in score[correct] for b in score[~correct]]
    assert curve.auc == pytest.approx(np.mean(wins), rel=1e-14)
    statistic = mannwhitneyu(score[correct], score[~correct]).statistic
    assert curve.auc == pytest.approx(statistic / (correct.sum() * (~correct).sum()), rel=1e-14)


@given(GRADED)
def test_turning_the_scores_round_mirrors_the_area(rows: list[tuple[int, bool]]) -> None:
    score, correct = (np.array(column) for column in zip(*rows, strict=True))
    assert bc.roc(-score, correct).auc == pytest.approx(1 - bc.roc(score, correct).auc, abs=1e-15)
    assert bc.roc(np.exp(score), correct).auc == bc.roc(score, correct).auc


def test_the_area_is_that_under_the_curve() -> None:
    rng = np.random.default_rng(0)
    score, correct = rng.integers(0, 9, 300), rng.random(300) < 0.4
    curve = bc.roc(score, correct)
    across, up = (np.concatenate([[0.0], rate]) for rate in (curve.fpr, curve.tpr))
    assert curve.auc == pytest.approx(np.trapezoid(up, across), rel=1e-14)


def test_normal_scores_have_the_binormal_curve() -> None:
    rng, n = np.random.default_rng(1), 40_000
    correct = np.arange(2 * n) < n
    score = np.concatenate([rng.normal(1.5, 1.25, n), rng.normal(size=n)])
    judge = bc.Binormal(separation=1.5 / 1.25, threshold=0.7, ratio=1 / 1.25)
    seen, true = bc.roc(score, correct), judge.roc([0.7, -0.2])
    assert seen.auc == pytest.approx(true.auc, abs=4 * math.sqrt(true.auc * (1 - true.auc) / n))
    for i, threshold in enumerate((0.7, -0.2)):
        counted = seen.at(threshold).rates
        for share, rate in ((counted.t, true.tpr[i]), (counted.f, true.fpr[i])):
            assert float(share) == pytest.approx(rate, abs=4 * math.sqrt(rate * (1 - rate) / n))
    np.testing.assert_allclose(true.fpr, norm.sf([0.7, -0.2]), rtol=1e-13)
    np.testing.assert_allclose(true.likelihood_ratio, np.exp(true.log_lr), rtol=1e-13)


def test_the_binormal_curve_spans_everything_and_has_its_area() -> None:
    for judge in (bc.Binormal(1.2, 0.0, 0.6), bc.Binormal(-0.5, 0.0, 1.7)):
        curve = judge.roc()
        np.testing.assert_allclose([curve.tpr[0], curve.fpr[0]], 0, atol=1e-6)
        np.testing.assert_allclose([curve.tpr[-1], curve.fpr[-1]], 1, atol=1e-6)
        assert np.trapezoid(curve.tpr, curve.fpr) == pytest.approx(curve.auc, abs=2e-3)
    with pytest.raises(UsageError, match="one evaluator"):
        bc.Binormal(np.array([1.0, 2.0]), 0.0).roc()  # type: ignore[arg-type]


def test_a_threshold_makes_an_evaluator_of_counts() -> None:
    curve = bc.roc([0.9, 0.8, 0.8, 0.3], [1, 1, 0, 0])
    for threshold, kept, false in ((1.0, 0, 0), (0.9, 1, 0), (0.85, 1, 0), (0.8, 2, 1), (0.0, 2, 2)):
        judge = curve.at(threshold)
        assert (judge.tpr, judge.fpr) == (bc.Counts(kept, 2), bc.Counts(false, 2))
    with pytest.raises(UsageError, match="threshold"):
        curve.at(np.nan)


def test_the_table_the_document_and_the_figure() -> None:
    curve = bc.roc([np.inf, 0.8, 0.8, -np.inf], [1, 1, 0, 0])
    frame = curve.to_frame()
    assert frame.accepted_correct.tolist() == [1, 2, 2]
    assert frame.likelihood_ratio.tolist() == [np.inf, 2.0, 1.0]
    document = json.loads(curve.to_json())
    assert document["thresholds"][0]["likelihood_ratio"] is None
    assert document["auc"] == 0.875
    assert "area under the curve 0.875" in curve.summary()
    [line] = [drawn for drawn in curve.plot().lines if len(drawn.get_xdata()) == 4]  # type: ignore[arg-type]
    np.testing.assert_array_equal(line.get_xdata(), [0, 0, 0.5, 1])
    np.testing.assert_array_equal(line.get_ydata(), [0, 0.5, 1, 1])


@pytest.mark.parametrize(
    ("scores", "correct", "error", "why"),
    [
        ([1.0, 2.0], [True], UsageError, "do not match"),
        ([1.0, 2.0], [0, 2], UsageError, "true and false"),
        ([1.0, np.nan], [True, False], DataError, "1 scores are not numbers"),
        ([1.0, 2.0], [True, True], DataError, "one of the two is missing"),
        ([1.0, 2.0], [False, False], DataError, "one of the two is missing"),
    ],
)
def test_what_is_no_graded_log_is_named(scores: Any, correct: Any, error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=why):
        bc.roc(scores, correct)


def test_the_evidence_of_each_threshold_is_the_ratio_of_its_rates() -> None:
    curve = bc.roc([0.9, 0.8, 0.7, 0.8, 0.3, 0.2], [True, True, True, False, False, False])
    np.testing.assert_allclose(curve.tpr, [1 / 3, 2 / 3, 1, 1, 1])
    np.testing.assert_allclose(curve.log_lr[1:], np.log(curve.tpr[1:] / curve.fpr[1:]), atol=1e-15)
    assert np.isposinf(curve.log_lr[0])
