"""Each formula is stated twice, in SymPy and in NumPy: here 50-digit arithmetic holds one against the other.

The tolerance is the rule for closed forms: a relative error of 1e-12 in the smaller of ε and 1 − ε.
"""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, example, given
from hypothesis import strategies as st

from boostcalc.dynamics import Evaluator, Loop
from boostcalc.odds import expit, logit
from boostcalc.responses import RESPONSES, Affine, Curve, Evidence, OddsPower, Perfect, Response, Sigmoid
from boostcalc.theory import derive
from boostcalc.theory.steps import unfold
from boostcalc.theory.symbols import B, a, c, epsilon, epsilon_0, f, n, t, target

RULE = 1e-12
TINY = float(np.finfo(np.float64).tiny)
DIGITS = 50
SMALLEST_GAP = 2.0**-53
"""The least 1 − ε that a double can hold."""


def exact(expression: Any, *symbols: Any) -> Any:
    """The expression as a function of doubles, in arithmetic that keeps `DIGITS` beyond any cancellation here."""
    evaluate = sympy.lambdify(symbols, expression.doit(), "mpmath")

    def at(*values: float) -> Any:
        with mpmath.workdps(400 + DIGITS):
            return evaluate(*(mpmath.mpf(value) for value in values))

    return at


def relation(name: str, index: int = 0) -> Any:
    return derive()[name].statement[index]


CONTAMINATION = exact(unfold(relation("filter").rhs, derive()["filter"].where), epsilon, t, f)
ACCEPTANCE = exact(unfold(a, derive()["attempts-per-round"].where), epsilon, t, f)
ATTEMPTS = exact(unfold(relation("attempts-per-round").rhs, derive()["attempts-per-round"].where), B, epsilon, t, f)
ORBIT = exact(relation("closed-form").rhs, epsilon_0, t, f, n)
CROSSING = exact(
    unfold(relation("rounds-to-target").rhs.args[0], derive()["rounds-to-target"].where), epsilon_0, target, t, f
)
MULTIPLIERS = [exact(relation("fixed-points", i).rhs, t, f) for i in (1, 2)]


def magnitude(low: float, high: float) -> st.SearchStrategy[float]:
    """Positive numbers, evenly spread in their logarithm."""
    return st.floats(math.log(low), math.log(high)).map(math.exp)


errors = st.one_of(magnitude(1e-300, 0.5), magnitude(SMALLEST_GAP, 0.5).map(lambda gap: 1 - gap))


@st.composite
def rates(draw: st.DrawFn) -> tuple[float, float]:
    """(t, f) with 1e-12 ≤ |ln(t/f)| ≤ 27; f > t as often as f < t."""
    high = draw(magnitude(1e-3, 1.0))
    low = high * math.exp(-draw(st.one_of(magnitude(1e-12, 27.0), st.floats(0.1, 27.0))))
    assume(1e-12 <= abs(math.log1p((low - high) / high)) <= 27)
    return (high, low) if draw(st.booleans()) else (low, high)


def close_share(computed_logit: Any, true: Any) -> None:
    """Log-odds from a kernel against a true share: the smaller of share and rest agrees to the rule."""
    with mpmath.workdps(400 + DIGITS):
        small = true <= 0.5
        wanted = true if small else 1 - true
        assume(float(wanted) >= TINY)
        got = float(expit(computed_logit if small else -computed_logit))
        assert abs(mpmath.mpf(got) - wanted) <= RULE * wanted


def close(computed: Any, true: Any) -> None:
    """A number against its true value."""
    assume(true == 0 or abs(true) >= TINY)
    with mpmath.workdps(DIGITS):
        assert abs(mpmath.mpf(float(computed)) - true) <= RULE * abs(true)


@given(errors, rates())
@example(1e-300, (1.0, math.exp(-27)))
@example(1 - SMALLEST_GAP, (math.exp(-27), 1.0))
def test_filter(error: float, judge: tuple[float, float]) -> None:
    close_share(Evaluator(*judge).rates.filter(logit(error)), CONTAMINATION(error, *judge))


@given(errors, rates())
def test_acceptance(error: float, judge: tuple[float, float]) -> None:
    close(Evaluator(*judge).rates.acceptance(logit(error)), ACCEPTANCE(error, *judge))


@given(errors, rates(), st.integers(1, 10_000))
def test_attempts(error: float, judge: tuple[float, float], batch: int) -> None:
    loop = Loop(tpr=judge[0], fpr=judge[1], batch=batch)
    close(loop.trajectory(error=error, rounds=0).attempts[0], ATTEMPTS(batch, error, *judge))


