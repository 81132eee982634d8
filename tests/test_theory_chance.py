"""The theorems on types, votes, batches, urns and labels: a broken formula fails, and each holds against a twin.

The twins are exact enumeration in fractions, SciPy's distributions, and simulation.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
import sympy

from boostcalc.theory import derive
from boostcalc.theory.steps import Identity, Inequality, Limit, SumIdentity, TrivialStepError, unfold
from boostcalc.theory.symbols import f, n, t

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
