"""Fixed points, multipliers and orbits: closed forms, and maps that are iterated."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from boostcalc.dynamics import Evaluator, fixed_points
from boostcalc.odds import Array, expit, log_ratio, logit
from boostcalc.responses import Affine, Evidence, OddsPower, Sigmoid
from verification.accuracy.curves import FAMILIES, evidences, powers, sigmoids, slips
from verification.accuracy.kernel import Kernel, Points
from verification.accuracy.points import LEAST_EVIDENCE, MOST_EVIDENCE, either, errors, judges, magnitude, signed, whole

__all__ = ["KERNELS"]

NEWTON = 5
"""Steps from an answer of the package to sixty digits."""


def evidence_of(rng: np.random.Generator, size: int) -> Array:
    """Λ between 1e-12 and 27 on either side of 0."""
    least, most = LEAST_EVIDENCE, MOST_EVIDENCE
    return signed(rng, either(rng, magnitude(rng, size, least, most), rng.uniform(0, most, size)))


# affine: in closed form


def _affine_root(t: Any, f: Any, mu: Any, nu: Any) -> Any:
    """Odds of the fixed point as (above, below): the Perron vector; None at an end, or past the edge of μ + ν = 1."""
    if mpmath.fadd(mu, nu, exact=True) > 1:
        return None
    with mpmath.workprec(1400):
        linear = (1 - mu) * t - (1 - nu) * f
        root = mpmath.sqrt(linear**2 + 4 * nu * f * mu * t)
        parts = (2 * mu * t, root + linear) if linear > 0 else (root - linear, 2 * nu * f)
        return parts if parts[0] > 0 and parts[1] > 0 else None


def _affine_condition(log_lr: Array, mu: Array, nu: Array) -> Array:
    """Σ|terms| / root of the quadratic, the distance of the two roots."""
    t, f = np.exp(np.minimum(log_lr, 0)), np.exp(np.minimum(-log_lr, 0))
    linear_terms = Affine(mu, nu).slope * np.abs(np.expm1(-np.abs(log_lr))), nu * t, mu * f  # type: ignore[arg-type]  # arrays stand for several
    linear = np.sign(log_lr) * linear_terms[0] + linear_terms[1] - linear_terms[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        condition = sum(linear_terms) / np.hypot(linear, 2 * np.sqrt(nu * f) * np.sqrt(mu * t))
    return np.asarray(1 + np.nan_to_num(condition, nan=np.inf))


def _inner(points: Array) -> Array:
    return np.asarray(np.fmax.reduce(np.where(np.isfinite(points), points, np.nan), axis=0))


def _affine_multiplier(t: Array, f: Array, mu: Array, nu: Array) -> Array:
    found = fixed_points(Evaluator(t, f), Affine(mu, nu))  # type: ignore[arg-type]  # as above
    return found.multiplier_at(_inner(found.logit_error))


def _exact_multiplier(t: Any, f: Any, mu: Any, nu: Any) -> Any:
    root = _affine_root(t, f, mu, nu)
    if root is None:
        return None
    with mpmath.workprec(1400):
        wrong, right = (mass / (root[0] + root[1]) for mass in root)
        return (1 - mu - nu) * t * f / (right * t + wrong * f) ** 2


# odds power: in closed form


def _power_orbit(x: Any, log_lr: Any, alpha: Any, beta: Any, n: Any) -> Any:
    power = beta ** int(n)
    total = n if beta == 1 else (power - 1) / (beta - 1)
    y = power * x + total * (alpha - beta * log_lr)
    return (mpmath.exp(y / 2), mpmath.exp(-y / 2)) if abs(y) < 1000 else None


def _power_points(rng: np.random.Generator, size: int) -> Points:
    """Rounds as many as any double of the range allows."""
    pair = powers(rng, size)
    shift = np.abs(np.log(np.maximum(pair["beta"], 1e-300)))
    most = np.where(pair["beta"] > 1, 10 / np.maximum(shift, 1e-9), 1e9)
    return {
        "x": logit(errors(rng, size)),
        "log_lr": evidence_of(rng, size),
        **pair,
        "n": whole(rng, np.minimum(most, 1e9)),
    }


def _power_condition(x: Array, log_lr: Array, alpha: Array, beta: Array, n: Array) -> Array:
    """Σ|terms| of the orbit."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        power = np.exp(n * np.log(beta))
        total = np.where(beta == 1, n, np.expm1(n * np.log1p(beta - 1)) / (beta - 1))
        return np.nan_to_num(1 + power * np.abs(x) + np.abs(total) * (np.abs(alpha) + beta * np.abs(log_lr)), nan=1.0)


