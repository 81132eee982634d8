"""What a model is told: templates, filled by plain replacement, and how a context is laid out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias

from boostcalc.errors import UsageError

__all__ = ["LAYOUTS", "Message", "Messages", "Prompts", "Shown", "template"]

LAYOUTS = ("chat", "prompt")
"""A context as user and assistant in turn, or as one text."""

Message: TypeAlias = dict[str, str]
Messages: TypeAlias = list[Message]
Shown: TypeAlias = tuple[str, str]
"""A query and the answer that a context shows to it."""

PLACES = re.compile(r"\{(query|answer)\}")


def template(name: str) -> str:
    """A template that comes with the package: "instruction", "question", "pair", "truth" or "survey"."""
    return (files("boostcalc.collecting") / "templates" / f"{name}.txt").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Prompts:
    r"""The templates, with the places `{query}` and `{answer}`; None for the one that comes with the package.

    What is put into a place is never searched for places. One line feed at the end of a template is its file's, but
    for a pair, whose end divides it from the next.

    Attributes
    ----------
    instruction : the system message; empty for none.
    question : how a query is asked.
    evaluation : what the evaluator is asked of the answer above it.
    pair : a query with its answer, where the context is one text; what stands before `{answer}` asks for one.
    layout : "chat" (each pair of the context is a user's and an assistant's message) or "prompt" (one message).

    Raises
    ------
    UsageError
        If a template lacks the place that it is for, or there is no such layout.
    """

    instruction: str | None = None
    question: str | None = None
    evaluation: str | None = None
    pair: str | None = None
    layout: str = "chat"

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise UsageError(f"no layout {self.layout!r}: there are {', '.join(LAYOUTS)}")
        for name, needed in (("question", ("query",)), ("pair", ("query", "answer"))):
            text = getattr(self, name)
            for place in needed if text is not None else ():
                if f"{{{place}}}" not in text:
                    raise UsageError(f"the template for {name} has no place {{{place}}}: say where it belongs")

    @classmethod
    def from_files(cls, layout: str = "chat", **paths: str | Path | None) -> Prompts:
        """Templates from UTF-8 files, by the attributes' names; None for those that come with the package."""
        texts: dict[str, str | None] = {}
        for name, path in paths.items():
            try:
                texts[name] = None if path is None else Path(path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(f"the template {path} cannot be read: {error}") from None
        return cls(layout=layout, **texts)

    def filled(self, scale: str) -> Prompts:
        """All templates as they are used; the evaluation is the package's for that scale where none is given."""
        names = {"evaluation": scale}
        texts = {
            spec.name: template(names.get(spec.name, spec.name))
            for spec in fields(self)
            if spec.name != "layout" and getattr(self, spec.name) is None
        }
        given = {spec.name: getattr(self, spec.name) for spec in fields(self)}
        return Prompts(**{name: texts.get(name, text) for name, text in given.items()})

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the templates and the layout."""
        return hashlib.sha256(json.dumps([getattr(self, spec.name) for spec in fields(self)]).encode()).hexdigest()

    def asking(self, context: Sequence[Shown], query: str) -> Messages:
        """The messages that ask for an answer."""
        if self.layout == "chat":
            return [*self._system(), *self._pairs(context), _says("user", self._put("question", query=query))]
        before = (self.pair or "").partition("{answer}")[0].rstrip()
        text = self._together(context) + PLACES.sub(lambda place: query if place[1] == "query" else "", before)
        return [*self._system(), _says("user", text)]

    def judging(self, context: Sequence[Shown], query: str, answer: str) -> Messages:
        """The messages that ask for a verdict on an answer."""
        verdict = self._put("evaluation", query=query, answer=answer)
        if self.layout == "chat":
            return [*self._system(), *self._pairs([*context, (query, answer)]), _says("user", verdict)]
        return [*self._system(), _says("user", self._together([*context, (query, answer)]) + verdict)]

    def _system(self) -> Messages:
        text = self._put("instruction")
        return [_says("system", text)] if text else []

    def _pairs(self, context: Sequence[Shown]) -> Messages:
        return [
            message
            for query, answer in context
            for message in (_says("user", self._put("question", query=query)), _says("assistant", answer))
        ]

    def _together(self, context: Sequence[Shown]) -> str:
        return "".join(_put(self.pair or "", {"query": query, "answer": answer}) for query, answer in context)

    def _put(self, name: str, **values: str) -> str:
        return _put((getattr(self, name) or "").removesuffix("\n"), values)


def _put(text: str, values: dict[str, str]) -> str:
    # one pass: a query that holds "{answer}" stays as it is
    return PLACES.sub(lambda place: values.get(place[1], place[0]), text)


def _says(role: str, text: str) -> Message:
    return {"role": role, "content": text}
