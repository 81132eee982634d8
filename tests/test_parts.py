"""Parts: what one form writes another reads, and what does not fit is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boostcalc.dynamics import EVALUATORS, POLICIES, BaseEvaluator, ContextPolicy
from boostcalc.errors import PartError
from boostcalc.parts import Part, Registry
from boostcalc.responses import RESPONSES, Affine, Evidence, Response

FINITE = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("registry", "base"),
    [(RESPONSES, Response), (EVALUATORS, BaseEvaluator), (POLICIES, ContextPolicy)],
    ids=["responses", "evaluators", "policies"],
)
def test_a_registry_holds_its_kind_of_part_under_its_own_name(registry: Registry[Any], base: type[Any]) -> None:
    families = list(registry)
    assert families
    for family in families:
        assert registry[family.family] is family
        assert issubclass(family, Part)
        assert issubclass(family, base)


@given(FINITE, st.floats(0, 1e6))
def test_command_line_and_json_read_back_exactly(a: float, b: float) -> None:
    part = Evidence(a=a, b=b)
    assert RESPONSES.parse(str(part)) == part
    assert RESPONSES.from_dict(part.to_dict()) == part


def test_whole_parameters_stay_whole() -> None:
    assert POLICIES.parse("append:size=16").to_dict() == {"family": "append", "parameters": {"size": 16}}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("evidnce:a=1,b=2", "did you mean 'evidence'"),
        ("evidence:a=1,c=2", "no parameter 'c'"),
        ("evidence:a=1", "needs b"),
        ("evidence:a=1,b=x", "not a number"),
        ("evidence:a=1,b=nan", "finite"),
        ("evidence:a=1,b=-1", "out of range"),
        ("evidence:a=1,a=2,b=3", "given twice"),
        ("evidence:a", "NAME:parameter=value"),
        ("affine:mu=0.6,nu=0.6", "exceeds 1"),
        ("", "unknown response ''"),
    ],
)
def test_what_is_no_response_is_named(text: str, why: str) -> None:
    with pytest.raises(PartError, match=why):
        RESPONSES.parse(text)


def test_a_context_size_is_whole() -> None:
    with pytest.raises(PartError, match="whole number"):
        POLICIES.parse("append:size=1.5")


def test_parts_of_a_wrong_document_are_named() -> None:
    with pytest.raises(PartError, match="family"):
        RESPONSES.from_dict({"name": "affine"})


def test_an_affine_optimum_on_its_edge_is_allowed() -> None:
    assert Affine(mu=0.3, nu=0.7 + 1e-16).family == "affine"
