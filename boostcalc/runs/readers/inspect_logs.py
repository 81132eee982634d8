"""Logs of Inspect AI (`.eval`, the `.json` that it writes, or a folder of them), by its own dataframes.

One row a sample and epoch. What becomes of it:

- `correct`: the scorer named by `truth`: C, 1, true; or I, N, 0, false. A partial score is no truth: its row cannot be
  read.
- `accepted`: the scorer that is the judge, named by `verdict`, where its values are such; other numbers are its
  `score`. With one scorer, that is the truth; with two, one has to be named; with more, both.
- `query`: the sample's id, so that epochs are repeated answers to one query; `model`, `task`: those of the evaluation.
- The schema's other columns: from the sample's metadata (`round`, `run`, `block`, `context_size`, `context_wrong`, …).
- `score_NAME`, `metadata_NAME`: everything else by name, for `columns` and `where`.

Samples that ended in an error are not read. A sample that two logs hold (an evaluation that was retried) counts once:
Inspect sees to that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boostcalc.errors import DataError, SchemaError, UsageError
from boostcalc.runs.readers.dataframes import from_dataframe
from boostcalc.runs.readers.table import Asked, Reader, Table, one_of
from boostcalc.runs.schema import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["INSPECT"]

GRADES = {"C": True, "I": False, "N": False}
"""Inspect's letters: correct, incorrect, no answer (which it counts as 0)."""

OWN = ("explanation", "answer", "metadata")
"""What the dataframe holds of a score beside its value."""

OF_METADATA = [name for name in COLUMNS if name not in ("query", "model", "task", "correct", "accepted", "score")]
"""Columns that a sample's metadata may hold."""


def _reads(path: Path) -> bool:
    if path.is_dir():
        return any(path.rglob("*.eval")) or any(_is_log(file) for file in path.rglob("*.json"))
    return path.suffix.lower() == ".eval" or (path.suffix.lower() == ".json" and _is_log(path))


def _is_log(path: Path) -> bool:
    """Whether a JSON file begins as Inspect's logs do."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        head = file.read(4096).lstrip()
    return head.startswith(b"{") and all(f'"{key}"'.encode() in head for key in ("version", "status", "eval"))


def _open(path: Path, asked: Asked) -> Table:
    frame = _samples(path)
    notes = []
    failed = frame["error"].map(bool, na_action="ignore").eq(other=True)
    if failed.any():
        notes.append(f"{int(failed.sum())} samples ended in an error and are not read")
    frame = frame[~failed]
    if not len(frame):
        raise SchemaError(f"{path.name} has no sample that ended without an error")
    names = _scorers(list(frame.columns))
    truth, verdict = _roles(names, asked)
    table: dict[str, Any] = {"query": frame["id"], "model": frame["model"], "task": frame["task_name"]}
    table |= {
        name: frame[f"metadata_{name}"]
        for name in OF_METADATA
        if f"metadata_{name}" in frame and frame[f"metadata_{name}"].notna().any()
    }
    others = {name: frame[name] for name in map(str, frame) if name.startswith(("score_", "metadata_"))}
    if truth is not None:
        table["correct"] = _graded(frame[f"score_{truth}"])
    if verdict is not None:
        judged = _graded(frame[f"score_{verdict}"])
        binary = judged.dropna().isin([0, 1]).all()
        table["accepted" if binary else "score"] = judged
    if len(names) > 1:
        notes.append(f"truth: {truth}, verdict: {verdict or 'none'}")
    used = {*(f"metadata_{name}" for name in table), *(f"score_{name}" for name in (truth, verdict) if name)}
    columns = {**table, **{name: column for name, column in others.items() if name not in used}}
    found = from_dataframe(_frame(columns), path.name)
    return replace(found, notes=tuple(notes))


def _samples(path: Path) -> pd.DataFrame:
    """Every sample of the logs, by Inspect's own reader."""
    try:
        from inspect_ai.analysis import EvalModel, EvalTask, SampleSummary, samples_df
    except ImportError:
        raise DataError(
            f"{path.name} is a log of Inspect AI, which reads it itself: pip install 'boostcalc[inspect]'"
        ) from None
    try:
        frame, errors = samples_df(str(path), columns=[*EvalTask, *EvalModel, *SampleSummary], strict=False, quiet=True)
    except Exception as error:  # whatever Inspect says of a log that it cannot read
        raise SchemaError(f"{path.name} cannot be read by Inspect: {str(error)[:300]}") from None
    if not len(frame):
        said = f": {errors[0]}" if errors else ""
        raise SchemaError(f"{path.name} has no samples{said}"[:400])
    return frame.astype(object).where(frame.notna(), None)  # type: ignore[no-any-return]  # inspect_ai is not always there


def _scorers(columns: list[str]) -> list[str]:
    names = [name.removeprefix("score_") for name in columns if name.startswith("score_")]
    return [name for name in names if not any(name == f"{other}_{own}" for other in names for own in OWN)]


def _roles(names: Sequence[str], asked: Asked) -> tuple[str | None, str | None]:
    """The scorer that is the truth and the one that is the judge."""
    truth, verdict = (None if name is None else one_of("scorer", name, names) for name in (asked.truth, asked.verdict))
    rest = [name for name in names if name not in (truth, verdict)]
    if truth is None and verdict is None and len(names) > 1:
        raise UsageError(
            f"the log has the scorers {', '.join(names)}: say which is the truth and which the verdict, by truth and "
            "verdict (--truth, --verdict)"
        )
    if truth is None and len(rest) == 1:
        truth = rest.pop()
    if verdict is None and truth is not None and len(names) == 2 and len(rest) == 1:
        verdict = rest.pop()
    if truth is not None and truth == verdict:
        raise UsageError(f"{truth} is named as truth and as verdict: the two have to be different scorers")
    return truth, verdict


def _graded(column: pd.Series[Any]) -> pd.Series[Any]:
    """Letters as truths; everything else as it is."""
    return column.map(lambda value: GRADES.get(value, value) if isinstance(value, str) else value, na_action="ignore")


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(columns).reset_index(drop=True).astype(object)
    return frame.map(lambda value: json.dumps(value) if isinstance(value, dict | list) else value)


INSPECT = Reader("Inspect AI", _reads, _open, frozenset({"truth", "verdict"}))
