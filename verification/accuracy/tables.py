"""The monotone response against its slow twin: the same cubic written out, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import numpy as np

from boostcalc.odds import Array, expit, logit
from boostcalc.responses import Monotone
from tests.reference.exact_responses import pchip
from verification.accuracy.kernel import BITS, Kernel, Points
from verification.accuracy.points import errors, magnitude

__all__ = ["KERNELS"]

CURVES = 50
WIDE = 1400
NEAR = mpmath.mpf(2) ** -90
"""Of a difference that stands for a derivative, relative to c, in `WIDE` bits."""

NEWTON = 6


@cache
def curves() -> tuple[Monotone, ...]:
    """Points near each other, errors near 0, near 1 and level, with and without the ends."""
    rng, made = np.random.default_rng(20), []
    for _ in range(CURVES):
        count = int(rng.integers(2, 9))
        shares = np.sort(rng.uniform(0, 1, count))
        shares[1::3] = shares[0::3][: shares[1::3].size] + 1e-6 * rng.uniform(0.5, 1, shares[1::3].size)
        shares[0], shares[-1] = (0.0, 1.0) if rng.random() < 0.5 else (shares[0], shares[-1])
        level = np.where(rng.random(count) < 0.3, magnitude(rng, count, 1e-12, 0.5), rng.uniform(0, 1, count))
        level = np.sort(np.where(rng.random(count) < 0.2, 1 - magnitude(rng, count, 1e-12, 0.5), level))
        if rng.random() < 0.3:
            level[1] = level[0]
        made.append(Monotone(tuple(np.unique(shares)), tuple(level[: np.unique(shares).size])))
    return tuple(made)


@cache
def twin(which: int) -> Callable[[Any], Any]:
    """log-odds of the error against the contamination, level beyond the outermost points."""
    curve = curves()[which]
    with mpmath.workprec(BITS):
        x = [mpmath.mpf(share) for share in curve.shares]
        cubic = pchip(x, [mpmath.log(e / (1 - e)) for e in map(mpmath.mpf, curve.errors)])
    return lambda c: cubic(min(max(c, x[0]), x[-1]))


def _drawn(rng: np.random.Generator, size: int) -> Points:
    which = rng.integers(0, CURVES, size)
    knots = np.array([rng.choice(curves()[i].shares) for i in which])
    near = np.clip(knots + 1e-9 * rng.standard_normal(size), 1e-300, 1 - 2.0**-53)
    share = np.where(rng.random(size) < 0.2, near, errors(rng, size))
    return {"which": which.astype(float), "c": np.where(rng.random(size) < 0.4, rng.uniform(0, 1, size), share)}


def _reached(rng: np.random.Generator, size: int) -> Points:
    points = _drawn(rng, size)
    x = _each(lambda curve, c: curve.logit_error(logit(c)))(**points)
    return {"which": points["which"], "x": x, "found": _each(Monotone.inverse)(which=points["which"], x=x)}


def _each(act: Callable[[Monotone, Array], Array]) -> Any:
    """The act on the points of each curve together."""

    def all_points(which: Array, **values: Array) -> Array:
        (given,) = values.values()
        out = np.full(given.shape, np.nan)
        for i in np.unique(which).astype(int):
            out[which == i] = act(curves()[i], given[which == i])
        return out

    return all_points


def _masses(y: Any) -> tuple[Any, Any]:
    return mpmath.exp(y / 2), mpmath.exp(-y / 2)


def _rise(at: Callable[[Any], Any], c: Any) -> Any:
    return (at(c * (1 + NEAR)) - at(c * (1 - NEAR))) / (2 * c * NEAR)


def _slope(which: Any, c: Any) -> Any:
    at, curve = twin(int(which)), curves()[int(which)]
    if not max(1e-100, curve.shares[0]) < c < curve.shares[-1]:
        return None  # a kink, level, or more digits away than are kept
    with mpmath.workprec(WIDE):
        y = at(c)
        return _rise(at, c) / (2 + mpmath.exp(y) + mpmath.exp(-y))


def _inverse(which: Any, x: Any, found: Any) -> Any:
    """The root next to the package's own answer."""
    at, curve = twin(int(which)), curves()[int(which)]
    with mpmath.workprec(WIDE):
        c = 1 / (1 + mpmath.exp(-found))
        for _ in range(NEWTON):
            if not curve.shares[0] < c < curve.shares[-1] or (rise := _rise(at, c)) <= 0:
                return None
            c -= (at(c) - x) / rise
        return c, 1 - c


def _size(curve: Monotone) -> float:
    return 1 + 4 * float(np.abs(logit(curve.errors)).max())


def _terms(curve: Monotone, c: Array) -> tuple[Array, Array, Array]:
    """(Σ|terms of y′|, y′, y″) of the cubic at c."""
    cubic: Any = curve._cubic()
    piece = np.clip(np.searchsorted(curve.shares, c, side="right") - 1, 0, len(curve.shares) - 2)
    s = c - np.asarray(curve.shares)[piece]
    terms = np.stack([3 * cubic.c[0, piece] * s**2, 2 * cubic.c[1, piece] * s, cubic.c[2, piece]])
    return np.abs(terms).sum(axis=0), terms.sum(axis=0), 6 * cubic.c[0, piece] * s + 2 * cubic.c[1, piece]


def _rounded(c: Array) -> Array:
    """The rounding of c, got from its log-odds."""
    return np.asarray(c * (1 + np.abs(logit(c)) * (1 - c)))


def _error_condition(curve: Monotone, c: Array) -> Array:
    return np.asarray(_size(curve) + np.abs(_terms(curve, c)[1]) * _rounded(c))


def _slope_condition(curve: Monotone, c: Array) -> Array:
    terms, rise, bend = _terms(curve, c)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        steep = 4 * (terms + np.abs(bend) * _rounded(c)) / np.abs(rise)
    return np.asarray(_error_condition(curve, c) + np.where(np.isnan(steep), np.inf, steep))


def _inverse_condition(curve: Monotone, found: Array) -> Array:
    c = expit(found)
    terms, rise, _ = _terms(curve, c)
    with np.errstate(divide="ignore", invalid="ignore"):
        condition = 1 + (_size(curve) + terms * c) / (np.abs(rise) * np.minimum(c, 1 - c))
    return np.where(np.isnan(condition), np.inf, condition)


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        "monotone: error",
        _drawn,
        _each(lambda curve, c: curve.logit_error(logit(c))),
        lambda which, c: _masses(twin(int(which))(c)),
        condition=_each(_error_condition),
        condition_text="1 + 4·greatest log-odds + y′·c·(1 + |logit c|·(1 − c))",
    ),
    Kernel(
        "monotone: slope",
        _drawn,
        _each(lambda curve, c: curve.derivative(logit(c))),
        _slope,
        share=False,
        condition=_each(_slope_condition),
        condition_text="that of the error + 4(Σ|terms of y′| + y″·c·(1 + |logit c|·(1 − c))) / y′",
    ),
    Kernel(
        "monotone: inverse",
        _reached,
        lambda which, x, found: found,
        _inverse,
        condition=lambda which, x, found: _each(_inverse_condition)(which=which, found=found),
        condition_text="1 + Σ|terms of y| / (y′·min(c, 1 − c))",
    ),
)
