"""The queries that a model is asked, with their answers: read from JSONL or CSV."""

from __future__ import annotations

import csv
import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from boostcalc.errors import DataError, SchemaError, UsageError
from boostcalc.runs.readers.delimited import opened
from boostcalc.runs.readers.json_lines import lines

__all__ = ["Task", "Tasks", "read_tasks"]

COLUMNS = ("query", "answer", "wrong_answers", "id", "task")
"""What a row may have; anything else is kept out."""


@dataclass(frozen=True)
class Task:
    """A query and what answers it.

    Attributes
    ----------
    query : what the model is asked.
    answers : the correct answers; the first is the one that stands in a context.
    wrong_answers : answers that are wrong; may be empty.
    name : what identifies the query in a log.
    task : the kind of task, for grouping.
    """

    query: str
    answers: tuple[str, ...]
    wrong_answers: tuple[str, ...]
    name: str
    task: str


@dataclass(frozen=True)
class Tasks:
    """Distinct queries, in the order of their file."""

    rows: tuple[Task, ...]
    source: str

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that a run depends on: queries, answers, names, in order."""
        listed = [[t.name, t.query, t.answers, t.wrong_answers, t.task] for t in self.rows]
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The distinct correct answers, sorted: what wrong answers are taken from where a task lists none."""
        return tuple(sorted({task.answers[0] for task in self.rows}))

    def wrong_for(self, task: Task) -> tuple[str, ...]:
        """Wrong answers to a task: its own; else, in one cyclic order for all tasks, the answers of the others.

        Raises
        ------
        DataError
            If there is none.
        """
        if task.wrong_answers:
            return task.wrong_answers
        labels = self.labels
        # one shift of the sorted labels is the same wrong rule for every task
        at = bisect_left(labels, task.answers[0])
        others = labels[at + 1 :] + labels[:at]
        if len(task.answers) > 1:
            others = tuple(label for label in others if label not in task.answers)
        if not others:
            raise DataError(
                f"{self.source} has no wrong answer to {task.name!r}: give wrong_answers, or leave the context clean"
            )
        return others


def read_tasks(path: str | Path) -> Tasks:
    """The tasks of a JSONL or CSV file: `query`, `answer`, and optionally `wrong_answers`, `id`, `task`.

    Several correct answers are a list (JSONL); several wrong ones a list, in CSV a JSON list or parts between `|`.
    Without `id` a query is named by the first 12 digits of its SHA-256, without `task` the file's name stands for it.

    Raises
    ------
    UsageError
        If there is no such file or it is of another kind.
    SchemaError
        If it is empty, or a row lacks its query or answer, contradicts another or lists a correct answer as wrong.
    """
    source = Path(path)
    if not source.is_file():
        raise UsageError(f"no such file: {source}")
    name = source.name.lower().removesuffix(".gz")
    if not name.endswith((".jsonl", ".ndjson", ".csv")):
        raise UsageError(f"{source.name}: tasks are read from .jsonl and .csv")
    found: dict[str, Task] = {}
    for place, row in _csv_rows(source) if name.endswith(".csv") else _json_rows(source):
        where = f"{source.name}, {place}"
        task = _task(row, where, source.name.split(".")[0])
        known = found.setdefault(task.name, task)
        if known != task:
            raise SchemaError(f"{where}: {task.name!r} stands there again with another query or answer: name it anew")
    if not found:
        raise SchemaError(f"{source.name} has no tasks: give at least one row with query and answer")
    return Tasks(tuple(found.values()), source.name)


def _json_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, row, why in lines(path):
        if row is None:
            raise SchemaError(f"{path.name}, {place}: {why}: a task is an object with query and answer")
        yield place, row


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        with opened(path) as file:
            text = file.read().decode("utf-8-sig")
        reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
        reader.fieldnames = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        for row in reader:
            yield f"line {reader.line_num}", {key: value for key, value in row.items() if isinstance(key, str)}
    except (UnicodeDecodeError, csv.Error) as error:
        raise SchemaError(f"{path.name} cannot be read as CSV: {error}") from None


def _task(row: dict[str, Any], where: str, kind: str) -> Task:
    query = row.get("query")
    if not isinstance(query, str) or not query.strip():
        raise SchemaError(
            f"{where}: no query; a row has {', '.join(COLUMNS[:2])}, and may have {', '.join(COLUMNS[2:])}"
        )
    answers = _texts(row.get("answer"), f"{where}: answer")
    if not answers:
        raise SchemaError(f"{where}: no answer: without it nothing tells right from wrong")
    wrong = _texts(_listed(row.get("wrong_answers")), f"{where}: wrong_answers")
    if set(wrong) & set(answers):
        raise SchemaError(f"{where}: {sorted(set(wrong) & set(answers))[0]!r} is listed as right and as wrong")
    name, group = row.get("id"), row.get("task")
    return Task(
        query,
        answers,
        wrong,
        str(name) if name not in (None, "") else hashlib.sha256(query.encode("utf-8", "replace")).hexdigest()[:12],
        str(group) if group not in (None, "") else kind,
    )


def _listed(value: Any) -> Any:
    """A list as CSV has it: JSON, or parts between strokes."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            pass
    return [part.strip() for part in value.split("|") if part.strip()]


def _texts(value: Any, what: str) -> tuple[str, ...]:
    """Answers as text, in order and without repetition."""
    if value is None or value == "":
        return ()
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int | float) for one in values):
        raise SchemaError(f"{what}: neither a text nor a number, nor a list of them")
    return tuple(dict.fromkeys(str(one) for one in values if str(one).strip()))
