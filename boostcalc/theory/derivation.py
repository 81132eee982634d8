"""A collection of theorems: what `derive()` returns."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from boostcalc.errors import UsageError
from boostcalc.results import Result
from boostcalc.theory.documents import as_html, as_latex, as_markdown, as_text
from boostcalc.theory.rendering import gathered, latex

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from matplotlib.axes import Axes

    from boostcalc.theory.steps import Step
    from boostcalc.theory.theorem import Theorem

__all__ = ["Derivation"]


@dataclass(frozen=True, eq=False)
class Derivation(Result):
    """Theorems, each step of them checked; shows itself in a terminal, a notebook or a paper."""

    kind = "derivation"

    theorems: tuple[Theorem, ...]

    def __iter__(self) -> Iterator[Theorem]:
        return iter(self.theorems)

    def __len__(self) -> int:
        return len(self.theorems)

    def __getitem__(self, name: str) -> Theorem:
        for theorem in self.theorems:
            if theorem.name == name:
                return theorem
        raise UsageError(f"no theorem {name!r} here; there are: {', '.join(theorem.name for theorem in self.theorems)}")

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all theorems, in order."""
        return tuple(step for theorem in self.theorems for step in theorem.steps)

    @property
    def verified(self) -> bool:
        """Whether every theorem is."""
        return all(theorem.verified for theorem in self.theorems)

    @property
    def status(self) -> str:  # type: ignore[override]  # computed here, a field elsewhere
        """How many theorems and steps there are, and which of them failed."""
        failed = [theorem.name for theorem in self.theorems if not theorem.verified]
        certified = sum(step.method == "numeric certificate" for step in self.steps)
        outcome = f"not verified: {', '.join(failed)}" if failed else "all verified"
        evidence = f" ({certified} by numeric certificate: evidence, not proof)" if certified else ""
        return f"{_count(len(self.theorems), 'theorem')}, {_count(len(self.steps), 'step')}, {outcome}{evidence}"

    def summary(self) -> str:
        return "\n\n\n".join([self.status, *(as_text(theorem) for theorem in self.theorems)])

    def to_frame(self) -> pd.DataFrame:
        import pandas as pd

        columns = ("claim", "latex", "method", "reason", "verified")
        rows = [
            {"theorem": theorem.name, "step": i, **{name: getattr(step, name) for name in columns}}
            for theorem in self.theorems
            for i, step in enumerate(theorem.steps, 1)
        ]
        return pd.DataFrame(rows, columns=["theorem", "step", *columns])

    def body(self) -> dict[str, Any]:
        return {"status": self.status, "theorems": [theorem.to_dict() for theorem in self.theorems]}

    def plot(self, ax: Axes | None = None) -> Axes:
        """The statements, typeset on empty axes."""
        lines: list[tuple[str, bool]] = []
        for theorem in self.theorems:
            lines += [(theorem.title, True), *((f"${latex(relation)}$", False) for relation in theorem.statement)]
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.figure(figsize=(7, 0.6 * len(lines) + 0.2)).add_subplot()
        ax.set_axis_off()
        for i, (line, heading) in enumerate(lines):
            height = 1 - (i + 0.5) / len(lines)
            style: dict[str, Any] = {"weight": "bold"} if heading else {"size": "x-large"}
            ax.text(0.0 if heading else 0.05, height, line, transform=ax.transAxes, va="center", **style)
        return ax

    def to_markdown(self) -> str:
        """Markdown with `$$…$$` displays."""
        return "\n\n".join(as_markdown(theorem) for theorem in self.theorems) + "\n"

    def to_latex(self) -> str:
        """LaTeX sections, to be included in a document that loads amsmath."""
        return "\n\n".join(as_latex(theorem) for theorem in self.theorems) + "\n"

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def _repr_latex_(self) -> str:
        lines = (relation for theorem in self.theorems for relation in theorem.statement)
        return f"$${gathered(tuple(lines))}$$"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.status)}</p>\n" + "\n".join(as_html(theorem) for theorem in self.theorems)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
