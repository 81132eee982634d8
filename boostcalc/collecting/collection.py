"""What was collected: a log in the schema, and what to know of how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boostcalc import plotting
from boostcalc.collecting.budget import Spent
from boostcalc.collecting.stages import Stage
from boostcalc.collecting.tasks import Tasks
from boostcalc.results import Result, aligned, counted, finite, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Collection", "logged", "notes_on"]

ROUNDS = ("round", "context_size", "context_contamination", "runs", "attempts", "error", "acceptance", "contamination")


@dataclass(frozen=True, eq=False)
class Collection(Result):
    """Attempts made against an endpoint, logged.

    Attributes
    ----------
    stages : a round of a loop or a context of a sweep each, with their attempts.
    log, journal : files: the attempts in the schema of logged runs, and as they completed.
    spent, cost : requests and tokens as the endpoint counts them, and money at the prices given.
    notes : what a reader must know, a sentence each.
    inputs : what was asked for.
    """

    kind = "collection"

    stages: tuple[Stage, ...]
    log: Path
    journal: Path
    spent: Spent
    cost: float
    notes: tuple[str, ...]
    inputs: dict[str, Any]
    provenance: dict[str, Any]

    @property
    def attempts(self) -> int:
        """Attempts in the log."""
        return sum(len(stage.used) for stage in self.stages)

    @property
    def loops(self) -> bool:
        """Whether these are rounds of loops, not contexts of a sweep."""
        return self.stages[0].batch is not None

    @property
    def status(self) -> str:  # type: ignore[override]  # computed here, a field elsewhere
        """How much was collected, and what a reader must know."""
        what = counted(len({stage.name for stage in self.stages}), "loop" if self.loops else "context")
        wrong = sum(not outcome.correct for stage in self.stages for _, outcome in stage.used)
        made, asked = counted(self.attempts, "attempt"), counted(self.spent.calls, "request")
        said = f"{made} in {what}, {wrong:,} of them wrong; {asked}"
        return ". ".join([said, *self.notes]) + "."

    def to_frame(self) -> pd.DataFrame:
        """One row a round of a run (or a context of a sweep)."""
        import pandas as pd

        return pd.DataFrame([_row(stage) for stage in self.stages])

    def by_context(self) -> pd.DataFrame:
        """The attempts of all runs together, by round and size of the context (in a sweep also by its wrong share)."""
        frame = self.to_frame()
        frame["share"] = -1.0 if self.loops else frame["context_contamination"].fillna(0.0)
        rows = []
        for _, part in frame.groupby(["round", "context_size", "share"]):
            number, size = (int(part[name].iloc[0]) for name in ("round", "context_size"))
            n, judged, accepted = (int(part[name].sum()) for name in ("attempts", "judged", "accepted"))
            rows.append(
                {
                    "round": number,
                    "context_size": size,
                    "context_contamination": part["context_wrong"].sum() / (size * len(part)) if size else None,
                    "runs": len(part),
                    "attempts": n,
                    "error": part["wrong"].sum() / n,
                    "acceptance": accepted / judged if judged else None,
                    "contamination": part["accepted_wrong"].sum() / accepted if accepted else None,
                }
            )
        return _frame(rows)

    def summary(self) -> str:
        names = [name for name in ROUNDS if self.loops or name != "round"]
        table = self.by_context()
        cells = [[_text(row[name]) for name in names] for row in table.to_dict(orient="records")]
        shown = aligned([names, *cells])
        return (
            f"{self.status}\n\n{shown}\n\nLog: {self.log}\n"
            f"What they tell: boostcalc doctor {self.log}, boostcalc fit {self.log}"
        )

    def body(self) -> dict[str, Any]:
        rounds = self.to_frame().astype(object)
        return {
            "status": self.status,
            "log": str(self.log),
            "journal": str(self.journal),
            "attempts": self.attempts,
            "requests": self.spent.calls,
            "tokens_in": self.spent.tokens_in,
            "tokens_out": self.spent.tokens_out,
            "cost": self.cost,
            "rounds": [
                {name: _plain(value) for name, value in row.items()} for row in rounds.to_dict(orient="records")
            ],
            "notes": list(self.notes),
            "inputs": self.inputs,
            "provenance": self.provenance,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        frame = self.to_frame()
        if self.loops:
            return plotting.trajectory(frame.pivot_table(index="round", columns="run", values="error"), ax=ax)
        seen = self.by_context().dropna(subset="context_contamination")
        return plotting.response([], [], points=(seen["context_contamination"], seen["error"], seen["attempts"]), ax=ax)


def logged(stages: tuple[Stage, ...], tasks: Tasks, model: str) -> pd.DataFrame:
    """The attempts in the schema of logged runs: one row each, in the order of runs, rounds and attempts.

    A run is a block: runs of one file share its tasks, and what differs between them is drawn anew for each.
    """
    kinds = {task.name: task.task for task in tasks.rows}
    rows = [
        {
            "run": stage.name,
            "block": stage.name,
            "round": stage.round,
            "query": outcome.query,
            "context_size": len(stage.context),
            "context_wrong": stage.context.wrong,
            "context_wrong_position": stage.context.wrong_position,
            "correct": outcome.correct,
            "accepted": outcome.accepted,
            "score": outcome.score,
            "votes": outcome.votes or None,
            "votes_for": outcome.votes_for if outcome.votes else None,
            "model": model,
            "task": kinds[outcome.query],
        }
        for stage in stages
        for _, outcome in stage.used
    ]
    types = {
        "context_wrong_position": "Float64",
        "accepted": "boolean",
        "score": "Float64",
        "votes": "Int64",
        "votes_for": "Int64",
    }
    return _frame(rows).astype(types)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a frame."""
    import pandas as pd

    return pd.DataFrame(rows)


