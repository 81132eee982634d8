"""Would the tests notice? Every formula with one small fault in it, against the tests that run it.

`python -m verification.mutants [PATH…]` tries each fault of `verification.mutating` in the files at the paths (by
default all of `PATHS`), and writes `reports/mutants.csv`: the first test that fails, or that none did. What is in
the table already is left; a survivor is tried again with `--survivors`, everything with `--anew`. With `--theorems` a
fault in a theorem is only put to the theorem itself (does it still verify?), and what gets through is told and left
out. Reasons why a survivor may live are kept by hand in `verification/equivalent_mutants.csv`.

Nothing is written to the tree: the tests run in a scratch copy of it, the fault is put into the memory of a process
of its own. Where the fault lies in a function, the tests are collected once and only those that run its line are
tried, the fastest first; a fault outside of all functions, or in a theorem (built while tests are collected), is
imported anew.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from verification.mutant_host import Verdict, judge
from verification.mutating import Mutant, mutants

PATHS = ("boostcalc/odds.py", "boostcalc/responses", "boostcalc/dynamics", "boostcalc/theory")
THEORY = "boostcalc/theory/"
KERNEL_TESTS = (
    "tests/test_odds.py",
    "tests/test_responses.py",
    "tests/test_loop*.py",
    "tests/test_batches.py",
    "tests/test_prediction.py",
    "tests/test_mutants_*.py",
    "tests/test_precision.py",
    "tests/test_evaluator*.py",
    "tests/test_polic*.py",
    "tests/test_drift*.py",
    "tests/test_theory_binding.py",
    "tests/test_binding*.py",
)
THEORY_TESTS = ("tests/test_theory*.py", "tests/test_binding*.py", "tests/test_typst_math.py")
PRELOADED = ("numpy", "scipy.optimize", "scipy.stats", "scipy.interpolate", "pandas", "sympy", "mpmath", "hypothesis")

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "reports" / "mutants.csv"
REASONS = ROOT / "verification" / "equivalent_mutants.csv"
COLUMNS = ("file", "line", "function", "mutation", "outcome", "test", "reason")

Key = tuple[str, str, str]
Row = dict[str, str]


def scratch_copy() -> Path:
    """A copy of what git tracks or would track."""
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"]
    for name in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():  # noqa: S603
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def files(paths: Iterable[str]) -> list[str]:
    """The modules under the paths, relative to the root."""
    found: list[Path] = []
    for path in map(ROOT.__truediv__, paths):
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return [str(path.relative_to(ROOT)) for path in found]


def read_table(path: Path) -> list[Row]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def write_table(rows: Iterable[Row]) -> None:
    """All rows in the order of their lines, with the reasons for survivors; moved into place when complete."""
    reasons = {(r["file"], r["function"], r["mutation"]): r["reason"] for r in read_table(REASONS)}
    order = sorted(rows, key=lambda row: (row["file"], int(row["line"]), row["mutation"]))
    partial = TABLE.with_suffix(".partial")
    with partial.open("w", newline="", encoding="utf-8") as text:
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in order:
            why = reasons.get((row["file"], row["function"], row["mutation"]), "")
            writer.writerow({**row, "reason": why if row["outcome"] == "survived" else ""})
    partial.replace(TABLE)


def faults(names: Iterable[str], folder: Path, *, arithmetic: bool = False) -> Iterator[Mutant]:
    for name in names:
        yield from mutants(name, (folder / name).read_text(encoding="utf-8"), arithmetic=arithmetic)


def kept(rows: list[Row], names: list[str], folder: Path, options: argparse.Namespace) -> dict[Key, Row]:
    """The rows that need no new trial: of other files, and of these what is still true of their present text."""
    known = {(row["file"], row["line"], row["mutation"]): row for row in rows}
    present = {mutant.key for mutant in faults(names, folder)}

    def keeps(key: Key, row: Row) -> bool:
        if row["file"] not in names:
            return (folder / row["file"]).exists()
        again = options.anew or (options.survivors and row["outcome"] == "survived")
        return key in present and not again

    return {key: row for key, row in known.items() if keeps(key, row)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", default=PATHS)
    parser.add_argument("--workers", type=int, default=2, help="mutants tried at once (2)")
    parser.add_argument("--survivors", action="store_true", help="try survivors again")
    parser.add_argument("--anew", action="store_true", help="try everything again")
    parser.add_argument("--tests", nargs="+", metavar="PATTERN", help="test files to try, instead of the usual ones")
    parser.add_argument("--arithmetic", action="store_true", help="only faults of + − · / ** and of signs")
    parser.add_argument("--theorems", action="store_true", help="put faults in theorems to the theorem alone")
    options = parser.parse_args()
    names = files(options.paths)
    os.environ.update(CI="1", OPENBLAS_NUM_THREADS="1")  # the same examples each time; a core each
    for library in PRELOADED:
        importlib.import_module(library)
    copy = scratch_copy()
    done = kept(read_table(TABLE), names, copy, options)
    for theory in (False, True):
        chosen = [name for name in names if name.startswith(THEORY) is theory]
        patterns = options.tests or (THEORY_TESTS if theory else KERNEL_TESTS)
        tests = sorted({str(path) for pattern in patterns for path in copy.glob(pattern)})
        every = faults(chosen, copy, arithmetic=options.arithmetic)
        trials = (mutant for mutant in every if mutant.key not in done)
        alone = theory and options.theorems
        verdicts = judge(trials, copy, tests, anew=theory, workers=options.workers, alone=alone) if chosen else ()
        for mutant, verdict in verdicts:
            if alone and verdict.outcome == "survived":
                print("gets through", *mutant.key, sep=" | ", flush=True)
                continue
            done[mutant.key] = _row(mutant, verdict)
            print(len(done), *done[mutant.key].values(), sep=" | ", flush=True)
            write_table(done.values())
        write_table(done.values())
    shutil.rmtree(copy)
    report([row for row in read_table(TABLE) if row["file"] in names])


def _row(mutant: Mutant, verdict: Verdict) -> Row:
    values = (mutant.file, str(mutant.line), mutant.function, mutant.mutation, verdict.outcome, verdict.test, "")
    return dict(zip(COLUMNS, values, strict=True))


def report(rows: list[Row]) -> None:
    living = [row for row in rows if row["outcome"] == "survived"]
    open_cases = [row for row in living if not row["reason"]]
    print(
        f"{len(rows)} mutants: {len(rows) - len(living)} killed, {len(living)} survive, {len(open_cases)} unexplained"
    )
    for row in open_cases:
        print(f"{row['file']}:{row['line']}: {row['function']}: {row['mutation']}")
    sys.exit(1 if open_cases else 0)


if __name__ == "__main__":
    main()
