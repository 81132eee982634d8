"""Finite batches stated twice: each kernel against the statement of its theorem, in 50-digit arithmetic."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, example, given
from hypothesis import strategies as st

import boostcalc as bc
from boostcalc.dynamics.finite.chain import Growing, binomial_law
from boostcalc.dynamics.finite.cost import Attempts
from boostcalc.dynamics.finite.stopping import diffusion_fixation, naive_error
from boostcalc.dynamics.start import Start
from boostcalc.errors import UsageError
from boostcalc.odds import expit, logit
from boostcalc.theory import derive
from boostcalc.theory.steps import unfold
from tests.test_theory_binding import DIGITS, TINY, errors, magnitude, rates

RULE = 1e-12
PMF = 1e-11
"""Of a probability, whose logarithm is large where it is small: SciPy's binomial and negative binomial."""


def function(theorem: str, name: str) -> Any:
    """A function that the theorem defines, in mpmath."""
    (law,) = (long for short, long in derive()[theorem].where.items() if getattr(short, "__name__", "") == name)
    return law


def at(theorem: str, expression: Any, **numbers: Any) -> Any:
    """An expression of a theorem at numbers, in arithmetic that keeps `DIGITS` beyond any cancellation here."""
    where = {short: long for short, long in derive()[theorem].where.items() if str(short) not in numbers}
    full = unfold(sympy.sympify(expression), where).doit()
    symbols = sorted(full.free_symbols, key=lambda symbol: str(symbol.name))
    evaluate = sympy.lambdify(symbols, full, "mpmath")
    with mpmath.workdps(400 + DIGITS):
        return evaluate(*(mpmath.mpf(numbers[symbol.name]) for symbol in symbols))


def close(computed: Any, true: Any, rule: float = RULE) -> None:
    if 0 < abs(true) < TINY:
        return
    with mpmath.workdps(DIGITS):
        assert abs(mpmath.mpf(float(computed)) - true) <= rule * abs(true)


@given(st.integers(1, 40), st.data(), st.floats(-300, 300))
@example(16, None, 36.0)
@example(16, None, -600.0)
def test_batch_law(batch: int, data: Any, logit_share: float) -> None:
    """P(j wrong) from log-odds, also where c or 1 − c is far below what a double near 1 can hold."""
    law = binomial_law(batch, np.array([logit_share]))[0]
    j = batch - 1 if data is None else data.draw(st.integers(0, batch))
    with mpmath.workdps(400 + DIGITS):
        share = 1 / (1 + mpmath.exp(-mpmath.mpf(logit_share)))
    close(law[j], at("batch-law", function("batch-law", "p")(j), B=batch, c=share), PMF)


@given(st.integers(1, 40), st.integers(0, 200), magnitude(1e-6, 1.0))
def test_attempts_law(batch: int, rejected: int, acceptance: float) -> None:
    found = Attempts(batch, np.ones(1), np.array([acceptance]))
    statement = derive()["attempts-law"].statement
    assume(acceptance < 1)
    close(
        found.pmf(batch + rejected),
        at("attempts-law", function("attempts-law", "q")(batch, batch + rejected), a=acceptance),
        PMF,
    )
    close(found.variance, at("attempts-law", statement[1].rhs, B=batch, a=acceptance))


@given(st.floats(0, 1), st.integers(1, 10_000), rates())
@example(0.5, 20, (0.8, 0.7))
@example(0.5, 10_000, (0.5 * (1 + 1e-12), 0.5))
def test_fixation(share: float, batch: int, judge: tuple[float, float]) -> None:
    with mpmath.workdps(400 + DIGITS):
        s = mpmath.log(mpmath.mpf(judge[1]) / mpmath.mpf(judge[0]))
    found = diffusion_fixation(share, tpr=judge[0], fpr=judge[1], batch=batch)
    true = at("fixation", function("fixation", "u")(sympy.Symbol("p", real=True)), p=share, s=s, B=batch)
    # the formula magnifies a rounding of s by 2B|s| at most
    close(found, true, RULE * max(1.0, 2 * batch * abs(float(s)) / 10))


def test_fixation_where_there_is_no_selection() -> None:
    np.testing.assert_array_equal(diffusion_fixation([0.0, 0.3, 1.0], tpr=0.5, fpr=0.5, batch=7), [0.0, 0.3, 1.0])
    np.testing.assert_array_equal(diffusion_fixation([0.0, 0.3, 1.0], tpr=0.5, fpr=0.0, batch=7), [0.0, 0.0, 1.0])
    np.testing.assert_array_equal(diffusion_fixation([0.0, 0.3, 1.0], tpr=0.0, fpr=0.5, batch=7), [0.0, 1.0, 1.0])
    assert np.isnan(diffusion_fixation(0.3, tpr=0.0, fpr=0.0, batch=7))


