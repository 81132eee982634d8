"""Predictions: what they say, their document, and the promise of their intervals."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import boostcalc as bc
from boostcalc.errors import UsageError
from boostcalc.results import Estimate

NUMBER = {"value", "low", "high", "level"}


def numbers(document: Any) -> list[dict[str, Any]]:
    """Every estimated number in a document."""
    if isinstance(document, dict):
        if set(document) >= NUMBER:
            return [document]
        return [found for value in document.values() for found in numbers(value)]
    if isinstance(document, list):
        return [found for value in document for found in numbers(value)]
    return []


def test_the_textbook_document() -> None:
    document = json.loads(bc.Loop(tpr=0.8, fpr=0.1).predict(error=0.5, target=0.01).to_json())
    assert document["kind"] == "prediction"
    assert document["schema_version"] == 1
    assert document["likelihood_ratio"]["value"] == 8
    errors = [row["error"]["value"] for row in document["trajectory"]]
    np.testing.assert_allclose(errors, [1 / 2, 1 / 9, 1 / 65, 1 / 513], rtol=1e-14)
    assert document["rounds_to_target"]["value"] == 3
    assert document["limit"]["error"]["value"] == 0
    assert {row["error"]["value"]: row["multiplier"]["value"] for row in document["fixed_points"]} == pytest.approx(
        {0.0: 1 / 8, 1.0: 8.0}
    )
    assert all(number["level"] is None for number in numbers(document))


@pytest.mark.parametrize("rates", [(0.8, 0.0), (0.0, 0.0), (0.0, 0.3), (0.5, 0.5), (0.1, 0.9)])
def test_every_edge_has_a_document_without_nan(rates: tuple[float, float]) -> None:
    answer = bc.Loop(tpr=rates[0], fpr=rates[1]).predict(error=0.5)
    assert json.loads(answer.to_json())["status"] == answer.status
    assert answer.summary()


def test_counts_give_every_figure_an_interval_that_holds_it() -> None:
    answer = bc.Loop(tpr=bc.Counts(143, 150), fpr=bc.Counts(78, 150)).predict(error=bc.Counts(40, 100))
    for number in numbers(answer.to_dict()):
        assert number["level"] == 0.9
        assert number["low"] <= number["value"] <= number["high"]
    assert "of what the evidence allows" in answer.status


def test_a_known_start_stays_known_among_counts() -> None:
    answer = bc.Loop(tpr=bc.Counts(143, 150), fpr=0.2).predict(error=0.4)
    assert answer.inputs["error"] == Estimate(0.4, 0.4, 0.4)
    assert answer.inputs["fpr"].level is None
    assert answer.inputs["tpr"].level == 0.9


def test_more_evidence_narrows_the_interval_as_its_square_root() -> None:
    few, many = (
        bc.Loop(tpr=bc.Counts(80 * k, 100 * k), fpr=bc.Counts(40 * k, 100 * k)).predict().likelihood_ratio
        for k in (1, 16)
    )
    widths = [np.log((e.high or np.nan) / (e.low or np.nan)) for e in (few, many)]
    ratio = widths[0] / widths[1]
    assert ratio == pytest.approx(4, rel=0.05)


def test_the_interval_of_the_likelihood_ratio_is_near_an_independent_one() -> None:
    """statsmodels' score interval for a ratio of proportions (Koopman 1984) is made in quite another way."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    answer = bc.Loop(tpr=bc.Counts(143, 150), fpr=bc.Counts(78, 150)).predict(level=0.9).likelihood_ratio
    low, high = confint_proportions_2indep(143, 150, 78, 150, compare="ratio", method="score", alpha=0.1)
    assert answer.low == pytest.approx(low, rel=0.02)
    assert answer.high == pytest.approx(high, rel=0.02)


def test_a_seed_repeats_and_another_differs() -> None:
    loop = bc.Loop(tpr=bc.Counts(8, 10), fpr=bc.Counts(2, 10))
    assert loop.predict(rng=0).to_json() == loop.predict(rng=0).to_json()
    assert loop.predict(rng=0).to_json() != loop.predict(rng=1).to_json()


def test_no_wrong_answer_accepted_so_far_is_not_certainty() -> None:
    answer = bc.Loop(tpr=bc.Counts(80, 100), fpr=bc.Counts(0, 100)).predict()
    assert answer.likelihood_ratio.value is None
    assert answer.likelihood_ratio.low is not None
    assert answer.likelihood_ratio.low > 1
    assert answer.trajectory[1].error.high is not None
    assert answer.trajectory[1].error.high > 0


def test_the_chance_of_the_target_is_the_share_of_draws() -> None:
    """A judge about as likely better than blind as worse: the target is met in about half of what is possible."""
    answer = bc.Loop(tpr=bc.Counts(50, 100), fpr=bc.Counts(50, 100)).predict(target=0.4, error=0.5)
    assert abs(answer.probability_reached - 0.5) < 4 * np.sqrt(0.25 / 10_000)


def test_rows_listed_reach_the_target() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.4)
    assert len(loop.predict(target=0.01).trajectory) == 7 + 1
    assert len(loop.predict(target=0.4).trajectory) == 3 + 1
    assert len(bc.Loop(tpr=0.4, fpr=0.8).predict().trajectory) == 10 + 1
    assert len(loop.predict(rounds=0).trajectory) == 1


@pytest.mark.parametrize("wrong", [{"level": 0.0}, {"level": 1.0}, {"target": 0.0}, {"rounds": -1}, {"error": 1.5}])
def test_a_question_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        bc.Loop(tpr=0.8, fpr=0.1).predict(**wrong)


class TestEstimate:
    def test_unbounded_is_null_beside_a_level(self) -> None:
        drawn = Estimate.from_draws(3.0, [1.0, 2.0, 3.0, np.inf, np.inf], 0.9, whole=True)
        assert drawn == Estimate(3.0, 1.0, None, 0.9)

    def test_missing_draws_are_left_out(self) -> None:
        assert Estimate.from_draws(0.5, [np.nan, 0.4, 0.6], 0.9).to_dict()["low"] == pytest.approx(0.41)

    def test_what_does_not_exist_is_null(self) -> None:
        assert Estimate.exact(float("nan")) == Estimate(None, None, None, None)


def test_html_shows_the_verdict_as_text() -> None:
    html = bc.Loop(tpr=0.8, fpr=0.1).predict()._repr_html_()
    assert "It gets better" in html
    assert "<table" in html


def test_frame_has_a_row_a_round() -> None:
    frame = bc.Loop(tpr=bc.Counts(8, 10), fpr=0.1).predict().to_frame()
    assert list(frame["round"]) == list(range(len(frame)))
    assert (frame["error_low"].iloc[1:] <= frame["error"].iloc[1:]).all()
