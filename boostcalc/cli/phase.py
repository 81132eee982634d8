"""`boostcalc phase`: where a loop converges, splits or collapses, over a plane."""

from __future__ import annotations

import click

from boostcalc.cli.common import WRITABLE, answer, output_options, write
from boostcalc.cli.options import loop_options
from boostcalc.dynamics import ContextPolicy
from boostcalc.dynamics.diagram import PLANES
from boostcalc.dynamics.phase import phase
from boostcalc.responses import Response

__all__ = ["command"]


@click.command("phase")
@click.argument("plane", type=click.Choice(list(PLANES)), default="rates")
@loop_options()
@click.option("--error", type=click.FloatRange(0, 1), help="Start error in the plane of rates [default: 0.5].")
@click.option("--target", type=float, default=0.01, show_default=True, help="Wanted error rate.")
@click.option("--grid", type=int, default=200, show_default=True, help="Cells along each side.")
@click.option(
    "--ratios",
    type=(float, float),
    metavar="LOW HIGH",
    help="Likelihood ratios in the plane of starts [default: 0.1 100].",
)
@click.option(
    "--errors",
    type=(float, float),
    metavar="LOW HIGH",
    help="Start errors in the plane of starts [default: 0.001 0.999].",
)
@click.option("--plot", metavar="FILE", type=WRITABLE, help="Draw the plane (.svg, .png, .pdf).")
@click.option("--table", metavar="FILE", type=WRITABLE, help="Write one row a cell (.csv).")
@output_options()
def command(
    plane: str,
    response: Response,
    context: ContextPolicy,
    batch: float,
    error: float | None,
    target: float,
    grid: int,
    ratios: tuple[float, float] | None,
    errors: tuple[float, float] | None,
    plot: str | None,
    table: str | None,
    as_json: bool,
    output: str | None,
) -> None:
    """Where a loop converges, splits or collapses, over a plane.

    PLANE is `rates` (FP across, TP up, one start error) or `start` (likelihood ratio TP/FP across, start error up).

    \b
    boostcalc phase rates --response evidence:a=-5.07,b=7.05 --plot phase.svg
    boostcalc phase start --response affine:mu=.05,nu=.2 --target 0.1
    """
    if table is not None and not table.lower().endswith(".csv"):
        raise click.BadParameter(f"cannot write a table to {table}: its ending should be csv", param_hint="'--table'")
    result = phase(
        plane,
        response=response,
        context=context,
        batch=batch,
        error=error,
        target=target,
        grid=grid,
        likelihood_ratios=ratios,
        errors=errors,
    )
    if table is not None:
        write(table, result.to_frame().to_csv(index=False))
    answer(result, as_json=as_json, output=output, plot=plot)
