"""A loop, round by round: plain arrays, round 0 included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.odds import Array, expit
from boostcalc.results import Result, finite

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from boostcalc.dynamics.loop import Loop
    from boostcalc.dynamics.start import State

__all__ = ["Trajectory"]


@dataclass(frozen=True, eq=False)
class Trajectory(Result):
    """The rounds 0…n of a loop; each array has shape `(rounds + 1, …)`, … being that of the inputs.

    Attributes
    ----------
    logit_error : log-odds of the error rate of the round.
    context_size : pairs in the context that the round's answers saw.
    logit_context : log-odds of that context's contamination; `nan` where no context gives the start error.
    logit_contamination : log-odds of the contamination of what the round accepted; `nan` where it accepted nothing.
    acceptance : share of the round's answers that were accepted.
    attempts : expected answers until the batch was full; `inf` where nothing is accepted.
    """

    kind = "trajectory"

    logit_error: Array
    context_size: Array
    logit_context: Array
    logit_contamination: Array
    acceptance: Array
    attempts: Array

    @classmethod
    def of(cls, loop: Loop, states: Iterable[State], rounds: int) -> Trajectory:
        """Successive states of a loop, `rounds` + 1 of them, with what each round accepts and costs.

        Nothing but the answer is kept: the states may come one by one.
        """
        columns: dict[str, Array] = {}
        sizes: list[Array] = []
        for n, state in enumerate(states):
            rates = loop.rates(state)
            acceptance = rates.acceptance(state.logit_error)
            with np.errstate(divide="ignore"):
                attempts = loop.batch / acceptance
            sizes.append(state.context.size)
            row = {
                "logit_error": state.logit_error,
                "logit_context": state.context.logit_share,
                "logit_contamination": rates.filter(state.logit_error),
                "acceptance": acceptance,
                "attempts": attempts,
            }
            for name, value in row.items():
                if n == 0:
                    columns[name] = np.empty((rounds + 1, *state.logit_error.shape))
                columns[name][n] = value
        return cls(context_size=_stacked(sizes), **columns)

    @property
    def status(self) -> str:  # type: ignore[override]  # computed here, a field elsewhere
        """First and last error, or how many loops there are."""
        if self.logit_error.ndim > 1:
            return f"{self.logit_error[0].size} loops over {self.rounds} rounds"
        return f"error {self.error[0]:.4g} at round 0, {self.error[-1]:.4g} at round {self.rounds}"

    @property
    def error(self) -> Array:
        """Error rate."""
        return expit(self.logit_error)

    @property
    def correct(self) -> Array:
        """1 − error rate, at full precision where it is tiny."""
        return expit(-self.logit_error)

    @property
    def context_contamination(self) -> Array:
        """Share of wrong pairs in the context that the round's answers saw."""
        return expit(self.logit_context)

    @property
    def contamination(self) -> Array:
        """Share of wrong pairs among those accepted in the round."""
        return expit(self.logit_contamination)

    @property
    def rounds(self) -> int:
        """The last round's number."""
        return int(self.logit_error.shape[0]) - 1

    def rows(self) -> list[dict[str, Any]]:
        """One record a round and loop, by column (a `loop` column numbers the loops where there are several)."""
        columns = {
            "error": self.error,
            "context_size": self.context_size,
            "context_contamination": self.context_contamination,
            "acceptance": self.acceptance,
            "contamination": self.contamination,
            "attempts": self.attempts,
        }
        flat = {name: values.reshape(self.rounds + 1, -1) for name, values in columns.items()}
        loops = flat["error"].shape[1]
        return [
            {"round": n, **({"loop": i} if loops > 1 else {}), **{name: float(v[n, i]) for name, v in flat.items()}}
            for i in range(loops)
            for n in range(self.rounds + 1)
        ]

    def summary(self) -> str:
        return f"{self.status}\n{self.to_frame().to_string(index=False)}"

    def to_frame(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.rows())

    def body(self) -> dict[str, Any]:
        rows = [{name: finite(value) for name, value in row.items()} for row in self.rows()]
        return {"status": self.status, "trajectory": rows}

    def plot(self, ax: Axes | None = None) -> Axes:
        return plotting.trajectory(self.error, ax=ax)


def _stacked(sizes: list[Array]) -> Array:
    """The sizes round by round; a view of one number a round where all loops have the same."""
    shape = (len(sizes), *sizes[0].shape)
    if any(stride != 0 for size in sizes for stride in size.strides) or not sizes[0].size:
        return np.stack(sizes)
    each = np.array([size.flat[0] for size in sizes])
    return np.broadcast_to(each.reshape(-1, *(1,) * (len(shape) - 1)), shape)
