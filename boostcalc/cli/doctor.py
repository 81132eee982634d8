"""`boostcalc doctor`: what a log is good for."""

from __future__ import annotations

from typing import Any

import click

import boostcalc as bc
from boostcalc.cli.common import answer, output_options
from boostcalc.cli.reading import reading_options

__all__ = ["command"]


@click.command("doctor")
@reading_options(read=False)
@output_options()
def command(runs: str, reading: dict[str, Any], as_json: bool, output: str | None) -> None:
    """What a log is good for: what is in it, what can be estimated, what looks wrong, what to log besides.

    RUNS is any log that `boostcalc fit` reads. Bad news is an answer too: the exit status is 1 only where nothing can
    be read.

    \b
    boostcalc doctor runs.parquet
    boostcalc doctor answers.csv --map correct=is_ok --where model=small
    """
    answer(bc.doctor(runs, **reading), as_json=as_json, output=output)
