r"""Binomial likelihood of a response family, and its maximum.

Cell $i$ saw $y_i$ wrong answers of $n_i$; $p_i(\theta) = \sum_m w_{im}\, g(s_m, k_m; \theta)$ and
$\ell(\theta) = \sum_i y_i \ln p_i + (n_i - y_i)\ln(1 - p_i)$. The derivatives of g come from its SymPy form.
Families that depend on the context's size may have parameters that a log leaves open: they carry a weak normal prior
(`Response.weak_prior`), whose log-density is added to ℓ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from boostcalc.errors import DataError, FitError
from boostcalc.fitting.observations import Observations
from boostcalc.odds import Array, logit
from boostcalc.responses import RESPONSES, Response

__all__ = ["Maximum", "log_density", "log_odds_and_slope", "maximise", "mean_error"]


CERTAIN = 1e-6
"""A log-likelihood this near 0 is that of a curve which gives everything that was seen for certain."""


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
    gradient : array, shape (cells, p)
        Each cell's mean error, derived by the parameters.
    pull, prior : array, shape (p,)
        Gradient and precision of the weak prior; 0 where there is none.
    """

    response: Response
    theta: Array
    score: Array
    information: Array
    gradient: Array
    pull: Array
    prior: Array


def mean_error(response: Response, data: Observations) -> Array:
    """Expected error of each cell, shape (cells,); `(cells, draws)` for a response of arrays `(1, draws)`."""
    wide = (-1,) + (1,) * max(0, np.ndim(next(iter(response.parameters.values()), 0.0)) - 1)
    sizes = data.sizes.reshape(wide) if response.sized else None
    return np.asarray(data.weights @ response(data.shares.reshape(wide), sizes))


def log_odds_and_slope(response: Response, data: Observations) -> tuple[Array, Array]:
    """Log-odds of each cell's mean error, shape (cells,), and their derivative by the parameters, (cells, p)."""
    theta = np.array(list(response.parameters.values()), dtype=np.float64)
    p, gradient = _mean_and_gradient(type(response), theta, data)
    with np.errstate(divide="ignore", invalid="ignore"):
        return logit(p), np.nan_to_num(gradient / (p * (1 - p))[:, None], posinf=0.0, neginf=0.0)


def log_density(response: Response, data: Observations, scatter: float = 0.0) -> Array:
    r"""Log-probability of each cell's count, shape (cells,), continued to counts that are not whole.

    Binomial; with `scatter` ρ > 0 beta-binomial, whose variance is $np(1-p)(1 + (n-1)\rho)$.
    """
    from scipy.special import betaln, gammaln, xlog1py, xlogy

    p, n, y = mean_error(response, data), data.n, data.n_wrong
    ways = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
    plain = np.asarray(ways + xlogy(y, p) + xlog1py(n - y, -p))
    inside = (p > 0) & (p < 1)
    if scatter <= 0 or not inside.any():
        return plain
    size, within = (1 - scatter) / scatter, np.where(inside, p, 0.5)
    wrong, right = within * size, (1 - within) * size
    return np.where(inside, ways + betaln(y + wrong, n - y + right) - betaln(wrong, right), plain)


