"""The exact law of a loop with finite batches, round by round: nothing is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from boostcalc import plotting
from boostcalc.dynamics.finite.chain import Chain, Steady
from boostcalc.dynamics.finite.cost import Attempts, Cost, cost
from boostcalc.dynamics.finite.settling import Absorption, Stationarity, settling
from boostcalc.dynamics.policies import Whole
from boostcalc.dynamics.trajectory import Trajectory
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit, logit
from boostcalc.results import Estimate, Result, aligned, finite

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Distribution"]

LEVELS = (0.05, 0.5, 0.95)
"""Quantiles that are listed."""

MEANS = ("error", "difference", "attempts", "cost")
"""What a simulation estimates and the exact law knows: both documents write it alike."""

BINS = 60
"""Bins of the error in a figure."""


@dataclass(frozen=True, eq=False)
class Distribution(Result):
    """The law of the wrong pairs in the context, and of what follows from it, in rounds 0…n.

    Attributes
    ----------
    chain : the Markov chain behind it.
    context_size : array, shape `(rounds + 1,)`
        Pairs in the context that the round's answers see.
    law : array, shape `(rounds + 1, m + 1)`
        P(so many wrong pairs in it), m being the greatest context size; 0 beyond the size of the round.
    logit_error, acceptance : array, shape `(rounds + 1, m + 1)`
        Log-odds of the error, and share of the answers accepted, under each; `nan` beyond the size of the round. In
        round 0 the error is as stated, whatever the context.
    met : array, shape `(rounds + 1,)`
        Probability that the target has been met by this round.
    mean_field : what `Loop.trajectory` says of the same start, shape `(rounds + 1,)`.
    inputs : the question.
    """

    kind = "distribution"

    chain: Chain
    context_size: Whole
    law: Array
    logit_error: Array
    acceptance: Array
    met: Array
    mean_field: Trajectory
    target: float
    inputs: dict[str, Any]
    provenance: dict[str, Any]

    @property
    def rounds(self) -> int:
        """The last round's number."""
        return len(self.law) - 1

    @cached_property
    def error(self) -> Array:
        """The error under each number of wrong pairs, shape `(rounds + 1, m + 1)`; 0 beyond the size of the round."""
        return np.asarray(np.nan_to_num(expit(self.logit_error)))

    @property
    def mean_error(self) -> Array:
        """Mean error by round, shape `(rounds + 1,)`."""
        return np.asarray((self.law * self.error).sum(axis=1))

    @property
    def sd_error(self) -> Array:
        """Standard deviation of the error by round, shape `(rounds + 1,)`."""
        return np.asarray(np.sqrt((self.law * (self.error - self.mean_error[:, None]) ** 2).sum(axis=1)))

    @property
    def difference(self) -> Array:
        """How far the mean error lies above the mean field, shape `(rounds + 1,)`."""
        return np.asarray(self.mean_error - self.mean_field.error)

    def quantiles(self, levels: ArrayLike) -> Array:
        """The least errors that are not exceeded with these probabilities, shape `(rounds + 1, levels)`."""
        wanted = np.atleast_1d(np.asarray(levels, dtype=np.float64))
        found = np.empty((self.rounds + 1, len(wanted)))
        for n, (mass, error) in enumerate(zip(self.law, self.error, strict=True)):
            order = np.argsort(error[mass > 0], kind="stable")
            total = np.cumsum(mass[mass > 0][order])
            # a level that rounding puts past the last sum has the greatest error
            at = np.searchsorted(total, wanted * total[-1] - 1e-12).clip(0, len(total) - 1)
            found[n] = error[mass > 0][order][at]
        return found

    def at_or_below(self, error: float) -> Array:
        """P(error at or below this) by round, shape `(rounds + 1,)`."""
        with np.errstate(invalid="ignore"):
            return np.asarray((self.law * (self.logit_error <= logit(error))).sum(axis=1))

    def attempts(self, n: int) -> Attempts:
        """The law of the attempts that round n takes."""
        seen = self.law[n] > 0
        return Attempts(self.chain.batch, self.law[n][seen], self.acceptance[n][seen])

    @cached_property
    def cost(self) -> Cost:
        """The law of the attempts of rounds 0…n together."""
        return cost(self.chain, self.rounds)

    @cached_property
    def settling(self) -> Absorption | Stationarity | None:
        """The long run: where it is absorbed, or the law that stays. None where the context keeps pairs of old."""
        return settling(self.chain) if isinstance(self.chain, Steady) and not self.chain.stuck else None

    @property
    def status(self) -> str:  # type: ignore[override]  # computed here, a field elsewhere
        """Where the law goes, how likely the target is met, and what the mean field makes of it."""
        if self.chain.stuck:
            return f"Nothing is accepted: the error stays at {self.mean_error[0]:.4g}."
        low, _, high = self.quantiles(LEVELS)[-1]
        gap, expected = self.difference[-1], self.mean_field.error[-1]
        side = f", which is {abs(gap):.3g} {'lower' if gap > 0 else 'higher'}" if abs(gap) > 1e-6 else ""
        return (
            f"The mean error goes from {self.mean_error[0]:.4g} to {self.mean_error[-1]:.4g} at round {self.rounds} "
            f"(90% from {low:.4g} to {high:.4g}); the target {self.target:g} is met by then with probability "
            f"{self.met[-1]:.4g}; the mean field says {expected:.4g}{side}."
        )

    def rows(self) -> list[dict[str, Any]]:
        """One record a round."""
        quantiles, mean, spread = self.quantiles(LEVELS), self.mean_error, self.sd_error
        gap, at = self.difference, self.at_or_below(self.target)
        spent = [self.attempts(n) for n in range(self.rounds + 1)]
        total = np.cumsum([one.mean for one in spent])
        return [
            {
                "round": n,
                "error": float(mean[n]),
                "sd": float(spread[n]),
                "mean_field": float(self.mean_field.error[n]),
                "difference": float(gap[n]),
                "quantiles": {f"{q:g}": float(value) for q, value in zip(LEVELS, quantiles[n], strict=True)},
                "context_size": int(self.context_size[n]),
                "attempts": finite(spent[n].mean),
                "attempts_sd": finite(spent[n].variance ** 0.5),
                "cost": finite(total[n]),
                "at_target": float(at[n]),
                "met_target": float(self.met[n]),
            }
            for n in range(self.rounds + 1)
        ]

    def summary(self) -> str:
        rows = self.rows()
        names = list(rows[0]["quantiles"])
        head = ["round", "error", "sd", "mean field", "difference", *names, "met target", "attempts", "cost"]
        body = [
            [
                str(row["round"]),
                *(f"{row[name]:.4g}" for name in ("error", "sd", "mean_field")),
                f"{row['difference']:.2g}",
                *(f"{row['quantiles'][name]:.4g}" for name in names),
                f"{row['met_target']:.4g}",
                *("—" if row[name] is None else f"{row[name]:.4g}" for name in ("attempts", "cost")),
            ]
            for row in rows
        ]
        lines = [self.status, "", aligned([head, *body]), "", self._said_of_cost()]
        return "\n".join([*lines, *([] if self.settling is None else [self.settling.status])])

    def _said_of_cost(self) -> str:
        if not np.isfinite(self.cost.mean):
            return "Cost: a batch may never be full."
        said = f"Cost: {self.cost.mean:.4g} attempts on average, standard deviation {self.cost.sd:.4g}"
        spans = self._cost_quantiles
        return f"{said}, 90% from {spans['0.05']:.0f} to {spans['0.95']:.0f}." if spans else f"{said}."

    @cached_property
    def _cost_quantiles(self) -> dict[str, float] | None:
        """Quantiles of the cost; None where its law is too long to tabulate."""
        try:
            found = self.cost.quantiles(LEVELS)
        except UsageError:
            return None
        return {f"{q:g}": float(value) for q, value in zip(LEVELS, found, strict=True)}

    def to_frame(self) -> pd.DataFrame:
        """One row a round; a quantile of the error is a column `error_q…`."""
        import pandas as pd

        rows = [{**row, **{f"error_q{q}": value for q, value in row.pop("quantiles").items()}} for row in self.rows()]
        return pd.DataFrame(rows)

    def body(self) -> dict[str, Any]:
        last = self.law[-1][: self.context_size[-1] + 1]
        scatter = finite(self.cost.variance)
        return {
            "status": self.status,
            "inputs": {k: v.to_dict() if isinstance(v, Estimate) else v for k, v in self.inputs.items()},
            "trajectory": [{name: _told(name, value) for name, value in row.items()} for row in self.rows()],
            "cost": {
                "mean": finite(self.cost.mean),
                "sd": None if scatter is None else scatter**0.5,
                "quantiles": self._cost_quantiles,
            },
            "settling": None if self.settling is None else self.settling.to_dict(),
            "final_law": last.tolist(),
            "provenance": self.provenance,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        edges = np.linspace(0, 1, BINS + 1)
        weights = [
            np.histogram(error, edges, weights=mass)[0] for error, mass in zip(self.error, self.law, strict=True)
        ]
        return plotting.law(edges, weights, mean=self.mean_error, mean_field=self.mean_field.error, ax=ax)


def _told(name: str, value: Any) -> Any:
    return Estimate.exact(value).to_dict() if name in MEANS else value
