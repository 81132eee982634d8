"""How well a fitted response describes its log: goodness of fit, the monotone curve beside it, and single runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boostcalc.fitting.comparison import scatter_of
from boostcalc.fitting.likelihood import Maximum, log_odds_and_slope, mean_error
from boostcalc.fitting.observations import Observations, asked
from boostcalc.odds import Array, expit
from boostcalc.responses import Monotone
from boostcalc.results import Estimate

__all__ = ["Diagnostics", "diagnose"]

DRAWS, FEWER, LARGE = 500, 100, 20_000
"""Simulated tables behind a p-value; fewer for a log of so many cells."""

SHOWN = 3
"""Clusters whose influence is listed."""

CONTAMINATIONS = np.array([0.0, 0.5, 1.0])
"""Where the influence of a cluster is told."""


@dataclass(frozen=True)
class Diagnostics:
    """What speaks for and against a fitted response.

    Attributes
    ----------
    chi2, df, p_value : Pearson's statistic over the contexts, each with all its answers, and how often chance alone
        gives as much; None where there are no more contexts than parameters.
    monotone : shares and errors of the monotone curve of greatest likelihood (at the usual context size, where the
        family depends on it).
    monotone_p_value : how often a table simulated from the family, with its scatter, lies as far from a monotone
        curve. Conservative: the family is not fitted again to each.
    influence : records `cluster`, `moves` (largest shift of the error at c = 0, ½, 1 without it), `standard_errors`.
    order : log-odds that wrong pairs at the end of a context add over wrong pairs at its beginning; value None where
        places are not logged.
    """

    chi2: float
    df: int
    p_value: float | None
    monotone: dict[str, tuple[float, ...]]
    monotone_p_value: float | None
    influence: tuple[dict[str, Any], ...]
    order: Estimate

    @property
    def lines(self) -> list[str]:
        """In words."""
        said = []
        if self.p_value is not None:
            how = f"χ² = {self.chi2:.4g} on {self.df} degrees of freedom (p = {self.p_value:.2g})"
            said.append(f"goodness of fit over the contexts: {how}")
        if self.monotone_p_value is not None:
            how = "lies off it by more than chance" if self.monotone_p_value < 0.05 else "agrees with it"
            said.append(f"a monotone curve through the data, of no theory, {how} (p = {self.monotone_p_value:.2g})")
        far = [one for one in self.influence if one["standard_errors"] > 2]
        if far:
            one = far[0]
            said.append(
                f"without {one['cluster']} the error would be {one['moves']:+.3g} elsewhere, "
                f"{one['standard_errors']:.2g} standard errors"
            )
        return said

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        record = asdict(self)
        return record | {
            "monotone": {name: list(values) for name, values in self.monotone.items()},
            "influence": list(self.influence),
            "order": self.order.to_dict(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Diagnostics:
        """The diagnostics whose `to_dict` gave this record."""
        return cls(
            chi2=record["chi2"],
            df=record["df"],
            p_value=record["p_value"],
            monotone={name: tuple(values) for name, values in record["monotone"].items()},
            monotone_p_value=record["monotone_p_value"],
            influence=tuple(record["influence"]),
            order=Estimate.from_dict(record["order"]),
        )


def diagnose(maximum: Maximum, data: Observations, *, size: float | None, order: Estimate) -> Diagnostics:
    """The diagnostics of a fitted family; `size` is the context size at which it is shown."""
    from scipy.stats import chi2 as chi_squared

    chi2, spare = _pearson(maximum, data)
    shown = data.take(data.size == size) if maximum.response.sized else data
    curve, p_value = _monotone(maximum, shown, scatter_of(maximum.response, data))
    return Diagnostics(
        chi2=chi2,
        df=max(spare, 0),
        p_value=float(chi_squared.sf(chi2, spare)) if spare > 0 else None,
        monotone=curve,
        monotone_p_value=p_value,
        influence=_influence(maximum, data, size),
        order=order,
    )


def _pearson(maximum: Maximum, data: Observations) -> tuple[float, int]:
    """Pearson's χ² and its degrees of freedom; alike contexts are counted together: single cells may be small."""
    p = mean_error(maximum.response, data)
    key = np.stack([np.nan_to_num(data.share, nan=-1.0), np.nan_to_num(data.size, nan=-1.0), p], axis=1).round(9)
    place = np.unique(key, axis=0, return_inverse=True)[1].ravel()
    n, wrong, mean = (_summed(place, values) for values in (data.n, data.n_wrong, data.n * p))
    variance = mean * (1 - mean / n)
    seen = variance > 0
    return float(((wrong - mean)[seen] ** 2 / variance[seen]).sum()), int(seen.sum()) - maximum.theta.size


