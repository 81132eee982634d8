r"""Finite Markov chains, solved without a subtraction: every figure keeps its relative precision, however small.

States are eliminated one by one, the last first, each replaced by the ways through it (Grassmann, Taksar and Heyman
1985, Operations Research 33(5)); the rest of a row is always a sum of what leaves, never 1 minus what stays.
"""

from __future__ import annotations

import numpy as np

from boostcalc.errors import UsageError
from boostcalc.odds import Array

__all__ = ["quasi_stationary", "stationary", "until_leaving"]

STEPS, SETTLED = 10_000, 1e-14
"""Most inverse iterations to a quasi-stationary law, and the change at which it is one."""


def until_leaving(inner: Array, leaving: Array, gain: Array) -> Array:
    r"""The solution of $(I - Q)x = r$: what is gained, in all, until the chain leaves the inner states.

    Parameters
    ----------
    inner : array, shape (m, m)
        Q: chances of going from one inner state to another.
    leaving : array, shape (m,)
        Chance of leaving from each, $1 - \sum_j Q_{ij}$ as a sum of what it consists of.
    gain : array, shape (m, …), ≥ 0
        r: what a step from each gains: 1 for the expected steps, the chance of one exit for the probability of it.

    Returns
    -------
    array, shape (m, …)
        `inf` where the chain may never leave and gains for ever.
    """
    q, out, r = inner.copy(), leaving.copy(), np.array(gain, dtype=np.float64)
    size = len(q)
    for k in range(size - 1, 0, -1):
        total = out[k] + q[k, :k].sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            via = np.where(q[:k, k] > 0, q[:k, k] / total, 0.0)
        if total > 0:
            q[:k, :k] += via[:, None] * q[k, :k]
            out[:k] += via * out[k]
            r[:k] += np.multiply.outer(via, r[k])
        else:  # no way out of it
            r[:k] += np.where(np.multiply.outer(via > 0, r[k] > 0), np.inf, 0.0)
    x = np.empty_like(r)
    for k in range(size):
        known = np.where(q[k, :k].reshape(-1, *(1,) * (r.ndim - 1)) > 0, x[:k], 0.0)
        total = out[k] + q[k, :k].sum()
        earned = r[k] + np.tensordot(q[k, :k], known, axes=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            x[k] = np.where(earned > 0, earned / total, 0.0)
    return x


def stationary(chances: Array) -> Array:
    """The law that a step leaves as it is, shape (m,), of a chain whose states all reach state 0.

    Parameters
    ----------
    chances : array, shape (m, m)
        From each state (row) to each.

    Raises
    ------
    UsageError
        If some state does not reach state 0, as far as doubles can tell.
    """
    p = chances.copy()
    size = len(p)
    for k in range(size - 1, 0, -1):
        leaves = p[k, :k].sum()
        if leaves == 0:
            raise UsageError(f"the chain has no one law to settle to: from {k} wrong pairs it never gets lower")
        p[:k, k] /= leaves
        p[:k, :k] += np.multiply.outer(p[:k, k], p[k, :k])
    law = np.zeros(size)
    law[0] = 1.0
    for k in range(1, size):
        law[k] = law[:k] @ p[:k, k]
    return np.asarray(law / law.sum())


def quasi_stationary(inner: Array, leaving: Array) -> tuple[Array, float]:
    """The law that a chain which has not left yet settles to, shape (m,), and its chance of leaving in a step.

    By inverse iteration with `until_leaving`'s matrix: each pass multiplies what is not yet settled by
    (1 − λ₁)/(1 − λ₂), the eigenvalues of `inner` in order.

    Raises
    ------
    UsageError
        If it does not settle: the chain has parts that hold it for as long as one another.
    """
    size = len(inner)
    visits = until_leaving(inner, leaving, np.eye(size))  # expected visits of each state before leaving
    law = np.full(size, 1 / size)
    for _ in range(STEPS):
        after = law @ visits
        after /= after.sum()
        if np.abs(after - law).sum() <= SETTLED * size:
            return after, float(after @ leaving)
        law = after
    raise UsageError("the chain settles to no law of its own before it is absorbed: two ends hold it equally long")
