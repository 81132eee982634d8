"""What the verbs share: options, the types of their values, and how an answer is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from boostcalc import plotting
from boostcalc.errors import UsageError
from boostcalc.files import written
from boostcalc.odds import Counts, parse_rate
from boostcalc.parts import Part, Registry
from boostcalc.results import Result

__all__ = [
    "READABLE",
    "WRITABLE",
    "PartType",
    "RateType",
    "answer",
    "given",
    "not_over",
    "output_options",
    "say_written",
    "write",
]

WRITABLE = click.Path(dir_okay=False)
"""A file to write."""

READABLE = click.Path(exists=True, dir_okay=False)
"""A file that has to exist."""

Command = TypeVar("Command", bound=Callable[..., Any])


class RateType(click.ParamType[Any]):
    """A rate: a number in [0, 1], or counts such as 80/100."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | Counts:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]  # a default, already a rate
        try:
            return parse_rate(value, param.human_readable_name if param else "rate")
        except UsageError as error:
            self.fail(str(error), param, ctx)


class PartType(click.ParamType[Any]):
    """An interchangeable part, written NAME:parameter=value,…."""

    name = "part"

    def __init__(self, registry: Registry[Any]) -> None:
        self.registry = registry

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Part:
        if isinstance(value, Part):
            return value
        try:
            return self.registry.parse(value)  # type: ignore[no-any-return]  # a registry of one kind of part
        except UsageError as error:
            self.fail(str(error), param, ctx)


def given(option: str) -> bool:
    """Whether the verb that runs was called with this option."""
    called = click.get_current_context()
    sources = (called.get_parameter_source(one.name or "") for one in called.command.params if option in one.opts)
    return click.core.ParameterSource.COMMANDLINE in sources


def output_options(written: str = "Also write the JSON document to FILE.") -> Callable[[Command], Command]:
    """`--json`, `-o FILE` (which `written` explains) and `--debug`."""

    def decorate(command: Command) -> Command:
        for option in (
            click.option("--debug", is_flag=True, expose_value=False, help="On a fault, show where it happened."),
            click.option("-o", "--output", metavar="FILE", type=WRITABLE, help=written),
            click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."),
        ):
            command = option(command)
        return command

    return decorate


def not_over(output: str | None, *sources: str) -> None:
    """Refuses to write an answer over what it is made from."""
    for source in sources:
        if output is not None and os.path.exists(output) and os.path.samefile(output, source):
            raise click.BadParameter(f"{output} is the input: name another file", param_hint="'-o'")


def answer(result: Result, *, as_json: bool, output: str | None, plot: str | None = None) -> None:
    """Prints a result, as text or as JSON; draws it and writes its JSON document where asked."""
    # files first, so that a failure to write leaves stdout empty
    if plot is not None:
        plotting.save(result.plot(), plot)
        say_written(plot)
    if output is not None:
        write(output, result.to_json())
    click.echo(result.to_json() if as_json else result.summary())


def write(path: str, text: str) -> None:
    """Writes a text file that ends in one line feed, and says so on stderr."""
    with written(path) as partial, open(partial, "w", encoding="utf-8") as file:
        file.write(text.rstrip("\n") + "\n")
    say_written(path)


def say_written(path: str) -> None:
    """Names on stderr a file that now is there."""
    click.echo(f"written: {path}", err=True)
