"""A sweep over contexts: `python -m lab.sweep` writes one Parquet file.

For each size, contamination and kind of wrong answers: contexts drawn at that rate, each under a rule of its own, and
under each of them attempts at random queries, judged by a drawn verdict.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from lab import export, table
from lab.model import TinyLM
from lab.sample import attempt
from lab.task import Task, Wrong, contexts

__all__ = ["KINDS", "RATES", "SIZES", "cell"]

SIZES = (0, 1, 2, 4, 8, 16, 32, 48, 64, 88)
RATES = tuple(i / 10 for i in range(11))
KINDS: tuple[Wrong, ...] = ("uniform", "agreeing")


def cell(
    model: TinyLM, task: Task, kind: Wrong, size: int, rate: float, *, seed: int, contexts_: int = 80, m: int = 24
) -> list[pa.Table]:
    """All attempts of one cell of the sweep; every context has a generator of its own."""
    key = [seed, KINDS.index(kind), size, round(10 * rate)]
    rngs = [np.random.default_rng([*key, i]) for i in range(contexts_)]
    rule = np.array([int(task.rules(rng, 1)[0]) for rng in rngs])
    drawn = [contexts(task, rng, r, size, rate, kind) for rng, r in zip(rngs, rule, strict=True)]
    query, answer = (np.stack(part) for part in zip(*drawn, strict=True))
    wrong = (answer != task.table[rule[:, None], query]).sum(1)
    seen = attempt(model, task, rule, (query, answer), rngs, m)
    return [
        table.rows(
            run=f"{kind}-{size}-{rate:g}/{i}",
            setting=f"sweep-{kind}",
            rule=int(rule[i]),
            query=seen.query[i],
            size=size,
            wrong=int(wrong[i]),
            rate=rate if size else None,
            columns={
                "correct": seen.correct[i],
                "accepted": seen.said_yes[i],
                "score": seen.yes[i],
                "grade": seen.grade[i],
            },
        )
        for i in range(contexts_)
    ]


def main() -> None:
    """Read the command line and run every cell; an empty context has one cell, whatever the rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--contexts", type=int, default=80)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, default=Path("data/tiny-lm/sweep.parquet"))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model, task, _ = export.load(arguments.model)
    tables, began = [], time.monotonic()
    for kind in KINDS:
        for size in SIZES:
            for rate in RATES if size else RATES[:1]:
                tables += cell(model, task, kind, size, rate, seed=arguments.seed, contexts_=arguments.contexts)
            print(f"{kind} {size}: {time.monotonic() - began:.0f} s", flush=True)
    table.write(tables, arguments.output)


if __name__ == "__main__":
    main()
