from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from lab.export import load
from lab.model import TinyLM, training_layout
from lab.task import Task
from lab.train import Recipe, losses, train


def test_a_few_steps_learn_which_tokens_may_come(tmp_path: Path) -> None:
    recipe = Recipe(seed=5, steps=30, batch=4, pairs=16, short_batch=8, short=8, warmup=5)
    trained = train(recipe, tmp_path / "m.gguf", tmp_path / "log.jsonl", every=10)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [10, 20, 30]
    # with no more than the kind of token that comes next, an answer costs ln 8 and an untrained model pays ln 84
    assert rows[-1]["answers"] < (np.log(8) + np.log(84)) / 2
    read, task, facts = load(tmp_path / "m.gguf")
    assert facts == {"seed": 5, "steps": 30}
    assert np.array_equal(task.table, Task.drawn(5).table)
    for name, weight in trained.state_dict().items():
        assert torch.equal(weight, read.state_dict()[name]), name


def test_the_loss_is_the_likelihood_of_answers_and_judgements(
    model: TinyLM, task: Task, rng: np.random.Generator
) -> None:
    drawn, layout = task.sequences(rng, 2, 5), training_layout(5)
    with torch.inference_mode():
        answers, judgements = losses(model, drawn, layout)
        both = torch.from_numpy(np.concatenate([drawn.main, drawn.branch], 1))
        log_p = model(both, *layout)[0].double().log_softmax(-1).numpy()
    said = [log_p[r, 1 + 2 * i, drawn.main[r, 2 + 2 * i]] for r in range(2) for i in range(5)]
    judged = [log_p[r, 11 + i, drawn.judgement[r, i]] for r in range(2) for i in range(5)]
    assert np.isclose(answers, -np.mean(said), rtol=1e-4)
    assert np.isclose(judgements, -np.mean(judged), rtol=1e-4)


def test_the_rate_rises_then_falls() -> None:
    recipe = Recipe()
    rate = np.array([recipe.rate_at(step) for step in range(recipe.steps)])
    assert rate.argmax() in (recipe.warmup - 1, recipe.warmup)
    assert np.isclose(rate.max(), recipe.rate)
    assert np.all(np.diff(rate[recipe.warmup :]) < 0)
    assert np.isclose(rate[-1], recipe.rate / 20, rtol=1e-2)


def test_training_goes_from_easy_to_hard(task: Task) -> None:
    recipe = Recipe(short_batch=100, batch=100)
    early, late = (recipe.drawn(task, np.random.default_rng(1), step) for step in (0, recipe.steps - 1))
    assert early.branch.shape[1] == recipe.short
    assert late.branch.shape[1] == recipe.pairs
    # sequences are wrong at a mean rate of 0.9 · 1 / 2.8, times the scale
    for drawn, scale in ((early, recipe.quiet), (late, 1.0)):
        share = (~drawn.correct).mean(1)
        assert abs(share.mean() - scale * 0.9 / 2.8) < 4.5 * share.std() / len(share) ** 0.5
