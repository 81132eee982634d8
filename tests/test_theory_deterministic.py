"""No step of the theory survives a change of what it claims, and the kinds of steps tell right from wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sympy

from boostcalc.theory import THEOREMS, Theorem, derive
from boostcalc.theory.steps import (
    Deduction,
    GammaLimit,
    Identity,
    Inequality,
    Limit,
    PositiveForm,
    RootCount,
    SameSign,
    Solutions,
    Step,
    TrivialStepError,
)
from boostcalc.theory.symbols import C, F, K, Lambda, R, W, c, epsilon, f, mu, nu, s, t, x

SAID: dict[str, Any] = {"claim": "a claim", "reason": "a reason"}
CALCULATIONS = (Identity, Inequality, Limit, SameSign, Solutions, RootCount, Deduction)

n = sympy.Symbol("n", positive=True)
ratio_at = sympy.Function("L")
n_, eta = sympy.symbols("n eta", real=True)


def broken(step: Step) -> Step:
    """The step with the opposite sign, or one too many or too few, in its claim."""
    if isinstance(step, Identity):
        return replace(step, rhs=-step.rhs) if step.rhs != 0 else replace(step, rhs=sympy.Integer(1))
    if isinstance(step, PositiveForm):
        return replace(step, greater=step.lesser, lesser=step.greater, form=-step.form)
    if isinstance(step, Inequality):
        return replace(step, greater=step.lesser, lesser=step.greater)
    if isinstance(step, Limit):
        return replace(step, value=-step.value if step.value != 0 else sympy.Integer(1))
    if isinstance(step, SameSign):
        return replace(step, second=step.second.func(step.second.rhs, step.second.lhs, evaluate=False))
    if isinstance(step, Solutions):
        return replace(step, solutions=tuple(root + 1 for root in step.solutions))
    if isinstance(step, RootCount):
        return replace(step, count=step.count + 1)
    if isinstance(step, Deduction):
        return replace(step, conclusion=sympy.Gt(step.conclusion.lhs, step.conclusion.rhs, evaluate=False))
    raise TypeError(type(step))


def test_every_kind_of_step_is_broken_here() -> None:
    assert all(isinstance(step, CALCULATIONS) for step in derive().steps)


@pytest.mark.parametrize("theorem", [make() for make in THEOREMS], ids=lambda theorem: theorem.name)
def test_no_step_survives_the_opposite_claim(theorem: Theorem) -> None:
    assert [step.claim for step in theorem.steps if broken(step).verified] == []


@pytest.mark.parametrize("theorem", [make() for make in THEOREMS], ids=lambda theorem: theorem.name)
def test_a_letter_abbreviates_one_thing_in_a_theorem(theorem: Theorem) -> None:
    for short, long in theorem.where.items():
        assert all(step.where.get(short, long) == long for step in theorem.steps), short


def step_of(theorem: str, claim: str) -> Any:
    """The step of this theorem whose claim begins like this."""
    (step,) = (step for step in derive()[theorem].steps if step.claim.startswith(claim))
    return step


KEY_FORMULAS: list[tuple[str, str, dict[str, Any]]] = [
    # the theorem, how the claim begins, and a wrong letter or sign put for a right one in what the step says
    ("monotone-orbits", "Where g is", {"rhs": [(t * f, f**2)]}),
    ("monotone-orbits", "At a fixed point", {"rhs": [(1 - epsilon, 1 + epsilon)]}),
    ("affine-floor", "In the masses", {"rhs": [(mu, nu), (nu, mu)]}),
    ("affine-floor", "A round changes", {"rhs": [(mu, -mu)]}),
    ("affine-floor", "The odds ω", {"lhs": [(mu, -mu)]}),
    ("affine-floor", "The floor is an eigenvector", {"lhs": [(mu, nu)]}),
    ("affine-floor", "The two eigenvalues", {"rhs": [(mu, nu), (nu, mu)]}),
    ("eigen-threshold", "The floor lies below 1", {"second": [(f, t), (t, f)]}),
    ("eigen-threshold", "The floor attracts", {"second": [(f / t, f)]}),
    ("eigen-threshold", "So the odds", {"lhs": [(mu, mu / 2)]}),
    ("evidence-fixed-points", "A round moves", {"rhs": [(Lambda, -Lambda)]}),
    ("evidence-fixed-points", "Near a fixed point", {"rhs": [(1 - s, 1 + s)]}),
    ("evidence-fixed-points", "At b = 4", {"rhs": [(1 - 2 * s, 1 - s)]}),
    ("evidence-window", "Its slope", {"rhs": [(s, -s)]}),
    ("odds-power", "In log-odds", {"rhs": [(Lambda, -Lambda)]}),
    ("odds-power", "The distance", {"lhs": [(Lambda, -Lambda)]}),
    ("odds-power", "With β < 1 a round", {"first": [(Lambda, -Lambda)]}),
    ("odds-power", "The slope of", {"rhs": [(1 - epsilon, 1 + epsilon)]}),
    ("shrinkage-limit", "The response is", {"rhs": [(mu, nu), (nu, mu)]}),
    ("shrinkage-limit", "Started at", {"second": [(f, t), (t, f)]}),
    ("shrinkage-limit", "Low floors", {"value": [(f, t), (t, f)]}),
    ("append-power-law", "A round multiplies", {"rhs": [(K, -K)]}),
    ("append-power-law", "The product", {"lhs": [(n_, n_ - 1)]}),
    ("append-power-law", "So the distance", {"expression": [(eta, -eta)]}),
    ("append-power-law", "Under perfect adaptation η", {"rhs": [(f, t), (t, f)]}),
    ("append-invariant", "In the limit", {"value": [(C, -C)]}),
    ("append-invariant", "So t ln C", {"lhs": [(sympy.log(1 - C), -sympy.log(1 - C))]}),
    ("append-invariant", "In numbers", {"rhs": [(W, R), (R, W)]}),
    ("head-start", "So m correct", {"rhs": [(f, t), (t, f)]}),
    ("head-start", "If batches are appended", {"lhs": [(t, -t)]}),
    ("head-start", "The first pair", {"rhs": [(f, t), (t, f)]}),
    ("window-multiplier", "λ = 1", {"rhs": [(eta, -eta)]}),
    ("window-multiplier", "Times λ − 1", {"rhs": [(eta, -eta)]}),
    ("window-multiplier", "In a long window", {"value": [(eta, -eta)]}),
    ("tipping-point", "A round lowers", {"rhs": [(c, 1 - c)]}),
    ("tipping-point", "In log-odds", {"rhs": [(1 - c, 1 + c)]}),
    ("tipping-point", "Near c = 1", {"rhs": [(ratio_at(1), ratio_at(0))]}),
]


@pytest.mark.parametrize(("theorem", "claim", "changes"), KEY_FORMULAS)
def test_a_wrong_letter_is_caught(theorem: str, claim: str, changes: dict[str, Any]) -> None:
    step = step_of(theorem, claim)
    wrong = {name: getattr(step, name).subs(swap, simultaneous=True) for name, swap in changes.items()}
    assert all(wrong[name] != getattr(step, name) for name in changes)
    assert step.verified
    assert not replace(step, **wrong).verified


def test_a_positive_form_has_to_be_positive_and_equal() -> None:
    """x² + 1 > 2x − 1 by (x − 1)² + 1; the difference alone shows no sign to a factorisation."""
    plain = Inequality(**SAID, greater=x**2 + 2, lesser=2 * x)
    assert not plain.verified
    for form, holds in (((x - 1) ** 2 + 1, True), ((x - 1) ** 2 + 2, False), (x**2 - 2 * x + 2, False)):
        assert PositiveForm(**SAID, greater=x**2 + 2, lesser=2 * x, form=form).verified is holds
    assert not PositiveForm(**SAID, greater=x**2 + 1, lesser=2 * x, form=(x - 1) ** 2).verified, "0 at x = 1"


def test_order_alone_is_what_a_deduction_knows() -> None:
    def step(*premises: Any, conclusion: Any) -> Step:
        return Deduction(**SAID, premises=premises, conclusion=conclusion)

    assert step(x < s, s <= t, conclusion=x < t).verified
    assert not step(x <= s, s <= t, conclusion=x < t).verified, "all three may be the same"
    assert step(x <= s, s <= x, conclusion=sympy.Eq(x, s)).verified
    assert not step(x < s, conclusion=x + 1 < s + 1).verified, "arithmetic is not order"
    assert step(sympy.Implies(x < s, F(s) < F(x)), x < s, sympy.Not(F(s) < t), conclusion=F(x) > t).verified


def test_signs_between_turning_points_count_zeros() -> None:
    """x³ − 3x + k has its turns at ∓1, where it is k ± 2."""

    def step(k: Any, count: int, **fields: Any) -> Step:
        curve = x**3 - 3 * x + k
        given = {"low": -sympy.oo, "high": sympy.oo, "turns": (sympy.Integer(-1), sympy.Integer(1)), **fields}
        return RootCount(**SAID, function=curve, variable=x, count=count, **given)

    line = {"low": sympy.Integer(-3), "high": sympy.Integer(3)}
    for k, count in ((0, 3), (1, 3), (2, 2), (-2, 2), (3, 1), (-3, 1)):
        assert [step(k, guess, **line).verified for guess in (0, 1, 2, 3)] == [guess == count for guess in (0, 1, 2, 3)]
    assert not step(0, 3, **line, turns=()).verified, "the slope changes its sign"
    assert not step(0, 3, **line, turns=(sympy.Integer(1), sympy.Integer(-1))).verified, "the turns are out of order"
    assert step(0, 2, low=sympy.Integer(-1), turns=(sympy.Integer(1),), high=sympy.Integer(3)).verified
    assert not step(sympy.Symbol("k", real=True), 3, **line).verified, "no sign is known"


def test_gamma_functions_balance_or_have_no_limit() -> None:
    k = sympy.Symbol("k", positive=True)

    def step(expression: Any, value: Any, point: Any = sympy.oo) -> Step:
        return GammaLimit(**SAID, expression=expression, variable=n, point=point, value=value)

    ratio = sympy.gamma(n + k) / sympy.gamma(n + 1)
    assert step(ratio * n ** (1 - k), sympy.Integer(1)).verified
    assert step(3 * k * ratio * n ** (1 - k), 3 * k).verified
    assert not step(ratio * n ** (1 - k), sympy.Integer(2)).verified
    assert not step(ratio * n**k, sympy.Integer(1)).verified, "the powers do not balance"
    assert not step(sympy.gamma(n + k) * n ** (1 - k), sympy.Integer(1)).verified, "the Gamma functions do not"
    assert not step(sympy.gamma(2 * n) / sympy.gamma(2 * n + 1) * n, sympy.Integer(1)).verified, "another shape"
    assert not step(ratio * n ** (1 - k), sympy.Integer(1), point=0).verified


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (PositiveForm, {"greater": f, "lesser": 0, "form": f}),
        (Deduction, {"premises": (x < s,), "conclusion": x < s}),
        (Deduction, {"premises": (x < s,), "conclusion": sympy.Or(x < t, x >= t, evaluate=False)}),
        (Deduction, {"premises": (x < s, s < x), "conclusion": x < t}),
        (RootCount, {"function": f, "variable": x, "low": 0, "high": 1, "count": 0}),
        (GammaLimit, {"expression": sympy.gamma(f), "variable": n, "point": sympy.oo, "value": sympy.gamma(f)}),
    ],
    ids=["a range", "a premise", "always so", "premises that exclude each other", "a constant", "no limit taken"],
)
def test_a_step_that_claims_nothing_is_rejected(kind: type[Step], fields: dict[str, Any]) -> None:
    with pytest.raises(TrivialStepError, match="claims nothing"):
        kind(**SAID, **fields)


def test_the_window_needs_its_hypotheses_and_its_turns() -> None:
    inside = step_of("evidence-window", "Inside the window")
    assert inside.verified
    assert not replace(inside, given=()).verified
    assert not replace(inside, given=inside.given[:1]).verified
    assert not replace(inside, given=tuple(r.reversed for r in inside.given[::-1]), turns=inside.turns[:1]).verified
    assert not replace(inside, turns=inside.turns[::-1]).verified
    assert not replace(inside, ranges={}).verified, "b > 4"
    shallow = step_of("evidence-fixed-points", "For b < 4 the loop")
    assert not replace(shallow, slope=-shallow.slope).verified
    assert not replace(shallow, ranges={}).verified, "b < 4"
