"""The options that say how a log of runs is read, for every verb that reads one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

import boostcalc as bc
from boostcalc.cli.common import Command, not_over
from boostcalc.cli.options import together

if TYPE_CHECKING:
    from boostcalc.runs import Runs

__all__ = ["pairs", "read_or_say", "reading_options"]


def reading_options(argument: str = "runs", *, read: bool = True) -> Callable[[Command], Command]:
    """The argument RUNS, `--where`, `--map`, `--strict`, `--truth`, `--verdict`, `--filter`: the command gets `runs`.

    That is a `Runs`, read; rows that cannot be read are named on stderr. An `output` that the command has as well is
    never written over the log. Without `read` the command gets the log's name, and `reading`, the arguments of
    `read_runs`.
    """
    options = (
        click.argument(argument, type=click.Path(exists=True)),
        click.option(
            "--where", metavar="COLUMN=VALUE", multiple=True, help="Only rows with this value; may be repeated."
        ),
        click.option(
            "--map",
            "mapped",
            metavar="NAME=COLUMN",
            multiple=True,
            help="Which column of the log is the schema's NAME, such as correct=is_ok; may be repeated.",
        ),
        click.option(
            "--strict", is_flag=True, help="Refuse a log with rows that cannot be read [default: leave them out]."
        ),
        click.option(
            "--truth", metavar="NAME", help="Inspect, lm-eval: the scorer or metric that says what is correct."
        ),
        click.option("--verdict", metavar="NAME", help="Inspect, lm-eval: the scorer or metric that is the judge."),
        click.option(
            "--filter", "filters", metavar="NAME", multiple=True, help="lm-eval: the filter whose answers count."
        ),
    )

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_runs(
            *,
            where: tuple[str, ...],
            mapped: tuple[str, ...],
            strict: bool,
            truth: str | None,
            verdict: str | None,
            filters: tuple[str, ...],
            **others: Any,
        ) -> Any:
            source = others.pop(argument)
            not_over(others.get("output"), source)
            reading: dict[str, Any] = {
                "where": pairs(where, "--where", "COLUMN=VALUE"),
                "columns": pairs(mapped, "--map", "NAME=COLUMN"),
                "strict": strict,
                "truth": truth,
                "verdict": verdict,
                "filters": filters,
            }
            if not read:
                return command(**{argument: source}, reading=reading, **others)
            return command(**{argument: read_or_say(source, reading)}, **others)

        return together(*options)(with_runs)  # type: ignore[return-value]  # it asks for what is needed to read one

    return decorate


def read_or_say(source: str, reading: dict[str, Any]) -> Runs:
    """A log, read; rows that cannot be read are named on stderr."""
    runs = bc.read_runs(source, **reading)
    if runs.unread:
        click.echo(f"left out: {runs.unread.said(runs.source)}", err=True)
    return runs


def pairs(items: tuple[str, ...], option: str, form: str) -> dict[str, str]:
    """`NAME=VALUE`, several times."""
    found: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"cannot read {item!r}: write {form}", param_hint=f"'{option}'")
        if name in found:
            raise click.BadParameter(f"{name} is given twice", param_hint=f"'{option}'")
        found[name] = value
    return found
