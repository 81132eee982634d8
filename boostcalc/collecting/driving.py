"""Makes the attempts that a plan asks for: some at a time, each journaled as it completes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from boostcalc.collecting.attempts import Attempting
from boostcalc.collecting.budget import Budget
from boostcalc.collecting.endpoint import Client, Endpoint
from boostcalc.collecting.journal import Journal, Spent
from boostcalc.collecting.planning import Outcome, Stage, replayed
from boostcalc.collecting.progress import Progress, Reporting, Tally
from boostcalc.errors import UsageError

__all__ = ["Driven", "drive"]

T = TypeVar("T")


@dataclass(frozen=True)
class Driven:
    """How it ended: all stages of all runs, and how many runs the budget left open."""

    stages: tuple[Stage, ...]
    left_open: int


Done = tuple[Outcome, Spent]


@dataclass
class _Driver:
    """The attempts under way.

    `history` holds the stages of each run, the present one last; `open` the runs that have not ended, in order; `made`
    counts the completed attempts.
    """

    attempting: Attempting
    journal: Journal
    budget: Budget
    concurrency: int
    report: Reporting | None
    history: list[list[Stage]]
    open: list[int]
    made: int
    tally: Tally
    under_way: dict[asyncio.Task[Done], tuple[int, int]] = field(default_factory=dict)
    failure: Exception | None = None

    async def run(self, client: Client) -> None:
        """Until all is done, the budget ends it, or an attempt fails: those under way are then awaited, not lost."""
        try:
            while True:
                self._begin(client)
                if not self.under_way:
                    break
                done, _ = await asyncio.wait(self.under_way, return_when=asyncio.FIRST_COMPLETED)
                # in one order, whatever order the set has
                for task in sorted(done, key=lambda one: self.under_way[one]):
                    self._complete(task)
        finally:
            for task in self.under_way:
                task.cancel()
            await asyncio.gather(*self.under_way, return_exceptions=True)
        if self.failure is not None:
            raise self.failure

    def _begin(self, client: Client) -> None:
        """Begins what may begin: earlier runs first."""
        for run in self.open:
            stage = self.history[run][-1]
            while (index := stage.next([i for r, i in self.under_way.values() if r == run])) is not None:
                if len(self.under_way) >= self.concurrency or self.failure is not None or not self._affordable():
                    return
                task = asyncio.create_task(self.attempting(client, stage, index))
                self.under_way[task] = run, index

    def _affordable(self) -> bool:
        calls, spent = self.attempting.evaluation.calls, self.journal.spent
        return self.budget.allows(spent, self.made, len(self.under_way), calls)

    def _complete(self, task: asyncio.Task[Done]) -> None:
        run, index = self.under_way.pop(task)
        try:
            outcome, spent = task.result()
        except Exception as error:  # the first is told when those under way are through
            self.failure = self.failure or error
            return
        stages = self.history[run]
        stage = stages[-1]
        self.journal.add(stage.name, stage.round, index, outcome, spent)
        stages[-1] = stage = stage.with_outcome(index, outcome)
        self.made += 1
        self.tally.add(outcome.correct, outcome.accepted)
        if stage.over:
            following = self.attempting.plan.after(stage)
            if following is None:
                self.open.remove(run)
            else:
                stages.append(following)
        self._tell(stage)

    def _tell(self, stage: Stage) -> None:
        if self.report is None:
            return
        made = stage.outcomes.values()
        judged = [outcome.accepted for outcome in made if outcome.accepted is not None]
        over = len(self.history) - len(self.open)
        error = sum(not outcome.correct for outcome in made) / len(made)
        left = None if stage.batch is None else self.attempting.plan.last - stage.round
        self.report(
            Progress(
                runs=len(self.history),
                runs_over=over,
                attempts=self.made,
                round=stage.round,
                place=stage.accepted,
                batch=stage.batch,
                error=error,
                acceptance=sum(judged) / len(judged) if judged else None,
                calls=self.journal.spent.calls,
                cost=self.budget.cost(self.journal.spent),
                foreseen=None if left is None else self.tally.foreseen(error, left),
                ended=not self.open,
            )
        )


def drive(
    attempting: Attempting,
    endpoint: Endpoint,
    journal: Journal,
    *,
    budget: Budget,
    concurrency: int,
    report: Reporting | None,
) -> Driven:
    """Makes the attempts of a plan that the journal does not hold yet, at most `concurrency` at a time.

    Raises
    ------
    UsageError, EndpointError
        Of the first attempt that failed; the others that were under way are completed and journaled before.
    """
    if concurrency < 1:
        raise UsageError(f"concurrency = {concurrency}: give a whole number, 1 or more")
    plan = attempting.plan
    history = [replayed(plan, run, journal.recorded) for run in range(plan.runs)]
    unended = [run for run, stages in enumerate(history) if not stages[-1].over]
    known = [outcome for stages in history for stage in stages for outcome in stage.outcomes.values()]
    tally = Tally()
    for outcome in known:
        tally.add(outcome.correct, outcome.accepted)
    driver = _Driver(attempting, journal, budget, concurrency, report, history, unended, len(known), tally)
    if unended:  # what is complete asks nobody: it needs neither client nor key
        client = Client(endpoint)

        async def connected() -> None:
            async with client:
                await driver.run(client)

        _waited_for(connected())
    return Driven(tuple(stage for stages in driver.history for stage in stages), len(driver.open))


def _waited_for(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end, also where a loop of events runs already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
