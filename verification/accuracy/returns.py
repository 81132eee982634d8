"""From the error back to the context, and where a response is as steep as the identity."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from boostcalc.odds import Array, expit, logit
from boostcalc.responses import Affine, Evidence, OddsPower, Sigmoid
from verification.accuracy.curves import evidences, powers, sigmoids, slips
from verification.accuracy.kernel import Kernel, Points
from verification.accuracy.points import edged, either, errors, magnitude

__all__ = ["KERNELS"]


def _reached(family: Any, draw: Any) -> Any:
    """Errors (log-odds) that some context gives, to rounding."""

    def points(rng: np.random.Generator, size: int) -> Points:
        parameters = draw(rng, size)
        x = family(**parameters).logit_error(logit(errors(rng, size)))
        inside = np.abs(x) < 700
        return {"x": x[inside], **{name: values[inside] for name, values in parameters.items()}}

    return points


def _masses(x: Any) -> tuple[Any, Any]:
    return mpmath.exp(x / 2), mpmath.exp(-x / 2)


def _inside(above: Any, below: Any) -> Any:
    return (above, below) if above > 0 and below > 0 else None


def _affine(x: Any, mu: Any, nu: Any) -> Any:
    if mpmath.fadd(mu, nu, exact=True) > 1:
        return None
    wrong, right = _masses(x)
    return _inside((1 - mu) * wrong - mu * right, (1 - nu) * right - nu * wrong)


def _affine_condition(x: Array, mu: Array, nu: Array) -> Array:
    wrong, right = expit(x), expit(-x)
    rest = Affine(mu, nu).slope  # type: ignore[arg-type]  # arrays stand for several
    above, below = (rest + nu) * wrong - mu * right, (rest + mu) * right - nu * wrong
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = ((rest + nu) * wrong + mu * right) / above + ((rest + mu) * right + nu * wrong) / below
    return np.where((above > 0) & (below > 0), 1 + sums, np.inf)


def _evidence_condition(x: Array, a: Array, b: Array) -> Array:
    above, below = x - a, a + b - x
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = (np.abs(x) + np.abs(a)) / above + (np.abs(x) + np.abs(a) + b) / below
    return np.where((above > 0) & (below > 0), 1 + sums, np.inf)


def _power(x: Any, alpha: Any, beta: Any) -> Any:
    return _masses((x - alpha) / beta) if beta > 0 else None


def _power_condition(x: Array, alpha: Array, beta: Array) -> Array:
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(1 + 2 * (np.abs(x) + np.abs(alpha)) / beta)


def _sigmoid(x: Any, low: Any, high: Any, a: Any, b: Any) -> Any:
    wrong, right = _masses(x)
    parts = _inside((1 - low) * wrong - low * right, high * right - (1 - high) * wrong)
    if parts is None:
        return None
    rule = mpmath.log(parts[0] / parts[1])
    return _inside(rule - a, a + b - rule)


def _sigmoid_condition(x: Array, low: Array, high: Array, a: Array, b: Array) -> Array:
    wrong, right = expit(x), expit(-x)
    over, under = (1 - low) * wrong - low * right, high * right - (1 - high) * wrong
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = ((1 - low) * wrong + low * right) / over + (high * right + (1 - high) * wrong) / under
        rule = np.log(over) - np.log(under)
        above, below = rule - a, a + b - rule
        back = (sums + np.abs(rule) + np.abs(a) + b) * (1 / above + 1 / below)
    # a mass that is all rounding has no digits, not even its sign
    inside = (over > 0) & (under > 0) & (above > 0) & (below > 0) & (sums < 1e14)
    return np.where(inside, 1 + back, np.inf)


def _steep(rng: np.random.Generator, size: int) -> Points:
    b = 4 * (1 + magnitude(rng, size, 2.0**-52, 1e8))
    return {"a": rng.uniform(-30, 30, size), "b": np.maximum(b, np.nextafter(4.0, 5.0))}


def _unit_slope(a: Any, b: Any) -> Any:
    spread = mpmath.sqrt(1 - 4 / b)
    return 1 + spread, 1 - spread


def _window(upper: bool) -> Any:
    def bound(a: Any, b: Any) -> Any:
        spread = mpmath.sqrt(1 - 4 / b)
        low, high = (a + b * s - mpmath.log(s / (1 - s)) for s in ((1 - spread) / 2, (1 + spread) / 2))
        # ends nearer than their rounding are one: no window
        return _masses(high if upper else low) if high - low > 1e-14 * (abs(a) + b) else None

    return bound


def _window_condition(a: Array, b: Array) -> Array:
    return np.asarray(1 + np.abs(a) + b + np.log(b))


def _inverse(name: str, family: Any, draw: Any, exact: Any, condition: Any, text: str) -> Kernel:
    def ours(x: Array, **parameters: Array) -> Array:
        return np.asarray(family(**parameters).inverse(x))

    return Kernel(f"{name}: inverse", _reached(family, draw), ours, exact, True, condition, text)


def _flat(rng: np.random.Generator, size: int) -> Points:
    beta = edged(rng, either(rng, magnitude(rng, size, 1e-3, 4.0), rng.uniform(0.5, 2.0, size)), np.array([1.0]))
    return {**powers(rng, size), "beta": beta}


KERNELS = (
    _inverse("affine", Affine, slips, _affine, _affine_condition, "1 + Σ|terms| / |sum| of the masses on both sides"),
    _inverse(
        "evidence",
        Evidence,
        evidences,
        lambda x, a, b: _inside(x - a, a + b - x),
        _evidence_condition,
        "1 + (|x| + |a|)/(x − a) + (|x| + |a| + b)/(a + b − x)",
    ),
    _inverse("odds-power", OddsPower, _flat, _power, _power_condition, "1 + 2(|x| + |α|)/β"),
    _inverse("sigmoid", Sigmoid, sigmoids, _sigmoid, _sigmoid_condition, "as affine, carried through that of evidence"),
    Kernel(
        "evidence: contamination of unit slope",
        _steep,
        lambda a, b: Evidence(a, b).unit_slopes()[1],
        _unit_slope,
    ),
    *(
        Kernel(
            f"evidence: {'upper' if upper else 'lower'} end of the window",
            _steep,
            lambda a, b, upper=upper: Evidence(a, b).bistable_window()[int(upper)],
            _window(upper),
            condition=_window_condition,
            condition_text="1 + |a| + b + ln b: the terms of Λ",
        )
        for upper in (False, True)
    ),
)
