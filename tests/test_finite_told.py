"""What laws and runs of finite batches tell: each number against its definition, each limit against a count by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy.stats import nbinom

import boostcalc as bc
from boostcalc.dynamics.finite import fill
from boostcalc.dynamics.finite.batches import whole_start
from boostcalc.dynamics.finite.chain import chain, work
from boostcalc.dynamics.finite.cost import Attempts
from boostcalc.dynamics.finite.settling import Absorption, Stationarity
from boostcalc.dynamics.policies import Context
from boostcalc.dynamics.start import Start, State
from boostcalc.errors import UsageError
from boostcalc.odds import logit

LEVELS = (0.05, 0.5, 0.95)
SLIPS = bc.Affine(mu=0.1, nu=0.2)
EVIDENCE = bc.Evidence(a=-4.0, b=8.0)


def least(errors: np.ndarray[Any, Any], mass: np.ndarray[Any, Any], level: float) -> float:
    """The smallest error whose cumulated law reaches the level."""
    return min(float(e) for e in errors if mass[errors <= e].sum() >= level - 1e-12)


# ------------------------------------------------------------------ drawn batches


@pytest.mark.parametrize("size", [10, 1_000, 10**7])
def test_a_whole_number_of_wrong_pairs_is_taken_as_it_is(size: int) -> None:
    """Whatever the size, rounding of K·C makes no share of a pair."""
    loop = bc.Loop(tpr=0.8, fpr=0.4, context=bc.Append(size=size), batch=2)
    wrong = np.unique(np.linspace(0, size, 200).astype(np.int64))
    shares = logit(wrong / size)
    _, down, rest = whole_start(loop, State(shares, Context.plain(float(size), shares)))
    np.testing.assert_array_equal(down, wrong)
    np.testing.assert_array_equal(rest, 0)


def test_without_costs_the_batches_are_one_fewer() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.4, context=bc.Append(size=6), batch=4)
    start = loop.start(Start(error=np.full(20, 0.4)))
    found = fill(loop, start, rounds=5, rng=np.random.default_rng(0), costs=False)
    assert found.context_wrong.shape == (6, 20)
    np.testing.assert_array_equal(np.diff(found.context_wrong, axis=0), found.batch_wrong)


def test_attempts_beyond_an_integer_leave_the_others_their_law() -> None:
    """Half of the runs take more answers than can be counted; the attempts of the others stay B and what is refused."""
    loop = bc.Loop(tpr=np.repeat([0.5, 1e-25], 4_000), fpr=np.repeat([0.5, 1e-25], 4_000), batch=6)
    start = loop.start(Start(error=np.full(8_000, 0.4)))
    found = fill(loop, start, rounds=0, rng=np.random.default_rng(0))
    assert found.attempts is not None
    few, many = found.attempts[0, :4_000], found.attempts[0, 4_000:]
    assert few.min() >= 6
    assert abs(few.mean() - 12) < 4 * np.sqrt(12 / 4_000)
    assert (many > 1e20).all()


# ------------------------------------------------------------------ the chain


def test_the_work_of_a_law_is_the_number_of_its_ways() -> None:
    """States of each round times ways on from each, counted by hand."""

    def counted(context: Any, batch: int, rounds: int) -> float:
        loop = bc.Loop(tpr=0.8, fpr=0.4, response=SLIPS, context=context, batch=batch)
        return work(chain(loop, loop.start(Start(error=0.4))), rounds)

    assert counted(bc.Replace(), 4, 3) == 3 * 5 * 5
    assert counted(bc.Append(size=4), 3, 3) == (5 + 8 + 11) * 4
    # a window of 5 in batches of 2: (5), (2, 3), (2, 2, 1) and on; a batch comes in, and the oldest is cut
    assert counted(bc.Window(size=5), 2, 4) == 6 * (3 * 4) + 3 * 4 * (3 * 2) + 2 * 3 * 3 * 2 * (3 * 2)


def test_where_no_wrong_pair_is_accepted_none_joins() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.0, response=SLIPS, context=bc.Append(size=4), batch=2)
    found = bc.distribution(loop, error=0.5, contamination=0.5, rounds=3)
    np.testing.assert_allclose(found.law[:, 2], 1)


# ------------------------------------------------------------------ attempts and cost


@pytest.mark.parametrize("acceptance", [0.9, 0.1, 1e-3, 1e-7])
@pytest.mark.parametrize("batch", [1, 5, 40])
def test_quantiles_of_attempts_are_those_of_the_negative_binomial(batch: int, acceptance: float) -> None:
    one = Attempts(batch, np.ones(1), np.array([acceptance]))
    for level in (1e-6, 0.05, 0.5, 0.95, 0.999):
        assert one.quantile(level) == batch + nbinom.ppf(level, batch, acceptance)


@pytest.mark.parametrize(("rate", "batch", "rounds"), [(0.3, 4, 2), (0.9, 1, 0), (0.95, 2, 1), (0.6, 3, 0)])
def test_a_table_of_the_cost_is_right_to_its_end(rate: float, batch: int, rounds: int) -> None:
    """With t = f the attempts of all rounds are one negative binomial; the table may end anywhere."""
    found = bc.distribution(bc.Loop(tpr=rate, fpr=rate, batch=batch), error=0.5, rounds=rounds).cost
    pairs = batch * (rounds + 1)
    for most in range(pairs, pairs + 40):
        exact = nbinom.pmf(np.arange(most + 1) - pairs, pairs, rate)
        np.testing.assert_allclose(found.pmf(most), exact, atol=2e-8, err_msg=f"up to {most}")


def test_the_law_of_the_cost_is_the_convolution_of_its_rounds() -> None:
    """Two rounds of a single pair: the second depends on what the first accepted."""
    t, f, e = 0.8, 0.4, 0.5
    found = bc.distribution(bc.Loop(tpr=t, fpr=f, response=SLIPS, batch=1), error=e, rounds=1).cost
    first, bad = (1 - e) * t + e * f, e * f / ((1 - e) * t + e * f)
    m = np.arange(61)

    def spent(error: float) -> np.ndarray[Any, Any]:
        return np.asarray(nbinom.pmf(m - 1, 1, (1 - error) * t + error * f))

    mixed = (1 - bad) * spent(0.1) + bad * spent(1 - 0.2)
    exact = np.convolve(nbinom.pmf(m - 1, 1, first), mixed)[:61]
    np.testing.assert_allclose(found.pmf(60), exact, atol=2e-8)
    total = np.cumsum(exact)
    for level in LEVELS:
        assert found.quantiles(level) == np.flatnonzero(total >= level)[0]


def test_a_quantile_of_the_cost_is_the_least_number_that_is_enough() -> None:
    """At a rate of one half the first answer is enough with probability one half, the first two with three quarters."""
    found = bc.distribution(bc.Loop(tpr=0.5, fpr=0.5, batch=1), error=0.5, rounds=0).cost
    np.testing.assert_array_equal(found.quantiles([0.4, 0.5, 0.6, 0.75, 0.8]), [1, 1, 2, 2, 3])


def test_the_limits_are_numbers_of_multiplications_and_of_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What just fits is answered, and one less refuses it."""
    loop = bc.Loop(tpr=0.8, fpr=0.4, response=SLIPS, context=bc.Append(size=4), batch=3)
    found = bc.distribution(loop, error=0.5, rounds=2).cost
    # 9 attempts at least, so 64 numbers up to 72; half of them, by the ways of two rounds and the states of three
    exactly = 64 / 2 * ((5 + 8) * 4 + (5 + 8 + 11))
    monkeypatch.setattr("boostcalc.dynamics.finite.cost.MOST_WORK", exactly)
    assert len(found.pmf(72)) == 73
    monkeypatch.setattr("boostcalc.dynamics.finite.cost.MOST_WORK", exactly - 1)
    with pytest.raises(UsageError, match=r"too long to tabulate \(64 numbers\)"):
        found.pmf(72)

    monkeypatch.setattr("boostcalc.dynamics.finite.exact.MOST_KEPT", 3 * 11)
    assert bc.distribution(loop, error=0.5, rounds=2).law.size == 33
    monkeypatch.setattr("boostcalc.dynamics.finite.exact.MOST_KEPT", 3 * 11 - 1)
    with pytest.raises(UsageError, match="too many states"):
        bc.distribution(loop, error=0.5, rounds=2)

    monkeypatch.setattr("boostcalc.dynamics.finite.runs.MOST_KEPT", 3 * 10)
    assert bc.simulate(loop, error=0.5, rounds=2, runs=10).error.size == 30
    monkeypatch.setattr("boostcalc.dynamics.finite.runs.MOST_KEPT", 3 * 10 - 1)
    with pytest.raises(UsageError, match="too many to keep"):
        bc.simulate(loop, error=0.5, rounds=2, runs=10)


