"""What has to be known of how a log was made: repetitions, rounds, what is pooled, and how its columns are called."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import numpy as np

from boostcalc.fitting.doctor.diagnosis import Finding
from boostcalc.fitting.doctor.seen import Seen, plural
from boostcalc.fitting.uncertainty import ENOUGH_CLUSTERS
from boostcalc.runs.schema import COLUMNS

__all__ = ["DESIGN"]

LIKE = 0.75
"""How alike a name has to be to be taken for a slip of another."""

MANY = 20
"""Queries from which on it is no chance that every one comes twice and alike."""

OTHER_NAMES = {
    "correct": ("is_correct", "label", "gold", "truth", "passed", "is_ok"),
    "accepted": ("accept", "verdict", "judge", "judged", "approved"),
    "score": ("rating", "grade", "logprob", "log_prob", "confidence", "probability"),
    "round": ("iteration", "iter", "generation", "step"),
    "query": ("question", "question_id", "prompt_id", "problem", "item", "sample_id", "doc_id", "example_id"),
    "run": ("run_id", "seed", "trial", "replicate", "chain"),
    "task": ("dataset", "benchmark", "subset"),
    "model": ("model_name", "generator"),
    "context_size": ("k", "shots", "n_shots", "num_shots", "demonstrations"),
    "context_wrong": ("n_wrong_context", "wrong_pairs", "wrong_demonstrations"),
    "context_contamination": ("contamination", "noise", "noise_rate", "corruption"),
    "n": ("n_queries", "count", "total", "num"),
}
"""What the schema's columns are called elsewhere."""

Findings = Iterator[Finding]


def repeated_queries(seen: Seen) -> Findings:
    """The same query several times in one place."""
    repeats = None if seen.beside is None else seen.beside.repeats
    if repeats is None or not repeats.repeated:
        return
    place = " and ".join(name for name in ("run", "round") if seen.has(name)) or "log"
    if repeats.alike == repeats.groups >= MANY and repeats.rows == repeats.most * repeats.groups:
        yield Finding(
            "careful",
            "rows repeated",
            f"every query comes {repeats.most} times within one {place}, and its rows agree in all that is read: if "
            "they were written twice, they count twice, and intervals are too narrow.",
        )
        return
    share = f"{repeats.repeated:,} of {repeats.groups:,}"
    contradicting = (
        f"; of {repeats.differing:,} the truth differs, which cannot be if `correct` is known of the query and not of "
        "the answer"
        if repeats.differing
        else ""
    )
    clustered = "" if seen.independent[0] != "cell" else "; they are taken as independent"
    yield Finding(
        "careful" if repeats.differing or clustered else "note",
        "queries repeated",
        f"{share} queries come more than once within one {place} (up to {repeats.most} times, {repeats.extra:,} rows "
        f"beyond the first){contradicting}{clustered}.",
    )


def rounds_with_gaps(seen: Seen) -> Findings:
    """Runs that miss rounds between the first and the last, or do not begin with 0."""
    rounds = seen.rounds
    if not len(rounds):
        return
    grouped = rounds.groupby(seen.loops, dropna=False)["round"] if seen.loops else None
    if grouped is None:
        first, last, count = (np.array([f(rounds["round"])]) for f in (np.min, np.max, len))
    else:
        first, last, count = (grouped.agg(f).to_numpy(float) for f in ("min", "max", "nunique"))
    gaps = int((last - first + 1 > count).sum())
    if gaps:
        yield Finding(
            "careful",
            "rounds missing",
            f"{gaps:,} of {plural(len(first), 'run')} miss rounds between their first and last.",
        )
    late = int((first > 0).sum())
    if late and late == len(first):
        yield Finding(
            "note",
            "no round 0",
            f"rounds begin with {first.min():g}: round 0 is the start, before anything is accepted.",
        )
    elif late:
        yield Finding("careful", "no round 0", f"{late:,} of {plural(len(first), 'run')} do not begin with round 0.")


def batches(seen: Seen) -> Findings:
    """Batches of different sizes."""
    if not (seen.has("run", "round", "accepted") and seen.listed):
        return
    judged = seen.rounds[seen.rounds["n_judged"] > 0]
    if not len(judged) or judged["round"].nunique() < 2:
        return
    sizes, counts = np.unique(judged["n_accepted"].to_numpy(float), return_counts=True)
    if sizes.size > 1:
        usual = sizes[counts.argmax()]
        yield Finding(
            "note",
            "batches differ",
            f"rounds accepted {sizes[0]:g} to {sizes[-1]:g} answers ({usual:g} most often): forecasts take one size.",
        )


