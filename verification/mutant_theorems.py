"""The short way for a mutant in a theorem: build it from the faulty module, and ask if it says and proves the same.

That is what `tests/test_docs.py` and `tests/test_theory.py` ask of every theorem; here only the faulty module's are
asked, in a process that has SymPy and the rest of the theory in memory. A mutant that gets through goes on to all
the tests.
"""

from __future__ import annotations

import importlib
import types
from pathlib import Path
from typing import Any

from boostcalc.theory.rendering import latex
from verification.mutating import Mutant

__all__ = ["PLACE", "prepare", "refuted"]

PLACE = "boostcalc/theory/"


def prepare() -> None:
    """Imports the theory, for the processes to come."""
    importlib.import_module("boostcalc.theory")


def refuted(mutant: Mutant) -> str:
    """The name of a theorem of the faulty module that fails or cannot be built, empty if there is none."""
    name = mutant.file.removesuffix(".py").replace("/", ".")
    if not mutant.file.startswith(PLACE):
        return ""
    theory = importlib.import_module("boostcalc.theory")
    makers = [make for make in theory.THEOREMS if make.__module__ == name]
    if not makers:
        return ""
    module: Any = types.ModuleType(name)
    module.__file__ = str(Path.cwd() / mutant.file)
    exec(mutant.code(module.__file__), module.__dict__)  # noqa: S102  # the faulty module
    for make in makers:
        theorem = getattr(module, make.__name__)()
        if _formulas(theorem) != _formulas(make()):
            return f"{theorem.name} is not what docs/theorems.md says"
        if not theorem.verified:
            return f"{theorem.name} is not verified"
    return ""


def _formulas(theorem: Any) -> list[str]:
    """All that a reader sees of its mathematics."""
    return [theorem.latex, *map(latex, theorem.definitions), *(step.latex for step in theorem.steps)]
