"""Where kernels are tried: spread evenly in the logarithm, and at the corners where formulas break."""

from __future__ import annotations

import numpy as np

from boostcalc.odds import Array
from verification.accuracy.kernel import Points

__all__ = ["edged", "either", "errors", "judges", "magnitude", "signed", "whole"]

LEAST_ERROR, LEAST_REST = 1e-300, 2.0**-53
LEAST_EVIDENCE, MOST_EVIDENCE = 1e-12, 27.0
CORNERS = np.array(
    [
        *(LEAST_ERROR, 2.3e-16, LEAST_REST, 1 / 3, 0.1, 0.5),
        *(np.nextafter(0.5, 0), np.nextafter(0.5, 1), 2 / 3, 0.75, 1 - 2.0**-40, 1 - LEAST_REST),
    ]
)


def magnitude(rng: np.random.Generator, size: int, low: float, high: float) -> Array:
    """Positive numbers, evenly spread in their logarithm."""
    return np.asarray(np.clip(np.exp(rng.uniform(np.log(low), np.log(high), size)), low, high))


def signed(rng: np.random.Generator, values: Array) -> Array:
    """The values with random signs."""
    return np.asarray(values * rng.choice([-1.0, 1.0], values.shape))


def either(rng: np.random.Generator, *choices: Array) -> Array:
    """One of the choices at each place, all as often."""
    which = rng.integers(0, len(choices), choices[0].shape)
    return np.asarray(np.choose(which, choices))


def edged(rng: np.random.Generator, values: Array, corners: Array, share: float = 0.05) -> Array:
    """The values, a share of them replaced by corners."""
    return np.asarray(np.where(rng.random(values.shape) < share, rng.choice(corners, values.shape), values))


def errors(rng: np.random.Generator, size: int) -> Array:
    """Shares from 1e-300 to 1 − 2⁻⁵³, near 0 as often as near 1, and corners."""
    near_one = 1 - magnitude(rng, size, LEAST_REST, 0.5)
    moderate = rng.uniform(0.01, 0.99, size)
    tiny, small = magnitude(rng, size, LEAST_ERROR, 0.5), magnitude(rng, size, LEAST_REST, 0.5)
    return edged(rng, either(rng, tiny, small, near_one, near_one, moderate), CORNERS)


def judges(rng: np.random.Generator, size: int) -> Points:
    """Rates t, f with 1e-12 ≤ |ln(t/f)| ≤ 27, f > t as often as f < t; some with t = 2f, where a formula changes."""
    high = edged(rng, magnitude(rng, size, 1e-6, 1.0), np.array([1.0, 0.5, 0.8]), 0.3)
    evidence = either(rng, magnitude(rng, size, LEAST_EVIDENCE, MOST_EVIDENCE), rng.uniform(0.01, MOST_EVIDENCE, size))
    low = high * np.exp(-evidence)
    doubled = rng.random(size) < 0.05
    low = np.where(doubled, high / 2 * (1 + rng.integers(-4, 5, size) * 2.0**-52), low)
    # rounding of t·e^−Λ may have left the range
    apart = np.log1p((low - high) / high)
    outside = (np.abs(apart) < LEAST_EVIDENCE) | (np.abs(apart) > MOST_EVIDENCE)
    low = np.where(outside, high / 3, low)
    swap = rng.random(size) < 0.5
    return {"t": np.where(swap, low, high), "f": np.where(swap, high, low)}


def whole(rng: np.random.Generator, high: Array) -> Array:
    """Whole numbers from 1 up to each bound, evenly spread in their logarithm."""
    return np.asarray(np.floor(np.exp(rng.uniform(0, 1, high.shape) * np.log(np.maximum(high, 1.0)))))
