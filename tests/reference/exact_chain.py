"""Laws of the context in rational arithmetic, from the definition: every batch, every order of leaving, counted."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb

from tests.reference.exact_batches import Law, binomial
from tests.reference.exact_loop import Respond, contamination

Batches = tuple[tuple[int, int], ...]
"""(pairs, wrong) of each batch in a context, the newest first."""

Keep = Callable[[Batches], dict[Batches, Fraction]]
"""What is left of a context, with its chances."""


def everything(context: Batches) -> dict[Batches, Fraction]:
    """Append: all pairs stay."""
    return {context: Fraction(1)}


def newest(context: Batches) -> dict[Batches, Fraction]:
    """Replace: only the new batch stays."""
    return {context[:1]: Fraction(1)}


def last(size: int) -> Keep:
    """Window: `size` pairs stay, the newest; of a batch that stays in part, any of its pairs."""

    def keep(context: Batches) -> dict[Batches, Fraction]:
        room = size
        kept: Batches = ()
        for i, (pairs, wrong) in enumerate(context):
            if pairs > room:
                ways = comb(pairs, room)
                return {
                    (*context[:i], (room, w)): Fraction(comb(wrong, w) * comb(pairs - wrong, room - w), ways)
                    for w in range(max(0, room - (pairs - wrong)), min(wrong, room) + 1)
                }
            room, kept = room - pairs, (*kept, (pairs, wrong))
        return {kept: Fraction(1)}

    return keep


def share(context: Batches) -> Fraction:
    return Fraction(sum(wrong for _, wrong in context), sum(pairs for pairs, _ in context))


def laws(
    start: dict[Batches, Fraction],
    error: Fraction,
    tpr: Fraction,
    fpr: Fraction,
    respond: Respond,
    keep: Keep,
    batch: int,
    rounds: int,
) -> list[dict[Batches, Fraction]]:
    """The law of the context in rounds 0…`rounds`; the error of round 0 is given, later ones respond."""
    found = [start]
    for n in range(rounds):
        after: dict[Batches, Fraction] = {}
        for context, probability in found[-1].items():
            now = error if n == 0 else respond(share(context))
            for wrong, chance in binomial(batch, contamination(now, tpr, fpr)).items():
                for kept, part in keep(((batch, wrong), *context)).items():
                    after[kept] = after.get(kept, Fraction(0)) + probability * chance * part
        found.append({context: p for context, p in after.items() if p})
    return found


def totals(law: dict[Batches, Fraction]) -> Law:
    """The law of all wrong pairs in the context."""
    found: Law = {}
    for context, probability in law.items():
        wrong = sum(w for _, w in context)
        found[wrong] = found.get(wrong, Fraction(0)) + probability
    return found


def solution(rows: list[list[Fraction]]) -> list[Fraction]:
    """The solution of a linear system, its augmented rows given, by elimination."""
    rows = [list(row) for row in rows]
    for pivot in range(len(rows)):
        lead = next(i for i in range(pivot, len(rows)) if rows[i][pivot])
        rows[pivot], rows[lead] = rows[lead], rows[pivot]
        rows[pivot] = [entry / rows[pivot][pivot] for entry in rows[pivot]]
        for i in range(len(rows)):
            if i != pivot and rows[i][pivot]:
                factor = rows[i][pivot]
                rows[i] = [entry - factor * top for entry, top in zip(rows[i], rows[pivot], strict=True)]
    return [row[-1] for row in rows]


def transitions(batch: int, tpr: Fraction, fpr: Fraction, respond: Respond) -> list[list[Fraction]]:
    """Chances from each number of wrong pairs to each, where the batch replaces the context."""
    return [
        list(binomial(batch, contamination(respond(Fraction(wrong, batch)), tpr, fpr)).values())
        for wrong in range(batch + 1)
    ]
