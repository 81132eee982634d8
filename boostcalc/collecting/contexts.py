"""Pairs in a context: drawn from tasks, or joined by a batch under a context policy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from boostcalc.collecting.tasks import Task, Tasks
from boostcalc.dynamics import ContextPolicy
from boostcalc.errors import DataError, UsageError

__all__ = [
    "AGREEMENTS",
    "Context",
    "Pair",
    "check_policy",
    "drawn_context",
    "generator",
    "joined",
    "request_seed",
    "whole_share",
]

AGREEMENTS = ("independent", "consistent")
"""Whether each wrong pair of a drawn context is wrong in its own way, or all by one rule."""


@dataclass(frozen=True)
class Pair:
    """A query with the answer that stands in a context, and whether that is correct."""

    name: str
    query: str
    answer: str
    correct: bool


@dataclass(frozen=True)
class Context:
    """The pairs that an attempt sees.

    Attributes
    ----------
    pairs : the oldest first.
    order : the places of `pairs` in the order in which they are shown; empty for as they came.
    """

    pairs: tuple[Pair, ...] = ()
    order: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def standing(self) -> list[Pair]:
        """The pairs in the order in which they are shown."""
        return [self.pairs[place] for place in self.order] if self.order else list(self.pairs)

    @property
    def wrong(self) -> int:
        """How many pairs are wrong."""
        return sum(not pair.correct for pair in self.pairs)

    @property
    def wrong_position(self) -> float | None:
        """Mean place of the wrong pairs, 0 for the first pair and 1 for the last; None where there is none."""
        places = [place for place, pair in enumerate(self.standing) if not pair.correct]
        return float(np.mean(places)) / (len(self) - 1) if places and len(self) > 1 else None

    @property
    def names(self) -> frozenset[str]:
        """The queries that stand in it."""
        return frozenset(pair.name for pair in self.pairs)

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What a prompt shows of it."""
        return [(pair.query, pair.answer) for pair in self.standing]


def generator(*key: Any) -> np.random.Generator:
    """Random numbers that depend on this key alone, not on what was drawn before."""
    return np.random.default_rng(int.from_bytes(_digest(key)[:16], "big"))


def request_seed(*key: Any) -> int:
    """A seed for one request, in 0 … 2³¹ − 1, which every endpoint takes."""
    return int.from_bytes(_digest(key)[:4], "big") >> 1


def whole_share(size: int, share: float, rng: np.random.Generator) -> int:
    """How many of `size` pairs are wrong at this share: whole, and right on average."""
    exact = size * share
    low = int(np.floor(exact + 1e-9))
    return low + int(rng.random() < exact - low)


def drawn_context(tasks: Tasks, size: int, wrong: int, *, agreement: str, rng: np.random.Generator) -> Context:
    """A context of so many pairs of distinct queries, of which so many are wrong, in random order.

    Where wrong answers are consistent, each is the j-th that its task lists, with one j for the whole context.

    Raises
    ------
    DataError
        If there are not so many tasks, or one that is to be wrong has no wrong answer.
    """
    if size > len(tasks):
        raise DataError(f"{tasks.source} has {len(tasks)} tasks: a context of {size} pairs needs {size}")
    chosen = [tasks.rows[place] for place in rng.permutation(len(tasks))[:size]]
    spoilt = set(rng.permutation(size)[:wrong].tolist())
    rule = int(rng.integers(1 << 30))

    def pair(place: int, task: Task) -> Pair:
        if place not in spoilt:
            return Pair(task.name, task.query, task.answers[0], True)
        able = tasks.wrong_for(task)
        at = rule if agreement == "consistent" else int(rng.integers(len(able)))
        return Pair(task.name, task.query, able[at % len(able)], False)

    return Context(tuple(pair(place, task) for place, task in enumerate(chosen)))


def joined(policy: ContextPolicy, context: Context, batch: tuple[Pair, ...]) -> Context:
    """The next round's context, in pairs: what `ContextPolicy.join_counts` says in numbers."""
    return Context(JOINED[policy.family](policy, context.pairs, batch))


Joining = Callable[[Any, tuple[Pair, ...], tuple[Pair, ...]], tuple[Pair, ...]]

JOINED: dict[str, Joining] = {
    "replace": lambda policy, old, batch: batch,
    "append": lambda policy, old, batch: old + batch,
    "window": lambda policy, old, batch: (old + batch)[-int(policy.size) :],
}


def check_policy(policy: ContextPolicy) -> None:
    """`UsageError` if nobody has said what a policy does to pairs."""
    if policy.family not in JOINED:
        raise UsageError(f"the context policy {policy.family!r} has no pairs: take one of {', '.join(JOINED)}")


def _digest(key: tuple[Any, ...]) -> bytes:
    return hashlib.sha256(json.dumps(key).encode()).digest()
