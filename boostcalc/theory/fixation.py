r"""Small batches under perfect adaptation: in the end all pairs are wrong, or none is, and chance has a say."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.perfect import CONSTANT, PERFECT
from boostcalc.theory.steps import Identity, Inequality, Limit, Solutions, Step
from boostcalc.theory.symbols import B, contamination, f, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["fixation"]

p, s = sympy.symbols("p s", real=True)
h, u, phi = map(sympy.Function, ("h", "u", "phi"))
UPDATE = {h: sympy.Lambda(p, p * sympy.exp(s) / (1 - p + p * sympy.exp(s)))}
CHANCE = {u: sympy.Lambda(p, (1 - sympy.exp(-2 * B * s * p)) / (1 - sympy.exp(-2 * B * s)))}
DRIFT = {
    phi: sympy.Lambda(s, sympy.log((1 - p + p * sympy.exp(-s)) / (1 - p + p * sympy.exp(s))) + 2 * s * p),
}
INSIDE = {p: share("v")}
WEAK = p * (1 - p)


@cache
def fixation() -> Theorem:
    r"""$u(p) = (1 - e^{-2Bsp})/(1 - e^{-2Bs})$ with $s = \ln(f/t)$, for $|s| \ll 1$."""
    ends = sympy.Symbol("u", real=True)
    slope, bend = (sympy.Derivative(u(p), p, order) for order in (1, 2))
    backward = Identity(
        claim="The formula solves the backward equation of the diffusion, with u = 0 at p = 0 and u = 1 at p = 1.",
        reason="The mean of u does not change from round to round; with the drift sp(1 − p) and the variance "
        "p(1 − p)/B of weak selection that is this equation. Two solutions with these ends differ by one whose slope "
        "has one sign and whose ends are 0, so there is no other.",
        lhs=s * WEAK * slope + WEAK / (2 * B) * bend,
        rhs=0,
        where=CHANCE,
    )
    stopped = Solutions(
        claim="Did the mean of exp(−2sW) not change at all, the probability u of ending wrong would be the formula.",
        reason="At the end W is 0 or B, so the mean is 1 − u + u exp(−2Bs); at the start it is exp(−2Bsp). The "
        "equation is linear in u, and exp(−2Bs) = 1 + d with d ≠ 0 for every s but 0.",
        lhs=1 - ends + ends * sympy.exp(-2 * B * s),
        rhs=sympy.exp(-2 * B * s * p),
        unknown=ends,
        solutions=(CHANCE[u].expr,),
        ranges={sympy.exp(-2 * B * s): 1 + sympy.Symbol("d", real=True, nonzero=True)},
    )
    half = Identity(
        claim="From one half the log-odds of ending wrong are Bs: what B rounds without chance would make of them.",
        reason="The numerator divides the denominator, 1 − x² = (1 − x)(1 + x) with x = exp(−Bs).",
        lhs=u(sympy.Rational(1, 2)),
        rhs=1 / (1 + sympy.exp(-B * s)),
        where=CHANCE,
        ranges={s: sympy.Symbol("s", real=True, nonzero=True)},
    )
    return Theorem(
        name="fixation",
        family="batches",
        title="Which kind takes over",
        says="With batches of B pairs chance settles in the end whether all pairs are wrong; the probability of that "
        "is u(p), p the wrong share at the start, as long as selection is weak: |s| far below 1.",
        statement=(sympy.Eq(ends, CHANCE[u].expr, evaluate=False), backward.statement, half.statement),
        assumptions=(
            PERFECT,
            CONSTANT,
            "s = ln(f/t), so s < 0 for f < t. The number W of wrong pairs in a batch is binomial with B and h(p), "
            "p = W/B of the batch before: a Wright–Fisher chain with selection, which stays at 0 and at B.",
            "Exact are the chain, its drift h(p) − p and its mean of exp(−2sW); the formula keeps the first order of "
            "the drift, with an error of at most s²/8 a round. At t = f it is exact: u(p) = p. These errors add up "
            "over the rounds: a small probability may be off by a large factor unless Bs² is far below 1 as well.",
        ),
        reference="Kimura (1962), On the probability of fixation of mutant genes in a population",
        steps=(*_weak_selection(), backward, *_nearly_a_martingale(), stopped, half, *_shape()),
    )


def _weak_selection() -> tuple[Step, ...]:
    """The drift of the chain: what is exact, its first order, and a bound on the rest."""
    y = sympy.Symbol("y", real=True)
    return (
        Identity(
            claim="One round changes the mean share of wrong pairs from p to h(p).",
            reason="Bayes' rule with f/t = exp(s).",
            lhs=h(p),
            rhs=contamination(p),
            where={**UPDATE, s: sympy.log(f / t)},
        ),
        Identity(
            claim="To first order in s the drift h(p) − p is sp(1 − p).",
            reason="The slope of h(p) in s at s = 0, where h(p) = p.",
            lhs=sympy.Subs(sympy.Derivative(h(p), s), s, 0),
            rhs=WEAK,
            where=UPDATE,
        ),
        Identity(
            claim="The second slope in s is h(1 − h)(1 − 2h), at s = 0 therefore p(1 − p)(1 − 2p).",
            reason="In s the share h is a logistic curve, whose slope is h(1 − h).",
            lhs=sympy.Derivative(h(p), s, 2),
            rhs=h(p) * (1 - h(p)) * (1 - 2 * h(p)),
            where=UPDATE,
        ),
        Identity(
            claim="It is at most 1/4 for every share, and at least −1/4, so the first order is off by at most s²/8.",
            reason="What is left to 1/4 is a sum of squares with positive weights; for −1/4 put 1 − y in place of y. "
            "Then Taylor's theorem.",
            lhs=sympy.Rational(1, 4) - y * (1 - y) * (1 - 2 * y),
            rhs=(sympy.Rational(1, 2) - y) ** 2 + 2 * (1 - y) * y**2,
        ),
        Identity(
            claim="The variance of the share in a batch is p(1 − p)/B but for terms of order s.",
            reason="The slope of h(1 − h) in s at s = 0; at s = 0 it is p(1 − p).",
            lhs=sympy.Subs(sympy.Derivative(h(p) * (1 - h(p)), s), s, 0),
            rhs=WEAK * (1 - 2 * p),
            where=UPDATE,
        ),
    )


def _nearly_a_martingale() -> tuple[Step, ...]:
    """Why the formula does better than its drift: the mean of exp(−2sW) changes only from the third order on."""
    z = sympy.exp(-2 * s)
    return (
        Identity(
            claim="One round multiplies the mean of exp(−2sW) by exp(B φ(s)).",
            reason="The binomial generating function (1 − h + hz)^B at z = exp(−2s), against exp(−2sBp) of the batch "
            "before; this is exact.",
            lhs=(1 - h(p) + h(p) * z) / sympy.exp(-2 * s * p),
            rhs=sympy.exp(phi(s)),
            where={**UPDATE, **DRIFT},
            ranges=INSIDE,
        ),
        *(
            Identity(
                claim=f"φ has no {name} order in s.",
                reason=why,
                lhs=sympy.Subs(sympy.Derivative(phi(s), s, order), s, 0),
                rhs=0,
                where=DRIFT,
            )
            for order, name, why in (
                (1, "first", "The drift of weak selection was chosen so."),
                (2, "second", "φ is odd in s."),
            )
        ),
        Identity(
            claim="Its third order is −s³p(1 − p)(1 − 2p)/3: so small is what the formula neglects in a round.",
            reason="The third slope at s = 0, over 6.",
            lhs=sympy.Subs(sympy.Derivative(phi(s), s, 3), s, 0),
            rhs=-2 * WEAK * (1 - 2 * p),
            where=DRIFT,
        ),
    )


def _shape() -> tuple[Step, ...]:
    """Without selection, and against the share at the start."""
    growth = sympy.Symbol("x", positive=True)
    return (
        Limit(
            claim="Without selection the probability is the share at the start.",
            reason="As s tends to 0 numerator and denominator tend to 2Bsp and 2Bs.",
            expression=u(p),
            variable=s,
            point=0,
            direction="+-",
            value=p,
            where=CHANCE,
        ),
        Inequality(
            claim="With f < t it is below the share at the start.",
            reason="With exp(−2Bs) = 1 + x and x > 0, which is every s < 0, u is convex between u = 0 and u = 1.",
            greater=sympy.Derivative(u(p), p, 2),
            lesser=0,
            where=CHANCE,
            ranges={s: -sympy.log(1 + growth) / (2 * B)},
        ),
    )
