"""`boostcalc run`: the loop itself, against a real model."""

from __future__ import annotations

from typing import Any

import click

import boostcalc as bc
from boostcalc.cli.asking import asking_options, needed, on_stderr, resumable, wrong_options
from boostcalc.cli.common import WRITABLE, PartType, answer, output_options, say_written
from boostcalc.collecting import Endpoint, Manner
from boostcalc.collecting.loop_design import ORDERS
from boostcalc.dynamics import POLICIES

__all__ = ["command"]


@click.command("run")
@asking_options()
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True, help="Pairs that fill the buffer.")
@click.option(
    "--context",
    type=PartType(POLICIES),
    default="replace",
    show_default=True,
    help="How the batch joins: replace, append:size=0 or window:size=64.",
)
@click.option("--rounds", type=click.IntRange(0), default=10, show_default=True, help="The last round.")
@click.option("--runs", type=click.IntRange(1), default=1, show_default=True, help="How many loops.")
@click.option("--contamination", type=float, help="Wrong share of the first context [default: it is empty].")
@wrong_options()
@click.option("--order", type=click.Choice(ORDERS), default="kept", show_default=True, help="Of pairs in a context.")
@click.option("--most", type=click.IntRange(1), help="Attempts a round is given at most [default: 25 times the batch].")
@click.option("--repeats", is_flag=True, help="Ask queries that stand in the context as well.")
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the error by round (.svg, .png, .pdf).")
@output_options("The log to write: .csv, .jsonl or .parquet; its journal and provenance beside it.")
def command(
    tasks: str,
    endpoint: Endpoint | None,
    manner: Manner,
    plot: str | None,
    as_json: bool,
    output: str | None,
    **design: Any,
) -> None:
    """The loop itself: a model answers, evaluates its answers, and accepted pairs become its context.

    TASKS is a JSONL or CSV file: `query`, `answer`, and where known `wrong_answers`, `id`, `task`. Every attempt is
    journaled as it completes: ended at any moment, the same command goes on from there and repeats none.

    \b
    boostcalc run tasks.jsonl --model gpt-4.1-mini --rounds 5 --runs 4 -o runs.parquet
    boostcalc run tasks.jsonl --model tiny --url http://127.0.0.1:8080/v1 --contamination 0.5 -o runs.parquet
    boostcalc run tasks.csv --model m --url http://127.0.0.1:8080/v1 --evaluation survey --threshold 0.75 -o runs.csv
    """
    model, log = needed(endpoint, "--model"), needed(output, "--output")
    with resumable():
        result = bc.run_loop(tasks, log, model, bc.LoopDesign(**design), manner, report=on_stderr())
    say_written(log)
    answer(result, as_json=as_json, output=None, plot=plot)
