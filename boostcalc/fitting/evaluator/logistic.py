r"""A rate whose log-odds are a straight line: binomial likelihood, clustered or overdispersed uncertainty.

$\operatorname{logit} p(x) = \alpha + \beta x$; a cell whose x is known only by its law has $\sum_m w_m\, p(x_m)$.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boostcalc.errors import DataError, FitError
from boostcalc.odds import Array, expit

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["ENOUGH_CLUSTERS", "Line", "LineData", "Spread", "fit_line", "spread_of"]

ENOUGH_CLUSTERS = 8
"""With fewer clusters than this cells stand for themselves, with overdispersion."""

SINGULAR = 1e8
"""A condition number of the information (x scaled to its own spread) beyond which a line is not determined."""


ROUNDING = 1e-12
"""Values of x that differ by this part of themselves are the same."""


@dataclass(frozen=True, eq=False)
class LineData:
    """Successes by cell, and the values of x that each answers to.

    Attributes
    ----------
    successes, trials : array, shape (cells,)
    x : array, shape (m,)
        The distinct values that the cells refer to.
    weights : sparse array, shape (cells, m)
        The law of x in each cell; rows sum to 1.
    cluster : int array, shape (cells,)
    """

    successes: Array
    trials: Array
    x: Array
    weights: csr_array
    cluster: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Line:
    """The most likely line.

    Attributes
    ----------
    theta : array (α, β).
    score, information : arrays, shapes (cells, 2) and (cells, 2, 2)
        What each cell adds there.
    dispersion : Pearson's χ² over cells − 2, at least 1; `nan` with two cells.
    data : what it was fitted to.
    """

    theta: Array
    score: Array
    information: Array
    dispersion: float
    data: LineData


@dataclass(frozen=True, eq=False)
class Spread:
    """Student's t about the lines' parameters, (α, β) of each in turn: covariance, degrees of freedom, and by what."""

    covariance: Array
    df: float
    by: str
    count: int


def fit_line(data: LineData, name: str) -> Line:
    """The line of maximum likelihood.

    Raises
    ------
    DataError
        If there is none: all verdicts agree, x does not vary, or they turn at one value of x.
    FitError
        If the optimiser does not arrive.
    """
    from scipy.optimize import minimize

    total, rate = float(data.trials.sum()), float(data.successes.sum() / max(data.trials.sum(), 1e-300))
    if not 0 < rate < 1:
        raise DataError(f"all verdicts behind {name} agree" if total else f"no verdict tells {name}")
    mean = data.weights @ data.x
    middle, width = float(np.average(mean, weights=data.trials)), float(np.ptp(mean))
    if width <= ROUNDING * float(np.abs(mean).max()):
        raise DataError(f"{name} was seen at one value alone")
    scaled = replace(data, x=(data.x - middle) / width)

    def loss(gamma: Array) -> tuple[float, Array]:
        p, gradient = _mean(scaled, gamma)
        failures = data.trials - data.successes
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(data.successes > 0, data.successes * np.log(p), 0.0)
            value += np.where(failures > 0, failures * np.log1p(-p), 0.0)
        return -float(value.sum()) / total, -(_slope(data, p) @ gradient) / total

    found = minimize(loss, [np.log(rate / (1 - rate)), 0.0], jac=True, method="L-BFGS-B", bounds=[(-60, 60)] * 2,
                     options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000})  # fmt: skip
    if not np.isfinite(found.fun):
        raise FitError(f"the line of {name} was not found: {found.message}", partial=found.x)
    p, gradient = _mean(scaled, found.x)
    information = _information(data, p, gradient)
    whole = information.sum(axis=0)
    if np.linalg.cond(whole) > SINGULAR or np.abs(found.x).max() > 30:
        raise DataError(f"the verdicts behind {name} turn at one value, so that no slope is too steep for them")
    back = np.array([[1.0, 0.0], [-middle / width, 1 / width]]).T  # (α, β) from the line in the scaled x
    forward = np.linalg.inv(back)
    score = (gradient * _slope(data, p)[:, None]) @ forward
    variance = data.trials * p * (1 - p)
    pearson = float(((data.successes - data.trials * p) ** 2 / np.maximum(variance, 1e-300)).sum())
    spare = len(data.trials) - 2
    dispersion = max(1.0, pearson / spare) if spare > 0 else np.nan
    return Line(back @ found.x, score, forward.T @ information @ forward, dispersion, data)


def spread_of(lines: Sequence[Line], by: str) -> Spread:
    """The joint uncertainty of lines fitted to the same clusters, shape (2·lines, 2·lines).

    With enough clusters their jackknife in one Newton step (MacKinnon, Nielsen, Webb 2023), with the lesser of two
    degrees of freedom as in `design`; else each cell stands for itself, with overdispersion (McCullagh, Nelder 1989).
    """
    count = len(np.unique(np.concatenate([line.data.cluster for line in lines])))
    if by != "cell" and count >= ENOUGH_CLUSTERS:
        try:
            return _jackknife(lines, by, count)
        except np.linalg.LinAlgError:  # one cluster alone determines a line
            pass
    size = 2 * len(lines)
    covariance, df = np.zeros((size, size)), np.inf
    for i, line in enumerate(lines):
        scale = 1.0 if np.isnan(line.dispersion) else line.dispersion
        covariance[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = np.linalg.inv(line.information.sum(axis=0)) * scale
        df = min(df, len(line.data.trials) - 2 or np.inf)
    return Spread(covariance, float(df), "cell", max(len(line.data.trials) for line in lines))


def _jackknife(lines: Sequence[Line], by: str, count: int) -> Spread:
    top = max(int(line.data.cluster.max()) for line in lines) + 1
    moved, df = [], np.inf
    for line in lines:
        score, own = np.zeros((top, 2)), np.zeros((top, 2, 2))
        np.add.at(score, line.data.cluster, line.score)
        np.add.at(own, line.data.cluster, line.information)
        whole = own.sum(axis=0)
        rest = whole - own
        scale = np.sqrt(np.diag(whole))
        if (np.linalg.cond(rest / np.outer(scale, scale)) > SINGULAR).any():
            raise np.linalg.LinAlgError
        change = np.linalg.solve(rest, score[:, :, None])[:, :, 0]
        moved.append(change)
        direction = np.linalg.inv(whole)[1]
        expected = np.einsum("j,cjk,k->c", direction, own, direction)
        squares = change[:, 1] ** 2
        scatter = (squares**2).sum() - squares.sum() ** 2 / count
        df = min(
            df, expected.sum() ** 2 / (expected**2).sum() - 1, 2 * squares.sum() ** 2 / (scatter * count / (count - 1))
        )
    together = np.concatenate(moved, axis=1)
    used = (together != 0).any(axis=1)
    together = together[used] - together[used].mean(axis=0)
    return Spread((count - 1) / count * together.T @ together, max(1.0, float(df)), by, count)


def _mean(data: LineData, theta: Array) -> tuple[Array, Array]:
    """Each cell's expected share and its gradient in (α, β)."""
    p = expit(theta[0] + theta[1] * data.x)
    slope = p * expit(-(theta[0] + theta[1] * data.x))
    parts = [np.asarray(data.weights @ column) for column in (p, slope, slope * data.x)]
    return parts[0], np.stack(parts[1:], axis=1)


def _slope(data: LineData, p: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.where(data.successes > 0, data.successes / p, 0.0)
        down = np.where(data.trials > data.successes, (data.trials - data.successes) / (1 - p), 0.0)
    return np.asarray(up - down)


def _information(data: LineData, p: Array, gradient: Array) -> Array:
    weight = data.trials / np.maximum(p * (1 - p), 1e-300)
    return np.asarray(weight[:, None, None] * gradient[:, :, None] * gradient[:, None, :])
