r"""The loop of a model that matches its context: g(c) = c, so one round is one filtering."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.responses import Perfect
from boostcalc.theory.steps import Identity, Inequality, Limit, SameSign, Solutions, Step
from boostcalc.theory.symbols import (
    RATIO,
    F,
    Lambda,
    above,
    contamination,
    epsilon,
    epsilon_0,
    error_at,
    f,
    logit,
    n,
    n_star,
    share,
    t,
    target,
)
from boostcalc.theory.theorem import Theorem

__all__ = ["closed_form", "fixed_points", "rounds_to_target"]

PERFECT = "The model matches the error rate of its context, g(c) = c, and each batch replaces the context."
CONSTANT = "t and f are positive and do not change from round to round."
LAMBDA = sympy.Symbol("lamda", positive=True)
EVIDENCE = {t: f * sympy.exp(LAMBDA)}
UPDATE = {F: sympy.Lambda(epsilon, Perfect.symbolic(contamination(epsilon)))}
START = {epsilon_0: share("s")}
CROSSING = (logit(epsilon_0) - logit(target)) / Lambda
ORBIT = {error_at: sympy.Lambda(n, 1 / (1 + (1 - epsilon_0) / epsilon_0 * (t / f) ** n))}


@cache
def closed_form() -> Theorem:
    r"""$\operatorname{logit}\varepsilon_n = \operatorname{logit}\varepsilon_0 - n\Lambda$, by induction."""
    rational = Identity(
        claim="Without a fraction inside a fraction it has a value also for a start at 0 or 1.",
        reason="The fraction is expanded by the error at the start times the n-th power of f.",
        lhs=error_at(n),
        rhs=epsilon_0 * f**n / ((1 - epsilon_0) * t**n + epsilon_0 * f**n),
        where=ORBIT,
    )
    in_log_odds = Identity(
        claim="In log-odds the rounds are evenly spaced.",
        reason="The odds of the error after n rounds are those at the start times the n-th power of f/t.",
        lhs=logit(error_at(n)),
        rhs=logit(epsilon_0) - n * Lambda,
        where={**ORBIT, **RATIO},
        ranges=START,
    )
    return Theorem(
        name="closed-form",
        family="perfect",
        title="Every round of the loop",
        says="Under perfect adaptation each round subtracts Λ, the evidence of one acceptance, from the log-odds "
        "of the error.",
        statement=(rational.statement, in_log_odds.statement),
        assumptions=(PERFECT, CONSTANT, "0 < ε < 1 at the start."),
        reference="selection between two haploid types (Crow and Kimura 1970)",
        steps=(
            Identity(
                claim="The closed form starts at the error of round 0.",
                reason="Base of the induction: at n = 0 the power of t/f is 1.",
                lhs=1 / (1 + (1 - epsilon_0) / epsilon_0),
                rhs=epsilon_0,
            ),
            Identity(
                claim="One round of the loop takes the closed form of round n to that of round n + 1.",
                reason="Step of the induction: the update map multiplies the odds by f/t once more.",
                lhs=F(error_at(n)),
                rhs=error_at(n + 1),
                where={**UPDATE, **ORBIT},
            ),
            rational,
            in_log_odds,
            *_ends(),
        ),
    )


@cache
def fixed_points() -> Theorem:
    r"""$F(\varepsilon) = \varepsilon$ exactly at 0 and 1, with $F'(0) = f/t$ and $F'(1) = t/f$."""
    slope = sympy.Derivative(F(epsilon), epsilon)
    roots = Solutions(
        claim="The loop stands still exactly at ε = 0 and at ε = 1.",
        reason="F(ε) − ε has a numerator of degree 2 in ε, whose leading coefficient t − f is not 0, and these are "
        "two roots.",
        lhs=F(epsilon),
        rhs=epsilon,
        unknown=epsilon,
        solutions=(sympy.Integer(0), sympy.Integer(1)),
        where=UPDATE,
        ranges={t: f + sympy.Symbol("d", real=True, nonzero=True)},
    )
    at_zero, at_one = (
        Identity(
            claim=f"Near ε = {point} a round multiplies the distance from it by {name}.",
            reason=f"The derivative of the update map at ε = {point}.",
            lhs=sympy.Subs(slope, epsilon, point),
            rhs=multiplier,
            where=UPDATE,
        )
        for point, multiplier, name in ((0, f / t, "f/t"), (1, t / f, "t/f"))
    )
    return Theorem(
        name="fixed-points",
        family="perfect",
        title="Where the loop stands still",
        says="Unless t = f, when every error rate stays as it is, the loop rests only at 0 and at 1; with f < t it "
        "leaves 1 and tends to 0.",
        statement=(roots.statement, at_zero.statement, at_one.statement),
        assumptions=(PERFECT, CONSTANT, "t ≠ f."),
        reference="linear stability of a one-dimensional map (Strogatz 1994, 10.1)",
        steps=(
            roots,
            Identity(
                claim="The slope of the update map is tf over the square of the share accepted.",
                reason="The derivative of the quotient. It is positive, so no orbit overshoots.",
                lhs=slope,
                rhs=t * f / ((1 - epsilon) * t + epsilon * f) ** 2,
                where=UPDATE,
            ),
            at_zero,
            at_one,
            *_stability(),
        ),
    )


@cache
def rounds_to_target() -> Theorem:
    r"""$n = \lceil(\operatorname{logit}\varepsilon_0 - \operatorname{logit}\varepsilon^*)/\Lambda\rceil$."""
    met = SameSign(
        claim="From the crossing on, and not before it, the target is met.",
        reason="The two differences have the quotient Λ, which is positive for f < t.",
        first=sympy.Le(logit(error_at(n)), logit(target), evaluate=False),
        second=sympy.Ge(n, n_star, evaluate=False),
        where={**ORBIT, n_star: CROSSING, **RATIO},
        ranges={**START, target: share("u"), **EVIDENCE},
    )
    return Theorem(
        name="rounds-to-target",
        family="perfect",
        title="Rounds to a target",
        says="The least number of rounds after which the error is at or below the target is the gap in log-odds "
        "over Λ, rounded up.",
        statement=(sympy.Eq(n, sympy.ceiling(CROSSING), evaluate=False),),
        assumptions=(PERFECT, CONSTANT, "f < t.", "The target lies between 0 and the error at the start."),
        reference="Bayes' rule, round by round",
        steps=(
            *_crossing(),
            Inequality(
                claim="The orbit is monotone: with f < t every round lowers the error.",
                reason="With t = f + d, d > 0 and 0 < ε < 1 every factor of the difference is positive.",
                greater=epsilon,
                lesser=F(epsilon),
                where=UPDATE,
                ranges={epsilon: share("s"), t: above(f)},
            ),
            Inequality(
                claim="Errors and their log-odds have the same order.",
                reason="The log-odds increase with the error, at the rate 1/(ε(1 − ε)).",
                greater=sympy.Derivative(logit(epsilon), epsilon),
                lesser=0,
                ranges={epsilon: share("s")},
            ),
            met,
        ),
    )


def _ends() -> tuple[Step, ...]:
    """Where the closed form tends to."""
    return (
        Limit(
            claim="With f < t the error vanishes.",
            reason="With t = f exp(λ) and λ > 0, which is every t > f, the odds fall like exp(−λ n).",
            expression=error_at(n),
            variable=n,
            point=sympy.oo,
            value=0,
            where=ORBIT,
            ranges={**START, **EVIDENCE},
        ),
        Limit(
            claim="With f > t all answers end up wrong.",
            reason="With f = t exp(λ) and λ > 0 the odds grow like exp(λ n).",
            expression=error_at(n),
            variable=n,
            point=sympy.oo,
            value=1,
            where=ORBIT,
            ranges={**START, f: t * sympy.exp(LAMBDA)},
        ),
    )


def _stability() -> tuple[Step, ...]:
    """Which of the two fixed points attracts."""
    return (
        Inequality(
            claim="With f < t the fixed point 0 attracts: its multiplier is below 1.",
            reason="With t = f + d and d > 0, the difference 1 − f/t is d/(f + d).",
            greater=1,
            lesser=f / t,
            ranges={t: above(f)},
        ),
        Inequality(
            claim="With f < t the fixed point 1 repels: its multiplier is above 1.",
            reason="With t = f + d and d > 0, the difference t/f − 1 is d/f.",
            greater=t / f,
            lesser=1,
            ranges={t: above(f)},
        ),
    )


def _crossing() -> tuple[Step, ...]:
    """The one real n at which the closed form meets the target."""
    return (
        Solutions(
            claim="As a function of a real n, the closed form crosses the target exactly once.",
            reason="In log-odds the closed form is linear in n with the slope −Λ, which is not 0.",
            lhs=logit(epsilon_0) - n * Lambda,
            rhs=logit(target),
            unknown=n,
            solutions=(CROSSING,),
            ranges={Lambda: LAMBDA},
        ),
        Identity(
            claim="There the error is the target.",
            reason="Put into the closed form.",
            lhs=error_at(n_star),
            rhs=target,
            where={**ORBIT, n_star: CROSSING, **RATIO},
            ranges={**START, target: share("u"), **EVIDENCE},
        ),
    )
