"""Mean-field kernels against their theorems, in 50-digit arithmetic at random points."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from boostcalc.dynamics import Loop
from boostcalc.responses import Affine, Evidence
from boostcalc.theory import derive
from boostcalc.theory.steps import unfold
from boostcalc.theory.symbols import epsilon, f, mu, nu, s, t, target
from tests.test_theory_binding import DIGITS, RULE, close, close_share, exact, magnitude, rates


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
        assume(min(floor, 1 - floor) > 1e-3 * slip)  # at the threshold itself rounding of μ moves the floor
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
    points, log_lr = loop.fixed_points(), float(loop.evaluator.log_lr)
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
