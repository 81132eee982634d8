"""The letters of the theory and how it is written, where a slip of the pen would show at once."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

from boostcalc.theory import derive
from boostcalc.theory.documents import as_text
from boostcalc.theory.rendering import WIDTH, pretty
from boostcalc.theory.steps import Inequality, NumericCertificate, SameSign, Solutions, TrivialStepError
from boostcalc.theory.symbols import (
    FILTER,
    RATIO,
    B,
    L,
    Lambda,
    a,
    above,
    c,
    contamination,
    epsilon,
    error_at,
    f,
    logit,
    n,
    share,
    t,
)

POINTS = [(Fraction(1, 3), Fraction(4, 5), Fraction(1, 10)), (Fraction(9, 10), Fraction(1, 4), Fraction(2, 3))]


def test_log_odds_are_what_they_say() -> None:
    """They are those of p; their slope in p is that of a difference of logarithms."""
    p = sympy.Symbol("p", positive=True)
    assert sympy.exp(logit(p).doit()).equals(p / (1 - p))
    assert sympy.diff(logit(p), p).equals(sympy.diff(sympy.log(p) - sympy.log(1 - p), p))


@pytest.mark.parametrize(("error", "tpr", "fpr"), POINTS)
def test_the_filter_counts_what_is_accepted(error: Fraction, tpr: Fraction, fpr: Fraction) -> None:
    """Of 600 answers so many wrong and right ones are accepted: a is their share, c that of the wrong among them."""
    answers = 600
    wrong = answers * error * fpr
    right = answers * (1 - error) * tpr
    values = {t: sympy.Rational(tpr), f: sympy.Rational(fpr), epsilon: sympy.Rational(error)}
    assert FILTER[a].subs(values) == sympy.Rational((wrong + right) / answers)
    for found in (contamination(epsilon), FILTER[c].subs(a, FILTER[a])):
        assert found.subs(values) == sympy.Rational(wrong / (wrong + right))
    assert RATIO[L].subs(values) == sympy.Rational(tpr / fpr)
    assert RATIO[Lambda] == sympy.log(L)


def test_a_range_is_the_whole_of_it() -> None:
    odds = sympy.Symbol("s", positive=True)
    inside = share("s")
    assert sympy.limit(inside, odds, 0) == 0
    assert sympy.limit(inside, odds, sympy.oo) == 1
    assert sympy.simplify(sympy.diff(inside, odds)).is_positive
    step = sympy.Symbol("d", positive=True)
    assert sympy.limit(above(B), step, 0) == B
    assert sympy.diff(above(B), step) == 1


def test_a_sequence_is_written_with_its_index() -> None:
    assert sympy.pretty(error_at(n + 1), use_unicode=True) == "εₙ₊₁"
    assert sympy.pretty(error_at(epsilon), use_unicode=True) == "ε[ε]"


def test_a_long_formula_stays_within_the_page() -> None:
    long = sum(sympy.Symbol(f"x_{i}") * sympy.Symbol(f"y_{i}") for i in range(40))
    for indent in (0, 8, 30):
        lines = pretty(long, indent).splitlines()
        assert max(map(len, lines)) <= WIDTH
        assert all(line.startswith(" " * indent) for line in lines if line.strip())


def test_what_belongs_to_a_theorem_stands_under_its_title() -> None:
    [theorem] = derive("filter").theorems[:1]
    heading, *rest = as_text(theorem).splitlines()
    assert theorem.title in heading
    assert all(line.startswith("  ") for line in rest if line)
    numbered = [i for i, line in enumerate(rest) if line.startswith("  1. ")]
    hanging = [line for i in numbered for line in rest[i + 1 : i + 2] if line]
    assert all(line.startswith("     ") for line in hanging)


def test_a_plot_has_a_line_for_each_statement_from_top_to_bottom() -> None:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    axes = [derive(topic).plot() for topic in ("filter", "perfect")]
    for drawn in axes:
        heights = [text.get_position()[1] for text in drawn.texts]
        gaps = [before - after for before, after in zip([1.0, *heights], [*heights, 0.0], strict=True)]
        assert gaps[1:-1] == pytest.approx([gaps[1]] * (len(heights) - 1))
        assert gaps[0] == gaps[-1] == pytest.approx(gaps[1] / 2), "half a line above and below"
    heights_of_lines = [drawn.get_window_extent().height / len(drawn.texts) for drawn in axes]
    assert heights_of_lines[0] == pytest.approx(heights_of_lines[1], rel=0.2), "a line is as high in either"
    plt.close("all")


def test_a_certificate_looks_on_both_sides_of_nought_and_of_one() -> None:
    x, y = sympy.Symbol("x", real=True), sympy.Symbol("y", positive=True)
    for lhs, rhs in ((sympy.Abs(x), x), (sympy.Max(y, 1), sympy.Integer(1)), (sympy.Max(y, 1), y)):
        assert not NumericCertificate(claim="C.", reason="R.", lhs=lhs, rhs=rhs).verified


def test_what_differs_by_a_number_claims_nothing() -> None:
    for kind, fields in (
        (SameSign, {"first": f < t, "second": 2 * f + 1 < 2 * t + 1}),
        (Inequality, {"greater": epsilon + 1, "lesser": epsilon}),
        (Solutions, {"lhs": f, "rhs": epsilon, "unknown": epsilon, "solutions": (f,)}),
    ):
        with pytest.raises(TrivialStepError):
            kind(claim="C.", reason="R.", **fields)
