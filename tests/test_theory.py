"""Every theorem verifies, a wrong one does not, and an empty one cannot be written down."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
import sympy

from boostcalc.errors import UsageError
from boostcalc.theory import THEOREMS, Derivation, Theorem, derive
from boostcalc.theory.rendering import latex_prose
from boostcalc.theory.steps import (
    Identity,
    Inequality,
    Limit,
    NumericCertificate,
    SameSign,
    Solutions,
    Step,
    TrivialStepError,
    unfold,
)
from boostcalc.theory.symbols import (
    FILTER,
    RATIO,
    F,
    L,
    Lambda,
    a,
    above,
    c,
    contamination,
    epsilon,
    f,
    logit,
    share,
    t,
)

METHODS = {"identity", "inequality", "limit", "numeric certificate"}
SAID: dict[str, Any] = {"claim": "a claim", "reason": "a reason"}
INSIDE = {epsilon: share("s")}
UPDATE = {F: sympy.Lambda(epsilon, contamination(epsilon))}
APART = {t: f + sympy.Symbol("d", real=True, nonzero=True)}

theorems = pytest.mark.parametrize("theorem", [make() for make in THEOREMS], ids=lambda theorem: theorem.name)


@theorems
def test_every_step_is_verified(theorem: Theorem) -> None:
    assert [step.claim for step in theorem.steps if not step.verified] == []
    assert theorem.verified
    assert theorem.proved


@theorems
def test_the_statement_is_what_the_steps_show(theorem: Theorem) -> None:
    """Each relation is a step's; three follow from one: the solution, the mean with its letter, the least whole n."""
    shown = {step.statement for step in theorem.steps}
    follows = [relation for relation in theorem.statement if relation not in shown]
    for relation in follows:
        solved = {
            sympy.Eq(s.unknown, r, evaluate=False)
            for s in theorem.steps
            if isinstance(s, Solutions)
            for r in s.solutions
        }
        means = {step.rhs for step in theorem.steps if isinstance(step, Identity)}
        rounded_up = isinstance(relation.rhs, sympy.ceiling) and sympy.Eq(
            relation.lhs, relation.rhs.args[0], evaluate=False
        )
        assert relation in solved or relation.rhs in means or rounded_up in solved


@theorems
def test_the_letters_of_all_theorems_mean_the_same_everywhere(theorem: Theorem) -> None:
    """L is t/f and Λ its logarithm, also where a step would hold whatever they stood for."""
    rate = {L: t / f, Lambda: sympy.log(t / f)}
    for step in theorem.steps:
        for letter in rate.keys() & step.where.keys():
            assert sympy.simplify(unfold(sympy.sympify(step.where[letter]), step.where) - rate[letter]) == 0


@pytest.mark.parametrize("wrong", [epsilon * (1 - epsilon) * (f - t) / a, epsilon * (1 + epsilon) * (t - f) / a])
def test_a_wrong_sign_fails_an_identity(wrong: Any) -> None:
    assert not Identity(**SAID, lhs=epsilon - c, rhs=wrong, where=FILTER).verified


def test_a_wrong_sign_fails_in_log_odds() -> None:
    right, wrong = (
        Identity(**SAID, lhs=logit(c), rhs=logit(epsilon) - sign * Lambda, where={**FILTER, **RATIO}, ranges=INSIDE)
        for sign in (1, -1)
    )
    assert right.verified
    assert not wrong.verified


def test_a_reversed_inequality_fails() -> None:
    ranges = {**INSIDE, t: above(f)}
    assert Inequality(**SAID, greater=epsilon, lesser=c, where=FILTER, ranges=ranges).verified
    assert not Inequality(**SAID, greater=c, lesser=epsilon, where=FILTER, ranges=ranges).verified
    assert not Inequality(**SAID, greater=epsilon, lesser=c, where=FILTER, ranges=INSIDE).verified, "needs t > f"
    assert not Inequality(**SAID, greater=epsilon, lesser=c, where=FILTER, ranges={t: above(f)}).verified, (
        "needs 0 < ε < 1"
    )


