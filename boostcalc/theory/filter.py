r"""What one filtering does: Bayes' rule, its form in odds, and when it cleans."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.steps import Identity, Inequality, Limit, SameSign, Solutions, Step
from boostcalc.theory.symbols import FILTER, RATIO, L, Lambda, a, above, c, epsilon, f, logit, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["acceptance_condition", "contamination_law", "odds_form"]

RATES = "t and f are the positive probabilities with which correct and wrong answers are accepted"
INSIDE = {epsilon: share("s")}


@cache
def contamination_law() -> Theorem:
    r"""$c = \varepsilon f / a$ with $a = (1-\varepsilon)t + \varepsilon f$."""
    accepted = {a: FILTER[a]}
    return Theorem(
        name="filter",
        family="filter",
        title="What is accepted",
        says="The share of wrong pairs among those accepted is the share of answers that are wrong and accepted, "
        "over the share that is accepted.",
        statement=(sympy.Eq(c, epsilon * f / a, evaluate=False),),
        assumptions=(f"{RATES}.", "The verdict depends on the answer only through its correctness."),
        reference="Bayes' rule",
        steps=(
            Solutions(
                claim="Bayes' rule determines the contamination.",
                reason="Both sides are the share of answers that are wrong and accepted: a share c of the accepted, "
                "and a share f of the wrong. The equation is linear in c with the coefficient a > 0.",
                lhs=c * a,
                rhs=epsilon * f,
                unknown=c,
                solutions=(epsilon * f / a,),
                where=accepted,
                ranges=INSIDE,
            ),
            Identity(
                claim="The rest of the accepted pairs are correct, as Bayes' rule says of the other kind.",
                reason="The same count for correct answers: a share t of them is accepted. That both agree is the law "
                "of total probability.",
                lhs=1 - c,
                rhs=(1 - epsilon) * t / a,
                where=FILTER,
            ),
            *_is_a_share(),
        ),
    )


@cache
def odds_form() -> Theorem:
    r"""$\frac{c}{1-c} = \frac{f}{t}\,\frac{\varepsilon}{1-\varepsilon}$: in log-odds a shift by $-\ln(t/f)$."""
    in_odds = Identity(
        claim="Filtering multiplies the odds of an error by f/t.",
        reason="The share accepted divides the wrong and the correct alike, so it cancels from their odds.",
        lhs=c / (1 - c),
        rhs=f / t * epsilon / (1 - epsilon),
        where=FILTER,
    )
    in_log_odds = Identity(
        claim="In log-odds it subtracts the evidence of one acceptance.",
        reason="The logarithm turns the factor into a difference; every argument is positive for 0 < ε < 1.",
        lhs=logit(c),
        rhs=logit(epsilon) - Lambda,
        where={**FILTER, **RATIO},
        ranges=INSIDE,
    )
    return Theorem(
        name="odds-form",
        family="filter",
        title="Filtering in odds",
        says="Filtering divides the odds of an error by the likelihood ratio L of the evaluator.",
        statement=(in_odds.statement, in_log_odds.statement),
        assumptions=(f"{RATES}.", "0 < ε < 1."),
        reference="Bayes' rule in odds form (Good 1950)",
        steps=(
            in_odds,
            in_log_odds,
            Inequality(
                claim="The evidence is positive when correct answers are accepted more readily.",
                reason="With t = f exp(λ) and λ > 0, which is every t > f, the logarithm of t/f is λ.",
                greater=Lambda,
                lesser=0,
                where=RATIO,
                ranges={t: f * sympy.exp(sympy.Symbol("lamda", positive=True))},
            ),
            Limit(
                claim="A flawless evaluator gives evidence without bound.",
                reason="The likelihood ratio grows without bound as f falls to 0.",
                expression=L,
                variable=f,
                point=0,
                value=sympy.oo,
                where=RATIO,
            ),
        ),
    )


@cache
def acceptance_condition() -> Theorem:
    r"""$\varepsilon - c = \varepsilon(1-\varepsilon)(t-f)/a$, so $c < \varepsilon \iff f < t$."""
    factorised = Identity(
        claim="The difference that one filtering makes factorises.",
        reason="On the common denominator a, the numerator is ε(a − f), and a − f = (1 − ε)(t − f).",
        lhs=epsilon - c,
        rhs=epsilon * (1 - epsilon) * (t - f) / a,
        where=FILTER,
    )
    condition = SameSign(
        claim="The accepted pairs are cleaner than the answers exactly if wrong answers are accepted less readily.",
        reason="By the factorised form the two differences have the quotient ε(1 − ε)/a, which is positive for "
        "0 < ε < 1, so they are positive, zero and negative together.",
        first=sympy.Lt(c, epsilon, evaluate=False),
        second=sympy.Lt(f, t, evaluate=False),
        where=FILTER,
        ranges=INSIDE,
    )
    return Theorem(
        name="acceptance-condition",
        family="filter",
        title="The acceptance condition",
        says="For 0 < ε < 1 the accepted batch is cleaner than the answers if and only if f < t.",
        statement=(condition.statement, factorised.statement),
        assumptions=(f"{RATES}.", "0 < ε < 1: at 0 and 1 there is nothing to sort."),
        reference="Bayes' rule; the discrete replicator equation of two types",
        steps=(
            factorised,
            condition,
            *_three_cases(),
        ),
    )


def _is_a_share() -> tuple[Step, ...]:
    """The contamination lies strictly between 0 and 1, and vanishes with f."""
    return (
        Inequality(
            claim="The contamination is positive: an evaluator that accepts some wrong answers lets some through.",
            reason="Every factor is positive for 0 < ε < 1.",
            greater=c,
            lesser=0,
            where=FILTER,
            ranges=INSIDE,
        ),
        Inequality(
            claim="The contamination stays below 1.",
            reason="The correct share of what is accepted is positive for 0 < ε < 1.",
            greater=1,
            lesser=c,
            where=FILTER,
            ranges=INSIDE,
        ),
        Limit(
            claim="A flawless evaluator accepts nothing wrong.",
            reason="As f falls to 0 the wrong and accepted vanish while the correct and accepted stay.",
            expression=c,
            variable=f,
            point=0,
            value=0,
            where=FILTER,
            ranges=INSIDE,
        ),
    )


def _three_cases() -> tuple[Step, ...]:
    """The sign of the difference where f is below, above and at t."""
    return (
        Inequality(
            claim="If f < t, filtering cleans.",
            reason="With t = f + d and d > 0 every factor is positive.",
            greater=epsilon,
            lesser=c,
            where=FILTER,
            ranges={**INSIDE, t: above(f)},
        ),
        Inequality(
            claim="If f > t, filtering soils.",
            reason="With f = t + d and d > 0 the one factor that carries the sign is negative.",
            greater=c,
            lesser=epsilon,
            where=FILTER,
            ranges={**INSIDE, f: above(t)},
        ),
        Identity(
            claim="If f = t, filtering changes nothing.",
            reason="Acceptance then says nothing about an answer: a = t, and c = ε.",
            lhs=c,
            rhs=epsilon,
            where=FILTER,
            ranges={f: t},
        ),
    )
