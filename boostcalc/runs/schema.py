"""The schema of logged runs: which columns there are, and what their values may be."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COLUMNS", "PARTS", "Column", "matched"]


@dataclass(frozen=True)
class Column:
    """One column: its name, what its values are, and what it means.

    `role` is "key" (rows alike in all keys are counted together), "cluster" (a key that says what is
    independent), "truth" (0/1) or "number" (enters the counts).
    """

    name: str
    role: str
    meaning: str
    low: float | None = None
    high: float | None = None
    text: bool = False
    whole: bool = False

    @property
    def should(self) -> str:
        """What a value has to be, after "it is"."""
        if self.role == "truth":
            return f"{self.meaning}: true or false"
        if self.low is None:
            return f"{self.meaning}, a number"
        whole = "whole, " if self.whole else ""
        return f"{self.meaning} ({whole}{self.low:g} {'or more' if self.high is None else f'to {self.high:g}'})"


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("block", "cluster", "what is independent of everything else (task, seed, person)", text=True),
        Column("run", "cluster", "one loop, or one context of a sweep", text=True),
        Column("query", "cluster", "identifies the query", text=True),
        Column("round", "key", "round of the loop, from 0", 0, whole=True),
        Column("model", "key", "which model", text=True),
        Column("task", "key", "which task", text=True),
        Column("context_size", "key", "pairs in the context", 0, whole=True),
        Column("context_wrong", "key", "wrong pairs in the context", 0, whole=True),
        Column("context_contamination", "key", "share of wrong pairs that the context was drawn at", 0, 1),
        Column("context_judged_wrong", "key", "pairs in the context that a judge called wrong", 0, whole=True),
        Column("context_wrong_position", "key", "mean place of the wrong pairs in the context, 0 first, 1 last", 0, 1),
        Column("votes", "key", "how many times the answer was judged", 1, whole=True),
        Column("votes_for", "key", "how many of these votes accepted it", 0, whole=True),
        Column("correct", "truth", "whether the answer is correct"),
        Column("accepted", "truth", "whether the evaluator accepted it"),
        Column("n", "number", "attempts that a row stands for", 0),
        Column("n_wrong", "number", "how many of them are wrong", 0),
        Column("error", "number", "the share of them that is wrong", 0, 1),
        Column("score", "number", "graded verdict or log-probability"),
    )
}

PARTS = {
    "context_wrong": "context_size",
    "context_judged_wrong": "context_size",
    "votes_for": "votes",
    "n_wrong": "n",
}
"""A count, and the count that it is a part of: it never exceeds it."""


def matched(names: list[str]) -> dict[str, str]:
    """Schema column → the column of a table that holds it: the same name, or but for capitals and blanks around it."""
    found = {name: name for name in COLUMNS if name in names}
    for name in names:
        plain = name.strip().lower()
        if plain in COLUMNS:
            found.setdefault(plain, name)
    return {name: found[name] for name in COLUMNS if name in found}
