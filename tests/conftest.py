"""What the tests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from boostcalc.cli import run
from boostcalc.odds import Array


@dataclass(frozen=True)
class Ran:
    """How a command line ended, and what it said."""

    status: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs `boostcalc …` in this process."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        status = run(list(arguments))
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    return call


def standard_errors(successes: float, trials: int, expected: float) -> float:
    """How many binomial standard errors a share lies from what is expected."""
    return float(abs(successes / trials - expected) / np.sqrt(expected * (1 - expected) / trials))


def simulated_errors(rng: np.random.Generator, error: Array, n: int) -> Array:
    """Wrong answers out of `n` at each error rate."""
    return rng.binomial(n, error).astype(np.float64)
