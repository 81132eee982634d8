"""Small faults, one at a time: what a slip of the pen does to a formula, as a changed syntax tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
NAMES = {
    "log": "log1p",
    "log1p": "log",
    "exp": "expm1",
    "expm1": "exp",
    "minimum": "maximum",
    "maximum": "minimum",
    "fmin": "fmax",
    "fmax": "fmin",
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "floor": "ceil",
    "ceil": "floor",
    "Lt": "Gt",
    "Gt": "Lt",
    "Le": "Ge",
    "Ge": "Le",
}
NOT_IN_SYMPY = {"log", "exp", "log1p", "expm1"}
"""Swaps that are meant for NumPy's functions only."""

LONGEST = 90
"""Characters of a line that a mutation is told in."""


@dataclass(frozen=True)
class Mutant:
    """One fault: where it is, how it reads, and the code of the module that has it.

    `function` is the qualified name of the outermost function around it, empty where it is outside of all; then the
    module has to be imported anew.
    """

    file: str
    line: int
    column: int
    function: str
    mutation: str
    tree: Any

    @property
    def key(self) -> tuple[str, str, str]:
        return self.file, str(self.line), self.mutation

    def code(self, path: str) -> CodeType:
        """The faulty module, compiled as the file at `path`."""
        return compile(self.tree, path, "exec")


def mutants(file: str, source: str, *, arithmetic: bool = False) -> Iterator[Mutant]:
    """Every single fault of a module, in the order of its lines; with `arithmetic`, only of + − · / ** and of signs."""
    tree = ast.parse(source)
    for trail, node, function in _places(tree):
        if arithmetic and not _arithmetic(node):
            continue
        for change in _changes(node, trail[-1][0] if trail else tree):
            faulty = copy.deepcopy(tree)
            spot = _follow(faulty, trail)
            said = change(spot)
            if said is None:
                continue
            yield Mutant(file, node.lineno, node.col_offset, function, said, ast.fix_missing_locations(faulty))


Trail = tuple[tuple[ast.AST, str, int | None], ...]


def _places(tree: ast.Module) -> Iterator[tuple[Trail, Any, str]]:
    """Every expression that computes, with the way to it from the root and the outermost function around it."""

    def walk(node: ast.AST, trail: Trail, names: tuple[str, ...], inside: bool) -> Iterator[tuple[Trail, Any, str]]:
        if isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert | ast.Import | ast.ImportFrom):
            return
        if isinstance(node, ast.expr):
            yield trail, node, ".".join(names) if inside else ""
        named = isinstance(node, ast.FunctionDef | ast.ClassDef)
        if named and not inside:
            names = (*names, node.name)  # type: ignore[attr-defined]  # named ones have it
        within = inside or isinstance(node, ast.FunctionDef)
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "type_comment"):
                continue
            # decorators and defaults are computed outside
            own = within if not (isinstance(node, ast.FunctionDef) and field != "body") else inside
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.arguments):
                    for i, default in enumerate(child.defaults):
                        step = (*trail, (node, field, index), (child, "defaults", i))
                        yield from walk(default, step, names, own)
                elif isinstance(child, ast.AST):
                    yield from walk(child, (*trail, (node, field, index)), names, own)

    yield from walk(tree, (), (), inside=False)


def _arithmetic(node: Any) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub)
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow)


def _follow(tree: ast.AST, trail: Trail) -> Any:
    """The node of a copied tree at the end of the way: (parent, field, index, node)."""
    parent, field, index = tree, "", None
    node: Any = tree
    for _, name, position in trail:
        parent, field, index = node, name, position
        node = getattr(node, name)
        node = node if position is None else node[position]
    return parent, field, index, node


def _put(spot: Any, new: ast.AST) -> None:
    parent, field, index, old = spot
    ast.copy_location(new, old)
    if index is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[index] = new


def _changes(node: Any, parent: ast.AST) -> Iterator[Any]:
    """The faults of one node, each a function that makes it in place and says it."""
    if isinstance(node, ast.BinOp) and not _text(node.left) and not _text(node.right):
        if type(node.op) in OPERATORS:
            yield _other_operator
    elif isinstance(node, ast.BoolOp):
        yield _other_operator
    elif isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            if type(op) in OPERATORS:
                yield lambda spot, i=i: _other_comparison(spot, i)
    elif isinstance(node, ast.UnaryOp):
        yield _without
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for step in (1, -1):
            yield lambda spot, step=step: _other_number(spot, step)
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        if not (node.attr in NOT_IN_SYMPY and ast.unparse(node.value) == "sympy"):
            yield lambda spot: _other_name(spot, "attr")
    elif isinstance(node, ast.Name) and node.id in NAMES and isinstance(parent, ast.Call) and parent.func is node:
        yield lambda spot: _other_name(spot, "id")


def _text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _told(before: str, after: str) -> str:
    return f"{_short(before)} → {_short(after)}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}…{text[-LONGEST // 2 :]}"


def _other_operator(spot: Any) -> str:
    node = spot[3]
    before = ast.unparse(node)
    node.op = OPERATORS[type(node.op)]()
    return _told(before, ast.unparse(node))


def _other_comparison(spot: Any, i: int) -> str:
    node = spot[3]
    before = ast.unparse(node)
    node.ops[i] = OPERATORS[type(node.ops[i])]()
    return _told(before, ast.unparse(node))


def _without(spot: Any) -> str:
    node = spot[3]
    _put(spot, node.operand)
    return _told(ast.unparse(node), ast.unparse(node.operand))


def _other_number(spot: Any, step: int) -> str | None:
    parent, _, _, node = spot
    around = parent if isinstance(parent, ast.expr | ast.keyword) else node
    before = ast.unparse(around)
    if node.value + step == node.value:
        return None  # too large a number to tell
    node.value = node.value + step
    return _told(before, ast.unparse(around))


def _other_name(spot: Any, field: str) -> str:
    parent, _, _, node = spot
    around = parent if isinstance(parent, ast.expr) else node
    before = ast.unparse(around)
    setattr(node, field, NAMES[getattr(node, field)])
    return _told(before, ast.unparse(around))
