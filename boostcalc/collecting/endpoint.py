"""An OpenAI-compatible endpoint: one request, its reply, and each way it may fail as a sentence."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit, urlunsplit

from boostcalc.collecting.budget import Spent
from boostcalc.collecting.prompts import Messages
from boostcalc.errors import EndpointError, UsageError

if TYPE_CHECKING:
    import openai

__all__ = ["Client", "Endpoint", "Reply"]

TOPS: dict[int, int | None] = {20: 5, 5: None}
"""How many of the most likely tokens are asked for, and what next where that is refused: 20 is the most anywhere."""

SET_HERE = ("model", "messages", "temperature", "max_tokens", "max_completion_tokens", "seed", "n", "stream")
PROBABILITIES = ("logprobs", "top_logprobs")
"""Fields that no extra one may set: an option of its own does, or its reply would be of a kind not read here."""

NO_KEY = "none"
"""What is sent where an endpoint needs no key: the client insists on one."""


@dataclass(frozen=True)
class Endpoint:
    """Which model is asked, where and how.

    Attributes
    ----------
    model : its name at the endpoint.
    url : such as http://127.0.0.1:8080/v1; None for OpenAI's.
    judge : the model that evaluates; None for the same.
    key_env : the environment variable that holds the key. The key is read from it, and never written anywhere.
    temperature : of answers, and of verdicts that are sampled; token probabilities are asked for at 1.
    max_tokens, judge_tokens : tokens of an answer, and of a verdict.
    timeout : seconds that a request may take.
    retries : how often a request is sent again that failed in passing (429, 5xx, no connection, out of time).
    seeded : whether each request carries a seed of its own, for endpoints that can repeat themselves.
    extra : further fields of every request, such as {"top_k": 0}.

    Raises
    ------
    UsageError
        If a value is out of range.
    """

    model: str
    url: str | None = None
    judge: str | None = None
    key_env: str = "OPENAI_API_KEY"
    temperature: float = 1.0
    max_tokens: int = 256
    judge_tokens: int = 16
    timeout: float = 60.0
    retries: int = 5
    seeded: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.model:
            raise UsageError("no model is named: say which one the endpoint is to ask")
        if self.url is not None and not _sound(self.url):
            shown = self.url.rpartition("@")[2].partition("?")[0]  # without what may be a key
            raise UsageError(f"{shown!r} is no address of an endpoint: write http://HOST:PORT/v1")
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise UsageError(f"temperature = {self.temperature}: give a number, 0 or more")
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            raise UsageError(f"timeout = {self.timeout}: give seconds, more than 0")
        for name, least in (("max_tokens", 1), ("judge_tokens", 1), ("retries", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} = {getattr(self, name)}: give a whole number, {least} or more")
        if taken := sorted({*SET_HERE, *PROBABILITIES}.intersection(self.extra)):
            raise UsageError(f"{taken[0]} is no extra field: an option of its own, or nothing, sets it")

    @property
    def address(self) -> str:
        """Where it is, without what a URL may hold of a key."""
        parts = urlsplit(self.url or "https://api.openai.com/v1")
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    def drawn_by(self) -> dict[str, Any]:
        """What answers depend on: neither the key, nor where it is today, nor the patience with which it is asked."""
        names = ("model", "judge", "temperature", "max_tokens", "judge_tokens", "seeded")
        return {**{name: getattr(self, name) for name in names}, "extra": dict(self.extra)}

    def key(self) -> str:
        """The key, from the environment.

        Raises
        ------
        UsageError
            If there is none and the endpoint is OpenAI's, which needs one.
        """
        key = os.environ.get(self.key_env, "").strip()
        if not key and self.url is None:
            raise UsageError(
                f"the environment has no {self.key_env}: put the key there, or name an endpoint of your own (--url)"
            )
        if not (key.isascii() and key.isprintable()):
            raise UsageError(f"what {self.key_env} holds is no key: it has letters that no key has, or several lines")
        return key or NO_KEY


def _sound(url: str) -> bool:
    """Whether a URL is one of an endpoint."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets left open, a port that is none
        return False


@dataclass(frozen=True)
class Reply:
    """What came back: the text, log-probabilities of the first token that is not blank (None: not given), the cost."""

    text: str
    tokens: dict[str, float] | None
    spent: Spent


