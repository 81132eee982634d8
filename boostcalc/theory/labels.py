r"""What can be known without labels: the mirror of a loop, and the error from the share accepted."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.responses import Affine, Evidence
from boostcalc.theory.perfect import CONSTANT, EVIDENCE, ORBIT
from boostcalc.theory.steps import Identity, Limit, SameSign, Solutions, Step
from boostcalc.theory.symbols import FILTER, a, above, c, contamination, epsilon, epsilon_0, error_at, f, n, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["mirror", "rogan_gladen"]

INSIDE = {epsilon_0: share("s")}
curve, accepted, filtered, other = map(sympy.Function, ("a_n", "a", "c", "epsilon_n"))
FLIPPED = {other: sympy.Lambda((t, f, epsilon_0), ORBIT[error_at].expr)}
CURVE = {curve: sympy.Lambda((t, f, epsilon_0), t - (t - f) * other(t, f, epsilon_0)), **FLIPPED}
ESTIMATE = {epsilon: (t - a) / (t - f)}
BY_A, BY_T, BY_F = (sympy.Derivative(epsilon, source) for source in (a, t, f))


@cache
def mirror() -> Theorem:
    r"""$a_n = t - (t-f)\varepsilon_n$ is the same for $(t, f, \varepsilon_0)$ and $(f, t, 1 - \varepsilon_0)$."""
    same = Identity(
        claim="Under perfect adaptation a loop and its mirror accept the same share in every round.",
        reason="In the mirror t and f change places, and so do right and wrong: (1 − ε)t + εf has the same two terms.",
        lhs=curve(t, f, epsilon_0),
        rhs=curve(f, t, 1 - epsilon_0),
        where=CURVE,
        ranges=INSIDE,
    )
    return Theorem(
        name="mirror",
        family="labels",
        title="The mirror of a loop",
        says="What is accepted cannot tell a loop that improves from one that collapses: exchanging t and f, and right "
        "and wrong, leaves the share accepted as it is in every round; so t > f must be assumed, or a label bought.",
        statement=(same.statement,),
        assumptions=(
            CONSTANT,
            "0 < ε < 1 at the start.",
            "The closed form is that of perfect adaptation; any response g has the mirror 1 − g(1 − c), and filter "
            "and response keep the mirror from round to round.",
        ),
        reference="label switching; compare Hui and Walter (1980), tests without a gold standard",
        steps=(*_reflection(), same, *_only_ambiguity()),
    )


@cache
def rogan_gladen() -> Theorem:
    r"""$\varepsilon = (t - a)/(t - f)$ and its variance with all three sources."""
    v_a, v_t, v_f = sympy.symbols("V_a V_t V_f", positive=True)
    variance = Identity(
        claim="To first order the variance of the estimate has three sources.",
        reason="The delta method for independent estimates: each variance times the square of its derivative.",
        lhs=BY_A**2 * v_a + BY_T**2 * v_t + BY_F**2 * v_f,
        rhs=(v_a + (1 - epsilon) ** 2 * v_t + epsilon**2 * v_f) / (t - f) ** 2,
        where=ESTIMATE,
    )
    inverted = Solutions(
        claim="The share accepted determines the error if t and f are known and differ.",
        reason="The share accepted is linear in ε with the slope f − t, which is not 0.",
        lhs=(1 - epsilon) * t + epsilon * f,
        rhs=a,
        unknown=epsilon,
        solutions=(ESTIMATE[epsilon],),
        ranges={t: f + sympy.Symbol("d", real=True, nonzero=True)},
    )
    return Theorem(
        name="rogan-gladen",
        family="labels",
        title="The error without labels",
        says="The share accepted gives the error once t and f are known; its variance is that of the share accepted, "
        "of t and of f, all divided by the square of t − f.",
        statement=(inverted.statement, variance.statement),
        assumptions=(
            "t ≠ f, and the answers whose acceptance is counted are of the kind on which t and f were measured.",
            "V_a, V_t and V_f are the variances of the three estimates, which are independent.",
            "The variance is of first order: the errors of t and f are small beside t − f; otherwise an interval by "
            "Fieller or by profile likelihood is needed.",
        ),
        reference="Rogan and Gladen (1978), Estimating prevalence from the results of a screening test",
        steps=(inverted, *_slopes(), variance, *_limits_of_the_estimate(v_a)),
    )


def _reflection() -> tuple[Step, ...]:
    """Filter and responses, seen in the mirror."""
    alpha, b = sympy.Symbol("a", real=True), sympy.Symbol("b", nonnegative=True)
    mu, nu = sympy.symbols("mu nu", nonnegative=True)
    affine, evidence = Affine.symbolic, Evidence.symbolic
    return (
        Identity(
            claim="In the mirror the filter leaves the share that it removes here.",
            reason="What is correct and accepted here is wrong and accepted there, and the share accepted is the same.",
            lhs=filtered(f, t, 1 - epsilon),
            rhs=1 - filtered(t, f, epsilon),
            where={filtered: sympy.Lambda((t, f, epsilon), contamination(epsilon))},
        ),
        Identity(
            claim="The mirror of an affine response is affine, with its two slips exchanged.",
            reason="What corrupts correct answers here repairs wrong ones there; without slips it is perfect "
            "adaptation, its own mirror.",
            lhs=1 - affine(c),
            rhs=affine(1 - c).subs({mu: nu, nu: mu}, simultaneous=True),
        ),
        Identity(
            claim="The mirror of an evidence response is one with the offset −a − b and the same slope b.",
            reason="1 − σ(x) is σ(−x), and −a − bc is (−a − b) + b(1 − c).",
            lhs=1 - evidence(c),
            rhs=evidence(1 - c).subs(alpha, -alpha - b),
        ),
        Identity(
            claim="Under perfect adaptation the error in the mirror is 1 minus the error, in every round.",
            reason="Both closed forms have inverse odds.",
            lhs=other(f, t, 1 - epsilon_0),
            rhs=1 - other(t, f, epsilon_0),
            where=FLIPPED,
            ranges=INSIDE,
        ),
        Limit(
            claim="So where the loop with f < t loses its errors, its mirror loses all that is correct.",
            reason="With t = f exp(λ) and λ > 0 the odds of an error in the mirror grow like exp(λ n).",
            expression=other(f, t, 1 - epsilon_0),
            variable=n,
            point=sympy.oo,
            value=1,
            where=FLIPPED,
            ranges={**INSIDE, **EVIDENCE},
        ),
    )


def _only_ambiguity() -> tuple[Step, ...]:
    """Under perfect adaptation three rounds leave the loop and its mirror, and no other."""
    first, second, third, both = sympy.symbols("a_0 a_1 a_2 P", positive=True)
    z = sympy.Symbol("z", real=True)
    return (
        Identity(
            claim="Each share accepted follows from the one before, in a way that depends on t + f and on tf only.",
            reason="The products of the shares accepted are (1 − ε) times a power of t plus ε times a power of f: they "
            "obey the linear recurrence with the roots t and f.",
            lhs=accepted(n + 1),
            rhs=t + f - t * f / accepted(n),
            where={accepted: sympy.Lambda(n, t - (t - f) * error_at(n)), **ORBIT},
            ranges=INSIDE,
        ),
        Solutions(
            claim="Three rounds in which the share accepted changes determine the product P of t and f, and so t + f.",
            reason="Both sides are t + f by the recurrence; the equation is linear in P, and its coefficient is not 0 "
            "where the first two shares differ.",
            lhs=second + both / first,
            rhs=third + both / second,
            unknown=both,
            solutions=(first * second * (second - third) / (first - second),),
            ranges={first: second + sympy.Symbol("d", real=True, nonzero=True)},
        ),
        Solutions(
            claim="Sum and product leave t and f, in one order or in the other: the loop and its mirror, and no more.",
            reason="A quadratic equation has two roots; with t and f in order the error at the start follows.",
            lhs=z**2 + t * f,
            rhs=(t + f) * z,
            unknown=z,
            solutions=(t, f),
        ),
    )


def _slopes() -> tuple[Step, ...]:
    """How the estimate answers to each of its three sources."""
    causes = (
        (BY_A, -1 / (t - f), "the share accepted", "The estimate is linear in it."),
        (BY_T, (1 - epsilon) / (t - f), "t", "t is the rate of the correct answers, of which there are 1 − ε."),
        (BY_F, epsilon / (t - f), "f", "f is the rate of the wrong answers, of which there are ε."),
    )
    return tuple(
        Identity(
            claim=f"The slope of the estimate in {name} is this.", reason=why, lhs=slope, rhs=value, where=ESTIMATE
        )
        for slope, value, name, why in causes
    )


def _limits_of_the_estimate(v_a: sympy.Symbol) -> tuple[Step, ...]:
    """Where the estimate is a share, and where it says nothing."""
    apart = {t: above(f)}
    return (
        SameSign(
            claim="With f < t the estimate is at least 0 exactly if the share accepted is at most t.",
            reason="The two differences have the positive quotient 1/(t − f).",
            first=sympy.Ge(epsilon, 0, evaluate=False),
            second=sympy.Le(a, t, evaluate=False),
            where=ESTIMATE,
            ranges=apart,
        ),
        SameSign(
            claim="With f < t it is at most 1 exactly if the share accepted is at least f.",
            reason="The two differences have the positive quotient 1/(t − f).",
            first=sympy.Le(epsilon, 1, evaluate=False),
            second=sympy.Ge(a, f, evaluate=False),
            where=ESTIMATE,
            ranges=apart,
        ),
        Limit(
            claim="As t comes down to f, even the first of the three sources alone has no bound.",
            reason="The square of t − f vanishes while the variance of the share accepted stays.",
            expression=v_a / (t - f) ** 2,
            variable=t,
            point=f,
            value=sympy.oo,
        ),
        Identity(
            claim="To take the share rejected for the error adds the correct that are rejected and omits the wrong "
            "that are accepted.",
            reason="The share rejected is (1 − ε)(1 − t) + ε(1 − f).",
            lhs=1 - FILTER[a] - epsilon,
            rhs=(1 - epsilon) * (1 - t) - epsilon * f,
        ),
    )
