"""Response families: error, slope and inverse of each against its formula."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from boostcalc.odds import Array, logit
from boostcalc.responses import Affine, Curve, Evidence, OddsPower, Perfect, Shrinkage, Sigmoid, SizedEvidence
from verification.accuracy.kernel import Kernel, Points
from verification.accuracy.points import edged, either, errors, magnitude, signed

__all__ = ["FAMILIES", "KERNELS", "evidences", "powers", "sigmoids", "slips"]


def slips(rng: np.random.Generator, size: int) -> Points:
    """μ and ν: tiny, zero, and such that their sum nearly is 1."""
    one = edged(rng, either(rng, magnitude(rng, size, 1e-300, 1), rng.uniform(0, 1, size)), np.array([0.0, 0.5, 1.0]))
    rest = 1 - one
    other = either(
        rng,
        rest * magnitude(rng, size, 1e-300, 1),
        rest * rng.uniform(0, 1, size),
        np.maximum(rest - magnitude(rng, size, 1e-16, 1), 0),
        rest,
    )
    swap = rng.random(size) < 0.5
    return {"mu": np.where(swap, other, one), "nu": np.where(swap, one, other)}


def evidences(rng: np.random.Generator, size: int) -> Points:
    """a and b as they are fitted, b near 4, and huge ones that nearly cancel."""
    b = either(
        rng,
        rng.uniform(0, 60, size),
        magnitude(rng, size, 1e-3, 1400),
        4 * (1 + signed(rng, magnitude(rng, size, 1e-15, 0.1))),
        magnitude(rng, size, 1e2, 1e8),
    )
    a = np.where(b <= 1400, rng.uniform(-30, 30, size), -b * rng.uniform(0, 1, size))
    return {"a": edged(rng, np.where(rng.random(size) < 0.3, -b * rng.uniform(0, 1, size), a), np.array([0.0])), "b": b}


def powers(rng: np.random.Generator, size: int) -> Points:
    """α and β, which is often near 1."""
    near = 1 + signed(rng, magnitude(rng, size, 2.0**-53, 0.1))
    beta = either(rng, near, near, rng.uniform(0, 4, size), magnitude(rng, size, 1e-12, 4))
    return {
        "alpha": edged(
            rng, either(rng, rng.uniform(-30, 30, size), signed(rng, magnitude(rng, size, 1e-12, 30))), np.array([0.0])
        ),
        "beta": edged(rng, beta, np.array([0.0, 1.0])),
    }


def sigmoids(rng: np.random.Generator, size: int) -> Points:
    """Floors and ceilings near 0, near 1 and near each other, with the rules of `evidences`."""
    low = edged(rng, either(rng, magnitude(rng, size, 1e-300, 0.9), rng.uniform(0, 1, size)), np.array([0.0, 0.5]))
    rest = 1 - low
    high = 1 - either(
        rng,
        rest * magnitude(rng, size, 1e-16, 1),
        rest * rng.uniform(0, 1, size),
        rest * (1 - magnitude(rng, size, 1e-16, 1)),
    )
    return {"low": low, "high": edged(rng, np.maximum(low, high), np.array([1.0])), **evidences(rng, size)}


def sizes(rng: np.random.Generator, size: int) -> Array:
    return edged(rng, np.floor(magnitude(rng, size, 1, 1e7)), np.array([0.0, 1.0]))


def shrunken(rng: np.random.Generator, size: int) -> Points:
    prior = edged(rng, errors(rng, size), np.array([0.0, 1.0]))
    return {"strength": magnitude(rng, size, 1e-9, 1e9), "prior": prior, "size": sizes(rng, size)}


def sized(rng: np.random.Generator, size: int) -> Points:
    pair = evidences(rng, size)
    half = edged(rng, magnitude(rng, size, 1e-3, 1e6), np.array([0.0]))
    return {**pair, "prior": rng.uniform(-30, 30, size), "half": half, "size": sizes(rng, size)}


def _affine(c: Any, mu: Any, nu: Any) -> Any:
    rest = 1 - c
    return (mu * rest + (1 - nu) * c, (1 - mu) * rest + nu * c) if mpmath.fadd(mu, nu, exact=True) <= 1 else None


def _logistic(x: Any) -> Any:
    """(σ(x), σ(−x)) as masses."""
    return mpmath.exp(x / 2), mpmath.exp(-x / 2)


def _evidence(c: Any, a: Any, b: Any) -> Any:
    return _logistic(a + b * c)


def _power(c: Any, alpha: Any, beta: Any) -> Any:
    return _logistic(alpha + beta * mpmath.log(c / (1 - c)))


def _sigmoid(c: Any, low: Any, high: Any, a: Any, b: Any) -> Any:
    wrong, right = _logistic(a + b * c)
    both = wrong + right
    return low * both + (high - low) * wrong, (1 - high) * both + (high - low) * right


def _slope(mass: Any) -> Any:
    """σ(1 − σ) of a share in masses."""
    return mass[0] * mass[1] / (mass[0] + mass[1]) ** 2


def _shrinkage(c: Any, strength: Any, prior: Any, size: Any) -> Any:
    return strength * prior + size * c, strength * (1 - prior) + size * (1 - c)


def _sized(c: Any, a: Any, b: Any, prior: Any, half: Any, size: Any) -> Any:
    share = size / (size + half) if size else 0 * size
    return _logistic(prior + share * (a - prior + b * c))


def rule_condition(c: Array, a: Array, b: Array, **_: Array) -> Array:
    """|a| + b·c·(1 + |logit c|·(1 − c)): the terms of the rule's log-odds, and the rounding of logit c."""
    return np.asarray(1 + np.abs(a) + b * c * (1 + np.abs(logit(c)) * (1 - c)))


