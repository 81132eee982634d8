"""Simulated runs in the schema of logged ones, so that they go through the same `read_runs` and `fit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boostcalc.dynamics import Context, State
from boostcalc.dynamics.finite import Simulation
from boostcalc.dynamics.finite.batches import States
from boostcalc.dynamics.policies import Whole
from boostcalc.errors import UsageError
from boostcalc.odds import both_shares, log_ratio

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["simulated_log"]

MOST_ROWS = 50_000_000
"""Attempts that a log may list one by one."""

MOST_COUNTED = 2**53
"""Attempts of a round that a log may count."""

SAME = 1e-9
"""Log-odds within which the error of round 0 is the response to its context of whole pairs."""


def simulated_log(simulation: Simulation, *, counted: bool = False, rng: int | np.random.Generator = 0) -> pd.DataFrame:
    r"""The runs of a simulation as a log: one row an attempt, or counts by round and outcome.

    The accepted are those of the simulation, the last attempt of a round among them. Of the A − B rejected,
    $\mathrm{Bin}(A - B, r)$ are wrong with $r = \varepsilon(1-f)/(1-a)$; every order is equally likely.

    Parameters
    ----------
    simulation : Simulation
    counted : bool
        One row for each run, round, truth and verdict, and how many attempts (`n`) were so.
    rng : seed or Generator
        For the rejected and the order; a seed gives other draws than the simulation's, also where it is the same.

    Returns
    -------
    DataFrame
        Columns `run`, `block` (each run is one), `round`, `query` (not if counted), `context_size`,
        `context_wrong`, `correct`, `accepted`, and `n` if counted. `context_wrong` is null in round 0 unless the error
        stated there is the response to a context of whole pairs. Rounds that accept nothing never end: not listed.

    Raises
    ------
    UsageError
        If there are too many attempts to list one by one, or to count.

    Examples
    --------
    >>> import boostcalc as bc
    >>> loop = bc.Loop(tpr=0.8, fpr=0.7, response=bc.Evidence(a=-3, b=6))
    >>> log = bc.simulated_log(bc.simulate(loop, error=0.5, rounds=3, runs=20))
    >>> bc.read_runs(log).n_attempts == len(log)
    True
    """
    seeded = np.random.SeedSequence(rng, spawn_key=(1,)) if isinstance(rng, int | np.integer) else rng
    generator = np.random.default_rng(seeded)
    cells = _cells(simulation)
    rejected = cells["attempts"] - simulation.batch
    cells["rejected_wrong"] = generator.binomial(rejected, cells.pop("wrong_of_rejected"))
    return _counted(cells, simulation.batch) if counted else _listed(cells, simulation.batch, generator)


def _cells(simulation: Simulation) -> dict[str, NDArray[Any]]:
    """One entry for each run and round that ended, run by run."""
    size, wrong = simulation.context_size, simulation.context_wrong
    share = log_ratio(wrong, size - wrong)
    share[0] = simulation.logit_start
    rates = simulation.loop.rates(State(simulation.logit_error, Context.plain(size, share)))
    bad, good = both_shares(simulation.logit_error)
    refused, other = bad * (1 - rates.f), good * (1 - rates.t)
    either = refused + other
    ended = np.isfinite(simulation.attempts)
    if (simulation.attempts[ended] >= MOST_COUNTED).any():
        raise UsageError("a round took more attempts than can be counted one by one: so little is accepted")
    columns = {
        "run": np.broadcast_to(np.arange(simulation.runs), ended.shape),
        "round": np.broadcast_to(np.arange(simulation.rounds + 1)[:, None], ended.shape),
        "context_size": size,
        "context_wrong": wrong,
        "known": _known(simulation),
        "attempts": np.where(ended, simulation.attempts, 0).astype(np.int64),
        "batch_wrong": simulation.batch_wrong,
        "wrong_of_rejected": np.divide(refused, either, out=np.zeros_like(either), where=either > 0),
    }
    return {name: column.T[ended.T] for name, column in columns.items()}


def _known(simulation: Simulation) -> NDArray[np.bool_]:
    """Where the context that is counted is the one that the answers responded to."""
    size, wrong, x = simulation.context_size[0], simulation.context_wrong[0], simulation.logit_error[0]
    known = np.ones(simulation.logit_error.shape, dtype=bool)
    answer = States(simulation.loop).at(size, wrong).logit_error
    with np.errstate(invalid="ignore"):
        known[0] = (size == 0) | (answer == x) | (np.abs(answer - x) <= SAME)
    return known


def _counted(cells: dict[str, NDArray[Any]], batch: int) -> pd.DataFrame:
    import pandas as pd

    attempts, accepted_wrong, rejected_wrong = cells["attempts"], cells["batch_wrong"], cells["rejected_wrong"]
    outcomes = {
        (True, True): batch - accepted_wrong,
        (True, False): attempts - batch - rejected_wrong,
        (False, True): accepted_wrong,
        (False, False): rejected_wrong,
    }
    n = np.stack(list(outcomes.values()), axis=1).ravel()
    kinds = np.tile(np.array(list(outcomes)), (len(attempts), 1))
    frame = _frame(cells, np.repeat(np.arange(len(attempts)), 4), kinds[:, 0], kinds[:, 1])
    return pd.DataFrame(frame.assign(n=n)[n > 0].reset_index(drop=True))


def _listed(cells: dict[str, NDArray[Any]], batch: int, rng: np.random.Generator) -> pd.DataFrame:
    """Attempts in an order drawn evenly from all that end with an acceptance."""
    attempts = cells["attempts"]
    total = int(attempts.sum())
    if total > MOST_ROWS:
        raise UsageError(f"{total:,} attempts are too many to list one by one: take the counted form")
    cell = np.repeat(np.arange(len(attempts)), attempts)
    place = np.arange(total) - np.repeat(np.cumsum(attempts) - attempts, attempts)
    key = rng.random(total)
    key[place == attempts[cell] - 1] = -1.0  # the last is accepted: it comes first
    accepted = _first(batch, cell, place, (key, cell))
    # at random, but the accepted before the rejected
    order = np.lexsort((rng.random(total), ~accepted, cell))
    wrong = np.empty(total, dtype=bool)
    of_batch = place < batch
    wrong[order] = np.where(of_batch, place < cells["batch_wrong"][cell], place - batch < cells["rejected_wrong"][cell])
    frame = _frame(cells, cell, ~wrong, accepted)
    names = (
        frame["run"] + "/" + frame["round"].astype(str) + "/" + (frame.groupby(["run", "round"]).cumcount()).astype(str)
    )
    frame.insert(3, "query", names)
    return frame


def _first(count: int, cell: Whole, place: Whole, keys: tuple[NDArray[Any], ...]) -> NDArray[np.bool_]:
    """Whether each entry is among the first `count` of its cell in the order of the keys."""
    chosen = np.empty(len(cell), dtype=bool)
    chosen[np.lexsort(keys)] = place < count
    return chosen


def _frame(
    cells: dict[str, NDArray[Any]], rows: Whole, correct: NDArray[np.bool_], accepted: NDArray[np.bool_]
) -> pd.DataFrame:
    import pandas as pd

    width = len(str(int(cells["run"].max(initial=0))))
    names = np.array([f"run-{i:0{width}}" for i in range(int(cells["run"].max(initial=0)) + 1)])
    run = names[cells["run"][rows]] if len(rows) else np.empty(0, dtype=str)
    wrong = pd.array(cells["context_wrong"][rows], dtype="Int64")
    wrong[~cells["known"][rows]] = pd.NA
    return pd.DataFrame(
        {
            "run": run,
            "block": run,
            "round": cells["round"][rows],
            "context_size": cells["context_size"][rows],
            "context_wrong": wrong,
            "correct": correct,
            "accepted": accepted,
        }
    )
