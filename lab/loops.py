"""Loops of the model on its own filtered answers: `python -m lab.loops` writes one Parquet file.

A run starts with a context whose answers are wrong independently at the setting's start rate. In a round the model
answers random queries under that context until `batch` answers are accepted; they then join the context.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import torch

from lab import export, table
from lab.model import TinyLM
from lab.sample import Attempts, attempt
from lab.task import Task, Wrong, contexts

__all__ = ["POLICIES", "SETTINGS", "Policy", "Setting", "Watcher", "loops"]

Acceptance = Literal["sample", "threshold", "survey", "none"]

LIMIT = 1024
"""Attempts that a round may take; a run that has not filled its batch by then ends in that round."""


@dataclass(frozen=True)
class Policy:
    """Pairs at the start, pairs a batch, and how many of the last pairs stay (None: all)."""

    start: int
    batch: int
    keep: int | None


POLICIES = {"replace": Policy(32, 32, 32), "append": Policy(24, 7, None), "window": Policy(48, 16, 48)}
"""Within the 96 pairs of training: after ten rounds an appended context has 24 + 10 · 7 = 94 pairs."""


@dataclass(frozen=True)
class Setting:
    """One experiment: the start contamination, the context policy, what accepts, and how start answers are wrong."""

    start: float
    policy: str
    acceptance: Acceptance
    wrong: Wrong = "uniform"

    @property
    def name(self) -> str:
        """Unique, and what the setting's seed is made of."""
        ending = "" if self.wrong == "uniform" else f"-{self.wrong}"
        return f"{self.policy}-{self.acceptance}-{self.start:g}{ending}"

    def accepted(self, seen: Attempts) -> np.ndarray:
        """Which attempts are accepted (n, m)."""
        if self.acceptance == "sample":
            return seen.said_yes
        if self.acceptance == "threshold":
            return seen.yes > 0
        if self.acceptance == "survey":
            return seen.grade >= 4
        return np.ones_like(seen.said_yes)

    def score(self, seen: Attempts) -> np.ndarray:
        """What acceptance goes by (n, m): the grade in a survey, else the log-odds of `yes`."""
        return seen.grade if self.acceptance == "survey" else seen.yes


STARTS = (0.1, 0.3, 0.5, 0.7)
SETTINGS: tuple[Setting, ...] = (
    *(Setting(start, policy, "sample") for policy in POLICIES for start in STARTS),
    *(Setting(start, "replace", acceptance) for acceptance in ("threshold", "survey", "none") for start in STARTS),
    *(Setting(0.5, policy, acceptance) for acceptance in ("threshold", "survey") for policy in ("append", "window")),
    *(Setting(start, "replace", "sample", "agreeing") for start in (0.3, 0.5)),
)


Watcher = Callable[[int, np.ndarray, np.ndarray, np.ndarray], None]
"""What is told of each round: its number, hidden rules (runs,), queries and answers (runs, k) of the contexts."""


def loops(
    model: TinyLM,
    task: Task,
    setting: Setting,
    *,
    seed: int,
    runs: int = 96,
    rounds: int = 11,
    watcher: Watcher | None = None,
) -> list[pa.Table]:
    """All attempts of all runs of one setting.

    Every run has a generator of its own, seeded by (seed, setting, run): hidden rule, start context, queries and draws
    of a run are independent of every other run's, in this setting and in any other.
    """
    key = zlib.crc32(setting.name.encode())
    rngs = [np.random.default_rng([seed, key, i]) for i in range(runs)]
    policy, rule = POLICIES[setting.policy], np.array([int(task.rules(rng, 1)[0]) for rng in rngs])
    drawn = [
        contexts(task, rng, r, policy.start, setting.start, setting.wrong) for rng, r in zip(rngs, rule, strict=True)
    ]
    query, answer = (np.stack(part) for part in zip(*drawn, strict=True))
    alive, found = np.arange(runs), []
    for round_ in range(rounds):
        size, wrong = query.shape[1], (answer != task.table[rule[:, None], query]).sum(1)
        if watcher is not None:
            watcher(round_, rule, query, answer)
        batch = _filled(model, task, setting, rule, (query, answer), rngs, policy.batch)
        for i, run in enumerate(alive):
            name = f"{setting.name}/{run}"
            told = {column: values[i] for column, values in batch.columns.items()}
            found.append(
                table.rows(
                    run=name, setting=setting.name, rule=int(rule[i]), round_=round_, query=told.pop("query"),
                    size=size, wrong=int(wrong[i]), rate=None, columns=told,
                )
            )  # fmt: skip
        full = np.flatnonzero(batch.full)
        if not len(full):
            break
        alive, rule, rngs = alive[full], rule[full], [rngs[i] for i in full]
        query, answer = (
            np.concatenate([old[full], np.stack([new[i] for i in full])], 1)[:, -(policy.keep or 10**6) :]
            for old, new in ((query, batch.query), (answer, batch.answer))
        )
    return found


@dataclass(frozen=True)
class _Batch:
    """What a round brought, run by run: accepted pairs, whether they fill the batch, and all attempts by column."""

    query: list[np.ndarray]
    answer: list[np.ndarray]
    full: np.ndarray
    columns: dict[str, list[np.ndarray]]


def _filled(
    model: TinyLM,
    task: Task,
    setting: Setting,
    rule: np.ndarray,
    context: tuple[np.ndarray, np.ndarray],
    rngs: list[np.random.Generator],
    batch: int,
) -> _Batch:
    """Attempts of each run up to the one that fills its batch, or up to the limit.

    Attempts are drawn in chunks, since they share one context; what a chunk has beyond the filling one never happened.
    """
    names = ("query", "answer", "correct", "accepted", "score", "grade")
    parts: dict[str, list[list[np.ndarray]]] = {name: [[] for _ in rngs] for name in names}
    have, open_, spent, chunk = np.zeros(len(rngs), int), np.arange(len(rngs)), 0, 2 * batch
    while len(open_) and spent < LIMIT:
        seen = attempt(
            model, task, rule[open_], (context[0][open_], context[1][open_]), [rngs[i] for i in open_], chunk
        )
        accepted, score = setting.accepted(seen), setting.score(seen)
        columns = (seen.query, seen.answer, seen.correct, accepted, score, seen.grade)
        upto = accepted.cumsum(1) + have[open_, None]
        for row, i in enumerate(open_):
            kept = int((upto[row] < batch).sum()) + 1
            for name, values in zip(names, columns, strict=True):
                parts[name][i].append(values[row, :kept])
        have[open_] = np.minimum(upto[:, -1], batch)
        open_, spent = np.flatnonzero(have < batch), spent + chunk
        chunk = min(128, LIMIT - spent)
    columns_by_run = {name: [np.concatenate(own) for own in parts[name]] for name in names}
    took = columns_by_run["accepted"]
    return _Batch(
        query=[values[took[i]] for i, values in enumerate(columns_by_run["query"])],
        answer=[values[took[i]] for i, values in enumerate(columns_by_run.pop("answer"))],
        full=have == batch,
        columns=columns_by_run,
    )


def main() -> None:
    """Read the command line and run every setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, default=Path("data/tiny-lm/loops.parquet"))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model, task, _ = export.load(arguments.model)
    tables, began = [], time.monotonic()
    for setting in SETTINGS:
        tables += loops(model, task, setting, seed=arguments.seed, runs=arguments.runs, rounds=arguments.rounds)
        print(f"{setting.name}: {time.monotonic() - began:.0f} s", flush=True)
    table.write(tables, arguments.output)


if __name__ == "__main__":
    main()
