"""What llama.cpp serves is the model: the same next-token probabilities as torch's, over HTTP."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lab.export import halved, interleaved, load, save
from lab.model import TinyLM
from lab.serve import serve
from lab.task import ANSWER, NAMES, QUERY, Task
from lab.tests.test_model import plain

TRAINED = Path(__file__).parents[2] / "data/tiny-lm/tiny-lm.gguf"


def post(address: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    head = {"Content-Type": "application/json"}
    request = urllib.request.Request(address + path, json.dumps(body).encode(), head)  # noqa: S310  # 127.0.0.1
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


@pytest.fixture(scope="module", params=["random", "trained"])
def served(
    request: pytest.FixtureRequest, model: TinyLM, task: Task, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, TinyLM]]:
    path = TRAINED
    if request.param == "trained" and not path.exists():
        pytest.skip("no trained model yet: python -m lab.train")
    if request.param == "random":
        path = tmp_path_factory.mktemp("gguf") / "random.gguf"
        save(model, task, path, {"seed": 3, "steps": 0})
    server, address = serve(path, slots=2, threads=1)
    yield address, load(path)[0]
    del server


def test_layouts_are_inverse(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(128, 128))
    assert np.array_equal(halved(interleaved(rows, 4), 4), rows)
    first = interleaved(np.arange(32.0)[:, None], 1)[:4, 0]
    assert list(first) == [0, 16, 1, 17]


def test_the_chat_is_read_as_one_token_a_message(served: tuple[str, TinyLM]) -> None:
    found = post(served[0], "/tokenize", {"content": "q003a1q010verdict", "add_special": True})["tokens"]
    assert [NAMES[i] for i in found] == ["<s>", "q003", "a1", "q010", "verdict"]


@pytest.mark.parametrize("size", [0, 3, 40, 95])
@pytest.mark.parametrize("ask", ["answer", "verdict", "survey"])
def test_served_probabilities_are_those_of_torch(served: tuple[str, TinyLM], size: int, ask: str) -> None:
    address, model = served
    torch.set_num_threads(1)
    rng = np.random.default_rng([size, len(ask)])
    sequence = [(QUERY + rng.integers(64), ANSWER + rng.integers(8)) for _ in range(size + 1)]
    flat = [int(i) for pair in sequence for i in pair]
    names = [NAMES[i] for i in flat[:-1]] if ask == "answer" else [*(NAMES[i] for i in flat), ask]
    messages = [{"role": "assistant" if name.startswith("a") else "user", "content": name} for name in names]
    body = {
        "messages": messages,
        "max_tokens": 1,
        "logprobs": True,
        "top_logprobs": 20,
        "top_k": 0,
        "top_p": 1,
        "min_p": 0,
    }
    said = post(address, "/v1/chat/completions", body)
    assert said["usage"]["prompt_tokens"] == 1 + len(names)
    told = said["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    ours = np.exp(plain(model, np.array([NAMES.index("<s>"), *(NAMES.index(name) for name in names)])))
    difference = max(abs(ours[entry["id"]] - np.exp(entry["logprob"])) for entry in told)
    assert len({entry["id"] for entry in told}) == 20
    assert difference < 1e-5
