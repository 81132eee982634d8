"""`boostcalc fit`: what logged runs say of evaluator and response."""

from __future__ import annotations

import click

import boostcalc as bc
from boostcalc.cli.common import READABLE, WRITABLE, answer, not_over, output_options

__all__ = ["command"]


@click.command("fit")
@click.argument("runs", type=READABLE)
@click.option("--where", metavar="COLUMN=VALUE", multiple=True, help="Only rows with this value; may be repeated.")
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
@click.option("--level", type=float, default=0.9, show_default=True, help="Level of the intervals.")
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the response (.svg, .png, .pdf).")
@output_options()
def command(
    runs: str,
    where: tuple[str, ...],
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

    \b
    boostcalc fit runs.parquet -o fit.json
    boostcalc fit curves.csv --where task=sst2 --where context_size=39 -o fit.json
    """
    not_over(output, runs)
    chosen = dict(_pair(item) for item in where)
    options = {"families": family} if family else {}
    result = bc.fit(bc.read_runs(runs, where=chosen), averaged=not plain_rate, level=level, **options)
    answer(result, as_json=as_json, output=output, plot=plot)


def _pair(item: str) -> tuple[str, str]:
    column, equals, value = item.partition("=")
    if not equals:
        raise click.BadParameter(f"cannot read {item!r}: write COLUMN=VALUE", param_hint="'--where'")
    return column, value
