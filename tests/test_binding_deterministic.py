"""Mean-field kernels against their theorems, in 50-digit arithmetic at random points."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from boostcalc.dynamics import Append, Context, Evaluator, Loop
from boostcalc.odds import expit, logit
from boostcalc.responses import Affine, Evidence, Perfect, Response
from boostcalc.theory import derive
from boostcalc.theory.steps import unfold
from boostcalc.theory.symbols import B, C, K, c, epsilon, f, g, h, mu, n, nu, s, t, target
from tests.test_theory_binding import CASES, DIGITS, RULE, close, close_share, errors, exact, magnitude, rates


def step_of(theorem: str, claim: str) -> Any:
    """The step of this theorem whose claim begins like this."""
    (step,) = (step for step in derive()[theorem].steps if step.claim.startswith(claim))
    return step


def letter(theorem: str, name: str) -> Any:
    """What a letter of a theorem abbreviates, with every other letter put in."""
    where = derive()[theorem].where
    (found,) = (symbol for symbol in where if str(symbol) == name)
    return unfold(found, {found: where[found], **where})


QUADRATIC = step_of("affine-floor", "The odds ω")
FLOOR_ODDS = exact(unfold(QUADRATIC.solutions[0], QUADRATIC.where), mu, nu, t, f)
EIGENVALUES = [exact(letter("affine-floor", name), mu, nu, t, f, target) for name in ("lambda_1", "lambda_2")]

slips = st.tuples(magnitude(1e-9, 0.45), magnitude(1e-9, 0.45))
judges = rates().filter(lambda judge: abs(math.log(judge[0] / judge[1])) < 12)


@given(slips, judges)
def test_affine_floor(slip: tuple[float, float], judge: tuple[float, float]) -> None:
    found = Loop(tpr=judge[0], fpr=judge[1], response=Affine(*slip)).fixed_points()
    at = ~np.isnan(found.logit_error)
    odds = FLOOR_ODDS(*slip, *judge)
    with mpmath.workdps(400 + DIGITS):
        floor = odds / (1 + odds)
        first, second = (value(*slip, *judge, floor) for value in EIGENVALUES)
        multiplier = second / first
    assert at.sum() == 1
    close_share(found.logit_error[at][0], floor)
    close(found.multiplier[at][0], multiplier)


THRESHOLD = derive()["eigen-threshold"]
EIGEN_FLOOR = exact(THRESHOLD.statement[0].args[1].args[1].rhs, mu, t, f)
NEAR_FLOOR, NEAR_ONE = (
    exact(unfold(step_of("eigen-threshold", claim).rhs, THRESHOLD.where), mu, t, f)
    for claim in ("Near the floor", "Near ε = 1")
)
BELOW = exact(THRESHOLD.statement[1].args[1], mu, t, f)


@given(magnitude(1e-9, 0.45), judges)
def test_error_threshold(slip: float, judge: tuple[float, float]) -> None:
    loop = Loop(tpr=judge[0], fpr=judge[1], response=Affine(slip, 0))
    points = loop.fixed_points()
    at_one = np.isposinf(points.logit_error)
    close(points.multiplier[at_one][0], NEAR_ONE(slip, *judge))
    inside = np.isfinite(points.logit_error)
    assert inside.any() == BELOW(slip, *judge)
    if inside.any():
        floor = EIGEN_FLOOR(slip, *judge)
        assume(1 - floor > 1e-3)  # near the threshold 1 − f/t − μ cancels: rounding of Λ moves what is left to 1
        close_share(points.logit_error[inside][0], floor)
        close(points.multiplier[inside][0], NEAR_FLOOR(slip, *judge))


WINDOW = derive()["evidence-window"]
a, b = (next(symbol for symbol in Evidence.symbolic(epsilon).free_symbols if symbol.name == name) for name in "ab")
LEVEL = next(function for function in WINDOW.where if str(function) == "Lambda")
LEVELS = [exact(unfold(LEVEL(letter("evidence-window", name)), WINDOW.where), a, b) for name in ("sigma_-", "sigma_+")]
NEEDED = exact(unfold(LEVEL(s), WINDOW.where), a, b, s)
EVIDENCE_MULTIPLIER = exact(step_of("evidence-fixed-points", "Near a fixed point").rhs, b, s)


@given(st.floats(-30, 30), st.floats(4.001, 60))
def test_window(start: float, slope: float) -> None:
    """A difference of numbers of the size of a and b is as exact as these."""
    found = Evidence(start, slope).bistable_window()
    for computed, true in zip(found, LEVELS, strict=True):
        with mpmath.workdps(DIGITS):
            assert abs(mpmath.mpf(float(computed)) - true(start, slope)) <= RULE * (abs(start) + slope)


@given(st.floats(-30, 30), st.floats(0, 4))
def test_no_window(start: float, slope: float) -> None:
    assert np.isnan(Evidence(start, slope).bistable_window()).all()


def test_window_of_the_measured_curve() -> None:
    """DESIGN 3.6: for a = −5.07, b = 7.05 the ratio f/t at the edges is 9.8345 and 2.2347."""
    edges = [float(mpmath.exp(-edge(-5.07, 7.05))) for edge in LEVELS]
    assert edges == pytest.approx([9.8345, 2.2347], abs=5e-5)


@given(st.floats(-12, 3), st.floats(0, 30), judges)
def test_evidence_fixed_points(start: float, slope: float, judge: tuple[float, float]) -> None:
    loop = Loop(tpr=judge[0], fpr=judge[1], response=Evidence(start, slope))
    points, log_lr = loop.fixed_points(), float(loop.evaluator.under(np.nan).log_lr)
    at = ~np.isnan(points.logit_error)
    edges = [float(edge(start, slope)) for edge in LEVELS] if slope > 4 else [math.inf, -math.inf]
    assume(all(abs(edge - log_lr) > 1e-6 for edge in edges))
    assert at.sum() == (3 if edges[0] < log_lr < edges[1] else 1)
    for x, multiplier in zip(points.logit_error[at], points.multiplier[at], strict=True):
        with mpmath.workdps(DIGITS):
            share = 1 / (1 + mpmath.exp(log_lr - mpmath.mpf(float(x))))
            size = abs(start) + slope + abs(x) + abs(log_lr)
            assert abs(NEEDED(start, slope, share) - log_lr) <= RULE * size * max(1, 1 / abs(1 - multiplier))
            close(multiplier, EVIDENCE_MULTIPLIER(slope, share))


POWER_LAW = derive()["append-power-law"].where
JOINED = exact(next(POWER_LAW[x] for x in POWER_LAW if str(x) == "C_+").subs(h(C), c), K, C, B, c)
DISTANCE = next(function for function in POWER_LAW if str(function) == "D")
kappa, eta = (next(x for x in POWER_LAW[DISTANCE].free_symbols if x.name == name) for name in ("kappa", "eta"))
PRODUCT = exact(POWER_LAW[DISTANCE](n), n, kappa, eta)


@given(magnitude(1, 1e9), magnitude(1, 1e6), errors, errors)
def test_append_joins(size: float, batch: float, context: float, contamination: float) -> None:
    after = Append(1).join(Context.plain(size, logit(context)), batch, logit(contamination))
    assert after.size == size + batch
    close_share(after.logit_share, JOINED(size, context, batch, contamination))


@given(st.integers(1, 10_000), st.integers(1, 100), st.integers(1, 60), judges)
def test_append_power_law(size: int, batch: int, rounds: int, judge: tuple[float, float]) -> None:
    """So close to 0 that the loop is linear: the contamination is the one at the start times a ratio of Γs."""
    high, low = max(judge), min(judge)
    start = 1e-100
    seen = Loop(tpr=high, fpr=low, context=Append(size), batch=batch).trajectory(contamination=start, rounds=rounds)
    with mpmath.workdps(400 + DIGITS):
        share = start * PRODUCT(rounds, mpmath.mpf(size) / batch, mpmath.mpf(low) / mpmath.mpf(high))
    close_share(seen.logit_context[-1], share)
    assert seen.context_size[-1] == size + rounds * batch


CONSERVED = exact(derive()["append-invariant"].statement[1].lhs, C, K, t, f)


def test_append_conserves_the_invariant_in_the_limit_of_small_batches() -> None:
    """The invariant drifts in proportion to the batch: half the batch, half the drift."""
    drifts = []
    for batch in (16, 8, 4):
        seen = Loop(tpr=0.8, fpr=0.3, context=Append(2000), batch=batch).trajectory(
            contamination=0.4, rounds=6000 // batch
        )
        first, last = (
            CONSERVED(float(expit(seen.logit_context[i])), float(seen.context_size[i]), 0.8, 0.3) for i in (0, -1)
        )
        drifts.append(float(last - first))
    assert drifts[0] / drifts[1] == pytest.approx(2, rel=0.01)
    assert drifts[1] / drifts[2] == pytest.approx(2, rel=0.01)


HEAD_START = derive()["head-start"]


def by_name(expression: Any, *names: str) -> Any:
    """The expression as a function of its letters, in this order."""
    letters = {symbol.name: symbol for symbol in expression.free_symbols}
    return exact(expression, *(letters[name] for name in names))


FACTOR = by_name(HEAD_START.statement[0].rhs, "m", "R_0", "t", "f")
ROUNDS = by_name(HEAD_START.statement[1].args[1].rhs, "m", "R_0", "Lambda")


def test_head_start_with_append() -> None:
    """From 1000 wrong and 1000 right pairs to odds of ½: 500 more right ones shrink the context at the target by ⅓."""
    sizes = []
    for extra in (0, 500):
        loop = Loop(tpr=0.8, fpr=0.4, context=Append(2000 + extra), batch=1)
        seen = loop.trajectory(contamination=1000 / (2000 + extra), rounds=4500)
        met = int(np.argmax(seen.logit_context <= math.log(0.5)))
        assert met > 0
        sizes.append(float(seen.context_size[met]))
    assert sizes[1] / sizes[0] == pytest.approx(float(FACTOR(500, 1000, 0.8, 0.4)), rel=4 / 2000)
    assert float(FACTOR(500, 1000, 0.8, 0.4)) == pytest.approx(2 / 3)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6), judges)
def test_head_start_with_replace(wrong: int, right: int, extra: int, judge: tuple[float, float]) -> None:
    """The closed orbit, run for as many rounds as the pairs are worth, ends where they would have started it."""
    high, low = max(judge), min(judge)
    assume(math.log(high / low) > 1e-3)
    log_lr = float(Evaluator(high, low).log_lr)
    rounds = float(ROUNDS(extra, right, log_lr))
    reached = Perfect().orbit(math.log(wrong / right), log_lr, rounds)
    with mpmath.workdps(DIGITS):
        share = mpmath.mpf(wrong) / (wrong + right + extra)
    close_share(reached, share)


CHAIN_RULE = derive()["monotone-orbits"]


@cache
def multiplier_of(name: str, *names: str) -> Any:
    """The slope of the update map of this family, as a function of ε, t, f and its parameters in this order."""
    family = next(family for family in CASES if family.family == name)
    symbols = [sympy.Symbol(f"parameter_{name}", real=True) for name in names]
    formula = family.symbolic(c)
    named = {symbol.name: symbol for symbol in formula.free_symbols - {c}}
    formula = formula.subs({named[name]: symbol for name, symbol in zip(names, symbols, strict=True)})
    slope = CHAIN_RULE.statement[1].rhs.subs(g(c), formula).doit()
    return exact(unfold(slope, CHAIN_RULE.where), epsilon, t, f, *symbols)


@pytest.mark.parametrize("family", list(CASES), ids=lambda family: family.family)
@given(data=st.data(), judge=judges)
def test_multipliers_are_the_chain_rule(
    family: type[Response], data: st.DataObject, judge: tuple[float, float]
) -> None:
    response = data.draw(CASES[family])
    points = Loop(tpr=judge[0], fpr=judge[1], response=response).fixed_points()
    true = multiplier_of(family.family, *response.parameters)
    for x, multiplier in zip(points.logit_error, points.multiplier, strict=True):
        if abs(x) < 700:  # beyond, the error or its complement is no double
            with mpmath.workdps(400 + DIGITS):
                share = 1 / (1 + mpmath.exp(-mpmath.mpf(float(x))))
                computed = true(share, *judge, *map(float, response.parameters.values()))
            close(multiplier, computed)


ROUND = derive()["tipping-point"].where
NEXT, RATIO = (next(key for key in ROUND if str(key) == name) for name in ("M", "L"))


(ROUND_SLOPE,) = derive()["tipping-point"].statement[2].args[1].atoms(sympy.core.function.AppliedUndef)


def round_with(ratio: Any) -> Any:
    """One round of the loop whose evaluator has this likelihood ratio under the contamination c."""
    return exact(unfold(NEXT(c), {NEXT: ROUND[NEXT], RATIO: sympy.Lambda(c, ratio)}), c)


@pytest.mark.parametrize("depth", [-2, 1, 3])
def test_a_drifting_evaluator_tips_settles_or_flips(depth: float) -> None:
    """ln L = d tanh(logit c): L is 1 at c = ½ only, where the multiplier is 1 − d."""
    ratio = sympy.exp(depth * sympy.tanh(sympy.log(c / (1 - c))))
    step = round_with(ratio)
    multiplier = by_name(derive()["tipping-point"].statement[1].rhs.subs(ROUND_SLOPE, depth * 4), "c^*")(0.5)
    assert multiplier == pytest.approx(1 - depth)
    orbit = [0.45]
    for _ in range(400):
        orbit.append(float(step(orbit[-1])))
    if depth < 0:  # a tipping point: below it the loop goes clean
        assert orbit[-1] < 1e-6
        assert float(step(0.55)) > 0.55
    elif multiplier > -1:
        assert orbit[-1] == pytest.approx(0.5, abs=1e-6)
    else:  # a 2-cycle around it
        assert orbit[-1] == pytest.approx(orbit[-3], abs=1e-9)
        assert min(orbit[-2:]) < 0.49
        assert max(orbit[-2:]) > 0.51


@pytest.mark.parametrize("batches", [1, 2, 3, 8, 200])
@pytest.mark.parametrize("slope", [0.0, 0.3, 0.9, 1.2])
def test_the_multipliers_of_a_window(batches: int, slope: float) -> None:
    moduli = np.abs(np.roots([1.0, *[-slope / batches] * batches]))
    largest = moduli.max(initial=0)
    assert (largest < 1) == (slope < 1)
    assert slope >= 1 or largest >= slope - 1e-12
    if batches == 200 and slope == 0.3:
        y = float(mpmath.findroot(lambda y: (y - slope) * mpmath.exp(y) + slope, -2))
        assert batches * math.log(largest) == pytest.approx(y, rel=0.02)
