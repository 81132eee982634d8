"""How far a collection is: one line on a stream, rewritten on a terminal, now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from shutil import get_terminal_size
from typing import TextIO

from boostcalc.collecting.stages import Outcome
from boostcalc.dynamics import Loop
from boostcalc.results import counted

__all__ = ["Progress", "Reporting", "Tally", "printed"]

ON_TERMINAL, ELSEWHERE = 0.2, 15.0
"""Seconds between two lines."""

LOW = 0.001
"""An error below which the textbook's figure says nothing more: a progress line is no place for 1e-80."""


@dataclass(frozen=True)
class Progress:
    """How far it is.

    Attributes
    ----------
    runs, runs_over : runs (in a sweep: contexts) in all, and ended.
    attempts : completed.
    round : the round of the run that moved last, and `place` of `batch` that are accepted in it (None: a sweep).
    error, acceptance : shares in that round so far; in a sweep, of all attempts.
    calls, cost : requests so far, and what they cost (0 without a price).
    foreseen : the error of the loops' last round by the textbook recurrence, from the rates and the error so far; None
        in a sweep, in the last round, or before both rates are known.
    said : whether verdicts had to be read from what was said, for want of probabilities.
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
    said: bool = False
    ended: bool = False

    @property
    def line(self) -> str:
        """The line."""
        runs = "contexts" if self.batch is None else "runs"
        parts = [f"{runs} {self.runs_over}/{self.runs}", counted(self.attempts, "attempt"), f"{self.calls:,} requests"]
        if self.cost:
            parts.append(f"cost {self.cost:.4g}")
        if self.batch is not None:
            parts.append(f"round {self.round}: {self.place}/{self.batch} accepted")
        parts.append(f"error {self.error:.3f}")
        if self.acceptance is not None:
            parts.append(f"acceptance {self.acceptance:.3f}")
        if self.foreseen is not None:
            shown = f"{self.foreseen:.2g}" if self.foreseen >= LOW else f"below {LOW:g}"
            parts.append(f"going to {shown} by the textbook")
        return ", ".join(parts)


def _by_truth() -> dict[bool, int]:
    return {True: 0, False: 0}


@dataclass
class Tally:
    """Attempts so far, by whether the answer was correct: how many, how many of them judged, and accepted."""

    made: dict[bool, int] = field(default_factory=_by_truth)
    judged: dict[bool, int] = field(default_factory=_by_truth)
    accepted: dict[bool, int] = field(default_factory=_by_truth)

    def add(self, outcome: Outcome) -> None:
        """Counts one attempt."""
        self.made[outcome.correct] += 1
        if outcome.accepted is not None:
            self.judged[outcome.correct] += 1
            self.accepted[outcome.correct] += outcome.accepted

    @property
    def attempts(self) -> int:
        """How many were made."""
        return sum(self.made.values())

    @property
    def error(self) -> float:
        """The share of wrong answers; there has to be one attempt."""
        return self.made[False] / self.attempts

    @property
    def acceptance(self) -> float | None:
        """The share of accepted answers; None where nobody judged."""
        judged = sum(self.judged.values())
        return sum(self.accepted.values()) / judged if judged else None

    def foreseen(self, error: float, rounds: int) -> float | None:
        """The error after so many rounds more, if the rates stay and the model errs as often as its context does."""
        if not all(self.judged.values()):
            return None
        # half an answer more of each kind: a rate of 0 or 1 from a handful of verdicts is no certainty
        tpr, fpr = ((self.accepted[kind] + 0.5) / (self.judged[kind] + 1) for kind in (True, False))
        return float(Loop(tpr=tpr, fpr=fpr).trajectory(error=error, rounds=rounds).error[-1])


Reporting = Callable[[Progress], None]

SAID = "the endpoint gives no probabilities of the scale's words: verdicts are what is said"


@dataclass
class _Printer:
    """What `printed` returns."""

    stream: TextIO
    terminal: bool
    last: float = float("-inf")
    width: int = 0
    warned: bool = False

    def __call__(self, progress: Progress) -> None:
        if progress.said and not self.warned:
            self.warned = True
            self._write(SAID, ended=True)
        now = time.monotonic()
        if progress.ended or now - self.last >= (ON_TERMINAL if self.terminal else ELSEWHERE):
            self.last = now
            self._write(progress.line, ended=progress.ended)

    def _write(self, line: str, *, ended: bool) -> None:
        if self.terminal:
            if not ended:  # a line that wraps could not be rewritten
                line = line[: get_terminal_size().columns - 1]
            self.stream.write(f"\r{line.ljust(self.width)}" + ("\n" if ended else ""))
            self.width = 0 if ended else len(line)
        else:
            self.stream.write(line + "\n")
        self.stream.flush()


def printed(stream: TextIO) -> Reporting:
    """Writes progress to a stream; and once, as soon as it is known, that verdicts are read from what is said."""
    return _Printer(stream, stream.isatty())
