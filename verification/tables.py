"""A table that grows block by block, so that a simulation that was stopped goes on where it was."""

from __future__ import annotations

import argparse
import os
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Block", "Growing", "Row", "block_rng", "grow"]

REPORTS = Path(__file__).parents[1] / "reports"

Row = dict[str, Any]

Block = tuple[tuple[str, ...], Callable[[], list[Row]]]
"""The names of a block, and what makes its rows."""


class Growing:
    """Rows of `reports/NAME`; a block of them is what is alike in the columns `block`."""

    def __init__(self, path: Path, block: Sequence[str]) -> None:
        self.path, self.block = path, list(block)
        seen = pd.read_csv(path).to_dict("records") if path.exists() else []
        self.rows: list[Row] = [{str(key): value for key, value in row.items()} for row in seen]

    def has(self, *names: str) -> bool:
        return any([str(row[key]) for key in self.block] == list(names) for row in self.rows)

    def add(self, rows: Sequence[Row]) -> None:
        """Write the table with these rows, in place of an earlier block of the same names."""
        new = {tuple(str(row[key]) for key in self.block) for row in rows}
        kept = [row for row in self.rows if tuple(str(row[key]) for key in self.block) not in new]
        self.rows = [*kept, *rows]
        self.path.parent.mkdir(exist_ok=True)
        unfinished = self.path.with_suffix(".part")
        pd.DataFrame(self.rows).to_csv(unfinished, index=False)
        os.replace(unfinished, self.path)


def block_rng(*names: str) -> np.random.Generator:
    """A generator of a block's own, the same whichever blocks ran before."""
    return np.random.default_rng([zlib.crc32(name.encode()) for name in names])


def grow(doc: str | None, name: str, block: Sequence[str], blocks: Sequence[Block]) -> None:
    """Run the blocks that a table lacks; `--anew` runs all, words on the command line those that contain them all."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("words", nargs="*", help="only blocks whose names contain each of these")
    parser.add_argument("--anew", action="store_true", help="also blocks that the table has")
    asked = parser.parse_args()
    table = Growing(REPORTS / name, block)
    for names, run in blocks:
        if not all(word in " | ".join(names) for word in asked.words) or (table.has(*names) and not asked.anew):
            continue
        rows = run()
        table.add(rows)
        print(" | ".join(names), f"{len(rows)} rows", sep=": ", flush=True)
