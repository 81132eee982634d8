"""Votes: against enumeration and 50-digit arithmetic, their identities, and the answers at the edges."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import boostcalc as bc
from boostcalc.dynamics import Evaluator, Rates, Votes
from boostcalc.errors import UsageError
from tests.reference.exact_votes import tail

RULE = 1e-12
RATE = st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=50)
SHARE = st.fractions(0, Fraction(9, 10), max_denominator=20)


def magnitude(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log(low), math.log(high)).map(math.exp)


extremes = st.one_of(st.floats(0.01, 1), magnitude(1e-300, 0.5), magnitude(2.0**-53, 0.5).map(lambda gap: 1 - gap))


def votes(t: Any, f: Any, m: int, needed: int | None = None, correlation: float = 0.0) -> Rates:
    return Votes(Evaluator(t, f), m, needed, correlation).rates


@given(RATE, RATE, st.integers(1, 7), st.integers(1, 7), SHARE)
def test_rates_are_those_of_the_enumerated_votes(t: Fraction, f: Fraction, m: int, k: int, rho: Fraction) -> None:
    assume(k <= m)
    t, f, rho = (Fraction(float(value)) for value in (t, f, rho))
    exact = [tail(rate, m, k, rho) for rate in (t, f)]
    found = votes(float(t), float(f), m, k, float(rho))
    np.testing.assert_allclose([found.t, found.f], [float(value) for value in exact], rtol=RULE)
    np.testing.assert_allclose(found.rejection, [float(1 - value) for value in exact], rtol=RULE)


def exact_tails(rate: float, m: int, needed: int, rho: float) -> tuple[Any, Any]:
    """P(accept), P(reject) as sums of the beta-binomial law by its rising factorials."""
    p, theta = mpmath.mpf(rate), mpmath.mpf(rho) / (1 - mpmath.mpf(rho))
    wrong, right, both = [mpmath.mpf(1)], [mpmath.mpf(1)], [mpmath.mpf(1)]
    for i in range(m):
        for sums, start in ((right, p), (wrong, 1 - p), (both, 1)):
            sums.append(sums[-1] * (start + i * theta))
    law = [mpmath.binomial(m, j) * right[j] * wrong[m - j] / both[m] for j in range(m + 1)]
    return mpmath.fsum(law[needed:]), mpmath.fsum(law[:needed])


@given(
    t=extremes,
    f=extremes,
    apart=st.one_of(st.none(), magnitude(1e-12, 0.5)),
    m=st.integers(1, 101),
    share=st.floats(0, 1),
    rho=st.one_of(st.just(0.0), st.floats(0, 0.99), magnitude(1e-12, 1e-2), magnitude(1e-12, 0.1).map(lambda x: 1 - x)),
)
@example(t=0.8, f=0.8, apart=1e-12, m=101, share=0.5, rho=0.0)
@example(t=0.8, f=0.8, apart=1e-12, m=100, share=0.5, rho=0.3)
@example(t=1 - 2.0**-53, f=2.0**-53, apart=None, m=101, share=0.5, rho=0.0)
@example(t=0.99, f=0.95, apart=None, m=101, share=0.5, rho=0.0)
@example(t=1e-300, f=0.5, apart=1e-12, m=3, share=0.0, rho=0.0)
def test_full_precision_also_in_the_tails_and_next_to_a_tie(
    t: float, f: float, apart: float | None, m: int, share: float, rho: float
) -> None:
    t = t if apart is None else f * (1 - apart)
    assume(t != f)
    k = max(1, round(share * m))
    found = votes(t, f, m, k, rho)
    with mpmath.workdps(700):
        (accept, reject), (false, kept) = exact_tails(t, m, k, rho), exact_tails(f, m, k, rho)
        wanted = (accept, false, reject, kept, mpmath.log1p((accept - false) / false))
        for computed, true in zip((found.t, found.f, *found.rejection, found.log_lr), wanted, strict=True):
            if abs(true) > 1e-300:
                assert abs(mpmath.mpf(float(computed)) - true) <= RULE * abs(true)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(1, 101))
def test_unanimity_multiplies_the_evidence(t: float, f: float, m: int) -> None:
    found = votes(t, f, m, m)
    assert found.log_lr == m * Evaluator(t, f).log_lr
    np.testing.assert_allclose([found.t, found.f], [t**m, f**m], rtol=RULE)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(1, 50), st.floats(0, 0.95))
def test_accepting_and_refusing_mirror_each_other(t: float, f: float, m: int, rho: float) -> None:
    """At least k of m accept exactly if fewer than m − k + 1 refuse."""
    k = 1 + m // 3
    accepted, refused = votes(t, f, m, k, rho), votes(1 - t, 1 - f, m, m - k + 1, rho)
    # 1 − t is rounded before it votes
    np.testing.assert_allclose([accepted.t, accepted.f], refused.rejection, rtol=1e-11)
    np.testing.assert_allclose(accepted.rejection, [refused.t, refused.f], rtol=1e-11)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(1, 30), st.floats(0, 0.95))
def test_swapping_the_rates_turns_the_evidence_round(t: float, f: float, m: int, rho: float) -> None:
    one, other = votes(t, f, m, None, rho).log_lr, votes(f, t, m, None, rho).log_lr
    np.testing.assert_allclose(one, -other, rtol=1e-13)


def test_correlation_leads_from_the_binomial_tail_to_a_single_vote() -> None:
    rhos = [0.0, 1e-9, 0.2, 0.6, 1 - 1e-12]
    tails = [float(votes(0.8, 0.1, 5, None, rho).t) for rho in rhos]
    assert tails[0] == pytest.approx(0.94208, rel=1e-14)  # 10·0.8³·0.2² + 5·0.8⁴·0.2 + 0.8⁵
    assert tails[1] == pytest.approx(tails[0], rel=1e-8)
    assert (np.diff(tails) < 0).all()
    assert tails[-1] == pytest.approx(0.8, rel=1e-11)


def test_the_correlation_is_that_of_two_votes() -> None:
    """Var of a sum of m votes is m·p·q·(1 + (m − 1)ρ)."""
    m, p, rho = 9, 0.3, 0.25
    tails = [1.0, *(float(votes(p, 0.5, m, k, rho).t) for k in range(1, m + 1)), 0.0]
    law, j = -np.diff(tails), np.arange(m + 1)
    assert law @ j == pytest.approx(m * p, rel=1e-12)
    assert law @ (j - m * p) ** 2 == pytest.approx(m * p * (1 - p) * (1 + (m - 1) * rho), rel=1e-12)


@pytest.mark.parametrize(("m", "majority"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_the_majority_is_more_than_half(m: int, majority: int) -> None:
    assert Votes(Evaluator(0.8, 0.1), m).needed == majority


@pytest.mark.parametrize("rho", [0.0, 0.3])
@pytest.mark.parametrize("k", [1, 2, 3])
class TestEdges:
    def test_rates_of_0_and_1_stay(self, k: int, rho: float) -> None:
        found = votes(1.0, 0.0, 3, k, rho)
        np.testing.assert_array_equal([found.t, found.f, found.log_lr], [1, 0, np.inf])
        assert votes(0.0, 0.4, 3, k, rho).log_lr == -np.inf
        nothing = votes(0.0, 0.0, 3, k, rho)
        np.testing.assert_array_equal([nothing.t, nothing.f, nothing.log_lr], [0, 0, np.nan])

    def test_equal_rates_carry_no_evidence(self, k: int, rho: float) -> None:
        found = votes(0.3, 0.3, 3, k, rho)
        assert found.log_lr == 0
        assert found.t == found.f


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"m": 0}, "m = 0"),
        ({"m": 2.5}, "m = 2.5"),
        ({"m": 1001}, "from 1 to 1000"),
        ({"m": True}, "m = True"),
        ({"m": 3, "needed": 0}, "needed = 0"),
        ({"m": 3, "needed": 4}, "from 1 to 3"),
        ({"m": 3, "correlation": -0.1}, "correlation = -0.1"),
        ({"m": 3, "correlation": 1.0}, "one vote"),
        ({"m": 3, "correlation": np.nan}, "correlation = nan"),
    ],
)
def test_what_is_no_vote_is_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Votes(Evaluator(0.8, 0.1), **wrong)


def test_votes_of_votes_keep_their_precision() -> None:
    """The majority of three majorities, where 1 − t is far below the rounding of t."""
    inner = Votes(bc.Binormal(separation=1.0, threshold=-8.0), 3)
    found = Votes(inner, 3).rates
    with mpmath.workdps(60):
        missed = [mpmath.ncdf(mpmath.mpf(z)) for z in (-9, -8)]
        for _ in range(2):
            missed = [3 * q**2 - 2 * q**3 for q in missed]
        wanted = mpmath.log1p(-missed[0]) - mpmath.log1p(-missed[1])
        for computed, true in zip((*found.rejection, found.log_lr), (*missed, wanted), strict=True):
            assert abs(mpmath.mpf(float(computed)) - true) <= RULE * true


def test_votes_drift_as_their_evaluator_does() -> None:
    judge = bc.Drifting(tpr=0.9, fpr=0.2, tpr_wrong=0.4, fpr_wrong=0.6)
    many, y = Votes(judge, 5, correlation=0.1), np.array([-np.inf, -1.0, 0.5, np.inf])
    found, one = many.under(y), judge.under(y)
    assert many.drifts
    for i in range(4):
        np.testing.assert_allclose(found.log_lr[i], votes(one.t[i], one.f[i], 5, None, 0.1).log_lr, rtol=1e-11)


def test_a_batch_of_votes_is_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boostcalc.dynamics.evaluators.votes.AT_ONCE", 12)  # three pieces
    t, f = np.array([0.9, 0.5, 0.1]), np.array([[0.2], [0.5], [0.0]])
    many = Votes(Evaluator(t, f), 3, correlation=0.2)
    assert many.shape == (3, 3)
    for i, j in np.ndindex(3, 3):
        one = votes(t[j], f[i, 0], 3, None, 0.2)
        assert many.rates.t[i, j] == one.t
        np.testing.assert_array_equal(many.rates.log_lr[i, j], one.log_lr)
    assert many.ravel((3, 3)).take(np.array([4])).rates.log_lr == many.rates.log_lr[1, 1]


def test_counts_of_one_vote_give_intervals_of_all() -> None:
    judge = Votes(Evaluator(bc.Counts(80, 100), bc.Counts(10, 100)), 3)
    drawn = judge.sample(np.random.default_rng(0), 4000).rates
    assert judge.uncertain
    t = np.random.default_rng(0).beta(80.5, 20.5, 4000)
    np.testing.assert_allclose(drawn.t, 3 * t**2 - 2 * t**3, rtol=1e-12)
    interval = bc.Loop(evaluator=judge).predict(error=0.4).likelihood_ratio
    assert interval.low is not None
    assert interval.low < (3 * 0.8**2 - 2 * 0.8**3) / (3 * 0.1**2 - 2 * 0.1**3)


@pytest.mark.parametrize("correlation", [0.0, 0.3])
@pytest.mark.parametrize("threshold", [37.6, 40.0, -40.0])
def test_rates_below_the_least_double_raise_no_warning(threshold: float, correlation: float) -> None:
    judge = bc.Binormal(separation=-1.0, threshold=threshold)
    found = Votes(judge, 3, correlation=correlation).rates
    rare = threshold > 0
    np.testing.assert_allclose([found.t, found.f], 0.0 if rare else 1.0, rtol=0, atol=1e-300)
    if rare and not correlation:  # two of three votes: the square of one vote's ratio
        np.testing.assert_allclose(found.log_lr, 2 * judge.under(0.0).log_lr, rtol=RULE)
