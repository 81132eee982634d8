"""`boostcalc report`: a forecast as a PDF."""

from __future__ import annotations

import json
import os

import click

import boostcalc as bc
from boostcalc.cli.common import READABLE, not_over, output_options

__all__ = ["command"]


@click.command("report")
@click.argument("forecast", type=READABLE)
@click.option("--title", help="Instead of the usual one.")
@click.option("--note", help="Said at the top, such as what a reader must know of the data.")
@output_options("Write the PDF to FILE [default: beside FORECAST].")
def command(forecast: str, title: str | None, note: str | None, as_json: bool, output: str | None) -> None:
    """A forecast as a PDF.

    FORECAST is what `boostcalc forecast FIT -o FORECAST` wrote.

    \b
    boostcalc report forecast.json -o reports/forecast.pdf
    """
    not_over(output, forecast)
    options = {"title": title} if title else {}
    made = bc.report(bc.read_forecast(forecast), output or os.path.splitext(forecast)[0] + ".pdf", note=note, **options)
    click.echo(json.dumps({"kind": "report", "schema_version": 1, "file": str(made)}) if as_json else str(made))
