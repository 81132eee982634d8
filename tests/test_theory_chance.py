"""The theorems on types, votes, batches, urns and labels: a broken formula fails, and each holds against a twin.

The twins are exact enumeration in fractions, SciPy's distributions, and simulation.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import sympy

from boostcalc.responses import Evidence
from boostcalc.theory import derive
from boostcalc.theory.steps import Identity, Inequality, Limit, SumIdentity, TrivialStepError, unfold
from boostcalc.theory.symbols import above, epsilon, epsilon_0, f, n, t
from tests.reference.exact_loop import affine, contamination, replace_orbit

SAID: dict[str, Any] = {"claim": "a claim", "reason": "a reason"}
i, m = sympy.symbols("i m", integer=True, positive=True)
x, w = sympy.IndexedBase("x", positive=True), sympy.IndexedBase("w", positive=True)


def step_of(name: str, claim: str) -> Any:
    """The one step of a theorem whose claim starts so."""
    (found,) = (step for step in derive()[name].steps if step.claim.startswith(claim))
    return found


def value(name: str, expression: Any, **numbers: Any) -> Fraction:
    """An expression of a theorem at rational numbers, exactly."""
    full = unfold(sympy.sympify(expression), derive()[name].where)
    point = {s: sympy.Rational(numbers[s.name]) for s in full.free_symbols}
    exact = sympy.simplify(full.subs(point).doit())
    assert exact.is_Rational
    return Fraction(int(exact.p), int(exact.q))


# ---------------------------------------------------------------------- sums


def weighted(power: Any) -> Any:
    return sympy.Sum(x[i] * w[i] ** power, (i, 1, m))


@pytest.mark.parametrize(
    ("lhs", "rhs", "holds"),
    [
        (sympy.Sum(x[i] * (w[i] - t) ** 2, (i, 1, m)), weighted(2) - 2 * t * weighted(1) + t**2 * weighted(0), True),
        (sympy.Sum(x[i] * (w[i] - t) ** 2, (i, 1, m)), weighted(2) + 2 * t * weighted(1) + t**2 * weighted(0), False),
        (sympy.Sum(x[i] * w[i], (i, 1, m)) / f, sympy.Sum(x[i] * w[i] / f, (i, 1, m)), True),
        (weighted(1) ** 2, weighted(2), False),
        (sympy.Sum(x[i] * w[i], (i, 1, m)), sympy.Sum(x[i] * w[i], (i, 1, m + 1)), False),
        (sympy.Sum(x[i] * w[i], (i, 1, m)), sympy.Sum(x[i], (i, 1, m)) * sympy.Sum(w[i], (i, 1, m)), False),
    ],
)
def test_a_sum_is_linear_and_nothing_else(lhs: Any, rhs: Any, holds: bool) -> None:
    assert SumIdentity(**SAID, lhs=lhs, rhs=rhs).verified is holds


def test_a_sum_that_claims_nothing_is_rejected() -> None:
    with pytest.raises(TrivialStepError, match="claims nothing"):
        SumIdentity(**SAID, lhs=weighted(n), rhs=weighted(n))


# ---------------------------------------------------------------------- types

SEVERAL = [(Fraction(3, 10), Fraction(1, 5)), (Fraction(1, 2), Fraction(7, 10)), (Fraction(1, 5), Fraction(9, 10))]
"""(share, acceptance) of three types."""


def filtered(types: list[tuple[Fraction, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    accepted = sum((share * chance for share, chance in types), Fraction(0))
    return [(share * chance / accepted, chance) for share, chance in types]


def test_the_floor_is_where_exact_filtering_goes() -> None:
    true, false = Fraction(4, 5), Fraction(1, 5)
    right, detectable, hidden = Fraction(3, 5), Fraction(3, 10), Fraction(1, 10)
    numbers = {"r_0": right, "d_0": detectable, "u_0": hidden, "t": true, "f": false}
    error = step_of("undetectable-floor", "The error is what").lhs
    pooled = step_of("undetectable-floor", "It rises").lesser
    types = [(right, true), (detectable, false), (hidden, true)]
    for rounds in range(6):
        wrong = types[1][0] + types[2][0]
        assert value("undetectable-floor", error.subs(n, rounds), **numbers) == wrong
        met = (types[1][0] * false + types[2][0] * true) / wrong
        assert value("undetectable-floor", pooled.subs(n, rounds), **numbers) == met
        types = filtered(types)
    floor = value("undetectable-floor", derive()["undetectable-floor"].statement[0].rhs, **numbers)
    assert floor == hidden / (hidden + right)
    for _ in range(60):
        types = filtered(types)
    assert 0 < 1 - types[0][0] - floor < Fraction(1, 10**20)


def test_a_broken_floor_fails() -> None:
    floor, rises = (
        step_of("undetectable-floor", "With f < t the error tends"),
        step_of("undetectable-floor", "It rises"),
    )
    assert isinstance(floor, Limit)
    assert isinstance(rises, Inequality)
    assert not replace(floor, value=0).verified
    assert not replace(floor, value=floor.value.subs(sympy.Symbol("r_0", positive=True), 1)).verified
    assert not replace(rises, greater=rises.lesser, lesser=rises.greater).verified
    promise = step_of("undetectable-floor", "For one round")
    assert isinstance(promise, Identity)
    assert not replace(promise, rhs=promise.rhs.subs(1, 2)).verified


def test_the_pooled_rate_rises_by_its_variance_over_its_mean() -> None:
    types, rates = SEVERAL, []
    for _ in range(5):
        mean = sum(share * chance for share, chance in types)
        spread = sum(share * (chance - mean) ** 2 for share, chance in types)
        types = filtered(types)
        after = sum(share * chance for share, chance in types)
        assert after - mean == spread / mean
        rates.append(mean)
    rise = step_of("pooled-lr-decay", "A round raises")
    powers = [unfold(rise.lhs, rise.where).subs(n, step).subs(m, 3).doit() for step in range(4)]
    point = {base[k + 1]: sympy.Rational(SEVERAL[k][column]) for k in range(3) for column, base in enumerate((x, w))}
    assert [Fraction(str(power.subs(point))) for power in powers] == [b - a for a, b in pairwise(rates)]


def test_a_broken_pooled_rate_fails() -> None:
    rise = step_of("pooled-lr-decay", "A round raises")
    assert not replace(rise, rhs=-rise.rhs).verified
    assert not replace(rise, lhs=rise.lhs.subs(n, n + 1)).verified
    falls = step_of("pooled-lr-decay", "The pooled likelihood ratio falls")
    assert not replace(falls, second=sympy.Gt(*falls.second.args, evaluate=False)).verified


# ---------------------------------------------------------------------- votes


def chance_of(votes: int, least: int, rate: Fraction) -> Fraction:
    """P(at least `least` of the votes accept), by listing every outcome."""
    total = Fraction(0)
    for outcome in product((True, False), repeat=votes):
        if sum(outcome) >= least:
            probability = Fraction(1)
            for accepts in outcome:
                probability *= rate if accepts else 1 - rate
            total += probability
    return total


@pytest.mark.parametrize(("true", "false"), [("0.8", "0.6"), ("0.95", "0.6"), ("0.3", "0.7")])
def test_votes_against_every_outcome(true: str, false: str) -> None:
    rates = {"t": Fraction(true), "f": Fraction(false)}
    majority = [chance_of(3, 2, rate) for rate in rates.values()]
    ratio = step_of("majority-of-three", "The majority of three votes has").rhs
    assert value("majority-of-three", ratio, **rates) == majority[0] / majority[1]
    better = majority[0] / majority[1] > rates["t"] / rates["f"]
    if rates["f"] < rates["t"]:
        assert better == (sum(rates.values()) < Fraction(3, 2))
        assert majority[0] / majority[1] < chance_of(3, 3, rates["t"]) / chance_of(3, 3, rates["f"])
    wrong = step_of("majority-of-three", "The majority of three answers").rhs
    assert value("majority-of-three", wrong, epsilon=rates["f"]) == majority[1]
    voted = unfold(sympy.Symbol("c", real=True), step_of("unanimous-votes", "One round").where)
    for votes in (1, 4):
        accepted = [chance_of(votes, votes, rate) for rate in rates.values()]
        point = {"epsilon": Fraction(2, 5), "m": Fraction(votes), **rates}
        assert value("unanimous-votes", voted, **point) == contamination(Fraction(2, 5), *accepted)
        by_rounds = replace_orbit(Fraction(2, 5), rates["t"], rates["f"], lambda share: share, votes)[-1]
        assert value("unanimous-votes", voted, **point) == by_rounds


def test_a_broken_vote_fails() -> None:
    chance, ratio = (
        derive()["unanimous-votes"].steps[0],
        step_of("majority-of-three", "The majority of three votes has"),
    )
    assert not replace(chance, rhs=t ** (sympy.Symbol("m", integer=True, positive=True) + 1)).verified  # type: ignore[call-arg]
    assert not replace(ratio, rhs=ratio.rhs.subs(2 * t, -2 * t)).verified
    tail = step_of("majority-of-three", "The majority of three answers")
    assert not replace(tail, rhs=3 * epsilon**2 + 2 * epsilon**3).verified
    below = step_of("majority-of-three", "It is below")
    assert not replace(below, second=sympy.Lt(epsilon, sympy.Rational(1, 3), evaluate=False)).verified
    versus_one = step_of("majority-of-three", "With f < t the majority")
    assert not replace(versus_one, second=sympy.Lt(t + f, 1, evaluate=False)).verified
    assert not replace(versus_one, ranges={f: above(t)}).verified, "needs f < t"


# ---------------------------------------------------------------------- labels

TRUE, FALSE, START = Fraction(4, 5), Fraction(3, 10), Fraction(2, 5)


def shares_accepted(errors: list[Fraction], true: Fraction, false: Fraction) -> list[Fraction]:
    return [(1 - error) * true + error * false for error in errors]


@pytest.mark.parametrize(("mu", "nu"), [("0", "0"), ("0.05", "0.2"), ("0.3", "0")])
def test_a_loop_and_its_mirror_accept_alike(mu: str, nu: str) -> None:
    slips = Fraction(mu), Fraction(nu)
    errors = replace_orbit(START, TRUE, FALSE, affine(*slips), 8)
    mirrored = replace_orbit(1 - START, FALSE, TRUE, affine(*slips[::-1]), 8)
    assert mirrored == [1 - error for error in errors]
    assert shares_accepted(errors, TRUE, FALSE) == shares_accepted(mirrored, FALSE, TRUE)
    unexchanged = replace_orbit(1 - START, FALSE, TRUE, affine(*slips), 8)
    assert (unexchanged == mirrored) is (mu == nu)


def test_the_mirror_of_an_evidence_response() -> None:
    response, mirrored = Evidence(a=-3.0, b=5.0), Evidence(a=3.0 - 5.0, b=5.0)
    shares = np.linspace(0, 1, 11)
    np.testing.assert_allclose(mirrored(1 - shares), 1 - response(shares), rtol=1e-12)


def test_three_rounds_leave_two_loops() -> None:
    first, second, third = shares_accepted(replace_orbit(START, TRUE, FALSE, lambda share: share, 2), TRUE, FALSE)
    both = first * second * (second - third) / (first - second)
    total = second + both / first
    assert both == TRUE * FALSE
    assert total == TRUE + FALSE
    found = step_of("mirror", "Three rounds").solutions[0]
    assert value("mirror", found, a_0=first, a_1=second, a_2=third) == both


def test_a_broken_mirror_fails() -> None:
    same = step_of("mirror", "Under perfect adaptation a loop")
    curve = type(same.lhs)
    for wrong in (curve(f, t, epsilon_0), curve(t, f, 1 - epsilon_0)):
        assert not replace(same, rhs=wrong).verified
    slips = step_of("mirror", "The mirror of an affine")
    mu, nu = sympy.symbols("mu nu", nonnegative=True)
    assert not replace(slips, rhs=slips.rhs.subs({mu: nu, nu: mu}, simultaneous=True)).verified
    recurrence = step_of("mirror", "Each share accepted")
    assert not replace(recurrence, rhs=recurrence.rhs + 2 * t * f / type(recurrence.lhs)(n)).verified


def test_the_variance_of_the_estimate_is_that_of_simulated_counts() -> None:
    rng, runs = np.random.default_rng(0), 40_000
    sizes = {"a": 4_000, "t": 2_000, "f": 1_000}
    rates = {"a": 0.62, "t": 0.9, "f": 0.2}
    drawn = {name: rng.binomial(size, rates[name], runs) / size for name, size in sizes.items()}
    estimates = (drawn["t"] - drawn["a"]) / (drawn["t"] - drawn["f"])
    variances = {f"V_{name}": rate * (1 - rate) / sizes[name] for name, rate in rates.items()}
    formula = unfold(derive()["rogan-gladen"].statement[1].rhs, derive()["rogan-gladen"].where)
    said = float(formula.subs({s: {**variances, **rates}[s.name] for s in formula.free_symbols}))
    relative = 4 * np.sqrt(2 / runs)  # four standard errors of a variance of nearly normal estimates
    second_order = 10 * variances["V_f"] / (rates["t"] - rates["f"]) ** 2
    assert abs(np.var(estimates) / said - 1) < relative + second_order


def test_a_broken_estimate_fails() -> None:
    variance = step_of("rogan-gladen", "To first order")
    v_t, v_f = sympy.symbols("V_t V_f", positive=True)
    assert not replace(variance, rhs=variance.rhs.subs({v_t: v_f, v_f: v_t}, simultaneous=True)).verified
    slope = step_of("rogan-gladen", "The slope of the estimate in t is")
    assert not replace(slope, rhs=-slope.rhs).verified
    inverted = step_of("rogan-gladen", "The share accepted determines")
    assert not replace(inverted, solutions=(-inverted.solutions[0],)).verified
    assert not replace(inverted, ranges={}).verified, "needs t ≠ f"