# ------------------------------------------------------------------ what an exact law tells


@pytest.fixture(scope="module")
def law() -> bc.Distribution:
    loop = bc.Loop(tpr=0.8, fpr=0.6, response=EVIDENCE, context=bc.Append(size=4), batch=3)
    return bc.distribution(loop, error=0.5, rounds=4)


def test_quantiles_of_the_error_are_the_least_that_are_enough(law: bc.Distribution) -> None:
    found = law.quantiles(LEVELS)
    for n in range(5):
        for level, error in zip(LEVELS, found[n], strict=True):
            assert error == least(law.error[n][law.law[n] > 0], law.law[n][law.law[n] > 0], level)
    np.testing.assert_array_equal(law.quantiles(1.0)[:, 0], np.where(law.law > 0, law.error, 0).max(axis=1))
    single = bc.distribution(bc.Loop(tpr=0.7, fpr=0.7, batch=1), error=0.5, rounds=1)
    np.testing.assert_array_equal(single.quantiles([0.5, 0.6])[1], [0, 1])


def test_the_status_of_a_law_tells_its_last_round(law: bc.Distribution) -> None:
    first, last = law.mean_error[0], law.mean_error[-1]
    low, high = law.quantiles([0.05, 0.95])[-1]
    gap, expected = last - law.mean_field.error[-1], law.mean_field.error[-1]
    side = "lower" if gap > 0 else "higher"
    assert law.status == (
        f"The mean error goes from {first:.4g} to {last:.4g} at round 4 (90% from {low:.4g} to {high:.4g}); the target "
        f"0.01 is met by then with probability {law.met[-1]:.4g}; the mean field says {expected:.4g}, which is "
        f"{abs(gap):.3g} {side}."
    )


