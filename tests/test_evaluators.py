"""Evaluators that drift or grade: 50-digit arithmetic, the ROC curve, and one form read back from another."""

from __future__ import annotations

import json
import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import boostcalc as bc
from boostcalc.dynamics import EVALUATORS, BaseEvaluator, Binormal, Drifting, Evaluator, Rates, Votes
from boostcalc.dynamics import evaluator_from_dict as read
from boostcalc.errors import PartError, UsageError

RULE = 1e-12


def magnitude(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log(low), math.log(high)).map(math.exp)


inner = st.one_of(st.floats(0.01, 0.99), magnitude(1e-12, 0.5), magnitude(1e-12, 0.5).map(lambda gap: 1 - gap))
nearby = st.one_of(st.just(0.0), magnitude(1e-12, 1e-2), magnitude(1e-12, 1e-2).map(lambda x: -x))


def close(computed: Any, true: Any, slack: float = 1.0) -> None:
    assert abs(mpmath.mpf(float(computed)) - true) <= RULE * slack * abs(true)


@given(
    st.tuples(inner, inner, inner, inner), nearby, nearby, st.one_of(st.floats(-40, 40), st.sampled_from([-1e3, 1e3]))
)
@example((0.6, 0.6, 0.5, 0.5), 1e-12, -1e-12, 0.3)
@example((1 - 1e-9, 1 - 1e-5, 0.5, 0.5), 0.0, 0.0, -40.0)
def test_drifting_rates_and_their_slope(
    four: tuple[float, float, float, float], clean: float, soiled: float, y: float
) -> None:
    """Relative to what conditions it: rounding of the two log-ratios whose mixture Λ is, where they cancel."""
    t0, f0, t1, f1 = four
    f0, f1 = (t0 * (1 + clean) if clean else f0), (t1 * (1 + soiled) if soiled else f1)
    assume(max(f0, f1) < 1)
    judge = Drifting(t0, f0, t1, f1)
    found = judge.under(y)
    with mpmath.workdps(60):
        wrong, right = 1 / (1 + mpmath.exp(-mpmath.mpf(y))), 1 / (1 + mpmath.exp(mpmath.mpf(y)))
        odds = {p: mpmath.log(mpmath.mpf(p) / (1 - mpmath.mpf(p))) for p in (t0, f0, t1, f1)}
        t, f = right * odds[t0] + wrong * odds[t1], right * odds[f0] + wrong * odds[f1]
        shares = [1 / (1 + mpmath.exp(-x)) for x in (t, f, -t, -f)]
        for computed, true in zip((found.t, found.f, *found.rejection), shares, strict=True):
            close(computed, true)
        if abs(t - f) > 1e-290:
            parts = abs(right * (odds[t0] - odds[f0])) + abs(wrong * (odds[t1] - odds[f1]))
            close(found.log_lr, mpmath.log(shares[0]) - mpmath.log(shares[1]), max(1.0, float(parts / abs(t - f))))
        correct, false = shares[2] * (odds[t1] - odds[t0]), shares[3] * (odds[f1] - odds[f0])
        slope = wrong * right * (correct - false)
        size = wrong * right * (abs(correct) + abs(false))
        assert abs(mpmath.mpf(float(judge.slope(y))) - slope) <= RULE * size + 1e-300


@pytest.mark.parametrize("wrong", [{"tpr": 1.0}, {"fpr_wrong": 0.0}, {"fpr": 1.5}])
def test_rates_that_cannot_drift_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(PartError, match="drifting"):
        Drifting(**{"tpr": 0.9, "fpr": 0.2, "tpr_wrong": 0.5, "fpr_wrong": 0.4, **wrong})


