"""The binormal curve of a survey, with what the data leave open about it and whether it fits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from boostcalc.dynamics import Binormal
from boostcalc.errors import FitError, UsageError
from boostcalc.fitting.survey.likelihood import Maximum, cells, maximise
from boostcalc.odds import Array
from boostcalc.results import Estimate, finite

__all__ = ["BinormalFit", "Misfit", "fit_binormal"]

FEWEST_EXPECTED = 2.0
"""Categories are joined for the test of fit until each expects so many answers of either kind."""

SUSPECT = 0.05
"""A probability of a misfit as large by chance below which the binormal curve is said not to fit."""


@dataclass(frozen=True)
class Misfit:
    r"""Pearson's $\chi^2$ of the categories, joined where they expect few answers.

    Attributes
    ----------
    chi2 : over `design_effect`, the mean loss from clustering (Rao and Scott 1981, JASA 76, 221, first order).
    df : categories − 3: two multinomials, less the cuts and the two parameters; 0 where nothing is left to test.
    p : probability of as large a misfit by chance; None without degrees of freedom.
    """

    chi2: float
    df: int
    p: float | None
    design_effect: float


@dataclass(frozen=True, eq=False)
class BinormalFit:
    r"""The curve $t = \Phi(a + b\,\Phi^{-1}(f))$ at its maximum likelihood.

    Attributes
    ----------
    separation, ratio : a and b with their intervals; the ratio is exactly 1 where two categories cannot tell it.
    area : the area under the curve, $\Phi(a/\sqrt{1 + b^2})$.
    score, cut : array, shape (m,)
        Thresholds, falling, and where they lie among the scores of wrong answers taken as standard normal; −∞ for
        the last, which accepts all.
    misfit : whether the curve fits.
    """

    separation: Estimate
    ratio: Estimate
    area: Estimate
    score: Array
    cut: Array
    misfit: Misfit

    @property
    def fits(self) -> bool:
        """Whether the misfit is no more than chance makes often."""
        return self.misfit.p is None or self.misfit.p >= SUSPECT

    def at(self, threshold: float) -> Binormal:
        """The evaluator with this curve that accepts from this score on; between two scores the higher one counts.

        Raises
        ------
        UsageError
            If it accepts all answers or none: there the curve has no finite threshold.
        """
        reached = int((self.score >= threshold).sum())
        if reached in (0, self.score.size):
            how = "all answers" if reached else "none"
            raise UsageError(f"threshold = {threshold:g} accepts {how} of those graded: the curve has no place for it")
        assert self.separation.value is not None and self.ratio.value is not None  # noqa: S101, PT018  # it was fitted
        return Binormal(self.separation.value, float(self.cut[reached - 1]), self.ratio.value)

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        named = {name: getattr(self, name).to_dict() for name in ("separation", "ratio", "area")}
        test = {"chi2": self.misfit.chi2, "df": self.misfit.df, "p": self.misfit.p}
        cuts = [{"score": finite(s), "cut": finite(c)} for s, c in zip(self.score, self.cut, strict=True)]
        return {**named, "misfit": {**test, "design_effect": self.misfit.design_effect}, "cuts": cuts}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> BinormalFit:
        """The fit whose `to_dict` gave this record."""
        separation, ratio, area = (Estimate.from_dict(record[name]) for name in ("separation", "ratio", "area"))
        score, cut = (np.array([row[name] for row in record["cuts"]], dtype=float) for name in ("score", "cut"))
        # what JSON cannot hold
        score = np.where(np.isnan(score), np.where(np.arange(score.size) == 0, np.inf, -np.inf), score)
        cut = np.where(np.isnan(cut), -np.inf, cut)
        return cls(separation, ratio, area, score, cut, Misfit(**record["misfit"]))


def fit_binormal(
    score: Array, right: Array, wrong: Array, *, clustered: bool, level: float, start: float
) -> BinormalFit:
    """The curve of graded counts.

    Parameters
    ----------
    score : array, shape (K,), falling
        The least score of each category.
    right, wrong : array, shape (clusters, K)
        Correct and wrong answers by cluster and category; one row where answers are independent.
    clustered : bool
        Whether uncertainty is that between clusters (a sandwich with t on clusters − 1) or that of the information.
    start : float
        A separation to begin at.

    Raises
    ------
    FitError
        If the curve degenerates.
    """
    best = maximise(right.sum(axis=0), wrong.sum(axis=0), start=start)
    return described(best, score, right, wrong, clustered=clustered, level=level)


def described(best: Maximum, score: Array, right: Array, wrong: Array, *, clustered: bool, level: float) -> BinormalFit:
    """The curve at this maximum, with what the counts (as `fit_binormal` takes them) leave open about it."""
    from scipy.special import ndtr
    from scipy.stats import t as student

    covariance = _covariance(best, right, wrong, clustered=clustered)
    df = right.shape[0] - 1 if clustered else min(right.sum(), wrong.sum()) - 1
    z = float(student.ppf((1 + level) / 2, max(df, 1)))
    a, ratio = best.separation, math.exp(best.log_ratio)
    errors = np.sqrt(np.diag(covariance))
    spread = math.hypot(1.0, ratio)
    slope = np.array([1 / spread, -a * ratio**2 / spread**3])
    index, its_error = a / spread, float(np.sqrt(slope @ covariance @ slope))
    low, high = ndtr([index - z * its_error, index + z * its_error])
    return BinormalFit(
        separation=Estimate(a, a - z * errors[0], a + z * errors[0], level),
        ratio=Estimate(ratio, ratio * math.exp(-z * errors[1]), ratio * math.exp(z * errors[1]), level)
        if best.free
        else Estimate.exact(1.0),
        area=Estimate(float(ndtr(index)), float(low), float(high), level),
        score=score,
        cut=np.append(best.cuts, -np.inf),
        misfit=_misfit(best, right, wrong, clustered=clustered),
    )


def _covariance(best: Maximum, right: Array, wrong: Array, *, clustered: bool) -> Array:
    """Of (a, ln b), shape (2, 2)."""
    scale = np.sqrt(np.diag(best.information))
    inverse = np.linalg.inv(best.information / scale / scale[:, None]) / scale / scale[:, None]
    if clustered:
        count, scores = right.shape[0], best.scores(right, wrong)
        inverse = count / (count - 1) * inverse @ (scores.T @ scores) @ inverse
    if best.free:
        return np.asarray(inverse[:2, :2])
    return np.array([[inverse[0, 0], 0.0], [0.0, 0.0]])


def _misfit(best: Maximum, right: Array, wrong: Array, *, clustered: bool) -> Misfit:
    """The test on joined categories, to which the curve is fitted anew: fitted to finer ones it misses them by more."""
    from scipy.stats import chi2

    group = _joined(*_expected(best, right, wrong))
    count = int(group.max()) + 1
    df = max(count - 3, 0)
    if df == 0:
        return Misfit(0.0, 0, None, 1.0)
    told = [np.stack([np.bincount(group, row, count) for row in seen]).astype(np.float64) for seen in (right, wrong)]
    try:
        coarse = maximise(*(table.sum(axis=0) for table in told), start=best.separation)
    except FitError:
        return Misfit(0.0, 0, None, 1.0)
    pairs = list(zip(told, _expected(coarse, *told), strict=True))
    statistic = sum(float(((table.sum(axis=0) - wanted) ** 2 / wanted).sum()) for table, wanted in pairs)
    design = max(1.0, float(np.mean([_design_effect(table) for table in told]))) if clustered else 1.0
    return Misfit(statistic / design, df, float(chi2.sf(statistic / design, df)), design)


def _expected(best: Maximum, right: Array, wrong: Array) -> list[Array]:
    """Expected answers of either kind in each category."""
    own = cells(best.separation, best.log_ratio, best.cuts)
    return [p * counts.sum() for p, counts in zip(own, (right, wrong), strict=True)]


def _design_effect(told: Array) -> float:
    """Mean over categories of the variance of their shares between clusters over the multinomial one."""
    clusters, total = told.shape[0], told.sum()
    told = told[:, told.sum(axis=0) > 0]
    share = told.sum(axis=0) / total
    off = told - told.sum(axis=1, keepdims=True) * share
    variance = clusters / (clusters - 1) * (off**2).sum(axis=0) / total**2
    return float((variance * total / share).sum() / (1 - share).sum()) if share.size > 1 else 1.0


def _joined(right: Array, wrong: Array) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Groups of neighbouring categories that each expect enough answers of either kind."""
    group, current, sums = np.zeros(right.size, dtype=np.intp), 0, np.zeros(2)
    for i in range(right.size):
        group[i] = current
        sums += (right[i], wrong[i])
        if (sums >= FEWEST_EXPECTED).all():
            current, sums = current + 1, np.zeros(2)
    if current and (sums < FEWEST_EXPECTED).any():  # what is left at the end joins the last whole group
        group[group == current] = current - 1
    return group
