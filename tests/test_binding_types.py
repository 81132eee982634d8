"""The theorems on types against their kernels, in 50-digit arithmetic at random points."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

import boostcalc as bc
from boostcalc.odds import Array
from boostcalc.theory import derive
from boostcalc.theory.steps import unfold
from boostcalc.theory.symbols import f, n, t
from tests.test_theory_binding import DIGITS, RULE, close, close_share, exact, magnitude

r_0, d_0, u_0 = sympy.symbols("r_0 d_0 u_0", positive=True)
x, w = sympy.IndexedBase("x", positive=True), sympy.IndexedBase("w", positive=True)
m = sympy.Symbol("m", integer=True, positive=True)


def step_of(name: str, claim: str) -> Any:
    """The one step of a theorem whose claim starts so."""
    (found,) = (step for step in derive()[name].steps if step.claim.startswith(claim))
    return found


SEEN = (r_0, d_0, u_0, t, f, n)
TOLD, RISES = (step_of("undetectable-floor", claim) for claim in ("The error is what", "It rises"))
ERROR = exact(unfold(TOLD.lhs, TOLD.where), *SEEN)
POOLED = exact(unfold(RISES.lesser, RISES.where), *SEEN)
FLOOR = exact(derive()["undetectable-floor"].statement[0].rhs, r_0, u_0)


@st.composite
def seen_and_unseen(draw: st.DrawFn) -> tuple[tuple[float, float, float], float, float]:
    """Shares (correct, detectable, undetectable) that add up to 1 within rounding, and rates t > f."""
    weights = np.array([draw(magnitude(1e-12, 1)) for _ in range(3)])
    right, detectable, hidden = (weights / weights.sum()).tolist()
    high = draw(magnitude(1e-3, 1))
    return (right, detectable, hidden), high, high * draw(magnitude(1e-9, 0.999))


def types_of(point: tuple[tuple[float, float, float], float, float]) -> bc.Types:
    (right, detectable, hidden), high, low = point
    kinds = ["correct", "detectable", "undetectable"]
    return bc.Types(kinds, [right, detectable, hidden], [high, low, high], "correct")


@given(seen_and_unseen(), magnitude(1, 1e9).map(round))
def test_error_with_undetectable_ones(point: Any, rounds: int) -> None:
    shares, high, low = point
    close_share(types_of(point).logit_error(rounds), ERROR(*shares, high, low, rounds))


@given(seen_and_unseen())
def test_floor(point: Any) -> None:
    (right, _, hidden), _, _ = point
    types = types_of(point)
    close_share(types.log_odds(types.log_limit()), FLOOR(right, hidden))


@given(seen_and_unseen(), st.integers(0, 40))
def test_pooled_rate_with_undetectable_errors(point: Any, rounds: int) -> None:
    shares, high, low = point
    types = types_of(point)
    close(types.rate(~types.correct, types.log_shares(rounds)), POOLED(*shares, high, low, rounds))


def evaluated(expression: Any, shares: Array, acceptance: Array, rounds: int) -> Any:
    """An expression of m types at numbers, in 50-digit arithmetic."""
    count = len(shares)
    plain = expression.subs({n: rounds, m: count}).doit()
    names = {**{x[k + 1]: f"x_{k}" for k in range(count)}, **{w[k + 1]: f"w_{k}" for k in range(count)}}
    letters = {old: sympy.Symbol(new) for old, new in names.items()}
    function = sympy.lambdify(list(letters.values()), plain.subs(letters), "mpmath")
    with mpmath.workdps(DIGITS):
        return function(*(mpmath.mpf(float(v)) for v in (*shares, *acceptance)))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_pooled_rate_rises_by_its_variance_over_its_mean(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rise = step_of("pooled-lr-decay", "A round raises")
    weights, acceptance, rounds = rng.dirichlet(np.ones(count)), rng.uniform(0.01, 1, count), int(rng.integers(0, 12))
    names = [f"wrong {k}" for k in range(count)]
    types = bc.Types(["right", *names], [0.3, *0.7 * weights], [0.9, *acceptance], "right")
    seen = types.predict(rounds=rounds + 1)
    before, after = seen.fpr[-2:]
    added = evaluated(unfold(rise.rhs, rise.where), weights, acceptance, rounds)
    left = evaluated(unfold(rise.lhs, rise.where), weights, acceptance, rounds)
    assert abs(left - added) <= 1e-40
    assert abs((after - before) - float(added)) <= RULE * after  # a difference of the two, each to the rule
    assert (np.diff(seen.likelihood_ratio) <= RULE * seen.likelihood_ratio[1:]).all()
