r"""The binormal ROC of graded counts by maximum likelihood (Dorfman and Alf 1969, J. Math. Psychol. 6, 487).

Scores fall into ordered categories, cut out of two normal distributions at $\theta_1 > \dots > \theta_{K-1}$:
a correct answer reaches the first j of them with probability $\Phi(a - b\theta_j)$, a wrong one with
$\Phi(-\theta_j)$. The counts are two multinomials in $(a, \ln b, \theta)$, maximised by the method of scoring. Scores
enter by their order alone, as the cuts are free; many distinct ones are a fine grouping (Metz, Herman, Shen 1998,
Statistics in Medicine 17, 1033).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boostcalc.errors import FitError
from boostcalc.odds import Array

__all__ = ["Maximum", "cells", "maximise"]

ROUNDS = 300
"""Steps of scoring after which it has failed."""

FARTHEST = 1.0
"""A step changes the separation and the logarithm of the ratio by no more than this."""

ENOUGH = 1e-10
"""Gain of log-likelihood per answer, in a whole step, below which the maximum is reached."""

MOST_UNEVEN = 20.0
"""A ratio of standard deviations beyond this, or below its inverse, is that of a curve which degenerates."""

BLURRED = 3.0
"""A standard error of the separation, or of the logarithm of the ratio, beyond which nothing is known of it."""

SINGULAR = 1e12
"""A condition number of the information, in units of each parameter's own, beyond which nothing is determined."""

TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the likelihood is largest.

    Attributes
    ----------
    separation, log_ratio : a and ln b.
    cuts : array, shape (K − 1,), falling.
    information : array, shape (p, p)
        Fisher's, of (a, ln b, θ), or of (a, θ) where the ratio is held at 1.
    free : bool
        Whether the ratio was fitted.
    """

    separation: float
    log_ratio: float
    cuts: Array
    information: Array
    free: bool

    def scores(self, right: Array, wrong: Array) -> Array:
        """Derivatives of the log-likelihood of each row of counts, shape (rows, p)."""
        own = [_score(table, *part) for table, part in zip((right, wrong), _parts(self._theta, self.free), strict=True)]
        return np.asarray(sum(own))

    @property
    def _theta(self) -> Array:
        return np.concatenate([[self.separation, self.log_ratio], self.cuts])


def cells(separation: float, log_ratio: float, cuts: Array) -> tuple[Array, Array]:
    """Probabilities of the categories, the highest scores first: of correct and of wrong answers, shape (K,) each."""
    from scipy.special import ndtr

    right, wrong = separation - np.exp(log_ratio) * cuts, -cuts
    return _between(ndtr(right), ndtr(-right)), _between(ndtr(wrong), ndtr(-wrong))


def maximise(right: Array, wrong: Array, *, start: float, free: bool = True) -> Maximum:
    """The maximum for these counts of correct and wrong answers by category, shape (K,), from a separation to start at.

    Unless it is `free`, the ratio is held at 1; so it is with two categories, which say one number beside the cut.

    Raises
    ------
    FitError
        If it has none: the curve degenerates.
    """
    from scipy.special import ndtri

    free = free and right.size > 2
    total = right + wrong
    reached = np.cumsum(total)[:-1] / total.sum()
    centre = start * right.sum() / total.sum()
    theta = np.concatenate([[start, 0.0], centre - ndtri(reached)])
    value = _value(theta, right, wrong)
    for _ in range(ROUNDS):
        score, information = _scoring(theta, right, wrong, free)
        step = _step(score, information, free)
        step = step / max(1.0, np.abs(step[:2]).max() / FARTHEST)
        gain, theta, value = _climbed(theta, step, value, right, wrong)
        if abs(theta[1]) > np.log(MOST_UNEVEN):
            break
        if gain < ENOUGH * total.sum():
            _, information = _scoring(theta, right, wrong, free)
            if _blurred(information, free):
                break
            return Maximum(float(theta[0]), float(theta[1]), theta[2:], information, free)
    raise FitError(
        "the binormal curve has no finite maximum here: the scores of right and wrong answers hardly overlap, or those "
        "of one kind stand on both sides of the other"
    )


def _climbed(theta: Array, step: Array, value: float, right: Array, wrong: Array) -> tuple[float, Array, float]:
    """The farthest of the step's halves that gains and keeps the cuts in order: (gain, where, its value)."""
    for half in range(40):
        tried = theta + step * 0.5**half
        if (np.diff(tried[2:]) < 0).all():
            reached = _value(tried, right, wrong)
            if reached >= value:
                return reached - value, tried, reached
    return 0.0, theta, value


def _step(score: Array, information: Array, free: bool) -> Array:
    scale = np.sqrt(np.maximum(np.diag(information), TINY))
    scaled = information / scale / scale[:, None]
    try:
        found = np.linalg.solve(scaled, score / scale) / scale
    except np.linalg.LinAlgError:
        found = np.linalg.lstsq(scaled, score / scale)[0] / scale
    return found if free else np.insert(found, 1, 0.0)


def _blurred(information: Array, free: bool) -> bool:
    """Whether these counts leave a or ln b open altogether: the likelihood has come to rest far out."""
    scale = np.sqrt(np.diag(information))
    if not (scale > 0).all() or np.linalg.cond(information / scale / scale[:, None]) > SINGULAR:
        return True
    errors = np.sqrt(np.diag(np.linalg.inv(information)))[: 2 if free else 1]
    return bool((errors > BLURRED).any())


def _value(theta: Array, right: Array, wrong: Array) -> float:
    own = cells(theta[0], theta[1], theta[2:])
    return sum(float(n @ np.log(np.maximum(p, TINY))) for n, p in zip((right, wrong), own, strict=True))


def _scoring(theta: Array, right: Array, wrong: Array, free: bool) -> tuple[Array, Array]:
    """Score and Fisher's information of the parameters that are free."""
    score, information = 0.0, 0.0
    for counts, (p, slope) in zip((right, wrong), _parts(theta, free), strict=True):
        score = score + _score(counts[None], p, slope)[0]
        information = information + counts.sum() * (slope / p) @ slope.T
    return np.asarray(score), np.asarray(information)


def _score(counts: Array, p: Array, slope: Array) -> Array:
    return np.asarray((counts / p) @ slope.T)


def _parts(theta: Array, free: bool) -> list[tuple[Array, Array]]:
    """Of correct and of wrong answers: category probabilities, shape (K,), and their derivatives, shape (p, K)."""
    a, ratio, cuts = theta[0], np.exp(theta[1]), theta[2:]
    found = []
    for p, at, by_cut, own in zip(
        cells(a, theta[1], cuts),
        (a - ratio * cuts, -cuts),
        (-ratio, -1.0),
        (np.stack([np.ones_like(cuts), -ratio * cuts]), np.zeros((2, cuts.size))),
        strict=True,
    ):
        density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
        rows = np.concatenate([own, by_cut * np.eye(cuts.size)]) * density
        slope = np.diff(rows, axis=1, prepend=0.0, append=0.0)
        found.append((np.maximum(p, TINY), slope if free else np.delete(slope, 1, axis=0)))
    return found


def _between(below: Array, above: Array) -> Array:
    """Differences of rising shares from 0 to 1, taken from the nearer end so that far tails keep their digits."""
    near = np.diff(below, prepend=0.0, append=1.0)
    far = -np.diff(above, prepend=1.0, append=0.0)
    return np.where(np.concatenate([below, [1.0]]) < 0.5, near, far)
