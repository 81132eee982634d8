"""Several votes of an evaluator on one answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.dynamics.evaluators.base import BaseEvaluator, Rates
from boostcalc.dynamics.evaluators.tails import Law, Pair
from boostcalc.errors import UsageError
from boostcalc.odds import Array

__all__ = ["MOST_VOTES", "Votes"]

MOST_VOTES = 1_000
"""The most votes: the orders in which more of them may come in do not fit a double."""

AT_ONCE = 1_000_000
"""Terms of the sums over votes that are held at once."""


@dataclass(frozen=True, eq=False)
class Votes(BaseEvaluator):
    r"""Accepts an answer when at least `needed` of `m` votes of another evaluator accept it.

    With independent votes its rates are the binomial tails
    $T = \sum_{j \ge k} \binom{m}{j} t^j (1-t)^{m-j}$ and the same of f: $t^m$ and $f^m$ for unanimity, and for the
    majority of three $3t^2 - 2t^3$ (Schapire 1990, The strength of weak learnability). Votes on the same answer that
    agree more often than that are exchangeable with the beta-binomial law of mean t (or f) and
    $\rho = 1/(\alpha + \beta + 1)$; at ρ → 1 they are all the same.

    Parameters
    ----------
    evaluator : BaseEvaluator
        The one that votes; its rates may drift, be arrays or be known through counts.
    m : int, 1 to 1000
        Votes on an answer.
    needed : int, 1 to m, optional
        Votes that have to accept; by default the majority, ⌊m/2⌋ + 1 (of an even number: more than half).
    correlation : float in [0, 1)
        ρ, the correlation of two votes on one answer, given whether it is correct.

    Raises
    ------
    UsageError
        If `m`, `needed` or `correlation` is out of range.

    Examples
    --------
    >>> import boostcalc as bc
    >>> three = bc.Votes(bc.Evaluator(0.8, 0.1), m=3)
    >>> print(f"{three.rates.t:.3f} {three.rates.f:.3f}")
    0.896 0.028
    """

    evaluator: BaseEvaluator
    m: int
    needed: int | None = None
    correlation: float = 0.0

    def __post_init__(self) -> None:
        _whole("m", self.m, MOST_VOTES, "votes on an answer")
        if self.needed is None:
            object.__setattr__(self, "needed", self.m // 2 + 1)
        _whole("needed", self.needed, self.m, "votes that have to accept")
        if not 0 <= self.correlation < 1:
            raise UsageError(
                f"correlation = {self.correlation} is out of range: that of two votes lies in [0, 1); "
                "at 1 all votes are one vote, so ask for a single one"
            )

    @property
    def law(self) -> Law:
        """How many of the votes have to accept, and how they go together."""
        return Law(int(self.m), int(self.needed or 0), float(self.correlation))

    @property
    def drifts(self) -> bool:  # type: ignore[override]  # that of the votes, a constant elsewhere
        return self.evaluator.drifts

    @property
    def uncertain(self) -> bool:  # type: ignore[override]  # as above
        return self.evaluator.uncertain

    @cached_property
    def rates(self) -> Rates:
        """The rates of votes that do not drift."""
        return self._counted(self.evaluator.under(np.nan))

    def under(self, logit_context: ArrayLike) -> Rates:
        return self._counted(self.evaluator.under(logit_context)) if self.drifts else self.rates

    def _counted(self, votes: Rates) -> Rates:
        """The rates of the count, from those of one vote."""
        if self.m == 1:
            return votes
        full = np.broadcast_arrays(votes.t, votes.f, *votes.rejection, votes.log_lr)
        flat = [np.ravel(part) for part in full]
        at_once = max(1, AT_ONCE // (self.m + 1))
        pieces = [
            _counted(self.law, *(part[first : first + at_once] for part in flat))
            for first in range(0, max(flat[0].size, 1), at_once)
        ]
        joined = (np.concatenate(part).reshape(full[0].shape) for part in zip(*pieces, strict=True))
        t, f, t_rest, f_rest, log_lr = joined
        return Rates(t, f, log_lr, (t_rest, f_rest))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.evaluator.shape

    def sample(self, rng: np.random.Generator, size: int) -> Votes:
        return replace(self, evaluator=self.evaluator.sample(rng, size))

    def take(self, chosen: NDArray[Any]) -> Votes:
        return replace(self, evaluator=self.evaluator.take(chosen))

    def ravel(self, shape: tuple[int, ...]) -> Votes:
        return replace(self, evaluator=self.evaluator.ravel(shape))

    def to_dict(self) -> dict[str, Any]:
        law = {"m": int(self.m), "needed": int(self.needed or 0), "correlation": float(self.correlation)}
        return {"family": "votes", "parameters": {"evaluator": self.evaluator.to_dict(), **law}}


def _whole(name: str, value: Any, most: int, what: str) -> None:
    whole = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (whole and 1 <= value <= most and value == np.floor(value)):
        raise UsageError(f"{name} = {value!r} is out of range: the {what} are a whole number from 1 to {most}")


def _counted(law: Law, t: Array, f: Array, t_rest: Array, f_rest: Array, log_lr: Array) -> tuple[Array, ...]:
    """t, f, 1 − t, 1 − f and Λ of the counted votes, from those of one vote, each of shape (n,)."""
    t_tail, t_missed = _both_tails(law, t, t_rest)
    f_tail, f_missed = _both_tails(law, f, f_rest)
    # one rate above the other and both above 0; elsewhere any pair does, as the answer is known
    regular = np.isfinite(log_lr) & (log_lr != 0)
    up = log_lr > 0
    low, low_rest, high_rest = np.where(up, [f, f_rest, t_rest], [t, t_rest, f_rest])
    low, low_rest, high_rest = (
        np.where(regular, given, safe) for given, safe in ((low, 0.5), (low_rest, 0.5), (high_rest, 0.25))
    )
    pair = Pair(low, low_rest, high_rest, np.where(regular, np.abs(log_lr), np.log(1.5)))
    with np.errstate(divide="ignore", over="ignore"):  # ln 0 = −∞ where a rate is 1; next to a rate of 0 all is large
        counted = law.log_ratio(pair)
    return t_tail, f_tail, t_missed, f_missed, np.where(regular, np.sign(log_lr) * counted, log_lr)


def _both_tails(law: Law, rate: Array, rest: Array) -> tuple[Array, Array]:
    """P(accept) and P(reject), each with full relative precision, together 1."""
    with np.errstate(divide="ignore", under="ignore"):  # as above; a tail may be below the least double
        accept, reject = np.exp(law.log_tail(rate, rest)), np.exp(law.refused.log_tail(rest, rate))
    return np.where(reject < accept, 1 - reject, accept), np.where(reject < accept, reject, 1 - accept)