def test_the_rows_of_a_law_are_its_moments(law: bc.Distribution) -> None:
    m = np.arange(2_000)
    for n, row in enumerate(law.rows()):
        attempts = law.attempts(n).pmf(m)
        assert row["attempts"] == pytest.approx(attempts @ m, rel=1e-9)
        assert row["attempts_sd"] == pytest.approx(np.sqrt(attempts @ (m - attempts @ m) ** 2), rel=1e-9)
        mean = law.law[n] @ law.error[n]
        assert row["sd"] == pytest.approx(np.sqrt(law.law[n] @ (law.error[n] - mean) ** 2), rel=1e-9, abs=1e-15)


def test_the_document_of_a_law_has_its_last_round_and_its_cost(law: bc.Distribution) -> None:
    document = law.to_dict()
    np.testing.assert_array_equal(document["final_law"], law.law[-1])
    assert len(document["final_law"]) == 4 + 4 * 3 + 1
    assert document["cost"]["sd"] ** 2 == pytest.approx(law.cost.variance, rel=1e-12)
    total = np.cumsum(law.cost.pmf(400))
    for name, value in document["cost"]["quantiles"].items():
        assert value == np.flatnonzero(total >= float(name))[0]


def test_the_figure_of_a_law_has_bins_of_one_width(law: bc.Distribution) -> None:
    (mesh,) = law.plot().collections
    corners = np.asarray(mesh.get_coordinates())  # type: ignore[attr-defined]
    np.testing.assert_allclose(corners[:, 0, 1], np.arange(61) / 60, atol=1e-12)
    np.testing.assert_allclose(corners[0, :, 0], np.arange(6) - 0.5)


# ------------------------------------------------------------------ the long run


def test_the_context_stays_from_one_round_after_what_the_first_needs() -> None:
    """The context of round 1 is the first that may stay."""
    found = bc.distribution(bc.Loop(tpr=0.8, fpr=0.7, batch=10), error=0.5, rounds=1)
    end = found.settling
    assert isinstance(end, Absorption)
    expected = 1 + found.law[1] @ end.rounds_by_state
    assert end.rounds == pytest.approx(expected, rel=1e-12)
    assert f"from round {expected:.4g} on" in end.status


def test_the_quasi_stationary_law_is_a_left_eigenvector() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.7, batch=10)
    end = bc.distribution(loop, error=0.5, rounds=0).settling
    assert isinstance(end, Absorption)
    assert end.quasi_stationary is not None
    inner = chain(loop, loop.start(Start(error=0.5))).table[1:-1, 1:-1]  # type: ignore[attr-defined]
    values, vectors = np.linalg.eig(inner.T)
    top = np.argmax(values.real)
    vector = vectors[:, top].real / vectors[:, top].real.sum()
    np.testing.assert_allclose(end.quasi_stationary[1:-1], vector, rtol=1e-9)
    assert end.leaving == pytest.approx(1 - values[top].real, rel=1e-9)


def test_an_end_nearest_to_a_context_beyond_the_divide_starts_before_it() -> None:
    """Of 3 pairs the lower end has 0.53 wrong and the divide 0.76: only the clean context lies before it."""
    loop = bc.Loop(tpr=0.8, fpr=0.8, response=bc.Evidence(a=-2.6, b=6.0), batch=3)
    found = bc.distribution(loop, error=0.5, rounds=0)
    assert isinstance(found.settling, Stationarity)
    up, _ = found.settling.switches
    right = 1 / (1 + np.exp(-2.6))  # and t = f: what is accepted is what is answered
    assert up.rounds == pytest.approx(1 / (1 - right**3), rel=1e-9)


