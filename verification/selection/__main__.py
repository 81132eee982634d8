"""Measure, draw, and fill the tables of the text: `python -m verification.selection` (some minutes).

`--measured` takes the scores from `reports/selection.csv` instead of measuring them anew.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pandas as pd

from verification.selection.figures import draw
from verification.selection.measuring import measure
from verification.selection.tables import all_tables

ROOT = Path(__file__).parents[2]
SCORES, TEXT, FIGURES = ROOT / "reports" / "selection.csv", ROOT / "docs" / "selection.md", ROOT / "docs" / "figures"

PLACE = "<!-- table: {} -->\n\n{}\n\n<!-- end -->"


def filled(text: str, tables: dict[str, str]) -> str:
    """The text with each table in its place.

    Raises
    ------
    ValueError
        If a table has no place, or a place no table.
    """
    places = set(re.findall(r"<!-- table: (\w+) -->", text))
    if places != set(tables):
        raise ValueError(f"places without a table, or tables without a place: {sorted(places ^ set(tables))}")
    for name, table in tables.items():
        place = PLACE.format(name, table).replace("\\", r"\\")
        text = re.sub(rf"<!-- table: {name} -->.*?<!-- end -->", place, text, flags=re.DOTALL)
    return text


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--measured", action="store_true", help=f"take the scores from {SCORES.name}")
    if not parser.parse_args().measured:
        measure().round(4).to_csv(SCORES, index=False)
    scores = pd.read_csv(SCORES)
    tables = all_tables(scores)
    for name, table in tables.items():
        print(f"\n{name}\n\n{table}", flush=True)
    FIGURES.mkdir(exist_ok=True)
    draw(scores, FIGURES)
    TEXT.write_text(filled(TEXT.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()
