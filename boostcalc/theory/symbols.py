r"""The letters of the theory, and the two functions that SymPy lacks.

An error rate is a plain real symbol (a positive one would make SymPy lose the root 0); that it lies in (0, 1) is
said where it is used, by the substitution `share`.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.pretty.stringpict import prettyForm

__all__ = [
    "FILTER",
    "RATIO",
    "B",
    "F",
    "L",
    "Lambda",
    "a",
    "above",
    "c",
    "contamination",
    "epsilon",
    "epsilon_0",
    "error_at",
    "f",
    "iff",
    "logit",
    "n",
    "n_star",
    "share",
    "t",
    "target",
]

epsilon = sympy.Symbol("epsilon", real=True)
epsilon_0 = sympy.Symbol("epsilon_0", real=True)
target = sympy.Symbol("epsilon^*", real=True)
t, f, B = sympy.symbols("t f B", positive=True)
n, n_star = sympy.symbols("n n^*", real=True)
a, c, L, Lambda = sympy.symbols("a c L Lambda", real=True)
F = sympy.Function("F")

_SUBSCRIPTS = str.maketrans("0123456789+n", "₀₁₂₃₄₅₆₇₈₉₊ₙ")


class logit(sympy.Function):  # noqa: N801  # named as SymPy names its functions
    r"""$\operatorname{logit} p = \ln\frac{p}{1-p}$, kept whole until `doit`."""

    nargs = 1

    def doit(self, **hints: Any) -> Any:
        """The logarithm itself."""
        (p,) = (argument.doit(**hints) for argument in self.args)
        return sympy.log(p / (1 - p))


class error_at(sympy.Function):  # noqa: N801  # named as SymPy names its functions
    r"""$\varepsilon_n$, the error of round n: written with a subscript, defined by the theorem that uses it."""

    nargs = 1

    def _latex(self, printer: Any) -> str:
        return rf"\varepsilon_{{{printer._print(self.args[0])}}}"

    def _pretty(self, printer: Any) -> prettyForm:
        index = str(printer._print(self.args[0])).replace(" ", "")
        return prettyForm(f"ε{index.translate(_SUBSCRIPTS)}" if set(index) <= set("0123456789+n") else f"ε[{index}]")

    def _typst(self, printer: Any) -> str:
        return f"epsilon_({printer._print(self.args[0])})"


def _joined(relation: Any) -> bool:
    return isinstance(relation, sympy.Or | sympy.And)


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
