"""Answers and judgements in bulk: many candidate queries branch off one shared context.

Each candidate sees its context and itself only, so a candidate's probabilities are those of the plain causal sequence
``BOS q a … q`` (and ``… q a verdict``) that llama.cpp serves; tests hold the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from lab.model import Past, TinyLM, additive, causal
from lab.task import ANSWER, ANSWERS, GRADE, GRADES, NO, QUERIES, QUERY, SURVEY, VERDICT, YES, Task, tokens

__all__ = ["Attempts", "Candidates", "attempt"]


@dataclass(frozen=True)
class Attempts:
    """Answers to m queries under each of n contexts, and what the model thinks of them; arrays (n, m).

    Attributes
    ----------
    query, answer : int
    correct : bool
    yes : float
        Log-odds of `yes` against `no` after the verdict token.
    said_yes : bool
        A verdict drawn with those odds.
    grade : int
        A grade (1…5) drawn after the survey token.
    """

    query: np.ndarray
    answer: np.ndarray
    correct: np.ndarray
    yes: np.ndarray
    said_yes: np.ndarray
    grade: np.ndarray


class Candidates:
    """n contexts of k pairs each, read once; then m candidate queries under each of them."""

    def __init__(self, model: TinyLM, query: np.ndarray, answer: np.ndarray) -> None:
        """Read the contexts: queries and answers are int arrays (n, k)."""
        self.model = model
        read = torch.from_numpy(tokens(query, answer))
        self.length = read.shape[1]
        with torch.inference_mode():
            _, self.past = model(read, torch.arange(self.length), additive(causal(self.length)))

    def answers(self, query: np.ndarray) -> tuple[np.ndarray, Past]:
        """Log-probabilities (n, m, vocabulary) of what follows each query (n, m), and the memory with the queries."""
        m = query.shape[1]
        seen = torch.cat([torch.ones(m, self.length, dtype=torch.bool), torch.eye(m, dtype=torch.bool)], 1)
        return self._read(query + QUERY, torch.full((m,), self.length), seen, self.past)

    def judgements(self, answer: np.ndarray, past: Past) -> tuple[np.ndarray, np.ndarray]:
        """Log-probabilities (n, m, vocabulary) after the verdict token, and after the survey token, of each answer."""
        n, m = answer.shape
        asked = [np.full((n, m), token) for token in (VERDICT, SURVEY)]
        own, none = torch.eye(m, dtype=torch.bool), torch.zeros(m, m, dtype=torch.bool)
        pair = torch.cat([own, own], 1)
        seen = torch.cat(
            [
                torch.ones(3 * m, self.length, dtype=torch.bool),
                torch.cat(
                    [
                        torch.cat([pair, none, none], 1),
                        torch.cat([pair, own, none], 1),
                        torch.cat([pair, none, own], 1),
                    ]
                ),
            ],
            1,
        )
        positions = self.length + torch.tensor([1, 2, 2]).repeat_interleave(m)
        found, _ = self._read(np.concatenate([answer + ANSWER, *asked], 1), positions, seen, past)
        return found[:, m : 2 * m], found[:, 2 * m :]

    def _read(
        self, read: np.ndarray, positions: torch.Tensor, seen: torch.Tensor, past: Past
    ) -> tuple[np.ndarray, Past]:
        with torch.inference_mode():
            logits, present = self.model(torch.from_numpy(read), positions, additive(seen), past)
            return logits.double().log_softmax(-1).numpy(), present


def attempt(
    model: TinyLM,
    task: Task,
    rule: np.ndarray,
    context: tuple[np.ndarray, np.ndarray],
    rngs: list[np.random.Generator],
    m: int,
) -> Attempts:
    """Let the model answer m random queries under each of n contexts, and judge its answers.

    Answers are drawn from the eight answers' probabilities, verdicts from `yes` and `no`, grades from the five: what a
    client gets that samples at temperature 1 and asks again when told something else.

    Parameters
    ----------
    rule : int array (n,)
        The hidden rules: what is correct.
    context : int arrays (n, k)
        Queries and answers.
    rngs : n generators
        One for each context, so that no run depends on which others are at work beside it.
    """
    query = np.stack([rng.integers(0, QUERIES, m) for rng in rngs])
    chance = np.stack([rng.random((3, m)) for rng in rngs], axis=1)
    candidates = Candidates(model, *context)
    told, past = candidates.answers(query)
    answer = _drawn(told[..., ANSWER : ANSWER + ANSWERS], chance[0])
    verdict, survey = candidates.judgements(answer, past)
    yes = verdict[..., YES] - verdict[..., NO]
    return Attempts(
        query=query,
        answer=answer,
        correct=answer == task.table[rule[:, None], query],
        yes=yes,
        said_yes=np.log(chance[1] / (1 - chance[1])) < yes,
        grade=1 + _drawn(survey[..., GRADE : GRADE + GRADES], chance[2]),
    )


def _drawn(log_weight: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Indices (n, m) drawn in proportion to exp(log_weight) (n, m, k), by the inverse of the distribution function."""
    upto = np.exp(log_weight - log_weight.max(-1, keepdims=True)).cumsum(-1)
    return (upto < chance[..., None] * upto[..., -1:]).sum(-1)
