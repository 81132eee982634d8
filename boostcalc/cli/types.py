"""`boostcalc types`: several ways of being right and wrong, beside what pooled rates promise."""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from boostcalc.cli.common import WRITABLE, answer, output_options
from boostcalc.selection import Types

__all__ = ["command"]


class Written(click.ParamType[Any]):
    """One type or slip: names, then numbers."""

    def __init__(self, form: str) -> None:
        self.name = self.form = form

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str, float]:
        head, equals, tail = value.partition("=")
        middle, colon, number = tail.rpartition(":")
        try:
            if not (equals and colon and head and middle):
                raise ValueError
            return head, middle, float(number)
        except ValueError:
            self.fail(f"cannot read {value!r}: write {self.form}", param, ctx)


class WrittenType(Written):
    """A type of answer: NAME=SHARE:ACCEPTANCE."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        name, share, rate = super().convert(value, param, ctx)
        try:
            return name, float(share), rate
        except ValueError:
            self.fail(f"cannot read {value!r}: write {self.form}", param, ctx)


@click.command("types")
@click.option(
    "--type",
    "kinds",
    type=WrittenType("NAME=SHARE:ACCEPTANCE"),
    metavar="NAME=SHARE:ACCEPTANCE",
    required=True,
    multiple=True,
    help="A type of answer: its share in round 0, and how often it is accepted (again for each type).",
)
@click.option(
    "--correct",
    metavar="NAME",
    multiple=True,
    help="A type that is correct (again for more) [default: `correct`, else the first].",
)
@click.option(
    "--slip",
    "slips",
    type=Written("FROM=TO:PROBABILITY"),
    metavar="FROM=TO:PROBABILITY",
    multiple=True,
    help="How often a context pair of one type leads to an answer of another.",
)
@click.option("--rounds", type=click.IntRange(0, 100_000), default=10, show_default=True, help="Rounds to list.")
@click.option(
    "--batch", type=click.FloatRange(1), default=16, show_default=True, help="Accepted pairs that fill the buffer."
)
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the shares by round (.svg, .png, .pdf).")
@output_options()
def command(
    kinds: tuple[tuple[str, float, float], ...],
    correct: tuple[str, ...],
    slips: tuple[tuple[str, str, float], ...],
    rounds: int,
    batch: float,
    plot: str | None,
    as_json: bool,
    output: str | None,
) -> None:
    """Several ways of being right and wrong, beside what pooled rates promise.

    Each type of answer has its share in round 0 and its own rate of acceptance; the shares add up to 1. Beside the
    error stands what a forecast from the TP and FP of round 0, pooled over the types, would have said.

    \b
    boostcalc types --type correct=0.5:0.8 --type detectable=0.3:0.1 --type undetectable=0.2:0.8
    boostcalc types --type right=0.6:0.9 --type wrong=0.4:0.2 --slip right=wrong:0.05
    """
    names = [name for name, _, _ in kinds]
    mutation: dict[tuple[str, str], float] = {}
    for old, new, chance in slips:
        if (old, new) in mutation:
            raise click.BadParameter(f"the slip from {old!r} to {new!r} is given twice", param_hint="'--slip'")
        mutation[old, new] = chance
    shares, rates = np.transpose([numbers for _, *numbers in kinds])
    types = Types(names, shares, rates, correct or ("correct" if "correct" in names else names[0]), mutation or None)
    result = types.predict(rounds=rounds, batch=batch)
    answer(result, as_json=as_json, output=output, plot=plot)
