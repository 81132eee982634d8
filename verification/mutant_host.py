"""Runs mutants against tests, each in a process of its own, forked from one that holds the tests already."""

from __future__ import annotations

import functools
import gc
import importlib
import importlib.machinery
import os
import pickle
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from verification.forks import Verdict, fork, forked, received
from verification.mutant_theorems import prepare, refuted
from verification.mutating import Mutant

__all__ = ["Verdict", "judge"]

QUIET = ["-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--assert=plain"]
PATIENCE = 15.0
"""Seconds that any mutant is given, beside four times what its tests take unharmed."""


@dataclass
class Item:
    """A collected test: what it takes unharmed, and which lines of the package it runs."""

    test: pytest.Item
    seconds: float
    lines: frozenset[tuple[str, int]]


def judge(
    trials: Iterable[Mutant], copy: Path, tests: list[str], *, anew: bool, workers: int, alone: bool = False
) -> Iterator[tuple[Mutant, Verdict]]:
    """The verdict on each mutant of the tree at `copy`; `anew` imports the package anew for each; `alone`
    asks no more than whether the theorems of the faulty module verify.

    The verdicts come from a process that holds the tests, through a pipe.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        status = 1
        with os.fdopen(writer, "wb") as out:
            try:
                os.chdir(copy)
                sys.path.insert(0, str(copy))
                # what is mutated is imported from the copy, whatever this process has imported
                for name in [n for n in sys.modules if n.split(".")[0] in ("boostcalc", "tests")]:
                    del sys.modules[name]
                host = _Host(trials, tests, out, workers)
                status = host.theorems() if alone else host.anew() if anew else host.collected()
            except BaseException:
                traceback.print_exc()
            finally:
                out.flush()
                os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as source:
        while True:
            try:
                mutant, verdict = pickle.load(source)  # noqa: S301  # written by the child above
            except EOFError:
                break
            yield mutant, verdict
    if os.waitpid(pid, 0)[1] != 0:
        raise SystemExit("the tests do not pass without a mutant")


class _Host:
    def __init__(self, trials: Iterable[Mutant], tests: list[str], out: Any, workers: int) -> None:
        self.trials, self.tests, self.out, self.workers = trials, tests, out, workers
        self.session: Any = None
        self.sound = True

    def theorems(self) -> int:
        """Every mutant by the theorems of its module."""
        prepare()
        self._serve((m, functools.partial(_asked, m), PATIENCE) for m in self.trials)
        return 0

    def anew(self) -> int:
        """Every mutant by an import of its own."""
        started = time.monotonic()
        plain = forked(lambda: _imported(None, self.tests), 3600.0)
        if plain != Verdict("survived"):
            print(f"without a mutant: {plain}", file=sys.stderr)
            return 1
        limit = PATIENCE + 4 * (time.monotonic() - started)
        prepare()
        self._serve((m, functools.partial(_imported, m, self.tests), limit) for m in self.trials)
        return 0

    def collected(self) -> int:
        """Mutants of functions in a session whose tests are collected once; the rest as in `anew`."""
        pytest.main([*QUIET, *self.tests], plugins=[self])
        return 0 if self.sound and self.session is not None else 1

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.session = session
        root = str(Path.cwd() / "boostcalc")
        items = []
        for test in session.items:
            seconds, lines, failed = forked(functools.partial(_traced, test, root), 600.0)
            if failed:
                print(f"without a mutant: {test.nodeid} fails", file=sys.stderr)
                self.sound = False
                return True
            items.append(Item(test, seconds, lines))
        items.sort(key=lambda item: item.seconds)
        functions = _functions(root)
        outside = PATIENCE + 5 * sum(item.seconds for item in items)
        self._serve(self._trial(mutant, items, functions, outside) for mutant in _slow_last(self.trials))
        return True

    def _trial(self, mutant: Mutant, items: list[Item], functions: Any, outside: float) -> Any:
        if not mutant.function:
            return mutant, functools.partial(_imported, mutant, self.tests), outside
        path = str(Path.cwd() / mutant.file)
        chosen = [item for item in items if (path, mutant.line) in item.lines]
        limit = PATIENCE + 4 * sum(item.seconds for item in chosen)
        return mutant, functools.partial(_patched, mutant, path, [i.test for i in chosen], functions), limit

    def _serve(self, trials: Iterable[tuple[Mutant, Callable[[], Verdict], float]]) -> None:
        """Up to `workers` at once, their verdicts written as they come."""
        running: dict[int, tuple[Mutant, int, float]] = {}
        source = iter(trials)
        while True:
            while len(running) < self.workers and (trial := next(source, None)) is not None:
                mutant, act, limit = trial
                pid, reader = fork(act)
                running[reader] = (mutant, pid, time.monotonic() + limit)
            if not running:
                return
            ready, _, _ = select.select(list(running), [], [], 0.2)
            for reader in list(running):
                mutant, pid, deadline = running[reader]
                if reader in ready:
                    verdict = received(reader, pid)
                elif time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                    received(reader, pid)
                    verdict = Verdict("timeout")
                else:
                    continue
                del running[reader]
                told = Mutant(mutant.file, mutant.line, mutant.column, mutant.function, mutant.mutation, None)
                pickle.dump((told, verdict), self.out)
                self.out.flush()


def _slow_last(trials: Iterable[Mutant]) -> Iterator[Mutant]:
    """Those outside of functions wait, since each takes an import of its own."""
    waiting = []
    for mutant in trials:
        if mutant.function:
            yield mutant
        else:
            waiting.append(mutant)
    yield from waiting


def _traced(test: pytest.Item, root: str) -> tuple[float, frozenset[tuple[str, int]], bool]:
    """What a test takes, the lines under `root` that it runs, and whether it fails."""
    lines: set[tuple[str, int]] = set()

    def local(frame: Any, event: str, argument: Any) -> Any:
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return local

    def calls(frame: Any, event: str, argument: Any) -> Any:
        return local(frame, event, argument) if frame.f_code.co_filename.startswith(root) else None

    started = time.monotonic()
    sys.settrace(calls)
    failed = _fails(test)
    sys.settrace(None)
    return time.monotonic() - started, _whole_functions(lines), failed


def _whole_functions(lines: set[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    """A line of an expression over several may be told by another one: every line between two that ran counts."""
    filled = set(lines)
    for path, line in lines:
        filled |= {(path, line + k) for k in range(1, 6)}
    return frozenset(filled)


def _fails(test: pytest.Item) -> bool:
    reports = _reports(test)
    return any(report.failed for report in reports)


def _reports(test: pytest.Item) -> list[Any]:
    from _pytest.runner import runtestprotocol

    return runtestprotocol(test, log=False, nextitem=None)


def _functions(root: str) -> dict[tuple[str, str, int], list[FunctionType]]:
    """The live functions of the package, by file, qualified name and line."""
    found: dict[tuple[str, str, int], list[FunctionType]] = {}
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(root):
            code = thing.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(thing)
    return found


def _patched(mutant: Mutant, path: str, tests: list[pytest.Item], functions: Any) -> Verdict:
    """The tests with the mutant's function in the place of the live one, up to the first that fails."""
    module = mutant.file.removesuffix(".py").replace("/", ".")
    if module not in sys.modules:  # a test would load it when it runs
        importlib.import_module(module)
        functions = _functions(str(Path.cwd() / "boostcalc"))
    for code in _outermost(mutant.code(path)):
        if code.co_qualname == mutant.function:
            for function in functions.get((path, code.co_qualname, code.co_firstlineno), ()):
                function.__code__ = code
    for test in tests:
        if _fails(test):
            return Verdict("killed", test.nodeid)
    return Verdict("survived")


