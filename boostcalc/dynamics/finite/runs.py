"""From the question to a simulation: many runs of one loop, batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from boostcalc.dynamics.finite.batches import fill
from boostcalc.dynamics.finite.simulation import Simulation
from boostcalc.dynamics.loop import Loop
from boostcalc.dynamics.policies import Context
from boostcalc.dynamics.propagation import check_question
from boostcalc.dynamics.start import Start, State
from boostcalc.errors import UsageError
from boostcalc.odds import RateLike, expit
from boostcalc.results import Estimate, provenance

__all__ = ["simulate"]

MOST_KEPT = 120_000_000
"""Rounds of all runs together, at most: some gigabytes."""


def simulate(
    loop: Loop,
    *,
    error: RateLike | None = None,
    contamination: RateLike | None = None,
    rounds: int = 10,
    runs: int = 1_000,
    target: float = 0.01,
    level: float = 0.9,
    rng: int | np.random.Generator = 0,
) -> Simulation:
    """Runs of a loop with whole batches: wrong pairs and attempts are drawn from their exact laws.

    Parameters
    ----------
    loop : Loop
        One loop, no arrays. Rates given as counts are drawn anew for each run.
    error, contamination : float or Counts
        The start, as in `Start`. The first context holds whole pairs too: where the share as stated is none of them,
        one more or one less, right on average (to the nearest where none of its pairs stays).
    rounds, runs : int
        The last round, 0 or more, and how many runs, 1 or more.
    target : float in (0, 1)
        The wanted error rate.
    level : float in (0, 1)
        Of the intervals.
    rng : seed or Generator
        A seed is recorded in the result.

    Raises
    ------
    RateError, UsageError
        If an input is out of range or an array, if the batch is not whole, if no context gives the start error and
        the loop needs one, or if so many rounds of so many runs are too many to keep.

    Examples
    --------
    >>> import boostcalc as bc
    >>> found = bc.simulate(bc.Loop(tpr=0.8, fpr=0.7, batch=20), error=0.5, rounds=200, runs=4_000, rng=0)
    >>> print(f"{found.error[-1].mean():.3f}")  # the share that ends all wrong: 0.064 by the exact chain
    0.065
    """
    for name, value, least in (("rounds", rounds, 0), ("runs", runs, 1)):
        if value < least or value != int(value):
            raise UsageError(f"{name} = {value} is not a number of {name}: give a whole number, {least} or more")
    if (rounds + 1) * runs > MOST_KEPT:
        raise UsageError(
            f"{rounds:,} rounds of {runs:,} runs are too many to keep: ask for fewer, together at most {MOST_KEPT:,}"
        )
    start = Start(error, contamination)
    check_question(loop, start, target=target, level=level)
    generator, runs = np.random.default_rng(rng), int(runs)
    many = loop.sample(generator, runs) if loop.evaluator.uncertain else loop
    begin = _many(many.start(start.sample(generator, runs)), runs)
    if np.isnan(begin.logit_error).any():
        raise UsageError("in some of the runs no context gives the start error: state its contamination as well")
    drawn = fill(many, begin, rounds=int(rounds), rng=generator)
    return Simulation(
        loop=many,
        logit_error=drawn.logit_error(many, begin),
        context_size=drawn.context_size,
        context_wrong=drawn.context_wrong,
        batch_wrong=drawn.batch_wrong,
        attempts=np.asarray(drawn.attempts),
        logit_start=begin.context.logit_share,
        mean_field=loop.trajectory(start, rounds=int(rounds)),
        target=float(target),
        level=level,
        inputs=_inputs(loop, start, many, begin, level)
        | {"target": float(target), "batch": loop.batch, "rounds": int(rounds), "runs": runs},
        provenance=provenance(seed=int(rng) if isinstance(rng, int | np.integer) else None),
    )


def _many(state: State, runs: int) -> State:
    """The state once for each run."""
    x, share = (np.broadcast_to(values, (runs,)) for values in (state.logit_error, state.context.logit_share))
    return State(x, Context.plain(state.context.size, share))


def _inputs(loop: Loop, start: Start, many: Loop, begin: State, level: float) -> dict[str, Any]:
    """What was asked: rates as estimates where they were drawn."""
    first, drawn = loop.rates(loop.start(start)), many.rates(begin)
    pairs = {"tpr": (first.t, drawn.t), "fpr": (first.f, drawn.f)}
    pairs["error"] = (expit(loop.start(start).logit_error), expit(begin.logit_error))
    return {
        **{
            name: Estimate.exact(float(value))
            if np.ptp(draws) == 0
            else Estimate.from_draws(float(value), draws, level)
            for name, (value, draws) in pairs.items()
        },
        "evaluator": loop.evaluator.to_dict(),
        "response": loop.response.to_dict(),
        "context": loop.context.to_dict(),
    }
