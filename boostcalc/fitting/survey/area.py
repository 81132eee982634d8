r"""The area under an empirical ROC, and how sure it is: structural components, summed by cluster.

The component of a correct answer is the share of wrong ones that it outscores, $V_{10}(x) = P(s_0 < x) +
\frac12 P(s_0 = x)$, that of a wrong answer the share of correct ones that outscore it; their means are the area.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from boostcalc.dynamics.evaluators.roc import EmpiricalRoc
from boostcalc.fitting.survey.graded import Graded
from boostcalc.odds import expit, logit
from boostcalc.results import Estimate

__all__ = ["Area", "area"]


class Area(NamedTuple):
    """The area under the curve: its variance, the degrees of freedom of that, and the units that tell of each kind."""

    value: float
    variance: float
    df: float
    correct_units: float
    wrong_units: float

    def interval(self, level: float) -> Estimate:
        r"""The interval $\operatorname{logit}\theta \pm t_{\nu}\, s / (\theta(1-\theta))$, which stays within [0, 1].

        Where all pairs agree (or the variance shows nothing), it is that of Newcombe (2006, Statistics in Medicine
        25, 559, method 5): all θ that lie no farther from the area than the variance *they* would give it.
        """
        from scipy.stats import t as student

        if not (self.variance > 0 and 0 < self.value < 1):
            low, high = _score_interval(self.value, self.correct_units, self.wrong_units, level)
            return Estimate(self.value, low, high, level)
        half = student.ppf((1 + level) / 2, self.df) * math.sqrt(self.variance) / (self.value * (1 - self.value))
        low, high = expit(logit(self.value) + np.array([-half, half]))
        return Estimate(self.value, float(low), float(high), level)


def area(graded: Graded, curve: EmpiricalRoc) -> Area:
    r"""The area with its variance: DeLong's, or over clusters Obuchowski's.

    With sums $A_i$, $B_i$ of the components' deviations of correct and wrong answers in cluster i, M and N answers,
    and $I_1$, $I_0$, I clusters that hold correct ones, wrong ones, any:
    $\frac{I_1}{I_1 - 1}\frac{\sum A_i^2}{M^2} + \frac{I_0}{I_0 - 1}\frac{\sum B_i^2}{N^2} +
    \frac{2I}{I - 1}\frac{\sum A_i B_i}{MN}$ (Obuchowski 1997, Biometrics 53, 567). Where each answer is its own
    cluster, that is DeLong, DeLong, Clarke-Pearson (1988, Biometrics 44, 837); its degrees of freedom are then those of
    Welch and Satterthwaite.
    """
    m, n, value = curve.correct, curve.wrong, curve.auc
    at_correct = np.diff(curve.accepted_correct, prepend=0)
    at_wrong = np.diff(curve.accepted_wrong, prepend=0)
    # deviations of the components at each score
    outscores = (n - curve.accepted_wrong + at_wrong / 2) / n - value
    outscored = (curve.accepted_correct - at_correct / 2) / m - value
    if not graded.clustered:
        parts = [
            float(counts @ off**2) / (size * max(size - 1, 1))
            for counts, off, size in ((at_correct, outscores, m), (at_wrong, outscored, n))
        ]
        return Area(value, sum(parts), _welch(parts, (m, n)), m, n)
    right, wrong = graded.correct, graded.wrong
    a = np.bincount(graded.cluster, right * outscores[graded.place])
    b = np.bincount(graded.cluster, wrong * outscored[graded.place])
    units = [int((np.bincount(graded.cluster, kind) > 0).sum()) for kind in (right, wrong)]
    count = graded.count
    variance = (
        _few(units[0]) * float(a @ a) / m**2
        + _few(units[1]) * float(b @ b) / n**2
        + 2 * _few(count) * float(a @ b) / (m * n)
    )
    # a rarer kind of answer may stand in few of the clusters
    return Area(value, max(variance, 0.0), max(min(count, *units) - 1.0, 1.0), units[0], units[1])


def _few(count: int) -> float:
    return count / (count - 1) if count > 1 else 1.0


def _welch(parts: list[float], sizes: tuple[int, int]) -> float:
    told = sum(part**2 / max(size - 1, 1) for part, size in zip(parts, sizes, strict=True))
    return sum(parts) ** 2 / told if told > 0 else float(sum(sizes) - 2 or 1)


def _score_interval(value: float, m: float, n: float, level: float) -> tuple[float, float]:
    """All areas whose own standard error does not put them farther from `value` than the level allows."""
    from scipy.optimize import brentq
    from scipy.stats import norm

    z = norm.ppf((1 + level) / 2)
    half = (m + n) / 2 - 1

    def far(x: float) -> float:
        spread: float = x * (1 - x) / (m * n) * (1 + half * ((1 - x) / (2 - x) + x / (1 + x)))
        return (x - value) ** 2 - z**2 * spread

    low = 0.0 if value == 0 else float(brentq(far, 1e-12, value - 1e-12))
    high = 1.0 if value == 1 else float(brentq(far, value + 1e-12, 1 - 1e-12))
    return low, high
