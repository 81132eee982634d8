r"""Shares of many types under $x' = QWx / 1^{\top}Wx$, in logarithms: nothing overflows, and no share is lost.

A vector of K log weights stands for shares up to a common factor; `-inf` is a type that is absent. All terms that
are added are positive, so nothing cancels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boostcalc.odds import Array, log_ratio

__all__ = ["after", "dominance", "log_matrix", "log_sum", "normalised", "step"]


def log_sum(log_terms: Array, axis: int = -1) -> Array:
    """ln Σ exp along an axis; `-inf` where there is nothing to add."""
    return np.asarray(np.logaddexp.reduce(log_terms, axis=axis))


def normalised(log_weights: Array) -> Array:
    """Log shares, shape (…, K), from log weights of which one at least is there."""
    return np.asarray(log_weights - log_sum(log_weights)[..., None])


def log_matrix(mutation: Array, acceptance: Array) -> Array:
    """ln(QW) up to a common factor, shape (K, K).

    The acceptances enter as ratios to the largest: nearly equal ones keep their difference to full precision.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(mutation) + log_ratio(acceptance, acceptance.max() or 1.0))


def step(log_shares: Array, matrix: Array) -> Array:
    """Log shares after one round; those before it where nothing is accepted, for then no buffer fills."""
    moved = log_sum(matrix + log_shares)
    return log_shares if np.isneginf(moved).all() else normalised(moved)


def after(log_shares: Array, matrix: Array, rounds: int) -> Array:
    r"""Log shares, shape (K,), after so many rounds: pure selection in closed form, else by squaring QW.

    Each square is scaled back to a largest entry of 1, so that $2^{60}$ rounds take 60 squares. Rounding in a
    square moves the answer as a relative change of QW by as much would: by about $10^{-16}$ times the number of
    rounds or $1/(1 - |\lambda_2|/\lambda_1)$, whichever is less.
    """
    there = _reached(log_shares, matrix)
    found = np.full_like(log_shares, -np.inf)
    x, among = log_shares[there], matrix[np.ix_(there, there)]
    found[there] = _selected(x, np.diagonal(among), rounds) if _pure(among) else _powered(x, among, rounds)
    return found


def _selected(log_shares: Array, log_acceptance: Array, rounds: int) -> Array:
    """x·wⁿ, normalised; the exponents relative to the fittest type."""
    best = log_acceptance.max()
    if rounds == 0 or np.isneginf(best):
        return log_shares
    return normalised(log_shares + rounds * (log_acceptance - best))


def _powered(log_shares: Array, matrix: Array, rounds: int) -> Array:
    for _ in range(min(rounds, len(log_shares))):  # a loop of K types comes to a halt in its first K rounds, or never
        log_shares, rounds = step(log_shares, matrix), rounds - 1
    if np.isneginf(log_sum(matrix + log_shares)).all():
        return log_shares
    while rounds:
        if rounds % 2:
            log_shares = step(log_shares, matrix)
        rounds //= 2
        if rounds:
            matrix = log_sum(matrix[:, None, :] + matrix.T)
            matrix = matrix - matrix.max()
    return log_shares


def dominance(log_shares: Array, matrix: Array) -> float:
    r"""$|\lambda_2|/\lambda_1$ of QW among the types that are ever present; `nan` where nothing is ever accepted.

    Under pure selection types of equal acceptance keep their proportions, so equal values count once.
    """
    there = _reached(log_shares, matrix)
    among = np.exp(matrix[np.ix_(there, there)])
    sizes = np.unique(np.diagonal(among)) if _pure(among, 0.0) else np.sort(np.abs(np.linalg.eigvals(among)))
    if sizes[-1] == 0:
        return float("nan")
    return float(sizes[-2] / sizes[-1]) if sizes.size > 1 else 0.0


def _reached(log_shares: Array, matrix: Array) -> NDArray[np.bool_]:
    """Which types are ever present, from this start."""
    there = ~np.isneginf(log_shares)
    for _ in there:
        there = there | (~np.isneginf(matrix) & there).any(axis=1)
    return np.asarray(there)


def _pure(matrix: Array, absent: float = -np.inf) -> bool:
    """Whether no type ever turns into another."""
    return bool((matrix[~np.eye(len(matrix), dtype=bool)] == absent).all())
