"""SymPy expressions as Typst math: the same theorem in a notebook (LaTeX) and in the report.

Only what is understood is printed: an unknown node or a symbol with an odd name is an error, never a guess, so
nothing reaches the typesetter that could be read as markup.
"""

# ruff: noqa: N802  # a printer names its methods after SymPy's classes

from __future__ import annotations

import re
from typing import Any, ClassVar

import sympy
from sympy.core.alphabets import greeks
from sympy.core.function import AppliedUndef
from sympy.printing.conventions import split_super_sub
from sympy.printing.printer import Printer

from boostcalc.errors import BoostcalcError
from boostcalc.theory.rendering import PlusFirst, negative

__all__ = ["TypesettingError", "typst"]

DIGITS = 6
"""Significant digits of a floating-point number."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:(?:_|__|\^)(?:[A-Za-z0-9]+|[*+-]))*")
_GREEK = {name: name for name in greeks} | {"lamda": "lambda", "varepsilon": "epsilon"}
_FENCES = {"ceiling": "ceil", "floor": "floor", "Abs": "abs", "binomial": "binom"}
_OPERATORS = {"log": "ln", "logit": 'op("logit")', "gamma": "Gamma", "Min": "min", "Max": "max"}
_CONSTANTS = {sympy.oo: "oo", -sympy.oo: "-oo", sympy.E: "e", sympy.pi: "pi"}
_RELATIONS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_BOUND = sympy.Sum | sympy.Limit | sympy.Derivative
_WIDE = sympy.Add | _BOUND | sympy.Piecewise


class TypesettingError(BoostcalcError):
    """An expression for which there is no Typst form here."""


def typst(expression: Any) -> str:
    """The expression or relation as Typst math source, without the dollars.

    Raises
    ------
    TypesettingError
        If it holds a node without a Typst form, or a symbol whose name is more than letters, digits and scripts.
    """
    return str(_Typst().doprint(expression))


class _Typst(PlusFirst, Printer):  # type: ignore[misc]  # sympy has no types
    """One method a SymPy class; classes of ours print themselves through `_typst`."""

    printmethod = "_typst"
    _default_settings: ClassVar[dict[str, Any]] = {"order": None}

    def emptyPrinter(self, expr: Any) -> str:
        raise TypesettingError(f"no Typst form for {type(expr).__name__}: add a _print_{type(expr).__name__} for it")

    # ------------------------------------------------------------------ numbers and names

    def _print_Integer(self, expr: Any) -> str:
        return str(expr.p)

    def _print_int(self, expr: int) -> str:
        return str(expr)

    def _print_Rational(self, expr: Any) -> str:
        sign = "-" if expr.p < 0 else ""
        return f"{sign}frac({abs(expr.p)}, {expr.q})"

    def _print_Float(self, expr: Any) -> str:
        mantissa, _, exponent = f"{float(expr):.{DIGITS}g}".partition("e")
        return f"{mantissa} times 10^({int(exponent)})" if exponent else mantissa

    def _print_Number(self, expr: Any) -> str:
        return _CONSTANTS[expr] if expr in _CONSTANTS else self.emptyPrinter(expr)

    def _print_NumberSymbol(self, expr: Any) -> str:
        return self._print_Number(expr)

    def _print_Symbol(self, expr: Any) -> str:
        return _name(expr.name)

    def _print_Indexed(self, expr: Any) -> str:
        return f"{self._print(expr.base.label)}_({', '.join(map(self._print, expr.indices))})"

    # ------------------------------------------------------------------ arithmetic

    def _print_Add(self, expr: Any) -> str:
        text = ""
        for term in self._as_ordered_terms(expr):
            minus = negative(term)
            size = self._bracketed(-term if minus else term, sympy.Add)
            text += f" {'-' if minus else '+'} {size}" if text else f"{'-' if minus else ''}{size}"
        return text

    def _print_Mul(self, expr: Any) -> str:
        if negative(expr):
            return f"-{self._bracketed(-expr, sympy.Add)}"
        above, below = sympy.fraction(expr, exact=True)
        return self._product(above) if below == 1 else f"frac({self._product(above)}, {self._product(below)})"

    def _product(self, expr: Any) -> str:
        factors = expr.as_ordered_factors() if expr.is_Mul else [expr]
        if len(factors) == 1:
            return str(self._print(expr))
        text = ""
        for factor in factors:
            printed = self._bracketed(factor, _WIDE)
            text += (" dot " if text and printed[0].isdigit() else " " if text else "") + printed
        return text

    def _print_Pow(self, expr: Any) -> str:
        base, power = expr.as_base_exp() if expr.base.is_Rational and expr.base.p == 1 else (expr.base, expr.exp)
        if power.is_Rational and power.is_negative:
            return f"frac(1, {self._print(base**-power)})"
        if power.is_Rational and power.p == 1 and power.q > 1:
            root = self._print(base)
            return f"sqrt({root})" if power.q == 2 else f"root({power.q}, {root})"
        plain = base.is_Symbol and "^" not in base.name and "__" not in base.name
        atom = plain or (base.is_Integer and base.is_nonnegative) or base == sympy.E
        return f"{self._print(base) if atom else f'({self._print(base)})'}^({self._print(power)})"

    def _print_exp(self, expr: Any) -> str:
        return f"e^({self._print(expr.args[0])})"

    def _bracketed(self, expr: Any, kinds: Any) -> str:
        printed = str(self._print(expr))
        return f"({printed})" if isinstance(expr, kinds) or printed.startswith("-") else printed

    # ------------------------------------------------------------------ functions and calculus

    def _print_Function(self, expr: Any) -> str:
        name, arguments = type(expr).__name__, ", ".join(self._print(argument) for argument in expr.args)
        if name in _FENCES:
            return f"{_FENCES[name]}({arguments})"
        if isinstance(expr, AppliedUndef):
            return f"{_name(name)} ({arguments})"
        if name in _OPERATORS:
            return f"{_OPERATORS[name]}({arguments})"
        return self.emptyPrinter(expr)

    def _print_LatticeOp(self, expr: Any) -> str:
        return self._print_Function(expr)  # Min and Max

    def _print_Derivative(self, expr: Any) -> str:
        d = "partial" if len(expr.expr.free_symbols) > 1 else "d"
        order = sum(count for _, count in expr.variable_count)
        top = d if order == 1 else f"{d}^({self._print(order)})"
        bottom = " ".join(
            f"{d} {self._print(symbol)}" + ("" if count == 1 else f"^({self._print(count)})")
            for symbol, count in expr.variable_count
        )
        return f"frac({top}, {bottom}) {self._bracketed(expr.expr, sympy.Add)}"

    def _print_Subs(self, expr: Any) -> str:
        inner, variables, points = expr.args
        at = ", ".join(f"{self._print(v)} = {self._print(p)}" for v, p in zip(variables, points, strict=True))
        return f"lr({self._print(inner)} |)_({at})"

    def _print_Sum(self, expr: Any) -> str:
        signs = "".join(f"sum_({self._print(k)} = {self._print(a)})^({self._print(b)}) " for k, a, b in expr.limits)
        return f"{signs}{self._bracketed(expr.function, sympy.Add)}"

    def _print_Limit(self, expr: Any) -> str:
        inner, variable, point, side = expr.args
        scripted = "" if point.is_infinite or str(side) == "+-" else f"^({side})"
        return f"lim_({self._print(variable)} -> {self._print(point)}{scripted}) {self._bracketed(inner, sympy.Add)}"

    def _print_Piecewise(self, expr: Any) -> str:
        cases = [
            f'{self._print(value)} & "otherwise"'
            if holds == sympy.true
            else f'{self._print(value)} & "if " {self._print(holds)}'
            for value, holds in expr.args
        ]
        return f"cases({', '.join(cases)})"

    # ------------------------------------------------------------------ relations and logic

    def _print_Relational(self, expr: Any) -> str:
        return f"{self._print(expr.lhs)} {_RELATIONS[expr.rel_op]} {self._print(expr.rhs)}"

    def _print_And(self, expr: Any) -> str:
        return self._joined(expr, "and")

    def _print_Or(self, expr: Any) -> str:
        return self._joined(expr, "or")

    def _print_Implies(self, expr: Any) -> str:
        return " => ".join(self._bracketed(side, sympy.And | sympy.Or | sympy.Implies) for side in expr.args)

    def _joined(self, expr: Any, word: str) -> str:
        sides = sorted(expr.args, key=sympy.default_sort_key)
        return f" {word} ".join(self._bracketed(side, sympy.And | sympy.Or) for side in sides)


def _name(name: str) -> str:
    """A symbol's name with its scripts; letters and digits only, so that no name can be markup."""
    if not _NAME.fullmatch(name):
        raise TypesettingError(f"{name!r} is no name for a symbol here: letters, digits, and scripts after _ or ^")
    stem, above, below = split_super_sub(name)
    text = _word(stem)
    text += f"_({', '.join(map(_word, below))})" if below else ""
    return text + (f"^({', '.join(map(_word, above))})" if above else "")


def _word(word: str) -> str:
    stem = word[0].lower() + word[1:]
    if stem in _GREEK:
        greek = str(_GREEK[stem])
        return greek if word[0].islower() else greek.capitalize()
    return word if len(word) == 1 or word.isdigit() else f'"{word}"'
