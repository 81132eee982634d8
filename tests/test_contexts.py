"""Context policies: a window against exact lists of pairs, and how each policy closes in on a fixed point."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import boostcalc as bc
from boostcalc.dynamics import Start, Window
from boostcalc.dynamics.start import State
from boostcalc.errors import UsageError
from boostcalc.odds import expit, logit
from tests.reference.exact_contexts import window_orbit
from tests.reference.exact_loop import affine

RATE = st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=100)
SLIPS = bc.Affine(mu=0.05, nu=0.2)
EVIDENCE = bc.Evidence(a=-5.07, b=7.05)


class TestWindow:
    @settings(max_examples=40)
    @given(RATE, RATE, RATE, st.integers(1, 20), st.integers(1, 20))
    def test_it_is_the_exact_orbit(
        self, context: Fraction, tpr: Fraction, fpr: Fraction, size: int, batch: int
    ) -> None:
        respond = affine(Fraction(1, 20), Fraction(1, 5))
        exact = window_orbit(respond(context), tpr, fpr, respond, 7, context=context, size=size, batch=batch)
        loop = bc.Loop(tpr=float(tpr), fpr=float(fpr), response=SLIPS, context=Window(size=size), batch=batch)
        path = loop.trajectory(contamination=float(context), rounds=7)
        np.testing.assert_allclose(path.error, [float(e) for e in exact], rtol=1e-12)
        np.testing.assert_array_equal(path.context_size, size)

    @pytest.mark.parametrize("size", [1, 7, 16])
    def test_no_larger_than_a_batch_it_is_replace(self, size: int) -> None:
        loops = [bc.Loop(tpr=0.8, fpr=0.3, response=SLIPS, context=c) for c in (Window(size=size), bc.Replace())]
        paths = [loop.trajectory(error=0.4, rounds=6) for loop in loops]
        np.testing.assert_allclose(paths[0].error, paths[1].error, rtol=1e-14)

    def test_until_it_overflows_it_is_append(self) -> None:
        """a window of 100 that begins full loses its first pairs; what it gains is what append gains."""
        window = bc.Loop(tpr=0.8, fpr=0.3, context=Window(size=100), batch=10).trajectory(error=0.4, rounds=1)
        append = bc.Loop(tpr=0.8, fpr=0.3, context=bc.Append(size=90), batch=10).trajectory(error=0.4, rounds=1)
        np.testing.assert_allclose(window.error, append.error, rtol=1e-14)

    def test_a_stalled_loop_keeps_its_window(self) -> None:
        path = bc.Loop(tpr=np.array([0.8, 0.0]), fpr=np.array([0.1, 0.0]), context=Window(size=40)).trajectory(
            error=0.3, rounds=4
        )
        np.testing.assert_allclose(path.error[:, 1], 0.3)
        assert path.error[-1, 0] < 0.1

    def test_a_window_beyond_memory_is_refused(self) -> None:
        with pytest.raises(UsageError, match="remember 10000 at most"):
            bc.Loop(tpr=0.8, fpr=0.1, context=Window(size=10**6), batch=1).trajectory(rounds=1)

    @pytest.mark.parametrize(("size", "batch"), [(40, 10), (45, 10), (16, 16), (300, 16)])
    def test_it_closes_in_by_its_factor(self, size: int, batch: int) -> None:
        loop = bc.Loop(tpr=0.8, fpr=0.1, response=SLIPS, context=Window(size=size), batch=batch)
        points = loop.fixed_points()
        path = loop.trajectory(error=0.06, rounds=200 if size > 100 else 40)
        gap = np.abs(path.error - points.error[0])
        late = np.flatnonzero(gap > 1e-10)[-1]
        # complex roots are of the same size or smaller, so the ratio of one round need not have settled: the mean has
        early = late // 2
        measured = (gap[late] / gap[early]) ** (1 / (late - early))
        assert points.law == "factor"
        assert measured == pytest.approx(float(points.approach[0]), abs=0.06)

    def test_its_factor_lies_between_those_of_replace_and_standing_still(self) -> None:
        factors = [
            float(bc.Loop(tpr=0.8, fpr=0.4, response=SLIPS, context=Window(size=size)).fixed_points().approach[0])
            for size in (16, 32, 64, 128, 1024)
        ]
        multiplier = float(bc.Loop(tpr=0.8, fpr=0.4, response=SLIPS).fixed_points().multiplier[0])
        assert factors[0] == pytest.approx(multiplier, rel=1e-12)
        assert (np.diff(factors) > 0).all()
        assert factors[-1] < 1


@pytest.mark.parametrize("response", [bc.Perfect(), SLIPS, EVIDENCE, bc.OddsPower(alpha=-1.0, beta=0.5)], ids=str)
def test_append_closes_in_by_its_power(response: bc.Perfect) -> None:
    """The distance falls as the context's size to the power −(1 − F′): at twice the size, by 2 to it."""
    loop = bc.Loop(tpr=0.8, fpr=0.4, response=response, context=bc.Append(size=64), batch=16)
    points = loop.fixed_points()
    end = loop.limit(error=0.2)
    assert points.law == "power"
    power = float(points.approach_at(end))
    assert power == pytest.approx(float(points.multiplier_at(end)) - 1, rel=1e-12)
    start = loop.start(Start(error=0.2))
    state = start
    gaps = {}
    for n in range(1, 8193):
        state = loop.step(state)
        if n in (4096, 8192):
            gaps[n] = np.abs(np.exp(state.logit_error) - np.exp(end)), float(state.context.size)
    measured = np.log(gaps[8192][0] / gaps[4096][0]) / np.log(gaps[8192][1] / gaps[4096][1])
    assert float(measured) == pytest.approx(power, rel=5e-3)


