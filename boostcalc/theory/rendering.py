"""How the theory is written: LaTeX, terminal Unicode, and plain sentences made safe for LaTeX."""

# ruff: noqa: N802  # printers name their methods after SymPy's classes

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sympy.printing.latex import LatexPrinter
from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.stringpict import prettyForm

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PlusFirst", "gathered", "latex", "latex_prose", "negative", "pretty"]

WIDTH = 96

_PROSE = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        **{sign: f"${sign}$" for sign in "<>="},
        "α": r"$\alpha$",
        "β": r"$\beta$",
        "Γ": r"$\Gamma$",
        "δ": r"$\delta$",
        "ε": r"$\varepsilon$",
        "η": r"$\eta$",
        "κ": r"$\kappa$",
        "μ": r"$\mu$",
        "ν": r"$\nu$",
        "ρ": r"$\rho$",
        "σ": r"$\sigma$",
        "ω": r"$\omega$",
        "Λ": r"$\Lambda$",
        "λ": r"$\lambda$",
        "Σ": r"$\Sigma$",
        "≠": r"$\neq$",
        "≤": r"$\leq$",
        "≥": r"$\geq$",
        "∞": r"$\infty$",
        "→": r"$\to$",
        "′": "$'$",
        "*": r"$^*$",
        "−": "$-$",
        "φ": r"$\phi$",
        "ψ": r"$\psi$",
        "ó": r"\'{o}",
        "–": "--",
        "^": r"\^{}",
        "·": r"$\cdot$",
        "√": r"$\surd$",
        "½": r"$\frac12$",
        **dict(zip("⁰¹²³⁴ⁿ⁻", (f"$^{sign}$" for sign in "01234n-"), strict=True)),
        **dict(zip("₀₁₂₊₋ₙ", (f"$_{sign}$" for sign in "012+-n"), strict=True)),
    }
)

_INDICES = str.maketrans("ijkmn0123456789", "ᵢⱼₖₘₙ₀₁₂₃₄₅₆₇₈₉")


def negative(term: Any) -> bool:
    """Whether a term is written with a minus sign."""
    return bool(term.as_coeff_Mul()[0].is_negative)


class PlusFirst:
    """Prints the positive terms of a sum before the negative ones: t − f, not −f + t."""

    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        terms: list[Any] = super()._as_ordered_terms(expr, order=order)  # type: ignore[misc]  # beside a SymPy printer
        return sorted(terms, key=negative)


class _Latex(PlusFirst, LatexPrinter):
    r"""SymPy's LaTeX with ε as `\varepsilon`, and without the macros that MathJax knows and matplotlib does not."""

    def _print_Symbol(self, expr: Any, style: str = "plain") -> str:
        return str(super()._print_Symbol(expr, style)).replace(r"\epsilon", r"\varepsilon")

    def _hprint_Function(self, func: str) -> str:
        return str(super()._hprint_Function(func)).replace(r"\epsilon", r"\varepsilon")

    def _print_Subs(self, expr: Any) -> str:
        inner, variables, points = expr.args
        where = ", ".join(f"{self._print(v)}={self._print(p)}" for v, p in zip(variables, points, strict=True))
        return rf"\left. {self._print(inner)} \right|_{{{where}}}"


class _Pretty(PlusFirst, PrettyPrinter):
    """SymPy's two-dimensional Unicode with ln for the natural logarithm and stars as they are."""

    def _print_Symbol(self, expr: Any, bold_name: bool = False) -> Any:
        stem, star, _ = expr.name.partition("^*")
        if not star:
            return super()._print_Symbol(expr, bold_name)
        return prettyForm(super()._print_Symbol(expr.func(stem), bold_name).s + "*")

    def _print_log(self, expr: Any) -> Any:
        return self._helper_print_function(None, expr.args, func_name="ln")

    def _print_Indexed(self, expr: Any) -> Any:
        index = "".join(map(str, expr.indices))
        return prettyForm(f"{expr.base.label}{index.translate(_INDICES)}")


def latex(expression: Any) -> str:
    """The expression as LaTeX math, without delimiters."""
    return str(_Latex({"ln_notation": True}).doprint(expression))


def gathered(expressions: Sequence[Any]) -> str:
    """Several expressions as one LaTeX display, a line each."""
    lines = [latex(expression) for expression in expressions]
    return lines[0] if len(lines) == 1 else "\\begin{gathered}" + " \\\\ ".join(lines) + "\\end{gathered}"


def pretty(expression: Any, indent: int = 0) -> str:
    """The expression as Unicode text for a terminal, each line indented."""
    printer = _Pretty({"use_unicode": True, "wrap_line": True, "num_columns": WIDTH - indent})
    return "\n".join(" " * indent + line.rstrip() for line in printer.doprint(expression).splitlines())


def latex_prose(text: str) -> str:
    """A plain sentence as LaTeX text."""
    return text.translate(_PROSE)
