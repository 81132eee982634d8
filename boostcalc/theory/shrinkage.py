r"""The loop of a model that weighs its context against what it believed before: a Beta-Bernoulli learner."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy

from boostcalc.responses import Affine, Shrinkage
from boostcalc.theory.steps import Identity, Inequality, Limit, SameSign, Solutions, Step
from boostcalc.theory.symbols import F, above, c, contamination, epsilon, f, g, mu, nu, share, t, target
from boostcalc.theory.theorem import Theorem

__all__ = ["shrinkage_limit"]

kappa, k = sympy.symbols("kappa k", positive=True)
p = sympy.Symbol("p", real=True)


def _response(share: Any) -> Any:
    """The family's formula, in the letters of the theory."""
    formula = Shrinkage.symbolic(share)
    letters = {"strength": kappa, "prior": p, "size": k}
    return formula.subs({x: letters[x.name] for x in formula.free_symbols if x.name in letters})


RESPONSE = {g: sympy.Lambda(c, _response(c))}
UPDATE = {F: sympy.Lambda(epsilon, _response(contamination(epsilon)))}
SLIPS = {mu: kappa * p / (kappa + k), nu: kappa * (1 - p) / (kappa + k)}
SIZE = kappa * (p - target) * ((1 - target) * t + target * f) / (target * (1 - target) * (t - f))
IMPROVING = {p: target + (1 - target) * share("y"), target: share("s"), t: above(f)}


@cache
def shrinkage_limit() -> Theorem:
    r"""$g = (\kappa p + kc)/(\kappa + k)$ is affine, and perfect adaptation as $k \to \infty$."""
    affine = Identity(
        claim="The response is affine: a large context makes both kinds of slips rare.",
        reason="The prior counts as κ pairs, a share p of them wrong, beside the k pairs of the context.",
        lhs=g(c),
        rhs=Affine.symbolic(c),
        where={**RESPONSE, **SLIPS},
    )
    size = Solutions(
        claim="With f < t a floor ε* below p takes a context of exactly this size.",
        reason="F(ε*) = ε* is linear in k: the prior pulls up with the weight κ as much as the evaluator pulls down "
        "with the weight k.",
        lhs=F(target),
        rhs=target,
        unknown=k,
        solutions=(SIZE,),
        where=UPDATE,
        ranges=IMPROVING,
    )
    perfect = Limit(
        claim="A context without bound outweighs the prior: perfect adaptation.",
        reason="The weight of the prior, κ/(κ + k), vanishes.",
        expression=g(c),
        variable=k,
        point=sympy.oo,
        value=c,
        where=RESPONSE,
    )
    return Theorem(
        name="shrinkage-limit",
        family="shrinkage",
        title="A prior is a slip that fades with the size of the context",
        says="A model that holds its prior p with the strength of κ pairs is affine in the contamination. Its floor "
        "falls as the context grows, in the end like κp/(k(1 − f/t)), and tends to that of perfect adaptation.",
        statement=(affine.statement, perfect.statement, size.statement),
        assumptions=(
            "The model errs at the rate g(c) = (κp + kc)/(κ + k), the mean of a Beta posterior; κ > 0 and 0 < p < 1.",
            "Each batch replaces the context, whose size k > 0 is the same in every round; t and f are positive and "
            "do not change either.",
            "The floor is that of theorem affine-floor.",
        ),
        reference="Beta-Bernoulli shrinkage (Gelman et al. 2013, Bayesian Data Analysis, 2.4)",
        steps=(affine, *_weights(), perfect, *_direction(), size, *_large_contexts()),
    )


def _weights() -> tuple[Step, ...]:
    """The response between prior and context."""
    return (
        Identity(
            claim="The error goes the share k/(κ + k) of the way from the prior to the context's contamination.",
            reason="The weights κ and k of the two sum to κ + k.",
            lhs=g(c) - p,
            rhs=k / (kappa + k) * (c - p),
            where=RESPONSE,
        ),
    )


def _direction() -> tuple[Step, ...]:
    """When the loop gets below the prior, and what a larger context does."""
    return (
        SameSign(
            claim="Started at its prior the loop improves exactly if f < t, however small the context.",
            reason="F(p) lies between p and the contamination after filtering, which is below p exactly if f < t.",
            first=sympy.Lt(F(p), p, evaluate=False),
            second=sympy.Lt(f, t),
            where=UPDATE,
            ranges={p: share("z")},
        ),
        SameSign(
            claim="A larger context lowers the error exactly if it is cleaner than the prior.",
            reason="The slope in k has the sign of c − p: the quotient is κ/(κ + k)².",
            first=sympy.Lt(sympy.Derivative(g(c), k), 0, evaluate=False),
            second=sympy.Lt(c, p),
            where=RESPONSE,
        ),
    )


def _large_contexts() -> tuple[Step, ...]:
    """How floor and multiplier approach those of perfect adaptation."""
    slope = sympy.Subs(sympy.Derivative(F(epsilon), epsilon), epsilon, target)
    return (
        Inequality(
            claim="This size is positive, and every such floor is met by one size.",
            reason="All factors are positive for 0 < ε* < p and f < t.",
            greater=k,
            lesser=0,
            where={k: SIZE},
            ranges=IMPROVING,
        ),
        Inequality(
            claim="The lower the floor, the larger the context it takes.",
            reason="Every term of its slope in ε* is negative for 0 < ε* < p and f < t.",
            greater=0,
            lesser=sympy.Derivative(SIZE, target),
            ranges=IMPROVING,
        ),
        Limit(
            claim="Low floors are inversely proportional to the size: half the floor takes twice the context.",
            reason="The size times the floor has a limit as the floor falls to 0.",
            expression=k * target,
            variable=target,
            point=0,
            value=kappa * p / (1 - f / t),
            where={k: SIZE},
        ),
        Limit(
            claim="There a round multiplies the distance from the floor by f/t, as under perfect adaptation.",
            reason="The slope of the response tends to 1, and that of the filter at 0 is f/t.",
            expression=slope,
            variable=target,
            point=0,
            value=f / t,
            where={**UPDATE, k: SIZE},
        ),
    )
