"""Likelihood of a curve of shares in three unknowns, of which the first exceeds the second, and its profiles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from boostcalc.errors import FitError
from boostcalc.odds import Array

__all__ = ["Bound", "Curve", "Maximum", "profile_interval"]

COARSE = 14
"""Grid points for each unknown among which the search starts."""

STARTS = 6
"""How many of them are followed."""

CLOSEST, WIDEST = -8.0, 3.0
"""Logarithms of the least and greatest distance of the first two unknowns."""


class Bound(NamedTuple):
    """An unknown's most likely value, and where its profile has dropped; None where it does not within the range."""

    value: float
    low: float | None
    high: float | None


class Maximum(NamedTuple):
    """The most likely unknowns, and the deviance there."""

    theta: Array
    deviance: float


@dataclass(frozen=True, eq=False)
class Curve:
    """Binomial counts by round, and the shares that unknowns (three log-odds, shape (3, …)) give, (rounds, …)."""

    successes: Array
    trials: Array
    model: Callable[[Array], Array]
    farthest: float

    def deviance(self, share: Array) -> Array:
        """Twice what the log-likelihood of these shares lacks to the best possible, by round."""
        from scipy.special import xlogy

        k, n = (part.reshape(-1, *(1,) * (share.ndim - 1)) for part in (self.successes, self.trials))
        p = np.clip(share, 1e-300, 1 - 1e-16)
        found = 2 * (xlogy(k, k / n) - xlogy(k, p) + xlogy(n - k, 1 - k / n) - xlogy(n - k, 1 - p))
        return np.asarray(np.maximum(found, 0.0))

    def flat(self) -> float:
        """The deviance of one share in all rounds."""
        one = self.successes.sum() / self.trials.sum()
        return float(self.deviance(np.full(self.trials.shape, one)).sum())

    def dispersion(self, deviance: float) -> float:
        """Deviance over spare rounds, at least 1; 1 where no round is spare."""
        spare = len(self.trials) - 3
        return max(1.0, deviance / spare) if spare > 0 else 1.0

    def best(self) -> Maximum:
        """The most likely unknowns.

        Raises
        ------
        FitError
            If no start arrives.
        """
        gap = np.linspace(-2.0, 2.2, COARSE)
        side = np.linspace(-5.0, 5.0, COARSE)
        grid = np.stack([g.ravel() for g in np.meshgrid(side, gap, side, indexing="ij")])
        total = self.deviance(self.model(_unknowns(grid, 1))).sum(axis=0)
        starts = grid[:, np.argsort(total)[:STARTS]].T
        found = [self._descend(start, 1, None) for start in starts]
        x, deviance = min(found, key=lambda one: one[1])
        if not np.isfinite(deviance):
            raise FitError("no rates and error give this curve of acceptance", partial=x)
        return Maximum(_unknowns(x, 1), deviance)

    def fixed(self, which: int, value: float, near: Array) -> tuple[Array, float]:
        """The most likely unknowns of which one has this value, searched from `near`, and their deviance."""
        base = 0 if which == 0 else 1
        start = np.array([near[base], np.log(np.clip(near[0] - near[1], np.exp(CLOSEST), np.exp(WIDEST))), near[2]])
        place = 2 if which == 2 else 0
        start[place] = value
        x, deviance = self._descend(start, base, place)
        return _unknowns(x, base), deviance

    def _descend(self, start: Array, base: int, place: int | None) -> tuple[Array, float]:
        from scipy.optimize import least_squares

        limits = np.array([self.farthest, np.inf, self.farthest])
        low, high = -limits, limits.copy()
        low[1], high[1] = CLOSEST, WIDEST
        free = [i for i in range(3) if i != place]
        inner = np.clip(start, low + 1e-9, high - 1e-9)

        def residuals(x: Array) -> Array:
            full = start.copy()
            full[free] = x
            share = self.model(_unknowns(full, base))
            return np.asarray(np.sign(self.successes / self.trials - share) * np.sqrt(self.deviance(share)))

        found = least_squares(residuals, inner[free], bounds=(low[free], high[free]), xtol=1e-12, ftol=1e-12)
        full = start.copy()
        full[free] = found.x
        return full, float(2 * found.cost)


def profile_interval(curve: Curve, best: Maximum, which: int, level: float) -> Bound:
    """Where the profile deviance of one unknown has risen by its quantile, on either side of the best."""
    from scipy.optimize import brentq
    from scipy.stats import chi2, f

    spare = len(curve.trials) - 3
    rise = float(f.ppf(level, 1, spare)) if spare > 0 and curve.dispersion(best.deviance) > 1 else chi2.ppf(level, 1)
    rise *= curve.dispersion(best.deviance)
    middle = float(best.theta[which])

    def end(towards: float) -> float | None:
        near, step, inside = best.theta, 0.1, middle

        def over(value: float) -> float:
            return curve.fixed(which, value, near)[1] - best.deviance - rise

        while True:  # in growing steps, each search from where the last one ended
            outside = float(np.clip(inside + np.sign(towards) * step, -curve.farthest, curve.farthest))
            theta, deviance = curve.fixed(which, outside, near)
            if deviance - best.deviance > rise:
                return float(brentq(over, inside, outside, xtol=1e-4))
            if outside == towards:
                return None
            near, inside, step = theta, outside, 1.6 * step

    return Bound(middle, end(-curve.farthest), end(curve.farthest))


def _unknowns(x: Array, base: int) -> Array:
    """(first, second, third) from one of the first two, the logarithm of their distance, and the third."""
    distance = np.exp(x[1])
    first = x[0] if base == 0 else x[0] + distance
    return np.stack([first, first - distance if base == 0 else x[0], x[2]])
