"""Small published tables, in the schema of logged runs; `data/README.md` names their sources."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from boostcalc.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TABLES", "load_table", "table_path"]

TABLES = {
    "gptj_contamination": "Halawi, Denain, Steinhardt, Overthinking the Truth, arXiv 2307.09476",
    "realmistake_verdicts": "Kamoi et al., Evaluating LLMs at Detecting Errors in LLM Responses, arXiv 2404.03602",
    "game24_selfeval": "Yao et al., Tree of Thoughts, arXiv 2305.10601",
}
"""The tables by name, each with its source."""


def table_path(name: str) -> Path:
    """The file of a packaged table.

    Raises
    ------
    UsageError
        If there is no such table.
    """
    if name not in TABLES:
        raise UsageError(f"no table {name!r}; there are: {', '.join(TABLES)}")
    packaged = Path(str(files("boostcalc.datasets"))) / "published"
    # a source checkout has not copied its top-level data/ into the package yet
    folder = packaged if packaged.is_dir() else Path(__file__).parents[2] / "data" / "published"
    return folder / f"{name}.csv"


def load_table(name: str) -> pd.DataFrame:
    """A packaged table as a data frame, ready for `read_runs`.

    Raises
    ------
    UsageError
        If there is no such table.
    """
    import pandas as pd

    return pd.read_csv(table_path(name))
