"""Makes the attempts that a plan asks for: some at a time, each journaled as it completes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from boostcalc.collecting.attempts import Attempting
from boostcalc.collecting.budget import Budget, Spent
from boostcalc.collecting.endpoint import Client, Endpoint
from boostcalc.collecting.journal import Journal
from boostcalc.collecting.progress import Progress, Reporting, Tally
from boostcalc.collecting.stages import Outcome, Stage, replayed
from boostcalc.errors import UsageError

__all__ = ["Attempted", "attempt_all"]

T = TypeVar("T")


@dataclass(frozen=True)
class Attempted:
    """How it ended: all stages of all runs, and how many runs the budget left open."""

    stages: tuple[Stage, ...]
    left_open: int


Done = tuple[Outcome, Spent]


@dataclass
class _Scheduler:
    """The attempts under way.

    `history` holds the stages of each run, the present one last; `open` the runs that have not ended, in order.
    """

    attempting: Attempting
    journal: Journal
    budget: Budget
    concurrency: int
    report: Reporting | None
    history: list[list[Stage]]
    open: list[int]
    tally: Tally
    under_way: dict[asyncio.Task[Done], tuple[int, int]] = field(default_factory=dict)
    failure: Exception | None = None
    told: Progress | None = None

    async def run(self, client: Client) -> None:
        """Until all is done, the budget ends it, or an attempt fails: those under way are then awaited, not lost."""
        try:
            while True:
                self.budget.check(self.journal.spent)  # nothing is under way when it first can tell
                self._begin(client)
                if not self.under_way:
                    break
                await asyncio.wait(self.under_way, return_when=asyncio.FIRST_COMPLETED)
                self._complete()
        except asyncio.CancelledError:  # Ctrl-C: what is complete by now is kept
            self._complete()
            raise
        finally:
            for task in self.under_way:
                task.cancel()
            await asyncio.gather(*self.under_way, return_exceptions=True)
            if self.report is not None and self.told is not None and not self.told.ended:
                self.report(replace(self.told, ended=True))
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
        return self.budget.allows(spent, self.tally.attempts, len(self.under_way), calls)

    def _complete(self) -> None:
        """Takes in what is done, in one order whatever came back first."""
        for task, (run, index) in sorted(self.under_way.items(), key=lambda item: item[1]):
            if task.done():
                del self.under_way[task]
                try:
                    outcome, spent = task.result()
                except Exception as error:  # the first is told when those under way are through
                    self.failure = self.failure or error
                else:
                    self._take(run, index, outcome, spent)

    def _take(self, run: int, index: int, outcome: Outcome, spent: Spent) -> None:
        """Journals an attempt, and goes on to the next stage where it was the last of its own."""
        stages = self.history[run]
        stage = stages[-1]
        self.journal.add(stage.name, stage.round, index, outcome, spent)
        stages[-1] = stage = stage.with_outcome(index, outcome)
        self.tally.add(outcome)
        if stage.over:
            following = self.attempting.plan.after(stage)
            if following is None:
                self.open.remove(run)
            else:
                stages.append(following)
        if self.report is not None:
            self.told = self._progress(stage, said=outcome.said)
            self.report(self.told)

    def _progress(self, stage: Stage, *, said: bool) -> Progress:
        seen, left = self.tally, self.attempting.plan.last - stage.round
        if stage.batch is not None:
            seen = Tally()
            for outcome in stage.outcomes.values():
                seen.add(outcome)
        return Progress(
            runs=len(self.history),
            runs_over=len(self.history) - len(self.open),
            attempts=self.tally.attempts,
            round=stage.round,
            place=stage.accepted,
            batch=stage.batch,
            error=seen.error,
            acceptance=seen.acceptance,
            calls=self.journal.spent.calls,
            cost=self.budget.cost(self.journal.spent),
            foreseen=self.tally.foreseen(seen.error, left) if left else None,
            said=said and self.attempting.evaluation.reading == "auto",
            ended=not self.open,
        )


def attempt_all(
    attempting: Attempting,
    endpoint: Endpoint,
    journal: Journal,
    *,
    budget: Budget,
    concurrency: int,
    report: Reporting | None,
) -> Attempted:
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
    tally = Tally()
    for stage in (stage for stages in history for stage in stages):
        for outcome in stage.outcomes.values():
            tally.add(outcome)
    scheduler = _Scheduler(attempting, journal, budget, concurrency, report, history, unended, tally)
    if unended:  # what is complete asks nobody: it needs neither client nor key
        client = Client(endpoint)

        async def connected() -> None:
            async with client:
                await scheduler.run(client)

        _waited_for(connected())
    return Attempted(tuple(stage for stages in history for stage in stages), len(unended))


def _waited_for(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end, also where a loop of events runs already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    started: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def cancellable() -> T:
        if (task := asyncio.current_task()) is not None:
            started.append((asyncio.get_running_loop(), task))
        return await work

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(asyncio.run, cancellable())
        try:
            return future.result()
        except KeyboardInterrupt:  # it reaches this thread alone
            for loop, task in started:
                loop.call_soon_threadsafe(task.cancel)
            raise
