"""Stages, and what is to be asked next: pure, with no endpoint in sight.

A stage is one context under which attempts are made: a round of a loop, or a context of a sweep. A plan begins the
stages of each run and says which follows which. Whatever is drawn depends on the seed and on the place (run, round,
index) alone: neither how many attempts are under way at a time, nor in which order they come back, nor an interruption
changes what is asked.

An attempt is begun only while those accepted and those under way are fewer than the batch. So the batch can only be
filled by the last attempt that is begun: none is left over, and the attempts of a round are exactly those until the
batch was full, as the law of its filling has it, B + NegBin(B, a).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from boostcalc.collecting.contexts import Context, Pair, generator
from boostcalc.collecting.tasks import Task, Tasks

__all__ = ["Outcome", "Plan", "Recorded", "Stage", "accepted_pairs", "query_of", "replayed"]


@dataclass(frozen=True)
class Outcome:
    """A completed attempt; `by` says how its verdict was read, as `Verdict` has it."""

    query: str
    answer: str
    correct: bool
    accepted: bool | None
    score: float | None
    votes: int
    votes_for: int
    by: str

    @property
    def said(self) -> bool:
        """Whether the verdict is what was said, not what was probable."""
        return self.by == "sampled" and self.score is not None


Recorded = Mapping[tuple[str, int], Mapping[int, Outcome]]
"""By the run's name and round, what was completed: index → outcome."""


@dataclass(frozen=True)
class Stage:
    """Attempts under one context.

    Attributes
    ----------
    run, round : whose they are.
    name : the run's name in the log.
    context : what they see.
    batch : how many accepted ones end it; None where only `most` does.
    most : how many are made at most.
    outcomes : those completed, by index.
    repeats : whether a query that stands in the context may be asked.
    """

    run: int
    round: int
    name: str
    context: Context
    batch: int | None
    most: int
    outcomes: Mapping[int, Outcome] = field(default_factory=dict)
    repeats: bool = False

    @property
    def accepted(self) -> int:
        """How many were accepted."""
        return sum(outcome.accepted is True for outcome in self.outcomes.values())

    @property
    def filled(self) -> bool:
        """Whether the batch is full."""
        return self.batch is not None and self.accepted >= self.batch

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        return self.filled or all(index in self.outcomes for index in range(self.most))

    @property
    def used(self) -> list[tuple[int, Outcome]]:
        """The attempts in order, up to the one that filled the batch."""
        taken, accepted = [], 0
        for index, outcome in sorted(self.outcomes.items()):
            if self.batch is not None and accepted >= self.batch:
                break
            taken.append((index, outcome))
            accepted += outcome.accepted is True
        return taken

    def next(self, under_way: Collection[int]) -> int | None:
        """The index of the next attempt to begin; None where none may begin now."""
        if self.batch is not None and self.accepted + len(under_way) >= self.batch:
            return None
        begun = set(self.outcomes).union(under_way)
        return next((index for index in range(min(self.most, len(begun) + 1)) if index not in begun), None)

    def with_outcome(self, index: int, outcome: Outcome) -> Stage:
        """The stage after an attempt was completed."""
        return replace(self, outcomes={**self.outcomes, index: outcome})


class Plan(Protocol):
    """Which stages there are."""

    @property
    def tasks(self) -> Tasks:
        """What is asked."""

    @property
    def seed(self) -> int:
        """What everything drawn depends on."""

    @property
    def runs(self) -> int:
        """How many runs there are."""

    @property
    def last(self) -> int:
        """The number of a run's last round."""

    def begin(self, run: int) -> Stage:
        """The first stage of a run."""

    def after(self, stage: Stage) -> Stage | None:
        """The stage after one that is over; None where the run has ended."""


def replayed(plan: Plan, run: int, recorded: Recorded) -> list[Stage]:
    """The stages of a run so far, the present one last, from what was completed."""
    stage: Stage | None = plan.begin(run)
    stages: list[Stage] = []
    while stage is not None:
        stage = replace(stage, outcomes=dict(recorded.get((stage.name, stage.round), {})))
        stages.append(stage)
        stage = plan.after(stage) if stage.over else None
    return stages


def query_of(plan: Plan, stage: Stage, index: int) -> Task:
    """The task of an attempt: all that may be asked in random order, then all in another, and so on."""
    there = frozenset() if stage.repeats else stage.context.names
    able = [task for task in plan.tasks.rows if task.name not in there]
    turn, place = divmod(index, len(able))
    order = generator(plan.seed, "queries", stage.name, stage.round, turn).permutation(len(able))
    return able[int(order[place])]


def accepted_pairs(stage: Stage, tasks: Tasks) -> tuple[Pair, ...]:
    """The batch that a stage has filled."""
    asked = {task.name: task.query for task in tasks.rows}
    return tuple(
        Pair(outcome.query, asked[outcome.query], outcome.answer, outcome.correct)
        for _, outcome in stage.used
        if outcome.accepted is True
    )
