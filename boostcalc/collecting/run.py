"""The live loop and the sweep, from tasks to a log."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from boostcalc.collecting.attempts import Attempting
from boostcalc.collecting.collection import Collection, logged, notes_on
from boostcalc.collecting.endpoint import Endpoint
from boostcalc.collecting.journal import Journal
from boostcalc.collecting.loop_design import LoopDesign, LoopPlan
from boostcalc.collecting.manner import Manner
from boostcalc.collecting.progress import Reporting
from boostcalc.collecting.scheduler import attempt_all
from boostcalc.collecting.sweep_design import SweepDesign, SweepPlan
from boostcalc.collecting.tasks import Tasks, read_tasks
from boostcalc.errors import DataError, EndpointError, UsageError
from boostcalc.files import written
from boostcalc.results import counted, provenance
from boostcalc.runs import write_log
from boostcalc.runs.writers import check_log_name

__all__ = ["run_loop", "run_sweep"]

PathLike = str | os.PathLike[str]


def run_loop(
    tasks: PathLike | Tasks,
    output: PathLike,
    endpoint: Endpoint,
    design: LoopDesign | None = None,
    manner: Manner | None = None,
    *,
    report: Reporting | None = None,
) -> Collection:
    """Runs a loop against a model: it answers, is evaluated, and accepted pairs become its context.

    Each attempt is journaled beside `output` as it completes. Ended at any moment, the same call goes on from there,
    repeats none and ends with the same log as if it had not been ended.

    Parameters
    ----------
    tasks : path or Tasks
        Queries with their answers, as `read_tasks` reads them.
    output : path
        The log to write, in the schema of logged runs: .csv, .jsonl or .parquet. Beside it stand its journal and
        its provenance.
    endpoint : Endpoint
    design : LoopDesign, optional
    manner : Manner, optional
    report : callable, optional
        Gets a `Progress` after each attempt, such as `printed(sys.stderr)`.

    Returns
    -------
    Collection

    Raises
    ------
    UsageError
        If a question is malformed, the endpoint refuses it, or the journal belongs to another one.
    EndpointError, DataError
        If the endpoint does not answer; if there are too few tasks, or the budget allows no attempt.
    """
    design = design or LoopDesign()
    plan = LoopPlan(design, _tasks(tasks))
    asked = {**design.drawn_by(), "rounds": design.rounds, "runs": design.runs, "most": design.patience}
    return _collected("loop", plan, Path(output), endpoint, manner or Manner(), asked, report)


def run_sweep(
    tasks: PathLike | Tasks,
    output: PathLike,
    endpoint: Endpoint,
    design: SweepDesign,
    manner: Manner | None = None,
    *,
    report: Reporting | None = None,
) -> Collection:
    """Asks a model under contexts of given sizes and contaminations, and logs answers and verdicts like `run_loop`.

    What a sweep measures need not hold in a loop, which selects its contexts: the log keeps them apart by `run`.

    Parameters and errors are those of `run_loop`; `design` says which contexts. With the scale "none" no evaluator is
    asked, and `accepted` is null.
    """
    plan = SweepPlan(design, _tasks(tasks))
    asked = {**design.drawn_by(), "queries": design.queries, "cells": [cell._asdict() for cell in design.cells]}
    return _collected("sweep", plan, Path(output), endpoint, manner or Manner(), asked, report)


def _collected(
    kind: str,
    plan: LoopPlan | SweepPlan,
    output: Path,
    endpoint: Endpoint,
    manner: Manner,
    asked: Mapping[str, Any],
    report: Reporting | None,
) -> Collection:
    ending = check_log_name(output)
    stem = output.name[: -len(ending)]
    journal_path, provenance_path = (output.with_name(stem + end) for end in (".journal.jsonl", ".provenance.json"))
    depends_on = {
        "kind": kind,
        "design": plan.design.drawn_by(),
        "endpoint": endpoint.drawn_by(),
        **manner.drawn_by(),
        "tasks": plan.tasks.fingerprint,
    }
    attempting = Attempting(plan, manner.filled, manner.evaluation, manner.grading)
    journal = Journal.open(journal_path, depends_on)
    try:
        made = attempt_all(
            attempting, endpoint, journal, budget=manner.budget, concurrency=manner.concurrency, report=report
        )
    except (EndpointError, UsageError) as error:
        if not journal.recorded:
            raise
        kept = sum(map(len, journal.recorded.values()))
        goes_on = f"{counted(kept, 'attempt')} kept: once that is put right, the same command goes on from there"
        raise type(error)(f"{error} ({goes_on})") from None
    finally:
        journal.close()
    stages = tuple(stage for stage in made.stages if stage.outcomes)
    if not stages:
        raise DataError("the budget allows no attempt: allow more requests, tokens or money")
    write_log(logged(stages, plan.tasks, endpoint.model), output)
    inputs = {**depends_on, "design": dict(asked), "address": endpoint.address, "templates": asdict(manner.filled)}
    made_by = provenance(seed=plan.seed, tasks=plan.tasks.source, openai=_version("openai"))
    spent, budget = journal.spent, manner.budget
    recorded = sum(map(len, journal.recorded.values()))
    result = Collection(
        stages=stages,
        log=output,
        journal=journal_path,
        spent=spent,
        cost=budget.cost(spent),
        notes=notes_on(
            stages,
            left_open=made.left_open,
            left_out=recorded - sum(len(stage.outcomes) for stage in stages),
            tokens_counted=budget.held(spent),
            reading=manner.evaluation.reading,
        ),
        inputs=inputs,
        provenance=made_by,
    )
    with written(provenance_path) as partial:
        Path(partial).write_text(result.to_json() + "\n", encoding="utf-8")
    return result


def _tasks(tasks: PathLike | Tasks) -> Tasks:
    return tasks if isinstance(tasks, Tasks) else read_tasks(Path(tasks))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
