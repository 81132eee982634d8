r"""The letters of the theory, and the two functions that SymPy lacks.

An error rate is a plain real symbol (a positive one would make SymPy lose the root 0); that it lies in (0, 1) is
said where it is used, by the substitution `share`.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sympy
from sympy.printing.pretty.stringpict import prettyForm

__all__ = [
    "FILTER",
    "RATIO",
    "B",
    "C",
    "F",
    "K",
    "L",
    "Lambda",
    "R",
    "W",
    "a",
    "above",
    "c",
    "contamination",
    "epsilon",
    "epsilon_0",
    "error_at",
    "f",
    "g",
    "h",
    "iff",
    "implies",
    "log_odds_at",
    "logit",
    "mu",
    "n",
    "n_star",
    "nu",
    "number_of",
    "omega",
    "omega_at",
    "s",
    "share",
    "t",
    "target",
    "x",
]

epsilon = sympy.Symbol("epsilon", real=True)
epsilon_0 = sympy.Symbol("epsilon_0", real=True)
target = sympy.Symbol("epsilon^*", real=True)
t, f, B = sympy.symbols("t f B", positive=True)
n, n_star = sympy.symbols("n n^*", real=True)
a, c, L, Lambda = sympy.symbols("a c L Lambda", real=True)
F = sympy.Function("F")
mu, nu = sympy.symbols("mu nu", nonnegative=True)
g, h = sympy.symbols("g h", cls=sympy.Function)
omega, C, s, x = sympy.symbols("omega C s x", real=True)
K, W, R = sympy.symbols("K W R", positive=True)

_SUBSCRIPTS = str.maketrans("0123456789+n", "₀₁₂₃₄₅₆₇₈₉₊ₙ")


class logit(sympy.Function):  # noqa: N801  # named as SymPy names its functions
    r"""$\operatorname{logit} p = \ln\frac{p}{1-p}$, kept whole until `doit`."""

    nargs = 1

    def doit(self, **hints: Any) -> Any:
        """The logarithm itself."""
        (p,) = (argument.doit(**hints) for argument in self.args)
        return sympy.log(p / (1 - p))

    def fdiff(self, argindex: int = 1) -> Any:
        """Its slope, for SymPy's chain rule."""
        (p,) = self.args
        return 1 / (p * (1 - p))


class _Indexed(sympy.Function):
    """A sequence, written with a subscript and defined by the theorem that uses it."""

    nargs = 1
    letter: ClassVar[tuple[str, str, str]]
    """In LaTeX, in Unicode, in Typst."""

    def _latex(self, printer: Any) -> str:
        return rf"{self.letter[0]}_{{{printer._print(self.args[0])}}}"

    def _pretty(self, printer: Any) -> prettyForm:
        index = str(printer._print(self.args[0])).replace(" ", "")
        plain = set(index) <= set("0123456789+n")
        return prettyForm(self.letter[1] + (index.translate(_SUBSCRIPTS) if plain else f"[{index}]"))

    def _typst(self, printer: Any) -> str:
        return f"{self.letter[2]}_({printer._print(self.args[0])})"


class error_at(_Indexed):  # noqa: N801  # named as SymPy names its functions
    r"""$\varepsilon_n$, the error of round n."""

    letter = (r"\varepsilon", "ε", "epsilon")


class omega_at(_Indexed):  # noqa: N801  # named as SymPy names its functions
    r"""$\omega_n$, the odds of an error in round n."""

    letter = (r"\omega", "ω", "omega")


class log_odds_at(_Indexed):  # noqa: N801  # named as SymPy names its functions
    r"""$x_n$, the log-odds of the error of round n."""

    letter = ("x", "x", "x")


def _joined(relation: Any) -> bool:
    return isinstance(relation, sympy.Or | sympy.And | sympy.Implies)


class iff(sympy.Basic):  # noqa: N801  # named as SymPy names its functions
    """Two relations that hold together, in this order (SymPy's `Equivalent` sorts them)."""

    def _latex(self, printer: Any) -> str:
        return " \\Leftrightarrow ".join(
            rf"\left({printer._print(x)}\right)" if _joined(x) else printer._print(x) for x in self.args
        )

    def _pretty(self, printer: Any) -> Any:
        first, second = (printer._print(x) for x in self.args)
        if _joined(self.args[1]):
            second = prettyForm(*second.parens())
        return prettyForm(*prettyForm(*first.right(" ⇔ ")).right(second))

    def _typst(self, printer: Any) -> str:
        return " <=> ".join(f"({printer._print(x)})" if _joined(x) else printer._print(x) for x in self.args)


class implies(sympy.Basic):  # noqa: N801  # named as SymPy names its functions
    """A conclusion (first) and the premises that it follows from (SymPy's `Implies` has one premise)."""

    def _latex(self, printer: Any) -> str:
        conclusion, *premises = (
            rf"\left({printer._print(x)}\right)" if _joined(x) else printer._print(x) for x in self.args
        )
        return rf"{', '.join(premises)} \Rightarrow {conclusion}"

    def _pretty(self, printer: Any) -> Any:
        conclusion, *premises = (
            prettyForm(*printer._print(x).parens()) if _joined(x) else printer._print(x) for x in self.args
        )
        form = premises[0]
        for premise in premises[1:]:
            form = prettyForm(*prettyForm(*form.right(", ")).right(premise))
        return prettyForm(*prettyForm(*form.right(" ⇒ ")).right(conclusion))

    def _typst(self, printer: Any) -> str:
        conclusion, *premises = (f"({printer._print(x)})" if _joined(x) else printer._print(x) for x in self.args)
        return f"{', '.join(premises)} => {conclusion}"


class number_of(sympy.Function):  # noqa: N801  # named as SymPy names its functions
    """How many values between `low` and `high` meet a relation: arguments relation, variable, low, high."""

    nargs = 4

    def _range(self) -> Any:
        relation, variable, low, high = self.args
        return relation, sympy.Lt(low, variable, evaluate=False), high

    def _latex(self, printer: Any) -> str:
        relation, above, high = map(printer._print, self._range())
        return rf"\#\left\{{{above} < {high} : {relation}\right\}}"

    def _pretty(self, printer: Any) -> Any:
        relation, above, high = map(printer._print, self._range())
        form = prettyForm(*prettyForm(*above.right(" < ")).right(high))
        form = prettyForm(*prettyForm(*form.right(" : ")).right(relation))
        return prettyForm(*prettyForm(*form.parens("{", "}")).left("#"))

    def _typst(self, printer: Any) -> str:
        relation, above, high = map(printer._print, self._range())
        return rf"\#{{{above} < {high} : {relation}}}"


def contamination(error: Any) -> Any:
    r"""Share of the accepted that is wrong (theorem `filter`): $\varepsilon f / ((1-\varepsilon)t + \varepsilon f)$."""
    return error * f / ((1 - error) * t + error * f)


def share(name: str) -> Any:
    """s/(1 + s) with s > 0: every number in (0, 1), once."""
    odds = sympy.Symbol(name, positive=True)
    return odds / (1 + odds)


def above(base: Any, name: str = "d") -> Any:
    """`base` + d with d > 0: every number above `base`, once."""
    return base + sympy.Symbol(name, positive=True)


FILTER = {c: epsilon * f / a, a: (1 - epsilon) * t + epsilon * f}
"""What c and a abbreviate, in the order in which they are put in."""

RATIO = {Lambda: sympy.log(L), L: t / f}
"""What Λ and L abbreviate."""