@given(errors, rates(), magnitude(1, 1e9).map(round))
@example(0.5, (0.5 * (1 + 1e-12), 0.5), 10**9)
@example(0.5, (0.8, 0.8 * (1 - 7e-7)), 10**9)
@example(1 - SMALLEST_GAP, (1.0, math.exp(-27)), 27)
def test_closed_form(error: float, judge: tuple[float, float], rounds: int) -> None:
    orbit = Perfect().orbit(logit(error), Evaluator(*judge).log_lr, rounds)
    close_share(orbit, ORBIT(error, *judge, rounds))


@given(errors, rates(), st.integers(1, 12))
def test_trajectory(error: float, judge: tuple[float, float], rounds: int) -> None:
    seen = Loop(tpr=judge[0], fpr=judge[1]).trajectory(error=error, rounds=rounds)
    last = ORBIT(error, *judge, rounds)
    close_share(seen.logit_error[-1], last)
    close_share(seen.logit_contamination[-1], ORBIT(error, *judge, rounds + 1))
    close_share(seen.logit_context[-1], last)


@given(errors, errors, rates())
def test_rounds_to_target(error: float, goal: float, judge: tuple[float, float]) -> None:
    """The least whole n at or past the crossing; a crossing within rounding of a whole number may go either way."""
    high, low = max(judge), min(judge)
    assume(goal < error)
    found = float(Loop(tpr=high, fpr=low).rounds_to(goal, error=error).value)
    crossing = CROSSING(error, goal, high, low)
    with mpmath.workdps(DIGITS):
        # relative rounding of ε* and ε_n is an absolute rounding of their log-odds
        slack = 3 * RULE / mpmath.log(mpmath.mpf(high) / mpmath.mpf(low)) + 4 * np.finfo(np.float64).eps * crossing
        assert max(0, mpmath.ceil(crossing - slack)) <= found <= mpmath.ceil(crossing + slack)


@given(rates())
def test_fixed_points(judge: tuple[float, float]) -> None:
    points = Loop(tpr=judge[0], fpr=judge[1]).fixed_points()
    roots = relation("fixed-points").args[1].args
    assert sorted(points.error.tolist()) == sorted(float(root.rhs) for root in roots)
    for computed, true in zip(points.multiplier, MULTIPLIERS, strict=True):
        close(computed, true(*judge))


@given(errors, rates())
def test_acceptance_condition(error: float, judge: tuple[float, float]) -> None:
    cleaner, condition = relation("acceptance-condition").args
    high, low = judge
    assert bool(condition.subs({t: high, f: low})) == (Evaluator(*judge).rates.filter(logit(error)) < logit(error))
    assert cleaner.free_symbols == {c, epsilon}


CASES: dict[type[Response], st.SearchStrategy[Curve]] = {
    Perfect: st.just(Perfect()),
    Affine: st.tuples(magnitude(1e-9, 0.45), magnitude(1e-9, 0.45)).map(lambda slips: Affine(*slips)),
    Evidence: st.tuples(st.floats(-30, 30), st.floats(0, 60)).map(lambda pair: Evidence(*pair)),
    OddsPower: st.tuples(st.floats(-30, 30), st.floats(0.01, 4)).map(lambda pair: OddsPower(*pair)),
    Sigmoid: st.tuples(magnitude(1e-9, 0.45), magnitude(1e-9, 0.45), st.floats(-30, 30), st.floats(0, 60)).map(
        lambda four: Sigmoid(four[0], 1 - four[1], *four[2:])
    ),
}


def test_every_family_is_bound() -> None:
    """Those with a formula; at one size the others are one of these (their own formula: `test_responses`)."""
    assert set(CASES) == {family for family in RESPONSES if family.formula and issubclass(family, Curve)}


@pytest.mark.parametrize("family", list(CASES), ids=lambda family: family.family)
@given(data=st.data(), share=errors)
def test_response_is_its_formula(family: type[Response], data: st.DataObject, share: float) -> None:
    response = data.draw(CASES[family])
    formula, values = _formula(response)
    close_share(response.logit_error(logit(share)), exact(formula, c, *values)(share, *values.values()))
    close(response.derivative(logit(share)), exact(sympy.diff(formula, c), c, *values)(share, *values.values()))


def _formula(response: Response) -> tuple[Any, dict[Any, float]]:
    formula = response.symbolic(c)
    named = {symbol.name: symbol for symbol in formula.free_symbols - {c}}
    return formula, {named[name]: float(value) for name, value in response.parameters.items()}