# ------------------------------------------------------------------ what runs tell


@pytest.fixture(scope="module")
def runs() -> bc.Simulation:
    loop = bc.Loop(tpr=0.8, fpr=0.6, response=EVIDENCE, context=bc.Append(size=4), batch=3)
    return bc.simulate(loop, error=0.5, rounds=4, runs=1_000, level=0.8)


def test_the_contamination_of_a_context_is_its_wrong_share(runs: bc.Simulation) -> None:
    np.testing.assert_allclose(runs.context_contamination, runs.context_wrong / runs.context_size, rtol=1e-12)


def test_the_status_of_runs_tells_their_last_round(runs: bc.Simulation) -> None:
    said, last = runs.status, np.sort(runs.error[-1])
    low, high = last[99], last[899]  # of 1,000 runs, 10% from either side
    assert low < high
    assert f"from {runs.error[0].mean():.4g} to {last.mean():.4g} on average at round 4 " in said
    assert f"(80% of them from {low:.4g} to {high:.4g})" in said
    gap = last.mean() - runs.mean_field.error[-1]
    assert (
        f"the mean field says {runs.mean_field.error[-1]:.4g}: the chance of batches makes it {abs(gap):.3g} " in said
    )
    assert ("higher" if gap > 0 else "lower") in said


def test_the_rows_of_runs_have_quantiles_in_order(runs: bc.Simulation) -> None:
    for n, row in enumerate(runs.rows()):
        assert list(row["quantiles"]) == ["0.1", "0.5", "0.9"]
        ordered = np.sort(runs.error[n])
        assert list(row["quantiles"].values()) == [ordered[99], ordered[499], ordered[899]]


def test_runs_in_which_nothing_is_accepted_any_more_are_those_of_the_last_round(runs: bc.Simulation) -> None:
    attempts = runs.attempts.copy()
    for n, idle in enumerate((0, 100, 150, 200, 250)):
        attempts[n, :idle] = np.inf
    assert dataclasses.replace(runs, attempts=attempts).status.endswith("in 25% nothing is accepted any more.")


def test_runs_that_agree_allow_one_in_so_many_only() -> None:
    """All of 1,000 runs are clean; a mean field of 1/65 is more than three runs in a thousand, one of 1/4097 is not."""
    loop = bc.Loop(tpr=0.8, fpr=0.1)
    clean = bc.simulate(loop, error=0.0, rounds=4, runs=1_000)
    near, far = (dataclasses.replace(clean, mean_field=loop.trajectory(error=0.5, rounds=n)) for n in (4, 2))
    assert "says 0.0002441, which their scatter allows" in near.status
    assert "says 0.01538: the chance of batches makes it 0.0154 lower" in far.status


# ------------------------------------------------------------------ the urn


def test_without_selection_the_mean_share_of_an_urn_stays() -> None:
    found = bc.urn_limits(bc.Loop(tpr=0.7, fpr=0.7, context=bc.Append(size=5), batch=1), error=0.4, size=65)
    assert found.status.endswith("at 65 pairs the mean share is 0.4.")
    wrong = np.arange(66)
    assert found.law @ wrong / 65 == pytest.approx(0.4, rel=1e-12)


@pytest.fixture(scope="module")
def urn() -> bc.UrnLimits:
    loop = bc.Loop(tpr=0.8, fpr=0.7, response=EVIDENCE, context=bc.Append(size=4), batch=4)
    return bc.urn_limits(loop, error=0.5, size=400)


def test_near_a_divide_is_within_twice_what_chance_may_still_do(urn: bc.UrnLimits) -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.7, response=EVIDENCE)
    error = loop.fixed_points().error[1]
    divide = 0.7 * error / (0.7 * error + 0.8 * (1 - error))
    shares = np.arange(401) / 400
    near = np.abs(shares - divide) <= 2 * np.sqrt(divide * (1 - divide) / 400)
    assert urn.near == pytest.approx(urn.law[near].sum(), rel=1e-12)
    assert f"{urn.near + urn.undivided:.2g} of the probability" in urn.status


def test_the_bars_of_an_urn_lie_around_their_shares(urn: bc.UrnLimits) -> None:
    """401 numbers of wrong pairs in at most 200 bars: three in each, and each bar half a pair to either side."""
    (bars,) = urn.plot().patches
    mass, edges, _ = bars.get_data()  # type: ignore[attr-defined]
    first = np.arange(0, 401, 3)
    np.testing.assert_allclose(edges * 400, np.append(first, 401) - 0.5, atol=1e-9)
    np.testing.assert_allclose(mass, [urn.law[n : n + 3].sum() for n in first])
