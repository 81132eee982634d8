"""`boostcalc survey`: what graded verdicts tell, and from which score on to accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import boostcalc as bc
from boostcalc.cli.common import READABLE, WRITABLE, PartType, RateType, answer, not_over, output_options
from boostcalc.cli.reading import reading_options
from boostcalc.odds import Counts
from boostcalc.responses import RESPONSES, Response

if TYPE_CHECKING:
    from boostcalc.runs import Runs

__all__ = ["command"]


@click.command("survey")
@reading_options()
@click.option("--fit", metavar="FILE", type=READABLE, help="Take the response from what `boostcalc fit` wrote.")
@click.option("--response", type=PartType(RESPONSES), help="Such as evidence:a=-5,b=7 [default: perfect].")
@click.option("--error", type=RateType(), help="Error rate of round 0 [default: that of the graded answers].")
@click.option("--target", type=float, default=0.01, show_default=True, help="Wanted error rate.")
@click.option(
    "--batch",
    type=click.FloatRange(1),
    help="Accepted pairs that fill the buffer [default: 16, or the context size that the fit was measured at most].",
)
@click.option("--level", type=float, default=0.9, show_default=True, help="Level of the intervals.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="For the draws.")
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the ROC (.svg, .png, .pdf).")
@output_options()
def command(
    runs: Runs,
    fit: str | None,
    response: Response | None,
    error: float | Counts | None,
    target: float,
    batch: float | None,
    level: float,
    seed: int,
    plot: str | None,
    as_json: bool,
    output: str | None,
) -> None:
    """What graded verdicts tell, and from which score on to accept.

    RUNS is a CSV, JSONL or Parquet file: one row an answer, with its `score` (higher for better), whether it is
    `correct`, and, where known, its `block`, `run` or `query`.

    \b
    boostcalc survey graded.csv --error 0.4 --plot roc.svg
    boostcalc survey graded.csv --map query=problem
    boostcalc survey graded.csv --fit fit.json --target 0.05
    """
    if fit is not None:
        not_over(output, fit)
    result = bc.survey(
        runs,
        fit=None if fit is None else bc.read_fit(fit),
        response=response,
        error=error,
        target=target,
        batch=batch,
        level=level,
        rng=seed,
    )
    answer(result, as_json=as_json, output=output, plot=plot)
