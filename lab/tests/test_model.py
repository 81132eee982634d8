"""Branches must be what they stand for: the plain causal sequence that ends in them."""

from __future__ import annotations

import numpy as np
import torch

from lab.model import TinyLM, additive, causal, training_layout
from lab.sample import Candidates, attempt
from lab.task import ANSWER, QUERY, SURVEY, VERDICT, Task, tokens


def plain(model: TinyLM, sequence: np.ndarray) -> np.ndarray:
    """Log-probabilities of what follows one sequence of tokens."""
    with torch.inference_mode():
        size = len(sequence)
        logits, _ = model(torch.from_numpy(sequence)[None], torch.arange(size), additive(causal(size)))
    return logits[0, -1].double().log_softmax(-1).numpy()


def close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.max(np.abs(np.exp(a) - np.exp(b))) < 2e-5)  # probabilities, in 32-bit arithmetic


def test_a_judgement_in_training_is_a_causal_suffix(model: TinyLM, task: Task, rng: np.random.Generator) -> None:
    drawn = task.sequences(rng, 2, 12)
    both = torch.from_numpy(np.concatenate([drawn.main, drawn.branch], 1))
    with torch.inference_mode():
        logits = model(both, *training_layout(12))[0].double().log_softmax(-1).numpy()
    for pair in (0, 5, 11):
        for row in range(2):
            upto = drawn.main[row, : 3 + 2 * pair]
            assert close(logits[row, 25 + pair], plain(model, np.append(upto, drawn.branch[row, pair])))
            assert close(logits[row, 1 + 2 * pair], plain(model, upto[:-1]))


def test_candidates_are_causal_sequences_of_their_own(model: TinyLM, rng: np.random.Generator) -> None:
    context = rng.integers(0, 64, (2, 7)), rng.integers(0, 8, (2, 7))
    query, answer = rng.integers(0, 64, (2, 5)), rng.integers(0, 8, (2, 5))
    candidates = Candidates(model, *context)
    told, past = candidates.answers(query)
    verdict, survey = candidates.judgements(answer, past)
    start = tokens(*context)
    for row in range(2):
        for j in range(5):
            asked = np.append(start[row], query[row, j] + QUERY)
            assert close(told[row, j], plain(model, asked))
            answered = np.append(asked, answer[row, j] + ANSWER)
            assert close(verdict[row, j], plain(model, np.append(answered, VERDICT)))
            assert close(survey[row, j], plain(model, np.append(answered, SURVEY)))


def test_draws_follow_the_probabilities(model: TinyLM, task: Task) -> None:
    query, answer = np.tile(np.arange(4), (1, 1)), np.zeros((1, 4), int)
    seen = attempt(model, task, np.array([0]), (query, answer), [np.random.default_rng(0)], 4000)
    assert np.array_equal(seen.correct, seen.answer == task.table[0][seen.query])
    p = 1 / (1 + np.exp(-seen.yes))
    assert abs(np.sum(seen.said_yes - p)) < 4.5 * np.sqrt(np.sum(p * (1 - p)))
    of = seen.query[0] == 5
    told, _ = Candidates(model, query, answer).answers(np.array([[5]]))
    law = np.exp(told[0, 0, ANSWER : ANSWER + 8])
    law /= law.sum()
    share = np.bincount(seen.answer[0, of], minlength=8) / of.sum()
    assert np.all(np.abs(share - law) < 4.5 * np.sqrt(law * (1 - law) / of.sum()) + 1e-6)


def test_a_run_does_not_depend_on_its_neighbours(model: TinyLM, task: Task, rng: np.random.Generator) -> None:
    context = rng.integers(0, 64, (3, 6)), rng.integers(0, 8, (3, 6))
    rule = np.array([0, 1, 2])
    together = attempt(model, task, rule, context, [np.random.default_rng(i) for i in range(3)], 9)
    alone = attempt(model, task, rule[1:2], (context[0][1:2], context[1][1:2]), [np.random.default_rng(1)], 9)
    assert np.array_equal(together.query[1], alone.query[0])
    assert np.array_equal(together.answer[1], alone.answer[0])
    assert np.allclose(together.yes[1], alone.yes[0], atol=1e-3)
