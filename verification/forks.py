"""Trials in processes of their own, whose answers come back through a pipe."""

from __future__ import annotations

import os
import pickle
import select
import signal
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

__all__ = ["Verdict", "fork", "forked", "received"]


@dataclass(frozen=True)
class Verdict:
    """`outcome` is "killed", "timeout" or "survived"; `test` the first that failed."""

    outcome: str
    test: str = ""


def fork(act: Callable[[], Any]) -> tuple[int, int]:
    """A child that pickles what `act` returns into a pipe: its pid, and the pipe's end."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    os.close(reader)
    try:
        with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
            answer = act()
    except BaseException as error:
        answer = Verdict("killed", f"import: {type(error).__name__}")
    with os.fdopen(writer, "wb") as out:
        pickle.dump(answer, out)
    os._exit(0)


def received(reader: int, pid: int) -> Any:
    with os.fdopen(reader, "rb") as source:
        said = source.read()
    os.waitpid(pid, 0)
    return pickle.loads(said) if said else Verdict("killed", "the process died")  # noqa: S301  # as above


def forked(act: Callable[[], Any], limit: float) -> Any:
    pid, reader = fork(act)
    if not select.select([reader], [], [], limit)[0]:
        os.kill(pid, signal.SIGKILL)
    return received(reader, pid)
