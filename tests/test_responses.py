"""The contract of a response family, over the registry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from boostcalc.errors import UsageError
from boostcalc.odds import expit, logit
from boostcalc.responses import RESPONSES, Affine, Evidence, Perfect, Response

MEMBERS: list[Response] = [
    Perfect(),
    Affine(mu=0.05, nu=0.2),
    Affine(mu=0.0, nu=0.3),
    Affine(mu=0.4, nu=0.6),
    Evidence(a=-5.07, b=7.05),
    Evidence(a=0.5, b=0.0),
    Evidence(a=-30.0, b=80.0),
]
SHARES = np.array([1e-12, 0.01, 0.3, 0.5, 0.77, 1 - 1e-9])


def test_every_family_is_tried_here() -> None:
    assert {type(member) for member in MEMBERS} == set(RESPONSES)


@pytest.mark.parametrize("response", MEMBERS, ids=str)
class TestContract:
    def test_errors_are_shares_and_do_not_fall_with_contamination(self, response: Response) -> None:
        error = response(np.linspace(0, 1, 501))
        assert ((error >= 0) & (error <= 1)).all()
        assert (np.diff(error) >= -1e-15).all()

    def test_formula_and_derivative_are_those_of_sympy(self, response: Response) -> None:
        c = sympy.Symbol("c")
        formula = response.symbolic(c)
        values = {symbol: sympy.Rational(response.parameters[symbol.name]) for symbol in formula.free_symbols - {c}}
        slope = sympy.diff(formula, c)
        for share in SHARES:
            at = {**values, c: sympy.Rational(float(share))}
            exact, exact_slope = (sympy.N(form.subs(at), 50) for form in (formula, slope))
            odds = float(sympy.log(exact / (1 - exact)).evalf(50)) if 0 < exact < 1 else np.nan
            assert float(response.logit_error(logit(share))) == pytest.approx(odds, rel=1e-12, abs=1e-12, nan_ok=True)
            assert float(response.derivative(logit(share))) == pytest.approx(float(exact_slope), rel=1e-9, abs=1e-300)

    def test_inverse_undoes_it(self, response: Response) -> None:
        if response.logit_error(-np.inf) == response.logit_error(np.inf):
            pytest.skip("a constant response has no inverse")
        x = response.logit_error(logit(SHARES))
        inside = np.abs(x) < 30  # beyond, neighbouring shares give the same double
        back = expit(response.inverse(x))[inside]
        np.testing.assert_allclose(back, SHARES[inside], rtol=1e-6, atol=1e-13)

    def test_no_context_gives_an_error_out_of_reach(self, response: Response) -> None:
        low, high = response.logit_error([-np.inf, np.inf])
        for beyond in (low - 0.1, high + 0.1):
            if np.isfinite(beyond):
                assert np.isnan(response.inverse(beyond))

    def test_shapes_broadcast(self, response: Response) -> None:
        assert response(np.zeros((2, 1, 3))).shape == (2, 1, 3)
        assert response(0.5).shape == ()

    def test_what_is_no_share_is_refused(self, response: Response) -> None:
        with pytest.raises(UsageError, match="not a share"):
            response(1.5)


@pytest.mark.parametrize("family", list(RESPONSES), ids=lambda family: family.family)
def test_a_fit_starts_at_a_member_with_these_ends(family: type[Response]) -> None:
    member = family.through(0.2, 0.7)
    if family is not Perfect:
        np.testing.assert_allclose(member([0.0, 1.0]), [0.2, 0.7])


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


def test_unit_slopes_are_all_of_them() -> None:
    response = Evidence(a=-5.07, b=7.05)
    np.testing.assert_allclose(response.unit_slopes(), unit_slopes_by_search(response), atol=1e-3)
    assert unit_slopes_by_search(Evidence(a=0, b=3.9)) == []
    assert np.isnan(Evidence(a=0, b=3.9).unit_slopes()).all()
