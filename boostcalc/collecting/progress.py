"""How far a collection is: one line on a stream, rewritten on a terminal, now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from boostcalc.dynamics import Loop

__all__ = ["Progress", "Reporting", "Tally", "printed"]

ON_TERMINAL, ELSEWHERE = 0.2, 15.0
"""Seconds between two lines."""


@dataclass(frozen=True)
class Progress:
    """How far it is.

    Attributes
    ----------
    runs, runs_over : runs in all, and ended.
    attempts : completed.
    round : the round of the run that moved last, and `place` of `batch` that are accepted in it (None: no batch).
    error, acceptance : shares in that round so far.
    calls, cost : requests so far, and what they cost (0 without a price).
    foreseen : the error of the loops' last round by the textbook recurrence, from the rates and the error so far; None
        in a sweep, or before both rates are known.
    ended : whether this is the last line.
    """

    runs: int
    runs_over: int
    attempts: int
    round: int
    place: int
    batch: int | None
    error: float
    acceptance: float | None
    calls: int
    cost: float
    foreseen: float | None = None
    ended: bool = False

    @property
    def line(self) -> str:
        """The line."""
        said = [f"runs {self.runs_over}/{self.runs}", f"{self.attempts:,} attempts", f"{self.calls:,} requests"]
        if self.cost:
            said.append(f"cost {self.cost:.4g}")
        if self.batch is not None:
            said.append(f"round {self.round}: {self.place}/{self.batch} accepted")
        said.append(f"error {self.error:.3f}")
        if self.acceptance is not None:
            said.append(f"acceptance {self.acceptance:.3f}")
        if self.foreseen is not None:
            said.append(f"going to {self.foreseen:.2g} by the textbook")
        return ", ".join(said)


@dataclass
class Tally:
    """Verdicts so far, by truth."""

    judged: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    accepted: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})

    def add(self, correct: bool, accepted: bool | None) -> None:
        """Counts one verdict; None is none."""
        if accepted is not None:
            self.judged[correct] += 1
            self.accepted[correct] += accepted

    def foreseen(self, error: float, rounds: int) -> float | None:
        """The error after so many rounds more, if the rates stay and the model errs as often as its context does."""
        if not all(self.judged.values()):
            return None
        tpr, fpr = ((self.accepted[kind] + 0.5) / (self.judged[kind] + 1) for kind in (True, False))
        return float(Loop(tpr=tpr, fpr=fpr).trajectory(error=error, rounds=rounds).error[-1])


Reporting = Callable[[Progress], None]


def printed(stream: TextIO) -> Reporting:
    """Writes progress to a stream."""
    terminal = stream.isatty()
    last, width = [0.0], [0]

    def report(progress: Progress) -> None:
        now = time.monotonic()
        if not progress.ended and now - last[0] < (ON_TERMINAL if terminal else ELSEWHERE):
            return
        last[0] = now
        line = progress.line
        if terminal:
            stream.write(f"\r{line.ljust(width[0])}" + ("\n" if progress.ended else ""))
            width[0] = len(line)
        else:
            stream.write(line + "\n")
        stream.flush()

    return report
