"""Votes and drift against their theorems, in 50-digit arithmetic at random points."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from boostcalc.dynamics import Drifting, Evaluator, Loop, Votes
from boostcalc.odds import expit, logit
from boostcalc.theory import derive
from boostcalc.theory.symbols import epsilon, f, t
from tests.test_theory_binding import DIGITS, RULE, close, close_share, errors, exact, magnitude, rates

UNANIMOUS, MAJORITY, TIPPING = (derive()[name] for name in ("unanimous-votes", "majority-of-three", "tipping-point"))
m = next(symbol for symbol in UNANIMOUS.statement[0].free_symbols if str(symbol) == "m")

ALL_ACCEPT = exact(UNANIMOUS.statement[0].rhs, t, m)
CONTAMINATION = exact(next(value for key, value in UNANIMOUS.where.items() if str(key) == "c"), epsilon, t, f, m)
MAJORITY_OF_ERRORS = exact(MAJORITY.statement[0].rhs, epsilon)
MAJORITY_RATIO = exact(MAJORITY.statement[2].lhs, t, f)

CORRELATED = derive()["correlated-votes"].statement[0].rhs
rho = next(symbol for symbol in CORRELATED.free_symbols if symbol != t)
BOTH_ACCEPT = exact(CORRELATED, t, rho)

judges = rates().filter(lambda judge: max(judge) < 1)


@given(errors, judges, st.integers(1, 101))
def test_unanimous_votes(error: float, judge: tuple[float, float], votes: int) -> None:
    found = Votes(Evaluator(*judge), votes, needed=votes).rates
    for computed, rate in zip((found.t, found.f), judge, strict=True):
        close(computed, ALL_ACCEPT(rate, votes))
    close_share(found.filter(logit(error)), CONTAMINATION(error, *judge, votes))


@given(judges, st.floats(0.001, 0.999))
def test_two_correlated_votes(judge: tuple[float, float], correlation: float) -> None:
    found = Votes(Evaluator(*judge), 2, needed=2, correlation=correlation).rates
    for computed, rate in zip((found.t, found.f), judge, strict=True):
        close(computed, BOTH_ACCEPT(rate, correlation))


@given(errors, judges)
def test_one_round_of_unanimous_votes_is_so_many_rounds(error: float, judge: tuple[float, float]) -> None:
    one = Loop(evaluator=Votes(Evaluator(*judge), 5, needed=5)).trajectory(error=error, rounds=1).logit_error[-1]
    five = Loop(tpr=judge[0], fpr=judge[1]).trajectory(error=error, rounds=5).logit_error[-1]
    np.testing.assert_allclose(one, five, rtol=1e-12, atol=1e-12)


@given(judges)
def test_majority_of_three(judge: tuple[float, float]) -> None:
    """An evaluator's rates under the majority are the errors of a majority of answers, read of t and f."""
    found = Votes(Evaluator(*judge), 3).rates
    for computed, rate in zip((found.t, found.f), judge, strict=True):
        close(computed, MAJORITY_OF_ERRORS(rate))
    with mpmath.workdps(400 + DIGITS):
        true = mpmath.log(MAJORITY_RATIO(*judge))
    close(found.log_lr, true)


@given(judges)
def test_when_the_majority_has_the_higher_ratio(judge: tuple[float, float]) -> None:
    """With f < t exactly if t + f < 3/2; and never as high a ratio as three unanimous votes."""
    high, low = max(judge), min(judge)
    assume(abs(high + low - 1.5) > 1e-9)
    one = Evaluator(high, low)
    two, three = (Votes(one, 3, needed=needed).rates.log_lr for needed in (2, 3))
    assert (two > one.log_lr * (1 + RULE)) == (high + low < 1.5) or abs(two / one.log_lr - 1) < 1e-8
    assert two < three * (1 + RULE)


fixed = next(symbol for symbol in TIPPING.statement[1].rhs.free_symbols if str(symbol) == "c^*")
(SLOPE,) = TIPPING.statement[1].rhs.atoms(sympy.core.function.AppliedUndef)
slope = sympy.Symbol("slope")
MULTIPLIER = exact(TIPPING.statement[1].rhs.subs(SLOPE, slope), fixed, slope)

inner = st.one_of(st.floats(0.02, 0.98), magnitude(1e-6, 0.5))


def ratio(judge: Drifting, share: Any) -> Any:
    """LR(c) = t(c)/f(c), its rates straight in log-odds, in the arithmetic of `share`."""
    odds = [mpmath.log(mpmath.mpf(p) / (1 - mpmath.mpf(p))) for p in judge.parameters.values()]
    right, false = ((1 - share) * odds[i] + share * odds[i + 2] for i in (0, 1))
    return (1 + mpmath.exp(-false)) / (1 + mpmath.exp(-right))


@given(st.tuples(inner, inner, inner, inner))
def test_tipping_point(four: tuple[float, float, float, float]) -> None:
    """The fixed point inside is where L is 1; its multiplier 1 − c(1 − c)L′(c) is above 1 exactly if L falls."""
    judge = Drifting(*four)
    with mpmath.workdps(DIGITS):
        clean, wrong = ratio(judge, mpmath.mpf(0)), ratio(judge, mpmath.mpf(1))
        assume((clean - 1) * (wrong - 1) < 0)
        assume(min(abs(clean - 1), abs(wrong - 1)) > 1e-3)
        # logit t − logit f is straight in c
        gaps = [mpmath.log(mpmath.mpf(a) / (1 - mpmath.mpf(a))) for a in four]
        share = (gaps[0] - gaps[1]) / ((gaps[0] - gaps[1]) - (gaps[2] - gaps[3]))
        true = MULTIPLIER(share, mpmath.diff(lambda x: ratio(judge, x), share))
        conditioned = 1 + abs(true - 1)
        points = Loop(evaluator=judge).fixed_points()
        assert points.error.tolist()[0::2] == [0, 1]
        assert float(points.error[1]) == pytest.approx(float(share), rel=1e-11)
        assert abs(mpmath.mpf(float(points.multiplier[1])) - true) <= 1e-10 * conditioned
        assert (points.multiplier[1] > 1) == (clean > wrong)
        np.testing.assert_allclose(points.multiplier[0::2], [float(1 / clean), float(wrong)], rtol=RULE)


@given(st.tuples(inner, inner, inner, inner), st.floats(0.01, 0.99))
def test_a_round_lowers_the_log_odds_by_the_evidence_under_this_context(
    four: tuple[float, float, float, float], share: float
) -> None:
    judge = Drifting(*four)
    path = Loop(evaluator=judge).trajectory(error=share, rounds=1)
    with mpmath.workdps(DIGITS):
        odds = mpmath.mpf(share) / (1 - mpmath.mpf(share)) / ratio(judge, mpmath.mpf(share))
        assert float(expit(path.logit_error[1])) == pytest.approx(float(odds / (1 + odds)), rel=1e-11)