def maximise(family: type[Response], data: Observations, start: Response | None = None) -> Maximum:
    """The most likely member of a family, found from several starts, or from the one that is given.

    Raises
    ------
    FitError
        If the optimiser arrives from none of them; `partial` is where it stopped.
    DataError
        If the family depends on the size of contexts and the data do not tell it.
    """
    from scipy.optimize import LinearConstraint, minimize

    if family.sized and not np.isfinite(data.size).all():
        raise DataError(f"the {family.family} response depends on the context's size, which is not logged for all")
    total = data.n.sum()
    low, high = family.bounds()
    centre, precision = _prior(family, data)

    def loss(theta: Array) -> tuple[float, Array]:
        p, gradient = _mean_and_gradient(family, theta, data)
        value = -(_times_log(data.n_wrong, p) + _times_log(data.n - data.n_wrong, 1 - p)).sum()
        off = theta - centre
        with np.errstate(over="ignore", invalid="ignore"):  # where a step meets a bound at which a slope is infinite
            rise = _slope(data, p) @ gradient
        return (value + off @ (precision * off) / 2) / total, (precision * off - rise) / total

    constraints = [LinearConstraint(np.asarray(row), -np.inf, limit) for row, limit in family.sums()]
    guesses = _guesses(family, data) if start is None else [start]
    begins = [np.array(list(one.parameters.values()), dtype=np.float64) for one in guesses]
    begin = begins[0]
    impossible = _impossible(family, begin, data)
    if impossible:
        raise FitError(
            f"the {family.family} response calls impossible what was seen: {impossible:g} answers under wholly clean "
            "or wholly wrong contexts; fit another family",
            partial=family(*begin.tolist()),
        )
    tried = [
        minimize(
            loss,
            one,
            jac=True,
            method="SLSQP",
            bounds=list(zip(low, high, strict=True)),
            constraints=constraints,
            options={"ftol": 1e-14, "maxiter": 500},
        )
        for one in begins
    ]
    found = min(tried, key=lambda one: (not one.success, one.fun))
    theta = np.clip(found.x, low, high)  # SLSQP may overstep a bound by rounding
    response = family(*theta.tolist())
    certain = found.fun * total < CERTAIN and not (np.isclose(theta, low) | np.isclose(theta, high)).all()
    if not found.success or certain:
        why = "the steeper the likelier" if certain else found.message
        raise FitError(
            f"the {family.family} response has no maximum likelihood here ({why}): are the answers all right "
            "up to one contamination and all wrong beyond it, or the counts too few?",
            partial=response,
        )
    p, gradient = _mean_and_gradient(family, theta, data)
    score = gradient * _slope(data, p)[:, None]
    # fewer than half an expected answer of either kind cannot be told from none: no cell is known better than that
    weight = data.n / np.maximum(p * (1 - p), 0.5 / data.n)
    information = weight[:, None, None] * gradient[:, :, None] * gradient[:, None, :]
    return Maximum(response, theta, score, information, gradient, -precision * (theta - centre), precision)


def _prior(family: type[Response], data: Observations) -> tuple[Array, Array]:
    weak = family.weak_prior(float(data.size.max())) if family.sized else None
    if weak is None:
        none = np.zeros(len(family.names()))
        return none, none
    centre, width = weak
    return centre.astype(np.float64), width**-2.0


def _impossible(family: type[Response], theta: Array, data: Observations) -> float:
    """How many of the answers seen have no chance under this member: wrong ones at p = 0, right ones at p = 1."""
    p, _ = _mean_and_gradient(family, theta, data)
    return float(data.n_wrong[p == 0].sum() + (data.n - data.n_wrong)[p == 1].sum())


def _guesses(family: type[Response], data: Observations) -> list[Response]:
    """Members through the ends of a weighted straight line, at the larger half of the contexts where size matters."""
    told = data.filled & ((data.size >= np.median(data.size[data.filled])) | (not family.sized))
    share, error, n = data.share[told], data.error[told], data.n[told]
    line = np.polynomial.Polynomial.fit(share, error, 1, w=np.sqrt(n)) if np.ptp(share) else None
    low, high = (line(0.0), line(1.0)) if line is not None else (error.mean(), error.mean())
    low = float(np.clip(low, 0.01, 0.98))
    high = float(np.clip(high, low + 0.01, 0.99))
    least = data.size == np.nanmin(data.size) if family.sized else data.filled
    empty = float(np.clip(np.average(data.error[least], weights=data.n[least]), 0.01, 0.99))
    size = float(np.nanmax(data.size)) if family.sized else 0.0
    return list(family.guesses(low, high, size=size, empty=empty))


def _mean_and_gradient(family: type[Response], theta: Array, data: Observations) -> tuple[Array, Array]:
    value, partials = _compiled(family.family)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # of a steep curve, whose ends are 0 and 1
        parts = [part(data.shares, data.sizes, *theta) for part in (value, *partials)]
    columns = [np.nan_to_num(np.broadcast_to(part, data.shares.shape)) for part in parts]
    means = [np.asarray(data.weights @ column) for column in columns]
    return means[0], np.stack(means[1:], axis=1)


def _slope(data: Observations, p: Array) -> Array:
    """Derivative of each cell's log-likelihood in its mean error p; what was never seen adds nothing."""
    right = data.n - data.n_wrong
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
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
    arguments = [share, named.get("size", sympy.Symbol("size")), *parameters]
    partials = [sympy.lambdify(arguments, sympy.diff(formula, parameter), "numpy") for parameter in parameters]
    return sympy.lambdify(arguments, formula, "numpy"), partials


def _times_log(weight: Array, p: Array) -> Array:
    from scipy.special import xlogy

    return np.asarray(xlogy(weight, p))
