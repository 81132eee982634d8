"""The loop as a plan: rounds that fill a batch, and the context that each passes on to the next."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from boostcalc.collecting.contexts import (
    AGREEMENTS,
    Context,
    check_policy,
    drawn_context,
    generator,
    joined,
    whole_share,
)
from boostcalc.collecting.stages import Stage, accepted_pairs
from boostcalc.collecting.tasks import Tasks
from boostcalc.dynamics import ContextPolicy, Replace
from boostcalc.errors import DataError, UsageError

__all__ = ["LoopDesign", "LoopPlan"]

ORDERS = ("kept", "shuffled")
"""Pairs of a context as they came, the oldest first; or in an order drawn for each round."""

PATIENCE = 25
"""Attempts a place of the batch after which a round is given up, unless it is said otherwise."""


@dataclass(frozen=True)
class LoopDesign:
    """The loop that is run.

    Attributes
    ----------
    batch : accepted pairs that fill the buffer.
    context : how the batch joins the context.
    rounds : the last round, 0 or more.
    runs : how many loops.
    contamination : wrong share of the first context, which has as many pairs as the policy says (replace: the batch)
        and is drawn from the tasks; None for an empty first context.
    agreement : whether its wrong pairs are "independent" or "consistent", wrong by one rule.
    order : "kept" or "shuffled".
    most : attempts of a round after which it is given up, and the run with it; None for 25 times the batch.
    repeats : whether queries that stand in the context are asked as well.
    seed : what is drawn depends on it alone.

    Raises
    ------
    UsageError
        If a value is out of range, or the policy wants pairs in a first context that is to be empty.
    """

    batch: int = 16
    context: ContextPolicy = field(default_factory=Replace)
    rounds: int = 10
    runs: int = 1
    contamination: float | None = None
    agreement: str = "independent"
    order: str = "kept"
    most: int | None = None
    repeats: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("batch", 1), ("rounds", 0), ("runs", 1), ("seed", 0)):
            value = getattr(self, name)
            if value != int(value) or value < least:
                raise UsageError(f"{name} = {value}: give a whole number, {least} or more")
        for name, known in (("agreement", AGREEMENTS), ("order", ORDERS)):
            if getattr(self, name) not in known:
                raise UsageError(f"no {name} {getattr(self, name)!r}: there are {', '.join(known)}")
        if self.contamination is not None and not 0 <= self.contamination <= 1:
            raise UsageError(f"contamination = {self.contamination} is outside [0, 1]")
        if self.most is not None and self.most < self.batch:
            raise UsageError(f"{self.most} attempts never fill a batch of {self.batch}: allow more")
        check_policy(self.context)
        if self.contamination is None and self.context.family == "append" and self.context.start(self.batch) > 0:
            raise UsageError(
                f"{self.context} has pairs in its first context: say by contamination how many of them are wrong "
                "(0 for none), or take append:size=0"
            )

    @property
    def patience(self) -> int:
        """Attempts of a round at most."""
        return PATIENCE * self.batch if self.most is None else self.most

    @property
    def largest_context(self) -> int:
        """Pairs in the context of the last round, at most."""
        start = 0 if self.contamination is None else int(self.context.start(self.batch))
        if self.context.family == "append":
            return start + self.rounds * self.batch
        return max(start, int(min(self.context.settled_size(self.batch), self.rounds * self.batch)))

    def drawn_by(self) -> dict[str, Any]:
        """What attempts depend on; more rounds, runs or patience leave those that were made as they are."""
        return {
            **{key: value for key, value in asdict(self).items() if key not in ("context", "rounds", "runs", "most")},
            "context": self.context.to_dict(),
        }


@dataclass(frozen=True)
class LoopPlan:
    """A loop over these tasks.

    Raises
    ------
    DataError
        If the tasks are too few for the contexts.
    """

    design: LoopDesign
    tasks: Tasks

    def __post_init__(self) -> None:
        largest = self.design.largest_context
        if len(self.tasks) <= largest and not self.design.repeats:
            raise DataError(
                f"{self.tasks.source} has {len(self.tasks)} tasks, and the context grows to {largest} pairs: what "
                "stands in it is not asked; give more tasks, fewer rounds, a window, or allow repeated queries"
            )

    @property
    def seed(self) -> int:
        return self.design.seed

    @property
    def runs(self) -> int:
        return self.design.runs

    @property
    def last(self) -> int:
        return self.design.rounds

    def begin(self, run: int) -> Stage:
        design = self.design
        if design.contamination is None:
            return self._stage(run, 0, Context())
        rng = generator(design.seed, "start", run)
        size = int(design.context.start(design.batch))
        wrong = whole_share(size, design.contamination, rng)
        return self._stage(run, 0, drawn_context(self.tasks, size, wrong, agreement=design.agreement, rng=rng))

    def after(self, stage: Stage) -> Stage | None:
        if not stage.filled or stage.round >= self.design.rounds:
            return None
        context = joined(self.design.context, stage.context, accepted_pairs(stage, self.tasks))
        if self.design.order == "shuffled":
            order = generator(self.design.seed, "order", stage.run, stage.round).permutation(len(context))
            context = replace(context, order=tuple(order.tolist()))
        return self._stage(stage.run, stage.round + 1, context)

    def _stage(self, run: int, number: int, context: Context) -> Stage:
        design = self.design
        return Stage(
            run, number, f"loop-{design.seed}-{run}", context, design.batch, design.patience, repeats=design.repeats
        )
