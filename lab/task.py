"""What is learnt: sequences of queries and answers under one hidden rule, some answers wrong, each judged.

A rule is a table from 64 queries to 8 answers; a model's six rules are fixed random tables, drawn from its seed. A
sequence follows one of them, chosen with Zipf's odds. Its answers are wrong at a rate of its own, which may change
once on the way. Wrong answers either agree with each other (they follow one other rule) or are uniform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = ["LENGTH", "NAMES", "Sequences", "Task", "Wrong", "contexts", "tokens"]

QUERIES, ANSWERS, RULES, GRADES = 64, 8, 6, 5

LENGTH = 256
"""What a server makes room for. In training the longest sequence had 194 tokens: `BOS`, 96 pairs, a judgement."""

NAMES: tuple[str, ...] = (
    "<unk>",
    "<s>",
    "</s>",
    *(f"q{i:03d}" for i in range(QUERIES)),
    *(f"a{i}" for i in range(ANSWERS)),
    "verdict",
    "survey",
    "yes",
    "no",
    *(f"s{i}" for i in range(1, GRADES + 1)),
)
"""The vocabulary. No name begins another one, so a text can be cut into tokens in one way only."""

BOS, QUERY, ANSWER = NAMES.index("<s>"), NAMES.index("q000"), NAMES.index("a0")
VERDICT, SURVEY, YES, NO, GRADE = (NAMES.index(name) for name in ("verdict", "survey", "yes", "no", "s1"))

GRADE_LAW = np.array([0.02, 0.06, 0.14, 0.28, 0.50])
"""P(grade 1…5 | correct) of the raters whose surveys the model learns; for a wrong answer it is read backwards."""

AGREEING, CLEAN, CHANGING = 0.4, 0.1, 0.5
"""Shares of sequences: wrong answers follow one other rule; rate 0 to begin with; the rate changes once."""

Wrong = Literal["uniform", "agreeing"]


@dataclass(frozen=True)
class Sequences:
    """Training sequences, `n` of `pairs` pairs each.

    Attributes
    ----------
    main : int array (n, 1 + 2·pairs)
        Tokens ``BOS q a q a …``.
    branch : int array (n, pairs)
        The token after each pair that asks for a judgement: `VERDICT` or `SURVEY`.
    judgement : int array (n, pairs)
        The token that answers it.
    correct : bool array (n, pairs)
        Whether the pair's answer is the hidden rule's.
    """

    main: np.ndarray
    branch: np.ndarray
    judgement: np.ndarray
    correct: np.ndarray


@dataclass(frozen=True)
class Task:
    """The rules of one model: `table[r, q]` is the answer (0…7) of rule r to query q."""

    table: np.ndarray

    @classmethod
    def drawn(cls, seed: int) -> Task:
        """Six random tables; each entry is uniform, so two rules agree on one query in eight."""
        return cls(np.random.default_rng([seed, 0]).integers(0, ANSWERS, (RULES, QUERIES)))

    @property
    def prior(self) -> np.ndarray:
        """How often a sequence follows each rule: in proportion to 1, 1/2, … 1/6 (Zipf)."""
        weight = 1 / np.arange(1, RULES + 1)
        return weight / weight.sum()

    def rules(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Hidden rules of n sequences."""
        return rng.choice(RULES, n, p=self.prior)

    def answers(
        self, rng: np.random.Generator, rule: np.ndarray, query: np.ndarray, wrong: np.ndarray, other: np.ndarray
    ) -> np.ndarray:
        """Answers that are right, or wrong where `wrong` says so.

        Parameters
        ----------
        rule, other : int array (n,)
            The hidden rule, and the one that wrong answers follow; −1 where they are uniform.
        query, wrong : int and bool array (n, k)

        Returns
        -------
        int array (n, k)
            Where the other rule agrees with the hidden one, its wrong answer is uniform.
        """
        right = self.table[rule[:, None], query]
        uniform = (right + rng.integers(1, ANSWERS, query.shape)) % ANSWERS
        told = np.where(other[:, None] >= 0, self.table[other[:, None], query], right)
        return np.where(wrong, np.where(told == right, uniform, told), right)

    def others(self, rng: np.random.Generator, rule: np.ndarray) -> np.ndarray:
        """For each hidden rule another one, uniformly."""
        return (rule + rng.integers(1, RULES, rule.shape)) % RULES

    def sequences(self, rng: np.random.Generator, n: int, pairs: int, scale: float = 1.0) -> Sequences:
        """Draw training sequences; `scale` in [0, 1] multiplies the rates at which answers are wrong."""
        rule = self.rules(rng, n)
        other = np.where(rng.random(n) < AGREEING, self.others(rng, rule), -1)
        query = rng.integers(0, QUERIES, (n, pairs))
        wrong = rng.random((n, pairs)) < scale * _rates(rng, n, pairs)
        answer = self.answers(rng, rule, query, wrong, other)
        branch = rng.choice([VERDICT, SURVEY], (n, pairs))
        grade = rng.choice(GRADES, (n, pairs), p=GRADE_LAW)
        graded = GRADE + np.where(wrong, GRADES - 1 - grade, grade)
        judgement = np.where(branch == VERDICT, np.where(wrong, NO, YES), graded)
        return Sequences(tokens(query, answer), branch, judgement, ~wrong)


def _rates(rng: np.random.Generator, n: int, pairs: int) -> np.ndarray:
    """Rate of wrong answers at each pair (n, pairs): 0 or Beta(1, 1.8), in half of the sequences with one change."""
    rate = np.where(rng.random((n, 2)) < CLEAN, 0.0, rng.beta(1, 1.8, (n, 2)))
    change = np.where(rng.random(n) < CHANGING, rng.integers(1, pairs, n), pairs)
    return np.where(np.arange(pairs) < change[:, None], rate[:, :1], rate[:, 1:])


def tokens(query: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """``BOS q a q a …`` (n, 1 + 2k) from queries and answers (n, k)."""
    n, k = query.shape
    pairs = np.stack([query + QUERY, answer + ANSWER], axis=2).reshape(n, 2 * k)
    return np.concatenate([np.full((n, 1), BOS), pairs], axis=1)


def contexts(
    task: Task, rng: np.random.Generator, rule: int, size: int, contamination: float, wrong: Wrong
) -> tuple[np.ndarray, np.ndarray]:
    """One context: queries and answers (size,), each wrong independently with probability `contamination`.

    Raises
    ------
    ValueError
        If the contamination is no probability.
    """
    if not 0 <= contamination <= 1:
        raise ValueError(f"A contamination is in [0, 1]; this one is {contamination}.")
    rules = np.array([rule])
    other = task.others(rng, rules) if wrong == "agreeing" else np.array([-1])
    query = rng.integers(0, QUERIES, (1, size))
    answer = task.answers(rng, rules, query, rng.random((1, size)) < contamination, other)
    return query[0], answer[0]
