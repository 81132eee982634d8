r"""A context that grows by small batches: what it conserves, and what correct pairs up front are worth."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.context import APPEND, FILTERED, JOINED, after, first
from boostcalc.theory.steps import Identity, Inequality, Limit, Solutions, Step
from boostcalc.theory.symbols import B, C, K, Lambda, R, W, above, f, h, logit, n, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["append_invariant", "head_start"]

PERFECT = "The model matches its context, g(C) = C, so h is the filter."
RATES = "t and f do not change from round to round; t and f are positive."

start = sympy.Symbol("C_0", real=True)
INVARIANT = t * sympy.log(C) - f * sympy.log(1 - C) + (t - f) * sympy.log(K)
IN_PAIRS = {C: W / (W + R), K: W + R}
met_size = sympy.Symbol("K^*", positive=True)
MET = {met_size: first * (start / C) ** (t / (t - f)) * ((1 - C) / (1 - start)) ** (f / (t - f))}
FALLING = {C: share("s"), start: share("z"), t: above(f)}


@cache
def append_invariant() -> Theorem:
    r"""$t\ln C - f\ln(1-C) + (t-f)\ln K = \ln(W^t/R^f)$ is conserved."""
    conserved = Identity(
        claim="So t ln C − f ln(1 − C) + (t − f) ln K is conserved.",
        reason="Its derivative along the loop is that in C times dC/d ln K = h(C) − C, and that in ln K.",
        lhs=sympy.Derivative(t * sympy.log(C) - f * sympy.log(1 - C), C) * (h(C) - C) + (t - f),
        rhs=sympy.Integer(0),
        where=FILTERED,
    )
    pairs = Identity(
        claim="In numbers of pairs the invariant is the logarithm of W to the power t over R to the power f.",
        reason="C is W/(W + R) and K is W + R; the logarithms of W + R cancel.",
        lhs=INVARIANT,
        rhs=sympy.log(W**t / R**f),
        where=IN_PAIRS,
    )
    size = Identity(
        claim="Hence the size K* of the context in which a contamination C is met.",
        reason="The invariant is the same there as at the start, where the contamination is C₀ in K₀ pairs.",
        lhs=INVARIANT.subs(K, met_size),
        rhs=INVARIANT.subs({C: start, K: first}),
        where=MET,
        ranges=FALLING,
    )
    return Theorem(
        name="append-invariant",
        family="context",
        title="What a growing context conserves",
        says="Appending small batches under perfect adaptation keeps t ln C − f ln(1 − C) + (t − f) ln K as it is. "
        "With W wrong and R right pairs in the context, it is the logarithm of W to the power t over R to the power f.",
        statement=(conserved.statement, pairs.statement, size.statement),
        assumptions=(
            APPEND,
            PERFECT,
            RATES,
            "0 < C < 1, and B is small beside K: the limit of small batches, in which the loop follows "
            "dC/d ln K = h(C) − C.",
        ),
        reference="separation of variables; the mean drift of a Pólya urn (Pemantle 2007, Probability Surveys 4)",
        steps=(*_small_batches(), conserved, pairs, size, *_asymptote()),
    )


def _small_batches() -> tuple[Step, ...]:
    """The differential equation."""
    return (
        Limit(
            claim="In the limit of small batches the contamination changes by h(C) − C for each unit of ln K.",
            reason="A batch changes C by B(h(C) − C)/(K + B) and ln K by ln(1 + B/K).",
            expression=(after - C) / sympy.log(1 + B / K),
            variable=B,
            point=0,
            value=h(C) - C,
            where=JOINED,
        ),
        Identity(
            claim="Wrong and right pairs join in the ratio f/t times their own.",
            reason="The odds of the batch are those of the context times f/t, so W and R grow like dW/dR = (f/t)(W/R).",
            lhs=h(C) / (1 - h(C)),
            rhs=f / t * W / R,
            where={**FILTERED, C: W / (W + R)},
        ),
        Inequality(
            claim="With f < t the contamination falls as the context grows.",
            reason="By the acceptance condition h(C) is below C.",
            greater=0,
            lesser=h(C) - C,
            where=FILTERED,
            ranges={C: share("s"), t: above(f)},
        ),
    )


def _asymptote() -> tuple[Step, ...]:
    """The power law that the invariant implies."""
    return (
        Identity(
            claim="In other words, C times the power 1 − f/t of the growth K*/K₀ depends on C only through 1 − C.",
            reason="The size of the last step, raised to the power (t − f)/t.",
            lhs=C * (met_size / first) ** (1 - f / t),
            rhs=start * ((1 - C) / (1 - start)) ** (f / t),
            where=MET,
            ranges=FALLING,
        ),
        Limit(
            claim="So the contamination falls like the power −(1 − f/t) of the size, with this amplitude.",
            reason="1 − C tends to 1.",
            expression=start * ((1 - C) / (1 - start)) ** (f / t),
            variable=C,
            point=0,
            value=start * (1 - start) ** (-f / t),
            ranges={start: share("z")},
        ),
    )


wrong, right = sympy.symbols("W_0 R_0", positive=True)
m = sympy.Symbol("m", nonnegative=True)
NEEDED = sympy.Function("S")
goal = sympy.Symbol("omega", positive=True)
"""The odds of a wrong pair at the target."""

SIZE = {NEEDED: sympy.Lambda(m, (1 + goal) * (wrong / goal) ** (t / (t - f)) * (right + m) ** (-f / (t - f)))}


@cache
def head_start() -> Theorem:
    r"""$m$ correct pairs up front multiply the size at the target by $(1 + m/R_0)^{-f/(t-f)}$."""
    factor = Identity(
        claim="So m correct pairs up front multiply this size by (1 + m/R₀) to the power −f/(t − f).",
        reason="They raise R₀ to R₀ + m and leave W₀ as it is.",
        lhs=NEEDED(m) / NEEDED(0),
        rhs=(1 + m / right) ** (-f / (t - f)),
        where=SIZE,
        ranges={t: above(f)},
    )
    rounds = Solutions(
        claim="If batches replace the context, the pairs are worth ln(1 + m/R₀)/Λ rounds.",
        reason="A round lowers the log-odds by Λ, so this many rounds lead from the start without them to that with "
        "them.",
        lhs=logit(wrong / (wrong + right)) - n * Lambda,
        rhs=logit(wrong / (wrong + right + m)),
        unknown=n,
        solutions=(sympy.log(1 + m / right) / Lambda,),
        ranges={Lambda: sympy.Symbol("lamda", positive=True)},
    )
    return Theorem(
        name="head-start",
        family="context",
        title="What correct pairs up front are worth",
        says="Under perfect adaptation correct pairs start the loop further along and are not necessary. If batches "
        "are appended, the target is met in a context smaller by the factor (1 + m/R₀) to the power −f/(t − f), the m "
        "pairs included; if they replace the context, the pairs save a fixed number of rounds.",
        statement=(factor.statement, rounds.statement),
        assumptions=(
            "The context starts with W₀ > 0 wrong and R₀ > 0 right pairs, to which m correct ones are added; with "
            "W₀ = 0 the loop never errs.",
            PERFECT,
            RATES,
            "f < t, and the target, with the odds ω, is not met at the start, not even with the m pairs.",
            "Appended batches are small beside the context (theorem append-invariant); replacing ones have any size.",
        ),
        reference="theorems append-invariant and closed-form",
        steps=(*_target_size(), factor, *_worth(), *_in_rounds(), rounds),
    )


def _target_size() -> tuple[Step, ...]:
    """The size of the context at the target, from the invariant."""
    met = NEEDED(m)
    return (
        Identity(
            claim="If batches are appended, the target is met in a context of S(m) pairs.",
            reason="Of S pairs the share 1/(1 + ω) is right, and ω times as many are wrong; the invariant is that of "
            "the start.",
            lhs=t * sympy.log(goal * met / (1 + goal)) - f * sympy.log(met / (1 + goal)),
            rhs=t * sympy.log(wrong) - f * sympy.log(right + m),
            where=SIZE,
            ranges={t: above(f)},
        ),
    )


def _worth() -> tuple[Step, ...]:
    """Pairs to be accepted that a pair up front saves."""
    saved = NEEDED(0) - NEEDED(m) + m
    return (
        Inequality(
            claim="The more correct pairs up front, the smaller the context at the target.",
            reason="The slope in m is −f/(t − f) times the size over R₀ + m.",
            greater=0,
            lesser=sympy.Derivative(NEEDED(m), m),
            where=SIZE,
            ranges={t: above(f)},
        ),
        Identity(
            claim="The first pair up front saves 1 + fS(0)/((t − f)R₀) pairs that would have had to be accepted.",
            reason="It is one of the pairs in the context at the target, and makes that context smaller besides.",
            lhs=sympy.Subs(sympy.Derivative(saved, m), m, 0),
            rhs=1 + f * NEEDED(0) / ((t - f) * right),
            where=SIZE,
            ranges={t: above(f)},
        ),
        Identity(
            claim="With a flawless evaluator, f = 0, a pair up front saves exactly one.",
            reason="The wrong pairs of the start have to be diluted, and every correct pair dilutes them alike.",
            lhs=saved,
            rhs=m,
            where=SIZE,
            ranges={f: sympy.Integer(0)},
        ),
    )


def _in_rounds() -> tuple[Step, ...]:
    """The same in log-odds."""
    return (
        Identity(
            claim="The pairs lower the log-odds of the first context by ln(1 + m/R₀).",
            reason="The odds of a wrong pair are W₀ over R₀ without them and over R₀ + m with them.",
            lhs=logit(wrong / (wrong + right)) - logit(wrong / (wrong + right + m)),
            rhs=sympy.log(1 + m / right),
        ),
    )
