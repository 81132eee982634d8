r"""Append with finite batches: an urn that is filled with its own draws, and a limit that is random."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.perfect import CONSTANT
from boostcalc.theory.steps import Identity, Inequality, Step
from boostcalc.theory.symbols import B, above, contamination, f, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["polya_urn"]

K, W, R = sympy.symbols("K W R", positive=True)
C, h, z, x, delta = sympy.symbols("C h z x delta", real=True)
n, k, m = sympy.symbols("n k m", integer=True, nonnegative=True)
G, P, M, b, v, H = map(sympy.Function, ("G", "P", "M", "b", "v", "h"))
OF_BATCH = {G: sympy.Lambda(z, (1 - h + h * z) ** B)}
MEAN, SECOND = (sympy.Subs(sympy.Derivative(G(z), z, order), z, 1) for order in (1, 2))
FILTERED = {H: sympy.Lambda(C, contamination(C))}

AMONG = {
    P: sympy.Lambda(
        (n, k),
        sympy.binomial(W + k - 1, k) * sympy.binomial(R + n - k - 1, n - k) / sympy.binomial(W + R + n - 1, n),
    )
}
MOMENT = {
    M: sympy.Lambda((m, W, K), sympy.binomial(W + m - 1, m) / sympy.binomial(K + m - 1, m)),
}
BETA = {b: sympy.Lambda((W, R), (W + R - 1) * sympy.binomial(W + R - 2, W - 1) * x ** (W - 1) * (1 - x) ** (R - 1))}


@cache
def polya_urn() -> Theorem:
    r"""$K' = K + B$, $W' = W + \mathrm{Bin}(B, h(W/K))$; with $B = 1$, $h(C) = C$ the limit is Beta(W, R)."""
    mean = Identity(
        claim="A batch moves the mean contamination of the context towards h by a share B/(K + B) of the way.",
        reason="Of K + B pairs KC are wrong from before and Bh are expected in the batch, the slope at z = 1 of the "
        "binomial generating function G.",
        lhs=(K * C + MEAN) / (K + B),
        rhs=C + B * (h - C) / (K + B),
        where=OF_BATCH,
    )
    variance = Identity(
        claim="And it has the variance Bh(1 − h)/(K + B)², given the context.",
        reason="That of the binomial number of wrong pairs in the batch, over the square of the size.",
        lhs=(SECOND + MEAN - MEAN**2) / (K + B) ** 2,
        rhs=B * h * (1 - h) / (K + B) ** 2,
        where=OF_BATCH,
    )
    moments = Identity(
        claim="For each m this ratio M keeps its mean from draw to draw.",
        reason="With one pair a round and h(C) = C the next pair is wrong with probability W/K.",
        lhs=W / K * M(m, W + 1, K + 1) + (1 - W / K) * M(m, W, K + 1),
        rhs=M(m, W, K),
        where=MOMENT,
    )
    return Theorem(
        name="polya-urn",
        family="urn",
        title="The context as an urn",
        says="Where batches join the context, it is an urn filled with its own draws: each batch counts for less, so "
        "chance is frozen in, and loops that start alike end apart.",
        statement=(mean.statement, variance.statement, moments.statement),
        assumptions=(
            "K pairs are in the context, W of them wrong and R right, C = W/K; B pairs join, the wrong among them "
            "binomial with B and h = h(C), the filter after the response.",
            f"The claims on perfect adaptation suppose h(C) = Cf/((1 − C)t + Cf). {CONSTANT}",
            "The claims on P, M and b suppose perfect adaptation with t = f and B = 1: Pólya's urn. P(n, k) is the "
            "chance that k of the first n that join are wrong, M(m, W, K) a ratio whose mean a draw leaves as it is.",
            "Taken from Hill, Lane and Sudderth (1980), not proved here: for a continuous h with isolated fixed points "
            "C converges to one of them, and not to one where h(C) − C rises through zero and draws of both kinds "
            "occur. Of a point where it only touches zero this says nothing. (One pair a round; for batches by "
            "stochastic approximation.)",
        ),
        reference="Hill, Lane and Sudderth (1980), A strong law for some generalized urn processes, "
        "Ann. Probab. 8(2); Eggenberger and Pólya (1923)",
        steps=(mean, variance, *_noise_to_come(), *_perfect(), *_classical(), moments, *_beta(), *_two_limits()),
    )


def _noise_to_come() -> tuple[Step, ...]:
    """What chance can still do from here on."""
    return (
        Inequality(
            claim="The squares of the weights with which all pairs to come join add up to less than 1/K.",
            reason="B pairs join with the weight 1/(K + B) each; B/(K + B)² is below 1/K − 1/(K + B), and these "
            "differences telescope.",
            greater=1 / K - 1 / (K + B),
            lesser=B / (K + B) ** 2,
        ),
        Identity(
            claim="With h(1 − h) at most 1/4, the variances to come add up to less than 1/(4K): chance acts early.",
            reason="What is left to 1/4 is a square. The weights themselves have no finite sum, so the pull goes on.",
            lhs=sympy.Rational(1, 4) - h * (1 - h),
            rhs=(sympy.Rational(1, 2) - h) ** 2,
        ),
    )


def _perfect() -> tuple[Step, ...]:
    """Perfect adaptation: where the pull vanishes, and where it points."""
    pull = sympy.Derivative(H(C) - C, C)
    return (
        Identity(
            claim="Under perfect adaptation with t = f the mean contamination stays as it is: a martingale.",
            reason="Acceptance says nothing, so h(C) = C.",
            lhs=C + B * (H(C) - C) / (K + B),
            rhs=C,
            where=FILTERED,
            ranges={f: t},
        ),
        Inequality(
            claim="Under perfect adaptation with f < t, h(C) − C falls through zero at C = 0.",
            reason="With t = f + d and d > 0 its slope there, f/t − 1, is negative.",
            greater=0,
            lesser=sympy.Subs(pull, C, 0),
            where=FILTERED,
            ranges={t: above(f)},
        ),
        Inequality(
            claim="At C = 1, its only other zero, it rises.",
            reason="Its slope there, t/f − 1, is positive.",
            greater=sympy.Subs(pull, C, 1),
            lesser=0,
            where=FILTERED,
            ranges={t: above(f)},
        ),
    )


def _classical() -> tuple[Step, ...]:
    """Pólya's urn: how many of n draws are wrong."""
    return (
        Identity(
            claim="In Pólya's urn the number k of wrong pairs among the first n that join is beta-binomial.",
            reason="Induction over the draws: the last of n + 1 is wrong, after k − 1 wrong ones, or right, after k. "
            "At n = 0 the probability of k = 0 is 1, and coefficients with a lower index −1 are 0.",
            lhs=P(n, k - 1) * (W + k - 1) / (W + R + n) + P(n, k) * (R + n - k) / (W + R + n),
            rhs=P(n + 1, k),
            where=AMONG,
        ),
    )


