"""`boostcalc predict`: what a loop will do, from the evaluator's rates."""

from __future__ import annotations

import click

from boostcalc.cli.common import WRITABLE, answer, output_options
from boostcalc.cli.options import evaluator_options, loop_options, start_options
from boostcalc.dynamics import BaseEvaluator, ContextPolicy, Loop
from boostcalc.odds import Counts
from boostcalc.responses import Response

__all__ = ["command"]


@click.command("predict")
@evaluator_options()
@start_options()
@click.option("--head-start", metavar="PAIRS", type=click.FloatRange(0), default=0, help="Correct pairs put into it.")
@click.option("--target", type=float, default=0.01, show_default=True, help="Wanted error rate.")
@click.option("--rounds", type=click.IntRange(0, 100_000), help="Rounds to list [default: up to the target].")
@loop_options()
@click.option(
    "--level", type=float, default=0.9, show_default=True, help="Level of the intervals (where counts are given)."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="For the draws behind the intervals."
)
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the error by round (.svg, .png, .pdf).")
@output_options()
def command(
    evaluator: BaseEvaluator,
    error: float | Counts | None,
    contamination: float | Counts | None,
    head_start: float,
    target: float,
    rounds: int | None,
    batch: float,
    response: Response,
    context: ContextPolicy,
    level: float,
    seed: int,
    plot: str | None,
    as_json: bool,
    output: str | None,
) -> None:
    """What a loop will do, from the evaluator's rates.

    The evaluator accepts correct answers with probability TP and wrong ones with FP. A rate is a number
    (taken as known) or counts (taken as evidence: every figure then has an interval). With --votes an answer is
    accepted when more than half of so many verdicts on it are for it, or as many as are --needed.

    \b
    boostcalc predict --fp 0.1 --tp 0.8
    boostcalc predict --fp 78/150 --tp 143/150 --error 0.4
    boostcalc predict --fp 0.1 --tp 0.8 --response evidence:a=-5,b=7 --context append:size=16
    boostcalc predict --fp 0.1 --tp 0.8 --votes 3 --correlation 0.3
    boostcalc predict --evaluator drifting:tpr=0.93,fpr=0.15,tpr_wrong=0.49,fpr_wrong=0.39 --error 0.4
    """
    loop = Loop(evaluator=evaluator, response=response, context=context, batch=batch)
    result = loop.predict(
        error=error,
        contamination=contamination,
        head_start=head_start,
        target=target,
        rounds=rounds,
        level=level,
        rng=seed,
    )
    answer(result, as_json=as_json, output=output, plot=plot)
