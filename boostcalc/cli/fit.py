"""`boostcalc fit`: what logged runs say of evaluator and response."""

from __future__ import annotations

from typing import Any

import click

import boostcalc as bc
from boostcalc.cli.common import WRITABLE, answer, output_options
from boostcalc.cli.reading import read_or_say, reading_options
from boostcalc.results import Result

__all__ = ["command"]


@click.command("fit")
@reading_options(read=False)
@click.option(
    "--family",
    metavar="NAME",
    multiple=True,
    help="Response family to fit; may be repeated [default: all that the log can tell apart].",
)
@click.option(
    "--plain-rate",
    is_flag=True,
    help="Take a context's rate for its realised share, instead of averaging over Bin(k, rate).",
)
@click.option(
    "--context-judge",
    metavar="TP,FP",
    help="Rates of the judge that called pairs of the context wrong (`context_judged_wrong`) [default: the log's own].",
)
@click.option("--by", metavar="COLUMN,…", help="Fit each combination of these columns' values by itself.")
@click.option("--level", type=float, default=0.9, show_default=True, help="Level of the intervals.")
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the response (.svg, .png, .pdf).")
@output_options()
def command(
    runs: str,
    reading: dict[str, Any],
    family: tuple[str, ...],
    plain_rate: bool,
    context_judge: str | None,
    by: str | None,
    level: float,
    plot: str | None,
    as_json: bool,
    output: str | None,
) -> None:
    """What logged runs say of evaluator and response.

    RUNS is a CSV, JSONL or Parquet file: one row an attempt (`correct`, `accepted`, `context_size`,
    `context_wrong` or `context_contamination`, `run`, …), or pre-counted with `n` and `n_wrong` or `error`.
    Or a log of Inspect AI, or samples that lm-evaluation-harness logged; or a folder of one of these.

    \b
    boostcalc fit runs.parquet -o fit.json
    boostcalc fit curves.csv --where task=sst2 --where context_size=39 -o fit.json
    boostcalc fit answers.csv --map correct=is_ok --map accepted=judge -o fit.json
    boostcalc fit curves.csv --by model,task -o fits.json
    boostcalc fit logs/ --truth includes --verdict self_judge
    """
    options: dict[str, Any] = {
        "families": family or None,
        "averaged": not plain_rate,
        "context_judge": None if context_judge is None else _pair(context_judge),
        "level": level,
    }
    if by is None:
        result: Result = bc.fit(read_or_say(runs, reading), **options)
    else:
        columns = [name.strip() for name in by.split(",") if name.strip()]
        result = bc.fit_by(runs, columns, **options, **reading)
    answer(result, as_json=as_json, output=output, plot=plot)


def _pair(text: str) -> tuple[float, float]:
    try:
        tpr, fpr = (float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(
            f"cannot read {text!r}: write two rates, TP,FP, such as 0.9,0.2", param_hint="'--context-judge'"
        ) from None
    return tpr, fpr
