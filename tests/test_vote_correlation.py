"""Correlated votes: SciPy's law, known truth, limits, and the evaluator that they are for."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.stats import betabinom, binom, chi2

import boostcalc as bc
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.evaluator.votes import VoteCounts, correlation_interval
from boostcalc.odds import Array


def beta(p: float, rho: float) -> tuple[float, float]:
    return p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho


def counts(votes: Array, votes_for: Array, cluster: NDArray[np.intp] | None = None) -> VoteCounts:
    own = np.zeros(votes.size, dtype=np.intp) if cluster is None else cluster
    return VoteCounts.of(votes, votes_for, np.ones(votes.size), own)


def drawn(rng: np.random.Generator, answers: int, p: float, rho: float, m: int = 5) -> tuple[Array, Array]:
    votes = np.full(answers, float(m))
    return votes, rng.binomial(m, rng.beta(*beta(p, rho), answers) if rho else p, answers).astype(float)


class TestLikelihood:
    @pytest.mark.parametrize(("p", "rho"), [(0.3, 0.2), (0.9, 0.7), (0.5, 1e-6)])
    def test_it_is_that_of_another_package(self, p: float, rho: float) -> None:
        """Differences, as the binomial coefficients are left out."""
        rng = np.random.default_rng(0)
        votes = rng.integers(1, 8, 40).astype(float)
        votes_for = np.floor(votes * rng.random(40))
        seen = counts(votes, votes_for)
        other = [float(np.sum(betabinom.logpmf(votes_for, votes, *beta(*point)))) for point in ((p, rho), (0.4, 0.3))]
        ours = seen.log_likelihood(p, rho) - seen.log_likelihood(0.4, 0.3)
        assert ours == pytest.approx(other[0] - other[1], rel=1e-8)

    def test_without_correlation_it_is_binomial(self) -> None:
        votes, votes_for = np.array([3.0, 5, 5]), np.array([1.0, 5, 2])
        seen = counts(votes, votes_for)
        other = np.sum(binom.logpmf(votes_for, votes, 0.6)) - np.sum(binom.logpmf(votes_for, votes, 0.5))
        assert seen.log_likelihood(0.6, 0.0) - seen.log_likelihood(0.5, 0.0) == pytest.approx(float(other))
        assert seen.mean(0.0) == pytest.approx(8 / 13)

    def test_the_scores_are_its_slopes(self) -> None:
        rng = np.random.default_rng(1)
        votes, votes_for = drawn(rng, 30, 0.7, 0.3)
        seen = counts(votes, votes_for, np.arange(30) % 4)
        p, rho, step = 0.6, 0.25, 1e-6
        found = seen.scores(p, rho).sum(axis=0)
        slopes = [
            (seen.log_likelihood(p + step, rho) - seen.log_likelihood(p - step, rho)) / (2 * step),
            (seen.log_likelihood(p, rho + step) - seen.log_likelihood(p, rho - step)) / (2 * step),
        ]
        np.testing.assert_allclose(found, slopes, rtol=1e-5)

    def test_the_interval_ends_where_the_profile_has_dropped(self) -> None:
        seen = counts(*drawn(np.random.default_rng(2), 200, 0.7, 0.3))
        found = correlation_interval([seen], 0.9, clustered=False)
        assert found.value is not None
        for end in (found.low, found.high):
            assert end is not None
            drop = 2 * (seen.profile(found.value) - seen.profile(end))
            assert drop == pytest.approx(chi2.ppf(0.9, 1), rel=1e-4)


class TestEstimate:
    def test_many_answers_recover_the_truth(self) -> None:
        rng = np.random.default_rng(3)
        found = correlation_interval([counts(*drawn(rng, 20_000, 0.8, 0.25))], 0.999, clustered=False)
        assert found.low is not None
        assert found.high is not None
        assert found.low < 0.25 < found.high
        assert found.high - found.low < 0.05

    def test_coverage(self) -> None:
        """150 answers of five votes, 300 times; four standard errors."""
        rng, size, level = np.random.default_rng(4), 300, 0.9
        hits = []
        for _ in range(size):
            found = correlation_interval([counts(*drawn(rng, 150, 0.7, 0.2))], level, clustered=False)
            hits.append((found.low or 0.0) <= 0.2 <= (found.high or 0.0))
        assert abs(np.mean(hits) - level) < 4 * np.sqrt(level * (1 - level) / size)

    def test_clusters_that_differ_widen_it(self) -> None:
        rng = np.random.default_rng(5)
        cluster = np.repeat(np.arange(20), 30)
        own = rng.beta(*beta(0.7, 0.3), 20)[cluster]
        votes = np.full(600, 5.0)
        votes_for = rng.binomial(5, rng.beta(own * 4, (1 - own) * 4)).astype(float)
        seen = counts(votes, votes_for, cluster)
        plain, wide = (correlation_interval([seen], 0.9, clustered=which) for which in (False, True))
        assert plain.value == wide.value
        assert (wide.high or 0) - (wide.low or 0) > 1.3 * ((plain.high or 0) - (plain.low or 0))

    def test_votes_that_scatter_less_than_chance_have_none(self) -> None:
        found = correlation_interval([counts(np.full(50, 4.0), np.full(50, 2.0))], 0.9, clustered=False)
        assert (found.value, found.low) == (0, 0)
        assert (found.high or 1) < 0.1

    def test_votes_that_always_agree_may_be_one_vote(self) -> None:
        found = correlation_interval([counts(np.full(40, 3.0), np.repeat([0.0, 3.0], 20))], 0.9, clustered=False)
        assert found.high == 1
        assert (found.value or 0) > 0.99


def log(rng: np.random.Generator, rhos: tuple[float, float], answers: int = 400) -> pd.DataFrame:
    parts = []
    for correct, p, rho in ((True, 0.8, rhos[0]), (False, 0.2, rhos[1])):
        votes, votes_for = drawn(rng, answers, p, rho)
        parts.append(pd.DataFrame({"correct": correct, "votes": votes, "votes_for": votes_for}))
    return pd.concat(parts, ignore_index=True)


class TestFromRuns:
    def test_a_log_gives_both_truths_and_what_they_share(self) -> None:
        found = bc.vote_correlation(log(np.random.default_rng(6), (0.3, 0.3)), level=0.99)
        for estimate in found.correlations.values():
            assert (estimate.low or 0) < 0.3 < (estimate.high or 0)
        assert found.p_value is not None
        assert found.p_value > 0.001
        widths = {name: (e.high or 0) - (e.low or 0) for name, e in found.correlations.items()}
        assert widths["common"] < min(widths["correct"], widths["wrong"])
        assert found.rates["tpr"] == pytest.approx(0.8, abs=0.05)

    def test_truths_that_differ_are_told_apart(self) -> None:
        found = bc.vote_correlation(log(np.random.default_rng(7), (0.05, 0.6)))
        assert found.p_value is not None
        assert found.p_value < 1e-6

    def test_it_is_the_correlation_of_the_voting_evaluator(self) -> None:
        """The share of answers that a majority of three accepts is the rate of `Votes` with it."""
        rng = np.random.default_rng(8)
        table = log(rng, (0.4, 0.4), answers=100_000)
        found = bc.vote_correlation(table)
        judge = found.votes(5)
        assert judge.correlation == found.correlation.value
        accepted = table[table["correct"]]["votes_for"] >= 3
        rate = float(judge.rates.t)
        assert abs(accepted.mean() - rate) < 0.002 + 4 * np.sqrt(rate * (1 - rate) / 100_000)

    def test_the_fit_of_an_evaluator_has_it(self) -> None:
        table = log(np.random.default_rng(9), (0.3, 0.3)).assign(accepted=lambda rows: rows["votes_for"] >= 3)
        found = bc.estimate_evaluator(table)
        assert found.votes == bc.vote_correlation(table).correlations
        assert "Correlation of two votes" in found.summary()
        assert bc.EvaluatorFit.from_dict(json.loads(found.to_json())).votes == found.votes

    def test_it_is_told(self) -> None:
        found = bc.vote_correlation(log(np.random.default_rng(10), (0.3, 0.3)))
        assert "agree more often" in found.status
        assert json.loads(found.to_json())["correlations"]["common"]["level"] == 0.9
        assert list(found.to_frame()["truth"]) == ["correct", "wrong", "common"]
        assert found.status in found.summary()
        assert isinstance(found.plot(), Axes)
        assert "may be independent" in bc.vote_correlation(log(np.random.default_rng(11), (0.0, 0.0))).status

    def test_refusals(self) -> None:
        with pytest.raises(DataError, match="no votes are logged"):
            bc.vote_correlation(pd.DataFrame({"correct": [True], "accepted": [True]}))
        with pytest.raises(DataError, match="has two votes"):
            bc.vote_correlation(pd.DataFrame({"correct": [True], "votes": [1], "votes_for": [1]}))
        with pytest.raises(UsageError, match="level"):
            bc.vote_correlation(log(np.random.default_rng(0), (0.1, 0.1), 5), level=2)
        one = bc.vote_correlation(pd.DataFrame({"correct": True, "votes": 3, "votes_for": [1, 3, 3, 0]}))
        assert one.p_value is None
        with pytest.raises(DataError, match="one rate alone"):
            one.votes(3)
        assert one.votes(3, evaluator=bc.Evaluator(0.8, 0.1)).m == 3