def single_attempts(seen: Seen) -> Findings:
    """Runs of one attempt."""
    for name in ("run", "block"):
        if not seen.has(name):
            continue
        counts = seen.cells.groupby(name)["n"].sum()
        single = int((counts <= 1).sum())
        if single and len(counts) > 1:
            what = "all" if single == len(counts) else f"{single:,} of {len(counts):,}"
            severity = "careful" if single == len(counts) else "note"
            yield Finding(
                severity,
                f"{name}s of one attempt",
                f"{what} {name}s have a single attempt: they show nothing of how attempts of one {name} go together.",
            )


def few_clusters(seen: Seen) -> Findings:
    """Too few independent parts to see how much they vary."""
    by, count = seen.independent
    if by == "cell":
        if seen.listed and seen.total["n"] > 1:
            yield Finding(
                "careful",
                "nothing clusters",
                f"no block, run or query tells attempts apart: {plural(seen.total['n'], 'attempt')} count as "
                "independent.",
            )
    elif count < ENOUGH_CLUSTERS:
        yield Finding(
            "careful",
            "few clusters",
            f"{plural(count, by)}: fewer than {ENOUGH_CLUSTERS} show little of how much they vary, so intervals are "
            "wide or rest on overdispersion.",
        )


def pooled(seen: Seen) -> Findings:
    """Several models or tasks in one log."""
    for name in ("model", "task"):
        if seen.distinct(name) > 1:
            yield Finding(
                "careful",
                f"{name}s pooled",
                f"{plural(seen.distinct(name), name)} are in this log: fit them apart (fit --by {name}), or one figure "
                "stands for none of them.",
            )


def clean_contexts(seen: Seen) -> Findings:
    """Contexts in which nothing was ever wrong, or whose contamination is the same throughout."""
    if not seen.shares.size:
        return
    cells = seen.contexts
    if seen.has("context_wrong") and seen.shares.size == 1 and seen.shares[0] == 0:
        yield Finding(
            "careful",
            "contexts all clean",
            f"`context_wrong` is 0 in all {plural(len(cells), 'cell')} whose context holds pairs: is it logged, or a "
            "default?",
        )
    elif seen.shares.size == 1:
        yield Finding(
            "careful",
            "contamination constant",
            f"every context has the contamination {seen.shares[0]:g}: nothing shows what others would do.",
        )


def names(seen: Seen) -> Findings:
    """Columns that are not read and may be meant, and those that are read under another spelling."""
    read = {} if seen.beside is None else seen.beside.columns
    other = {
        name: theirs
        for name, theirs in read.items()
        if theirs != name and name not in seen.mapped and name in seen.columns
    }
    if other:
        told = ", ".join(f"{theirs!r} as {name}" for name, theirs in other.items())
        yield Finding("note", "columns by another spelling", f"read: {told}.")
    absent = [name for name in COLUMNS if name not in seen.columns and read.get(name) not in seen.log.ignored]
    for theirs in seen.log.ignored:
        meant = _meant(theirs, absent)
        if meant:
            slip = meant[1]
            why = f"it is spelled like `{meant[0]}`" if slip else f"it may be what is called `{meant[0]}` here"
            yield Finding(
                "careful" if slip else "note",
                "column not read",
                f"{theirs!r} is not read; {why}: if so, --map {meant[0]}={_shell(theirs)}.",
            )


def _meant(theirs: str, absent: list[str]) -> tuple[str, bool] | None:
    """The column of the schema that a name may stand for, and whether by a slip; None where there is none like it."""
    plain = theirs.strip().lower().replace(" ", "_").replace("-", "_")
    for name, others in OTHER_NAMES.items():
        if name in absent and plain in others:
            return name, False
    if len(plain) < 4:
        return None
    near = difflib.get_close_matches(plain, absent, n=1, cutoff=LIKE)
    return (near[0], True) if near else None


def _shell(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() else f'"{name}"'


DESIGN = (
    few_clusters,
    single_attempts,
    repeated_queries,
    rounds_with_gaps,
    batches,
    pooled,
    clean_contexts,
    names,
)
"""What is looked for in the design, in order."""
