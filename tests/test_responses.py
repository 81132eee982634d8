"""The contract of a response family, over the registry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

import boostcalc as bc
from boostcalc.dynamics import Evaluator, fixed_points
from boostcalc.errors import UsageError
from boostcalc.odds import expit, logit
from boostcalc.responses import (
    RESPONSES,
    Affine,
    CountedEvidence,
    Curve,
    Evidence,
    Monotone,
    OddsPower,
    Perfect,
    Response,
    Shrinkage,
    Sigmoid,
    SizedEvidence,
)
from boostcalc.responses.deviating import Deviating
from tests.reference.exact_responses import averaged, pchip

CURVES: list[Curve] = [
    Perfect(),
    Affine(mu=0.05, nu=0.2),
    Affine(mu=0.0, nu=0.3),
    Affine(mu=0.4, nu=0.6),
    Evidence(a=-5.07, b=7.05),
    Evidence(a=0.5, b=0.0),
    Evidence(a=-30.0, b=80.0),
    OddsPower(alpha=-1.0, beta=0.6),
    OddsPower(alpha=0.3, beta=1.0),
    OddsPower(alpha=0.5, beta=1.7),
    OddsPower(alpha=0.5, beta=0.0),
    Sigmoid(low=0.02, high=0.9, a=-6.0, b=12.0),
    Sigmoid(low=0.0, high=0.7, a=-3.0, b=5.0),
    Sigmoid(low=0.2, high=0.2, a=-3.0, b=5.0),
    Monotone(shares=(0, 0.3, 0.5, 1), errors=(0.05, 0.06, 0.5, 0.9)),
    Monotone(shares=(0.1, 0.5, 0.9), errors=(0.2, 0.2, 0.4)),
]
SIZED: list[Response] = [
    Shrinkage(strength=10.0, prior=0.3),
    Shrinkage(strength=0.5, prior=0.0),
    SizedEvidence(a=-5.0, b=7.0, prior=0.4, half=6.0),
    SizedEvidence(a=-5.0, b=7.0, prior=0.4, half=0.0),
    SizedEvidence(a=-5.0, b=7.0, prior=0.4, half=1.0),
    CountedEvidence(prior=-0.5, shift=-2.0, half=3.0, wrong=0.04, right=0.01),
    CountedEvidence(prior=0.5, shift=1.0, half=0.0, wrong=0.03, right=0.0),
]
SIZES = (0, 1, 7, 64, np.inf)
MEMBERS = [*CURVES, *(member.at(size) for member in SIZED for size in SIZES)]
SHARES = np.array([1e-12, 0.01, 0.3, 0.5, 0.77, 1 - 1e-9])


def test_every_family_is_tried_here() -> None:
    assert {type(member) for member in [*CURVES, *SIZED]} == set(RESPONSES)


@pytest.mark.parametrize("response", MEMBERS, ids=str)
class TestContract:
    def test_errors_are_shares_and_do_not_fall_with_contamination(self, response: Curve) -> None:
        error = response(np.linspace(0, 1, 501))
        assert ((error >= 0) & (error <= 1)).all()
        assert (np.diff(error) >= -1e-15).all()

    def test_formula_and_derivative_are_those_of_sympy(self, response: Curve) -> None:
        if not response.formula:
            pytest.skip("it goes through points")
        c = sympy.Symbol("c")
        formula = response.symbolic(c)
        values = {symbol: sympy.Float(response.parameters[symbol.name], 80) for symbol in formula.free_symbols - {c}}
        slope = sympy.diff(formula, c)
        for share in SHARES:
            at = {**values, c: sympy.Float(float(share), 80)}
            exact, exact_slope = (sympy.N(form.subs(at), 50) for form in (formula, slope))
            found = float(response.logit_error(logit(share)))
            if found > 110 and not exact < 1:
                continue  # nearer to 1 than 50 digits tell
            odds = float(sympy.log(exact / (1 - exact)).evalf(50)) if 0 < exact < 1 else -np.inf
            assert found == pytest.approx(odds, rel=1e-12, abs=1e-12, nan_ok=True)
            assert float(response.derivative(logit(share))) == pytest.approx(float(exact_slope), rel=1e-9, abs=1e-16)

    def test_inverse_undoes_it(self, response: Curve) -> None:
        bottom, top = response.logit_error([-np.inf, np.inf])
        if top == bottom or top - bottom <= 1e-12:
            pytest.skip("a constant response has no inverse")
        x = response.logit_error(logit(SHARES))
        np.testing.assert_allclose(response.logit_error(response.inverse(x)), x, rtol=1e-9, atol=1e-7)
        if not (np.diff(x) > 0).all():
            return  # several shares give one error, and any of them is an answer
        inside = np.abs(x) < 30  # beyond, neighbouring shares give the same double
        back = expit(response.inverse(x))[inside]
        np.testing.assert_allclose(back, SHARES[inside], rtol=1e-6, atol=1e-11)

    def test_no_context_gives_an_error_out_of_reach(self, response: Curve) -> None:
        low, high = response.logit_error([-np.inf, np.inf])
        for beyond in (low - 0.1, high + 0.1):
            if np.isfinite(beyond):
                assert np.isnan(response.inverse(beyond))

    def test_its_mirror_exchanges_wrong_and_right(self, response: Curve) -> None:
        y = np.linspace(-9, 9, 37)
        np.testing.assert_allclose(response.mirrored().logit_error(-y), -response.logit_error(y), rtol=1e-9, atol=1e-9)

    def test_shapes_broadcast(self, response: Curve) -> None:
        assert response(np.zeros((2, 1, 3))).shape == (2, 1, 3)
        assert response(0.5).shape == ()

    def test_what_is_no_share_is_refused(self, response: Curve) -> None:
        with pytest.raises(UsageError, match="not a share"):
            response(1.5)


@pytest.mark.parametrize("family", [type(member) for member in CURVES[:1] + CURVES[1::3]], ids=lambda f: f.family)
def test_a_fit_starts_at_a_member_with_these_ends(family: type[Curve]) -> None:
    member = family.through(0.2, 0.7)
    ends = [0.1, 0.9] if family is OddsPower else [0.0, 1.0]
    if family is not Perfect:
        np.testing.assert_allclose(member(ends), [0.2, 0.7])


@pytest.mark.parametrize("family", [CountedEvidence, SizedEvidence])
def test_a_fit_over_sizes_starts_at_members_through_these_ends(family: Any) -> None:
    for member in family.guesses(0.1, 0.7, size=20.0, empty=0.4):
        np.testing.assert_allclose(member([0.0, 1.0], 20), [0.1, 0.7])
        np.testing.assert_allclose(member(0.5, 0), 0.4)
        assert 0 < member.half <= 20  # within what was measured


@pytest.mark.parametrize("family", [CountedEvidence, SizedEvidence])
def test_a_weak_prior_is_of_the_measured_sizes(family: Any) -> None:
    """Half of something has come in somewhere among the sizes; what a whole context adds is as wide at any size."""
    names = list(family.names())
    half, each = names.index("half"), [names.index(name) for name in ("wrong", "right") if name in names]
    for size in (8.0, 32.0):
        centre, width = family.weak_prior(size)
        assert 0 < centre[half] < size
        assert size / 4 < width[half] <= size
        for one in each:
            assert centre[one] == 0
            assert width[one] * size == pytest.approx(30)


@pytest.mark.parametrize("response", [*CURVES, *SIZED], ids=str)
class TestDeviating:
    """A response that lies off its family."""

    OFFSETS = np.array([0.4, -0.2, 0.0, 0.3, 0.5])

    def test_it_is_off_in_log_odds_linearly_between_the_steps(self, response: Response) -> None:
        shares, size = np.linspace(0, 1, 17), 12
        off = Deviating(response, self.OFFSETS)(shares, size)
        own = logit(response(shares, size))
        expected = expit(own + np.interp(shares, np.linspace(0, 1, 5), self.OFFSETS))
        np.testing.assert_allclose(off, expected, rtol=1e-9, atol=1e-300)
        assert Deviating(response, self.OFFSETS).sized == response.sized

    def test_draws_are_those_of_each(self, response: Response) -> None:
        many = Deviating(response, np.stack([self.OFFSETS, -self.OFFSETS, 0 * self.OFFSETS], axis=1))
        assert many.shape == (3,)
        found = many.at(12).logit_error(logit(np.array([[0.2], [0.7]])))
        assert found.shape == (2, 3)
        for i, sign in enumerate((1, -1, 0)):
            one = Deviating(response, sign * self.OFFSETS)
            np.testing.assert_allclose(found[:, i], one.at(12).logit_error(logit([0.2, 0.7])), rtol=1e-12)
            np.testing.assert_array_equal(many.take(np.array([i]))(0.7, 12), one.ravel((1,))(0.7, 12))
        mirrored = many.mirrored()
        np.testing.assert_allclose(mirrored(0.3, 12), 1 - many(0.7, 12), atol=1e-12)

    def test_derivative_and_inverse(self, response: Response) -> None:
        if isinstance(response, Affine) and response.mu + response.nu == 1:
            pytest.skip("a constant response")
        curve = Deviating(response, np.array([-0.2, 0.0, 0.1, 0.3, 0.5])).at(12)
        for share in (0.13, 0.37, 0.6, 0.87):
            step = 1e-6
            ends = expit(curve.logit_error(logit([share - step, share + step])))
            slope = float(curve.derivative(logit(share)))
            assert slope == pytest.approx(float(ends[1] - ends[0]) / (2 * step), rel=1e-4, abs=1e-8)
            back = float(expit(curve.inverse(curve.logit_error(logit(share)))))
            assert back == pytest.approx(share, abs=1e-9)
        if np.isfinite(curve.logit_error(np.inf)):
            assert np.isnan(curve.inverse(np.array(60.0)))


def test_fixed_points_of_a_deviating_response_are_where_the_map_stands_still() -> None:
    rng = np.random.default_rng(3)
    shares = np.linspace(0, 1, 33)[:, None]
    offsets = rng.uniform(0, 0.6, 40) * np.sin(rng.uniform(2, 9, 40) * shares + rng.uniform(0, 6, 40))
    assert (np.diff(7.5 * shares + offsets, axis=0) > 0).all()  # a response does not fall
    loop = bc.Loop(tpr=0.6, fpr=0.55, response=Deviating(Evidence(a=-3.5, b=7.5), offsets))
    points = loop.fixed_points().logit_error
    assert points.shape[1] == 40
    assert (~np.isnan(points)).sum() >= 40
    passed = points - np.log(0.6 / 0.55)
    again = loop.response.at(None).logit_error(passed)
    np.testing.assert_allclose(again[~np.isnan(points)], points[~np.isnan(points)], atol=1e-9)
    fine = np.linspace(-12, 12, 40_001)[:, None]
    changes = np.diff(np.sign(loop.response.at(None).logit_error(fine - np.log(0.6 / 0.55)) - fine), axis=0) != 0
    np.testing.assert_array_equal(changes.sum(axis=0), (~np.isnan(points)).sum(axis=0))


class TestSize:
    """Families that depend on the context's size, and contexts known only by their rate."""

    @pytest.mark.parametrize("response", SIZED, ids=str)
    @pytest.mark.parametrize("size", [0, 1, 7, 64, 5_000])
    def test_the_curve_at_a_size_is_the_formula(self, response: Response, size: int) -> None:
        c, k = sympy.Symbol("c"), sympy.Symbol("size", nonnegative=True)
        formula = response.symbolic(c)
        values = {x: response.parameters[x.name] for x in formula.free_symbols - {c, k}}
        if size == 0 and getattr(response, "half", 1) == 0:
            return  # k/(k + h) at 0 of both: the curve takes no evidence from no pairs
        for share in SHARES:
            exact = float(formula.subs({**values, c: sympy.Float(float(share), 40), k: size}).evalf(30))
            assert float(response(share, size)) == pytest.approx(exact, rel=1e-12, abs=1e-300)

    def test_an_empty_context_gives_the_prior(self) -> None:
        np.testing.assert_allclose(Shrinkage(strength=3.0, prior=0.3)([0.0, 0.5, 1.0], 0), 0.3)
        for half in (0, 1, 6):
            np.testing.assert_allclose(SizedEvidence(a=-5, b=7, prior=0.4, half=half)([0.0, 1.0], 0), expit(0.4))

    def test_large_contexts_approach_the_limit(self) -> None:
        """shrinkage adapts perfectly, the evidence saturates: at half its size, half of it is in."""
        share = np.linspace(0, 1, 11)
        np.testing.assert_allclose(Shrinkage(strength=3.0, prior=0.3)(share, np.inf), share)
        np.testing.assert_allclose(Shrinkage(strength=3.0, prior=0.3)(share, 3.0), (0.3 + share) / 2)
        sized = SizedEvidence(a=-5.0, b=7.0, prior=0.4, half=6.0)
        np.testing.assert_allclose(sized(share, np.inf), Evidence(a=-5.0, b=7.0)(share))
        np.testing.assert_allclose(logit(sized(share, 6)), 0.4 + (-5.4 + 7 * share) / 2)

    def test_the_size_has_to_be_given(self) -> None:
        with pytest.raises(UsageError, match="depends on the context's size"):
            SIZED[0](0.5)
        with pytest.raises(UsageError, match="not a number of pairs"):
            SIZED[0](0.5, -1)

    @pytest.mark.parametrize("response", [*CURVES[:6], *SIZED], ids=str)
    @pytest.mark.parametrize(("rate", "size"), [(0.0, 5), (0.3, 1), (0.37, 12), (1.0, 4)])
    def test_a_rate_is_averaged_over_the_binomial(self, response: Response, rate: float, size: int) -> None:
        wanted = averaged(lambda share: float(response(share, size)), rate, size)
        assert response.averaged(rate, size) == pytest.approx(wanted, rel=1e-12)

    def test_what_is_averaged_has_to_be_a_context(self) -> None:
        for rate, size in ((1.5, 4), (0.5, 0), (0.5, 2.5)):
            with pytest.raises(UsageError):
                Perfect().averaged(rate, size)  # type: ignore[arg-type]  # what a user may give


