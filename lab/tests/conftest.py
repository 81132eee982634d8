"""A model with lively random weights: what must hold of the code holds before anything is learnt."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lab.model import Shape, TinyLM
from lab.task import NAMES, Task


@pytest.fixture(scope="session")
def task() -> Task:
    return Task.drawn(3)


@pytest.fixture(scope="session")
def model() -> TinyLM:
    torch.manual_seed(3)
    torch.set_num_threads(1)
    drawn = TinyLM(Shape(len(NAMES))).eval()
    with torch.no_grad():
        for name, weight in drawn.named_parameters():
            if name.endswith("norm.weight"):
                weight.uniform_(0.5, 1.5)
            else:
                weight.normal_(std=1.5 / weight.shape[-1] ** 0.5)
    return drawn


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)
