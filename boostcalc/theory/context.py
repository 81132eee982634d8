r"""Loops that keep pairs of their context, all of them or the last ones: how they approach a fixed point."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.steps import GammaLimit, Identity, Inequality, Limit, SameSign, Step
from boostcalc.theory.symbols import B, C, K, above, contamination, f, h, n, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["append_power_law", "window_multiplier"]

APPEND = "Each batch of B pairs joins the K pairs of the context, a share C of them wrong; none is dropped."
BATCHES = "A batch answered under the contamination C has the contamination h(C) once it is filtered."

eta, kappa, after = sympy.symbols("eta kappa C_+", real=True)
DISTANCE = sympy.Function("D")
first = sympy.Symbol("K_0", positive=True)
JOINED = {after: (K * C + B * h(C)) / (K + B)}
UNITS = {kappa: first / B}
FILTERED = {h: sympy.Lambda(C, contamination(C))}
CLOSED = {
    DISTANCE: sympy.Lambda(
        n,
        sympy.gamma(kappa + 1) / sympy.gamma(kappa + eta) * sympy.gamma(n + kappa + eta) / sympy.gamma(n + kappa + 1),
    )
}
SIZES = {kappa: sympy.Symbol("z", positive=True), eta: sympy.Symbol("y", positive=True)}


@cache
def append_power_law() -> Theorem:
    r"""$C_n - C^*$ shrinks like $K_n^{-(1 - h'(C^*))}$: a product, a ratio of Gamma functions, a power law."""
    step = Identity(
        claim="A round multiplies a small distance from a fixed point by (K + Bη)/(K + B), η being the slope of h.",
        reason="The derivative of the joined contamination; the old pairs keep their share, the new ones follow with "
        "the slope of h.",
        lhs=sympy.Derivative(after, C),
        rhs=(K + B * sympy.Derivative(h(C), C)) / (K + B),
        where=JOINED,
    )
    closed = Identity(
        claim="The product of these factors is a ratio of Gamma functions, D(n).",
        reason="Step of the induction, with n batches on top of the first κ = K₀/B; D(0) = 1, and Γ(z + 1) = zΓ(z).",
        lhs=DISTANCE(n) * (n + kappa + eta) / (n + kappa + 1),
        rhs=DISTANCE(n + 1),
        where=CLOSED,
        ranges=SIZES,
    )
    law = GammaLimit(
        claim="So the distance falls like the power −(1 − η) of the size of the context.",
        reason="By Stirling's formula a ratio of Gamma functions of n is in the end a power of n, and K/B is n + κ.",
        expression=DISTANCE(n) * n ** (1 - eta),
        variable=n,
        point=sympy.oo,
        value=sympy.gamma(kappa + 1) / sympy.gamma(kappa + eta),
        where=CLOSED,
        ranges=SIZES,
    )
    return Theorem(
        name="append-power-law",
        family="context",
        title="A context that keeps its pairs learns by a power law",
        says="If batches are appended, the loop has the fixed points it has with replacement, but the distance from a "
        "stable one falls only like K to the power −(1 − η), η being the slope of h there. Under perfect adaptation "
        "η is f/t, and even a flawless evaluator only dilutes what was wrong at the start.",
        statement=(step.statement, closed.statement, law.statement),
        assumptions=(
            APPEND,
            BATCHES,
            "h is differentiable with the slope η, 0 < η < 1, at the fixed point C*, and the law is that of the "
            "linearised loop: small distances. The first context has K₀ > 0 pairs.",
            "Where perfect adaptation is named, g(C) = C and h is the filter, with constant t and f; t is positive.",
        ),
        reference="Stirling's formula (DLMF 5.11.8); an iteration with step sizes 1/n (Robbins and Monro 1951)",
        steps=(*_joining(), step, *_in_batches(), closed, law, *_under_perfect_adaptation()),
    )


def _joining() -> tuple[Step, ...]:
    """What a batch changes, and when it changes nothing."""
    return (
        Identity(
            claim="A batch moves the contamination towards its own by its share B/(K + B) of the context.",
            reason="The wrong pairs of both are counted together.",
            lhs=after - C,
            rhs=B / (K + B) * (h(C) - C),
            where=JOINED,
        ),
        SameSign(
            claim="It cleans the context exactly if the batch is cleaner, so the fixed points are those of h.",
            reason="The two differences have the quotient B/(K + B); they are zero together.",
            first=sympy.Lt(after, C),
            second=sympy.Lt(h(C), C),
            where=JOINED,
        ),
    )


def _in_batches() -> tuple[Step, ...]:
    """The factor of a round in units of a batch."""
    return (
        Identity(
            claim="After n rounds the context holds n + κ batches, so the factor is (n + κ + η)/(n + κ + 1).",
            reason="K is K₀ + nB, and K₀ is κB.",
            lhs=(first + n * B + B * eta) / (first + n * B + B),
            rhs=(n + kappa + eta) / (n + kappa + 1),
            where=UNITS,
        ),
    )


def _under_perfect_adaptation() -> tuple[Step, ...]:
    """The slope of the filter at 0, and the flawless evaluator."""
    return (
        Identity(
            claim="Under perfect adaptation η = f/t at C* = 0.",
            reason="The slope of the filter there.",
            lhs=sympy.Subs(sympy.Derivative(h(C), C), C, 0),
            rhs=f / t,
            where=FILTERED,
        ),
        Identity(
            claim="With a flawless evaluator, f = 0, the wrong pairs of the start are only diluted.",
            reason="Every batch is clean: KC, the number of wrong pairs, stays as it is.",
            lhs=(K + B) * after,
            rhs=K * C,
            where={**JOINED, **FILTERED},
            ranges={f: sympy.Integer(0)},
        ),
        Inequality(
            claim="Under perfect adaptation the contamination stays above C₀ D(n): the loop is never faster.",
            reason="With f < t the filter lies above its tangent at 0; by induction, round by round.",
            greater=h(C),
            lesser=f / t * C,
            where=FILTERED,
            ranges={C: share("s"), t: above(f)},
        ),
    )


lamda = sympy.Symbol("lamda", real=True)
q = sympy.Symbol("q", integer=True, positive=True)
i, j = sympy.symbols("i j", integer=True, nonnegative=True)
POLYNOMIAL = sympy.Function("P")
RECENT = {POLYNOMIAL: sympy.Lambda(lamda, lamda**q - eta / q * sympy.Sum(lamda**i, (i, 0, q - 1)))}
size, gap = sympy.Symbol("r", positive=True), sympy.Symbol("d", positive=True)


@cache
def window_multiplier() -> Theorem:
    r"""A window of $q$ batches is stable for $0 \le \eta < 1$, as with replacement."""
    mode = Identity(
        claim="A small distance that changes by the factor λ in every round is possible exactly if P(λ) = 0.",
        reason="The next batch follows the mean of the last q with the slope η; what is left over when the distance "
        "of round n is the power n of λ has the factor P(λ).",
        lhs=lamda ** (n + 1) - eta / q * sympy.Sum(lamda ** (n - i), (i, 0, q - 1)),
        rhs=lamda ** (n + 1 - q) * POLYNOMIAL(lamda),
        where=RECENT,
        ranges={lamda: 1 + sympy.Symbol("d", real=True, nonzero=True)},
    )
    at_one = Identity(
        claim="λ = 1 is a multiplier exactly if η = 1.",
        reason="All powers are 1 there.",
        lhs=POLYNOMIAL(1),
        rhs=1 - eta,
        where=RECENT,
    )
    return Theorem(
        name="window-multiplier",
        family="context",
        title="A window is as stable as replacement, only slower",
        says="If the context is the last q batches, a fixed point with the slope η ≥ 0 of h attracts if η < 1 and "
        "repels if η > 1, whatever the window; its multipliers are the roots of P.",
        statement=(mode.statement, at_one.statement),
        assumptions=(
            "The context holds the last W = qB pairs, q whole batches; q = 1 is replacement.",
            BATCHES,
            "h is differentiable with the slope η ≥ 0 at the fixed point; distances are small.",
        ),
        reference="linear difference equations; the bound on the roots is Cauchy's",
        steps=(mode, at_one, *_outside_the_circle(), *_slower(), *_beyond_one(), *_long_windows()),
    )


def _outside_the_circle() -> tuple[Step, ...]:
    """For η < 1 no root has a modulus of 1 or more."""
    return (
        Identity(
            claim="For a number of modulus r the power q exceeds η times the mean of the others by this sum.",
            reason="The power q is split into the parts 1 − η and η/q for each of the q others. By the triangle "
            "inequality the modulus of P is at least this.",
            lhs=POLYNOMIAL(size),
            rhs=(1 - eta) * size**q + eta / q * sympy.Sum(size**q - size**i, (i, 0, q - 1)),
            where={POLYNOMIAL: RECENT[POLYNOMIAL]},
            ranges={size: 1 + gap},
        ),
        Identity(
            claim="For r ≥ 1 no term of it is negative: P has no root there if 0 ≤ η < 1; the fixed point attracts.",
            reason="r − 1 times a sum of powers of r; and (1 − η) times the power q is positive.",
            lhs=size**q - size**i,
            rhs=(size - 1) * sympy.Sum(size**j, (j, i, q - 1)),
            ranges={size: 1 + gap},
        ),
    )


def _slower() -> tuple[Step, ...]:
    """The largest multiplier lies between that of replacement and 1."""
    return (
        Identity(
            claim="If 0 < η < 1, P is not positive at η and positive at 1: a multiplier lies between, so a window is "
            "slower than replacement.",
            reason="The power q − 1 of η is the least of the powers in this sum, and P(1) is 1 − η.",
            lhs=POLYNOMIAL(eta),
            rhs=-eta / q * sympy.Sum(eta**i - eta ** (q - 1), (i, 0, q - 1)),
            where=RECENT,
            ranges={eta: 1 / (1 + gap)},
        ),
    )


def _beyond_one() -> tuple[Step, ...]:
    """For η > 1 there is a real root above 1."""
    closed = lamda**q * (lamda - 1) - eta / q * (lamda**q - 1)
    return (
        Identity(
            claim="Times λ − 1, P is a sum of three powers.",
            reason="A geometric sum; the factor adds the root 1.",
            lhs=(lamda - 1) * POLYNOMIAL(lamda),
            rhs=closed,
            where=RECENT,
            ranges={lamda: 1 + sympy.Symbol("d", real=True, nonzero=True)},
        ),
        Inequality(
            claim="If η > 1, P is negative at 1.",
            reason="P(1) is 1 − η.",
            greater=0,
            lesser=POLYNOMIAL(1),
            where=RECENT,
            ranges={eta: 1 + gap},
        ),
        Limit(
            claim="It is positive for large λ, so it has a root above 1, and the fixed point repels.",
            reason="In the form of the step before, P over the power q of λ tends to 1.",
            expression=closed / ((lamda - 1) * lamda**q),
            variable=lamda,
            point=sympy.oo,
            value=sympy.Integer(1),
        ),
    )


def _long_windows() -> tuple[Step, ...]:
    """What is left of the multipliers when a window is many batches."""
    y = sympy.Symbol("y", real=True)
    return (
        Limit(
            claim="In a long window a distance changes by the factor exp(y) while the window passes, where "
            "(y − η)exp(y) = −η.",
            reason="λ is exp(y/q): q times (λ − 1)P(λ) has this limit; y = 0 is the root at λ = 1 that was multiplied "
            "in.",
            expression=q * (sympy.exp(y) * (sympy.exp(y / q) - 1) - eta / q * (sympy.exp(y) - 1)),
            variable=q,
            point=sympy.oo,
            value=(y - eta) * sympy.exp(y) + eta,
        ),
    )
