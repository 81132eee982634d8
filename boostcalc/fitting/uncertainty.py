"""How sure a fit is: the ladder from independent clusters to overdispersed cells, and draws of the parameters.

Clusters (blocks, else runs, else queries), where there are enough of them, give the variance by leaving out one
at a time (the cluster jackknife, in one Newton step each; MacKinnon, Nielsen, Webb 2023, Journal of Applied
Econometrics 38(5)), with Student's t on clusters − 1 degrees of freedom; a weak prior P adds H⁻¹PH⁻¹ (H: information
with P), which it leaves open however little the clusters differ. Without, each cell of the table counts
as one observation, and the variance is the inverse information times the overdispersion (Pearson's χ² over
cells − parameters, at least 1; McCullagh, Nelder 1989, §4.5), with t on as many degrees of freedom; so it is
where a bound stopped the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boostcalc.errors import DataError
from boostcalc.fitting.likelihood import Maximum, mean_error
from boostcalc.fitting.normal import normal_draws
from boostcalc.fitting.observations import Observations
from boostcalc.odds import Array
from boostcalc.responses import Response
from boostcalc.results import Estimate

__all__ = ["ENOUGH_CLUSTERS", "Spread", "check_drawable", "laddered", "left_open", "spread_of"]

ENOUGH_CLUSTERS = 8
"""With fewer clusters than this a sandwich variance is too noisy to use; cells then stand for themselves."""

SINGULAR = 1e10
"""A condition number of the information, in units of each parameter's own, beyond which nothing is determined."""

VAST = 1e20
"""How many times wider one direction of the parameters may be known than another and still be drawn in doubles."""

PROBED = 4_000
"""Draws by which it is seen whether the data leave a family possible."""

OPEN = 0.5
"""A parameter whose variance is still this share of its weak prior's was not told by the data."""

EDGE = 1e-6
"""A maximum this close to a bound of its family is on it."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Student's t around a centre: what the data leave open about a family's parameters.

    `center` is the maximum; draws are kept inside the family's range.
    """

    center: Array
    covariance: Array
    df: float
    by: str
    clusters: int
    dispersion: float

    def draw(self, family: type[Response], rng: np.random.Generator, size: int) -> Response:
        """`size` members of the family: one response whose parameters are arrays of shape `(size,)`.

        Raises
        ------
        DataError
            If less than one draw in 200 lies in the family's range: these data contradict the family.
        """
        kept: list[Array] = []
        for _ in range(200):
            normal = normal_draws(rng, np.zeros(self.center.size), self.covariance, size)
            theta = self.center + normal / np.sqrt(rng.chisquare(self.df, size) / self.df)[:, None]
            kept.append(theta[_inside(family, theta)])
            if sum(map(len, kept)) >= size:
                return family(*np.concatenate(kept)[:size].T)
        raise DataError(f"these data lie outside what the {family.family} response can do: fit another family")

    def estimates(self, response: Response, level: float) -> dict[str, Estimate]:
        """Each parameter of the response at the centre with its interval, cut to the parameter's range."""
        bottom, top = response.bounds()
        low, high = self.interval(level)
        return {
            name: Estimate(
                float(value), float(max(min(low[i], value), bottom[i])), float(min(max(high[i], value), top[i])), level
            )
            for i, (name, value) in enumerate(response.parameters.items())
        }

    def interval(self, level: float) -> tuple[Array, Array]:
        """Central t interval of each parameter, not yet cut to the family's range."""
        from scipy.stats import t

        half = t.ppf((1 + level) / 2, self.df) * np.sqrt(np.diag(self.covariance))
        return self.center - half, self.center + half


def laddered(data: Observations) -> Observations:
    """The data on the highest step of the ladder that they allow: their clusters where enough, else their cells."""
    return data if data.by != "cell" and data.n_clusters >= ENOUGH_CLUSTERS else data.by_cell()