def test_a_reversed_equivalence_fails() -> None:
    cleaner = sympy.Lt(c, epsilon, evaluate=False)
    for condition, holds in ((f < t, True), (t < f, False)):
        assert SameSign(**SAID, first=cleaner, second=condition, where=FILTER, ranges=INSIDE).verified is holds


def test_a_wrong_limit_fails() -> None:
    evidence = {**INSIDE, t: f * sympy.exp(sympy.Symbol("lamda", positive=True))}
    n = sympy.Symbol("n", real=True)
    orbit = 1 / (1 + (1 - epsilon) / epsilon * (t / f) ** n)
    for value in (0, 1):
        step = Limit(**SAID, expression=orbit, variable=n, point=sympy.oo, value=value, ranges=evidence)
        assert step.verified is (value == 0)


@pytest.mark.parametrize(
    ("solutions", "ranges"),
    [((0,), APART), ((1,), APART), ((0, sympy.Rational(1, 2)), APART), ((0, 1), {})],
    ids=["one is missing", "the other is missing", "one is wrong", "t = f is not excluded"],
)
def test_an_incomplete_solution_set_fails(solutions: tuple[Any, ...], ranges: dict[Any, Any]) -> None:
    def step(solutions: tuple[Any, ...], ranges: dict[Any, Any]) -> Step:
        roots = tuple(map(sympy.sympify, solutions))
        return Solutions(
            **SAID, lhs=F(epsilon), rhs=epsilon, unknown=epsilon, solutions=roots, where=UPDATE, ranges=ranges
        )

    assert step((0, 1), APART).verified
    assert not step(solutions, ranges).verified


def test_an_equation_that_is_no_polynomial_is_not_solved() -> None:
    x = sympy.Symbol("x", positive=True)
    for lhs, rhs in ((sympy.log(x) + x, 1), (sympy.sqrt(x), -1)):
        assert not Solutions(**SAID, lhs=lhs, rhs=rhs, unknown=x, solutions=(sympy.Integer(1),)).verified
    assert not Solutions(**SAID, lhs=x**2, rhs=x, unknown=x, solutions=(sympy.Integer(0), x)).verified


def test_a_numeric_certificate_is_evidence_only() -> None:
    x = sympy.Symbol("x", positive=True)
    true = NumericCertificate(**SAID, lhs=sympy.gamma(x + 1), rhs=x * sympy.gamma(x))
    nearly = NumericCertificate(**SAID, lhs=sympy.gamma(x + 1), rhs=x * sympy.gamma(x) + sympy.Rational(1, 10**30))
    assert true.verified
    assert not nearly.verified
    for lhs, rhs in ((sympy.exp(-1000 * (1 + x)), 2 * sympy.exp(-1000 * (1 + x))), (x / 10**60, x * 0)):
        assert not NumericCertificate(**SAID, lhs=lhs, rhs=rhs).verified, "small, and not the same"
    theorem = Theorem(
        name="gamma",
        family="test",
        title="Γ",
        says="so",
        statement=(true.statement,),
        assumptions=(),
        reference="",
        steps=(true,),
    )
    assert theorem.verified
    assert not theorem.proved
    assert "evidence, not proof" in Derivation((theorem,)).status


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Identity, {"lhs": epsilon, "rhs": epsilon}),
        (Identity, {"lhs": c, "rhs": epsilon * f / a, "where": FILTER}),
        (Inequality, {"greater": f, "lesser": 0}),
        (Inequality, {"greater": 2, "lesser": 1}),
        (SameSign, {"first": f < t, "second": 2 * f < 2 * t}),
        (SameSign, {"first": sympy.Lt(c, epsilon), "second": f <= t, "where": FILTER}),
        (Limit, {"expression": epsilon, "variable": t, "point": 0, "value": epsilon}),
        (Solutions, {"lhs": epsilon, "rhs": f, "unknown": epsilon, "solutions": (f,)}),
        (Solutions, {"lhs": a, "rhs": f, "unknown": epsilon, "solutions": (f,)}),
    ],
)
def test_a_step_that_claims_nothing_is_rejected(kind: type[Step], fields: dict[str, Any]) -> None:
    with pytest.raises(TrivialStepError, match="claims nothing"):
        kind(**SAID, **fields)


