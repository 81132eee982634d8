"""An OpenAI-compatible endpoint on 127.0.0.1 that adds two numbers, and errs as a response says.

It answers from a hash of the request alone: the same messages and seed get the same reply, whenever and in whatever
order they come.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from boostcalc.odds import expit

SUM = re.compile(r"(\d+) plus (\d+)")
KEY = "sk-test-0123456789abcdef"


def task_lines(count: int) -> str:
    """So many tasks, as JSONL."""
    lines = []
    for i in range(count):
        other = 7 * i % 31
        wrong = [str(i + other + j) for j in (1, 2)]
        row = {"id": f"q{i}", "query": f"What is {i} plus {other}?", "answer": i + other, "wrong_answers": wrong}
        lines.append(json.dumps(row) + "\n")
    return "".join(lines)


def truth(query: str) -> str:
    """The right answer to a query."""
    found = SUM.findall(query)[-1]
    return str(int(found[0]) + int(found[1]))


def chance(*key: Any) -> float:
    """A number in [0, 1) from a hash."""
    return int.from_bytes(hashlib.sha256(json.dumps(key).encode()).digest()[:8], "big") / 2**64


@dataclass
class FakeEndpoint:
    """The endpoint; `with` starts and stops it.

    Attributes
    ----------
    a, b : log-odds of an error under a clean context, and what a wholly wrong one adds; ε without context: σ(a).
    tpr, fpr : how often a right and a wrong answer is believed.
    logprobs : "given", "missing" (asked for, and left out), "refused" (status 400), "five" (refused for more tokens) or
        "chatty" (given for a verdict that begins with another word).
    silent : whether every answer is empty.
    status : what is answered instead, for the first `failing` requests.
    body : instead of a reply: bytes and their type.
    delay : seconds that a reply takes, up to.
    asked : the seeds of the requests that were answered, in order.
    """

    a: float = -1.0
    b: float = 2.0
    tpr: float = 0.8
    fpr: float = 0.3
    logprobs: str = "given"
    silent: bool = False
    status: int = 200
    failing: float = math.inf
    body: tuple[bytes, str] | None = None
    delay: float = 0.0
    usage: bool = True
    asked: list[tuple[int | None, bool]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    most_at_once: int = 0

    def __enter__(self) -> Self:
        endpoint, lock = self, threading.Lock()
        self._now = 0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                """Says nothing."""

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    endpoint._now += 1
                    endpoint.most_at_once = max(endpoint.most_at_once, endpoint._now)
                    endpoint.seen.append(request)
                    endpoint.headers.append(self.headers.get("Authorization", ""))
                try:
                    time.sleep(endpoint.delay * chance("delay", request.get("seed"), len(endpoint.seen)))
                    status, body, kind = endpoint.reply(request)
                    with lock:
                        if status == 200:
                            endpoint.asked.append((request.get("seed"), judging(request)))
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.send_header("retry-after-ms", "1")
                    self.end_headers()
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):  # whoever asked was killed
                    self.close_connection = True
                finally:
                    with lock:
                        endpoint._now -= 1

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def reply(self, request: dict[str, Any]) -> tuple[int, bytes, str]:
        """Status, body and its type."""
        if self.status != 200 and len(self.seen) <= self.failing:
            said = {"error": {"message": f"no: the key {KEY} was used", "type": "bad", "code": None, "param": None}}
            return self.status, json.dumps(said).encode(), "application/json"
        if self.body is not None:
            return 200, *self.body
        most = {"refused": 0, "five": 5}.get(self.logprobs, 20)
        if request.get("top_logprobs", 0) > most:
            said = {"error": {"message": "this model does not support logprobs", "type": "invalid", "code": None}}
            return 400, json.dumps(said).encode(), "application/json"
        text, tops = self.verdict(request) if judging(request) else ("" if self.silent else self.answer(request), {})
        if self.logprobs == "chatty" and tops:
            text, tops = f"Well, I say: {text}.", {"Well": -0.01, "TRUE": -9.0}
        choice: dict[str, Any] = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": text},
            "logprobs": None,
        }
        if request.get("logprobs") and self.logprobs != "missing":
            top = [{"token": token, "logprob": value, "bytes": None} for token, value in tops.items()]
            choice["logprobs"] = {"content": [{**max(top, key=lambda one: one["logprob"]), "top_logprobs": top}]}
        document = {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": request["model"],
            "choices": [choice],
            **({"usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}} if self.usage else {}),
        }
        return 200, json.dumps(document).encode(), "application/json"

    def answer(self, request: dict[str, Any]) -> str:
        """A sum, or one off by one or two."""
        said = [message for message in request["messages"] if message["role"] != "system"]
        pairs = [(said[i]["content"], said[i + 1]["content"]) for i in range(0, len(said) - 1, 2)]
        share = sum(answer != truth(query) for query, answer in pairs) / len(pairs) if pairs else 0.0
        right = truth(said[-1]["content"])
        if chance("error", said, request.get("seed")) >= float(expit(self.a + self.b * share)):
            return right
        return str(int(right) + 1 + int(chance("which", said, request.get("seed")) * 2))

    def verdict(self, request: dict[str, Any]) -> tuple[str, dict[str, float]]:
        """What is said of the answer, and log-probabilities of what might be."""
        said = [message for message in request["messages"] if message["role"] != "system"]
        right = said[-2]["content"] == truth(said[-3]["content"])
        belief = 0.9 if chance("belief", said, request.get("seed")) < (self.tpr if right else self.fpr) else 0.1
        if "TRUE" in said[-1]["content"]:
            tops = {" TRUE": math.log(belief * 0.9), "FALSE": math.log((1 - belief) * 0.9), "Well": math.log(0.1)}
        else:
            tops = {str(i): math.log(0.6 if (i == 5) == (belief > 0.5) and i in (1, 5) else 0.1) for i in range(1, 6)}
        return max(tops, key=lambda one: tops[one]).strip(), tops


def judging(request: dict[str, Any]) -> bool:
    """Whether a request asks for a verdict."""
    return "plus" not in request["messages"][-1]["content"].splitlines()[-1]