def _outermost(code: CodeType) -> Iterator[CodeType]:
    """The code of functions and methods, not of functions in functions."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & 0x2:  # has fast locals: a function; else the body of a class
                yield constant
            else:
                yield from _outermost(constant)


def _imported(mutant: Mutant | None, tests: list[str]) -> Verdict:
    """The tests on a package that is imported anew, its faulty module compiled from memory."""
    if mutant is not None and (theorem := refuted(mutant)):
        return Verdict("killed", theorem)
    for name in [n for n in sys.modules if n.split(".")[0] in ("boostcalc", "tests")]:
        del sys.modules[name]
    if mutant is not None:
        path = str(Path.cwd() / mutant.file)
        read: Any = importlib.machinery.SourceFileLoader.get_code

        def get_code(self: Any, fullname: str) -> Any:
            return mutant.code(path) if self.path == path else read(self, fullname)

        importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign]  # that is the point
    seen = _First(Path(mutant.file).stem if mutant else "")
    status = pytest.main([*QUIET, *tests], plugins=[seen])
    return (
        Verdict("survived")
        if status == 0
        else Verdict("killed", seen.test or f"import: {pytest.ExitCode(status).name}")
    )


def _asked(mutant: Mutant) -> Verdict:
    theorem = refuted(mutant)
    return Verdict("killed", theorem) if theorem else Verdict("survived")


class _First:
    """Remembers the first test that fails; those that name the faulty module's theorems go first."""

    def __init__(self, stem: str) -> None:
        self.stem, self.test = stem, ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        def names_it(item: pytest.Item) -> bool:
            values = getattr(getattr(item, "callspec", None), "params", {}).values()
            return any(getattr(value, "family", "").replace("-", "_") == self.stem for value in values)

        items.sort(key=lambda item: not names_it(item))

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.test:
            self.test = report.nodeid

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.test:
            self.test = report.nodeid
