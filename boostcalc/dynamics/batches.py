"""Real batches: the number of wrong pairs in each is drawn, where the mean field takes what is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boostcalc.dynamics.trajectory import Trajectory
from boostcalc.odds import expit, logit

if TYPE_CHECKING:
    from boostcalc.dynamics.loop import Loop
    from boostcalc.dynamics.start import State

__all__ = ["simulate"]


def simulate(loop: Loop, start: State, *, rounds: int, rng: np.random.Generator) -> Trajectory:
    """One run of each loop: wrong pairs in a batch ~ Bin(B, c), the exact law of a filled buffer.

    Parameters
    ----------
    loop : Loop
    start : State
        Of round 0; its arrays have the loops' shape (…).
    rounds : int
    rng : Generator

    Returns
    -------
    Trajectory
        The errors under the contexts that came about, shape `(rounds + 1, …)`. `contamination` stays what is
        expected of a round's acceptances, given its error; what was drawn is in the next context.
    """
    pairs, states = round(loop.batch), [start]
    for _ in range(rounds):
        expected = expit(loop.rates(states[-1]).filter(states[-1].logit_error))
        wrong = rng.binomial(pairs, np.nan_to_num(expected))
        # nan: nothing is accepted, and the state will stay
        states.append(loop.after(states[-1], np.where(np.isnan(expected), np.nan, logit(wrong / pairs))))
    return Trajectory.of(loop, states, rounds)
