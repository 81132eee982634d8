r"""The loop of a model whose log-odds are linear in those of its context: solvable throughout."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.responses import OddsPower
from boostcalc.theory.steps import Identity, Limit, SameSign, Solutions, Step
from boostcalc.theory.symbols import RATIO, F, Lambda, c, epsilon, f, log_odds_at, logit, n, share, t, x
from boostcalc.theory.theorem import Theorem

__all__ = ["odds_power"]

alpha = sympy.Symbol("alpha", real=True)
beta = sympy.Symbol("beta", nonnegative=True)
rest, start = sympy.symbols("x^* x_0", real=True)


ODDS = epsilon * f / ((1 - epsilon) * t)
"""Of a wrong pair among the accepted; the family's formula is simpler in them than in the share."""

UPDATE = {F: sympy.Lambda(epsilon, OddsPower.symbolic(c).subs((1 - c) / c, 1 / ODDS))}
ORBIT = {log_odds_at: sympy.Lambda(n, rest + beta**n * (start - rest))}
REST = {rest: (alpha - beta * Lambda) / (1 - beta)}
GAP = sympy.Symbol("d", positive=True)
FLAT, STEEP = {beta: share("u")}, {beta: 1 + GAP}


@cache
def odds_power() -> Theorem:
    r"""$x_n = x^* + \beta^n (x_0 - x^*)$ with $x^* = (\alpha - \beta\Lambda)/(1 - \beta)$."""
    in_log_odds = Identity(
        claim="In log-odds a round is linear with the slope β.",
        reason="The filter subtracts Λ, and the response takes x to α + βx.",
        lhs=logit(F(epsilon)),
        rhs=alpha + beta * (logit(epsilon) - Lambda),
        where={**UPDATE, **RATIO},
        ranges={epsilon: share("s")},
    )
    fixed = Solutions(
        claim="For β ≠ 1 the log-odds stand still exactly at x*.",
        reason="The equation is linear in x with the coefficient β − 1.",
        lhs=alpha + beta * (x - Lambda),
        rhs=x,
        unknown=x,
        solutions=(REST[rest],),
        ranges={beta: 1 + sympy.Symbol("d", real=True, nonzero=True)},
    )
    orbit = Identity(
        claim="The distance from x* is multiplied by β in every round.",
        reason="Step of the induction: round n + 1 follows from round n of the closed form, which starts at x₀ since "
        "the power of β is 1 at n = 0. By step 2, α is (1 − β)x* + βΛ.",
        lhs=alpha + beta * (log_odds_at(n) - Lambda),
        rhs=log_odds_at(n + 1),
        where=ORBIT,
        ranges={alpha: (1 - beta) * rest + beta * Lambda},
    )
    return Theorem(
        name="odds-power",
        family="odds-power",
        title="A loop that is linear in log-odds",
        says="Every round is known in closed form. With β < 1 the loop tends to x*, with β = 1 it moves by α − Λ a "
        "round, without end unless that is 0, and with β > 1 the fixed point x* is a tipping point.",
        statement=(in_log_odds.statement, fixed.statement, orbit.statement),
        assumptions=(
            "The model's log-odds are logit g(c) = α + β logit c with β > 0; each batch replaces the context.",
            "t, f, α and β do not change from round to round; t and f are positive, and Λ is ln(t/f).",
            "0 < ε < 1: errors of 0 and of 1 stay as they are. With β = 0 the context does not matter and the error is "
            "that of the log-odds α after one round.",
        ),
        reference="an affine recurrence in log-odds; with α = 0 and β = 1 theorem closed-form",
        steps=(
            in_log_odds,
            fixed,
            orbit,
            Identity(
                claim="With β = 1 a round moves the log-odds by α − Λ, so they are linear in the rounds.",
                reason="Step of the induction: the model adds α and the evaluator takes Λ.",
                lhs=alpha + (start + n * (alpha - Lambda)) - Lambda,
                rhs=start + (n + 1) * (alpha - Lambda),
            ),
            *_ends(),
            *_multiplier_and_price(),
        ),
    )


def _ends() -> tuple[Step, ...]:
    """Limits of the orbit, and its direction, for slopes below and above 1."""
    after = alpha + beta * (x - Lambda)
    return (
        SameSign(
            claim="With β < 1 a round lowers the error exactly if it is above the fixed point.",
            reason="The two differences have the quotient 1 − β.",
            first=sympy.Lt(after, x, evaluate=False),
            second=sympy.Lt(rest, x, evaluate=False),
            where=REST,
            ranges=FLAT,
        ),
        Limit(
            claim="Then the loop tends to the fixed point from every start.",
            reason="The powers of β vanish.",
            expression=log_odds_at(n),
            variable=n,
            point=sympy.oo,
            value=rest,
            where=ORBIT,
            ranges=FLAT,
        ),
        SameSign(
            claim="With β > 1 a round lowers the error exactly if it is below the fixed point.",
            reason="The two differences have the quotient β − 1.",
            first=sympy.Lt(after, x, evaluate=False),
            second=sympy.Lt(x, rest, evaluate=False),
            where=REST,
            ranges=STEEP,
        ),
        *(
            Limit(
                claim=f"Then a loop that starts {side} it ends with all answers {end}.",
                reason="The powers of β grow without bound, and so does the distance.",
                expression=log_odds_at(n),
                variable=n,
                point=sympy.oo,
                value=value,
                where=ORBIT,
                ranges={start: rest + distance, **STEEP},
            )
            for side, end, value, distance in (
                ("above", "wrong", sympy.oo, sympy.Symbol("z", positive=True)),
                ("below", "correct", -sympy.oo, -sympy.Symbol("z", positive=True)),
            )
        ),
    )


def _multiplier_and_price() -> tuple[Step, ...]:
    """The multiplier in error rates, and what evidence is worth."""
    return (
        Identity(
            claim="The slope of the update map is β times F(1 − F) over ε(1 − ε), so at a fixed point it is β.",
            reason="The linear form in log-odds, differentiated.",
            lhs=sympy.Derivative(F(epsilon), epsilon),
            rhs=beta * F(epsilon) * (1 - F(epsilon)) / (epsilon * (1 - epsilon)),
            where=UPDATE,
            ranges={epsilon: share("s")},
        ),
        Identity(
            claim="With β < 1 more evidence lowers the floor, in log-odds by β/(1 − β) for each unit of Λ.",
            reason="The derivative of the fixed point in Λ.",
            lhs=sympy.Derivative(REST[rest], Lambda),
            rhs=-beta / (1 - beta),
        ),
    )
