"""The layers: a room imports only from rooms above it, and nothing heavy at the top of a file."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "boostcalc"

LAYERS = [
    "version",
    "errors",
    "files",
    "solvers",
    "odds",
    "parts",
    "results",
    "plotting",
    "responses",
    "theory",
    "dynamics",
    "selection",
    "datasets",
    "runs",
    "fitting",
    "forecasting",
    "reporting",
    "collecting",
    "cli",
    "__main__",
]
"""In the order in which data flows."""

UPWARD = {("fitting/fit.py", "forecasting")}
"""The one delegation upward: `Fit.forecast`."""

FACE = {"cli"}
"""Rooms that use the public face, `import boostcalc as bc`, which stands for every room above them."""

HEAVY = {"inspect_ai", "sympy", "scipy", "pandas", "statsmodels", "matplotlib", "duckdb", "narwhals", "typst"}

AT_HOME = {
    "sympy": ("theory/", "reporting/typst_math.py"),
    "narwhals": ("runs/",),
}
"""Heavy packages that a room is made of: they load with the room, which itself loads lazily."""

REGISTERED = re.compile(r"(boostcalc(?:\.\w+)+):\w+")
"""How a registry says where a class is that loads when it is asked for."""

BY_NAME = {"parts.py", "cli/__init__.py"}
"""Where modules are imported by a name that is data: registries, and verbs, which are named as their files are."""

FILES = sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyi")])
"""The modules, and the stubs by which packages load lazily."""


def room(path: Path) -> str:
    """The layer that a file belongs to."""
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def names(node: ast.stmt, path: Path) -> list[str]:
    """Dotted names that an import statement in this file loads."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if path.suffix == ".pyi":
            assert node.level == 1, "a stub says what its own package loads"
            module = ".".join([*path.parent.relative_to(PACKAGE.parent).parts, module])
        else:
            assert node.level == 0, "absolute imports only"
        return [f"{module}.{alias.name}" for alias in node.names] if module == "boostcalc" else [module]
    return []


def imports(path: Path) -> list[tuple[str, str]]:
    """(dotted name, where) of each import.

    Where is "top", "types" (under TYPE_CHECKING), "function" or "registry" (a class that is named where it would
    otherwise be imported).
    """
    found: list[tuple[str, str]] = []

    def visit(node: ast.AST, where: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = where
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                inner = "function"
            elif isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
                inner = "types"
            if isinstance(child, ast.Import | ast.ImportFrom):
                found.extend((name, where) for name in names(child, path))
            if isinstance(child, ast.Constant) and (named := REGISTERED.fullmatch(str(child.value))):
                found.append((named[1], "registry"))
            visit(child, inner)

    visit(ast.parse(path.read_text(encoding="utf-8")), "top")
    return found


def test_every_file_stands_in_a_layer() -> None:
    assert {room(path) for path in FILES} - {"__init__"} <= set(LAYERS)


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.with_suffix("") != PACKAGE / "__init__"], ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_imports_come_from_above(path: Path) -> None:
    own, inside = room(path), str(path.relative_to(PACKAGE))
    for name, _ in imports(path):
        if name == "boostcalc":
            assert own in FACE, f"{inside} imports the public face"
        if not name.startswith("boostcalc."):
            continue
        other = name.split(".")[1]
        if other == own or (inside, other) in UPWARD:
            continue
        assert LAYERS.index(other) < LAYERS.index(own), f"{inside} ({own}) imports {name} from below"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_heavy_packages_are_imported_in_functions_and_never_at_the_top(path: Path) -> None:
    inside = str(path.relative_to(PACKAGE))
    for name, where in imports(path):
        package = name.split(".")[0]
        home = inside.startswith(AT_HOME.get(package, ()))
        if where == "top":
            assert package not in HEAVY or home, f"{inside} loads {package} when it is imported"
        if where == "function":
            delegated = any(inside == file and name.startswith(f"boostcalc.{room}") for file, room in UPWARD)
            assert package in HEAVY or delegated, f"{inside} hides the import of {name} in a function"


def test_what_loads_by_name_is_named_where_it_is_seen() -> None:
    """Registries name the classes they load in one form, which `imports` reads; nobody else imports by a name."""
    for registry in ("responses/families.py", "dynamics/evaluators/families.py", "dynamics/policies.py"):
        assert [name for name, where in imports(PACKAGE / registry) if where == "registry"]
    by_name = {p for p in FILES if re.search(r"import_module|__import__", p.read_text(encoding="utf-8"))}
    assert {str(p.relative_to(PACKAGE)) for p in by_name} == BY_NAME


def test_what_a_room_exports_stays_when_its_modules_load() -> None:
    """Loading a module sets its name on the package: a function that was exported under that name would be lost."""
    code = """
import importlib, pkgutil, types, boostcalc
found = [one.name for one in pkgutil.walk_packages(boostcalc.__path__, "boostcalc.") if "__main__" not in one.name]
exported = [(name, thing) for name in found for thing in getattr(importlib.import_module(name), "__all__", ())]
lost = [pair for pair in exported if isinstance(getattr(importlib.import_module(pair[0]), pair[1]), types.ModuleType)]
print([pair for pair in lost if pair[1] not in ("plotting",)])
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]", said.stdout
