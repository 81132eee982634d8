"""What a plan of a sweep promises: costs to the request, widths as simulation finds them."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import brentq
from statsmodels.stats.proportion import proportion_confint

import boostcalc as bc
from boostcalc.collecting.tasks import Task, Tasks
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit, logit

TASKS = Tasks(tuple(Task(f"what is {i}?", (str(i),), (f"{i}a",), f"q{i}", "t") for i in range(120)), "tasks.jsonl")
Z = NormalDist().inv_cdf(0.95)


def spread_of(width: float, error: float) -> float:
    """The standard error in log-odds that makes an interval about this error so wide."""
    x = float(logit(error))
    return float(brentq(lambda s: float(expit(x + Z * s) - expit(x - Z * s)) - width, 1e-6, 20))


@pytest.mark.parametrize(("correlation", "queries"), [(0.0, 4), (0.2, 1), (0.2, 5)])
def test_the_curve_is_as_wide_as_fits_to_simulated_sweeps(correlation: float, queries: int) -> None:
    """Rates of contexts are beta distributed, with that intraclass correlation; the fits are logistic regressions."""
    design = bc.SweepDesign(1500, sizes=(16,), contaminations=(0.0, 0.25, 0.5, 0.75, 1.0), queries=queries)
    response = bc.Evidence(a=-2.0, b=3.5)
    plan = bc.plan_sweep(TASKS, design, correlation=correlation, response=response)
    shares = np.array([one.cell.contamination for one in plan.cells], dtype=float)
    contexts = np.array([one.cell.contexts for one in plan.cells])
    rng, sweeps = np.random.default_rng(5), 400
    errors = response(shares)
    found = np.array(
        [
            _fitted(shares, _wrong(errors, contexts, queries, correlation, rng), contexts * queries)
            for _ in range(sweeps)
        ]
    )
    for place, c in enumerate(shares):
        curve = plan.cells[place].curve
        assert curve is not None
        promised, seen = spread_of(curve, float(errors[place])), float((found @ [1.0, c]).std(ddof=1))
        # a standard deviation from n draws has the relative error 1/√(2n); 4% for what is exact for many contexts only
        assert abs(math.log(seen / promised)) < 4 / math.sqrt(2 * sweeps) + 0.04


def _wrong(errors: Array, contexts: np.ndarray, queries: int, rho: float, rng: np.random.Generator) -> Array:
    """Wrong answers in each cell of one sweep."""
    counts = []
    for error, number in zip(errors, contexts, strict=True):
        rates = rng.beta(error * (1 / rho - 1), (1 - error) * (1 / rho - 1), number) if rho else np.full(number, error)
        counts.append(rng.binomial(queries, rates).sum())
    return np.array(counts, dtype=float)


def _fitted(shares: Array, wrong: Array, n: Array) -> Array:
    table = np.stack([wrong, n - wrong], axis=1)
    return np.asarray(sm.GLM(table, sm.add_constant(shares), family=sm.families.Binomial()).fit().params)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_a_cell_is_as_wide_as_wilsons_interval(level: float) -> None:
    plan = bc.plan_sweep(TASKS, bc.SweepDesign(300, sizes=(0, 8), queries=1), level=level)
    for one in plan.cells:
        low, high = proportion_confint(one.error * one.attempts, one.attempts, alpha=1 - level, method="wilson")
        assert one.width == pytest.approx(high - low, rel=1e-12)


def test_answers_to_one_context_count_for_less() -> None:
    """At correlation 1 a context is worth one answer."""
    alike = bc.plan_sweep(TASKS, bc.SweepDesign(400, sizes=(8,), contaminations=(0.0, 1.0), queries=4), correlation=1.0)
    single = bc.plan_sweep(TASKS, bc.SweepDesign(100, sizes=(8,), contaminations=(0.0, 1.0), queries=1))
    assert [one.width for one in alike.cells] == pytest.approx([one.width for one in single.cells])
    assert [one.curve for one in alike.cells] == pytest.approx([one.curve for one in single.cells])


def test_costs_are_those_of_the_messages() -> None:
    votes = bc.Manner(
        evaluation=bc.Evaluation(votes=3), prompts=bc.Prompts(instruction="", question="{query}", evaluation="ok?")
    )
    plan = bc.plan_sweep(TASKS, bc.SweepDesign(64, sizes=(0, 50), contaminations=(0.0, 1.0), queries=4), votes)
    assert [one.calls for one in plan.cells] == [4 * one.attempts for one in plan.cells]
    pairs = 50 * len("what is 100?1000")
    for one, fewest, most in zip(plan.cells, (0, 0.8 * pairs, 0.8 * pairs), (0, pairs, pairs), strict=True):
        own = len("what is 7?") + 3 * len("what is 7?7ok?")
        assert own + 4 * fewest - 4 <= 4 * one.tokens / one.attempts <= own + 4 * most + 20
    assert f"{sum(one.tokens for one in plan.cells):,} tokens" in plan.status


def test_a_response_of_the_size_says_what_an_empty_context_gives() -> None:
    design = bc.SweepDesign(200, sizes=(0, 8), contaminations=(0.0, 1.0))
    sized = bc.CountedEvidence(prior=-1.0, shift=0.0, half=1.0, wrong=0.4, right=0.2)
    cells = bc.plan_sweep(TASKS, design, response=sized).cells
    assert [one.error for one in cells] == pytest.approx(
        [float(sized(c, k)) for k, c in ((0, 0.0), (8, 0.0), (8, 1.0))]
    )
    assert bc.plan_sweep(TASKS, design).cells[0].error == 0.5
    assert cells[0].curve is None
    for wrong in ({"correlation": 1.5}, {"level": 1.0}):
        with pytest.raises(UsageError, match="outside"):
            bc.plan_sweep(TASKS, design, **wrong)  # type: ignore[arg-type]
