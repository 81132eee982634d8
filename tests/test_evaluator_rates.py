"""Intervals of the evaluator's rates: against statsmodels, direct maximisation, exact enumeration and simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.stats import binom
from scipy.stats import t as student
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, test_proportions_2indep

from boostcalc.fitting.evaluator.design import LEAST, Source, design_effect
from boostcalc.fitting.evaluator.intervals import difference_interval, error_interval, rate_interval, ratio_interval
from boostcalc.fitting.evaluator.rates import effective, ratio_estimate, youden_estimate
from boostcalc.fitting.evaluator.score import constrained_rates, normal_quantile, signed_score

score_test = test_proportions_2indep
score_test.__test__ = False  # a function of statsmodels, not a test

PAIRS = [(8, 10, 3, 12), (80, 100, 10, 100), (0, 10, 3, 12), (10, 10, 3, 12), (50, 60, 49, 60), (1, 200, 3, 90)]


def source(successes: ArrayLike, trials: ArrayLike) -> Source:
    return Source(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))


class TestScore:
    @pytest.mark.parametrize("pair", PAIRS)
    @pytest.mark.parametrize("ratio", [0.3, 1.0, 4.0])
    def test_a_ratio_is_tested_as_statsmodels_does(self, pair: tuple[int, ...], ratio: float) -> None:
        k1, n1, k2, n2 = pair
        with np.errstate(divide="ignore"):  # of an odds ratio that it reports beside
            other = score_test(k1, n1, k2, n2, value=ratio, method="score", compare="ratio", correction=False)
        found = signed_score([k1, k2], [n1, n2], [1.0, -ratio])
        assert float(found) == pytest.approx(float(other.statistic), rel=1e-6, abs=1e-9)

    @pytest.mark.parametrize("pair", PAIRS)
    def test_the_rates_under_a_difference_are_the_most_likely_ones(self, pair: tuple[int, ...]) -> None:
        k1, n1, k2, n2 = pair
        gap = 0.1

        def loss(q: float) -> float:
            return -float(binom.logpmf(k1, n1, q + gap) + binom.logpmf(k2, n2, q))

        best = minimize_scalar(loss, bounds=(1e-9, 0.9 - 1e-9), method="bounded", options={"xatol": 1e-10})
        rates, _ = constrained_rates([k1, k2], [n1, n2], [1.0, -1.0], gap)
        assert rates[0] - rates[1] == pytest.approx(gap)
        assert loss(float(np.clip(rates[1], 1e-12, 1))) == pytest.approx(best.fun, rel=1e-9)

    def test_one_rate_is_tested_as_wilson_does(self) -> None:
        k, n, p = np.array([[3.0, 40.0, 0.0]]), np.array([[20.0, 50.0, 30.0]]), np.array([0.2, 0.7, 0.05])
        plain = (k[0] / n[0] - p) / np.sqrt(p * (1 - p) / n[0])
        np.testing.assert_allclose(signed_score(k, n, np.ones_like(k), p), plain, rtol=1e-9)

    def test_what_is_observed_is_not_refused(self) -> None:
        weights = np.array([0.3, 0.7, -1.0])
        assert signed_score([60, 20, 90], [100, 50, 200], weights, weights @ [0.6, 0.4, 0.45]) == pytest.approx(0)


class TestIntervals:
    @pytest.mark.parametrize("pair", PAIRS)
    @pytest.mark.parametrize("level", [0.9, 0.95])
    def test_a_ratio_has_the_ends_that_statsmodels_finds(self, pair: tuple[int, ...], level: float) -> None:
        k1, n1, k2, n2 = pair
        other = confint_proportions_2indep(
            k1, n1, k2, n2, alpha=1 - level, method="score", compare="ratio", correction=False
        )
        np.testing.assert_allclose(ratio_interval([k1, k2], [n1, n2], level), other, rtol=1e-5, atol=1e-9)

    def test_a_rate_is_that_of_statsmodels_within_its_range(self) -> None:
        k, n = np.array([0.0, 1, 15, 29.5, 30]), 30.0
        low, high = proportion_confint(k, np.full(5, n), alpha=0.1, method="agresti_coull")
        found = rate_interval(k, n, 0.9)
        np.testing.assert_allclose(found[0], [0, *np.maximum(low[1:], 0)])
        np.testing.assert_allclose(found[1], [*np.minimum(high[:-1], 1), 1])

    def test_ratios_and_differences_of_swapped_rates_are_mirrored(self) -> None:
        low, high = ratio_interval([[8, 3], [3, 8]], [[10, 12], [12, 10]], 0.9)
        np.testing.assert_allclose(low, 1 / high[::-1], rtol=1e-9)
        low, high = difference_interval([[8, 3], [3, 8]], [[10, 12], [12, 10]], 0.9)
        np.testing.assert_allclose(low, -high[::-1], rtol=1e-9)

    def test_ends_that_do_not_exist(self) -> None:
        assert ratio_interval([3, 0], [10, 12], 0.9)[1] == np.inf
        assert ratio_interval([0, 3], [10, 12], 0.9)[0] == 0
        assert [float(end) for end in ratio_interval([0, 0], [10, 12], 0.9)] == [0, np.inf]
        assert difference_interval([10, 0], [10, 12], 0.9)[1] == 1

    @pytest.mark.parametrize("level", [0.9, 0.95])
    @pytest.mark.parametrize("n", [30, 60])
    def test_coverage_by_enumeration(self, n: int, level: float) -> None:
        """All outcomes of n correct and n wrong answers, each with its probability: no simulation."""
        k = np.arange(n + 1)
        both = np.stack([grid.ravel() for grid in np.meshgrid(k, k, indexing="ij")]).astype(float)
        ratio, gap = ratio_interval(both, n, level), difference_interval(both, n, level)
        plain = rate_interval(k, n, level)
        rates = np.arange(1, 10) / 10
        held: dict[str, list[float]] = {"rate": [], "ratio": [], "difference": []}
        for t in rates:
            held["rate"].append(float(binom.pmf(k, n, t)[(plain[0] <= t) & (t <= plain[1])].sum()))
        for t, f in itertools.product(rates, rates):
            mass = binom.pmf(both[0], n, t) * binom.pmf(both[1], n, f)
            held["ratio"].append(float(mass[(ratio[0] <= t / f) & (t / f <= ratio[1])].sum()))
            held["difference"].append(float(mass[(gap[0] <= t - f) & (t - f <= gap[1])].sum()))
        for covered in held.values():
            assert abs(np.mean(covered) - level) < 0.015
            assert min(covered) > level - 0.05

    def test_an_error_solves_fieller_where_counts_are_large(self) -> None:
        """(t − a − e(t − f))² = z²(V_a + (1 − e)²V_t + e²V_f) is quadratic in e (Fieller 1954)."""
        k, n = np.array([80_000.0, 20_000, 350_000]), np.array([100_000.0, 100_000, 700_000])
        t, f, a = k / n
        v_t, v_f, v_a = k / n * (1 - k / n) / n
        z2 = normal_quantile(0.95) ** 2
        square = (t - f) ** 2 - z2 * (v_t + v_f)
        linear = -2 * (t - a) * (t - f) + 2 * z2 * v_t
        ends = np.sort(np.roots([square, linear, (t - a) ** 2 - z2 * (v_a + v_t)]))
        found = error_interval(k, n, 0.95)
        np.testing.assert_allclose(found, ends, atol=0.002 * (ends[1] - ends[0]))

    def test_an_error_that_the_rates_do_not_allow_is_the_end_of_its_range(self) -> None:
        low, high = error_interval([10, 10, 95], [100, 100, 100], 0.95)
        assert low == high
        assert [float(end) for end in error_interval([50, 51, 50], [100, 100, 100], 0.95)] == [0, 1]


class TestDesign:
    def test_equal_clusters_have_the_variance_between_them(self) -> None:
        k, n = np.array([3.0, 9, 5, 8, 0, 10, 7, 2]), np.full(8, 10.0)
        effect = float(design_effect([source(k, n)], [np.ones(())], 0.9))
        p, squares = k.sum() / 80, (k / 10 - k.sum() / 80) ** 2
        variance = squares.sum() / 7 / 8
        scatter = ((squares - squares.mean()) ** 2).sum() * 8 / 7
        df = min(7, 2 * squares.sum() ** 2 / scatter)
        quantile = student.ppf(0.95, df) / normal_quantile(0.9)
        assert effect == pytest.approx(variance / (p * (1 - p) / 80) * quantile**2)

    def test_leaving_a_cluster_out_moves_the_rate_by_its_deviation(self) -> None:
        rng = np.random.default_rng(1)
        n = rng.integers(1, 30, 6).astype(float)
        k = np.floor(n * rng.random(6))
        one = source(k, n)
        without = [(k.sum() - k[i]) / (n.sum() - n[i]) for i in range(6)]
        np.testing.assert_allclose(one.rate - without, one.deviation, atol=1e-15)

    def test_rates_that_vary_together_leave_their_ratio(self) -> None:
        rng = np.random.default_rng(2)
        shared = rng.uniform(0.2, 0.9, 60)
        n = np.full(60, 200.0)
        correct, wrong = source(np.round(n * shared), n), source(np.round(n * shared / 2), n)
        alone = design_effect([correct], [np.ones(())], 0.9)
        ratio = design_effect([correct, wrong], [1 / correct.rate, -1 / wrong.rate], 0.9)
        assert float(alone) > 10
        assert float(ratio) == LEAST

    def test_fewer_than_three_clusters_tell_nothing(self) -> None:
        counts = effective(source(np.array([9.0, 1.0]), np.array([10.0, 10.0])), 0.9)
        assert counts is not None
        assert (counts.successes, counts.trials) == (10, 20)

    @pytest.mark.parametrize("correlation", [0.0, 0.2])
    def test_clustered_coverage(self, correlation: float) -> None:
        """Forty clusters of unequal size, beta-binomial: rate, ratio and difference hold the truth as often as said."""
        rng, level, size, t, f = np.random.default_rng(3), 0.9, 2_000, 0.8, 0.3
        strength = (1 - correlation) / correlation if correlation else 0.0
        sources = []
        for rate in (t, f):
            shape = (40, size)
            own = rng.beta(rate * strength, (1 - rate) * strength, shape) if correlation else np.full(shape, rate)
            n = rng.integers(5, 36, shape)
            sources.append(source(rng.binomial(n, own), n))
        total = np.stack([one.total for one in sources])
        rates = np.stack([one.rate for one in sources])
        cases = (
            (rate_interval, t, [sources[0]], [1.0]),
            (ratio_interval, t / f, sources, [1 / rates[0], -1 / rates[1]]),
            (difference_interval, t - f, sources, [1.0, -1.0]),
        )
        for interval, truth, used, slopes in cases:
            effect = design_effect(used, [np.asarray(slope) for slope in slopes], level)
            trials = total[: len(used)] / effect
            k = rates[: len(used)] * trials
            low, high = interval(k[0], trials[0], level) if len(used) == 1 else interval(k, trials, level)
            covered = float(np.mean((low <= truth) & (truth <= high)))
            assert abs(covered - level) < 0.025 + 4 * np.sqrt(level * (1 - level) / size)


def test_estimates_of_degenerate_counts() -> None:
    right, wrong = source(np.array([30.0]), np.array([40.0])), source(np.array([0.0]), np.array([40.0]))
    ratio = ratio_estimate(right, wrong, 0.95)
    assert (ratio.value, ratio.high) == (None, None)
    assert ratio.low is not None
    assert ratio.low > 5
    empty = source(np.array([0.0]), np.array([0.0]))
    assert ratio_estimate(right, empty, 0.95).level is None
    gap = youden_estimate(right, wrong, 0.95)
    assert gap.value == 0.75