def _beta() -> tuple[Step, ...]:
    """The limit of Pólya's urn, by its moments."""
    return (
        Identity(
            claim="So the m-th moment of the limit is M(m, W, K) at the start, and each follows from the one before.",
            reason="M and the m-th power of W/K tend to the same, and both are at most 1; the quotient is one of "
            "binomial coefficients.",
            lhs=M(m + 1, W, W + R) / M(m, W, W + R),
            rhs=(W + m) / (W + R + m),
            where=MOMENT,
        ),
        Identity(
            claim="The moments of the Beta law with W and R follow from one another in the same way.",
            reason="Between 0 and 1 the integral of this slope is 0; and the moments of a law on (0, 1) determine it.",
            lhs=sympy.Derivative(x ** (W + m) * (1 - x) ** R, x),
            rhs=(W + m - (W + R + m) * x) * x ** (W + m - 1) * (1 - x) ** (R - 1),
            ranges={x: share("s")},
        ),
    )


def _two_limits() -> tuple[Step, ...]:
    """The chances of where it ends: the recursion that they obey, and its form for a large context."""
    after = h * v(C + (1 - C) * delta) + (1 - h) * v(C - C * delta)
    return (
        Identity(
            claim="The Beta density b(W, R) of the limit obeys the recursion of every probability of where it ends: it "
            "is its own mean after the next draw.",
            reason="The next pair is wrong with probability W/(W + R), right with R/(W + R); for any h the chances "
            "of its limits obey the recursion with h(C) in that place.",
            lhs=W / (W + R) * b(W + 1, R) + R / (W + R) * b(W, R + 1),
            rhs=b(W, R),
            where=BETA,
            ranges={x: share("s")},
        ),
        *(
            Identity(
                claim=f"In a large context a draw changes such a probability v(C) by this in the {name} order of the "
                "weight of the draw.",
                reason=why,
                lhs=sympy.Subs(sympy.Derivative(after, delta, order), delta, 0),
                rhs=change,
            )
            for order, name, why, change in (
                (
                    1,
                    "first",
                    "The mean over a wrong and a right pair, each with the weight 1/(K + 1).",
                    (h - C) * sympy.Derivative(v(C), C),
                ),
                (
                    2,
                    "second",
                    "The second slope; near a fixed point the factor is h(1 − h), the variance of a draw.",
                    (h * (1 - h) + (h - C) ** 2) * sympy.Derivative(v(C), C, 2),
                ),
            )
        ),
    )
