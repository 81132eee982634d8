"""Whether the wrong pairs of a context agree with each other: `python -m lab.agreement data/tiny-lm/tiny-lm.gguf`.

The log has no answers. Here loops run again, with the same draws, and the contexts of each round are looked at: how
many of the wrong pairs follow one and the same other rule, the one that most of them follow.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from lab import export
from lab.loops import SETTINGS, loops
from lab.task import Task

__all__ = ["agreeing"]

LEAST = 6
"""Wrong pairs that a context has to have to be looked at."""


def agreeing(task: Task, rule: np.ndarray, query: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """Share of wrong pairs that the best other rule explains, for each context (n, k) with enough of them; else nan.

    Of uniform wrong answers each of the five other rules explains one in seven, and the best one some more.
    """
    wrong = answer != task.table[rule[:, None], query]
    followed = (task.table[:, query] == answer) & wrong  # (rules, n, k)
    followed[rule, np.arange(len(rule))] = False
    count = wrong.sum(1)
    best = followed.sum(2).max(0)
    return np.where(count >= LEAST, best / np.maximum(count, 1), np.nan)


def main() -> None:
    """Read the command line and print, setting by setting and round by round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--settings", default="replace-sample-0.5,replace-sample-0.7,replace-none-0.7")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model, task, _ = export.load(arguments.model)
    rng = np.random.default_rng(0)
    for setting in SETTINGS:
        if setting.name not in arguments.settings.split(","):
            continue

        def told(
            round_: int, rule: np.ndarray, query: np.ndarray, answer: np.ndarray, name: str = setting.name
        ) -> None:
            wrong = answer != task.table[rule[:, None], query]
            uniform = (task.table[rule[:, None], query] + rng.integers(1, 8, query.shape)) % 8
            chance = agreeing(task, rule, query, np.where(wrong, uniform, answer))
            share = agreeing(task, rule, query, answer)
            if np.isfinite(share).any():
                seen = np.isfinite(share).sum()
                print(
                    f"{name}, round {round_}: {seen} contexts, {np.nanmean(share):.2f} of their wrong pairs follow one "
                    f"other rule (of uniform ones {np.nanmean(chance):.2f})",
                    flush=True,
                )

        loops(model, task, setting, seed=1, watcher=told)


if __name__ == "__main__":
    main()