def notes_on(
    stages: tuple[Stage, ...], *, left_open: int, left_out: int, tokens_counted: bool, reading: str
) -> tuple[str, ...]:
    """What a reader must know of how the attempts came about."""
    outcomes = [outcome for stage in stages for _, outcome in stage.used]
    judged = [outcome for outcome in outcomes if outcome.votes]
    notes = [
        f"{stage.name} was given up in round {stage.round}: {len(stage.outcomes)} attempts filled "
        f"{stage.accepted} of {stage.batch}"
        for stage in stages
        if stage.batch is not None and stage.over and not stage.filled
    ]
    if left_open:
        unfinished = counted(left_open, "run" if stages[0].batch is not None else "context")
        notes.append(f"The budget ended it with {unfinished} unfinished: with more, the same command goes on")
    if left_out:
        notes.append(
            f"The log is without {counted(left_out, 'attempt')} of the journal: they are of contexts, runs or rounds "
            "that were asked for before, and are not now"
        )
    empty = sum(not outcome.answer for outcome in outcomes)
    if empty:
        notes.append(
            f"{percent(empty / len(outcomes))} of the answers are empty: does the model think longer than --max-tokens?"
        )
    silent = sum(outcome.score is None for outcome in judged)
    if silent:
        notes.append(
            f"In {percent(silent / len(judged))} of the evaluations no word of the scale was said: not accepted"
        )
    said = sum(outcome.said for outcome in judged)
    if reading == "auto" and said:
        notes.append(
            f"{percent(said / len(judged))} of the verdicts are what was said: the endpoint gave no probabilities of "
            "the scale's words"
        )
    if not tokens_counted:
        notes.append("The endpoint does not count tokens: only requests could be capped")
    return tuple(notes)


def _row(stage: Stage) -> dict[str, Any]:
    used = [outcome for _, outcome in stage.used]
    judged = [outcome for outcome in used if outcome.accepted is not None]
    accepted = [outcome for outcome in judged if outcome.accepted]
    size = len(stage.context)
    wrong, accepted_wrong = (sum(not outcome.correct for outcome in some) for some in (used, accepted))
    return {
        "run": stage.name,
        "round": stage.round,
        "context_size": size,
        "context_wrong": stage.context.wrong,
        "context_contamination": stage.context.wrong / size if size else None,
        "attempts": len(used),
        "wrong": wrong,
        "judged": len(judged),
        "accepted": len(accepted),
        "accepted_wrong": accepted_wrong,
        "error": wrong / len(used) if used else None,
        "acceptance": len(accepted) / len(judged) if judged else None,
        "contamination": accepted_wrong / len(accepted) if accepted else None,
    }


def _plain(value: Any) -> Any:
    """A cell for JSON: no `nan`."""
    return value if isinstance(value, str | int) or value is None else finite(value)


def _text(value: Any) -> str:
    number = finite(value) if value is not None else None
    return "—" if number is None else f"{number:.4g}"
