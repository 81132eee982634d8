r"""What holds for every response that does not fall as the context gets worse."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.steps import Deduction, Identity, SameSign, Step
from boostcalc.theory.symbols import FILTER, F, a, c, contamination, epsilon, error_at, f, g, n, share, t, target
from boostcalc.theory.theorem import Theorem

__all__ = ["monotone_orbits"]

u, v, c_u, c_v = sympy.symbols("u v c_u c_v", real=True)
BATCHES = {c_u: contamination(u), c_v: contamination(v)}
UPDATE = {F: sympy.Lambda(epsilon, g(contamination(epsilon)))}
RATES = "t and f are positive and, like the size of the context, the same in every round."


def _keeps_order(lower: sympy.Expr, higher: sympy.Expr) -> sympy.Expr:
    """The premise that F does not exchange these two errors."""
    return sympy.Implies(sympy.Le(lower, higher, evaluate=False), sympy.Le(F(lower), F(higher), evaluate=False))


@cache
def monotone_orbits() -> Theorem:
    r"""$F = g \circ \text{filter}$ is non-decreasing, so orbits are monotone and there are no cycles."""
    ordered = Deduction(
        claim="So the update map does not decrease: a better round is followed by one that is no worse.",
        reason="The filter keeps the order of two errors and the response does not reverse that of two contaminations.",
        premises=(
            sympy.Implies(sympy.Le(u, v), sympy.Le(c_u, c_v)),
            sympy.Implies(sympy.Le(c_u, c_v), sympy.Le(g(c_u), g(c_v))),
            sympy.Le(u, v),
        ),
        conclusion=sympy.Le(F(u), F(v)),
        where={**UPDATE, **BATCHES},
    )
    multiplier = Identity(
        claim="Where g is differentiable, this slope of the update map at a fixed point is the factor by which a small "
        "distance from it changes in a round.",
        reason="The chain rule: the slope of the filter is tf/a².",
        lhs=sympy.Derivative(F(epsilon), epsilon),
        rhs=sympy.Derivative(g(c), c) * t * f / a**2,
        where={**UPDATE, **FILTER},
    )
    return Theorem(
        name="monotone-orbits",
        family="general",
        title="Every loop moves one way",
        says="If the response does not fall as the context gets worse, the error of a loop moves in one direction "
        "only and never returns: there are no cycles. As it is bounded it converges, and where g is continuous its "
        "limit is a fixed point of F.",
        statement=(ordered.statement, multiplier.statement),
        assumptions=(
            "Each batch replaces the context.",
            RATES,
            "g does not decrease with the contamination of the context.",
            "0 < ε < 1; at 0 and at 1 the filter changes nothing.",
        ),
        reference="monotone convergence (Rudin 1976, 3.14); monotone maps of an interval (Strogatz 1994, ch. 10)",
        steps=(
            SameSign(
                claim="The filter keeps the order of two errors.",
                reason="The two differences have the quotient tf over the product of the two acceptance rates, which "
                "is positive.",
                first=sympy.Lt(c_u, c_v),
                second=sympy.Lt(u, v),
                where=BATCHES,
                ranges={u: share("s"), v: share("z")},
            ),
            ordered,
            *_one_way(),
            multiplier,
            Identity(
                claim="At a fixed point the multiplier is also the slope of the response in log-odds.",
                reason="A slope between log-odds is one between shares times c(1 − c)/(ε(1 − ε)), and this is tf/a².",
                lhs=t * f / a**2,
                rhs=c * (1 - c) / (epsilon * (1 - epsilon)),
                where=FILTER,
            ),
        ),
    )


def _one_way() -> tuple[Step, ...]:
    """Induction along an orbit, with the order of F as a premise."""
    start, this, following, after = error_at(0), error_at(n), error_at(n + 1), error_at(n + 2)
    orbit = {F(this): following, F(following): after}
    return (
        Deduction(
            claim="A loop that has not risen in one round does not rise in the next.",
            reason="F does not exchange the errors of two rounds, and it takes each to the one after it.",
            premises=(_keeps_order(following, this), sympy.Le(following, this, evaluate=False)),
            conclusion=sympy.Le(after, following, evaluate=False),
            where=orbit,
        ),
        Deduction(
            claim="A loop that has not fallen in one round does not fall in the next.",
            reason="The same with the order reversed; by induction the orbit is monotone.",
            premises=(_keeps_order(this, following), sympy.Le(this, following, evaluate=False)),
            conclusion=sympy.Le(following, after, evaluate=False),
            where=orbit,
        ),
        Deduction(
            claim="A loop that comes back to its start has never left it.",
            reason="Along an orbit that falls, or rises, the first round lies between the start and every later one.",
            premises=(
                sympy.Or(
                    sympy.And(sympy.Le(error_at(1), start), sympy.Le(this, error_at(1), evaluate=False)),
                    sympy.And(sympy.Ge(error_at(1), start), sympy.Ge(this, error_at(1), evaluate=False)),
                ),
                sympy.Eq(this, start, evaluate=False),
            ),
            conclusion=sympy.Eq(error_at(1), start, evaluate=False),
        ),
        Deduction(
            claim="No orbit passes a fixed point.",
            reason="F does not exchange an error and a fixed point above it, and it leaves the fixed point where it "
            "is; below one the same holds with the order reversed.",
            premises=(
                _keeps_order(this, target),
                sympy.Eq(F(target), target, evaluate=False),
                sympy.Le(this, target, evaluate=False),
            ),
            conclusion=sympy.Le(following, target, evaluate=False),
            where={F(this): following},
        ),
    )