def _power_rest(log_lr: Any, alpha: Any, beta: Any) -> Any:
    if beta == 1:
        return None
    y = (alpha - beta * log_lr) / (1 - beta)
    return (mpmath.exp(y / 2), mpmath.exp(-y / 2)) if abs(y) < 1000 else None


def _power_rest_condition(log_lr: Array, alpha: Array, beta: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(1 + (np.abs(alpha) + beta * np.abs(log_lr)) / np.abs(1 - beta))


# evidence and sigmoid: by a bracketed search


def _found(family: Any, draw: Any) -> Any:
    """Every fixed point that the package finds in drawn loops, one a row."""

    def points(rng: np.random.Generator, size: int) -> Points:
        loops = max(1, size // 2)
        log_lr, parameters = evidence_of(rng, loops), draw(rng, loops)
        scale = np.maximum(log_lr, 0)
        judge = Evaluator(np.exp(log_lr - scale), np.exp(-scale))
        found = fixed_points(judge, family(**parameters)).logit_error
        row, loop = np.nonzero(np.isfinite(found))
        return {"found": found[row, loop], "log_lr": judge.log_lr[loop], **{k: v[loop] for k, v in parameters.items()}}

    return points


def _refined(formula: Any, slope: Any) -> Any:
    """The root next to an answer, by Newton's method on logit g(x − Λ) − x."""

    def exact(found: Any, log_lr: Any, **parameters: Any) -> Any:
        x = found
        for _ in range(NEWTON):
            y = x - log_lr
            c = 1 / (1 + mpmath.exp(-y))
            wrong, right = formula(c, **parameters)
            both = wrong + right
            steep = slope(c, **parameters) * _odds_slope(y) * both**2 / (wrong * right)
            x -= (mpmath.log(wrong / right) - x) / (steep - 1)
        return mpmath.exp(x / 2), mpmath.exp(-x / 2)

    return exact


def _odds_slope(y: Any) -> Any:
    return 1 / ((1 + mpmath.exp(-y)) * (1 + mpmath.exp(y)))


def _search_condition(family: Any) -> Any:
    """(the terms of the response and of x) / |1 − F′|."""

    def condition(found: Array, log_lr: Array, **parameters: Array) -> Array:
        y = found - log_lr
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            # d logit g / d logit c
            steep = family(**parameters).derivative(y) * (expit(y) / expit(found)) * (expit(-y) / expit(-found))
        terms = np.abs(parameters["a"]) + parameters["b"] * expit(y) * (1 + np.abs(y)) + np.abs(found) + np.abs(log_lr)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1 + terms / np.abs(1 - steep))

    return condition


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        "affine: fixed point",
        lambda rng, size: {"log_lr": evidence_of(rng, size), **slips(rng, size)},
        lambda log_lr, mu, nu: Affine(mu, nu).fixed_points(log_lr)[1],
        lambda log_lr, mu, nu: _affine_root(mpmath.exp(log_lr), mpmath.mpf(1), mu, nu),
        condition=_affine_condition,
        condition_text="1 + Σ|terms of the linear coefficient| / root of the discriminant",
    ),
    Kernel(
        "affine: multiplier",
        lambda rng, size: {**judges(rng, size), **slips(rng, size)},
        _affine_multiplier,
        _exact_multiplier,
        share=False,
        condition=lambda t, f, mu, nu: _affine_condition(log_ratio(t, f), mu, nu),
        condition_text="that of the fixed point",
    ),
    Kernel(
        "odds-power: closed form",
        _power_points,
        lambda x, log_lr, alpha, beta, n: OddsPower(alpha, beta).orbit(x, log_lr, n),
        _power_orbit,
        condition=_power_condition,
        condition_text="1 + Σ|terms of the orbit|",
    ),
    Kernel(
        "odds-power: fixed point",
        lambda rng, size: {"log_lr": evidence_of(rng, size), **powers(rng, size)},
        lambda log_lr, alpha, beta: OddsPower(alpha, beta).fixed_points(log_lr)[1],
        _power_rest,
        condition=_power_rest_condition,
        condition_text="1 + (|α| + β|Λ|) / |1 − β|",
    ),
    *(
        Kernel(
            f"{name}: fixed points",
            _found(family, draw),
            lambda found, **_: found,
            _refined(FAMILIES[name][2], FAMILIES[name][3]),
            condition=_search_condition(family),
            condition_text="1 + (|a| + b·c·(1 + |logit c|) + |x| + |Λ|) / |1 − F′|",
        )
        for name, family, draw in (("evidence", Evidence, evidences), ("sigmoid", Sigmoid, sigmoids))
    ),
)
