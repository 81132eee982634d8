"""What is in a log."""

from __future__ import annotations

from boostcalc.fitting.doctor.seen import Seen, plural

__all__ = ["contents"]

LISTED = 6
"""Values that are listed; of more, the ends are."""


def contents(seen: Seen) -> dict[str, int | float | str]:
    """Names and numbers, in the order in which they are told."""
    total = seen.total
    found: dict[str, int | float | str] = {
        "attempts": round(total["n"]),
        "rows": "one an attempt" if seen.listed else "counts of attempts",
    }
    for name in ("block", "run"):
        if seen.has(name):
            found[f"{name}s"] = seen.distinct(name)
    repeats = None if seen.beside is None else seen.beside.repeats
    if repeats is not None:
        found["queries"] = repeats.queries
    elif seen.has("query"):
        found["queries"] = seen.distinct("query") or "named"
    for name in ("model", "task"):
        if seen.has(name):
            found[f"{name}s"] = _names(seen, name)
    for name, column in (("rounds", "round"), ("context sizes", "context_size"), ("votes on an answer", "votes")):
        if seen.has(column):
            found[name] = _listed(seen, column)
    if (known := _contaminations(seen)) is not None:
        found["contaminations"] = known
    found["truths"] = _share(total["n_known"], total["n"])
    found["verdicts"] = _share(total["n_judged"], total["n"])
    graded = (
        0.0 if seen.log.scores is None else float(seen.log.scores[["n_correct", "n_wrong", "n_unknown"]].sum().sum())
    )
    found["scores"] = _share(graded, total["n"])
    if seen.log.unread:
        found["unreadable rows"] = seen.log.unread.count
    if seen.log.ignored:
        shown = ", ".join(seen.log.ignored[:LISTED])
        more = len(seen.log.ignored) - LISTED
        found["columns not read"] = shown + (f" and {more} more" if more > 0 else "")
    return found


def _share(part: float, whole: float) -> str:
    if part == 0:
        return "none"
    return "all attempts" if part == whole else f"{part:,.0f} ({part / whole:.1%} of the attempts)"


def _names(seen: Seen, name: str) -> str:
    names = sorted(map(str, seen.cells[name].dropna().unique()))
    shown = ", ".join(names[:LISTED])
    return f"{len(names)}: {shown}" + (", …" if len(names) > LISTED else "") if len(names) > 1 else shown


def _listed(seen: Seen, column: str) -> str:
    values = seen.values(column)
    if values.size <= LISTED:
        return ", ".join(f"{value:g}" for value in values)
    return f"{values.size}, from {values[0]:g} to {values[-1]:g}"


def _contaminations(seen: Seen) -> str | None:
    if not {"context_wrong", "context_contamination", "context_judged_wrong"} & seen.columns:
        return None
    cells, shares = seen.contexts, seen.shares
    if not shares.size:
        return "of no answer of known truth"
    where = f"{shares[0]:g}" if shares.size == 1 else f"{shares.size}, from {shares[0]:g} to {shares[-1]:g}"
    judged, exact = cells["judged"].to_numpy(bool), cells["exact"].to_numpy(bool)
    counts = {
        "realised": (exact & ~judged).sum(), "rates drawn at": (~exact).sum(), "as a judge saw them": judged.sum()
    }  # fmt: skip
    kinds = [kind for kind, count in counts.items() if count]
    return f"{where} ({', '.join(kinds)}; {plural(cells['n_known'].sum(), 'answer')})"
