"""Every formula of the theory compiles as Typst math; what is not understood is an error, never markup."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
import typst as typesetter

from boostcalc.reporting.typst_math import TypesettingError, typst
from boostcalc.responses import RESPONSES
from boostcalc.theory import derive

x, y, k, n = sympy.symbols("x y k n")
G = sympy.Function("G")


def compiles(*sources: str) -> bytes:
    page = "#set page(width: auto, height: auto)\n" + "\n".join(f"$ {source} $" for source in sources)
    drawn = typesetter.compile(page.encode(), format="svg")
    assert isinstance(drawn, bytes)
    return drawn


@pytest.mark.parametrize("theorem", list(derive()), ids=lambda theorem: theorem.name)
def test_theorems_compile(theorem: Any) -> None:
    relations = (*theorem.statement, *theorem.definitions, *(step.statement for step in theorem.steps))
    compiles(*map(typst, relations))


@pytest.mark.parametrize("family", [family for family in RESPONSES if family.formula], ids=lambda family: family.family)
def test_responses_compile(family: Any) -> None:
    compiles(typst(sympy.Eq(G(sympy.Symbol("c")), family.symbolic(sympy.Symbol("c")), evaluate=False)))


@pytest.mark.parametrize(
    ("expression", "source"),
    [
        (x - y * (x + 1) / 2, "x - frac(y (x + 1), 2)"),
        (-(x + y) * x, "x (-x - y)"),
        (y - x * (1 - y), "y - x (1 - y)"),
        (2 * sympy.Integer(3) ** x, "2 dot 3^(x)"),
        ((x / y) ** n, "(frac(x, y))^(n)"),
        (sympy.Integer(-2) ** n, "(-2)^(n)"),
        (x * (x - 1) ** -2, "frac(x, (x - 1)^(2))"),
        (x**-2, "frac(1, x^(2))"),
        (sympy.sqrt(x + 1) / y, "frac(sqrt(x + 1), y)"),
        (sympy.cbrt(x), "root(3, x)"),
        (sympy.Rational(-3, 4) * x, "-frac(3 x, 4)"),
        (sympy.Rational(-1, 2), "-frac(1, 2)"),
        (sympy.exp(-x) / y, "frac(e^(-x), y)"),
        (sympy.log(x / y) ** 2, "(ln(frac(x, y)))^(2)"),
        (sympy.Symbol("epsilon^*") ** 2, "(epsilon^(*))^(2)"),
        (sympy.Symbol("varepsilon_0") * sympy.Symbol("Lamda"), "Lambda epsilon_(0)"),
        (sympy.Symbol("beta1") + sympy.Symbol("LR_max"), '"LR"_("max") + beta_(1)'),
        (G(x, y) / 2, "frac(G (x, y), 2)"),
        (sympy.Float(1.5e-7) * x, "1.5 times 10^(-7) x"),
        (sympy.Float(0.1), "0.1"),
        (sympy.ceiling(x / y), "ceil(frac(x, y))"),
        (sympy.binomial(n - 1, k) / 2, "frac(binom(n - 1, k), 2)"),
        (sympy.IndexedBase("x")[k] ** 2, "(x_(k))^(2)"),
        (sympy.Sum(x**k + 1, (k, 0, n)) * y, "y (sum_(k = 0)^(n) (x^(k) + 1))"),
        (sympy.Limit(x + y, x, 0), "lim_(x -> 0^(+)) (x + y)"),
        (sympy.Limit(y / x, x, sympy.oo), "lim_(x -> oo) frac(y, x)"),
        (sympy.Derivative(G(x), x, 2), "frac(d^(2), d x^(2)) G (x)"),
        (sympy.Derivative(G(x, y), x, y), "frac(partial^(2), partial x partial y) G (x, y)"),
        (sympy.Subs(sympy.Derivative(G(x), x), x, 0), "lr(frac(d, d x) G (x) |)_(x = 0)"),
        (sympy.And(x < 1, sympy.Or(y > 2, x >= y)), "(x >= y or y > 2) and x < 1"),
        (sympy.Implies(x < 1, sympy.And(y > 2, x >= y)), "x < 1 => (x >= y and y > 2)"),
        (sympy.Symbol("omega_+") * sympy.Symbol("omega_-"), "omega_(+) omega_(-)"),
        (sympy.gamma(x + 1) / 2, "frac(Gamma(x + 1), 2)"),
        (sympy.Ne(x, y), "x != y"),
        (sympy.Piecewise((x, x > 0), (G(x, y), True)), 'cases(x & "if " x > 0, G (x, y) & "otherwise")'),
        (sympy.Max(x, y) * sympy.pi * sympy.E, "e pi max(x, y)"),
        (-sympy.oo, "-oo"),
    ],
    ids=str,
)
def test_brackets_and_scripts(expression: Any, source: str) -> None:
    assert typst(expression) == source
    compiles(source)


def test_grouping_survives() -> None:
    """Different formulas look different: no bracket that carries meaning is dropped."""
    pairs = [
        (x * (y + 1), x * y + 1),
        (x - (y - k), x - y - k),
        ((x + y) ** n, x + y**n),
        (x ** (y + n), x**y + n),
        (sympy.log(x * y), sympy.log(x) * y),
        (sympy.Mul(x, -y, evaluate=False), x - y),
    ]
    for one, other in pairs:
        assert compiles(typst(one)) != compiles(typst(other))


@pytest.mark.parametrize("name", ["a#b", "$", 'x"', "x y", "a\\", "é", "x_", "_x", "f(x)", "a/b", "a^", "#import", ""])
def test_a_name_that_could_be_markup_is_an_error(name: str) -> None:
    with pytest.raises(TypesettingError, match="no name for a symbol"):
        typst(sympy.Symbol(name) + 1)
    if name:
        with pytest.raises(TypesettingError):
            typst(sympy.Function(name)(x))


@pytest.mark.parametrize(
    "node", [sympy.I, sympy.nan, sympy.zoo, sympy.Integral(x, x), sympy.zeta(x), sympy.Matrix([x]), "x"]
)
def test_an_unknown_node_is_an_error(node: Any) -> None:
    with pytest.raises(TypesettingError, match="no Typst form"):
        typst(node)
