r"""Several independent votes on one answer: unanimity and the majority of three."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.steps import Identity, Inequality, Limit, SameSign, Solutions, Step
from boostcalc.theory.symbols import RATIO, L, Lambda, above, c, epsilon, f, logit, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["correlated_votes", "majority_of_three", "unanimous_votes"]

INDEPENDENT = "Given whether the answer is correct, the votes are independent; each accepts with probability t or f."
HALF = sympy.Rational(1, 2)
INSIDE = {epsilon: share("s")}

m, k = sympy.symbols("m k", integer=True, positive=True)
VOTED = {c: epsilon * f**m / ((1 - epsilon) * t**m + epsilon * f**m)}


@cache
def unanimous_votes() -> Theorem:
    r"""$t^m$, $f^m$ and $(t/f)^m$: m votes in one round do what m rounds do."""
    chance = Identity(
        claim="All of m votes accept a correct answer with probability t^m.",
        reason="The binomial chance of m acceptances among m; for a wrong answer it is the same with f.",
        lhs=sympy.Subs(sympy.binomial(m, k) * t**k * (1 - t) ** (m - k), k, m),
        rhs=t**m,
    )
    ratio = Identity(
        claim="The likelihood ratio of m unanimous votes is the m-th power of that of one.",
        reason="Independent evidence multiplies.",
        lhs=t**m / f**m,
        rhs=L**m,
        where={L: t / f},
    )
    in_log_odds = Identity(
        claim="One round with m unanimous votes subtracts from the log-odds what m rounds with one vote do.",
        reason="Bayes' rule with the rates t^m and f^m; every argument is positive for 0 < ε < 1.",
        lhs=logit(c),
        rhs=logit(epsilon) - m * Lambda,
        where={**VOTED, **RATIO},
        ranges=INSIDE,
    )
    return Theorem(
        name="unanimous-votes",
        family="votes",
        title="Unanimous votes",
        says="If a pair is accepted only when all of m independent votes accept it, the rates are t^m and f^m and the "
        "likelihood ratio is the m-th power: with f < t the batch is cleaner, and it takes more attempts to fill.",
        statement=(chance.statement, ratio.statement, in_log_odds.statement),
        assumptions=(
            INDEPENDENT,
            "0 < t, f < 1 and 0 < ε < 1.",
            "The comparison with m rounds supposes perfect adaptation.",
        ),
        reference="Good (1950): independent weights of evidence add up",
        steps=(chance, ratio, in_log_odds, *_price_of_unanimity()),
    )


@cache
def majority_of_three() -> Theorem:
    r"""$3\varepsilon^2 - 2\varepsilon^3 < \varepsilon \iff \varepsilon < \tfrac12$; $t \to 3t^2 - 2t^3$."""
    of_answers = Identity(
        claim="The majority of three answers, each wrong with probability ε, is wrong with probability 3ε² − 2ε³.",
        reason="Two or three of the three are wrong: the upper tail of the binomial law.",
        lhs=sympy.Sum(sympy.binomial(3, k) * epsilon**k * (1 - epsilon) ** (3 - k), (k, 2, 3)),
        rhs=3 * epsilon**2 - 2 * epsilon**3,
    )
    better = SameSign(
        claim="It is below ε exactly if ε is below 1/2.",
        reason="The difference is ε(1 − ε)(1 − 2ε), so the two differences have the positive quotient 2ε(1 − ε).",
        first=sympy.Lt(3 * epsilon**2 - 2 * epsilon**3, epsilon, evaluate=False),
        second=sympy.Lt(epsilon, HALF, evaluate=False),
        ranges=INSIDE,
    )
    ratio = Identity(
        claim="The majority of three votes has the square of the likelihood ratio of one, times (3 − 2t)/(3 − 2f).",
        reason="The quotient of the two tails; the factor is below 1 for f < t and near 1 where few answers pass.",
        lhs=_majority(t) / _majority(f),
        rhs=L**2 * (3 - 2 * t) / (3 - 2 * f),
        where={L: t / f},
    )
    return Theorem(
        name="majority-of-three",
        family="votes",
        title="The majority of three",
        says="Three answers, or three verdicts, of which the majority counts: errors below 1/2 fall to 3ε² − 2ε³, and "
        "an evaluator's rates become 3t² − 2t³ and 3f² − 2f³.",
        statement=(of_answers.statement, better.statement, ratio.statement),
        assumptions=(
            "The three are independent given the query (answers) or given whether the answer is correct (votes).",
            "ε is the error on this query. Wrong answers are of one kind, so that any two of them agree.",
            "0 < ε < 1 and 0 < f, t < 1.",
        ),
        reference="Schapire (1990), The strength of weak learnability; Condorcet (1785)",
        steps=(of_answers, better, *_rest_points(), ratio, *_when_better()),
    )


rho = sympy.Symbol("rho", positive=True)
shape, other = sympy.symbols("A D", positive=True)
HARDNESS = {t: shape / (shape + other), rho: 1 / (shape + other + 1)}
BETWEEN = {f: share("v"), t: share("v") + 1 / (1 + sympy.Symbol("v", positive=True)) * share("u"), rho: share("w")}


@cache
def correlated_votes() -> Theorem:
    r"""$t^2 + \rho t(1-t)$: two votes that tend to agree have a likelihood ratio between $L$ and $L^2$."""
    square = shape * (shape + 1) / ((shape + other) * (shape + other + 1))
    both = Identity(
        claim="Both of two votes accept a correct answer with probability t² + ρt(1 − t).",
        reason="The mean of the square of a Beta law with A and D, whose mean is t; ρ is 1/(A + D + 1). For a wrong "
        "answer it is the same with f.",
        lhs=square,
        rhs=_both(t),
        where=HARDNESS,
    )
    less = Inequality(
        claim="With f < t two unanimous votes have a lower likelihood ratio than two independent ones.",
        reason="On the common denominator the difference is ρtf(t − f).",
        greater=t**2 / f**2,
        lesser=_both(t) / _both(f),
        ranges=BETWEEN,
    )
    more = Inequality(
        claim="And a higher one than a single vote.",
        reason="The ratio is t/f times (t + ρ(1 − t))/(f + ρ(1 − f)), which is above 1.",
        greater=_both(t) / _both(f),
        lesser=t / f,
        ranges=BETWEEN,
    )
    return Theorem(
        name="correlated-votes",
        family="votes",
        title="Votes that agree are worth less",
        says="If two votes on an answer are correlated, since some answers are easier to accept than others, their "
        "unanimity is more evidence than one vote, with f < t, but less than two independent votes.",
        statement=(both.statement, less.statement, more.statement),
        assumptions=(
            "An answer has its own probability of acceptance, drawn from a Beta law with the mean t if it is correct "
            "and f if it is wrong; given that probability its votes are independent.",
            "ρ is the correlation of two votes on one answer, the same for correct and wrong answers; 0 < ρ < 1 and "
            "0 < f, t < 1.",
        ),
        reference="the beta-binomial law (Skellam 1948)",
        steps=(
            both,
            Identity(
                claim="The correlation of two votes is ρ.",
                reason="Their covariance over the variance of one vote.",
                lhs=(square - t**2) / (t * (1 - t)),
                rhs=rho,
                where=HARDNESS,
            ),
            less,
            more,
            Limit(
                claim="Votes that always agree are one vote.",
                reason="With ρ = 1 both accept as often as one.",
                expression=_both(t) / _both(f),
                variable=rho,
                point=1,
                direction="-",
                value=t / f,
            ),
            Inequality(
                claim="The more they agree, the more often both accept.",
                reason="The slope in ρ is t(1 − t).",
                greater=sympy.Derivative(_both(t), rho),
                lesser=0,
                ranges={t: share("u")},
            ),
        ),
    )


def _both(rate: sympy.Expr) -> sympy.Expr:
    return rate**2 + rho * rate * (1 - rate)


def _majority(rate: sympy.Expr) -> sympy.Expr:
    return 3 * rate**2 - 2 * rate**3


def _price_of_unanimity() -> tuple[Step, ...]:
    """Each vote more costs acceptances."""
    return (
        Inequality(
            claim="Each further vote lowers the share of answers that is accepted, so a buffer takes more attempts.",
            reason="Both t and f are below 1, so both powers fall.",
            greater=(1 - epsilon) * t**m + epsilon * f**m,
            lesser=(1 - epsilon) * t ** (m + 1) + epsilon * f ** (m + 1),
            ranges={**INSIDE, t: share("u"), f: share("v")},
        ),
    )


def _rest_points() -> tuple[Step, ...]:
    """Majorities of majorities."""
    x = sympy.Symbol("x", real=True)
    return (
        Solutions(
            claim="Repeated majorities stand still at 0, at 1/2 and at 1 only.",
            reason="3x² − 2x³ − x has degree 3 with the leading coefficient −2, and these are three roots.",
            lhs=_majority(x),
            rhs=x,
            unknown=x,
            solutions=(sympy.Integer(0), HALF, sympy.Integer(1)),
        ),
        Identity(
            claim="Near 1/2 a majority multiplies the distance from it by 3/2, so majorities leave 1/2 slowly.",
            reason="The derivative 6x(1 − x) at x = 1/2; at 0 and at 1 it is 0.",
            lhs=sympy.Subs(sympy.Derivative(_majority(x), x), x, HALF),
            rhs=sympy.Rational(3, 2),
        ),
    )


def _when_better() -> tuple[Step, ...]:
    """Against one vote, and against unanimity."""
    apart = {t: above(f)}
    inside = {f: share("v"), t: share("v") + 1 / (1 + sympy.Symbol("v", positive=True)) * share("u")}
    return (
        SameSign(
            claim="With f < t the majority has a higher likelihood ratio than one vote exactly if t + f < 3/2.",
            reason="t(3 − 2t) − f(3 − 2f) is (t − f)(3 − 2(t + f)), and t − f is positive.",
            first=sympy.Lt(f * (3 - 2 * f), t * (3 - 2 * t), evaluate=False),
            second=sympy.Lt(t + f, sympy.Rational(3, 2), evaluate=False),
            ranges=apart,
        ),
        Inequality(
            claim="With f < t it never has as high a ratio as three unanimous votes.",
            reason="The quotient of the two is t(3 − 2f) over f(3 − 2t), and 3t − 2tf exceeds 3f − 2tf.",
            greater=t**3 / f**3,
            lesser=_majority(t) / _majority(f),
            ranges=inside,
        ),
        Inequality(
            claim="It accepts more answers of either kind than three unanimous votes.",
            reason="3t² − 2t³ − t³ is 3t²(1 − t): the cases in which exactly two accept.",
            greater=_majority(t),
            lesser=t**3,
            ranges={t: share("u")},
        ),
    )
