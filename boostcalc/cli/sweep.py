"""`boostcalc sweep`: answers and verdicts under contexts of given sizes and contaminations."""

from __future__ import annotations

from typing import Any

import click

import boostcalc as bc
from boostcalc.cli.asking import asking_options, needed, on_stderr, resumable, wrong_options
from boostcalc.cli.common import WRITABLE, PartType, answer, output_options, say_written
from boostcalc.collecting import Endpoint, Manner
from boostcalc.responses import RESPONSES, Response

__all__ = ["command"]


class Numbers(click.ParamType[Any]):
    """Numbers between commas."""

    def __init__(self, kind: type[int] | type[float]) -> None:
        self.kind, self.name = kind, "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return tuple(self.kind(part) for part in value.split(","))
        except ValueError:
            self.fail(f"cannot read {value!r}: write numbers between commas", param, ctx)


@click.command("sweep")
@asking_options()
@click.option("--attempts", type=click.IntRange(1), help="Answers in all [default: as many as --calls allows].")
@click.option("--sizes", type=Numbers(int), default="0,4,16", show_default=True, help="Pairs in the contexts.")
@click.option("--contaminations", type=Numbers(float), help="Wrong shares [default: as many as the budget allows].")
@click.option("--queries", type=click.IntRange(1), default=4, show_default=True, help="Queries asked of each context.")
@wrong_options()
@click.option("--plan", "planned", is_flag=True, help="Say what would be asked, cost and tell; ask nothing.")
@click.option("--expect", type=PartType(RESPONSES), default="evidence:a=-3,b=6", show_default=True, help="To plan by.")
@click.option("--correlation", type=float, default=0.1, show_default=True, help="To plan by: of one context's answers.")
@click.option("--level", type=float, default=0.9, show_default=True, help="Of the intervals planned.")
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the error by contamination (.svg, .png, .pdf).")
@output_options("The log to write: .csv, .jsonl or .parquet; its journal and provenance beside it.")
def command(
    tasks: str,
    endpoint: Endpoint | None,
    manner: Manner,
    attempts: int | None,
    sizes: tuple[int, ...],
    contaminations: tuple[float, ...] | None,
    queries: int,
    agreement: str,
    seed: int,
    planned: bool,
    expect: Response,
    correlation: float,
    level: float,
    plot: str | None,
    as_json: bool,
    output: str | None,
) -> None:
    """How a model answers and judges under contexts of given sizes and contaminations.

    TASKS is a file as `boostcalc run` takes it. The contexts are drawn: what a sweep measures need not hold in a loop,
    which selects its own.

    \b
    boostcalc sweep tasks.jsonl --calls 2000 --plan
    boostcalc sweep tasks.jsonl --model gpt-4.1-mini --calls 2000 -o sweep.parquet
    boostcalc sweep tasks.jsonl --model m --url http://127.0.0.1:8080/v1 --attempts 960 --sizes 8,32 -o sweep.parquet
    """
    if attempts is None:
        calls = needed(manner.budget.calls, "--attempts' or '--calls")
        attempts = calls // manner.evaluation.calls
    design = bc.SweepDesign(max(attempts, 1), sizes, contaminations, queries, agreement, seed)
    if planned:
        plan = bc.plan_sweep(
            bc.read_tasks(tasks), design, manner, response=expect, correlation=correlation, level=level
        )
        answer(plan, as_json=as_json, output=output, plot=plot)
        return
    model, log = needed(endpoint, "--model"), needed(output, "--output")
    with resumable():
        result = bc.run_sweep(tasks, log, model, design, manner, report=on_stderr())
    say_written(log)
    answer(result, as_json=as_json, output=None, plot=plot)
