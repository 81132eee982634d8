"""Drawn runs: their laws, their limits, their edges, and what a simulation says of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, hypergeom, nbinom

import boostcalc as bc
from boostcalc import plotting
from boostcalc.dynamics.finite import Batches, fill
from boostcalc.dynamics.finite.batches import States
from boostcalc.dynamics.policies import Context
from boostcalc.dynamics.start import Start, State
from boostcalc.errors import UsageError

RUNS = 40_000
EVIDENCE = bc.Evidence(a=-4.0, b=7.0)
SIZED = bc.SizedEvidence(a=-4.0, b=7.0, prior=0.0, half=6.0)
JUDGE = bc.Drifting(tpr=0.9, fpr=0.2, tpr_wrong=0.5, fpr_wrong=0.4)
POLICIES = [bc.Replace(), bc.Append(size=8), bc.Append(size=0), bc.Window(size=20), bc.Window(size=5)]


def assert_shares(drawn: np.ndarray[Any, Any], values: range, chance: Any) -> None:
    """Each value as often as its chance says, to four standard errors."""
    for value in values:
        p = float(chance(value))
        assert abs(np.mean(drawn == value) - p) <= 4 * np.sqrt(p * (1 - p) / drawn.size) + 1e-12


def drawn(loop: bc.Loop, runs: int, rounds: int, seed: int = 0, **start: float) -> Batches:
    state = loop.start(Start(**start))
    many = State(
        np.broadcast_to(state.logit_error, (runs,)),
        Context.plain(state.context.size, np.broadcast_to(state.context.logit_share, (runs,))),
    )
    return fill(loop, many, rounds=rounds, rng=np.random.default_rng(seed))


def test_a_batch_is_binomial_and_its_attempts_negative_binomial_and_apart() -> None:
    found = drawn(bc.Loop(tpr=0.8, fpr=0.4, batch=6), RUNS, 0, error=0.4)
    assert found.attempts is not None
    wrong, attempts = found.batch_wrong[0], found.attempts[0]
    assert_shares(wrong, range(7), lambda k: binom.pmf(k, 6, 0.25))
    assert_shares(attempts, range(6, 30), lambda m: nbinom.pmf(m - 6, 6, 0.64))
    assert abs(np.corrcoef(wrong, attempts)[0, 1]) < 4 / np.sqrt(RUNS)


def test_what_stays_of_a_batch_in_a_window_is_hypergeometric() -> None:
    """W = 5, B = 2: in round 1 the window has the batch and any three of the first five pairs."""
    loop = bc.Loop(tpr=0.8, fpr=0.4, context=bc.Window(size=5), batch=2)
    found = drawn(loop, RUNS, 1, error=0.4, contamination=0.4)
    assert (found.context_wrong[0] == 2).all()
    assert_shares(found.context_wrong[1] - found.batch_wrong[0], range(4), lambda k: hypergeom.pmf(k, 5, 2, 3))


@pytest.mark.parametrize("context", POLICIES, ids=str)
@pytest.mark.parametrize("response", [bc.Perfect(), EVIDENCE, SIZED, bc.Shrinkage(prior=0.3, strength=4.0)], ids=str)
def test_runs_are_whole_pairs_and_bounded(context: Any, response: Any) -> None:
    loop = bc.Loop(evaluator=JUDGE, response=response, context=context, batch=7)
    found = drawn(loop, 50, 12, error=0.4, contamination=0.4)
    assert found.attempts is not None
    sizes = {"replace": [7] * 13, "append": [loop.context.start(7) + 7 * n for n in range(13)]}
    expected = sizes.get(context.family, [loop.context.start(7)] * 13)
    np.testing.assert_array_equal(found.context_size, np.repeat(np.array(expected)[:, None], 50, axis=1))
    assert ((found.context_wrong >= 0) & (found.context_wrong <= found.context_size)).all()
    assert ((found.batch_wrong >= 0) & (found.batch_wrong <= 7)).all()
    assert (found.attempts >= 7).all()
    x = found.logit_error(loop, loop.start(Start(error=0.4, contamination=0.4)))
    again = States(loop).at(found.context_size[1:], found.context_wrong[1:]).logit_error
    np.testing.assert_array_equal(x[1:], again, err_msg="from a table or without one")
    if context.family == "append":
        np.testing.assert_array_equal(np.diff(found.context_wrong, axis=0), found.batch_wrong[:-1])
    if context.family == "replace":
        np.testing.assert_array_equal(found.context_wrong[1:], found.batch_wrong[:-1])


@pytest.mark.parametrize("context", [bc.Replace(), bc.Append(size=10**7), bc.Window(size=3 * 10**7)], ids=str)
def test_large_batches_approach_the_mean_field(context: Any) -> None:
    loop = bc.Loop(evaluator=JUDGE, response=EVIDENCE, context=context, batch=10**8 // 5)
    found = bc.simulate(loop, error=0.4, rounds=5, runs=3)
    np.testing.assert_allclose(found.error, np.repeat(found.mean_field.error[:, None], 3, axis=1), rtol=5e-3)
    np.testing.assert_allclose(found.attempts[0], found.mean_field.attempts[0], rtol=2e-3)


def test_one_loop_a_run_is_as_good_as_one_for_all() -> None:
    """Rates of shape (runs,) that are all alike go the way without tables."""
    one = drawn(bc.Loop(tpr=0.8, fpr=0.4, response=EVIDENCE), 500, 6, error=0.5)
    many = drawn(bc.Loop(tpr=np.full(500, 0.8), fpr=0.4, response=EVIDENCE), 500, 6, error=0.5)
    np.testing.assert_array_equal(one.context_wrong, many.context_wrong)
    np.testing.assert_array_equal(one.attempts, many.attempts)


def test_seeds_give_the_same_runs_and_leave_the_global_state() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.4)
    before = np.random.get_state()  # noqa: NPY002  # to see that it stays
    runs = [bc.simulate(loop, error=0.5, runs=50, rng=seed) for seed in (0, 0, 1)]
    again = bc.simulate(loop, error=0.5, runs=50, rng=np.random.default_rng(0))
    after = np.random.get_state()  # noqa: NPY002  # as above
    np.testing.assert_array_equal(before[1], after[1])  # type: ignore[index]
    np.testing.assert_array_equal(runs[0].attempts, runs[1].attempts)
    np.testing.assert_array_equal(runs[0].attempts, again.attempts)
    assert (runs[0].attempts != runs[2].attempts).any()
    assert runs[0].provenance["seed"] == 0
    assert again.provenance["seed"] is None


@pytest.mark.parametrize("context", POLICIES, ids=str)
def test_where_nothing_is_accepted_nothing_changes(context: Any) -> None:
    found = bc.simulate(bc.Loop(tpr=0.0, fpr=0.0, context=context), error=0.3, rounds=3, runs=5)
    np.testing.assert_allclose(found.error, 0.3)
    assert np.isinf(found.attempts).all()
    assert (found.context_size == found.context_size[0]).all()
    assert "nothing is accepted any more" in found.status
    document = json.loads(found.to_json())
    assert document["trajectory"][1]["attempts"]["value"] is None
    assert len(bc.simulated_log(found)) == 0


def test_runs_that_stand_still_do_not_stop_the_others() -> None:
    loop = bc.Loop(tpr=np.array([0.8, 0.0, 0.8]), fpr=0.0, context=bc.Append(size=4), batch=4)
    start = loop.start(Start(error=np.array([0.5, 0.5, 1.0]), contamination=0.5))
    found = fill(loop, start, rounds=3, rng=np.random.default_rng(0))
    assert found.attempts is not None
    np.testing.assert_array_equal(found.context_size[:, 0], [4, 8, 12, 16])
    np.testing.assert_array_equal(found.context_size[:, 1], 4)
    np.testing.assert_array_equal(found.context_wrong, 2)
    np.testing.assert_array_equal(np.isinf(found.attempts[0]), [False, True, True])


@pytest.mark.parametrize(("error", "fpr", "end"), [(0.0, 0.4, 0.0), (1.0, 0.4, 1.0), (0.5, 0.0, 0.0)])
def test_certain_answers(error: float, fpr: float, end: float) -> None:
    found = bc.simulate(bc.Loop(tpr=0.8, fpr=fpr), error=error, rounds=3, runs=10)
    np.testing.assert_array_equal(found.error[1:], end)


def test_more_attempts_than_an_integer_holds_are_still_drawn() -> None:
    found = bc.simulate(bc.Loop(tpr=1e-25, fpr=1e-26, batch=4), error=0.5, rounds=0, runs=4_000)
    expected = 4 / 5.5e-26
    assert abs(found.attempts[0].mean() / expected - 1) < 4 * 0.5 / np.sqrt(4_000)
    assert found.attempts[0].std() / expected == pytest.approx(0.5, rel=0.1)
    with pytest.raises(UsageError, match="more attempts than can be counted"):
        bc.simulated_log(found, counted=True)


def test_a_mean_over_runs_beside_the_mean_field() -> None:
    """Convex where it starts: single batches make the mean error higher, by what the exact law says."""
    loop, runs = bc.Loop(tpr=0.8, fpr=0.6, response=EVIDENCE), 4_000
    found, exact = bc.simulate(loop, error=0.5, rounds=4, runs=runs), bc.distribution(loop, error=0.5, rounds=4)
    for n in range(5):
        gap = found.difference[n].value
        assert gap is not None
        assert abs(gap - exact.difference[n]) <= 4 * exact.sd_error[n] / np.sqrt(runs) + 1e-12
    assert found.difference[2].low is not None
    assert found.difference[2].low > 0
    assert "higher" in bc.simulate(loop, error=0.5, rounds=2, runs=runs).status
    low, high = found.mean_error[2].low, found.mean_error[2].high
    assert low is not None
    assert high is not None
    assert high - low == pytest.approx(2 * 1.6449 * exact.sd_error[2] / np.sqrt(runs), rel=0.1)
    assert (found.met >= (found.error <= 0.01).mean(axis=1)).all()
    np.testing.assert_allclose(found.cost[-1], found.attempts.sum(axis=0))


def test_rates_known_as_counts_are_drawn_for_each_run() -> None:
    loop = bc.Loop(tpr=bc.Counts(30, 40), fpr=bc.Counts(10, 40))
    found = bc.simulate(loop, error=bc.Counts(20, 40), rounds=2, runs=200)
    assert found.loop.shape == (200,)
    assert np.ptp(found.error[0]) > 0.1
    assert found.inputs["tpr"].level == 0.9
    assert "what the counts leave open" in bc.simulate(loop, error=0.5, rounds=6, runs=4_000).status


def test_one_run_says_nothing_of_its_scatter() -> None:
    found = bc.simulate(bc.Loop(tpr=0.8, fpr=0.4), runs=1, rounds=0)
    assert found.mean_error[0].low is None
    assert found.status.startswith("In 1 run ")
    later = bc.simulate(bc.Loop(tpr=0.8, fpr=0.7, batch=20), runs=1, rounds=10)
    assert abs(later.error[-1, 0] - later.mean_field.error[-1]) > 0.1
    assert "chance" not in later.status
    assert later.status.endswith("it does not meet the target 0.01 by then; the mean field says 0.2083.")
    assert bc.simulate(bc.Loop(tpr=0.0, fpr=0.0), runs=1).status.endswith("; nothing is accepted any more.")


def test_runs_that_all_agree_do_not_contradict_a_rare_event() -> None:
    """The exact mean lies above the mean field, although none of these runs shows it."""
    loop, runs = bc.Loop(tpr=0.8, fpr=0.1), 1_000
    found, exact = bc.simulate(loop, error=0.5, rounds=7, runs=runs), bc.distribution(loop, error=0.5, rounds=7)
    assert (found.error[-1] == 0).all()
    assert exact.difference[-1] > 0
    assert "which their scatter allows" in found.status


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"runs": 0}, "runs = 0"),
        ({"runs": 1.5}, "runs = 1.5"),
        ({"rounds": -1}, "rounds = -1"),
        ({"rounds": 100_000, "runs": 100_000}, "too many to keep"),
        ({"error": [0.1, 0.2]}, "one loop"),
        ({"target": 2.0}, "target"),
        ({"level": 2.0}, "level"),
    ],
)
def test_a_bad_question_is_refused(question: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        bc.simulate(bc.Loop(tpr=0.8, fpr=0.4), **question)


def test_a_batch_and_a_window_in_parts_are_refused() -> None:
    with pytest.raises(UsageError, match="whole number of pairs"):
        bc.simulate(bc.Loop(tpr=0.8, fpr=0.4, batch=2.5))
    with pytest.raises(UsageError, match="less than 1e9"):
        bc.simulate(bc.Loop(tpr=0.8, fpr=0.4, batch=10**10, context=bc.Window(size=15 * 10**9)), rounds=3, runs=2)


def test_a_head_start_is_refused_not_left_out() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.4, context=bc.Append(size=8))
    begin = loop.start(Start(error=0.5, head_start=4))
    with pytest.raises(UsageError, match="head start is not simulated"):
        fill(loop, begin, rounds=1, rng=np.random.default_rng(0))


def test_what_a_simulation_answers() -> None:
    found = bc.simulate(bc.Loop(tpr=0.8, fpr=0.6, response=EVIDENCE), error=0.5, rounds=3, runs=100)
    document = json.loads(found.to_json())
    assert document["kind"] == "simulation"
    assert [row["round"] for row in document["trajectory"]] == [0, 1, 2, 3]
    assert document["inputs"]["response"]["family"] == "evidence"
    frame = found.to_frame()
    assert list(frame["round"]) == [0, 1, 2, 3]
    assert {"error", "error_low", "mean_field", "difference", "error_q0.05", "cost", "met_target"} <= set(frame)
    assert found.summary().startswith(found.status)
    assert "<table" in found._repr_html_()
    np.testing.assert_array_equal(found.quantiles([0.0, 1.0])[:, 1], found.error.max(axis=1))


def test_the_figures_show_runs_laws_and_limits() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.6, response=EVIDENCE)
    lines = bc.simulate(loop, error=0.5, rounds=3, runs=100).plot()
    assert {"single runs", "mean field", "mean of runs", "target"} <= set(lines.get_legend_handles_labels()[1])
    law = bc.distribution(loop, error=0.5, rounds=3)
    axes = law.plot()
    (mesh,) = axes.collections
    np.testing.assert_allclose(np.sum(np.asarray(mesh.get_array()) ** 2), 4, rtol=1e-9)  # each round's law, once
    urn = bc.Loop(tpr=0.8, fpr=0.7, response=bc.Evidence(a=-4, b=8), context=bc.Append(size=4), batch=4)
    assert "limits" in bc.urn_limits(urn, error=0.5, size=300).plot().get_legend_handles_labels()[1]
    assert plotting.svg(lines).startswith("<?xml")