def test_monotone_is_the_interpolant_of_fritsch_and_carlson() -> None:
    shares, errors = (0, 0.3, 0.5, 1), (0.05, 0.06, 0.5, 0.9)
    exact = pchip(shares, [float(logit(e)) for e in errors])
    response = Monotone(shares=shares, errors=errors)
    for share in np.linspace(0, 1, 41):
        assert float(response.logit_error(logit(share))) == pytest.approx(exact(float(share)), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("shares", "errors", "why"),
    [
        ((0, 1), (0.1, 0.2, 0.3), "as many of each"),
        ((0.5,), (0.1,), "as many of each"),
        ((0.5, 0.5), (0.1, 0.2), "must rise"),
        ((0, 1), (0.3, 0.2), "must not fall"),
        ((0, 1), (0.0, 0.2), "no log-odds"),
        ((0, 1), (0.1, 1.2), "out of range"),
    ],
)
def test_points_that_are_no_curve_are_refused(shares: Any, errors: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Monotone(shares=shares, errors=errors)


def test_a_ceiling_below_the_floor_is_refused() -> None:
    with pytest.raises(UsageError, match="exceeds high"):
        Sigmoid(low=0.5, high=0.4, a=0, b=1)


def test_parameters_may_be_draws() -> None:
    drawn = RESPONSES.make("evidence", {"a": np.array([-5.0, -4.0]), "b": np.array([7.0, 6.0])})
    each = [Evidence(a=-5.0, b=7.0), Evidence(a=-4.0, b=6.0)]
    np.testing.assert_array_equal(drawn(0.3), [one(0.3) for one in each])


def test_bistable_window_of_the_evidence_response() -> None:
    """a = −5.07, b = 7.05 is bistable for FP/TP between 2.2347 and 9.8345."""
    low, high = (float(np.exp(-bound)) for bound in reversed(Evidence(a=-5.07, b=7.05).bistable_window()))
    assert round(low, 4) == 2.2347
    assert round(high, 4) == 9.8345


def test_no_window_at_or_below_four() -> None:
    assert np.isnan(Evidence(a=-1, b=4).bistable_window()).all()


def unit_slopes_by_search(response: Any) -> list[float]:
    x = np.linspace(-12, 12, 200_001)
    slope = np.gradient(response.logit_error(x), x) - 1
    return list(x[:-1][np.diff(np.sign(slope)) != 0])


@pytest.mark.parametrize(
    "response",
    [
        Evidence(a=-5.07, b=7.05),
        Evidence(a=0, b=3.9),
        Sigmoid(low=0.02, high=0.9, a=-6.0, b=12.0),
        Sigmoid(low=0.001, high=0.999, a=-8.0, b=9.0),
        Sigmoid(low=0.3, high=0.6, a=-2.0, b=4.0),
        Monotone(shares=(0, 0.3, 0.5, 1), errors=(0.05, 0.06, 0.5, 0.9)),
        Monotone(shares=(0.4, 0.6), errors=(0.1, 0.9)),
    ],
    ids=str,
)
def test_unit_slopes_are_all_of_them(response: Curve) -> None:
    found = response.unit_slopes()
    for crossing in unit_slopes_by_search(response):
        assert np.nanmin(np.abs(found - crossing)) < 1e-3
    assert np.isfinite(found).sum() == len(unit_slopes_by_search(response))


@pytest.mark.parametrize("response", [*CURVES, Monotone(shares=(0.4, 0.6), errors=(0.1, 0.9))], ids=str)
def test_inside_the_window_and_nowhere_else_a_loop_has_two_stable_ends(response: Curve) -> None:
    low, high = response.bistable_window()
    for log_lr in np.linspace(-4.9, 5.1, 21):
        scale = max(1.0, np.exp(log_lr))
        points = fixed_points(Evaluator(np.exp(log_lr) / scale, 1 / scale), response)
        if not points.everywhere:
            assert (points.stable.sum() > 1) == bool(low < log_lr < high)


def test_unit_slopes_of_many_sigmoids() -> None:
    many = Sigmoid(low=np.array([0.02, 0.3]), high=0.9, a=-6.0, b=np.array([12.0, 1.0]))  # type: ignore[arg-type]
    slopes = many.unit_slopes()
    np.testing.assert_array_equal(slopes[:, 0], Sigmoid(low=0.02, high=0.9, a=-6.0, b=12.0).unit_slopes())
    assert np.isnan(slopes[:, 1]).all()


@pytest.mark.parametrize(("beta", "ends"), [(1.0, (np.exp(0.3), np.exp(-0.3))), (2.0, (0, 0)), (0.5, (np.inf, np.inf))])
def test_slopes_of_the_odds_power_at_the_ends(beta: float, ends: tuple[float, float]) -> None:
    """g ≈ e^α c^β near c = 0, and so from the other end with −α."""
    found = OddsPower(alpha=0.3, beta=beta).derivative([-np.inf, np.inf])
    np.testing.assert_allclose(found, ends, rtol=1e-14)
    np.testing.assert_array_equal(OddsPower(alpha=0.3, beta=0.0).derivative([-np.inf, 0.0, np.inf]), 0.0)
