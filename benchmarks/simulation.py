"""Simulated batches against the two raw NumPy draws that they need, in turn; limit: a ratio of 1.5.

Both sides draw the wrong pairs and the attempts of the same chains and rounds; the raw side is handed the
probabilities that our side has to find. Beside it, where they are installed, what other packages take for the fixation
probability of a Wright–Fisher or Moran process.
"""

from __future__ import annotations

import importlib
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import boostcalc as bc
from boostcalc.dynamics import Context, Start, State
from boostcalc.dynamics.finite import Batches, distribution, fill
from boostcalc.odds import expit
from boostcalc.responses import Curve

CHAINS, ROUNDS, BATCH = 100_000, 50, 16
PAIRS = 7
LIMIT = 1.5
SMALL, GAMES = 20, 2_000


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def kernel(response: Curve) -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.6, response=response, batch=BATCH)
    start = loop.start(Start(error=0.5))
    x, share = (np.broadcast_to(values, CHAINS) for values in (start.logit_error, start.context.logit_share))
    many = State(x, Context.plain(BATCH, share))

    def ours() -> Batches:
        return fill(loop, many, rounds=ROUNDS - 1, rng=np.random.default_rng(0))

    error = ours().logit_error(loop, many)
    rates = loop.evaluator.under(np.nan)
    contamination, acceptance = expit(rates.filter(error)), rates.acceptance(error)

    def theirs() -> tuple[Any, Any]:
        rng = np.random.default_rng(0)
        return rng.binomial(BATCH, contamination), rng.negative_binomial(BATCH, acceptance)

    theirs()  # warm
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(PAIRS)]
    ratios = sorted(a / b for a, b in pairs)
    ours_s, theirs_s = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"{response.family}: {CHAINS:,} chains, {ROUNDS} rounds, batches of {BATCH}")
    print(f"  boostcalc {ours_s:.2f} s, raw draws {theirs_s:.2f} s")
    print(f"  ratio: median {statistics.median(ratios):.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f}; limit {LIMIT}")
    tracemalloc.start()
    kept = ours()
    size = sum(
        column.nbytes for column in (kept.context_wrong, kept.batch_wrong[-1:], kept.attempts) if column is not None
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"  memory at most {peak / 2**20:.0f} MiB, for {size / 2**20:.0f} MiB that are returned")


def ending_wrong() -> None:
    """Wright–Fisher fixation from half: exact, simulated, and by packages for evolutionary games."""
    loop = bc.Loop(tpr=0.8, fpr=0.7, batch=SMALL)
    assert distribution(loop, error=0.5, rounds=0).settling  # noqa: S101  # warm: SciPy is loaded
    exact = seconds(lambda: distribution(loop, error=0.5, rounds=0).settling)
    drawn = seconds(lambda: bc.simulate(loop, error=0.5, rounds=300, runs=GAMES))
    found = distribution(loop, error=0.5, rounds=0).settling
    assert found is not None  # noqa: S101  # the policy replaces
    print(f"fixation of wrong pairs, {SMALL} pairs, f/t = 7/8: {found.by_state[SMALL // 2, 1]:.7f}")  # type: ignore[union-attr]
    print(f"  exact in {exact * 1e3:.2f} ms; {GAMES:,} runs to the end in {drawn * 1e3:.0f} ms")
    for name, compare in (("egttools", egttools), ("nashpy", nashpy)):
        try:
            module = importlib.import_module(name)
        except ImportError:
            print(f"  {name} is not installed: left out (pip install {name}, in an environment of its own)")
            continue
        compare(module)


def egttools(module: Any) -> None:
    """A pairwise-comparison (Fermi) process: another chain; what is compared is the time for one probability."""
    payoff = np.array([[7.0, 7.0], [8.0, 8.0]])
    holder = importlib.import_module("egttools.games").Matrix2PlayerGameHolder(
        2, payoff
    )  # to be kept: it is pointed to
    game = importlib.import_module("egttools.analytical").PairwiseComparison(SMALL, holder)
    took = seconds(lambda: game.calculate_fixation_probability(0, 1, 0.1))
    value = game.calculate_fixation_probability(0, 1, 0.1)
    version = module.__version__.strip('"')
    print(f"  egttools {version}: pairwise comparison, one mutant, {value:.7f} in {took * 1e3:.2f} ms")


def nashpy(module: Any) -> None:
    """A Moran process with the same fitness ratio, simulated from half until one kind is left."""
    game = module.Game(np.array([[7.0, 7.0], [8.0, 8.0]]))
    np.random.seed(0)  # noqa: NPY002  # the only way to seed it

    def run() -> None:
        for _ in range(GAMES // 20):
            start = np.repeat([0, 1], SMALL // 2)
            last = list(game.moran_process(initial_population=start))[-1]
            ends.append(bool((last == 0).all()))

    ends: list[bool] = []
    took = seconds(run)
    each = took / len(ends)
    print(
        f"  nashpy {module.__version__}: Moran process, {len(ends)} runs to the end, {np.mean(ends):.2f} of the first "
        f"kind, {each * 1e3:.1f} ms each; boostcalc's {GAMES:,} would take it {each * GAMES:.1f} s"
    )


def main() -> None:
    for response in (bc.Perfect(), bc.Evidence(a=-4.0, b=7.0)):
        kernel(response)
    ending_wrong()


if __name__ == "__main__":
    main()