class Client:
    """Requests to one endpoint; `async with` opens and closes its connections.

    `top` is how many of the most likely tokens are asked for; None once the endpoint has refused to give any.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        try:
            import openai
        except ImportError:
            raise UsageError(
                "endpoints are asked through OpenAI's client, which is not installed: pip install 'boostcalc[collect]'"
            ) from None
        self.endpoint = endpoint
        self.top: int | None = next(iter(TOPS))
        self._limit = "max_tokens"
        self._key = endpoint.key()
        self._openai: openai.AsyncOpenAI = openai.AsyncOpenAI(
            api_key=self._key,
            base_url=endpoint.url or "https://api.openai.com/v1",
            timeout=endpoint.timeout,
            max_retries=endpoint.retries,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._openai.close()

    async def answer(self, messages: Messages, seed: int) -> Reply:
        """An answer of the model."""
        return await self._send(messages, seed, self.endpoint.model, self.endpoint.max_tokens, probabilities=False)

    async def verdict(self, messages: Messages, seed: int, *, probabilities: bool) -> Reply:
        """A verdict of the judge, with token probabilities where wanted and given."""
        model = self.endpoint.judge or self.endpoint.model
        return await self._send(messages, seed, model, self.endpoint.judge_tokens, probabilities=probabilities)

    async def _send(self, messages: Messages, seed: int, model: str, most: int, *, probabilities: bool) -> Reply:
        import openai

        top = self.top if probabilities else None
        fields: dict[str, Any] = {
            "model": model,
            "messages": messages,
            "temperature": 1.0 if top else self.endpoint.temperature,
            self._limit: most,
            **({"seed": seed} if self.endpoint.seeded else {}),
            **({"logprobs": True, "top_logprobs": top} if top else {}),
        }
        try:
            found = await self._openai.chat.completions.create(**fields, extra_body=dict(self.endpoint.extra) or None)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            if not self._adapted(str(error), fields):
                raise self._refused(error, model) from None
            return await self._send(messages, seed, model, most, probabilities=probabilities)
        except openai.APIStatusError as error:
            raise self._refused(error, model) from None
        except openai.APITimeoutError:
            raise EndpointError(
                f"{self.endpoint.address} did not answer within {self.endpoint.timeout:g} seconds, asked "
                f"{_times(self.endpoint.retries + 1)}: allow more (--timeout), or ask less at a time (--concurrency)"
            ) from None
        except openai.APIConnectionError:
            raise EndpointError(
                f"no connection to {self.endpoint.address}, tried {_times(self.endpoint.retries + 1)}: "
                "is it running, and is that its address?"
            ) from None
        except (openai.OpenAIError, ValueError):  # a body that is no JSON, or none of this kind
            raise self._malformed() from None
        return self._read(found)

    def _adapted(self, complaint: str, fields: dict[str, Any]) -> bool:
        """Whether the request can be made in a way that the endpoint has just asked for."""
        if "logprobs" in fields and "logprob" in complaint.lower():
            # others under way may have been refused as much, and more
            self.top = min(self.top or 0, TOPS[fields["top_logprobs"]] or 0) or None
            return True
        if self._limit in fields and self._limit == "max_tokens" and "max_completion_tokens" in complaint:
            self._limit = "max_completion_tokens"
            return True
        # another request may have learnt it meanwhile
        return "max_tokens" in fields and self._limit != "max_tokens" and "max_completion_tokens" in complaint

    def _refused(self, error: openai.APIStatusError, model: str) -> UsageError | EndpointError:
        """The sentence for a status; the endpoint's own words never where they may quote a key."""
        at, status = self.endpoint.address, error.status_code
        if status in (401, 403):
            return UsageError(
                f"{at} refuses the key in {self.endpoint.key_env} (status {status}): is it the right one?"
            )
        if status == 429:
            return EndpointError(
                f"{at} accepts no more requests for now (status 429), asked {_times(self.endpoint.retries + 1)}: "
                f"wait, check the account's limits, or ask less at a time (--concurrency); it says: {self._said(error)}"
            )
        if status == 404:
            return UsageError(f"{at} has no model {model!r}, or is another address (404): {self._said(error)}")
        if status in (408, 409) or status >= 500:
            return EndpointError(
                f"{at} failed (status {status}), asked {_times(self.endpoint.retries + 1)}: {self._said(error)}"
            )
        return UsageError(f"{at} refuses the request (status {status}): {self._said(error)}")

    def _said(self, error: openai.APIStatusError) -> str:
        """An endpoint's words: one short line, the key struck out."""
        body: Any = error.body
        inner = body.get("message", body) if isinstance(body, dict) else body
        text = inner if isinstance(inner, str) else error.message
        shown = "".join(letter if letter.isprintable() else " " for letter in text)
        if self._key != NO_KEY:
            shown = shown.replace(self._key, "…")
        line = " ".join(shown.split())
        return line if len(line) <= 200 else f"{line[:199]}…"

    def _malformed(self) -> EndpointError:
        return EndpointError(
            f"{self.endpoint.address} answers, but not as a chat endpoint does: is that its address (ending in /v1)?"
        )

    def _read(self, found: Any) -> Reply:
        try:
            choice = found.choices[0]
            text = choice.message.content or ""
            usage = found.usage
            spent = Spent(1, *((usage.prompt_tokens or 0, usage.completion_tokens or 0) if usage else (0, 0)))
            content = choice.logprobs.content if getattr(choice, "logprobs", None) else None
            said = next((token for token in content or () if token.token.strip()), None)
            tokens = {one.token: float(one.logprob) for one in said.top_logprobs or (said,)} if said else None
        except (AttributeError, IndexError, TypeError):
            raise self._malformed() from None
        if not isinstance(text, str):
            raise self._malformed()
        return Reply(text, tokens, spent)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
