"""Samples that lm-evaluation-harness logs (`--log_samples`): `samples_TASK_DATE.jsonl`, or a folder of them.

One row a document and filter. What becomes of it:

- `correct`: the metric named by `truth` (acc, exact_match, …); without it the only one among `metrics`, else `acc` or
  `exact_match` where there is just one of these. A metric that is neither 0 nor 1 is no truth: its row cannot be
  read.
- `accepted`: the metric named by `verdict`, where a judge gave one.
- `query`: the task and `doc_id`; `task`: from the file's name; `model`: `model_name` of the `results_DATE.json` beside
  it.
- The schema's other columns (`run`, `block`, `round`, `context_size`, …): from the document (`doc`) where it has them.
- Filters are different readings of one answer: of several, one has to be named, so that no answer counts twice. Repeats
  (`resps[0]`) count once for the same reason: the harness grades what the filter makes of them.
- Of several dates of one task in one folder the newest is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw

from boostcalc.errors import SchemaError, UsageError
from boostcalc.runs.readers.json_lines import lines
from boostcalc.runs.readers.table import BROKEN, PLACE, Asked, Reader, Table, one_of
from boostcalc.runs.schema import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LM_EVAL"]

NAMED = re.compile(r"samples_(?P<task>.+?)(?:_(?P<date>\d{4}-\d\d-\d\dT[\d.:-]+))?\.jsonl")
USUAL = ("acc", "exact_match")
"""Metrics that are a truth wherever they stand alone."""

OF_DOCUMENT = [name for name in COLUMNS if name not in ("query", "task", "model", "correct", "n", "n_wrong", "error")]
"""Columns that a document may carry."""


def _files(path: Path) -> list[Path]:
    """Sample files, of each task and folder the newest."""
    found = sorted(path.rglob("samples_*.jsonl")) if path.is_dir() else [path]
    newest = {(file.parent, named["task"]): file for file in found if (named := NAMED.fullmatch(file.name))}
    return list(newest.values())


def _reads(path: Path) -> bool:
    if path.is_dir():
        return bool(_files(path))
    if not (NAMED.fullmatch(path.name) and path.is_file()):
        return False
    first = next((row for _, row, _ in lines(path) if row is not None), {})
    return {"doc_id", "filter"} <= set(first)


def _open(path: Path, asked: Asked) -> Table:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    unread: list[dict[str, Any]] = []
    notes: list[str] = []
    files = _files(path)
    for file in files:
        prefix = f"{file.name} " if len(files) > 1 else ""
        seen = [(f"{prefix}{place}", row, why) for place, row, why in lines(file)]
        good = [(place, row) for place, row, _ in seen if row is not None and {"doc_id", "filter"} <= set(row)]
        unread += [
            {PLACE: place, BROKEN: why or "no sample of lm-eval: it has no doc_id and filter"}
            for place, row, why in seen
            if row is None or not {"doc_id", "filter"} <= set(row)
        ]
        if good:
            rows += _samples(file, good, asked, notes)
    if not rows:
        raise SchemaError(f"{path.name} has no sample that can be read")
    if path.is_dir() and (older := len(list(path.rglob("samples_*.jsonl"))) - len(files)):
        notes.append(f"{older} older file{'s' if older > 1 else ''} of the same tasks not read")
    frame = pd.DataFrame(rows)
    frame = frame[[PLACE, *(name for name in COLUMNS if name in frame)]].astype(object)
    frame = frame.where(frame.notna(), None)

    def chunks() -> Iterator[pd.DataFrame]:
        whole = pd.concat([frame.assign(**{BROKEN: None}), pd.DataFrame(unread, dtype=object)], ignore_index=True)
        yield whole.astype(object)

    plain = nw.from_native(frame.drop(columns=PLACE)).lazy()
    return Table(path.name, plain, chunks, lambda: len(unread), notes=tuple(dict.fromkeys(notes)))


def _samples(
    file: Path, rows: list[tuple[str, dict[str, Any]]], asked: Asked, notes: list[str]
) -> list[dict[str, Any]]:
    named = NAMED.fullmatch(file.name)
    task = named["task"] if named else file.stem
    chosen = _filters(task, [str(row["filter"]) for _, row in rows], asked, notes)
    kept = [(place, row) for place, row in rows if row["filter"] in chosen]
    metrics = list(dict.fromkeys(str(metric) for _, row in kept for metric in row.get("metrics", ())))
    truth = _truth(task, metrics, asked, notes)
    verdict = one_of("metric", asked.verdict, metrics) if asked.verdict else None
    model = _model(file)
    found = []
    for place, row in kept:
        document = row["doc"] if isinstance(row.get("doc"), dict) else {}
        sample = {name: document[name] for name in OF_DOCUMENT if name in document}
        sample |= {PLACE: place, "query": f"{task}/{row['doc_id']}", "task": task, "correct": row.get(truth)}
        if model is not None:
            sample["model"] = model
        if verdict is not None:
            sample["accepted"] = row.get(verdict)
        found.append(sample)
    return found


def _filters(task: str, names: list[str], asked: Asked, notes: list[str]) -> set[str]:
    """The one filter to read for this task."""
    listed = list(dict.fromkeys(names))
    wanted = [name for name in listed if name in asked.filters]
    if asked.filters and not wanted and len(listed) > 1:
        one_of("filter", asked.filters[0], listed)
    wanted = wanted or listed
    if len(wanted) > 1:
        raise UsageError(
            f"{task} has each answer under {len(wanted)} filters, and an answer counts once: name one of "
            f"{', '.join(wanted)} by filters (--filter)"
        )
    if len(listed) > 1:
        notes.append(f"filter {wanted[0]} read, others not")
    return set(wanted)


def _truth(task: str, metrics: list[str], asked: Asked, notes: list[str]) -> str:
    """The metric that says what is correct."""
    if asked.truth:
        return one_of("metric", asked.truth, metrics)
    usual = [name for name in metrics if name in USUAL]
    others = [name for name in metrics if name != asked.verdict]
    if len(usual) != 1 and len(others) != 1:
        raise UsageError(
            f"{task} has the metrics {', '.join(metrics) or '(none)'}: say by truth (--truth) which of them is 1 where "
            "the answer is correct"
        )
    truth = usual[0] if len(usual) == 1 else others[0]
    if len(metrics) > 1:
        notes.append(f"correct is the metric {truth}")
    return truth


def _model(file: Path) -> str | None:
    """The model's name, which only the results beside the samples know."""
    named = NAMED.fullmatch(file.name)
    dated = [file.with_name(f"results_{named['date']}.json")] if named and named["date"] else []
    for results in [*dated, *sorted(file.parent.glob("results_*.json"), reverse=True)]:
        try:
            name = json.loads(results.read_bytes()).get("model_name")
        except (OSError, ValueError, AttributeError):
            continue
        if name:
            return str(name)
    return None


LM_EVAL = Reader("lm-evaluation-harness", _reads, _open, frozenset({"truth", "verdict", "filters"}))
