"""A sweep before it is made: its cells, what they will cost, and how much they will tell."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.collecting.manner import Manner
from boostcalc.collecting.stages import query_of
from boostcalc.collecting.sweep_design import Cell, SweepDesign, SweepPlan
from boostcalc.collecting.tasks import Tasks
from boostcalc.errors import UsageError
from boostcalc.odds import expit, logit
from boostcalc.responses import Evidence, Response
from boostcalc.results import Result, aligned, finite

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["PlannedSweep", "plan_sweep"]

CHARACTERS = 4
"""Characters a token, roughly: to give an order of magnitude before anything is asked."""

EXPECTED = Evidence(a=-3.0, b=6.0)
"""A learner that errs in 5% under clean contexts, 50% under half-wrong ones, 95% under wrong ones: to plan by."""


@dataclass(frozen=True)
class PlannedCell:
    """A cell with its expected intervals.

    Attributes
    ----------
    cell : which contexts, how many.
    attempts, calls : answers, and requests at most.
    tokens : sent, roughly.
    error : expected error rate; ½, where an interval is widest, if nothing is expected of an empty context.
    width : of the interval of this cell's error rate alone.
    curve : of the interval of the curve fitted to all cells of this size, at this contamination; None for an empty one.
    """

    cell: Cell
    attempts: int
    calls: int
    tokens: int
    error: float
    width: float
    curve: float | None

    def row(self) -> dict[str, Any]:
        """The cell as a row of a table."""
        return {
            "context_size": self.cell.size,
            "contamination": self.cell.contamination,
            "contexts": self.cell.contexts,
            "attempts": self.attempts,
            "requests": self.calls,
            "tokens": self.tokens,
            "error": self.error,
            "width": self.width,
            "curve_width": self.curve,
        }


@dataclass(frozen=True)
class PlannedSweep(Result):
    """The plan of a sweep: nothing has been asked yet.

    Attributes
    ----------
    cells : what is asked, cell by cell.
    design : which sweep.
    correlation : assumed between two answers under one context.
    level : of the intervals.
    response : what the model is expected to do.
    """

    kind = "sweep_plan"

    cells: tuple[PlannedCell, ...]
    design: SweepDesign
    correlation: float
    level: float
    response: Response

    @property
    def status(self) -> str:  # type: ignore[override]  # computed here, a field elsewhere
        """How much it asks, and how much it will tell."""
        attempts, calls, tokens = (sum(getattr(one, name) for one in self.cells) for name in NAMES)
        contexts = sum(one.cell.contexts for one in self.cells)
        curves = [one.curve for one in self.cells if one.curve is not None]
        told = max(curves) if curves else max(one.width for one in self.cells)
        return (
            f"{len(self.cells)} cells, {contexts:,} contexts of {self.design.queries} queries: {attempts:,} attempts, "
            f"at most {calls:,} requests, about {tokens:,} tokens sent; the {self.level:.0%} interval of "
            f"{'the fitted response' if curves else 'an error rate'} will be up to {told:.2g} wide"
        )

    def to_frame(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame([one.row() for one in self.cells])

    def summary(self) -> str:
        rows = [one.row() for one in self.cells]
        table = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
        return (
            f"{self.status}.\n\n{aligned(table)}\n\n"
            "width: of the interval of a cell's error rate alone; curve_width: of the curve fitted to a size's cells.\n"
            f"Assumed: errors as of {self.response}, answers under one context alike by {self.correlation:g} "
            f"(intraclass correlation), {CHARACTERS} characters a token."
        )

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "cells": [{name: finite(value) for name, value in one.row().items()} for one in self.cells],
            "queries": self.design.queries,
            "agreement": self.design.agreement,
            "seed": self.design.seed,
            "correlation": self.correlation,
            "level": self.level,
            "response": self.response.to_dict(),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        frame = self.to_frame().dropna(subset="contamination")
        grid = np.linspace(0, 1, 101)
        size = int(frame["context_size"].max()) if len(frame) else None
        return plotting.response(
            grid,
            self.response(grid, size),
            points=(frame["contamination"], frame["error"], frame["attempts"]),
            ax=ax,
        )


NAMES = ("attempts", "calls", "tokens")


def plan_sweep(
    tasks: Tasks,
    design: SweepDesign,
    manner: Manner | None = None,
    *,
    response: Response = EXPECTED,
    correlation: float = 0.1,
    level: float = 0.9,
) -> PlannedSweep:
    r"""What a sweep will cost and tell, before anything is asked.

    Answers under one context are alike, so that q of them count as $q / (1 + (q-1)\rho)$: the design effect of
    cluster samples (Kish 1965). With $n$ such answers at an error rate g, Wilson's interval is
    $\frac{2z}{1 + z^2/n}\sqrt{g(1-g)/n + z^2/4n^2}$ wide. A line through the log-odds over the cells i of one size
    (family *evidence*) has the information $I = \sum_i n_i g_i(1-g_i)\,x_i x_i^\top$, $x = (1, c)$, so that at c its
    interval goes from $\sigma(\eta - z s)$ to $\sigma(\eta + z s)$, $s^2 = x^\top I^{-1} x$. Both hold for
    many contexts: the fit's own interval, which knows neither $\rho$ nor the family beforehand, is wider.

    Parameters
    ----------
    tasks : Tasks
    design : SweepDesign
    manner : Manner, optional
        Templates and votes, for the costs.
    response : Response
        What the model is expected to do.
    correlation : float in [0, 1]
        Between two answers under one context: an assumption; the log will tell.
    level : float in (0, 1)

    Raises
    ------
    UsageError
        If a number is out of range.
    DataError
        If the tasks are too few.
    """
    if not 0 <= correlation <= 1:
        raise UsageError(f"correlation = {correlation} is outside [0, 1]")
    if not 0 < level < 1:
        raise UsageError(f"level = {level} is outside (0, 1)")
    manner, plan = manner or Manner(), SweepPlan(design, tasks)
    z = NormalDist().inv_cdf((1 + level) / 2)
    cells = design.cells
    counts = np.array([cell.contexts * design.queries for cell in cells], dtype=float)
    worth = counts / (1 + (design.queries - 1) * correlation)
    errors = np.array([_expected(response, cell) for cell in cells])
    widths = 2 * z / (1 + z**2 / worth) * np.sqrt(errors * (1 - errors) / worth + (z / (2 * worth)) ** 2)
    calls = manner.evaluation.calls
    planned = []
    for place, cell in enumerate(cells):
        same = [i for i, other in enumerate(cells) if other.size == cell.size]
        attempts = cell.contexts * design.queries
        curve = _curve_width(cells, errors, worth, same, cell.contamination, z)
        tokens = _tokens(plan, place, manner) * attempts
        planned.append(
            PlannedCell(cell, attempts, calls * attempts, tokens, float(errors[place]), float(widths[place]), curve)
        )
    return PlannedSweep(tuple(planned), design, correlation, level, response)


def _expected(response: Response, cell: Cell) -> float:
    """The error rate to plan by."""
    if cell.contamination is None and not response.sized:
        return 0.5  # a curve says nothing of an empty context
    return float(response(cell.contamination or 0.0, cell.size))


def _curve_width(
    cells: tuple[Cell, ...],
    errors: np.ndarray[Any, Any],
    worth: np.ndarray[Any, Any],
    same: list[int],
    c: float | None,
    z: float,
) -> float | None:
    """The width of the fitted curve's interval at c; None where the cells of this size give no line."""
    shares = np.array([cells[i].contamination or 0.0 for i in same])
    weight = (worth * errors * (1 - errors))[same]
    if c is None or len(same) < 2 or (weight > 0).sum() < 2:
        return None
    x = np.stack([np.ones_like(shares), shares], axis=1)
    information = (x.T * weight) @ x
    at = np.array([1.0, c])
    deviation = z * np.sqrt(at @ np.linalg.solve(information, at))
    middle = logit(errors[same][shares == c][0])
    return float(expit(middle + deviation) - expit(middle - deviation))


def _tokens(plan: SweepPlan, run: int, manner: Manner) -> int:
    """Tokens that an attempt of a cell sends, roughly: from the characters of the first one's messages."""
    stage, prompts, judge = plan.begin(run), manner.filled, manner.evaluation
    task = query_of(plan, stage, 0)
    shown = stage.context.shown
    sent = [prompts.asking(shown, task.query)]
    if judge.asked:
        sent += judge.votes * [prompts.judging(shown if judge.context else [], task.query, task.answers[0])]
    return round(sum(len(message["content"]) for messages in sent for message in messages) / CHARACTERS)


def _text(value: Any) -> str:
    return "—" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.2g}"
