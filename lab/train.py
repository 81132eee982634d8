"""Train the model: `python -m lab.train` writes the GGUF and a log."""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lab import export
from lab.model import Shape, TinyLM, training_layout
from lab.task import NAMES, Sequences, Task

__all__ = ["Recipe", "losses", "train"]


@dataclass(frozen=True)
class Recipe:
    """How a model is trained; with the code it is all that a training depends on.

    Training goes from easy to hard: sequences are `short` pairs long in the first half, and as long as they get in the
    second; rates of wrong answers are scaled by a factor that rises from `quiet` to 1 over the first `ramp` of all
    steps. Rules that are seen through little noise are told apart early, which is what takes longest otherwise.
    """

    seed: int = 0
    steps: int = 4000
    batch: int = 10
    pairs: int = 96
    short: int = 32
    short_batch: int = 24
    quiet: float = 0.2
    ramp: float = 0.4
    rate: float = 2e-3
    warmup: int = 50
    decay: float = 0.05
    clip: float = 1.0

    def rate_at(self, step: int) -> float:
        """Learning rate: linear warm-up, then a cosine down to a twentieth."""
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))

    def drawn(self, task: Task, rng: np.random.Generator, step: int) -> Sequences:
        """The sequences of one step."""
        scale = min(1.0, self.quiet + (1 - self.quiet) * step / max(1.0, self.ramp * self.steps))
        early = step < self.steps // 2
        n, pairs = (self.short_batch, self.short) if early else (self.batch, self.pairs)
        return task.sequences(rng, n, pairs, scale)


def losses(model: TinyLM, drawn: Sequences, layout: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy (nats, over the full vocabulary) of the answers, and of the judgements.

    Queries are uniform: there is nothing to learn in them, and they are not scored.
    """
    main, branch, judgement = (torch.from_numpy(a) for a in (drawn.main, drawn.branch, drawn.judgement))
    logits, _ = model(torch.cat([main, branch], 1), *layout)
    length = main.shape[1]
    answers = functional.cross_entropy(logits[:, 1:length:2].flatten(0, 1).float(), main[:, 2::2].flatten())
    judgements = functional.cross_entropy(logits[:, length:].flatten(0, 1).float(), judgement.flatten())
    return answers, judgements


def train(recipe: Recipe, path: Path, log: Path, every: int = 20) -> TinyLM:
    """Train, log the losses, save as GGUF on the way and at the end."""
    torch.manual_seed(recipe.seed)
    task, rng = Task.drawn(recipe.seed), np.random.default_rng([recipe.seed, 1])
    model = TinyLM(Shape(len(NAMES)))
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=recipe.decay)
    began, seen = time.monotonic(), []
    layouts = {pairs: training_layout(pairs) for pairs in (recipe.short, recipe.pairs)}
    with log.open("w") as lines:
        for step in range(recipe.steps):
            optimiser.param_groups[0]["lr"] = recipe.rate_at(step)
            drawn = recipe.drawn(task, rng, step)
            answers, judgements = losses(model, drawn, layouts[drawn.branch.shape[1]])
            optimiser.zero_grad()
            (answers + judgements).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimiser.step()
            seen.append((answers.item(), judgements.item()))
            if (step + 1) % every == 0 or step + 1 == recipe.steps:
                mean = np.mean(seen[-every:], axis=0)
                row = {"step": step + 1, "answers": mean[0], "judgements": mean[1], "s": time.monotonic() - began}
                print(json.dumps({k: round(float(v), 4) for k, v in row.items()}), file=lines, flush=True)
            if (step + 1) % 200 == 0 or step + 1 == recipe.steps:
                export.save(model, task, path, {"seed": recipe.seed, "steps": step + 1})
    return model


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, default=Path("data/tiny-lm/tiny-lm.gguf"))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    train(
        Recipe(seed=arguments.seed, steps=arguments.steps),
        arguments.output,
        arguments.output.with_suffix(".training.jsonl"),
    )


if __name__ == "__main__":
    main()