def mean_quotient(batch: int, acceptance: Any) -> Any:
    """E[B/A] as the sum that it is, of the theorem's law of A, to 1e-60."""
    waiting = function("attempts-law", "q")(batch, sympy.Symbol("m", integer=True, positive=True))
    law = sympy.lambdify(sorted(waiting.free_symbols, key=lambda symbol: str(symbol.name)), waiting, "mpmath")
    with mpmath.workdps(80):
        total, rest, attempts = mpmath.mpf(0), mpmath.mpf(1), batch
        while rest > mpmath.mpf(10) ** -40:
            chance = law(acceptance, attempts)
            total, rest, attempts = total + chance * batch / attempts, rest - chance, attempts + 1
        return total


@pytest.mark.parametrize("batch", [1, 2, 8, 30])
@pytest.mark.parametrize(("error", "tpr", "fpr"), [(0.1, 0.8, 0.3), (0.5, 0.4, 0.9), (1e-9, 0.9, 0.2), (0.3, 1.0, 0.1)])
def test_stopping_bias(batch: int, error: float, tpr: float, fpr: float) -> None:
    with mpmath.workdps(80):
        e, t, f = (mpmath.mpf(x) for x in (error, tpr, fpr))
        y = mean_quotient(batch, (1 - e) * t + e * f)
    bias = at("stopping-bias", derive()["stopping-bias"].statement[0].rhs, epsilon=error, t=tpr, f=fpr, y=y)
    with mpmath.workdps(80):
        true = mpmath.mpf(error) + bias
    close(naive_error(error, tpr=tpr, fpr=fpr, batch=batch), true)


@given(errors, rates(), st.one_of(st.integers(1, 3), st.integers(1, 300)))
@example(0.4, (1e-13, 1e-14), 1)
@example(0.4, (1e-13, 1e-14), 2)
@example(0.4, (1e-3, 1e-4), 40)
@example(0.4, (1e-9, 1e-10), 41)
def test_the_bias_has_the_sign_and_the_bound_of_the_theorem(
    error: float, judge: tuple[float, float], batch: int
) -> None:
    """Everywhere, by the closed form in mpmath: E[B/A] = a·₂F₁(1, 1; B + 1; 1 − a)."""
    t, f = judge
    with mpmath.workdps(60):
        e, high, low = mpmath.mpf(error), mpmath.mpf(t), mpmath.mpf(f)
        rejected = 1 - (1 - e) * high - e * low
        slope = mpmath.hyp2f1(1, 2, batch + 2, rejected) / (batch + 1)
        true = e - e * (1 - e) * (high - low) * slope
    found = naive_error(error, tpr=t, fpr=f, batch=batch)
    close(found, true)
    assert found <= error if f < t else found >= error


def test_edges_of_the_naive_share() -> None:
    np.testing.assert_array_equal(naive_error([0.0, 1.0], tpr=0.8, fpr=0.1, batch=1), [0.0, 1.0])
    assert naive_error(0.3, tpr=1.0, fpr=1.0, batch=3) == 0.3
    assert naive_error(0.3, tpr=1e-9, fpr=1e-9, batch=1) == 0.3
    assert np.isnan(naive_error(0.3, tpr=0.0, fpr=0.0, batch=3))
    assert np.isnan(naive_error(0.0, tpr=0.0, fpr=0.5, batch=3))
    with pytest.raises(UsageError, match="number of pairs"):
        naive_error(0.3, tpr=0.8, fpr=0.1, batch=0)


def moved(batch: int, size: int, wrong: int, error: float, tpr: float, fpr: float) -> Any:
    """The law of the wrong pairs after one batch has joined."""
    loop = bc.Loop(tpr=tpr, fpr=fpr, context=bc.Append(size=size), batch=batch)
    chain = Growing(loop, loop.start(Start(error=error, contamination=wrong / size)))
    return chain.push(0, chain.first())


@given(st.integers(1, 12), st.integers(1, 30), st.data())
def test_polya_urn(batch: int, size: int, data: Any) -> None:
    wrong = data.draw(st.integers(0, size))
    error = data.draw(st.floats(0.01, 0.99))
    law = moved(batch, size, wrong, error, 0.8, 0.3)
    share = np.arange(size + batch + 1) / (size + batch)
    numbers = {
        "K": size,
        "B": batch,
        "C": mpmath.mpf(wrong) / size,
        "h": float(expit(logit(error) - math.log(0.8 / 0.3))),
    }
    mean, variance = (at("polya-urn", derive()["polya-urn"].statement[i].rhs, **numbers) for i in (0, 1))
    close(law @ share, mean, PMF)
    close(law @ (share - law @ share) ** 2, variance, 1e-9)


@pytest.mark.parametrize("order", [1, 2, 5])
def test_the_moments_of_polyas_urn(order: int) -> None:
    """The ratio M keeps its mean for as long as one cares to look: it is the moment of the Beta limit."""
    found = bc.urn_limits(bc.Loop(tpr=0.7, fpr=0.7, context=bc.Append(size=5), batch=1), error=0.4, size=300)
    m_ = function("polya-urn", "M")
    ratio = [float(at("polya-urn", m_(order, sympy.Integer(w), sympy.Integer(found.size)))) for w in range(1, 301)]
    mean = float(found.law[1:] @ ratio)
    true = at("polya-urn", m_(order, sympy.Integer(2), sympy.Integer(5)))
    close(mean, true, 1e-9)
