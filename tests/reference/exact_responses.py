"""Responses the slow way: a binomial sum term by term, and a cubic interpolant written out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def averaged(error: Callable[[float], float], rate: float, size: int) -> float:
    """Mean of `error(j/k)` over j ~ Bin(k, rate), k = `size`."""
    terms = (math.comb(size, j) * rate**j * (1 - rate) ** (size - j) * error(j / size) for j in range(size + 1))
    return math.fsum(terms)


def pchip(x: Sequence[float], y: Sequence[float]) -> Callable[[float], float]:
    """Cubic Hermite through the points, with slopes by the weighted harmonic mean (Fritsch, Butland 1984)."""
    h = [b - a for a, b in zip(x, x[1:], strict=False)]
    d = [(b - a) / step for a, b, step in zip(y, y[1:], h, strict=False)]

    def inner(i: int) -> float:
        if d[i - 1] * d[i] <= 0:
            return 0.0
        u, v = 2 * h[i] + h[i - 1], h[i] + 2 * h[i - 1]
        return (u + v) / (u / d[i - 1] + v / d[i])

    def end(h0: float, h1: float, d0: float, d1: float) -> float:
        slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
        if slope * d0 <= 0:
            return 0.0
        return 3 * d0 if d0 * d1 < 0 and abs(slope) > 3 * abs(d0) else slope

    m = [d[0], d[0]]
    if len(d) > 1:
        m = [end(h[0], h[1], d[0], d[1]), *(inner(i) for i in range(1, len(d))), end(h[-1], h[-2], d[-1], d[-2])]

    def at(point: float) -> float:
        i = max(j for j in range(len(h)) if x[j] <= point)
        s = (point - x[i]) / h[i]
        value = (1 + 2 * s) * (1 - s) ** 2 * y[i] + s * s * (3 - 2 * s) * y[i + 1]
        return value + s * (1 - s) ** 2 * h[i] * m[i] - s * s * (1 - s) * h[i] * m[i + 1]

    return at
