"""Whether a log tells how the model answers its context, and so what its loop will do."""

from __future__ import annotations

import numpy as np

from boostcalc.fitting.doctor.seen import LARGEST, Seen, plural
from boostcalc.fitting.observations import clusters
from boostcalc.fitting.order import FEWEST as FEWEST_PLACES
from boostcalc.fitting.uncertainty import ENOUGH_CLUSTERS
from boostcalc.results import Estimate

__all__ = ["FEWEST_SHARES", "FEWEST_SIZES", "forecast", "order_of_pairs", "response", "response_in_size", "widest_gap"]

FEWEST_SHARES = 3
"""Contaminations that a family is fitted and tested from."""

FEWEST_SIZES = 3
"""Context sizes that a family which depends on the size is fitted from."""

REACH = 0.25
"""A gap between contaminations (or between the outermost and 0 or 1) beyond which a curve is a guess."""

POOR = 2.0
"""Half the interval of a change in log-odds beyond which the response is known poorly."""

Answer = tuple[str, str, Estimate | None]


def response(seen: Seen) -> Answer:
    """The error's change in log-odds from a clean to a wholly wrong context, along a straight line."""
    why = _no_response(seen)
    if why is not None:
        return "no", why, None
    cells, shares = seen.contexts, seen.shares
    cluster, by = clusters(cells)
    count = int(cluster.max()) + 1
    clustered = by != "cell" and count >= ENOUGH_CLUSTERS
    basis = plural(count, by) if clustered else plural(len(cells), "cell")
    where = f"{plural(shares.size, 'contamination')} from {shares[0]:g} to {shares[-1]:g}, {basis}"
    slope = seen.slope
    if slope is None:
        return "poorly", f"{where}; the error turns from none to all at one contamination", None
    assert slope.low is not None  # noqa: S101  # of a finite spread
    assert slope.high is not None  # noqa: S101  # as above
    half = (slope.high - slope.low) / 2
    said = f"{where}; from a clean to a wholly wrong context the log-odds of an error change by {slope.text(3)}"
    if seen.labels is not None and seen.labels.alone:
        return "poorly", f"{said}; of {seen.labels.alone} answers, as truth is known of no others", slope
    if shares.size < FEWEST_SHARES:
        return (
            "poorly",
            f"{said}, if they follow a straight line: {plural(shares.size, 'contamination')} cannot test it",
            slope,
        )
    gap = widest_gap(seen)
    beyond = f"; nothing was seen {gap}" if gap else ""
    return "poorly" if half > POOR or gap else "yes", said + beyond, slope


def response_in_size(seen: Seen) -> Answer:
    """Whether contexts of several sizes were logged, with their contaminations."""
    why = _no_response(seen)
    if why is not None:
        return "no", why, None
    cells = seen.contexts
    sizes = np.unique(cells["context_size"].dropna().to_numpy(float))
    if not sizes.size:
        return "no", "the sizes of the contexts are not logged: `context_size`", None
    empty = seen.log.contexts()
    empty = empty[(empty["context_size"] == 0) & (empty["n"] > 0)]
    with_empty = f" and the empty one ({plural(empty['n_known'].sum(), 'answer')})" if len(empty) else ""
    where = (
        f"{plural(sizes.size, 'size')} ({', '.join(f'{size:g}' for size in sizes[:8])}{'…' if sizes.size > 8 else ''})"
    )
    if sizes.size + bool(len(empty)) < FEWEST_SIZES:
        return "no", f"{where}{with_empty}: a family that depends on the size needs {FEWEST_SIZES}", None
    both = cells.groupby("context_size")["share"].nunique()
    answer = "yes" if int((both >= 2).sum()) >= 2 else "poorly"
    told = "" if answer == "yes" else ", but no two of them at several contaminations"
    return answer, f"{where}{with_empty}{told}", None


def order_of_pairs(seen: Seen) -> Answer:
    """Whether the places of the wrong pairs are logged, and vary."""
    if not seen.has("context_wrong_position"):
        return "no", "where in their contexts the wrong pairs stand is not logged: `context_wrong_position`", None
    cells = seen.contexts
    cells = cells[cells["context_wrong_position"].notna() & (cells["share"] > 0) & (cells["share"] < 1)]
    if len(cells) < FEWEST_PLACES or cells["context_wrong_position"].nunique() < 2:
        return (
            "no",
            f"{plural(len(cells), 'cell')} tell where their wrong pairs stand: {FEWEST_PLACES} that differ are needed",
            None,
        )
    low, high = cells["context_wrong_position"].min(), cells["context_wrong_position"].max()
    return "yes", f"{plural(len(cells), 'cell')}, wrong pairs at mean places from {low:.2g} to {high:.2g}", None


def forecast(seen: Seen) -> Answer:
    """Whether a loop can be forecast: a response and the evaluator's rates."""
    answer, _, _ = response(seen)
    judge = seen.judge
    one_sided = seen.labels is not None and bool(seen.labels.alone)
    rates = (
        not isinstance(judge, str) and not one_sided and all(judge.counts[name] is not None for name in ("tpr", "fpr"))
    )
    if answer == "no":
        alone = "; its rates can be put into boostcalc predict under an assumed response" if rates else ""
        return "no", f"it needs the response to contamination{alone}", None
    if not rates:
        return "poorly", "the response is here; the evaluator's rates have to be given: forecast --tp … --fp …", None
    loops = seen.rounds
    looped = len(loops) and (loops["round"].max() > loops["round"].min())
    selected = "" if looped else "; no loop is logged, though, which selects its contexts: rates need not hold there"
    return answer, f"response and rates are both here{selected}", None


def _no_response(seen: Seen) -> str | None:
    """Why there is no response; None where there is one."""
    if not seen.total["n_known"]:
        return "no answer's truth is known: log `correct`"
    if seen.has("context_wrong") and not seen.has("context_size"):
        return "`context_wrong` without `context_size` tells no share: log both"
    if not {"context_wrong", "context_contamination", "context_judged_wrong"} & seen.columns:
        return "what the context held is not logged: `context_size` and `context_wrong`"
    if seen.values("context_size").max(initial=0) > LARGEST:
        return f"contexts of more than {LARGEST:,} pairs are not read: is `context_size` a number of tokens?"
    if not seen.shares.size:
        return "no answer of known truth has a context of known contamination"
    if seen.shares.size == 1:
        return f"every context has the contamination {seen.shares[0]:g}: nothing varies"
    wrong, known = seen.contexts["n_wrong"].sum(), seen.contexts["n_known"].sum()
    if wrong <= 0 or wrong >= known:
        return f"every answer under such a context is {'correct' if wrong <= 0 else 'wrong'}"
    return None


def widest_gap(seen: Seen) -> str:
    """The widest range of contaminations that nothing was seen in, in words; empty where none is wide."""
    ends = np.concatenate([[0.0], seen.shares, [1.0]])
    widths = np.diff(ends)
    i = int(widths.argmax())
    if widths[i] <= REACH:
        return ""
    if i == 0:
        return f"below {ends[1]:g}"
    return f"above {ends[i]:g}" if i == widths.size - 1 else f"between {ends[i]:g} and {ends[i + 1]:g}"
