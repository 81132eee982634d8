"""Context policies: how an accepted batch becomes the next round's context."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.odds import Array
from boostcalc.parts import Part, Registry, parameter
from boostcalc.responses.base import log_shares

__all__ = ["POLICIES", "Append", "ContextPolicy", "Replace"]


class ContextPolicy(Part):
    """Base of the context policies: the size of the first context, and how a batch joins."""

    keeps: ClassVar[bool]
    """Whether pairs of the present context stay in the next one."""

    @abstractmethod
    def start(self, batch: float) -> float:
        """Pairs in the context of round 0."""

    @abstractmethod
    def join(
        self, size: ArrayLike, logit_context: ArrayLike, batch: float, logit_batch: ArrayLike
    ) -> tuple[Array, Array]:
        """Size and log-odds of contamination of the context after `batch` pairs at `logit_batch` came in."""


@dataclass(frozen=True)
class Replace(ContextPolicy):
    """The new batch is the context, K′ = B and C′ = c: the classical recurrence."""

    family = "replace"
    keeps = False

    def start(self, batch: float) -> float:
        return batch

    def join(
        self, size: ArrayLike, logit_context: ArrayLike, batch: float, logit_batch: ArrayLike
    ) -> tuple[Array, Array]:
        x = np.asarray(logit_batch, dtype=np.float64)
        return np.full_like(x, batch), x


@dataclass(frozen=True)
class Append(ContextPolicy):
    r"""The batch joins all pairs so far: $K' = K + B$, $C' = \frac{K C + B c}{K + B}$.

    `size` is the number of pairs in the context of round 0.
    """

    family = "append"
    keeps = True

    size: float = parameter("the number of pairs in the context of round 0", 0, whole=True)

    def start(self, batch: float) -> float:
        return float(self.size)

    def join(
        self, size: ArrayLike, logit_context: ArrayLike, batch: float, logit_batch: ArrayLike
    ) -> tuple[Array, Array]:
        size = np.asarray(size, dtype=np.float64)
        old_wrong, old_right = log_shares(np.where(size > 0, logit_context, 0.0))
        new_wrong, new_right = log_shares(logit_batch)
        with np.errstate(divide="ignore", invalid="ignore"):  # nan where there is no batch
            log_size, log_batch = np.log(size), np.log(batch)
            wrong = np.logaddexp(log_size + old_wrong, log_batch + new_wrong)
            right = np.logaddexp(log_size + old_right, log_batch + new_right)
        return size + batch, np.asarray(wrong - right)


POLICIES: Registry[ContextPolicy] = Registry(
    "context policy",
    Replace,
    Append,
)
