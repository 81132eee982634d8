"""The sweep as a plan: contexts of given sizes and contaminations, each asked some queries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from boostcalc.collecting.contexts import AGREEMENTS, drawn_context, generator, whole_share
from boostcalc.collecting.stages import Stage
from boostcalc.collecting.tasks import Tasks
from boostcalc.errors import DataError, UsageError

__all__ = ["GRIDS", "Cell", "SweepDesign", "SweepPlan"]

GRIDS = (
    (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0),
    (0.0, 0.15, 0.35, 0.5, 0.65, 0.85, 1.0),
    (0.0, 0.25, 0.5, 0.75, 1.0),
    (0.0, 0.5, 1.0),
)
"""Contaminations that a sweep takes unless it is told others: the finest that its budget allows."""

ENOUGH, FEWEST = 8, 2
"""Contexts that a cell should have for a grid to be allowed; and has at least."""


class Cell(NamedTuple):
    """One kind of context: its size, its rate of wrong pairs (None for an empty one), and how many of them."""

    size: int
    contamination: float | None
    contexts: int


@dataclass(frozen=True)
class SweepDesign:
    """The sweep that is made.

    Attributes
    ----------
    attempts : answers in all.
    sizes : pairs in the contexts; 0 is an empty one.
    contaminations : wrong shares; None for the finest of `GRIDS` that leaves each cell eight contexts.
    queries : queries asked of each context. One tells the most an attempt; more save tokens where prompts are cached.
    agreement : whether the wrong pairs of a context are "independent" or "consistent", wrong by one rule.
    seed : what is drawn depends on it alone.

    Raises
    ------
    UsageError
        If a value is out of range, or there is no attempt for two contexts in each cell.
    """

    attempts: int
    sizes: tuple[int, ...] = (0, 4, 16)
    contaminations: tuple[float, ...] | None = None
    queries: int = 4
    agreement: str = "independent"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("attempts", 1), ("queries", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} = {getattr(self, name)}: give a whole number, {least} or more")
        if not self.sizes or min(self.sizes) < 0 or len(set(self.sizes)) < len(self.sizes):
            raise UsageError(f"sizes = {_listed(self.sizes)}: give numbers of pairs that differ, 0 or more")
        shares = self.contaminations
        if shares is not None and (
            not shares or not all(0 <= c <= 1 for c in shares) or len(set(shares)) < len(shares)
        ):
            raise UsageError(f"contaminations = {_listed(shares)}: give shares in [0, 1] that differ")
        if self.agreement not in AGREEMENTS:
            raise UsageError(f"no agreement {self.agreement!r}: there are {', '.join(AGREEMENTS)}")
        least = FEWEST * self.queries * len(self._kinds(self.contaminations or GRIDS[-1]))
        if self.attempts < least:
            raise UsageError(
                f"{self.attempts} attempts are too few for {FEWEST} contexts of {self.queries} queries in each cell: "
                f"allow {least} or more, or take fewer sizes, contaminations or queries"
            )

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells, with the contexts shared out as evenly as they can be."""
        contexts = self.attempts // self.queries
        kinds = self._kinds(self.contaminations or GRIDS[-1])
        for grid in GRIDS if self.contaminations is None else ():
            if contexts >= ENOUGH * len(self._kinds(grid)):
                kinds = self._kinds(grid)
                break
        each, more = divmod(contexts, len(kinds))
        return tuple(Cell(*kind, each + (place < more)) for place, kind in enumerate(kinds))

    def _kinds(self, shares: tuple[float, ...]) -> list[tuple[int, float | None]]:
        return [(size, c) for size in self.sizes for c in (shares if size else (None,))]

    def drawn_by(self) -> dict[str, Any]:
        """What the attempts depend on; more of them, or other cells, leave those that were made as they are."""
        return {"seed": self.seed, "agreement": self.agreement}


@dataclass(frozen=True)
class SweepPlan:
    """A sweep over these tasks; the contexts of all cells come in turn, so that an early end cuts all cells alike.

    Raises
    ------
    DataError
        If the tasks are too few for the largest context.
    """

    design: SweepDesign
    tasks: Tasks

    def __post_init__(self) -> None:
        needed = max(self.design.sizes) + 1
        if len(self.tasks) < needed:
            raise DataError(
                f"{self.tasks.source} has {len(self.tasks)} tasks: contexts of {needed - 1} pairs need one more"
            )

    @property
    def seed(self) -> int:
        return self.design.seed

    @cached_property
    def contexts(self) -> list[tuple[int, float | None, int]]:
        """Size, contamination and number within its cell of each context, in order."""
        cells = self.design.cells
        most = max(cell.contexts for cell in cells)
        return [(cell.size, cell.contamination, j) for j in range(most) for cell in cells if j < cell.contexts]

    @property
    def runs(self) -> int:
        return sum(cell.contexts for cell in self.design.cells)

    @property
    def last(self) -> int:
        return 0

    def begin(self, run: int) -> Stage:
        design = self.design
        size, share, number = self.contexts[run]
        rng = generator(design.seed, "context", size, share, number)
        wrong = whole_share(size, share or 0.0, rng)
        context = drawn_context(self.tasks, size, wrong, agreement=design.agreement, rng=rng)
        name = f"sweep-{design.seed}-k{size}-c{share or 0:g}-{number}"
        return Stage(run, 0, name, context, None, design.queries)

    def after(self, stage: Stage) -> Stage | None:
        return None


def _listed(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in values)
