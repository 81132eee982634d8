"""10⁶ loops over 50 rounds in closed form, against one pass of `odds.logit` over as many values; time and memory.

Both sides in turn, within one process; limits: 2 passes for each value that is
stored, and a peak of 1.3 times the arrays that are returned.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import fields

import numpy as np

import boostcalc as bc
from boostcalc.dynamics import Trajectory
from boostcalc.odds import logit

LOOPS, ROUNDS = 1_000_000, 50
PAIRS = 3
LIMIT_TIME, LIMIT_MEMORY = 2.0, 1.3


def seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def stored(path: Trajectory) -> tuple[int, int]:
    """Values that the columns hold, and their bytes: a number that all loops share is held once a round."""
    columns = [getattr(path, spec.name) for spec in fields(path)]
    held = [column if column.base is None else column.base for column in columns]
    return sum(column.size for column in held), sum(column.nbytes for column in held)


def main() -> None:
    rng = np.random.default_rng(1)
    error = rng.uniform(0.01, 0.99, LOOPS)
    one_pass = rng.uniform(0, 1, (ROUNDS + 1, LOOPS))
    for response in (bc.Perfect(), bc.OddsPower(alpha=-0.1, beta=0.9)):
        loop = bc.Loop(tpr=rng.uniform(0.5, 1, LOOPS), fpr=rng.uniform(0.05, 0.6, LOOPS), response=response)

        def ours(loop: bc.Loop = loop) -> Trajectory:
            return loop.trajectory(error=error, rounds=ROUNDS)

        values, held = stored(ours())
        ratios = sorted(
            (seconds(ours) / values) / (seconds(lambda: logit(one_pass)) / one_pass.size) for _ in range(PAIRS)
        )
        tracemalloc.start()
        ours()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(
            f"{response.family}: a stored value takes {statistics.median(ratios):.2f} passes of logit "
            f"(from {ratios[0]:.2f} to {ratios[-1]:.2f}), limit {LIMIT_TIME}; "
            f"peak memory {peak / held:.2f} of what is returned ({held / 1e9:.2f} GB), limit {LIMIT_MEMORY}"
        )


if __name__ == "__main__":
    main()
