"""Saved fits, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.fit import Fit
from boostcalc.results import SCHEMA_VERSION

__all__ = ["read_document", "read_fit"]


def read_fit(path: str | Path) -> Fit:
    """A fit saved as JSON (`Fit.to_json`, `boostcalc fit -o`).

    Raises
    ------
    UsageError
        If there is no such file.
    DataError
        If it is not a saved fit.
    """
    return Fit.from_dict(read_document(path, "fit"))


def read_document(path: str | Path, kind: str) -> dict[str, Any]:
    """A JSON document of ours, checked for its `kind`."""
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"no such file: {file}")
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise DataError(f"{file.name} is not JSON: it should be a {kind} saved by boostcalc") from None
    if isinstance(record, dict) and record.get("schema_version") not in (None, SCHEMA_VERSION):
        raise DataError(
            f"{file.name} was saved in version {record['schema_version']} of the documents; this boostcalc reads "
            f"version {SCHEMA_VERSION}"
        )
    if not isinstance(record, dict) or record.get("kind") != kind:
        found = record.get("kind") if isinstance(record, dict) else None
        hint = "; say which of them by where (--where COLUMN=VALUE)" if (found, kind) == ("fits", "fit") else ""
        raise DataError(f"{file.name} holds {found or 'something else'}, not a {kind} saved by boostcalc{hint}")
    return record
