"""The journal: a line for each completed attempt, on disk before the next is begun in its place.

Append-only JSONL; each line is flushed and synced. The first holds what the attempts depend on: only the same question
goes on with a journal. What a kill leaves of its last line is cut off.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, Any, Self

from boostcalc.collecting.budget import Spent
from boostcalc.collecting.stages import Outcome
from boostcalc.errors import DataError, UsageError

if sys.platform != "win32":
    import fcntl

__all__ = ["Journal"]

FORMAT, HEAD = 1, b'{"journal": '


@dataclass
class Journal:
    """A journal that is open for writing, and what stands in it.

    Attributes
    ----------
    path : its file.
    recorded : the completed attempts.
    spent : what they took.
    """

    path: Path
    file: IO[bytes]
    recorded: dict[tuple[str, int], dict[int, Outcome]] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)

    @classmethod
    def open(cls, path: Path, depends_on: Mapping[str, Any]) -> Self:
        """Begins a journal, or goes on with one of the same question.

        Raises
        ------
        UsageError
            If the journal belongs to another question (it says what differs), or another process writes it.
        DataError
            If a line other than the last is broken.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a+b")  # noqa: SIM115  # it stays open while attempts are made
        journal = cls(path, file)
        try:
            _lock(file, path)
            journal._read(json.loads(json.dumps(depends_on)))
        except BaseException:
            file.close()
            raise
        return journal

    def add(self, run: str, round_: int, index: int, outcome: Outcome, spent: Spent) -> None:
        """Writes a completed attempt; when this returns it is on disk."""
        place = {"run": run, "round": round_, "index": index}
        self._write({**place, **asdict(outcome), **asdict(spent)})
        self._take(run, round_, index, outcome, spent)

    def close(self) -> None:
        """Closes the file, which frees it for others."""
        self.file.close()

    def _write(self, record: Mapping[str, Any]) -> None:
        self.file.write(json.dumps(record).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())

    def _take(self, run: str, round_: int, index: int, outcome: Outcome, spent: Spent) -> None:
        self.recorded.setdefault((run, round_), {})[index] = outcome
        self.spent += spent

    def _read(self, depends_on: dict[str, Any]) -> None:
        self.file.seek(0)
        whole = self.file.read()
        if whole and not whole.startswith(HEAD[: len(whole)]):
            raise UsageError(f"{self.path} is no journal of a run: name another output, or move that file away")
        kept = whole[: whole.rfind(b"\n") + 1]
        if len(kept) < len(whole):  # torn by a kill: that attempt was never completed
            self.file.truncate(len(kept))
        head, *rest = kept.splitlines() or [b""]
        if not head:
            self._write({"journal": FORMAT, "depends_on": depends_on})
            return
        first = self._line(head, 1)
        if not rest and first.get("journal") == FORMAT:  # nothing was completed that another question could confuse
            self.file.truncate(0)
            self._write({"journal": FORMAT, "depends_on": depends_on})
            return
        if first.get("journal") != FORMAT:
            raise UsageError(f"{self.path.name} is a journal of another version of boostcalc: name another output")
        if differing := _differing(first.get("depends_on"), depends_on):
            raise UsageError(
                f"{self.path.name} was begun with another question ({differing}): ask the same, or name another output"
            )
        for number, line in enumerate(rest, 2):
            record = self._line(line, number)
            try:
                outcome, spent = (_of(kind, record) for kind in (Outcome, Spent))
                self._take(str(record["run"]), int(record["round"]), int(record["index"]), outcome, spent)
            except KeyError as missing:
                raise DataError(f"{self.path.name}, line {number}: no {missing}: that line was changed") from None

    def _line(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise DataError(
                f"{self.path.name}, line {number} is broken, and it is not the last: remove that line to make its "
                "attempt anew, or name another output"
            )
        return record


def _of(kind: type[Any], record: Mapping[str, Any]) -> Any:
    return kind(**{spec.name: record[spec.name] for spec in fields(kind)})


def _differing(then: Any, now: Any, name: str = "") -> str:
    """The first value in which two questions differ, in words."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted({*then, *now}):
            if found := _differing(then.get(key), now.get(key), f"{name}.{key}".strip(".")):
                return found
        return ""
    return "" if then == now else f"{name} = {_short(then)}, now {_short(now)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _lock(file: IO[bytes], path: Path) -> None:
    """One process writes a journal; the system frees it when that process ends, however it ends."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"{path.name} is being written by another process: wait for it, or name another output"
            ) from None
        except OSError:  # a file system without locks
            return
