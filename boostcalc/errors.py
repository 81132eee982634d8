"""Named errors: each says what was wrong, where, and what to do.

Two families, as the command line tells them apart: a `UsageError` is a wrong question (exit 2), a
`DataError` is a good question that the data at hand cannot answer (exit 1).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    import difflib
else:  # only a misspelt name needs it
    difflib = lazy.load("difflib")

__all__ = [
    "BoostcalcError",
    "DataError",
    "EndpointError",
    "FitError",
    "PartError",
    "RateError",
    "SchemaError",
    "UsageError",
    "did_you_mean",
]


class BoostcalcError(Exception):
    """Base of every error that boostcalc raises on purpose; its text is meant for the user."""


class UsageError(BoostcalcError, ValueError):
    """The question itself is malformed: a value out of range, an unknown name."""


class RateError(UsageError):
    """A rate or a count that is not a probability."""


class PartError(UsageError):
    """An unknown part (response family, context policy, …) or a parameter it does not have."""


class DataError(BoostcalcError):
    """The question is fine; these data do not allow an answer."""


class SchemaError(DataError):
    """A table that is not a log of runs: a missing column, an impossible value."""


class EndpointError(DataError):
    """An endpoint that did not answer, or not as one of its kind does; what was completed is kept."""


class FitError(DataError):
    """An estimator that did not converge; `partial` carries what it had reached."""

    def __init__(self, message: str, partial: object = None) -> None:
        super().__init__(message)
        self.partial = partial


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'evidence'?)`, to be put behind an unknown name; empty where nothing known is like it."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
