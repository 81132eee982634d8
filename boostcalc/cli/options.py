"""The options that describe a loop, for every verb that asks about one: its evaluator, its start, the loop itself."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from boostcalc.cli.common import Command, PartType, RateType
from boostcalc.dynamics import EVALUATORS, POLICIES, BaseEvaluator, Evaluator, Votes
from boostcalc.odds import Counts
from boostcalc.responses import RESPONSES

__all__ = ["evaluator_options", "loop_options", "start_options", "together"]


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

        return together(*options)(with_evaluator)  # type: ignore[return-value]  # it asks for what is needed to make one

    return decorate


def start_options() -> Callable[[Command], Command]:
    """`--error` and `--contamination` of round 0."""
    return together(
        click.option("--error", type=RateType(), help="Error rate of round 0 [default: 0.5]."),
        click.option(
            "--contamination",
            type=RateType(),
            help="Wrong share of the first context [default: what gives that error].",
        ),
    )


def loop_options(batch: click.ParamType[Any] | None = None) -> Callable[[Command], Command]:
    """`--batch`, `--response` and `--context`: what a loop is beside its evaluator."""
    return together(
        click.option(
            "--batch",
            type=batch or click.FloatRange(1),
            default=16,
            show_default=True,
            help="Accepted pairs that fill the buffer.",
        ),
        click.option(
            "--response",
            type=PartType(RESPONSES),
            default="perfect",
            show_default=True,
            help="Such as evidence:a=-5,b=7 or affine:mu=.05,nu=.2.",
        ),
        click.option(
            "--context",
            type=PartType(POLICIES),
            default="replace",
            show_default=True,
            help="Such as append:size=16 or window:size=64.",
        ),
    )


def together(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order in which `--help` lists them."""

    def decorate(command: Command) -> Command:
        decorated: Any = command
        for option in reversed(options):
            decorated = option(decorated)
        return decorated  # type: ignore[no-any-return]  # click's decorators keep a command's kind

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
