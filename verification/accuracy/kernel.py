"""One kernel against its formula: relative errors, and how large they may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

from boostcalc.odds import Array, expit

__all__ = ["BITS", "RULE", "Kernel", "Measured", "Points", "measure"]

RULE = 1e-12
BITS = 256
"""Of the exact arithmetic: shares are carried as (wrong, right) masses, so that nothing in it cancels."""

ROUNDINGS = 8
"""Roundings by which an ill-conditioned answer may be off, each magnified by the condition number."""

UNIT = 2.0**-53
TINY = float(np.finfo(np.float64).tiny)

Points = dict[str, Array]


@dataclass(frozen=True)
class Kernel:
    """A kernel and what holds it to account.

    Attributes
    ----------
    name : str
    draw : (rng, size) → points: named arrays of one length.
    ours : points → what the package answers: log-odds of a share, or a number.
    exact : one point as mpmath numbers → (wrong, right) masses of the share, or the number; None: it has no answer.
    share : whether the answer is a share; then the smaller of share and rest counts.
    condition : points → the condition number: by how much a relative rounding of the inputs, or of the terms of a
        sum, is magnified in the answer. Without one the rule holds everywhere.
    condition_text : how it is computed, in a line.
    """

    name: str
    draw: Callable[[np.random.Generator, int], Points]
    ours: Callable[..., Any]
    exact: Callable[..., Any]
    share: bool = True
    condition: Callable[..., Any] | None = None
    condition_text: str = ""


@dataclass(frozen=True)
class Measured:
    """Relative errors at the points where the answer is a normal double (`nan` elsewhere), and what is allowed."""

    points: Points
    error: Array
    allowed: Array

    @property
    def counted(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.error)

    @property
    def within_rule(self) -> float:
        return float((self.error[self.counted] <= RULE).mean())

    @property
    def within_bound(self) -> float:
        return float((self.error[self.counted] <= self.allowed[self.counted]).mean())

    @property
    def worst(self) -> int:
        """The point whose error is largest in units of what is allowed."""
        return int(np.nanargmax(self.error / self.allowed))

    @property
    def worst_well_conditioned(self) -> float:
        """The largest error where the rule is asked for: where the condition number does not excuse it."""
        asked = self.counted & (self.allowed <= RULE)
        return float(self.error[asked].max(initial=0.0))


def measure(kernel: Kernel, rng: np.random.Generator, size: int) -> Measured:
    """The kernel at `size` drawn points."""
    points = kernel.draw(rng, size)
    count = len(next(iter(points.values())))
    answer = np.broadcast_to(np.asarray(kernel.ours(**points), dtype=np.float64), (count,))
    condition = np.ones(count) if kernel.condition is None else kernel.condition(**points)
    allowed = np.maximum(RULE, ROUNDINGS * UNIT * np.broadcast_to(condition, (count,)))
    shares = (expit(answer), expit(-answer)) if kernel.share else (answer, answer)
    with mpmath.workprec(BITS):
        error = np.fromiter(_errors(kernel, points, *shares), dtype=np.float64, count=count)
    return Measured(points, np.where(allowed < 0.1, error, np.nan), allowed)


def _errors(kernel: Kernel, points: Points, wrong: Array, right: Array) -> Iterator[float]:
    names = list(points)
    for *values, low, high in zip(*points.values(), wrong, right, strict=True):
        true = kernel.exact(**dict(zip(names, map(mpmath.mpf, values), strict=True)))
        if true is None:
            yield np.nan
            continue
        if kernel.share:
            smaller, got = (true[0], low) if true[0] <= true[1] else (true[1], high)
            true = smaller / (true[0] + true[1])
        else:
            got = low
        yield _relative(float(got), true)


def _relative(got: float, true: Any) -> float:
    if true == 0:
        return 0.0 if got == 0 else np.inf
    if not TINY <= abs(true) <= 1 / TINY:
        return np.nan
    if not np.isfinite(got):
        return np.inf
    return float(abs(mpmath.mpf(got) / true - 1))
