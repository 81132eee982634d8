r"""The loop of a model that matches its context but slips: the two-type quasispecies."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.responses import Affine
from boostcalc.theory.steps import Identity, Inequality, SameSign, Solutions, Step
from boostcalc.theory.symbols import (
    F,
    L,
    R,
    W,
    contamination,
    epsilon,
    f,
    mu,
    nu,
    omega,
    share,
    t,
    target,
)
from boostcalc.theory.theorem import Theorem

__all__ = ["affine_floor"]

SLIPS = "The model errs at the rate g(c) = μ + (1 − μ − ν)c: it spoils correct answers at the rate μ and repairs wrong "
SLIPS += "ones at the rate ν; each batch replaces the context."
CONSTANT = "t, f, μ and ν do not change from round to round; t and f are positive."
EIGEN = "quasispecies with two types (Eigen 1971, Naturwissenschaften 58)"

UPDATE = {F: sympy.Lambda(epsilon, Affine.symbolic(contamination(epsilon)))}
SLOPE = sympy.Derivative(F(epsilon), epsilon)
accepted = (1 - target) * t + target * f

# every floor with its slips and evaluator, once: 1 is split into the slips and what lies between them and the floor
m, r, d = sympy.symbols("m r d", positive=True)
FLOORS = {
    t: f * target * (1 - nu - target) / ((1 - target) * (target - mu)),
    target: (m + d) / (m + r + d + 1),
    mu: m / (m + r + d + 1),
    nu: r / (m + r + d + 1),
}
positive_root, negative_root, eigen_1, eigen_2, b = sympy.symbols("omega_+ omega_- lambda_1 lambda_2 b", real=True)
ODDS_MAP = sympy.Function("G")
IN_ODDS = {ODDS_MAP: sympy.Lambda(omega, (mu * L + (1 - nu) * omega) / ((1 - mu) * L + nu * omega))}
QUADRATIC = {b: (1 - mu) * L - (1 - nu), L: t / f}
EIGENVALUES = {eigen_1: accepted, eigen_2: (1 - mu - nu) * t * f / accepted}


@cache
def affine_floor() -> Theorem:
    r"""The floor is the Perron vector of $A$, approached by a factor $\lambda_2/\lambda_1$ a round."""
    multiplier = Identity(
        claim="Near the floor a round multiplies the distance from it by the ratio of the two eigenvalues.",
        reason="The slope of the filter is tf/a², that of the response 1 − μ − ν.",
        lhs=sympy.Subs(SLOPE, epsilon, target),
        rhs=eigen_2 / eigen_1,
        where={**UPDATE, **EIGENVALUES},
    )
    floor = _floor_in_odds()
    return Theorem(
        name="affine-floor",
        family="affine",
        title="The floor of a model that slips",
        says="The error tends from every start to one floor ε* between μ and 1 − ν, whose odds are the positive root "
        "ω₊ of a quadratic. In the masses of wrong and correct pairs a round is a matrix; the floor is its Perron "
        "vector, and the distance from the floor shrinks by the ratio of its eigenvalues.",
        statement=(floor.statement, multiplier.statement),
        assumptions=(
            SLIPS,
            CONSTANT,
            "μ > 0, ν > 0 and μ + ν < 1. With μ + ν = 1 the floor is reached in one round. Theorem eigen-threshold has "
            "ν = 0, and with the two kinds of answers exchanged (ε and 1 − ε, t and f, μ and ν) also μ = 0.",
        ),
        reference=EIGEN,
        steps=(
            Identity(
                claim="In the masses W of wrong and R of correct answers one round is linear, up to the total.",
                reason="A share f of the wrong and t of the correct is accepted; then a share ν of the wrong is "
                "repaired and a share μ of the correct spoilt.",
                lhs=F(W / (W + R)),
                rhs=((1 - nu) * f * W + mu * t * R) / (f * W + t * R),
                where=UPDATE,
            ),
            *_between_the_slips(),
            floor,
            *_one_floor(),
            *_eigenvalues(),
            multiplier,
            *_attraction(),
        ),
    )


def _floor_in_odds() -> Solutions:
    root = sympy.sqrt(b**2 + 4 * mu * nu * L)
    return Solutions(
        claim="The odds ω of an error at which the loop stands still are the roots of a quadratic.",
        reason="The quadratic formula; the leading coefficient ν is not 0.",
        lhs=nu * omega**2 + b * omega - mu * L,
        rhs=sympy.Integer(0),
        unknown=omega,
        solutions=((root - b) / (2 * nu), (-root - b) / (2 * nu)),
        where=QUADRATIC,
        ranges={nu: sympy.Symbol("r", positive=True)},
    )


def _between_the_slips() -> tuple[Step, ...]:
    """Bounds of the update map, and its form in odds."""
    inside = {epsilon: share("s"), mu: m / (m + r + 1), nu: r / (m + r + 1)}
    return (
        Inequality(
            claim="No round gets below μ, however good the evaluator.",
            reason="Even under a clean context a share μ of the answers is spoilt; 1 − μ − ν is positive.",
            greater=F(epsilon),
            lesser=mu,
            where=UPDATE,
            ranges=inside,
        ),
        Inequality(
            claim="No round gets above 1 − ν.",
            reason="Even under a wholly wrong context a share ν of the answers is repaired.",
            greater=1 - nu,
            lesser=F(epsilon),
            where=UPDATE,
            ranges=inside,
        ),
        Identity(
            claim="In the odds ω of the error a round is a quotient of two linear functions, G.",
            reason="The wrong mass over the correct mass after the round, both divided by f.",
            lhs=F(omega / (1 + omega)) / (1 - F(omega / (1 + omega))),
            rhs=ODDS_MAP(omega),
            where={**UPDATE, **IN_ODDS, L: t / f},
        ),
        Identity(
            claim="A round changes the odds by a quadratic over a denominator that is positive for ω > 0.",
            reason="On the common denominator.",
            lhs=omega - ODDS_MAP(omega),
            rhs=(nu * omega**2 + b * omega - mu * L) / ((1 - mu) * L + nu * omega),
            where={**IN_ODDS, **QUADRATIC},
        ),
    )


def _one_floor() -> tuple[Step, ...]:
    """Which root is a floor, and which evaluator has a given floor."""
    root = sympy.sqrt(b**2 + 4 * mu * nu * L)
    return (
        Identity(
            claim="Exactly one of them is positive, the one with the plus sign: the loop has one fixed point.",
            reason="Their product is negative for positive μ and ν, and the root is positive.",
            lhs=(root - b) / (2 * nu) * (-root - b) / (2 * nu),
            rhs=-mu * L / nu,
        ),
        Solutions(
            claim="A floor ε* between μ and 1 − ν takes an evaluator with exactly this ratio of t to f.",
            reason="F(ε*) = ε* is linear in t. Every floor is met by the one ratio, so the next steps put this in and "
            "range over all floors.",
            lhs=F(target),
            rhs=target,
            unknown=t,
            solutions=(FLOORS[t],),
            where=UPDATE,
            ranges={target: FLOORS[target], mu: FLOORS[mu], nu: FLOORS[nu]},
        ),
    )


def _eigenvalues() -> tuple[Step, ...]:
    """The floor as an eigenvector; both eigenvalues."""
    return (
        Identity(
            claim="The floor is an eigenvector of the matrix of a round; its eigenvalue is the share accepted there.",
            reason="The row of the wrong answers: their mass is multiplied by a(ε*). That of the correct follows as "
            "both together are multiplied by a(ε*). By Perron and Frobenius it is the larger eigenvalue, since all "
            "entries are positive and so are the shares of the floor.",
            lhs=(1 - nu) * f * target + mu * t * (1 - target),
            rhs=eigen_1 * target,
            where=EIGENVALUES,
            ranges=FLOORS,
        ),
        Identity(
            claim="The two eigenvalues sum to the trace of the matrix.",
            reason="The diagonal holds the wrong that stay wrong, (1 − ν)f, and the correct that stay correct, "
            "(1 − μ)t.",
            lhs=eigen_1 + eigen_2,
            rhs=(1 - nu) * f + (1 - mu) * t,
            where=EIGENVALUES,
            ranges=FLOORS,
        ),
        Identity(
            claim="Their product is its determinant.",
            reason="Sum and product together fix both.",
            lhs=eigen_1 * eigen_2,
            rhs=(1 - nu) * f * (1 - mu) * t - nu * f * mu * t,
            where=EIGENVALUES,
        ),
    )


def _attraction() -> tuple[Step, ...]:
    """The floor attracts, near it and from everywhere."""
    slope_at_floor = sympy.Subs(SLOPE, epsilon, target)
    other = -mu * L / (nu * target / (1 - target))
    ends = {positive_root: target / (1 - target), negative_root: other}
    return (
        Inequality(
            claim="That factor is below 1.",
            reason="Over all floors its distance from 1 is a quotient of sums of positive terms.",
            greater=1,
            lesser=slope_at_floor,
            where=UPDATE,
            ranges=FLOORS,
        ),
        Inequality(
            claim="It is positive, so the loop approaches the floor from one side.",
            reason="1 − μ − ν is positive.",
            greater=slope_at_floor,
            lesser=0,
            where=UPDATE,
            ranges=FLOORS,
        ),
        SameSign(
            claim="A round lowers the error exactly if the error is above the floor: the floor attracts every start.",
            reason="The two differences have a positive quotient, in all of 0 < ε < 1.",
            first=sympy.Lt(F(epsilon), epsilon, evaluate=False),
            second=sympy.Lt(target, epsilon, evaluate=False),
            where=UPDATE,
            ranges={epsilon: share("s"), **FLOORS},
        ),
        Identity(
            claim="The ratio of the distances from the two roots shrinks by that factor in every round, also far off.",
            reason="A quotient of two linear functions is a multiplication in this coordinate, which is 0 at the "
            "floor; so round n is known in closed form.",
            lhs=(ODDS_MAP(omega) - positive_root) / (ODDS_MAP(omega) - negative_root),
            rhs=eigen_2 / eigen_1 * (omega - positive_root) / (omega - negative_root),
            where={**IN_ODDS, **ends, L: t / f, **EIGENVALUES},
            ranges=FLOORS,
        ),
    )
