r"""Loops whose evaluator reads the context too, so that its likelihood ratio drifts with the contamination."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.steps import Identity, SameSign, Step
from boostcalc.theory.symbols import c, contamination, f, logit, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["tipping_point"]

RATIO_AT = sympy.Function("L")
NEXT = sympy.Function("M")
fixed, multiplier = sympy.symbols("c^* rho", real=True)
secant = sympy.Function("lamda")
slope = secant(fixed)
UPDATE = {NEXT: sympy.Lambda(c, c / (c + (1 - c) * RATIO_AT(c)))}
CROSSING = {RATIO_AT: sympy.Lambda(c, 1 + (c - fixed) * secant(c))}
"""Every L that is 1 at c* and differentiable there: the slope of its secants has the limit L′(c*)."""

ANYWHERE = {RATIO_AT(c): sympy.Symbol("z", positive=True), c: share("s")}
MULTIPLIER = {multiplier: 1 - fixed * (1 - fixed) * slope}
INSIDE = {fixed: share("s")}


@cache
def tipping_point() -> Theorem:
    r"""$L(c) = 1$ is a fixed point with the multiplier $1 - c(1-c)L'(c)$."""
    log_odds = Identity(
        claim="A round lowers the log-odds of the contamination by the evidence ln L(c) of its own acceptances.",
        reason="Bayes' rule in odds, with the likelihood ratio that the evaluator has under this context.",
        lhs=logit(NEXT(c)),
        rhs=logit(c) - sympy.log(RATIO_AT(c)),
        where=UPDATE,
        ranges=ANYWHERE,
    )
    at_fixed = Identity(
        claim="Where L is 1, at c*, the multiplier is 1 − c*(1 − c*)L′(c*).",
        reason="The slope of the round there. λ(c) is the slope of the secant of L from c* to c, so λ(c*) is L′(c*).",
        lhs=sympy.Subs(sympy.Derivative(NEXT(c), c), c, fixed),
        rhs=1 - fixed * (1 - fixed) * slope,
        where={**UPDATE, **CROSSING},
    )
    tipping = SameSign(
        claim="So it is a tipping point where L falls through 1: the multiplier ρ is above 1.",
        reason="ρ − 1 is −λ(c*) times c*(1 − c*), which is positive.",
        first=sympy.Gt(multiplier, 1),
        second=sympy.Lt(slope, 0),
        where=MULTIPLIER,
        ranges=INSIDE,
    )
    return Theorem(
        name="tipping-point",
        family="drift",
        title="An evaluator that drifts has tipping points",
        says="If the evaluator reads the context, each contamination at which its likelihood ratio is 1 is a fixed "
        "point: a tipping point where the ratio falls through 1, and an attractor where it rises through 1, unless it "
        "rises so steeply that the loop overshoots.",
        statement=(log_odds.statement, at_fixed.statement, tipping.statement),
        assumptions=(
            "The model matches its context, g(c) = c, and each batch replaces the context; c is the contamination of "
            "the context.",
            "t(c) and f(c) are positive, and L(c) = t(c)/f(c) is differentiable in 0 ≤ c ≤ 1.",
            "0 < c < 1; clean and wholly wrong contexts stay so.",
        ),
        reference="linear stability and the flip of a one-dimensional map (Strogatz 1994, 10.1 and 10.3)",
        steps=(*_round(), log_odds, *_direction(), at_fixed, tipping, *_attractors(), *_cycles()),
    )


def _round() -> tuple[Step, ...]:
    """The map of a round, from the filter."""
    return (
        Identity(
            claim="A round with the rates t and f of this context takes c to M(c).",
            reason="Bayes' rule; t and f matter only by their ratio.",
            lhs=contamination(c),
            rhs=NEXT(c),
            where={**UPDATE, RATIO_AT(c): t / f},
        ),
    )


def _direction() -> tuple[Step, ...]:
    """Which way a round goes, and how steeply."""
    return (
        SameSign(
            claim="A round cleans exactly if L(c) > 1; the fixed points inside (0, 1) are those with L(c) = 1.",
            reason="The two differences have a positive quotient; they are zero together.",
            first=sympy.Lt(NEXT(c), c, evaluate=False),
            second=sympy.Lt(1, RATIO_AT(c), evaluate=False),
            where=UPDATE,
            ranges=ANYWHERE,
        ),
        Identity(
            claim="In log-odds the slope of a round is 1 less the slope of ln L.",
            reason="The derivative of logit c − ln L(c) over that of logit c, which is 1/(c(1 − c)).",
            lhs=sympy.Derivative(logit(NEXT(c)), c) * c * (1 - c),
            rhs=1 - c * (1 - c) * sympy.Derivative(RATIO_AT(c), c) / RATIO_AT(c),
            where=UPDATE,
        ),
    )


def _attractors() -> tuple[Step, ...]:
    """Where L rises through 1."""
    return (
        SameSign(
            claim="Where L rises through 1 the multiplier is below 1.",
            reason="The same difference with the other sign.",
            first=sympy.Lt(multiplier, 1),
            second=sympy.Gt(slope, 0),
            where=MULTIPLIER,
            ranges=INSIDE,
        ),
        SameSign(
            claim="There the fixed point attracts as long as L′(c*) is below 2/(c*(1 − c*)).",
            reason="This is where ρ passes −1: a steeper evaluator throws the loop farther to the other side.",
            first=sympy.Gt(multiplier, -1),
            second=sympy.Lt(slope, 2 / (fixed * (1 - fixed)), evaluate=False),
            where=MULTIPLIER,
            ranges=INSIDE,
        ),
    )


def _cycles() -> tuple[Step, ...]:
    """Two rounds at once: what surrounds an attractor that has become too steep."""
    twice = sympy.Derivative(NEXT(NEXT(c)), c)
    return (
        *(
            Identity(
                claim=f"Near c = {end} a round multiplies the distance from it by {said}.",
                reason="The slope of the round there; L′ has the factor c(1 − c).",
                lhs=sympy.Subs(sympy.Derivative(NEXT(c), c), c, end),
                rhs=value,
                where=UPDATE,
            )
            for end, said, value in (
                (0, "1/L(0)", 1 / RATIO_AT(0)),
                (1, "L(1)", RATIO_AT(1)),
            )
        ),
        Identity(
            claim="Two rounds have the slope ρ² at c*. If ρ < −1, L < 1 at 0 and L > 1 at 1, and L is 1 at c* only, a "
            "2-cycle surrounds c*.",
            reason="The chain rule. Two rounds then lead away from 0, from c* and from 1, so between 0 and c* they "
            "leave a point where it is, which one round does not.",
            lhs=sympy.Subs(twice, c, fixed),
            rhs=sympy.Subs(sympy.Derivative(NEXT(c), c), c, fixed) ** 2,
            where={**UPDATE, **CROSSING},
        ),
    )
