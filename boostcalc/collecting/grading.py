"""Whether an answer is correct: ways of comparing it with the answers that are."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from boostcalc.errors import UsageError, did_you_mean

__all__ = ["GRADERS", "Grading"]

NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?:/\d+)?")
"""A number as models write it: 1,234.5, -3e-5, 3/4."""

BRACKETED = re.compile(r"\b([A-Z])\)", re.IGNORECASE)
STATED = re.compile(r"\b(?i:answer(?:\s+is)?)[\s:*\"'(]*([A-Z])\b")
LEADING = re.compile(r"\A\W*([A-Z])(?=[.:]|\s*\n)")
LETTER = re.compile(r"\b([A-HJ-Z])\b")
"""Where the letter chosen may stand, the surest first. Between other words an I is whoever answers."""


@dataclass(frozen=True)
class Grading:
    """How an answer is compared with the correct ones.

    Attributes
    ----------
    by : str
        "exact" (the same text but for blanks around it), "normalised" (nor do capitals, punctuation at the ends, the
        encoding of accents or the number of blanks matter), "numeric" (the last number of the answer, to `tolerance`),
        "choice" (the letter chosen: said to be the answer, else the first or the last one), "regex" (what `pattern`
        finds last in the answer, normalised).
    pattern : str
        For "regex": a regular expression; its first group, or the whole of what it matches, is compared.
    tolerance : float
        For "numeric": relative.

    Raises
    ------
    UsageError
        If there is no such way, or the pattern is missing or none.
    """

    by: str = "normalised"
    pattern: str = ""
    tolerance: float = 1e-6

    def __post_init__(self) -> None:
        if self.by not in GRADERS:
            raise UsageError(
                f"no way to grade {self.by!r}{did_you_mean(self.by, GRADERS)}: there are {', '.join(GRADERS)}"
            )
        if (self.by == "regex") != bool(self.pattern):
            raise UsageError('a pattern belongs to grading by "regex", which needs one')
        if not 0 <= self.tolerance < math.inf:
            raise UsageError(f"tolerance = {self.tolerance}: give a number, 0 or more")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise UsageError(f"the pattern {self.pattern!r} is no regular expression: {error}") from None

    def correct(self, answer: str, truths: tuple[str, ...]) -> bool:
        """Whether `answer` is one of the `truths`."""
        return any(GRADERS[self.by](self, answer, truth) for truth in truths)


def _exact(how: Grading, answer: str, truth: str) -> bool:
    return answer.strip() == truth.strip()


def _normalised(how: Grading, answer: str, truth: str) -> bool:
    return _plain(answer) == _plain(truth)


def _numeric(how: Grading, answer: str, truth: str) -> bool:
    given, wanted = _last_number(answer), _last_number(truth)
    if given is None or wanted is None:
        return False
    return abs(given - wanted) <= Fraction(how.tolerance) * abs(wanted)


def _choice(how: Grading, answer: str, truth: str) -> bool:
    return _letter(answer) == _letter(truth) is not None


def _regex(how: Grading, answer: str, truth: str) -> bool:
    found = None
    for found in re.finditer(how.pattern, answer):  # noqa: B007  # the last is meant
        pass
    if found is None:
        return False
    part = found[1] if found.re.groups else found[0]
    return part is not None and _plain(part) == _plain(truth)


GRADERS: dict[str, Callable[[Grading, str, str], bool]] = {
    "exact": _exact,
    "normalised": _normalised,
    "numeric": _numeric,
    "choice": _choice,
    "regex": _regex,
}


def _plain(text: str) -> str:
    """A text without what does not matter; one that is all punctuation stays."""
    words = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return words.strip(".,;:!?\"'`*()[]{} ") or words


def _last_number(text: str) -> Fraction | None:
    numbers = NUMBER.findall(text.replace("−", "-"))
    if not numbers:
        return None
    above, stroke, below = numbers[-1].replace(",", "").partition("/")
    if len(above) > 50 or abs(int(above.lower().partition("e")[2] or 0)) > 400:
        return None  # no answer, and no work for thousands of digits
    if stroke and int(below) == 0:
        return None
    return Fraction(above) / int(below or 1)


def _letter(text: str) -> str | None:
    """The letter that an answer chooses: alone, in brackets, said to be the answer, first, or the last for itself."""
    plain = text.strip().strip(".,;:!?\"'`*()[]{} ").upper()
    if len(plain) == 1 and plain.isalpha():
        return plain
    for pattern in (BRACKETED, STATED, LEADING, LETTER):
        if found := pattern.findall(text):
            return str(found[-1]).upper()
    return None