def _monotone(
    maximum: Maximum, data: Observations, scatter: float
) -> tuple[dict[str, tuple[float, ...]], float | None]:
    """The monotone curve's points, with (k + ½)/(n + 1) for a share so that they have log-odds, and the p-value."""
    levels, place = np.unique(np.round(data.share, 9), return_inverse=True)
    n, wrong = _summed(place, data.n), _summed(place, data.n_wrong)
    if levels.size < 2:
        return {"shares": (), "errors": ()}, None
    errors = _isotonic((wrong + 0.5) / (n + 1), n)
    points = Monotone(shares=tuple(levels), errors=tuple(errors))
    p = mean_error(maximum.response, data)
    rng = np.random.default_rng(0)
    whole = np.round(data.n).astype(np.int64)
    gaps = np.empty(DRAWS if p.size <= LARGE else FEWER)
    for i in range(gaps.size):  # one table at a time: all of a large log do not fit the memory
        rate = p if scatter == 0 else _beta(rng, p, (1 - scatter) / scatter)
        gaps[i] = _gap(rng.binomial(whole, rate).astype(np.float64), data.n, p, place)
    seen = _gap(data.n_wrong, data.n, p, place)
    p_value = float((1 + (gaps >= seen).sum()) / (1 + gaps.size))
    return {"shares": points.shares, "errors": points.errors}, p_value


def _beta(rng: np.random.Generator, p: Array, size: float) -> Array:
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    return rng.beta(inside * size, (1 - inside) * size)


def _summed(place: NDArray[np.intp], values: Array) -> Array:
    return np.bincount(place, values).astype(np.float64)


def _gap(wrong: Array, n: Array, p: Array, place: NDArray[np.intp]) -> float:
    """Log-likelihood of the monotone curve less the family's; levels of contamination are pooled for both."""
    from scipy.special import xlog1py, xlogy

    total, counted = _summed(place, n), _summed(place, wrong)
    mean = _summed(place, n * p) / total
    best = _isotonic(counted / total, total)
    return float((xlogy(counted, best) + xlog1py(total - counted, -best)).sum()) - float(
        (xlogy(counted, mean) + xlog1py(total - counted, -mean)).sum()
    )


def _isotonic(share: Array, weight: Array) -> Array:
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(share, weights=weight).x)


def _influence(maximum: Maximum, data: Observations, size: float | None) -> tuple[dict[str, Any], ...]:
    """What the error would be without one cluster, in one Newton step, largest first."""
    count, parameters = data.n_clusters, maximum.theta.size
    score, own = np.zeros((count, parameters)), np.zeros((count, parameters, parameters))
    np.add.at(score, data.cluster, maximum.score)
    np.add.at(own, data.cluster, maximum.information)
    rest = own.sum(axis=0) + np.diag(maximum.prior) - own
    moved = -np.einsum("kij,kj->ki", np.linalg.pinv(rest, hermitian=True), score)
    pairs = np.full(CONTAMINATIONS.shape, np.nan if size is None else size)
    center, slope = log_odds_and_slope(
        maximum.response, asked(CONTAMINATIONS, pairs, np.zeros(CONTAMINATIONS.shape, dtype=bool))
    )
    slope = np.where(np.isfinite(center)[:, None], slope, 0.0)
    shift = moved @ slope.T  # (clusters, contaminations), in log-odds
    # in standard errors that the other clusters give: one that stands out would widen its own
    spread = np.sqrt(((shift**2).sum(axis=0) - shift**2) * (count - 1) / count)
    with np.errstate(divide="ignore", invalid="ignore"):
        strange = np.nan_to_num(np.abs(shift) / spread, posinf=0.0)
    errors = expit(center + shift) - expit(center)
    order = np.argsort(-strange.max(axis=1), kind="stable")[:SHOWN]
    found = []
    for cluster in order:
        where = int(strange[cluster].argmax())
        name = f"{data.by} {data.names[cluster]}" if data.names else _cell_name(data, int(cluster))
        found.append(
            {
                "cluster": name,
                "contamination": float(CONTAMINATIONS[where]),
                "moves": float(errors[cluster, where]),
                "standard_errors": float(strange[cluster, where]),
            }
        )
    return tuple(found)


def _cell_name(data: Observations, cell: int) -> str:
    size = "" if np.isnan(data.size[cell]) else f"{data.size[cell]:g} pairs, "
    share = "none of them" if np.isnan(data.share[cell]) else f"c = {data.share[cell]:.3g}"
    return f"the cell of {size}{share}"