def spread_of(maximum: Maximum, data: Observations) -> Spread:
    """The uncertainty of a maximum: clustered as the data are, which has to be by enough clusters (`laddered`).

    Raises
    ------
    DataError
        If there are too few cells to tell, or the data do not determine the parameters.
    """
    parameters, prior = maximum.theta.size, np.diag(maximum.prior)
    information = maximum.information.sum(axis=0) + prior
    if not 0 < data.n_wrong.sum() < data.n.sum():
        which = "right" if data.n_wrong.sum() == 0 else "wrong"
        raise DataError(f"every answer is {which}: these runs cannot tell how the error responds to its context")
    if data.n.size <= parameters:
        raise DataError(
            f"{data.n.size} cells of contamination cannot determine {parameters} parameters and their uncertainty: "
            f"measure at {parameters + 1} contaminations or more"
        )
    if _singular(information):
        raise DataError(
            f"the {maximum.response.family} response is not identified: these runs do not vary enough in "
            "contamination, or go from all right to all wrong at one"
        )
    center = maximum.theta
    dispersion = _dispersion(maximum.response, data, parameters)
    # on a bound the fits without one cluster may all agree, though the data leave room: the information knows better
    # (as it does not know what runs have in common, it is widened to the jackknife's widest)
    scatter = max(1.0, dispersion)
    model_based = np.asarray(np.linalg.inv((information - prior) / scatter + prior), dtype=np.float64)
    if data.by != "cell":
        count = data.n_clusters
        covariance = _jackknife(maximum, data, information)
        if _on_edge(maximum):
            more = np.diag(covariance) / np.maximum(np.diag(model_based), np.finfo(float).tiny)
            covariance = model_based * max(1.0, float(more.max()))
        return Spread(center, covariance, float(count - 1), data.by, count, dispersion)
    return Spread(center, model_based, float(data.n.size - parameters), "cell", data.n.size, max(1.0, dispersion))


def check_drawable(spread: Spread, family: type[Response]) -> None:
    """Refuses a family of which nothing can be told because no members can be drawn.

    Raises
    ------
    DataError
        If a parameter is known so badly that it cannot be computed with, or hardly a draw is a member of the family.
    """
    if np.linalg.cond(spread.covariance) > VAST:
        raise DataError(f"the {family.family} response is not identified: a parameter of it may be anything")
    spread.draw(family, np.random.default_rng(0), PROBED)


def left_open(maximum: Maximum) -> list[str]:
    """Parameters of which the data tell less than the weak prior does: not identified by this log."""
    if not maximum.prior.any():
        return []
    known = np.linalg.inv(maximum.information.sum(axis=0) + np.diag(maximum.prior))
    share = np.diag(known) * maximum.prior  # of the prior's variance that is left
    return [name for name, left in zip(type(maximum.response).names(), share, strict=True) if left > OPEN]


def _on_edge(maximum: Maximum) -> bool:
    """Whether a bound stopped the fit: the likelihood still rises beyond it."""
    family = type(maximum.response)
    low, high = family.bounds()
    at_bound = np.isclose(maximum.theta, low, atol=EDGE) | np.isclose(maximum.theta, high, atol=EDGE)
    sums = [np.isclose(maximum.theta @ np.asarray(row), limit, atol=EDGE) for row, limit in family.sums()]
    return bool(at_bound.any() or any(sums))


def _jackknife(maximum: Maximum, data: Observations, information: Array) -> Array:
    """Variance of the parameters between fits that leave out one cluster each, and of the prior's pull, (p, p)."""
    count, parameters = data.n_clusters, maximum.theta.size
    score, own = np.zeros((count, parameters)), np.zeros((count, parameters, parameters))
    np.add.at(score, data.cluster, maximum.score)
    np.add.at(own, data.cluster, maximum.information)
    rest = information - own
    if _singular(rest):
        raise DataError(
            f"without one {data.by} the {maximum.response.family} response is not identified: its uncertainty cannot "
            "be told from these runs"
        )
    moved = np.linalg.solve(rest, (score - score.mean(axis=0))[:, :, None])[:, :, 0]
    # where the prior holds the maximum all these fits agree; the truth lies as far from its centre as it allows
    pulled = np.linalg.solve(information, np.diag(np.sqrt(maximum.prior)))
    return np.asarray((count - 1) / count * (moved.T @ moved) + pulled @ pulled.T, dtype=np.float64)


def _singular(information: Array) -> bool:
    """Whether any of these matrices, shape (…, p, p), leaves a direction of the parameters open."""
    scale = np.sqrt(np.diagonal(information, axis1=-2, axis2=-1))
    if not (scale > 0).all():
        return True
    return bool((np.linalg.cond(information / scale[..., :, None] / scale[..., None, :]) > SINGULAR).any())


def _dispersion(response: Response, data: Observations, parameters: int) -> float:
    p = mean_error(response, data)
    variance = data.n * p * (1 - p)
    seen = variance > 0
    chi2 = ((data.n_wrong - data.n * p)[seen] ** 2 / variance[seen]).sum()
    return float(chi2 / (data.n.size - parameters))


def _inside(family: type[Response], theta: Array) -> Array:
    low, high = family.bounds()
    inside = ((theta >= low) & (theta <= high)).all(axis=1)
    for coefficients, limit in family.sums():
        inside &= theta @ np.asarray(coefficients) <= limit
    return np.asarray(inside)