def power_condition(c: Array, alpha: Array, beta: Array) -> Array:
    return np.asarray(1 + np.abs(alpha) + (1 + 2 * beta) * np.abs(logit(c)))


def sized_condition(c: Array, a: Array, b: Array, prior: Array, half: Array, size: Array) -> Array:
    return np.asarray(rule_condition(c, a, b) + 2 * np.abs(prior))


RULE_TEXT = "1 + |a| + b·c·(1 + |logit c|·(1 − c))"
FAMILIES: dict[str, tuple[type[Curve], Any, Any, Any, Any, str]] = {
    "affine": (
        Affine,
        slips,
        _affine,
        lambda c, mu, nu: 1 - mu - nu if mpmath.fadd(mu, nu, exact=True) <= 1 else None,
        None,
        "",
    ),
    "evidence": (
        Evidence,
        evidences,
        _evidence,
        lambda c, a, b: b * _slope(_evidence(c, a, b)),
        rule_condition,
        RULE_TEXT,
    ),
    "odds-power": (
        OddsPower,
        powers,
        _power,
        lambda c, alpha, beta: beta * _slope(_power(c, alpha, beta)) / (c * (1 - c)),
        power_condition,
        "1 + |α| + (1 + 2β)·|logit c|",
    ),
    "sigmoid": (
        Sigmoid,
        sigmoids,
        _sigmoid,
        lambda c, low, high, a, b: (high - low) * b * _slope(_logistic(a + b * c)),
        rule_condition,
        RULE_TEXT,
    ),
}


def _with_share(draw: Any) -> Any:
    return lambda rng, size: {"c": errors(rng, size), **draw(rng, size)}


def _forward(name: str) -> tuple[Kernel, Kernel]:
    """Error and slope of a family."""
    family, draw, exact, slope, condition, text = FAMILIES[name]
    shared = {"draw": _with_share(draw), "condition": condition, "condition_text": text}
    make: Any = family
    return (
        Kernel(f"{name}: error", ours=lambda c, **p: make(**p).logit_error(logit(c)), exact=exact, **shared),
        Kernel(
            f"{name}: slope", ours=lambda c, **p: make(**p).derivative(logit(c)), exact=slope, share=False, **shared
        ),
    )


def _at_size(name: str, family: Any, draw: Any, exact: Any, condition: Any, text: str) -> Kernel:
    def ours(c: Array, size: Array, **parameters: Array) -> Array:
        return np.asarray(family(**parameters).at(size).logit_error(logit(c)))

    return Kernel(f"{name}: error at a size", _with_share(draw), ours, exact, True, condition, text)


KERNELS = (
    Kernel(
        "perfect: error",
        _with_share(lambda rng, size: {}),
        lambda c: Perfect().logit_error(logit(c)),
        lambda c: (c, 1 - c),
    ),
    *(kernel for name in FAMILIES for kernel in _forward(name)),
    _at_size("sized-evidence", SizedEvidence, sized, _sized, sized_condition, RULE_TEXT + " + 2|prior|"),
    _at_size("shrinkage", Shrinkage, shrunken, _shrinkage, None, ""),
    Kernel(
        "shrinkage: slope at a size",
        _with_share(shrunken),
        lambda c, strength, prior, size: Shrinkage(strength, prior).at(size).derivative(logit(c)),
        lambda c, strength, prior, size: size / (strength + size),
        share=False,
    ),
)
