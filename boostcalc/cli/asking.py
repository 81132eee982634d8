"""The options that say which model is asked, how, and at what cost, for every verb that asks one."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from boostcalc.cli.common import READABLE, Command, not_over
from boostcalc.cli.options import together
from boostcalc.collecting import Budget, Endpoint, Evaluation, Grading, Manner, Prompts, printed
from boostcalc.collecting.contexts import AGREEMENTS
from boostcalc.collecting.evaluation import READINGS, SCALES
from boostcalc.collecting.grading import GRADERS
from boostcalc.collecting.progress import Reporting
from boostcalc.collecting.prompts import LAYOUTS

__all__ = ["asking_options", "needed", "on_stderr", "resumable", "wrong_options"]

ENDPOINT = (
    click.argument("tasks", type=READABLE),
    click.option("--model", help="Which model answers."),
    click.option("--url", help="The endpoint, such as http://127.0.0.1:8080/v1 [default: OpenAI's]."),
    click.option("--judge", help="Which model evaluates [default: the same]."),
    click.option("--key-env", default="OPENAI_API_KEY", show_default=True, help="The variable that holds the key."),
    click.option("--temperature", type=float, default=1.0, show_default=True, help="Of answers and sampled verdicts."),
    click.option("--max-tokens", type=int, default=256, show_default=True, help="Tokens of an answer."),
    click.option("--judge-tokens", type=int, default=16, show_default=True, help="Tokens of a verdict."),
    click.option("--timeout", type=float, default=60.0, show_default=True, help="Seconds a request may take."),
    click.option("--retries", type=int, default=5, show_default=True, help="Of a request that failed in passing."),
    click.option("--seeded/--unseeded", default=True, help="Whether requests carry a seed [default: they do]."),
    click.option("--extra", metavar="KEY=JSON", multiple=True, help="A further field of requests, such as top_k=0."),
)
EVALUATION = (
    click.option(
        "--evaluation",
        "scale",
        type=click.Choice(list(SCALES)),
        default="truth",
        show_default=True,
        help="TRUE or FALSE; 1 to 5, not at all to a great deal; or no evaluator: everything is accepted.",
    ),
    click.option("--words", help="What the evaluator may say instead, from the worst to the best: NO,YES."),
    click.option("--threshold", type=float, default=0.5, show_default=True, help="Score from which on to accept."),
    click.option("--votes", type=int, default=1, show_default=True, help="Judge each answer so many times."),
    click.option("--needed", type=int, help="Votes that have to accept [default: more than half]."),
    click.option(
        "--reading",
        type=click.Choice(READINGS),
        default="auto",
        show_default=True,
        help="Verdicts from token probabilities, or from what is said.",
    ),
    click.option("--draw", "drawn", is_flag=True, help="Draw one vote from the probabilities, too."),
    click.option(
        "--judge-sees/--judge-blind",
        "sees",
        default=True,
        help="Whether the judge sees the context [default: it does].",
    ),
)
TEXT = (
    click.option(
        "--grade", type=click.Choice(list(GRADERS)), default="normalised", show_default=True, help="What is correct."
    ),
    click.option("--pattern", default="", help="--grade regex: what is compared of an answer (its first group)."),
    click.option("--tolerance", type=float, default=1e-6, show_default=True, help="--grade numeric: relative."),
    click.option(
        "--layout",
        type=click.Choice(LAYOUTS),
        default="chat",
        show_default=True,
        help="A context as messages in turn, or as one text.",
    ),
    click.option("--instruction", metavar="FILE", type=READABLE, help="Template: the system message."),
    click.option("--question", metavar="FILE", type=READABLE, help="Template with {query}."),
    click.option("--evaluate", metavar="FILE", type=READABLE, help="Template: what the evaluator is asked."),
    click.option("--pair", metavar="FILE", type=READABLE, help="Template with {query} and {answer}: --layout prompt."),
)
COST = (
    click.option("--calls", type=int, help="Requests at most."),
    click.option("--tokens", type=int, help="Tokens at most, both ways together."),
    click.option("--money", type=float, help="Cost at most, at these prices."),
    click.option("--price-in", type=float, default=0.0, help="Of a million tokens sent."),
    click.option("--price-out", type=float, default=0.0, help="Of a million tokens received."),
    click.option("--concurrency", type=int, default=8, show_default=True, help="Attempts at a time."),
)


def wrong_options() -> Callable[[Command], Command]:
    """`--wrong` and `--seed`: how contexts are drawn."""
    return together(
        click.option(
            "--wrong",
            "agreement",
            type=click.Choice(AGREEMENTS),
            default="independent",
            show_default=True,
            help="Whether the wrong pairs of a drawn context are so by one rule.",
        ),
        click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all that is drawn."),
    )


def asking_options() -> Callable[[Command], Command]:
    """The argument TASKS and all that asks a model: the command gets `tasks`, `endpoint` (or None) and `manner`."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_endpoint(
            *,
            tasks: str,
            model: str | None,
            url: str | None,
            judge: str | None,
            key_env: str,
            temperature: float,
            max_tokens: int,
            judge_tokens: int,
            timeout: float,
            retries: int,
            seeded: bool,
            extra: tuple[str, ...],
            **others: Any,
        ) -> Any:
            not_over(others.get("output"), tasks)
            endpoint = model and Endpoint(
                model=model,
                url=url,
                judge=judge,
                key_env=key_env,
                temperature=temperature,
                max_tokens=max_tokens,
                judge_tokens=judge_tokens,
                timeout=timeout,
                retries=retries,
                seeded=seeded,
                extra=dict(map(_field, extra)),
            )
            return command(tasks=tasks, endpoint=endpoint or None, **_manner(others))

        return together(*ENDPOINT, *EVALUATION, *TEXT, *COST)(with_endpoint)  # type: ignore[return-value]  # it asks for what is needed

    return decorate


def needed(value: Any, option: str) -> Any:
    """A value that a verb cannot do without."""
    if value is None:
        raise click.UsageError(f"Missing option '{option}'.")
    return value


def on_stderr() -> Reporting:
    """Progress, on stderr."""
    return printed(sys.stderr)


@contextmanager
def resumable() -> Iterator[None]:
    """On Ctrl-C says that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("What was completed is kept: the same command goes on from there.", err=True)
        raise


def _manner(given: dict[str, Any]) -> dict[str, Any]:
    """The options with those that say how attempts are made as one `manner`."""

    def some(*names: str) -> dict[str, Any]:
        return {name: given.pop(name) for name in names}

    words = given.pop("words")
    sees, evaluate, by = given.pop("sees"), given.pop("evaluate"), given.pop("grade")
    files = {"evaluation": evaluate, **some("instruction", "question", "pair")}
    manner = Manner(
        evaluation=Evaluation(
            words=tuple(word.strip() for word in words.split(",")) if words else (),
            context=sees,
            **some("scale", "threshold", "votes", "needed", "reading", "drawn"),
        ),
        prompts=Prompts.from_files(**some("layout"), **files),
        grading=Grading(by=by, **some("pattern", "tolerance")),
        budget=Budget(**some("calls", "tokens", "money", "price_in", "price_out")),
        **some("concurrency"),
    )
    return {"manner": manner, **given}


def _field(text: str) -> tuple[str, Any]:
    """A field of a request: KEY=JSON."""
    key, equals, value = text.partition("=")
    try:
        if key and equals:
            return key, json.loads(value)
    except ValueError:
        pass
    raise click.BadParameter(f"cannot read {text!r}: write KEY=JSON, such as top_k=0", param_hint="'--extra'")
