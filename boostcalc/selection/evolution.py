"""What becomes of many types of answer, beside what pooled rates promise: the answer of `Types.predict`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit
from boostcalc.results import Estimate, Result, aligned
from boostcalc.selection.kernels import step
from boostcalc.selection.verdict import verdict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from boostcalc.selection.types import Types

__all__ = ["Evolution"]


@dataclass(frozen=True, eq=False)
class Evolution(Result):
    """Rounds 0…n of K types of answer; arrays of shape `(rounds + 1,)` or `(rounds + 1, K)`.

    Attributes
    ----------
    status : str
        What happens, in one sentence.
    types : Types
        The question.
    batch : accepted pairs that fill the buffer.
    log_shares, log_limit : log shares of the types by round, and in the limit (`nan` where there is none).
    logit_error, logit_limit : log-odds of the error by round, and in the limit.
    logit_promised, logit_promised_limit : those that a forecast from the pooled rates of round 0 gives; `nan` where
        round 0 has no such rates.
    multiplier : the factor by which what is left to go shrinks in the end.
    """

    kind = "types"

    status: str
    types: Types
    batch: float
    log_shares: Array
    log_limit: Array
    logit_error: Array
    logit_limit: float
    logit_promised: Array
    logit_promised_limit: float
    multiplier: float

    @classmethod
    def of(cls, types: Types, rounds: int, batch: float) -> Evolution:
        """`Types.predict`."""
        if rounds < 0 or rounds != int(rounds):
            raise UsageError(f"rounds = {rounds} is not a number of rounds: give a whole number, 0 or more")
        if not batch >= 1:
            raise UsageError(f"batch = {batch} is not a number of pairs: it must be 1 or more")
        path, end = _walked(types, int(rounds)), types.log_limit()
        error, limit = types.log_odds(path), float(types.log_odds(end))
        promised, promised_limit = _promised(types, int(rounds))
        status = verdict(types, error, limit, end, promised_limit)
        return cls(status, types, batch, path, end, error, limit, promised, promised_limit, types.multiplier)

    @property
    def rounds(self) -> int:
        """The last round's number."""
        return len(self.logit_error) - 1

    @property
    def shares(self) -> Array:
        """Shares of the types among a round's answers, shape `(rounds + 1, K)`."""
        return np.asarray(np.exp(self.log_shares))

    @property
    def error(self) -> Array:
        """Error rate by round."""
        return expit(self.logit_error)

    @property
    def correct(self) -> Array:
        """1 − error rate, at full precision where it is tiny."""
        return expit(-self.logit_error)

    @property
    def promised(self) -> Array:
        """Error rate by round that the pooled rates of round 0 promise."""
        return expit(self.logit_promised)

    @property
    def limit(self) -> float:
        """The error rate in the limit; `nan` where there is none."""
        return float(expit(self.logit_limit))

    @property
    def promised_limit(self) -> float:
        """The error rate that the pooled rates of round 0 promise in the limit."""
        return float(expit(self.logit_promised_limit))

    @property
    def tpr(self) -> Array:
        """Acceptance of a round's correct answers taken together; `nan` where it has none."""
        return self.types.rate(self.types.correct, self.log_shares)

    @property
    def fpr(self) -> Array:
        """Acceptance of a round's wrong answers taken together; `nan` where it has none."""
        return self.types.rate(~self.types.correct, self.log_shares)

    @property
    def likelihood_ratio(self) -> Array:
        """TPR/FPR of the round, pooled over the types."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.tpr / self.fpr)

    @property
    def acceptance(self) -> Array:
        """Share of a round's answers that are accepted."""
        return self.types.rate(np.ones(len(self.types.names), dtype=bool), self.log_shares)

    @property
    def contamination(self) -> Array:
        """Share of wrong pairs among those accepted in the round; `nan` where it accepts nothing."""
        with np.errstate(divide="ignore"):
            return expit(self.types.log_odds(self.log_shares + np.log(self.types.acceptance)))

    @property
    def attempts(self) -> Array:
        """Expected answers until the batch is full; `inf` where nothing is accepted."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.batch / self.acceptance)

    def columns(self) -> dict[str, Array]:
        """What is said of each round, by name; each array has shape `(rounds + 1,)`."""
        told = ("error", "promised", "tpr", "fpr", "likelihood_ratio", "acceptance", "contamination", "attempts")
        return {name: getattr(self, name) for name in told}

    def summary(self) -> str:
        settled = f"Settles at: error {_text(self.limit)} (multiplier {_text(self.multiplier)})"
        return "\n".join(
            [
                self.status,
                "",
                self._by_round(),
                "",
                self._kinds(),
                "",
                f"{settled}; promised: {_text(self.promised_limit)}",
                "promised: what TP and FP of round 0, pooled over the types, say of later rounds if they stay.",
                f"Assumed: {self._response()}, acceptances that stay as they are, batches of {self.batch:g} "
                "(as expected, without the chance of single batches).",
            ]
        )

    def _by_round(self) -> str:
        heads = ("round", "error", "promised", "TP", "FP", "TP/FP", "acceptance", "contamination", "attempts")
        columns = self.columns().values()
        return aligned([heads, *([str(n), *(_text(column[n]) for column in columns)] for n in range(self.rounds + 1))])

    def _kinds(self) -> str:
        types = self.types
        rows = zip(types.names, types.correct, types.acceptance, types.start, np.exp(self.log_limit), strict=True)
        body = [[name, "correct" if right else "wrong", *map(_text, numbers)] for name, right, *numbers in rows]
        return aligned([["type", "counts as", "acceptance", "share in round 0", "in the limit"], *body])

    def _response(self) -> str:
        return "perfect adaptation" if self.types.mutation is None else "answers by the mutation matrix as given"

    def to_frame(self) -> pd.DataFrame:
        """One row a round: the columns of `columns`, and `share of NAME` for each type."""
        import pandas as pd

        kinds = {f"share of {name}": share for name, share in zip(self.types.names, self.shares.T, strict=True)}
        return pd.DataFrame({"round": np.arange(self.rounds + 1), **self.columns(), **kinds})

    def body(self) -> dict[str, Any]:
        types, columns = self.types, self.columns()
        kinds = zip(types.names, types.start, types.acceptance, types.correct, strict=True)
        return {
            "status": self.status,
            "inputs": {
                "types": [
                    {"name": name, "share": _number(share), "acceptance": _number(rate), "correct": bool(right)}
                    for name, share, rate, right in kinds
                ],
                "mutation": None if types.mutation is None else types.mutation.tolist(),
                "batch": self.batch,
                "rounds": self.rounds,
            },
            "limit": {
                "error": _number(self.limit),
                "multiplier": _number(self.multiplier),
                "shares": self._by_type(np.exp(self.log_limit)),
            },
            "promised": {
                "limit": _number(self.promised_limit),
                "tpr": _number(self.tpr[0]),
                "fpr": _number(self.fpr[0]),
            },
            "trajectory": [
                {
                    "round": n,
                    **{name: _number(column[n]) for name, column in columns.items()},
                    "shares": self._by_type(self.shares[n]),
                }
                for n in range(self.rounds + 1)
            ],
        }

    def _by_type(self, shares: Array) -> dict[str, Any]:
        return {name: _number(share) for name, share in zip(self.types.names, shares, strict=True)}

    def plot(self, ax: Axes | None = None) -> Axes:
        return plotting.types(
            self.shares, self.types.names, self.types.correct.tolist(), promised=self.promised, limit=self.limit, ax=ax
        )


def _text(value: float) -> str:
    return Estimate.exact(float(value)).text()


def _number(value: Any) -> dict[str, float | None]:
    return Estimate.exact(float(value)).to_dict()


def _walked(types: Types, rounds: int) -> Array:
    """Log shares of rounds 0…`rounds`, shape (rounds + 1, K)."""
    if types.mutation is None:
        return types.log_shares(np.arange(rounds + 1))
    path = [types.log_shares()]
    for _ in range(rounds):
        path.append(step(path[-1], types.matrix))
    return np.stack(path)


def _promised(types: Types, rounds: int) -> tuple[Array, float]:
    """Log-odds of the error by round and in the limit, of the loop with the pooled rates of round 0."""
    if not types.start[types.correct].any() or not types.start[~types.correct].any():
        return np.full(rounds + 1, np.nan), float("nan")
    pooled = types.pooled()
    return pooled.log_odds(_walked(pooled, rounds)), float(pooled.log_odds(pooled.log_limit()))
