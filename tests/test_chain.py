"""Exact laws of finite batches against the same in fractions, against published figures, and against simulation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom, nbinom

import boostcalc as bc
from boostcalc.dynamics.finite.chain import Steady, chain
from boostcalc.dynamics.finite.markov import stationary, until_leaving
from boostcalc.dynamics.finite.settling import Absorption, Stationarity
from boostcalc.dynamics.finite.stopping import diffusion_fixation
from boostcalc.dynamics.start import Start
from boostcalc.errors import UsageError
from tests.reference import exact_batches, exact_chain
from tests.reference.exact_chain import Batches, everything, last, laws, newest, solution, totals, transitions
from tests.reference.exact_loop import affine, contamination

T, F, MU, NU = Fraction(4, 5), Fraction(1, 2), Fraction(1, 10), Fraction(1, 5)
RATES: dict[str, Any] = {"tpr": float(T), "fpr": float(F)}
AFFINE = affine(MU, NU)
SLIPS = bc.Affine(mu=float(MU), nu=float(NU))


def dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def assert_law(found: np.ndarray[Any, Any], exact: exact_batches.Law) -> None:
    np.testing.assert_allclose(found.sum(), 1, rtol=1e-12)
    for wrong, probability in enumerate(found):
        assert probability == pytest.approx(float(exact.get(wrong, Fraction(0))), rel=1e-11, abs=1e-300)


@pytest.mark.parametrize(
    ("context", "keep", "size", "batch", "rounds"),
    [
        (bc.Replace(), newest, 4, 4, 4),
        (bc.Append(size=4), everything, 4, 3, 4),
        (bc.Append(size=0), everything, 0, 3, 3),
        (bc.Window(size=4), last(4), 4, 4, 3),
        (bc.Window(size=3), last(3), 3, 5, 3),
        (bc.Window(size=5), last(5), 5, 2, 5),
        (bc.Window(size=4), last(4), 4, 2, 4),
        (bc.Window(size=8), last(8), 8, 3, 3),
    ],
    ids=lambda value: str(value) if not callable(value) else value.__name__,
)
def test_the_law_of_every_policy_is_that_of_counting(
    context: Any, keep: exact_chain.Keep, size: int, batch: int, rounds: int
) -> None:
    """The first context holds a whole number of wrong pairs; the error of round 0 is stated apart from it."""
    error, wrong = Fraction(2, 5), size // 2
    start: dict[Batches, Fraction] = {((size, wrong),): Fraction(1)} if size else {(): Fraction(1)}
    exact = laws(start, error, T, F, AFFINE, keep, batch, rounds)
    loop = bc.Loop(**RATES, response=SLIPS, context=context, batch=batch)
    stated = {"contamination": wrong / size} if size else {}
    found = bc.distribution(loop, error=float(error), rounds=rounds, **stated)
    for n, law in enumerate(exact):
        assert_law(found.law[n], totals(law))
        respond = (lambda c: error) if n == 0 else AFFINE
        mean = sum(p * (respond(exact_chain.share(c)) if n else error) for c, p in law.items())
        assert found.mean_error[n] == pytest.approx(float(mean), rel=1e-12)
        spent = sum(
            p * batch / ((1 - e) * T + e * F)
            for e, p in ((error if n == 0 else AFFINE(exact_chain.share(c)), p) for c, p in law.items())
        )
        assert found.attempts(n).mean == pytest.approx(float(spent), rel=1e-12)
    np.testing.assert_allclose(found.cost.mean, sum(found.attempts(n).mean for n in range(rounds + 1)), rtol=1e-12)


def test_a_first_context_of_no_whole_pairs_is_right_on_average() -> None:
    found = bc.distribution(bc.Loop(**RATES, context=bc.Append(size=5), batch=2), error=0.5, rounds=1)
    np.testing.assert_allclose(found.law[0][:4], [0, 0, 0.5, 0.5])
    assert found.law[0] @ np.arange(8) == pytest.approx(2.5)


def test_the_variance_of_the_cost_is_that_of_all_pairs_of_rounds() -> None:
    """E[A_m A_n] over the joint law of two rounds: another road than moments carried along."""
    batch, rounds = 3, 3
    table = transitions(batch, T, F, AFFINE)

    def attempts(e: Fraction) -> tuple[Fraction, Fraction]:
        a = (1 - e) * T + e * F
        return batch / a, batch * (1 - a) / a**2

    error = Fraction(1, 3)
    states = [AFFINE(Fraction(w, batch)) for w in range(batch + 1)]
    first, first_spread = attempts(error)
    law = list(exact_batches.binomial(batch, contamination(error, T, F)).values())
    means = [attempts(e)[0] for e in states]
    spreads = [attempts(e)[1] for e in states]
    by_round = [law]
    for _ in range(rounds - 1):
        by_round.append([dot(by_round[-1], [row[j] for row in table]) for j in range(batch + 1)])
    expected = [first, *(dot(one, means) for one in by_round)]
    variance = first_spread
    for m, one in enumerate(by_round):
        centred = sum(p * (s + x**2) for p, s, x in zip(one, spreads, means, strict=True)) - expected[m + 1] ** 2
        variance += centred
        ahead = list(means)
        for n in range(m + 1, rounds):
            ahead = [dot(row, ahead) for row in table]
            joint = sum(p * x * y for p, x, y in zip(one, means, ahead, strict=True))
            variance += 2 * (joint - expected[m + 1] * expected[n + 1])
    found = bc.distribution(bc.Loop(**RATES, response=SLIPS, batch=batch), error=float(error), rounds=rounds).cost
    assert found.mean == pytest.approx(float(sum(expected)), rel=1e-12)
    assert found.variance == pytest.approx(float(variance), rel=1e-10)


def test_the_law_of_the_cost_is_the_negative_binomial_where_rates_stay() -> None:
    """With t = f every attempt is accepted alike, so the attempts of all rounds are one negative binomial."""
    found = bc.distribution(bc.Loop(tpr=0.3, fpr=0.3, batch=4), error=0.5, rounds=4).cost
    exact = nbinom.pmf(np.arange(401) - 20, 20, 0.3)
    np.testing.assert_allclose(found.pmf(400), exact, atol=2e-8)
    levels = np.array([0.01, 0.05, 0.5, 0.95, 0.99])
    np.testing.assert_array_equal(found.quantiles(levels), 20 + nbinom.ppf(levels, 20, 0.3))
    assert found.least == 20
    with pytest.raises(UsageError, match="between 0 and"):
        found.quantiles([1.0])


def test_the_attempts_of_a_round_are_a_mixture() -> None:
    found = bc.distribution(bc.Loop(**RATES, response=SLIPS, batch=3), error=0.4, rounds=2).attempts(2)
    m = np.arange(400)
    mass = found.pmf(m)
    assert mass[:3].sum() == 0
    assert mass.sum() == pytest.approx(1, rel=1e-12)
    assert mass @ m == pytest.approx(found.mean, rel=1e-12)
    assert mass @ (m - found.mean) ** 2 == pytest.approx(found.variance, rel=1e-10)
    np.testing.assert_allclose(np.cumsum(mass), found.cdf(m), atol=1e-14)
    for level in (0.01, 0.5, 0.99):
        least = found.quantile(level)
        assert found.cdf(least - 1) < level <= found.cdf(least)


# ------------------------------------------------------------------ the long run


def absorbed(loop: bc.Loop, **start: float) -> Absorption:
    found = bc.distribution(loop, rounds=0, **start).settling
    assert isinstance(found, Absorption)
    return found


def stationed(loop: bc.Loop) -> Stationarity:
    found = bc.distribution(loop, error=0.5, rounds=0).settling
    assert isinstance(found, Stationarity)
    return found


@pytest.mark.parametrize(("batch", "tpr", "fpr"), [(6, "4/5", "7/10"), (8, "1/2", "9/10"), (5, "9/10", "1/100")])
def test_fixation_and_its_time_are_those_in_fractions(batch: int, tpr: str, fpr: str) -> None:
    t, f = Fraction(tpr), Fraction(fpr)
    found = absorbed(bc.Loop(tpr=float(t), fpr=float(f), batch=batch), error=0.5)
    np.testing.assert_array_equal(found.wrong, [0, batch])
    np.testing.assert_allclose(
        found.by_state[:, 1], [float(u) for u in exact_batches.fixation(batch, t, f)], rtol=1e-11
    )
    np.testing.assert_allclose(found.by_state.sum(axis=1), 1, rtol=1e-12)
    table, inner = transitions(batch, t, f, lambda c: c), range(1, batch)
    rounds = solution([[Fraction(int(i == j)) - table[i][j] for j in inner] + [Fraction(1)] for i in inner])
    np.testing.assert_allclose(found.rounds_by_state[1:-1], [float(x) for x in rounds], rtol=1e-11)


def test_the_design_figure_and_its_approximation() -> None:
    found = absorbed(bc.Loop(tpr=0.8, fpr=0.7, batch=20), error=0.5)
    assert found.probability[1] == pytest.approx(0.0640600, abs=5e-8)
    assert found.by_state[10, 1] == pytest.approx(0.0640600, abs=5e-8)
    strong = absorbed(bc.Loop(tpr=0.8, fpr=0.4, batch=20), error=0.8)
    assert diffusion_fixation(0.8, tpr=0.8, fpr=0.4, batch=20) / strong.by_state[16, 1] - 1 == pytest.approx(
        0.67, abs=5e-3
    )


def test_rare_fixation_keeps_its_precision() -> None:
    """A chance of 1e-130 by sums alone; in fractions it is a matter of a few pairs at a likelihood ratio of 1e8."""
    t, f, batch = Fraction(1), Fraction(1, 10**8), 6
    found = absorbed(bc.Loop(tpr=1.0, fpr=1e-8, batch=batch), error=0.5)
    exact = exact_batches.fixation(batch, t, f)
    assert float(exact[1]) < 1e-40
    np.testing.assert_allclose(found.by_state[:, 1], [float(u) for u in exact], rtol=1e-11)


def test_without_selection_fixation_is_the_share() -> None:
    found = absorbed(bc.Loop(tpr=0.6, fpr=0.6, batch=12), error=0.25)
    np.testing.assert_allclose(found.by_state[:, 1], np.arange(13) / 12, rtol=1e-12)
    assert found.leaving == pytest.approx(1 / 12, rel=1e-10), "the second eigenvalue of Wright and Fisher's chain"
    np.testing.assert_allclose(found.quasi_stationary[1:-1], found.quasi_stationary[1:-1][::-1], rtol=1e-9)  # type: ignore[index]


def test_the_quasi_stationary_law_is_the_law_of_those_left() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.7, batch=10)
    found, late = absorbed(loop, error=0.5), bc.distribution(loop, error=0.5, rounds=400)
    left = late.law[:, 1:-1].sum(axis=1)
    assert found.quasi_stationary is not None
    np.testing.assert_allclose(late.law[-1, 1:-1] / left[-1], found.quasi_stationary[1:-1], rtol=1e-8)
    assert 1 - left[-1] / left[-2] == pytest.approx(found.leaving, rel=1e-8)


def test_a_single_pair_is_absorbed_at_once() -> None:
    found = absorbed(bc.Loop(tpr=0.8, fpr=0.4, batch=1), error=0.5)
    np.testing.assert_allclose(found.probability, [2 / 3, 1 / 3])
    assert found.rounds == 1
    assert found.quasi_stationary is None


@pytest.mark.parametrize(("tpr", "fpr", "ends"), [(0.8, 0.0, [1.0, 0.0]), (0.0, 0.3, [0.0, 1.0])])
def test_a_kind_that_is_never_accepted_is_gone_at_once(tpr: float, fpr: float, ends: list[float]) -> None:
    found = absorbed(bc.Loop(tpr=tpr, fpr=fpr, batch=4), error=0.5)
    np.testing.assert_allclose(found.probability, ends)
    assert found.rounds == 1


def test_the_stationary_law_is_that_in_fractions() -> None:
    batch = 5
    table = transitions(batch, T, F, AFFINE)
    rows = [[table[i][j] - int(i == j) for i in range(batch + 1)] + [Fraction(0)] for j in range(batch)]
    rows.append([Fraction(1)] * (batch + 2))
    exact = solution(rows)
    found = stationed(bc.Loop(**RATES, response=SLIPS, batch=batch))
    np.testing.assert_allclose(found.law, [float(p) for p in exact], rtol=1e-12)
    mean = sum(p * AFFINE(Fraction(w, batch)) for w, p in enumerate(exact))
    assert found.mean_error == pytest.approx(float(mean), rel=1e-12)
    assert found.switches == ()


def test_a_floor_once_in_1e20_rounds_is_no_absorption() -> None:
    found = stationed(bc.Loop(tpr=0.8, fpr=0.1, response=bc.Affine(mu=1e-21, nu=1e-21), batch=6))
    assert found.law[0] > 1 - 1e-9, "it hardly ever leaves all right, and comes back from all wrong"
    assert 0 < found.law[1] < 1e-18


def test_switching_times_are_first_passages() -> None:
    batch = 4
    loop = bc.Loop(tpr=0.8, fpr=0.75, response=bc.Evidence(a=-3.0, b=6.2), batch=batch)
    up, down = stationed(loop).switches
    points = loop.fixed_points()
    assert (up.start, up.divide, down.start) == pytest.approx(tuple(points.error))
    steady = chain(loop, loop.start(Start(error=0.5)))
    assert isinstance(steady, Steady)
    wrong, right = 0.75 * points.error[1], 0.8 * (1 - points.error[1])
    table, divide = steady.table, wrong / (wrong + right) * batch
    rng, runs = np.random.default_rng(0), 4_000
    for switch, home, beyond in ((up, 0, np.arange(5) >= divide), (down, 4, np.arange(5) <= divide)):
        state, rounds = np.full(runs, home), np.zeros(runs)
        for n in range(1, 4_000):
            there = ~beyond[state]
            if not there.any():
                break
            drawn = (rng.random(there.sum())[:, None] > np.cumsum(table[state[there]], axis=1)).sum(axis=1)
            state[there], rounds[there] = drawn, n
        assert beyond[state].all()
        assert abs(rounds.mean() - switch.rounds) < 4 * rounds.std() / np.sqrt(runs)


def test_what_is_left_for_ever_is_infinite() -> None:
    inner, leaving = np.array([[0.5, 0.0], [0.0, 1.0]]), np.array([0.5, 0.0])
    np.testing.assert_array_equal(until_leaving(inner, leaving, np.ones(2)), [2, np.inf])
    with pytest.raises(UsageError, match="no one law"):
        stationary(np.eye(2))


@given(st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_elimination_solves_the_equations(size: int, seed: int) -> None:
    chances = np.random.default_rng(seed).dirichlet(np.ones(size + 1), size)
    inner, leaving = chances[:, :-1], chances[:, -1]
    gain = np.ones((size, 1))
    solved = until_leaving(inner, leaving, gain)
    np.testing.assert_allclose(solved, np.linalg.solve(np.eye(size) - inner, gain), rtol=1e-9)
    closed = np.column_stack([inner, leaving])[:, 1:] + inner[:, :1] / size
    closed /= closed.sum(axis=1, keepdims=True)
    law = stationary(closed)
    np.testing.assert_allclose(law @ closed, law, rtol=1e-9)


# ------------------------------------------------------------------ the urn


def test_polyas_urn_has_a_beta_binomial_law() -> None:
    """t = f, one pair a round: the limit is Beta(wrong, right) of the first context."""
    wrong, right, draws = 2, 3, 60
    found = bc.urn_limits(bc.Loop(tpr=0.7, fpr=0.7, context=bc.Append(size=5), batch=1), error=0.4, size=5 + draws)
    exact = exact_batches.urn(wrong, right, draws)
    np.testing.assert_allclose(
        found.law[wrong : wrong + draws + 1], [float(exact[k]) for k in range(draws + 1)], rtol=1e-11
    )
    np.testing.assert_allclose(found.law[2 : draws + 3], betabinom.pmf(np.arange(draws + 1), draws, 2, 3), rtol=1e-9)
    assert found.everywhere
    assert found.error.size == 0


def test_the_odds_of_two_limits_are_those_of_simulated_runs() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.7, response=bc.Evidence(a=-4.0, b=8.0), context=bc.Append(size=10), batch=4)
    found = bc.urn_limits(loop, error=0.5, size=400)
    assert found.probability.sum() + found.undivided == pytest.approx(1, rel=1e-12)
    runs = 4_000
    low = bc.simulate(loop, error=0.5, rounds=98, runs=runs).error[-1] < loop.fixed_points().error[1]
    p = float(found.probability[0])
    assert abs(low.mean() - p) < 4 * np.sqrt(p * (1 - p) / runs)
    longer = bc.urn_limits(loop, error=0.5, size=1_600)
    assert longer.near < found.near
    assert abs(longer.probability[0] - p) < found.near
    np.testing.assert_allclose(found.error, loop.fixed_points().error[[0, 2]])


def test_an_urn_whose_first_batch_is_all_wrong_stays_so() -> None:
    """An empty first context: with chance c^B the first batch is all wrong, and perfect adaptation keeps it."""
    found = bc.urn_limits(bc.Loop(tpr=0.8, fpr=0.4, context=bc.Append(size=0), batch=3), error=0.5)
    np.testing.assert_allclose(found.contamination, [0, 1])
    assert found.probability[1] == pytest.approx((1 / 3) ** 3, rel=1e-12)


def test_only_what_is_appended_is_an_urn() -> None:
    with pytest.raises(UsageError, match="no urn"):
        bc.urn_limits(bc.Loop(**RATES), error=0.5)
    with pytest.raises(UsageError, match="too many states"):
        bc.urn_limits(bc.Loop(**RATES, context=bc.Append(size=5), batch=64), error=0.4, size=2_000_000)
    with pytest.raises(UsageError, match="known rates"):
        bc.urn_limits(bc.Loop(tpr=bc.Counts(8, 10), fpr=0.1, context=bc.Append(size=5)), error=0.4)


# ------------------------------------------------------------------ edges


def test_where_nothing_is_accepted_nothing_changes() -> None:
    for context in (bc.Replace(), bc.Append(size=4), bc.Window(size=20)):
        found = bc.distribution(bc.Loop(tpr=0.0, fpr=0.0, context=context, batch=8), error=0.3, rounds=3)
        np.testing.assert_allclose(found.mean_error, 0.3)
        assert found.cost.mean == np.inf
        assert found.attempts(1).quantile(0.5) == np.inf
        assert found.settling is None
        assert found.to_dict()["cost"]["quantiles"] is None


@pytest.mark.parametrize("error", [0.0, 1.0])
def test_certain_answers_stay_certain(error: float) -> None:
    found = bc.distribution(bc.Loop(**RATES, batch=4), error=error, rounds=3)
    np.testing.assert_array_equal(found.mean_error, error)
    np.testing.assert_array_equal(found.met, 1 - error)


def test_the_chance_to_have_met_a_target_counts_each_path_once() -> None:
    """An affine response leaves the target again: to have met it is more than to be there."""
    loop = bc.Loop(**RATES, response=SLIPS, batch=4)
    found = bc.distribution(loop, error=0.5, rounds=6, target=0.12)
    assert (np.diff(found.met) >= 0).all()
    assert (found.met >= found.at_or_below(0.12) - 1e-12).all()
    runs = 20_000
    drawn = bc.simulate(loop, error=0.5, rounds=6, runs=runs, target=0.12)
    spread = np.sqrt(found.met * (1 - found.met) / runs)
    assert (np.abs(drawn.met - found.met) <= 4 * spread + 1e-12).all()


@pytest.mark.parametrize(
    ("loop", "said"),
    [
        (bc.Loop(**RATES, context=bc.Window(size=300), batch=8), "too many for an exact law"),
        (bc.Loop(**RATES, batch=5_000), "too many states"),
        (bc.Loop(**RATES, context=bc.Append(size=10), batch=20_000), "too many states"),
        (bc.Loop(tpr=bc.Counts(8, 10), fpr=0.1), "known rates"),
        (bc.Loop(**RATES, batch=2.5), "whole number of pairs"),
    ],
)
def test_what_is_too_large_or_unknown_is_said(loop: bc.Loop, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        bc.distribution(loop, error=0.5)


def test_a_drifting_judge_and_a_sized_response_have_a_law_too() -> None:
    judge = bc.Drifting(tpr=0.9, fpr=0.2, tpr_wrong=0.5, fpr_wrong=0.4)
    sized = bc.SizedEvidence(a=-4.0, b=7.0, prior=0.0, half=6.0)
    for context in (bc.Replace(), bc.Append(size=6), bc.Window(size=9)):
        loop = bc.Loop(evaluator=judge, response=sized, context=context, batch=6)
        found, runs = bc.distribution(loop, error=0.4, rounds=4), 20_000
        drawn = bc.simulate(loop, error=0.4, rounds=4, runs=runs)
        assert (np.abs(drawn.error.mean(axis=1) - found.mean_error) <= 4 * found.sd_error / np.sqrt(runs) + 1e-12).all()
        spread = np.sqrt(found.cost.variance / runs)
        assert abs(drawn.cost[-1].mean() - found.cost.mean) < 4 * spread


def test_the_documents_have_no_infinity() -> None:
    found = bc.distribution(bc.Loop(**RATES, response=SLIPS, batch=4), error=0.5, rounds=2)
    assert '"kind": "distribution"' in found.to_json()
    assert list(found.to_frame()["round"]) == [0, 1, 2]
    assert found.summary().startswith("The mean error goes from 0.5")
    urn = bc.urn_limits(bc.Loop(**RATES, context=bc.Append(size=4), batch=2), error=0.5, size=100)
    assert '"kind": "urn limits"' in urn.to_json()
    assert urn.summary().startswith("The loop ends near error 0")