def test_topics_are_names_and_families() -> None:
    everything = derive()
    for theorem in everything:
        assert theorem.name in [found.name for found in derive(theorem.name)]
        assert [found.name for found in derive(theorem.family)] == [
            o.name for o in everything if o.family == theorem.family
        ]
        assert everything[theorem.name] is theorem
    assert len({theorem.name for theorem in everything}) == len(everything)


def test_an_unknown_topic_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'closed-form'.*known are: filter, perfect"):
        derive("closed-from")
    with pytest.raises(UsageError, match="no theorem"):
        derive()["closed-from"]


def test_json_document() -> None:
    document = json.loads(derive().to_json())
    assert document["kind"] == "derivation"
    for theorem in document["theorems"]:
        assert {"name", "title", "statement", "assumptions", "reference", "verified", "steps"} <= set(theorem)
        assert theorem["verified"] is True
        for step in theorem["steps"]:
            assert {"claim", "latex", "method", "verified"} <= set(step)
            assert step["method"] in METHODS
            assert step["verified"] is True


def test_a_failed_step_is_told_everywhere() -> None:
    wrong = Identity(**SAID, lhs=epsilon - c, rhs=epsilon, where=FILTER)
    theorem = Theorem(
        name="no",
        family="test",
        title="No",
        says="so",
        statement=(wrong.statement,),
        assumptions=(),
        reference="",
        steps=(wrong,),
    )
    derivation = Derivation((theorem,))
    assert derivation.to_dict()["theorems"][0]["verified"] is False
    assert "not verified: no" in derivation.status
    for text in (derivation.summary(), derivation.to_markdown(), derivation.to_latex(), derivation._repr_html_()):
        assert "NOT VERIFIED" in text


def test_every_rendering_holds_every_step() -> None:
    derivation = derive()
    texts = {
        "markdown": derivation.to_markdown(),
        "latex": derivation.to_latex(),
        "html": html.unescape(derivation._repr_html_()),
    }
    for name, text in texts.items():
        for step in derivation.steps:
            assert step.latex in text, name
            assert (latex_prose(step.claim) if name == "latex" else step.claim) in text, name
    summary = " ".join(derivation.summary().split())
    assert all(" ".join(step.claim.split()) in summary for step in derivation.steps)
    assert "epsilon" not in summary, "every letter has its own sign in a terminal"
    assert all(
        relation_latex in derivation._repr_latex_()
        for relation_latex in (t.latex for t in derivation if len(t.statement) == 1)
    )


def test_latex_is_ascii_and_balanced() -> None:
    text = derive().to_latex()
    assert text.isascii()
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert text.count(r"\begin{equation*}") == text.count(r"\end{equation*}")


def test_html_escapes_every_comparison() -> None:
    markup = re.sub(r"</?(p|h3|ol|li|em)>", "", derive()._repr_html_())
    assert "<" not in markup


def test_frame_has_one_row_a_step() -> None:
    frame = derive().to_frame()
    assert list(frame["claim"]) == [step.claim for step in derive().steps]
    assert frame["verified"].all()


def test_plot_typesets_every_statement() -> None:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    derivation = derive()
    axes = derivation.plot()
    axes.figure.canvas.draw()
    written = [text.get_text() for text in axes.texts]
    assert [line for line in written if not line.startswith("$")] == [theorem.title for theorem in derivation]
    plt.close("all")
