"""`boostcalc forecast`: what a fitted model's loop will do."""

from __future__ import annotations

import click

import boostcalc as bc
from boostcalc.cli.common import READABLE, WRITABLE, PartType, RateType, answer, not_over, output_options
from boostcalc.cli.reading import pairs
from boostcalc.dynamics import POLICIES, ContextPolicy
from boostcalc.odds import Counts

__all__ = ["command"]

RATE = RateType()


@click.command("forecast")
@click.argument("fit", type=READABLE)
@click.option("--tp", "--tpr", "tp", type=RATE, help="P(accept | correct) [default: from the fit].")
@click.option("--fp", "--fpr", "fp", type=RATE, help="P(accept | wrong) [default: from the fit].")
@click.option("--error", type=RATE, help="Error rate of round 0 [default: 0.5].")
@click.option("--contamination", type=RATE, help="Wrong share of the first context [default: what gives that error].")
@click.option("--target", type=float, default=0.01, show_default=True, help="Wanted error rate.")
@click.option("--rounds", type=click.IntRange(0, 10_000), default=10, show_default=True, help="How far to look.")
@click.option(
    "--batch",
    type=click.FloatRange(1),
    help="Accepted pairs that fill the buffer [default: the context size measured most].",
)
@click.option(
    "--context", type=PartType(POLICIES), default="replace", show_default=True, help="Such as append:size=16."
)
@click.option(
    "--where", metavar="COLUMN=VALUE", multiple=True, help="Which of the fits by group (`boostcalc fit --by`)."
)
@click.option("--family", metavar="NAME", help="Response family [default: the one chosen by the fit].")
@click.option("--level", type=float, default=0.9, show_default=True, help="Level of the intervals.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="For the draws behind the intervals."
)
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the forecast (.svg, .png, .pdf).")
@output_options()
def command(
    fit: str,
    tp: float | Counts | None,
    fp: float | Counts | None,
    error: float | Counts | None,
    contamination: float | Counts | None,
    target: float,
    rounds: int,
    batch: float | None,
    context: ContextPolicy,
    where: tuple[str, ...],
    family: str | None,
    level: float,
    seed: int,
    plot: str | None,
    as_json: bool,
    output: str | None,
) -> None:
    """What a fitted model's loop will do, and how sure that is.

    FIT is what `boostcalc fit RUNS -o FIT` wrote; with --by, --where says which group's fit is meant.

    \b
    boostcalc forecast fit.json --error 0.4 -o forecast.json
    boostcalc forecast fit.json --tp 25/30 --fp 101/130 --context append:size=39
    boostcalc forecast fits.json --where task=sst2 --tp 0.8 --fp 0.4
    """
    not_over(output, fit)
    wanted = pairs(where, "--where", "COLUMN=VALUE")
    fitted = bc.read_fits(fit).where(**wanted) if wanted else bc.read_fit(fit)
    result = (fitted.using(family) if family else fitted).forecast(
        tpr=tp,
        fpr=fp,
        error=error,
        contamination=contamination,
        target=target,
        rounds=rounds,
        batch=batch,
        context=context,
        level=level,
        rng=seed,
    )
    answer(result, as_json=as_json, output=output, plot=plot)
