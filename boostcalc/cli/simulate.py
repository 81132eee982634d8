"""`boostcalc simulate`: runs of a loop with real batches, or their exact law."""

from __future__ import annotations

from typing import Any

import click

import boostcalc as bc
from boostcalc.cli.common import WRITABLE, answer, given, output_options, say_written
from boostcalc.cli.options import evaluator_options, loop_options, start_options
from boostcalc.dynamics import BaseEvaluator, ContextPolicy
from boostcalc.errors import UsageError
from boostcalc.responses import Response
from boostcalc.results import Result
from boostcalc.runs.writers import check_log_name

__all__ = ["command"]

DRAWN = {
    "--runs": "draws no runs",
    "--seed": "draws nothing",
    "--level": "lists the quantiles 0.05, 0.5 and 0.95",
    "--log": "draws no runs to log",
}
"""The options that say nothing to the exact law, and why."""


@click.command("simulate")
@evaluator_options()
@start_options()
@click.option("--target", type=float, default=0.01, show_default=True, help="Wanted error rate.")
@click.option("--rounds", type=click.IntRange(0, 100_000), default=10, show_default=True, help="The last round.")
@click.option("--runs", type=click.IntRange(1, 10_000_000), default=1_000, show_default=True, help="How many runs.")
@loop_options(click.IntRange(1))
@click.option("--level", type=float, default=0.9, show_default=True, help="Level of the intervals.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="For the draws.")
@click.option("--exact", is_flag=True, help="The exact law instead of draws.")
@click.option("--log", metavar="FILE", type=WRITABLE, help="Write the runs as a log (.csv, .jsonl, .parquet).")
@click.option("--counted", is_flag=True, help="Write the log as counts, not one row an attempt.")
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the error by round (.svg, .png, .pdf).")
@output_options()
def command(
    evaluator: BaseEvaluator,
    response: Response,
    context: ContextPolicy,
    batch: int,
    exact: bool,
    log: str | None,
    counted: bool,
    plot: str | None,
    as_json: bool,
    output: str | None,
    **question: Any,
) -> None:
    """What single runs of a loop do, batch by batch, beside what is expected of them.

    Wrong pairs and attempts of each batch are drawn from their exact laws; with --exact nothing is drawn, and the
    law itself is followed.

    \b
    boostcalc simulate --fp 0.7 --tp 0.8 --batch 20 --rounds 40
    boostcalc simulate --fp 0.7 --tp 0.8 --batch 20 --exact
    boostcalc simulate --fp 0.7 --tp 0.8 --votes 3 --correlation 0.3
    boostcalc simulate --fp 0.6 --tp 0.8 --response evidence:a=-3,b=6 --log runs.parquet
    """
    for option, why in DRAWN.items() if exact else ():
        if given(option):
            raise UsageError(f"--exact {why}: leave out one of --exact and {option}")
    if counted and log is None:
        raise UsageError("--counted says how a log is written: give --log FILE as well")
    if log is not None:
        check_log_name(log)
    loop = bc.Loop(evaluator=evaluator, response=response, context=context, batch=batch)
    result = _law(loop, **question) if exact else _runs(loop, log, counted, **question)
    answer(result, as_json=as_json, output=output, plot=plot)


def _law(loop: bc.Loop, *, runs: int, level: float, seed: int, **question: Any) -> Result:
    return bc.distribution(loop, **question)


def _runs(loop: bc.Loop, log: str | None, counted: bool, *, seed: int, **question: Any) -> Result:
    result = bc.simulate(loop, rng=seed, **question)
    if log is not None:
        bc.write_log(bc.simulated_log(result, counted=counted, rng=seed), log)
        say_written(log)
    return result
