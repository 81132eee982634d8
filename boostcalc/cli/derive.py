"""`boostcalc derive`: the mathematics, each step verified."""

from __future__ import annotations

import json

import click

import boostcalc as bc
from boostcalc.cli.common import output_options, write
from boostcalc.results import SCHEMA_VERSION, aligned
from boostcalc.theory import topics

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
@click.option("--list", "listed", is_flag=True, help="Only list the topics.")
@output_options("Also write what is shown to FILE.")
def command(topic: str | None, form: str, listed: bool, as_json: bool, output: str | None) -> None:
    """The mathematics, each step verified.

    TOPIC is a theorem or a family of theorems; without one, all are shown.

    \b
    boostcalc derive --list
    boostcalc derive acceptance-condition
    boostcalc derive --format latex -o theorems.tex
    """
    if listed and topic:
        raise click.UsageError("give a TOPIC or --list, not both")
    text = _contents(as_json) if listed else _derivation(topic, form, as_json)
    if output is not None:
        write(output, text)
    click.echo(text)


def _derivation(topic: str | None, form: str, as_json: bool) -> str:
    found = bc.derive(topic)
    if as_json:
        return found.to_json()
    return {"text": found.summary, "latex": found.to_latex, "markdown": found.to_markdown}[form]()


def _contents(as_json: bool) -> str:
    known = topics()
    if as_json:
        return json.dumps({"kind": "topics", "schema_version": SCHEMA_VERSION, "topics": known}, indent=2)
    return aligned([[topic["name"], topic["family"], topic["title"]] for topic in known], left=True)
