"""What the verbs share: options, the types of their values, and how an answer is written."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from boostcalc import plotting
from boostcalc.dynamics import EVALUATORS, BaseEvaluator, Evaluator, Votes
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
    "evaluator_options",
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


def evaluator_options() -> Callable[[Command], Command]:
    """`--tp` and `--fp`, or `--evaluator`; and `--votes` of it: the command receives one `evaluator`."""
    options = (
        click.option("--tp", "--tpr", "tp", type=RateType(), help="P(accept | correct): 0.8, or counts 80/100."),
        click.option("--fp", "--fpr", "fp", type=RateType(), help="P(accept | wrong): 0.1, or counts 10/100."),
        click.option(
            "--evaluator",
            "named",
            type=PartType(EVALUATORS),
            help="Instead of --tp and --fp, such as binormal:separation=1.5,threshold=0.7.",
        ),
        click.option("--votes", metavar="M", type=click.IntRange(1), help="Judge each answer M times."),
        click.option(
            "--needed", metavar="K", type=click.IntRange(1), help="Votes that have to accept [default: more than half]."
        ),
        click.option("--correlation", type=float, help="Of two votes on one answer [default: 0]."),
    )

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_evaluator(
            *,
            tp: float | Counts | None,
            fp: float | Counts | None,
            named: BaseEvaluator | None,
            votes: int | None,
            needed: int | None,
            correlation: float | None,
            **others: Any,
        ) -> Any:
            judge = _voting(_judge(tp, fp, named), votes, needed, correlation)
            return command(evaluator=judge, **others)

        wrapped: Any = with_evaluator
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped  # type: ignore[no-any-return]  # click's decorators keep a command's kind

    return decorate


def _judge(tp: float | Counts | None, fp: float | Counts | None, named: BaseEvaluator | None) -> BaseEvaluator:
    """The evaluator that is meant, given in one way and wholly."""
    if named is not None:
        if tp is not None or fp is not None:
            raise click.UsageError("the evaluator is given twice: give --tp and --fp, or --evaluator, not both")
        return named
    missing = [option for option, rate in (("--tp", tp), ("--fp", fp)) if rate is None]
    if len(missing) == 2:
        raise click.UsageError("no evaluator is given: give --tp and --fp, or --evaluator NAME:parameter=value,…")
    if missing:
        raise click.UsageError(f"Missing option '{missing[0]}': an evaluator has both rates.")
    return Evaluator(tp, fp)  # type: ignore[arg-type]  # neither is None


def _voting(
    evaluator: BaseEvaluator, votes: int | None, needed: int | None, correlation: float | None
) -> BaseEvaluator:
    if votes is not None:
        return Votes(evaluator, votes, needed, correlation or 0.0)
    for option, value in (("--needed", needed), ("--correlation", correlation)):
        if value is not None:
            raise click.UsageError(f"{option} is about votes: say by --votes how many there are")
    return evaluator


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
