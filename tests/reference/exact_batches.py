"""Batches of finite size in rational arithmetic: every outcome, with its probability."""

from __future__ import annotations

from fractions import Fraction
from math import comb

from tests.reference.exact_loop import contamination

Law = dict[int, Fraction]
Rounds = dict[tuple[int, int, int], Fraction]


def binomial(size: int, share: Fraction) -> Law:
    """Number of wrong pairs in a batch."""
    return {k: comb(size, k) * share**k * (1 - share) ** (size - k) for k in range(size + 1)}


def filled(batch: int, error: Fraction, tpr: Fraction, fpr: Fraction, attempts: int) -> Rounds:
    """P(attempts, wrong accepted, wrong rejected) of one round, attempt by attempt, up to `attempts` of them."""
    kinds = [
        (1, 1, error * fpr),
        (1, 0, (1 - error) * tpr),
        (0, 1, error * (1 - fpr)),
        (0, 0, (1 - error) * (1 - tpr)),
    ]
    full: Rounds = {}
    open_: Rounds = {(0, 0, 0): Fraction(1)}
    for tried in range(1, attempts + 1):
        following: Rounds = {}
        for (pairs, wrong, rejected), probability in open_.items():
            for accepted, bad, chance in kinds:
                state = (pairs + accepted, wrong + accepted * bad, rejected + (1 - accepted) * bad)
                if state[0] == batch:
                    key = (tried, state[1], state[2])
                    full[key] = full.get(key, Fraction(0)) + probability * chance
                else:
                    following[state] = following.get(state, Fraction(0)) + probability * chance
        open_ = following
    return full


def fixation(batch: int, tpr: Fraction, fpr: Fraction) -> list[Fraction]:
    """P(in the end all pairs are wrong) from 0…`batch` wrong ones: the linear equations of the first step, solved."""
    inner = range(1, batch)
    rows = []
    for wrong in inner:
        law = binomial(batch, contamination(Fraction(wrong, batch), tpr, fpr))
        rows.append([Fraction(int(wrong == j)) - law[j] for j in inner] + [law[batch]])
    size = len(rows)
    for pivot in range(size):
        rows[pivot] = [entry / rows[pivot][pivot] for entry in rows[pivot]]
        for i in range(size):
            if i != pivot and rows[i][pivot]:
                factor = rows[i][pivot]
                rows[i] = [entry - factor * top for entry, top in zip(rows[i], rows[pivot], strict=True)]
    return [Fraction(0), *(row[-1] for row in rows), Fraction(1)]


def urn(wrong: int, right: int, draws: int) -> Law:
    """Number of wrong pairs among `draws` that join one by one, each like a pair of the context."""
    law: Law = {0: Fraction(1)}
    for drawn in range(draws):
        following: Law = {}
        for k, probability in law.items():
            chance = Fraction(wrong + k, wrong + right + drawn)
            following[k + 1] = following.get(k + 1, Fraction(0)) + probability * chance
            following[k] = following.get(k, Fraction(0)) + probability * (1 - chance)
        law = following
    return law
