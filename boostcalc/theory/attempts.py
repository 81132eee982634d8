r"""What a round costs: attempts until the buffer is full."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.steps import Identity, Inequality, Limit, Step
from boostcalc.theory.symbols import FILTER, B, a, above, c, epsilon, f, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["attempts_per_round"]

ACCEPTED = {a: FILTER[a]}


@cache
def attempts_per_round() -> Theorem:
    r"""$\mathbb{E}[A] = B/a(\varepsilon)$: the mean of a negative binomial."""
    k = sympy.Symbol("k", integer=True, positive=True)
    z = sympy.Symbol("z", real=True)
    until_one = a * z / (1 - (1 - a) * z)
    mean = Identity(
        claim="The expected number of attempts until B pairs are accepted is B/a.",
        reason="The waits for the B pairs are independent, so their generating function is the B-th power of that of "
        "one; its slope at z = 1 is the mean.",
        lhs=sympy.Subs(sympy.Derivative(until_one**B, z), z, 1),
        rhs=B / a,
    )
    return Theorem(
        name="attempts-per-round",
        family="perfect",
        title="Attempts in a round",
        says="A buffer of B pairs takes B/a attempts on average, the fewer the cleaner the answers are (if f < t).",
        statement=(sympy.Eq(sympy.Symbol("A"), B / a, evaluate=False),),
        assumptions=(
            "Attempts within a round are independent, each accepted with probability a.",
            "0 < a < 1; at a = 1 every attempt counts and there are B. A is the expected number of attempts.",
            "The last claim supposes perfect adaptation.",
        ),
        reference="negative binomial waiting time (Feller 1968); fundamental theorem of "
        "natural selection (Fisher 1930, ch. 2)",
        steps=(
            Identity(
                claim="The wait for one accepted pair has this generating function.",
                reason="The first acceptance is the k-th attempt with probability a(1 − a)^(k − 1): a geometric "
                "series, which converges for 0 < z < 1/(1 − a).",
                lhs=sympy.Sum(a * z * ((1 - a) * z) ** (k - 1), (k, 1, sympy.oo)),
                rhs=until_one,
                ranges={z: share("v") / (1 - a)},
            ),
            mean,
            *_cheaper(),
        ),
    )


def _cheaper() -> tuple[Step, ...]:
    """How the cost depends on the error, and the share accepted on the round."""
    return (
        Limit(
            claim="As errors vanish, a round costs B/t attempts.",
            reason="Only correct answers are left, and a share t of them is accepted.",
            expression=B / a,
            variable=epsilon,
            point=0,
            value=B / t,
            where=ACCEPTED,
        ),
        Inequality(
            claim="With f < t, the cleaner the answers the cheaper the round.",
            reason="The cost increases with ε: its slope is B(t − f)/a², positive with t = f + d and d > 0.",
            greater=sympy.Derivative(B / ACCEPTED[a], epsilon),
            lesser=0,
            ranges={epsilon: share("s"), t: above(f)},
        ),
        Identity(
            claim="One round of the loop raises the share accepted by its variance over its mean.",
            reason="A round changes ε to c, so a by (t − f)(ε − c); the chance of acceptance of an answer is "
            "t or f, with the variance ε(1 − ε)(t − f)².",
            lhs=(1 - c) * t + c * f - a,
            rhs=epsilon * (1 - epsilon) * (t - f) ** 2 / a,
            where=FILTER,
        ),
    )
