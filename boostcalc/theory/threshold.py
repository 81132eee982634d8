r"""The loop of a model that slips and repairs nothing: its floor, and the threshold beyond which it has none."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.responses import Affine
from boostcalc.theory.steps import Identity, Inequality, Limit, SameSign, Solutions, Step
from boostcalc.theory.symbols import (
    F,
    above,
    contamination,
    epsilon,
    f,
    mu,
    n,
    nu,
    omega_at,
    share,
    t,
    target,
)
from boostcalc.theory.theorem import Theorem

__all__ = ["eigen_threshold"]

WITHOUT_REPAIR = {F: sympy.Lambda(epsilon, Affine.symbolic(contamination(epsilon)).subs(nu, 0))}
SLOPE = sympy.Derivative(F(epsilon), epsilon)
factor = sympy.Symbol("rho", positive=True)
FACTOR = {factor: f / ((1 - mu) * t)}
floor_odds = mu / (1 - mu) / (1 - factor)
start_odds = sympy.Symbol("omega_0", positive=True)
LINEAR = {omega_at: sympy.Lambda(n, floor_odds + factor**n * (start_odds - floor_odds))}
BELOW = {f: (1 - mu) * t * share("u"), mu: share("z")}


@cache
def eigen_threshold() -> Theorem:
    r"""With $\nu = 0$ the floor is $\mu/(1 - f/t)$ if $\mu < 1 - f/t$; else all answers end up wrong."""
    roots = Solutions(
        claim="With f < t the loop stands still exactly at ε = 1 and at ε = μ/(1 − f/t).",
        reason="F(ε) − ε has a numerator of degree 2 in ε, whose leading coefficient t − f is not 0, and these are two "
        "roots.",
        lhs=F(epsilon),
        rhs=epsilon,
        unknown=epsilon,
        solutions=(sympy.Integer(1), mu / (1 - f / t)),
        where=WITHOUT_REPAIR,
        ranges={t: above(f), mu: share("z")},
    )
    threshold = SameSign(
        claim="The floor lies below 1 exactly if μ < 1 − f/t.",
        reason="The two differences have the quotient 1/(1 − f/t), which is positive for f < t.",
        first=sympy.Lt(target, 1),
        second=sympy.Lt(mu, 1 - f / t),
        where={target: mu / (1 - f / t)},
        ranges={t: above(f)},
    )
    return Theorem(
        name="eigen-threshold",
        family="affine",
        title="The error threshold",
        says="Without repairs, ν = 0, the loop has a floor below 1 exactly if the slips are rarer than 1 − f/t. Then "
        "it tends to it from every start below 1; else all answers end up wrong.",
        statement=(roots.statement, threshold.statement),
        assumptions=(
            "The model errs at the rate g(c) = μ + (1 − μ)c; each batch replaces the context.",
            "t, f and μ do not change from round to round; t and f are positive, and 0 < μ < 1.",
            "With f ≥ t no μ is below the threshold, and ε = 1 is the only fixed point in [0, 1].",
            "ε < 1 at the start: a wholly wrong start stays wholly wrong.",
        ),
        reference="the error threshold of a quasispecies without back mutation (Eigen 1971, Naturwissenschaften 58); "
        "t/f is the superiority of the master sequence and 1 − μ its copying fidelity",
        steps=(roots, threshold, *_multipliers(), *_both_sides(), *_orbit_without_repair()),
    )


def _multipliers() -> tuple[Step, ...]:
    """The slopes at both fixed points."""
    return (
        Identity(
            claim="Near the floor a round multiplies the distance from it by f/((1 − μ)t).",
            reason="The slope of the update map there; a(ε) is (1 − μ)t at the floor.",
            lhs=sympy.Subs(SLOPE, epsilon, target),
            rhs=factor,
            where={**WITHOUT_REPAIR, target: mu / (1 - f / t), **FACTOR},
        ),
        Identity(
            claim="Near ε = 1 it is the reciprocal, so exactly one of the two attracts unless they coincide.",
            reason="The slope of the update map at 1, where a(ε) is f.",
            lhs=sympy.Subs(SLOPE, epsilon, 1),
            rhs=1 / factor,
            where={**WITHOUT_REPAIR, **FACTOR},
        ),
        SameSign(
            claim="The floor attracts exactly below the threshold.",
            reason="The two differences have the quotient 1/(1 − μ).",
            first=sympy.Lt(factor, 1),
            second=sympy.Lt(mu, 1 - f / t),
            where=FACTOR,
            ranges={mu: share("z")},
        ),
    )


def _both_sides() -> tuple[Step, ...]:
    """The direction of the loop below the threshold, and beyond it."""
    return (
        SameSign(
            claim="Below the threshold a round lowers the error exactly if it is above the floor.",
            reason="The two differences have the quotient (1 − ε)(t − f)/a, which is positive.",
            first=sympy.Lt(F(epsilon), epsilon, evaluate=False),
            second=sympy.Lt(target, epsilon, evaluate=False),
            where={**WITHOUT_REPAIR, target: mu / (1 - f / t)},
            ranges={epsilon: share("s"), **BELOW},
        ),
        Inequality(
            claim="At the threshold and beyond it every round raises the error, so it tends to 1.",
            reason="With f = (1 − μ)t + d and d ≥ 0 every term is positive; there is no other fixed point to stop at.",
            greater=F(epsilon),
            lesser=epsilon,
            where=WITHOUT_REPAIR,
            ranges={
                epsilon: share("s"),
                f: (1 - mu) * t + sympy.Symbol("d", nonnegative=True),
                mu: share("z"),
            },
        ),
    )


def _orbit_without_repair() -> tuple[Step, ...]:
    """In odds the loop is linear: its closed form and its limits."""
    return (
        Identity(
            claim="In odds a round is linear.",
            reason="The correct mass is only multiplied, by (1 − μ)t; the odds divide the wrong mass by it.",
            lhs=F(epsilon) / (1 - F(epsilon)),
            rhs=factor * epsilon / (1 - epsilon) + mu / (1 - mu),
            where={**WITHOUT_REPAIR, **FACTOR},
        ),
        Identity(
            claim="So the odds of every round are known: round n + 1 follows from round n.",
            reason="Step of the induction for the closed form of the linear recurrence, which starts at the odds of "
            "round 0. At the threshold itself the odds grow by μ/(1 − μ) a round.",
            lhs=factor * omega_at(n) + mu / (1 - mu),
            rhs=omega_at(n + 1),
            where=LINEAR,
        ),
        Limit(
            claim="Below the threshold the odds tend to those of the floor.",
            reason="The factor is below 1, so its powers vanish.",
            expression=omega_at(n),
            variable=n,
            point=sympy.oo,
            value=floor_odds,
            where=LINEAR,
            ranges={factor: share("u")},
        ),
        Limit(
            claim="Beyond it they grow without bound.",
            reason="The factor is above 1, and its powers multiply a positive number.",
            expression=omega_at(n),
            variable=n,
            point=sympy.oo,
            value=sympy.oo,
            where=LINEAR,
            ranges={factor: 1 + sympy.Symbol("d", positive=True), mu: share("z")},
        ),
    )