class TestBinormal:
    @given(
        st.one_of(st.floats(-6, 6), magnitude(1e-12, 1), magnitude(1e-12, 1).map(lambda a: -a)),
        st.floats(-35, 35),
        st.one_of(st.just(1.0), st.floats(0.5, 2)),
    )
    @example(0.9, -34.0, 1.0)
    @example(1e-12, 30.0, 1.0)
    def test_both_tails_and_their_ratio(self, separation: float, threshold: float, ratio: float) -> None:
        found = Binormal(separation, threshold, ratio).under(0.0)
        with mpmath.workdps(60):
            a, b, theta = (mpmath.mpf(value) for value in (separation, ratio, threshold))
            assume(abs(a - b * theta) < 36)
            tails = [mpmath.erfc(-z / mpmath.sqrt(2)) / 2 for z in (a - b * theta, -theta, b * theta - a, theta)]
            for computed, true in zip((found.t, found.f, *found.rejection), tails, strict=True):
                close(computed, true)
            apart = a + (1 - b) * theta
            if abs(apart) > 1e-30:
                t, f, t_rest, f_rest = tails
                true = mpmath.log1p(-t_rest) - mpmath.log1p(-f_rest) if t > 0.5 else mpmath.log(t) - mpmath.log(f)
                if abs(true) > 1e-290:
                    close(found.log_lr, true, float((abs(a) + abs((1 - b) * theta)) / abs(apart)))

    def test_the_curve_is_straight_on_normal_paper(self) -> None:
        """Φ⁻¹(t) = a + b·Φ⁻¹(f), with b the ratio of the standard deviations."""
        from scipy.special import ndtri

        rates = Binormal(separation=1.5, threshold=np.linspace(-2, 2, 9), ratio=0.7).under(0.0)  # type: ignore[arg-type]
        np.testing.assert_allclose(ndtri(rates.t), 1.5 + 0.7 * ndtri(rates.f), rtol=1e-12)

    def test_drawn_scores_have_its_rates_and_its_area(self) -> None:
        rng, n = np.random.default_rng(0), 200_000
        judge = Binormal(separation=1.2, threshold=0.4, ratio=0.8)
        wrong, right = rng.normal(size=n), rng.normal(1.2 / 0.8, 1 / 0.8, size=n)
        rates = judge.under(0.0)
        for sample, rate in ((right, rates.t), (wrong, rates.f)):
            assert (sample >= 0.4).mean() == pytest.approx(float(rate), abs=4 * float(np.sqrt(rate * (1 - rate) / n)))
        area = float(judge.area)
        assert (right > wrong).mean() == pytest.approx(area, abs=4 * math.sqrt(area * (1 - area) / n))

    def test_a_ratio_of_nothing_is_refused(self) -> None:
        with pytest.raises(PartError, match="ratio = 0"):
            Binormal(separation=1.0, threshold=0.0, ratio=0.0)


@given(
    st.tuples(*[st.floats(0.01, 0.99)] * 4), st.floats(-3, 3), st.floats(-3, 3), st.integers(1, 9), st.floats(0, 0.9)
)
def test_one_form_reads_back_from_another(
    four: tuple[float, float, float, float], separation: float, threshold: float, m: int, rho: float
) -> None:
    for part in (Drifting(*four), Binormal(separation, threshold, four[0])):
        assert EVALUATORS.parse(str(part)) == part
        assert EVALUATORS.from_dict(part.to_dict()) == part
        votes = Votes(Votes(part, 3), m, correlation=rho)
        again = read(json.loads(json.dumps(votes.to_dict())))
        assert again.to_dict() == votes.to_dict()
        same_rates(again, votes)
    same_rates(read(Evaluator(*four[:2]).to_dict()), Evaluator(*four[:2]))


def same_rates(one: BaseEvaluator, other: BaseEvaluator) -> None:
    first, second = one.under(0.3), other.under(0.3)
    assert isinstance(first, Rates)
    assert (float(first.t), float(first.f), float(first.log_lr)) == (
        float(second.t),
        float(second.f),
        float(second.log_lr),
    )


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"family": "constant"}, "written"),
        ({"family": "votes", "parameters": {"m": 3}}, "written"),
        ({"family": "constant", "parameters": {"tpr": 0.8}}, "needs fpr"),
        ({"family": "constant", "parameters": {"tpr": 0.8, "fpr": 0.1, "x": 1}}, "no parameter 'x'"),
        ({"family": "constant", "parameters": {"tpr": 1.8, "fpr": 0.1}}, "outside"),
        ({"family": "drfting", "parameters": {}}, "did you mean 'drifting'"),
        ({"family": "votes", "parameters": {"evaluator": Evaluator(0.8, 0.1).to_dict(), "m": 0}}, "m = 0"),
    ],
)
def test_what_is_no_evaluator_is_named(record: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read(record)


@pytest.mark.parametrize("judge", [bc.Binormal(1.0, 0.0), bc.Drifting(0.9, 0.2, 0.5, 0.4)], ids=lambda j: j.family)
def test_a_part_is_an_evaluator_of_a_loop(judge: Any) -> None:
    assert isinstance(judge, BaseEvaluator)
    assert bc.Loop(evaluator=judge).predict(error=0.2).error_falls


def test_drifting_rates_that_lie_as_far_apart_as_doubles_can() -> None:
    """t is 1 to a double and f the least that one can be: then ln(t/f) is −ln f."""
    judge = Drifting(tpr=1 - 2.0**-53, fpr=1e-306, tpr_wrong=1 - 2.0**-53, fpr_wrong=1e-306)
    assert float(judge.under(0.0).log_lr) == pytest.approx(306 * np.log(10), rel=1e-14)
