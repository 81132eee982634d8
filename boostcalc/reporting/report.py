"""A forecast as a PDF, typeset by Typst from data; the same forecast gives the same bytes."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from boostcalc.files import written
from boostcalc.reporting.content import content
from boostcalc.reporting.figures import figures

if TYPE_CHECKING:
    from boostcalc.forecasting import Forecast

__all__ = ["report"]

TITLE = "Forecast of a loop on its own filtered answers"

EPOCH = datetime.fromtimestamp(0, UTC)
"""The creation date of every report: what it says depends on its inputs, not on the day."""


def report(forecast: Forecast, path: str | Path, *, title: str = TITLE, note: str | None = None) -> Path:
    """Writes a report of a few pages: question, verdict, mathematics, fitted response, forecast, provenance.

    Parameters
    ----------
    forecast : Forecast
    path : file name
        Its folder is made if missing; the file is written beside it, then moved.
    title : str
    note : str, optional
        Said at the top, such as what the reader must know of the data.

    Returns
    -------
    Path
        The file.
    """
    import typst

    target = Path(path)
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        main = room / "report.typ"
        main.write_bytes((files("boostcalc.reporting") / "template.typ").read_bytes())
        (room / "data.json").write_text(json.dumps(content(forecast, title, note), allow_nan=False), encoding="utf-8")
        for name, text in figures(forecast).items():
            (room / name).write_text(text, encoding="utf-8")
        pdf = typst.compile(main, root=room, ignore_system_fonts=True, timestamp=EPOCH)
    with written(target) as partial:
        Path(partial).write_bytes(pdf)
    return target
