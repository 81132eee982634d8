"""Drawn batches: the mean field in the limit, the exact law of one, and what never happens."""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

import boostcalc as bc
from boostcalc.dynamics import Start, first_passage
from boostcalc.dynamics.finite import sample_trajectory
from boostcalc.dynamics.trajectory import Trajectory
from boostcalc.odds import expit


def run(loop: bc.Loop, loops: int, rounds: int, error: float = 0.4) -> Trajectory:
    start = loop.start(Start(error=np.full(loops, error)))
    return sample_trajectory(loop, start, rounds=rounds, rng=np.random.default_rng(0))


def test_one_loop_is_a_batch_of_one() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.4, response=bc.Evidence(a=-4.0, b=6.0), batch=16)
    for policy in (bc.Replace(), bc.Append(size=8), bc.Window(size=24)):
        kept = bc.Loop(evaluator=loop.evaluator, response=loop.response, context=policy, batch=16)
        alone = sample_trajectory(kept, kept.start(Start(error=0.4)), rounds=5, rng=np.random.default_rng(0))
        np.testing.assert_array_equal(alone.error, run(kept, 1, 5).error[:, 0])


def test_large_batches_approach_the_mean_field() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.4, response=bc.Evidence(a=-4.0, b=6.0), batch=10**8)
    np.testing.assert_allclose(run(loop, 3, 6).error[:, 0], loop.trajectory(error=0.4, rounds=6).error, rtol=2e-3)


def test_a_batch_is_binomial() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.4, batch=6)
    contamination = float(expit(loop.evaluator.under(np.nan).filter(np.log(0.4 / 0.6))))
    wrong = np.rint(6 * run(loop, 40_000, 1).context_contamination[1])
    for k in range(7):
        p = float(binom.pmf(k, 6, contamination))
        assert abs(np.mean(wrong == k) - p) < 4 * np.sqrt(p * (1 - p) / 40_000)


def test_a_clean_batch_under_perfect_adaptation_stays_clean() -> None:
    path = run(bc.Loop(tpr=0.8, fpr=0.4, batch=4), 2_000, 40)
    clean = path.error == 0
    assert clean[-1].any()
    assert (clean[1:] >= clean[:-1]).all()


def test_appended_batches_add_up() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.4, context=bc.Append(size=10), batch=5)
    path = run(loop, 50, 8)
    np.testing.assert_array_equal(path.context_size[:, 0], 10 + 5 * np.arange(9))
    wrong = path.context_contamination * path.context_size
    drawn = np.diff(wrong, axis=0)
    np.testing.assert_allclose(drawn, np.rint(drawn), atol=1e-9)


def test_nothing_accepted_stays() -> None:
    path = run(bc.Loop(tpr=0.0, fpr=0.0), 3, 4)
    np.testing.assert_allclose(path.error, 0.4)


def test_the_first_passage_is_the_first_round_at_the_target() -> None:
    path = run(bc.Loop(tpr=0.8, fpr=0.4, response=bc.Evidence(a=-3.0, b=6.0), batch=8), 200, 30)
    for passage, error in zip(first_passage(path, 0.1), path.error.T, strict=True):
        below = np.flatnonzero(error <= 0.1)
        assert passage == (below[0] if below.size else np.inf)
