"""From the question to an exact law."""

from __future__ import annotations

import numpy as np

from boostcalc.dynamics.finite.chain import chain, work
from boostcalc.dynamics.finite.distribution import Distribution
from boostcalc.dynamics.loop import Loop
from boostcalc.dynamics.propagation import check_question
from boostcalc.dynamics.start import Start
from boostcalc.errors import UsageError
from boostcalc.odds import RateLike, expit, logit
from boostcalc.results import Estimate, provenance

__all__ = ["distribution"]

MOST_WORK = 3e9
"""Multiplications for the law over all rounds, at most: some seconds."""

MOST_KEPT = 3e7
"""Probabilities that a result holds, at most."""


def distribution(
    loop: Loop,
    *,
    error: RateLike | None = None,
    contamination: RateLike | None = None,
    rounds: int = 10,
    target: float = 0.01,
) -> Distribution:
    """The exact law of a loop with whole batches, round by round, and where it settles.

    The wrong pairs in the context are a Markov chain: under `Replace` on 0…B, under `Append` on a number that grows,
    under `Window` on the wrong pairs of each batch in it.

    Parameters
    ----------
    loop : Loop
        One loop whose rates are known: numbers, no counts and no arrays.
    error, contamination : float
        The start, as in `Start`. The first context holds whole pairs, as in `simulate`.
    rounds : int
        The last round, 0 or more.
    target : float in (0, 1)
        The wanted error rate.

    Raises
    ------
    RateError, UsageError
        If an input is out of range, or the chain has too many states: then simulate.

    Examples
    --------
    >>> import boostcalc as bc
    >>> loop = bc.Loop(tpr=0.8, fpr=0.7, batch=20)
    >>> found = bc.distribution(loop, error=0.5, rounds=10)
    >>> found.settling.probability.round(7)  # of ending all right, and all wrong
    array([0.93594, 0.06406])
    """
    if rounds < 0 or rounds != int(rounds):
        raise UsageError(f"rounds = {rounds} is not a number of rounds: give a whole number, 0 or more")
    start, rounds = Start(error, contamination), int(rounds)
    check_question(loop, start, target=target, level=0.9)
    if start.uncertain:
        raise UsageError("an exact law needs a known start: give numbers, or simulate")
    begin = loop.start(start)
    found = chain(loop, begin)
    sizes = np.array([found.size(n) for n in range(rounds + 1)])
    if work(found, rounds) > MOST_WORK or (rounds + 1) * (sizes.max() + 1) > MOST_KEPT:
        raise UsageError(f"{rounds} rounds have too many states for an exact law: ask for fewer, or simulate")
    law, x, acceptance = (np.full((rounds + 1, int(sizes.max()) + 1), fill) for fill in (0.0, np.nan, np.nan))
    met, mass = np.zeros(rounds + 1), np.tile(found.first(), (2, 1))
    for n in range(rounds + 1):
        now, wrong = found.chances(n), found.wrong(n)
        law[n] = np.bincount(wrong, mass[0], minlength=law.shape[1])
        x[n, wrong], acceptance[n, wrong] = now.logit_error, now.acceptance
        there = now.logit_error <= logit(target)
        met[n] = met[n - 1] * (n > 0) + mass[1, there].sum()  # added up, so that little is not lost in 1 − nearly 1
        mass[1, there] = 0.0  # the second row is what has not met it yet
        if n < rounds:
            mass = found.push(n, mass)
    first = loop.rates(begin)
    return Distribution(
        chain=found,
        context_size=sizes,
        law=law,
        logit_error=x,
        acceptance=acceptance,
        met=met,
        mean_field=loop.trajectory(start, rounds=rounds),
        target=float(target),
        inputs={
            "tpr": Estimate.exact(float(first.t)),
            "fpr": Estimate.exact(float(first.f)),
            "error": Estimate.exact(float(expit(begin.logit_error))),
            "evaluator": loop.evaluator.to_dict(),
            "response": loop.response.to_dict(),
            "context": loop.context.to_dict(),
            "target": float(target),
            "batch": loop.batch,
            "rounds": rounds,
        },
        provenance=provenance(),
    )
