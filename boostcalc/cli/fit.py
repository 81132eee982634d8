"""`boostcalc fit`: what logged runs say of evaluator and response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import boostcalc as bc
from boostcalc.cli.common import WRITABLE, answer, output_options
from boostcalc.cli.reading import reading_options

if TYPE_CHECKING:
    from boostcalc.runs import Runs


__all__ = ["command"]


@click.command("fit")
@reading_options()
@click.option(
    "--family",
    metavar="NAME",
    multiple=True,
    help="Response family to fit; may be repeated [default: evidence, affine].",
)
@click.option(
    "--plain-rate",
    is_flag=True,
    help="Take a context's rate for its realised share, instead of averaging over Bin(k, rate).",
)
@click.option("--level", type=float, default=0.9, show_default=True, help="Level of the intervals.")
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the response (.svg, .png, .pdf).")
@output_options()
def command(
    runs: Runs,
    family: tuple[str, ...],
    plain_rate: bool,
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
    boostcalc fit logs/ --truth includes --verdict self_judge
    """
    options = {"families": family} if family else {}
    result = bc.fit(runs, averaged=not plain_rate, level=level, **options)
    answer(result, as_json=as_json, output=output, plot=plot)
