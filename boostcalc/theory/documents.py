"""A theorem as text: terminal, Markdown, LaTeX, HTML."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING

from boostcalc.theory.rendering import WIDTH, gathered, latex_prose, pretty

if TYPE_CHECKING:
    from boostcalc.theory.theorem import Theorem

__all__ = ["as_html", "as_latex", "as_markdown", "as_text"]


def _mark(verified: bool) -> str:
    return "verified" if verified else "NOT VERIFIED"


def as_text(theorem: Theorem) -> str:
    """The theorem for a terminal."""

    def prose(text: str, indent: int, hang: int = 0) -> str:
        return textwrap.fill(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + hang))

    parts = [f"{theorem.title} [{theorem.name}]: {_mark(theorem.verified)}", prose(theorem.says, 2)]
    parts += [pretty(relation, 6) for relation in theorem.statement]
    if theorem.definitions:
        parts += ["  where", *(pretty(definition, 6) for definition in theorem.definitions)]
    parts.append(prose(f"Assuming: {' '.join(theorem.assumptions)} ({theorem.reference})", 2))
    for i, step in enumerate(theorem.steps, 1):
        parts.append(prose(f"{i}. {step.claim} [{step.method}, {_mark(step.verified)}]", 2, 3))
        parts += [pretty(step.statement, 8), prose(step.reason, 5)]
    return "\n\n".join(parts)


def as_markdown(theorem: Theorem) -> str:
    """The theorem as Markdown with `$$…$$` displays."""
    parts = [f"## {theorem.title}", theorem.says, f"$${theorem.latex}$$"]
    if theorem.definitions:
        parts.append(f"where\n\n$${gathered(theorem.definitions)}$$")
    parts += [f"Assumptions: {' '.join(theorem.assumptions)}", f"Reference: {theorem.reference}."]
    for i, step in enumerate(theorem.steps, 1):
        parts.append(
            f"**Step {i}** ({step.method}, {_mark(step.verified)}). {step.claim} {step.reason}\n\n$${step.latex}$$"
        )
    return "\n\n".join(parts)


def as_latex(theorem: Theorem) -> str:
    """The theorem as a LaTeX subsection (needs amsmath)."""

    def display(math: str) -> str:
        return f"\\begin{{equation*}}\n{math}\n\\end{{equation*}}"

    parts = [f"\\subsection*{{{latex_prose(theorem.title)}}}", latex_prose(theorem.says), display(theorem.latex)]
    if theorem.definitions:
        parts += ["where", display(gathered(theorem.definitions))]
    parts.append(latex_prose(f"Assumptions: {' '.join(theorem.assumptions)} Reference: {theorem.reference}."))
    parts.append("\\begin{enumerate}")
    for step in theorem.steps:
        parts.append(f"\\item {latex_prose(f'{step.claim} {step.reason}')} ({step.method}, {_mark(step.verified)})")
        parts.append(display(step.latex))
    return "\n".join([*parts, "\\end{enumerate}"])


def as_html(theorem: Theorem) -> str:
    """The theorem as HTML that MathJax typesets; everything in it is escaped."""

    def display(math: str) -> str:
        return f"$${escape(math)}$$"

    parts = [f"<h3>{escape(theorem.title)}</h3>", f"<p>{escape(theorem.says)}</p>", display(theorem.latex)]
    if theorem.definitions:
        parts += ["<p>where</p>", display(gathered(theorem.definitions))]
    parts.append(
        f"<p>Assumptions: {escape(' '.join(theorem.assumptions))} Reference: {escape(theorem.reference)}.</p><ol>"
    )
    parts += [
        f"<li>{escape(step.claim)} {escape(step.reason)} "
        f"<em>({step.method}, {_mark(step.verified)})</em>{display(step.latex)}</li>"
        for step in theorem.steps
    ]
    return "\n".join([*parts, "</ol>"])
