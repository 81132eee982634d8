"""The evaluator's verdict: a scale of words, read from token probabilities or from what was said."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boostcalc.errors import UsageError

__all__ = ["READINGS", "SCALES", "Evaluation", "Verdict"]

SURVEY = ("not at all", "a little", "a moderate amount", "a lot", "a great deal")

SCALES: dict[str, tuple[str, ...]] = {"truth": ("FALSE", "TRUE"), "survey": ("1", "2", "3", "4", "5"), "none": ()}
"""By name, what an evaluator may say, from the worst to the best; "none" asks no evaluator."""

READINGS = ("auto", "probabilities", "sampled")
"""From token probabilities where the scale's words have any; from them or not at all; from what was said."""

LEAST = 0.1
"""What the words' probabilities have to add up to with "auto": below it the reply is a sentence, to be read as such."""


@dataclass(frozen=True)
class Verdict:
    """What the evaluator made of one answer.

    Attributes
    ----------
    accepted : None where nobody was asked.
    score : between 0 (the worst word) and 1; None where no word of the scale was said.
    votes, votes_for : how often it was judged, and how many of these accepted it.
    by : "probabilities", "sampled" or "none".
    """

    accepted: bool | None
    score: float | None
    votes: int
    votes_for: int
    by: str


@dataclass(frozen=True)
class Evaluation:
    r"""How answers are evaluated.

    The scale's words stand for scores $0, \frac1{L-1}, \dots, 1$. A single vote accepts if the expected score under the
    token probabilities of the words is at least `threshold`; of several votes, or with `drawn`, each is a word drawn
    from those probabilities, and votes for the answer if its own score is. Without them a vote is what was said.

    Attributes
    ----------
    scale : "truth" (FALSE, TRUE), "survey" (1 to 5, *not at all* to *a great deal*) or "none": everything is accepted.
    words : instead of the scale's: what the evaluator may say, from the worst to the best; for a template of one's own.
    threshold : in (0, 1].
    votes, needed : votes on each answer, and how many have to accept it (None: more than half).
    reading : one of `READINGS`.
    drawn : whether the word is drawn although there is one vote.
    context : whether the evaluator sees the context that the answer saw.

    Raises
    ------
    UsageError
        If a value is out of range.
    """

    scale: str = "truth"
    words: tuple[str, ...] = ()
    threshold: float = 0.5
    votes: int = 1
    needed: int | None = None
    reading: str = "auto"
    drawn: bool = False
    context: bool = True

    def __post_init__(self) -> None:
        for name, known in (("scale", SCALES), ("reading", READINGS)):
            if getattr(self, name) not in known:
                raise UsageError(f"no {name} {getattr(self, name)!r}: there are {', '.join(known)}")
        if not 0 < self.threshold <= 1:
            raise UsageError(f"threshold = {self.threshold}: scores lie between 0 and 1, give a number in (0, 1]")
        if self.votes < 1 or not 1 <= self.required <= self.votes:
            raise UsageError(
                f"{self.required} of {self.votes} votes are needed: give 1 or more, and no more than votes"
            )
        plain = [word.strip().casefold() for word in self.words]
        if self.words and (len(plain) < 2 or "" in plain or len(set(plain)) < len(plain)):
            raise UsageError(
                f"words = {','.join(self.words)}: give two or more that differ, from the worst to the best"
            )

    @property
    def asked(self) -> bool:
        """Whether there is an evaluator."""
        return self.scale != "none"

    @property
    def calls(self) -> int:
        """Requests that an answer with its verdict takes at most."""
        return 1 + (self.votes if self.asked else 0)

    @property
    def required(self) -> int:
        """Votes that have to accept."""
        return self.votes // 2 + 1 if self.needed is None else self.needed

    @property
    def spoken(self) -> tuple[str, ...]:
        """What the evaluator may say, from the worst to the best."""
        return self.words or SCALES[self.scale]

    @property
    def scores(self) -> NDArray[np.float64]:
        """The score of each word, shape `(words,)`."""
        return np.linspace(0, 1, len(self.spoken))

    def probabilities(self, tokens: Mapping[str, float]) -> NDArray[np.float64] | None:
        """Probabilities of the words, from log-probabilities of the first token said; None where they are too few.

        Too few is none, and with the reading "auto" less than `LEAST` in all. A token stands for a word that it is or
        begins, if it can be no other; capitals and blanks do not matter. What goes to other tokens is left out, so that
        the words' probabilities add up to 1.
        """
        mass = np.zeros(len(self.spoken))
        for token, log_probability in tokens.items():
            if (word := self._begun(token)) is not None:
                mass[word] += math.exp(min(log_probability, 0.0))
        total = mass.sum()
        return mass / total if total > 0 and (self.reading != "auto" or total >= LEAST) else None

    def said(self, text: str) -> int | None:
        """Which word a reply says: the one it begins with, else the last that stands in it; None for none."""
        words = {word.strip().casefold(): number for number, word in enumerate(self.spoken)}
        if self.scale == "survey" and not self.words:
            words |= {phrase: number for number, phrase in enumerate(SURVEY)}
        either = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        plain = " ".join(text.casefold().split())
        found = [(one.start(), words[one[0]]) for one in re.finditer(rf"(?<!\w)(?:{either})(?!\w)", plain)]
        if not found:
            return None
        begins = len(plain) - len(plain.lstrip(" *\"'`([{"))
        return found[0][1] if found[0][0] == begins else found[-1][1]

    def judge(self, read: Sequence[NDArray[np.float64] | int | None], rng: np.random.Generator) -> Verdict:
        """The verdict: from the words' probabilities (one entry, for all votes), or from one word (or None) a vote."""
        if not self.asked:
            return Verdict(True, None, 0, 0, "none")
        first = read[0]
        if isinstance(first, np.ndarray):
            expected = float(first @ self.scores)
            if self.votes == 1 and not self.drawn:
                return self._verdict(int(expected >= self.threshold), expected, "probabilities")
            words = rng.choice(len(first), size=self.votes, p=first)
            return self._verdict(int((self.scores[words] >= self.threshold).sum()), expected, "probabilities")
        heard = [float(self.scores[word]) for word in read if word is not None]
        votes_for = sum(score >= self.threshold for score in heard)
        return self._verdict(votes_for, sum(heard) / len(heard) if heard else None, "sampled")

    def _verdict(self, votes_for: int, score: float | None, by: str) -> Verdict:
        return Verdict(votes_for >= self.required, score, self.votes, votes_for, by)

    def _begun(self, token: str) -> int | None:
        """The word that a token begins."""
        plain = token.strip().casefold()
        if not plain:
            return None
        words = [word.strip().casefold() for word in self.spoken]
        if plain in words:
            return words.index(plain)
        able = [
            number
            for number, word in enumerate(words)
            if word.startswith(plain) or (plain.startswith(word) and not plain[len(word)].isalnum())
        ]
        return able[0] if len(able) == 1 else None
