r"""The loop of a model that infers one rule for its whole context: one end, or two and a point between them."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.responses import Evidence
from boostcalc.theory.steps import Identity, Inequality, Limit, PositiveForm, RootCount, Solutions, Step
from boostcalc.theory.symbols import F, Lambda, a, c, contamination, epsilon, f, logit, s, share, t, target
from boostcalc.theory.theorem import Theorem

__all__ = ["evidence_fixed_points", "evidence_window"]

EVIDENCE = (
    "Each wrong pair is evidence for the wrong rule, logit g(c) = a + bc with b ≥ 0; each batch replaces the context."
)
CONSTANT = "t, f, a and b do not change from round to round; t and f are positive."

b = sympy.Symbol("b", nonnegative=True)
below, above = sympy.symbols("sigma_- sigma_+", real=True)
LEVEL = sympy.Function("Lambda")
UPDATE = {F: sympy.Lambda(epsilon, Evidence.symbolic(contamination(epsilon)))}
NEEDED = {LEVEL: sympy.Lambda(s, a + b * s - logit(s))}
SLOPE = sympy.Derivative(LEVEL(s), s)
EXCESS = LEVEL(s) - Lambda
ROOM = (2 * s - 1) ** 2 + (4 - b) * s * (1 - s)
"""1 − bs(1 − s), with its sign for b < 4."""

SHALLOW = {b: 4 * sympy.Symbol("q", nonnegative=True) / (1 + sympy.Symbol("q", nonnegative=True))}

spread = share("u")
TURNS = {below: (1 - sympy.sqrt(1 - 4 / b)) / 2, above: (1 + sympy.sqrt(1 - 4 / b)) / 2}
STEEP = {b: 4 / (1 - spread**2)}
FACTORS = -b * (s - below) * (s - above) / (s * (1 - s))
"""The slope of Λ(s)."""

LEFT = {s: below * share("y")}
MIDDLE = {s: below + (above - below) * share("y")}
RIGHT = {s: above + (1 - above) * share("y")}


@cache
def evidence_fixed_points() -> Theorem:
    r"""For $b \le 4$ there is exactly one fixed point."""
    one = RootCount(
        claim="For b < 4 the loop has exactly one fixed point, whatever the evaluator.",
        reason="Λ(s) falls all the way, so it takes the value Λ of the evaluator once.",
        function=EXCESS,
        variable=s,
        low=sympy.Integer(0),
        high=sympy.Integer(1),
        count=1,
        slope=-ROOM / (s * (1 - s)),
        where=NEEDED,
        ranges=SHALLOW,
    )
    multiplier = _multiplier()
    return Theorem(
        name="evidence-fixed-points",
        family="evidence",
        title="A shallow response has one end",
        says="For b ≤ 4 the loop has exactly one fixed point, and tends to it from every start; it is where the "
        "evidence Λ of an acceptance is Λ(s), s being the contamination of the accepted pairs.",
        statement=(one.statement, multiplier.statement),
        assumptions=(EVIDENCE, CONSTANT, "b ≤ 4; at b = 4 the multiplier may be 1, at s = ½ only."),
        reference="a one-dimensional map with a sigmoid (Strogatz 1994, 3.1 and 10.1)",
        steps=(
            *_direction(),
            *_falls(),
            one,
            Identity(
                claim="At b = 4 the slope is 0 at s = ½ only, so Λ(s) still falls all the way.",
                reason="The slope is minus a square over a positive denominator.",
                lhs=SLOPE,
                rhs=-((1 - 2 * s) ** 2) / (s * (1 - s)),
                where=NEEDED,
                ranges={b: sympy.Integer(4)},
            ),
            multiplier,
            PositiveForm(
                claim="For b < 4 this factor is below 1.",
                reason="The difference is (2s − 1)² + (4 − b)s(1 − s), a square and a positive number.",
                greater=1,
                lesser=b * s * (1 - s),
                form=ROOM,
                ranges={s: share("z"), **SHALLOW},
            ),
        ),
    )


@cache
def evidence_window() -> Theorem:
    r"""For $b > 4$ the loop is bistable exactly for $\Lambda$ between $\Lambda(\sigma_-)$ and $\Lambda(\sigma_+)$."""
    inside, *others = _counts()
    return Theorem(
        name="evidence-window",
        family="evidence",
        title="A steep response has a window of two ends",
        says="For b > 4 the loop has three fixed points exactly for Λ between Λ(σ₋) and Λ(σ₊). The outer two attract "
        "and the middle one repels: the start decides between them. Outside the window there is one, which attracts.",
        statement=(inside.statement, *(step.statement for step in others)),
        assumptions=(EVIDENCE, CONSTANT, "b > 4."),
        reference="two saddle-node bifurcations that meet in a cusp at b = 4 (Strogatz 1994, 3.1 and 3.6)",
        steps=(*_turns(), *_width(), inside, *others, *_stability()),
    )


def _direction() -> tuple[Step, ...]:
    """How far a round moves the log-odds."""
    return (
        Identity(
            claim="A round moves the log-odds of the error by Λ(c) − Λ, c being the contamination of its batch.",
            reason="The log-odds of the answers are logit c + Λ before the round, and a + bc after it.",
            lhs=logit(F(epsilon)) - logit(epsilon),
            rhs=LEVEL(c) - Lambda,
            where={**UPDATE, **NEEDED, c: contamination(epsilon), Lambda: sympy.log(t / f)},
            ranges={epsilon: share("z")},
        ),
    )


def _falls() -> tuple[Step, ...]:
    """Λ(s) falls from ∞ to −∞ if b < 4."""
    return (
        PositiveForm(
            claim="For b < 4 the function Λ(s) falls everywhere in 0 < s < 1.",
            reason="Its slope is −((2s − 1)² + (4 − b)s(1 − s)) over s(1 − s).",
            greater=0,
            lesser=SLOPE,
            form=ROOM / (s * (1 - s)),
            where=NEEDED,
            ranges={s: share("z"), **SHALLOW},
        ),
        *(
            Limit(
                claim=f"It {'grows' if value > 0 else 'falls'} without bound as s nears {point}.",
                reason="logit s does, with the opposite sign, while a + bs stays bounded.",
                expression=LEVEL(s),
                variable=s,
                point=point,
                direction=side,
                value=value,
                where=NEEDED,
            )
            for point, side, value in ((0, "+", sympy.oo), (1, "-", -sympy.oo))
        ),
    )


def _multiplier() -> Identity:
    """F′ at a fixed point, a being what makes the error with this contamination a fixed point."""
    odds = s * t / ((1 - s) * f)
    return Identity(
        claim="Near a fixed point with the contamination s a round multiplies the distance from it by bs(1 − s).",
        reason="In log-odds the slope of a + bc is bc(1 − c), and the filter only shifts. The error ε* is written as "
        "the one whose contamination is s, and a is put to what makes it a fixed point, ln(st/((1 − s)f)) − bs.",
        lhs=sympy.Subs(sympy.Derivative(F(epsilon), epsilon), epsilon, target),
        rhs=b * s * (1 - s),
        where={**UPDATE, target: s * t / (s * t + (1 - s) * f)},
        ranges={a: sympy.log(odds) - b * s, s: share("z")},
    )


def _turns() -> tuple[Step, ...]:
    """Where Λ(s) turns, and how it moves between."""
    return (
        Solutions(
            claim="Λ(s) turns exactly at σ₋ and at σ₊.",
            reason="Its slope b − 1/(s(1 − s)) vanishes where bs(1 − s) = 1, a quadratic in s.",
            lhs=SLOPE,
            rhs=sympy.Integer(0),
            unknown=s,
            solutions=(below, above),
            where={**NEEDED, **TURNS},
            ranges=STEEP,
        ),
        Identity(
            claim="Its slope falls below 0 outside them and rises above 0 between them.",
            reason="The quadratic in factors; s(1 − s) is positive in 0 < s < 1.",
            lhs=SLOPE,
            rhs=FACTORS,
            where={**NEEDED, **TURNS},
        ),
    )


def _counts() -> tuple[Step, ...]:
    """Fixed points inside the window, beyond it on either side, and on its edges."""
    low, high = LEVEL(below), LEVEL(above)
    cases = (
        ("Inside the window the loop has three fixed points.", (low < Lambda, Lambda < high), 3),
        ("Above the window it has one.", (low < Lambda, high < Lambda), 1),
        ("Below the window it has one.", (Lambda < low, Lambda < high), 1),
        ("On the lower edge it has two.", (sympy.Eq(low, Lambda, evaluate=False), Lambda < high), 2),
        ("On the upper edge it has two.", (sympy.Eq(high, Lambda, evaluate=False), low < Lambda), 2),
    )
    return tuple(
        RootCount(
            claim=claim,
            reason="Λ(s) falls from ∞ to Λ(σ₋), rises to Λ(σ₊) and falls to −∞; it meets Λ once in each piece whose "
            "ends lie on either side of it.",
            function=EXCESS,
            variable=s,
            low=sympy.Integer(0),
            high=sympy.Integer(1),
            turns=(below, above),
            given=given,
            count=count,
            slope=FACTORS,
            where={**NEEDED, **TURNS},
            ranges=STEEP,
        )
        for claim, given, count in cases
    )


def _stability() -> tuple[Step, ...]:
    """The multiplier bs(1 − s) on each of the three pieces."""
    multiplier = b * s * (1 - s)
    cases = (
        ("A fixed point below σ₋ attracts.", 1, multiplier, LEFT),
        ("A fixed point between σ₋ and σ₊ repels.", multiplier, 1, MIDDLE),
        ("A fixed point above σ₊ attracts.", 1, multiplier, RIGHT),
    )
    return tuple(
        Inequality(
            claim=claim,
            reason="Its multiplier is bs(1 − s) (theorem evidence-fixed-points); the difference from 1 is "
            "b(s − σ₋)(s − σ₊).",
            greater=greater,
            lesser=lesser,
            ranges={**place, **TURNS, **STEEP},
        )
        for claim, greater, lesser, place in cases
    )


def _width() -> tuple[Step, ...]:
    """The width of the window, which opens at b = 4."""
    width = b * sympy.sqrt(1 - 4 / b) - 2 * logit(above)
    return (
        Identity(
            claim="The width of the window depends on b only.",
            reason="a shifts both edges alike, and σ₋ = 1 − σ₊.",
            lhs=LEVEL(above) - LEVEL(below),
            rhs=width,
            where={**NEEDED, **TURNS},
            ranges=STEEP,
        ),
        Identity(
            claim="It opens at b = 4.",
            reason="Both turns are at s = ½ there.",
            lhs=width,
            rhs=sympy.Integer(0),
            where=TURNS,
            ranges={b: sympy.Integer(4)},
        ),
        Inequality(
            claim="It widens with b.",
            reason="Each edge moves with b by its own s, as Λ(s) is stationary there: the difference is √(1 − 4/b).",
            greater=sympy.Derivative(width, b),
            lesser=0,
            where=TURNS,
            ranges=STEEP,
        ),
    )
