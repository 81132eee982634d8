"""The accuracy rule at a few hundred points a kernel; `python -m verification.numbers` tries a hundred thousand."""

from __future__ import annotations

import numpy as np
import pytest

from verification.accuracy import KERNELS, Kernel, measure

POINTS, ITERATED = 200, 60
RULE = 1e-12


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_kernels_keep_the_rule(kernel: Kernel) -> None:
    size = ITERATED if " under " in kernel.name else POINTS
    found = measure(kernel, np.random.default_rng(0), size)
    assert found.counted.sum() > size / 10
    assert found.within_bound == 1.0
    assert found.worst_well_conditioned <= RULE
