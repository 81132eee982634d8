"""One fitted response family, with what the data leave open about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boostcalc.fitting.deviation import Deviation
from boostcalc.fitting.misfit import Misfit
from boostcalc.fitting.uncertainty import Spread
from boostcalc.fitting.window import Window, window
from boostcalc.odds import Array, logit
from boostcalc.responses import RESPONSES, Response
from boostcalc.responses.deviating import Deviating
from boostcalc.results import Estimate

__all__ = ["FittedResponse"]

DRAWS = 4_000
"""Draws behind a band."""

STEPS = 33
"""Contaminations at which it is told how far a loop lies off its family."""


@dataclass(frozen=True, eq=False)
class FittedResponse:
    """A family at its maximum likelihood.

    Attributes
    ----------
    log_score : total log predictive density of held-out clusters (nats); None for −∞, where the family calls
        impossible what was seen.
    weight : share in the mixture of families that predicts held-out clusters best.
    misfit : how far the log lies from the family, context by context.
    deviation : how far single loops may lie off it, along contaminations.
    size : the context size at which its curve is shown; None where sizes are not known.
    open : parameters that the log leaves open: a weak prior holds them.
    """

    response: Response
    spread: Spread
    log_score: float | None
    weight: float
    misfit: Misfit
    deviation: Deviation
    size: float | None = None
    open: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The family's name."""
        return self.response.family

    def conf_int(self, level: float) -> dict[str, Estimate]:
        """Each parameter with its interval, cut to the parameter's range."""
        return self.spread.estimates(self.response, level)

    def draw(self, rng: np.random.Generator, size: int) -> Response:
        """Members of the family that the data allow: parameters of shape `(size,)`."""
        return self.spread.draw(type(self.response), rng, size)

    def draw_runs(self, rng: np.random.Generator, size: int, context_size: float) -> Deviating:
        """The same for single loops under contexts of this size: each lies off the family as the log does.

        By what the log shows at its contexts, by what is open between and beyond them, and by what runs differ in.
        """
        share, nearest, bend, above = self._along(context_size)
        low, high = rng.normal(size=(2, size, 1))  # beyond what was measured each side is one unknown
        paths = self.deviation.paths(share, nearest, rng=rng, draws=size) + bend * np.where(above, high, low)
        return _risen(self.draw(rng, size), nearest, share, paths.T)

    def expected(self, context_size: float) -> Deviating:
        """The family's most likely member, off by what is to be expected of contexts of this size."""
        share, nearest, *_ = self._along(context_size)
        return _risen(self.response, nearest, share, self.deviation.path(share, nearest))

    def farthest(self, context_size: float) -> tuple[float, float]:
        """The measured contamination under which the log lies farthest off, and by how much (log-odds)."""
        _, nearest, *_ = self._along(context_size)
        share = np.unique(self.deviation.share)
        off = self.deviation.path(share, nearest)
        worst = int(np.argmax(np.abs(off)))
        return float(share[worst]), float(off[worst])

    def _along(self, size: float) -> tuple[Array, float, Array, NDArray[np.bool_]]:
        """Contaminations, the measured size nearest to this one, and how far the family may bend along them.

        Last, which of them are larger than the measured ones.
        """
        share = np.linspace(0.0, 1.0, STEPS)
        near, sizes = self.misfit.nearest(share, np.full(STEPS, size))
        curve = self.response.at(float(sizes[0]))
        with np.errstate(invalid="ignore"):  # where both are certain
            step = curve.logit_error(logit(share)) - curve.logit_error(logit(near))
        return share, float(sizes[0]), np.sqrt(self.misfit.bend(share, sizes, step)), share > near

    def band(self, contamination: Array, level: float) -> tuple[Array, Array]:
        """Pointwise interval of the response at these shares, each of shape `(m,)`; it holds the estimate.

        At the usual context size, and of the parameters alone: what a family may be off is in `Fit.predict`.
        """
        drawn = self.draw(np.random.default_rng(0), DRAWS)(np.asarray(contamination)[:, None], self.size)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
        best = self.response(contamination, self.size)
        return np.minimum(low, best), np.maximum(high, best)

    def window(self, level: float) -> Window:
        """The range of FP/TP in which a loop of this model, at the usual context size, has two stable ends."""
        drawn = self.draw(np.random.default_rng(0), DRAWS)
        return window(self.response.at(self.size), drawn.at(self.size), level)

    def to_dict(self, level: float) -> dict[str, Any]:
        """Its JSON form; `spread` holds what `draw` needs."""
        spread = self.spread
        return {
            "family": self.family,
            "learner": self.response.learner,
            "parameters": {name: e.to_dict() for name, e in self.conf_int(level).items()},
            "log_score": self.log_score,
            "weight": self.weight,
            "size": self.size,
            "open": list(self.open),
            "bistable_fp_over_tp": self.window(level).to_dict(),
            "spread": {
                "center": spread.center.tolist(),
                "covariance": spread.covariance.tolist(),
                "df": spread.df,
                "by": spread.by,
                "clusters": spread.clusters,
                "dispersion": spread.dispersion,
            },
            "misfit": self.misfit.to_dict(),
            "deviation": self.deviation.to_dict(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> FittedResponse:
        """The fitted response whose `to_dict` gave this record."""
        parameters = {name: number["value"] for name, number in record["parameters"].items()}
        spread = dict(record["spread"])
        spread["center"], spread["covariance"] = np.array(spread["center"]), np.array(spread["covariance"])
        count = len(parameters)
        if spread["center"].shape != (count,) or spread["covariance"].shape != (count, count):
            raise ValueError(f"the spread of the {record['family']} response")
        spread["df"] = float(spread["df"])
        response = RESPONSES.make(record["family"], parameters)
        return cls(
            response,
            Spread(**spread),
            record["log_score"],
            record["weight"],
            Misfit.from_dict(record["misfit"]),
            Deviation.from_dict(record["deviation"]),
            record["size"],
            tuple(record["open"]),
        )


def _risen(base: Response, size: float, share: Array, offsets: Array) -> Deviating:
    """The response off by these (t, …) that never falls: midway between the highest before and the lowest after."""
    own = base.at(size).logit_error(logit(share).reshape(-1, *(1,) * (offsets.ndim - 1)))
    with np.errstate(invalid="ignore"):  # where the family is certain it stays so
        sum_ = own + offsets
        highest = np.maximum.accumulate(sum_, axis=0)
        lowest = np.minimum.accumulate(sum_[::-1], axis=0)[::-1]
        risen = (highest + lowest) / 2 - own
    return Deviating(base, np.where(np.isfinite(risen), risen, offsets))
