"""Many runs of one loop, batch by batch, beside its mean field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from boostcalc import plotting
from boostcalc.dynamics.policies import Whole
from boostcalc.dynamics.trajectory import Trajectory
from boostcalc.odds import Array, expit, log_ratio, logit
from boostcalc.results import Estimate, Result, aligned, finite, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from boostcalc.dynamics.loop import Loop

__all__ = ["Simulation"]

SHOWN = 60
"""Runs that are drawn in a figure: more are a blot."""

NOISE = 3
"""Standard errors within which a mean over runs is told to agree with the mean field."""


@dataclass(frozen=True, eq=False)
class Simulation(Result):
    """Runs of one loop with real batches; each array has shape `(rounds + 1, runs)`, round 0 first.

    Attributes
    ----------
    loop : the loop as it was run; with rates that are known only as counts each run has its own, shape `(runs,)`.
    logit_error : log-odds of the error rate of the round.
    context_size, context_wrong : pairs in the context that the round's answers saw, and the wrong ones among them.
    batch_wrong : wrong pairs among those that the round accepted; of no meaning where it accepts nothing.
    attempts : answers until the batch was full; `inf` where nothing is accepted.
    logit_start : log-odds of the wrong share of the first context as stated, shape `(runs,)`.
    mean_field : what `Loop.trajectory` says of the same start, shape `(rounds + 1,)`.
    inputs : the question.
    """

    kind = "simulation"

    loop: Loop
    logit_error: Array
    context_size: Whole
    context_wrong: Whole
    batch_wrong: Whole
    attempts: Array
    logit_start: Array
    mean_field: Trajectory
    target: float
    level: float
    inputs: dict[str, Any]
    provenance: dict[str, Any]

    @property
    def rounds(self) -> int:
        """The last round's number."""
        return int(self.logit_error.shape[0]) - 1

    @property
    def batch(self) -> int:
        """Pairs that fill a batch."""
        return int(self.loop.batch)

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return int(self.logit_error.shape[1])

    @cached_property
    def error(self) -> Array:
        """Error rates, shape `(rounds + 1, runs)`."""
        return expit(self.logit_error)

    @property
    def context_contamination(self) -> Array:
        """Share of wrong pairs in the context, shape `(rounds + 1, runs)`; `nan` where it is empty."""
        return expit(log_ratio(self.context_wrong, self.context_size - self.context_wrong))

    @property
    def cost(self) -> Array:
        """Attempts up to the end of each round, shape `(rounds + 1, runs)`."""
        return np.asarray(np.cumsum(self.attempts, axis=0))

    @property
    def mean_error(self) -> tuple[Estimate, ...]:
        """The mean over runs by round, its interval from their scatter."""
        return self._means(self.error)

    @property
    def difference(self) -> tuple[Estimate, ...]:
        """How far the mean over runs lies above the mean field, by round."""
        return self._means(self.error - self.mean_field.error[:, None])

    def quantiles(self, levels: ArrayLike) -> Array:
        """Quantiles of the error over runs, shape `(rounds + 1, levels)`; each is the error of a run."""
        wanted = np.asarray(levels, dtype=np.float64)
        return np.asarray(np.quantile(self.error, wanted, axis=1, method="inverted_cdf").T)

    @property
    def first_passage(self) -> Array:
        """The round in which each run first is at or below the target, shape `(runs,)`; `inf` where none is."""
        there = self.logit_error <= logit(self.target)
        return np.where(there.any(axis=0), there.argmax(axis=0).astype(np.float64), np.inf)

    @property
    def met(self) -> Array:
        """Share of runs that have met the target by each round, shape `(rounds + 1,)`."""
        return np.asarray((self.first_passage <= np.arange(self.rounds + 1)[:, None]).mean(axis=1))

    def _means(self, values: Array) -> tuple[Estimate, ...]:
        z = NormalDist().inv_cdf((1 + self.level) / 2)
        spread = z * values.std(axis=1, ddof=1 if self.runs > 1 else 0) / np.sqrt(self.runs)
        found = []
        for value, wide in zip(values.mean(axis=1), spread, strict=True):
            if self.runs == 1:  # which says nothing of its scatter
                found.append(Estimate(finite(value), None, None, self.level))
            else:
                found.append(Estimate(finite(value), float(value - wide), float(value + wide), self.level))
        return tuple(found)

    @property
    def status(self) -> str:  # type: ignore[override]  # computed here, a field elsewhere
        """Where runs go, how many meet the target, and whether their mean is that of the mean field."""
        tail = (1 - self.level) / 2
        low, high = self.quantiles([tail, 1 - tail])[-1]
        first, last = self.mean_error[0].value, self.mean_error[-1].value
        if self.runs == 1:
            said = (
                f"In 1 run the error goes from {first:.4g} to {last:.4g} at round {self.rounds}; it "
                f"{'meets' if self.met[-1] else 'does not meet'} the target {self.target:g} by then; "
                f"the mean field says {self.mean_field.error[-1]:.4g}"
            )
            return f"{said}; nothing is accepted any more." if np.isinf(self.attempts[-1, 0]) else f"{said}."
        said = (
            f"In {self.runs:,} runs the error goes from {first:.4g} to {last:.4g} on average at round {self.rounds} "
            f"({self.level:.0%} of them from {low:.4g} to {high:.4g}); {percent(float(self.met[-1]))} meet the target "
            f"{self.target:g} by then; {self._against_the_mean_field()}"
        )
        idle = float(np.isinf(self.attempts[-1]).mean())
        return f"{said}; in {percent(idle)} nothing is accepted any more." if idle else f"{said}."

    def _against_the_mean_field(self) -> str:
        # runs that all agree do not show what one in so many does, and that may be an error of 1
        agree = np.ptp(self.error[-1]) == 0
        wide = 1 / self.runs if agree else self.error[-1].std(ddof=1) / np.sqrt(self.runs)
        expected, gap = self.mean_field.error[-1], float(self.error[-1].mean() - self.mean_field.error[-1])
        if abs(gap) <= NOISE * wide or abs(gap) <= 1e-9:
            return f"the mean field says {expected:.4g}, which their scatter allows"
        counts = any(isinstance(given, Estimate) and given.level is not None for given in self.inputs.values())
        why = "the chance of batches and what the counts leave open make" if counts else "the chance of batches makes"
        return f"the mean field says {expected:.4g}: {why} it {abs(gap):.3g} {'higher' if gap > 0 else 'lower'}"

    def rows(self) -> list[dict[str, Any]]:
        """One record a round."""
        tail = (1 - self.level) / 2
        levels = (tail, 0.5, 1 - tail)
        quantiles, at = self.quantiles(levels), (self.logit_error <= logit(self.target)).mean(axis=1)
        met, cost, means, gaps = self.met, self.cost, self.mean_error, self.difference
        return [
            {
                "round": n,
                "error": means[n],
                "mean_field": float(self.mean_field.error[n]),
                "difference": gaps[n],
                "quantiles": {f"{q:.4g}": float(value) for q, value in zip(levels, quantiles[n], strict=True)},
                "context_size": float(self.context_size[n].mean()),
                "attempts": Estimate.from_draws(
                    float(self.attempts[n].mean()), self.attempts[n], self.level, whole=True
                ),
                "cost": Estimate.from_draws(float(cost[n].mean()), cost[n], self.level, whole=True),
                "at_target": float(at[n]),
                "met_target": float(met[n]),
            }
            for n in range(self.rounds + 1)
        ]

    def summary(self) -> str:
        rows = self.rows()
        names = list(rows[0]["quantiles"])
        head = ["round", "error", "mean field", "difference", *names, "met target", "attempts", "cost"]
        body = [
            [
                str(row["round"]),
                _value(row["error"]),
                f"{row['mean_field']:.4g}",
                _value(row["difference"], 2),
                *(f"{row['quantiles'][name]:.4g}" for name in names),
                f"{row['met_target']:.1%}",
                _value(row["attempts"]),
                _value(row["cost"]),
            ]
            for row in rows
        ]
        note = "error, attempts, cost (attempts so far): means over runs; numbered columns: quantiles of the error."
        return "\n".join([self.status, "", aligned([head, *body]), "", note])

    def to_frame(self) -> pd.DataFrame:
        """One row a round; an estimate has `_low` and `_high` beside it, a quantile a column `error_q…`."""
        import pandas as pd

        return pd.DataFrame([_flat(row) for row in self.rows()])

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "inputs": {name: _plain(value) for name, value in self.inputs.items()},
            "level": self.level,
            "trajectory": [{name: _plain(value) for name, value in row.items()} for row in self.rows()],
            "provenance": self.provenance,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        return plotting.runs(
            self.error[:, :SHOWN], self.mean_field.error, mean=self.error.mean(axis=1), target=self.target, ax=ax
        )


def _value(estimate: Estimate, digits: int = 4) -> str:
    return "—" if estimate.value is None else f"{estimate.value:.{digits}g}"


def _plain(value: Any) -> Any:
    return value.to_dict() if isinstance(value, Estimate) else value


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Estimate):
            flat |= {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high}
        elif isinstance(value, dict):
            flat |= {f"error_q{level}": one for level, one in value.items()}
        else:
            flat[name] = value
    return flat