def test_append_keeps_its_invariant_as_batches_shrink() -> None:
    """t ln C − f ln(1 − C) + (t − f) ln K drifts in proportion to B."""
    t, f = 0.8, 0.3

    def drift(batch: float) -> float:
        path = bc.Loop(tpr=t, fpr=f, context=bc.Append(size=100), batch=batch).trajectory(
            error=0.4, rounds=int(2000 / batch)
        )
        c, k = path.context_contamination, path.context_size
        kept = t * np.log(c) - f * np.log1p(-c) + (t - f) * np.log(k)
        return float(kept[-1] - kept[0])

    assert abs(drift(1)) < 0.01
    assert drift(8) / drift(4) == pytest.approx(2, rel=0.1)
    assert drift(4) / drift(2) == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("context", [bc.Replace(), bc.Append(size=16), Window(size=50)], ids=str)
class TestLimits:
    def test_the_start_decides_in_the_bistable_window(self, context: bc.Replace) -> None:
        loop = bc.Loop(tpr=0.2, fpr=0.8, response=EVIDENCE, context=context)
        low, divide, high = (row["error"] for row in loop.fixed_points().rows())
        ends = loop.limit(error=np.array([divide * 0.99, divide * 1.01]))
        np.testing.assert_allclose(ends, logit([low, high]), rtol=1e-9)
        [first, second] = loop.fixed_points().basins()
        assert (first["low"], first["high"], second["high"]) == (0.0, divide, 1.0)
        assert second["low"] == divide

    def test_orbits_are_monotone(self, context: bc.Replace) -> None:
        loop = bc.Loop(tpr=0.2, fpr=0.8, response=EVIDENCE, context=context)
        path = loop.trajectory(error=np.linspace(0.01, 0.85, 9), rounds=60).logit_error
        steps = np.diff(path, axis=0)
        assert ((steps >= -1e-12).all(axis=0) | (steps <= 1e-12).all(axis=0)).all()


def test_a_sized_response_settles_at_the_size_of_its_context() -> None:
    """Under replace the curve at B, under append that of large contexts, from whichever basin it grows into."""
    response = bc.SizedEvidence(a=-5.0, b=7.0, prior=1.0, half=20.0)
    replaced = bc.Loop(tpr=0.8, fpr=0.1, response=response, batch=16)
    assert replaced.limit(error=0.5) == bc.Loop(tpr=0.8, fpr=0.1, response=response.at(16)).limit(error=0.5)
    appended = bc.Loop(tpr=0.8, fpr=0.1, response=response, batch=16, context=bc.Append(size=16))
    wanted = bc.Loop(tpr=0.8, fpr=0.1, response=bc.Evidence(a=-5.0, b=7.0)).limit(error=0.1)
    assert float(appended.limit(contamination=0.5)) == pytest.approx(float(wanted), rel=1e-9)
    path = appended.trajectory(contamination=0.5, rounds=2)
    np.testing.assert_allclose(path.error, response(path.context_contamination, path.context_size), rtol=1e-12)


