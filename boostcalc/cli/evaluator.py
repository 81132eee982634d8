"""`boostcalc evaluator`: rates and drift from verdicts; what verdicts say of errors; what acceptance alone says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import boostcalc as bc
from boostcalc.cli.common import WRITABLE, PartType, answer, output_options
from boostcalc.cli.reading import reading_options
from boostcalc.responses import RESPONSES, Response

if TYPE_CHECKING:
    from boostcalc.results import Result
    from boostcalc.runs import Runs

__all__ = ["command"]


@click.command("evaluator")
@reading_options()
@click.option("--errors", is_flag=True, help="The error rate behind the verdicts, where few truths are known.")
@click.option("--random", is_flag=True, help="With --errors: the labelled answers are a random sample of all.")
@click.option("--acceptance", is_flag=True, help="Rates and errors from the acceptance by round alone, up to a mirror.")
@click.option("--response", type=PartType(RESPONSES), help="With --acceptance: the model's [default: perfect].")
@click.option("--level", type=float, default=0.9, show_default=True, help="Level of the intervals.")
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw it (.svg, .png, .pdf).")
@output_options()
def command(
    runs: Runs,
    errors: bool,
    random: bool,
    acceptance: bool,
    response: Response | None,
    level: float,
    plot: str | None,
    as_json: bool,
    output: str | None,
) -> None:
    """What a log says of its evaluator, and by its verdicts of errors.

    RUNS has one row an attempt: the verdict `accepted` and, where known, the truth `correct`; and what is
    independent of what (`block`, `run`, `query`).

    \b
    boostcalc evaluator runs.parquet                        # rates, likelihood ratio, drift
    boostcalc evaluator judged.csv --errors --random        # few truths, many verdicts
    boostcalc evaluator loop.csv --acceptance               # no truths, some rounds
    """
    if errors and acceptance:
        raise click.UsageError("--errors needs some truths and --acceptance none: ask for one of them")
    if (random and not errors) or (response is not None and not acceptance):
        raise click.UsageError("--random goes with --errors, --response with --acceptance")
    result: Result
    if errors:
        result = bc.corrected_error(runs, random=random, level=level)
    elif acceptance:
        result = bc.fit_acceptance(runs, response=response, level=level)
    else:
        result = bc.estimate_evaluator(runs, level=level)
    answer(result, as_json=as_json, output=output, plot=plot)
