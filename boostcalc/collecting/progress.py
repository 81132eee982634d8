"""How far a collection is: one line on a stream, rewritten on a terminal, now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

__all__ = ["Progress", "Reporting", "printed"]

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
        return ", ".join(said)


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