def test_a_window_is_followed_no_longer_than_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size stays, so a sized response under it settles as the curve at that size does."""
    response = bc.SizedEvidence(a=-5.0, b=7.0, prior=1.0, half=20.0)
    loop = bc.Loop(tpr=0.8, fpr=0.1, response=response, batch=5, context=bc.Window(size=64))
    steps = 0
    step = bc.Loop.step

    def counted(self: bc.Loop, state: State) -> State:
        nonlocal steps
        steps += 1
        return step(self, state)

    monkeypatch.setattr(bc.Loop, "step", counted)
    found = float(loop.limit(error=0.5))
    curve = bc.Loop(tpr=0.8, fpr=0.1, response=response.at(64), batch=5)
    assert found == pytest.approx(float(curve.limit(error=0.5)), rel=1e-12)
    assert steps < 500


def test_an_empty_context_answers_from_the_prior() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.1, response=bc.Shrinkage(strength=8, prior=0.3), context=bc.Append(size=0))
    assert loop.trajectory(rounds=1).error[0] == pytest.approx(0.3, rel=1e-12)
    assert bc.Loop(tpr=0.8, fpr=0.1).trajectory(rounds=1).error[0] == 0.5


@pytest.mark.parametrize("response", [bc.Sigmoid(low=0.02, high=0.9, a=-6.0, b=12.0), EVIDENCE], ids=str)
@pytest.mark.parametrize("ratio", np.geomspace(0.02, 60, 25))
def test_no_fixed_point_is_missed(response: bc.Sigmoid, ratio: float) -> None:
    scale = max(1.0, ratio)
    loop = bc.Loop(tpr=1 / scale, fpr=ratio / scale, response=response)
    x = np.linspace(-7, 4, 200_001)
    excess = response.logit_error(x - np.log(1 / ratio)) - x
    crossings = x[:-1][np.diff(np.sign(excess)) != 0]
    found = loop.fixed_points().logit_error
    np.testing.assert_allclose(np.sort(found[~np.isnan(found)]), crossings, atol=2e-4)


@pytest.mark.parametrize(("beta", "stable"), [(0.5, [False, True, False]), (1.5, [True, False, True])])
def test_odds_power_has_one_point_inside(beta: float, stable: list[bool]) -> None:
    """x* = (α − βΛ)/(1 − β): an attractor below β = 1, a tipping point above; its multiplier is β."""
    loop = bc.Loop(tpr=0.8, fpr=0.2, response=bc.OddsPower(alpha=0.3, beta=beta))
    points = loop.fixed_points()
    assert points.logit_error[1] == pytest.approx((0.3 - beta * np.log(4)) / (1 - beta), rel=1e-14)
    assert points.multiplier[1] == pytest.approx(beta, rel=1e-12)
    assert points.stable.tolist() == stable
    path = loop.trajectory(error=0.37, rounds=12).logit_error
    for before, after in zip(path, path[1:], strict=False):
        assert after == pytest.approx(0.3 + beta * (before - np.log(4)), rel=1e-12)


def test_a_target_at_the_limit_itself_is_not_reached() -> None:
    response = bc.OddsPower(alpha=-1.0, beta=0.5)
    loop = bc.Loop(tpr=0.8, fpr=0.2, response=response)
    end = float(loop.fixed_points().error[1])
    assert loop.rounds_to(end * 1.01, error=0.5).value < 20
    assert not loop.rounds_to(end * 0.99, error=0.5).value < np.inf


@pytest.mark.parametrize("context", [bc.Replace(), bc.Append(size=16), Window(size=50)], ids=str)
@pytest.mark.parametrize(
    "response",
    [
        bc.Perfect(),
        SLIPS,
        EVIDENCE,
        bc.Shrinkage(strength=5, prior=0.2),
        bc.SizedEvidence(a=-5, b=7, prior=0.5, half=9),
    ],
    ids=str,
)
def test_the_mirror_accepts_as_often(response: bc.Perfect, context: bc.Replace) -> None:
    """(t, f, ε₀) and (f, t, 1 − ε₀) with wrong and right exchanged give one acceptance curve (theorem `mirror`)."""
    loop = bc.Loop(tpr=0.8, fpr=0.3, response=response, context=context)
    mirror = bc.Loop(tpr=0.3, fpr=0.8, response=response.mirrored(), context=context)
    one, other = (each.trajectory(contamination=c, rounds=12) for each, c in ((loop, 0.3), (mirror, 0.7)))
    np.testing.assert_allclose(other.acceptance, one.acceptance, rtol=1e-12)
    np.testing.assert_allclose(other.correct, one.error, rtol=1e-11)


class TestHeadStart:
    """Correct pairs put into the first context (theorem `head-start`)."""

    def test_they_lower_the_odds_of_the_first_context(self) -> None:
        start = Start(contamination=0.4, head_start=9)
        for context, size in ((bc.Append(size=30), 39), (bc.Replace(), 25)):
            state = bc.Loop(tpr=0.8, fpr=0.1, context=context).start(start)
            right = (size - 9) * 0.6
            assert float(state.context.size) == size
            assert float(state.logit_error) == pytest.approx(float(logit(0.4) - np.log1p(9 / right)), rel=1e-14)

    def test_they_push_others_out_of_a_window(self) -> None:
        loop = bc.Loop(tpr=0.8, fpr=0.1, context=Window(size=30), batch=10)
        state = loop.start(Start(contamination=0.4, head_start=9))
        assert float(state.context.size) == 30
        assert float(expit(state.logit_error)) == pytest.approx(0.4 * 21 / 30, rel=1e-13)
        path = loop.trajectory(Start(contamination=0.4, head_start=9), rounds=3)
        batches = path.contamination[:3]
        assert path.context_contamination[3] == pytest.approx(batches.mean(), rel=1e-13), "the first pairs have left"

    def test_under_append_the_target_is_met_in_a_smaller_context(self) -> None:
        """By (1 + m/R₀)^(−f/(t − f)), in the limit of small batches."""
        t, f, m = 0.8, 0.4, 60
        loop = bc.Loop(tpr=t, fpr=f, context=bc.Append(size=100), batch=1)
        sizes = [
            100 + head + float(loop.rounds_to(0.1, Start(contamination=0.4, head_start=head)).value) for head in (0, m)
        ]
        assert sizes[1] / sizes[0] == pytest.approx((1 + m / 60) ** (-f / (t - f)), rel=0.01)

    def test_under_replace_they_are_worth_rounds(self) -> None:
        """ln(1 + m/R₀)/Λ of them: here log(8)/log(8), exactly one."""
        loop = bc.Loop(tpr=0.8, fpr=0.1, batch=16)
        path = loop.trajectory(contamination=0.5, rounds=3).logit_error
        ahead = loop.trajectory(Start(contamination=0.5, head_start=7 * 8), rounds=2).logit_error
        np.testing.assert_allclose(ahead, path[1:], rtol=1e-13)

    def test_predict_tells_what_they_are_worth(self) -> None:
        answer = bc.Loop(tpr=0.8, fpr=0.1).predict(error=0.5, head_start=56)
        assert (answer.rounds_to_target.value, answer.rounds_without_head_start) == (2, 3)
        assert "without it, 3 rounds" in answer.summary()
        assert bc.Loop(tpr=0.8, fpr=0.1).predict(error=0.5).rounds_without_head_start is None

    def test_what_is_no_number_of_pairs_is_refused(self) -> None:
        with pytest.raises(UsageError, match="head_start"):
            Start(head_start=-1)
        with pytest.raises(UsageError, match="no context gives the start error"):
            bc.Loop(tpr=0.8, fpr=0.1, response=EVIDENCE).trajectory(Start(error=0.99, head_start=4))
