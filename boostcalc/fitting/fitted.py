"""One fitted response family, with what the data leave open about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from boostcalc.fitting.misfit import Misfit
from boostcalc.fitting.uncertainty import Spread
from boostcalc.fitting.window import Window, window
from boostcalc.odds import Array
from boostcalc.responses import RESPONSES, Response
from boostcalc.results import Estimate

__all__ = ["FittedResponse"]

DRAWS = 4_000
"""Draws behind a band."""


@dataclass(frozen=True, eq=False)
class FittedResponse:
    """A family at its maximum likelihood.

    Attributes
    ----------
    log_score : total log predictive density of held-out clusters (nats); None for −∞, where the family calls
        impossible what was seen.
    weight : share in the mixture of families that predicts held-out clusters best.
    misfit : how far the log lies from the family.
    size : the context size at which its curve is shown; None where sizes are not known.
    open : parameters that the log leaves open: a weak prior holds them.
    """

    response: Response
    spread: Spread
    log_score: float | None
    weight: float
    misfit: Misfit
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

    def draw_runs(self, rng: np.random.Generator, size: int) -> Response:
        """The same for single runs: each lies off what they have in common as far as runs of the log do."""
        drawn = self.draw(rng, size)
        if self.spread.by == "cell" or self.misfit.between == 0:
            return drawn
        return drawn.moved(rng.normal(0.0, self.misfit.between, size))

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
            record["size"],
            tuple(record["open"]),
        )
