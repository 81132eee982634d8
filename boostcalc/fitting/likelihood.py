r"""Binomial likelihood of a response family, and its maximum.

Cell $i$ saw $y_i$ wrong answers of $n_i$; $p_i(\theta) = \sum_m w_{im}\, g(s_m; \theta)$ and
$\ell(\theta) = \sum_i y_i \ln p_i + (n_i - y_i)\ln(1 - p_i)$. The derivatives of g come from its SymPy form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from boostcalc.errors import FitError
from boostcalc.fitting.observations import Observations
from boostcalc.odds import Array
from boostcalc.responses import RESPONSES, Curve

__all__ = ["Maximum", "log_density", "maximise", "mean_error"]


@dataclass(frozen=True, eq=False)
class Maximum:
    """The maximum of a likelihood over a family.

    Attributes
    ----------
    response : the family's member at the maximum.
    theta : array, shape (p,)
        Its parameters.
    score : array, shape (cells, p)
        Each cell's gradient of the log-likelihood there.
    information : array, shape (cells, p, p)
        Each cell's expected (Fisher) information there.
    """

    response: Curve
    theta: Array
    score: Array
    information: Array


def mean_error(response: Curve, data: Observations) -> Array:
    """Expected error of each cell, shape (cells,); `(cells, draws)` for a response of arrays `(1, draws)`."""
    shares = data.shares.reshape((-1,) + (1,) * max(0, np.ndim(next(iter(response.parameters.values()), 0.0)) - 1))
    return np.asarray(data.weights @ response(shares))


def log_density(response: Curve, data: Observations) -> Array:
    """Log-probability of each cell's count, shape (cells,): binomial, continued to counts that are not whole."""
    from scipy.special import gammaln, xlog1py, xlogy

    p, n, y = mean_error(response, data), data.n, data.n_wrong
    ways = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
    return np.asarray(ways + xlogy(y, p) + xlog1py(n - y, -p))


def maximise(family: type[Curve], data: Observations) -> Maximum:
    """The most likely member of a family.

    Raises
    ------
    FitError
        If the optimiser does not arrive; `partial` is where it stopped.
    """
    from scipy.optimize import LinearConstraint, minimize

    total = data.n.sum()
    low, high = family.bounds()

    def loss(theta: Array) -> tuple[float, Array]:
        p, gradient = _mean_and_gradient(family, theta, data)
        value = -(_times_log(data.n_wrong, p) + _times_log(data.n - data.n_wrong, 1 - p)).sum()
        return value / total, -(_slope(data, p) @ gradient) / total

    constraints = [LinearConstraint(np.asarray(row), -np.inf, limit) for row, limit in family.sums()]
    begin = np.array(list(_first_guess(family, data).parameters.values()), dtype=np.float64)
    impossible = _impossible(family, begin, data)
    if impossible:
        raise FitError(
            f"the {family.family} response calls impossible what was seen: {impossible:g} answers under wholly clean "
            "or wholly wrong contexts; fit another family",
            partial=family(*begin.tolist()),
        )
    found = minimize(
        loss,
        begin,
        jac=True,
        method="SLSQP",
        bounds=list(zip(low, high, strict=True)),
        constraints=constraints,
        options={"ftol": 1e-14, "maxiter": 500},
    )
    theta = np.clip(found.x, low, high)  # SLSQP may overstep a bound by rounding
    response = family(*theta.tolist())
    if not found.success:
        raise FitError(
            f"the {family.family} response has no maximum likelihood here ({found.message}): are the answers all right "
            "up to one contamination and all wrong beyond it, or the counts too few?",
            partial=response,
        )
    p, gradient = _mean_and_gradient(family, theta, data)
    score = gradient * _slope(data, p)[:, None]
    # fewer than half an expected answer of either kind cannot be told from none: no cell is known better than that
    weight = data.n / np.maximum(p * (1 - p), 0.5 / data.n)
    information = weight[:, None, None] * gradient[:, :, None] * gradient[:, None, :]
    return Maximum(response, theta, score, information)


def _impossible(family: type[Curve], theta: Array, data: Observations) -> float:
    """How many of the answers seen have no chance under this member: wrong ones at p = 0, right ones at p = 1."""
    p, _ = _mean_and_gradient(family, theta, data)
    return float(data.n_wrong[p == 0].sum() + (data.n - data.n_wrong)[p == 1].sum())


def _first_guess(family: type[Curve], data: Observations) -> Curve:
    """The member through the ends of a weighted straight line."""
    line = np.polynomial.Polynomial.fit(data.share, data.error, 1, w=np.sqrt(data.n)) if np.ptp(data.share) else None
    low, high = (line(0.0), line(1.0)) if line is not None else (data.error.mean(), data.error.mean())
    low = float(np.clip(low, 0.01, 0.98))
    return family.through(low, float(np.clip(high, low + 0.01, 0.99)))


def _mean_and_gradient(family: type[Curve], theta: Array, data: Observations) -> tuple[Array, Array]:
    value, partials = _compiled(family.family)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # of a steep curve, whose ends are 0 and 1
        parts = [part(data.shares, *theta) for part in (value, *partials)]
    columns = [np.nan_to_num(np.broadcast_to(part, data.shares.shape)) for part in parts]
    means = [np.asarray(data.weights @ column) for column in columns]
    return means[0], np.stack(means[1:], axis=1)


def _slope(data: Observations, p: Array) -> Array:
    """Derivative of each cell's log-likelihood in its mean error p; what was never seen adds nothing."""
    right = data.n - data.n_wrong
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.where(data.n_wrong > 0, data.n_wrong / p, 0.0)
        down = np.where(right > 0, right / (1 - p), 0.0)
    return np.asarray(np.nan_to_num(up - down, nan=0.0, posinf=0.0, neginf=0.0))


@cache
def _compiled(name: str) -> tuple[Callable[..., Any], list[Callable[..., Any]]]:
    """g and its derivatives in the parameters, from the family's SymPy form."""
    import sympy

    family, share = RESPONSES[name], sympy.Symbol("c")
    formula = family.symbolic(share)
    named = {symbol.name: symbol for symbol in formula.free_symbols}
    parameters = [named[name] for name in family.names()]
    arguments = [share, *parameters]
    partials = [sympy.lambdify(arguments, sympy.diff(formula, parameter), "numpy") for parameter in parameters]
    return sympy.lambdify(arguments, formula, "numpy"), partials


def _times_log(weight: Array, p: Array) -> Array:
    from scipy.special import xlogy

    return np.asarray(xlogy(weight, p))
