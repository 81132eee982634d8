"""Append with finite batches: an urn filled with its own draws, whose limit is random where there are several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.dynamics.finite.chain import Growing, work
from boostcalc.dynamics.loop import Loop
from boostcalc.dynamics.policies import Append
from boostcalc.dynamics.propagation import check_question
from boostcalc.dynamics.start import Start
from boostcalc.errors import UsageError
from boostcalc.odds import Array, RateLike, expit
from boostcalc.results import Result, finite, provenance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["UrnLimits", "urn_limits"]

MOST_WORK = 3e9
"""Multiplications for the law, at most: some seconds."""

NEAR = 2.0
"""Standard deviations of what chance may still do, within which a context counts as near a divide."""

BINS = 200
"""Bins of the contamination in a figure."""


@dataclass(frozen=True, eq=False)
class UrnLimits(Result):
    """Where a loop that appends its batches ends, and with what odds.

    Attributes
    ----------
    error, contamination : array, shape (k,)
        The limits: the error there, and the wrong share of the context.
    probability : array, shape (k,)
        P(the loop is in the basin of each when the context has `size` pairs); they sum to 1 with `undivided`.
    undivided : probability of a context exactly on a divide.
    near : probability of a context near a divide: chance may still take it to the other side.
    size, rounds : pairs in the context up to which the law is exact, and the round in which it has them.
    law : array, shape `(size + 1,)`
        P(so many wrong pairs) then.
    everywhere : whether every share is a fixed point: the limit then has a density, to which `law` tends.
    """

    kind = "urn limits"

    error: Array
    contamination: Array
    probability: Array
    undivided: float
    near: float
    size: int
    rounds: int
    law: Array
    everywhere: bool
    provenance: dict[str, Any]

    @property
    def status(self) -> str:  # type: ignore[override]  # computed here, a field elsewhere
        """The odds in one sentence, and how far they are settled."""
        if self.everywhere:
            mean = float(self.law @ np.arange(self.size + 1)) / max(self.size, 1)
            return (
                "Every share is a fixed point, so the limit is random with a density; "
                f"at {self.size:,} pairs the mean share is {mean:.4g}."
            )
        ends = " or ".join(
            f"near error {error:.4g} (probability {chance:.4g})"
            for error, chance in zip(self.error, self.probability, strict=True)
        )
        return (
            f"The loop ends {ends}, judged at a context of {self.size:,} pairs (round {self.rounds:,}); "
            f"{self.near + self.undivided:.2g} of the probability is then still near a divide."
        )

    def summary(self) -> str:
        return f"{self.status}\n{self.to_frame().to_string(index=False)}"

    def to_frame(self) -> pd.DataFrame:
        """One row a limit: `error`, `contamination`, `probability`."""
        import pandas as pd

        names = ("error", "contamination", "probability")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def body(self) -> dict[str, Any]:
        rows = zip(self.error, self.contamination, self.probability, strict=True)
        return {
            "status": self.status,
            "limits": [{"error": finite(e), "contamination": finite(c), "probability": finite(p)} for e, c, p in rows],
            "undivided": self.undivided,
            "near_a_divide": self.near,
            "context_size": self.size,
            "rounds": self.rounds,
            "everywhere": self.everywhere,
            "provenance": self.provenance,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        states = np.arange(0, self.size + 1, -(-(self.size + 1) // BINS))  # as many of them in each bin
        edges = (np.append(states, self.size + 1) - 0.5) / max(self.size, 1)
        return plotting.shares(edges, np.add.reduceat(self.law, states), limits=self.contamination, ax=ax)


def urn_limits(
    loop: Loop,
    *,
    error: RateLike | None = None,
    contamination: RateLike | None = None,
    size: int = 2_000,
) -> UrnLimits:
    """The odds of each limit of a loop that appends its batches.

    The chain of wrong pairs is followed exactly until the context has `size` pairs; then each share is taken to go
    where the mean field takes it. What chance can do from there on has a variance below 1/(4K) (theorem `polya-urn`);
    `near` says how much probability lies within two standard deviations of it, $2\\sqrt{c(1-c)/K}$, of a divide at c.

    Parameters
    ----------
    loop : Loop
        One loop with the policy `Append` and known rates.
    error, contamination : float
        The start, as in `Start`.
    size : int
        Pairs up to which the law is exact.

    Raises
    ------
    RateError, UsageError
        If the policy is another, an input is out of range, or the law would take too much work.

    Examples
    --------
    >>> import boostcalc as bc
    >>> loop = bc.Loop(tpr=0.8, fpr=0.7, response=bc.Evidence(a=-4, b=8), context=bc.Append(size=10), batch=4)
    >>> urn_limits(loop, error=0.5).probability.round(2)
    array([0.67, 0.33])
    """
    if not isinstance(loop.context, Append):
        raise UsageError(f"the context policy {loop.context.family} is no urn: only what is appended stays for ever")
    start = Start(error, contamination)
    check_question(loop, start, target=0.5, level=0.9)
    if loop.evaluator.uncertain or start.uncertain:
        raise UsageError("an exact law needs known rates and a known start: give numbers")
    chain = Growing(loop, loop.start(start))
    rounds = max(1, -(-(int(size) - chain.first_size) // chain.batch))
    if work(chain, rounds) > MOST_WORK:
        raise UsageError(f"a context of {size:,} pairs has too many states for an exact law: ask for a smaller one")
    law = chain.first()
    for n in range(rounds):
        law = chain.push(n, law)
    return _judged(loop, chain, rounds, law)


def _judged(loop: Loop, chain: Growing, rounds: int, law: Array) -> UrnLimits:
    """The law assigned to the basins of the mean field."""
    points, size, wrong = loop.fixed_points(), chain.size(rounds), chain.wrong(rounds)
    everywhere = bool(points.everywhere) or chain.stuck
    seen = ~np.isnan(points.logit_error) & (not everywhere)
    x, stable = points.logit_error[seen], points.stable[seen]
    drifts = loop.evaluator.drifts
    context = loop.curve.inverse(x) if drifts else loop.evaluator.under(np.nan).filter(x)
    # a certain answer of which none is accepted is left at once: its context is that of the other kind
    share = np.where(np.isnan(context), expit(x), expit(context))
    now = chain.chances(rounds)
    held = (now.contamination * size == wrong) & np.isin(wrong, (0, size))  # all alike, and what joins is as well
    contexts = wrong / max(size, 1)
    divides, ends = share[~stable], share[stable]
    inner = divides[(divides > 0) & (divides < 1)]
    home = np.searchsorted(inner, contexts)
    on = np.isin(contexts, inner) & ~held
    limits = np.concatenate([ends, divides[np.isin(divides, (0.0, 1.0))]])
    errors = np.concatenate([x[stable], x[~stable][np.isin(divides, (0.0, 1.0))]])
    chance = np.array([_mass(law, contexts, home, held, on, limit, inner, limit in ends) for limit in limits])
    wide = NEAR * np.sqrt(inner * (1 - inner) / max(size, 1))
    close = (np.abs(contexts[:, None] - inner) <= wide).any(axis=1) & ~on & ~held
    order = np.argsort(limits, kind="stable")
    kept = order[(chance[order] > 0) | np.isin(limits[order], ends)]
    return UrnLimits(
        error=expit(errors[kept]),
        contamination=limits[kept],
        probability=chance[kept],
        undivided=float(law[on].sum()),
        near=float(law[close].sum()),
        size=size,
        rounds=rounds,
        law=law,
        everywhere=everywhere,
        provenance=provenance(),
    )


def _mass(
    law: Array, contexts: Array, home: Any, held: Any, on: Any, limit: float, divides: Array, attracts: bool
) -> float:
    """Probability of ending at this limit: held there, or drawn to it from its basin."""
    there = held & (contexts == limit)
    if attracts:
        there = there | ((home == np.searchsorted(divides, limit)) & ~held & ~on)
    return float(law[there].sum())
