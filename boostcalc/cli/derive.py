"""`boostcalc derive`: the mathematics, each step verified."""

from __future__ import annotations

import click

import boostcalc as bc
from boostcalc.cli.common import output_options, write

__all__ = ["command"]


@click.command("derive")
@click.argument("topic", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "latex", "markdown"]),
    default="text",
    show_default=True,
    help="How to show it.",
)
@output_options("Also write what is shown to FILE.")
def command(topic: str | None, form: str, as_json: bool, output: str | None) -> None:
    """The mathematics, each step verified.

    TOPIC is a theorem or a family of theorems; without one, all are shown.

    \b
    boostcalc derive acceptance-condition
    boostcalc derive --format latex -o theorems.tex
    """
    found = bc.derive(topic)
    text = (
        found.to_json()
        if as_json
        else {"text": found.summary, "latex": found.to_latex, "markdown": found.to_markdown}[form]()
    )
    if output is not None:
        write(output, text)
    click.echo(text)
