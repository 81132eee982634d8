"""The command line: one small file a verb, loaded when it is called; nothing is computed here."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click
import lazy_loader as lazy

from boostcalc.errors import DataError, UsageError, did_you_mean
from boostcalc.version import __version__

if TYPE_CHECKING:
    import traceback
else:  # only a fault needs it
    traceback = lazy.load("traceback")

__all__ = ["VERBS", "boostcalc", "invoke", "main"]

VERBS = {
    "predict": "What a loop will do, from the evaluator's rates.",
    "simulate": "What single runs of a loop do, batch by batch.",
    "phase": "Where a loop converges, splits or collapses, over a plane of rates or of starts.",
    "types": "Several ways of being right and wrong, beside what pooled rates promise.",
    "derive": "The mathematics, each step verified.",
    "run": "The loop itself, against a real model: logged, and resumed where it was ended.",
    "sweep": "How a real model answers and judges under contexts that are drawn.",
    "doctor": "What a log is good for: what can be estimated from it, and what looks wrong.",
    "fit": "What logged runs say of evaluator and response.",
    "evaluator": "What verdicts say of the evaluator, and of errors where truths are few or none.",
    "forecast": "What a fitted model's loop will do, and how sure that is.",
    "survey": "What graded verdicts tell, and from which score on to accept.",
    "report": "A forecast as a PDF.",
}
"""Each verb and its line in `--help`; `boostcalc.cli.VERB` holds its `command`."""


class Verbs(click.Group):
    """Finds a verb's module by its name, so that `--help` loads none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"boostcalc.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in VERBS and args[0][:1] != "-":
            ctx.fail(f"no verb {args[0]!r}{did_you_mean(args[0], VERBS) or '; there are: ' + ', '.join(VERBS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 answered, 1 the data allow no answer, 2 bad usage, 3 a fault of ours, 130 interrupted.",
)
@click.version_option(__version__, prog_name="boostcalc")
def boostcalc() -> None:
    """What happens to a language model that is run on its own filtered answers.

    Start with: boostcalc predict --fp 0.1 --tp 0.8
    """


def invoke(arguments: list[str]) -> int:
    """Runs the command line and returns its exit status; every fault is one sentence on stderr."""
    try:
        boostcalc.main(arguments, prog_name="boostcalc", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", 130)
    except BrokenPipeError:
        # the reader of our output has gone: nothing is left to say, also not at interpreter exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the last resort: no traceback reaches a user unasked
        if "--debug" in arguments:
            traceback.print_exc()
        return _fault(error)
    return 0


def main() -> None:
    """The `boostcalc` command."""
    sys.exit(invoke(sys.argv[1:]))


def _fault(error: Exception) -> int:
    if isinstance(error, DataError):
        return _say(str(error), 1)
    if isinstance(error, UsageError):
        return _say(str(error), 2)
    if isinstance(error, OSError):
        return _say(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}", 2)
    return _say(f"a fault of boostcalc's own ({type(error).__name__}: {error}); --debug shows where", 3)


def _say(message: str, status: int) -> int:
    click.echo(f"boostcalc: {message}", err=True)
    return status
