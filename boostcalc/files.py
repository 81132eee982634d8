"""Files are written under a temporary name and moved: nobody ever reads half of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["written"]


@contextmanager
def written(path: str | os.PathLike[str]) -> Iterator[str]:
    """A name beside `path` to write to; moved there when the block ends, removed if it fails.

    Its folder is made if missing; its ending is kept.
    """
    path = os.path.realpath(path)  # a link is followed, not replaced
    if os.path.exists(path) and not os.path.isfile(path):  # a device or a pipe takes what is written as it comes
        yield path
        return
    folder, name = os.path.split(path)
    stem, ending = os.path.splitext(name)
    os.makedirs(folder, exist_ok=True)
    partial = os.path.join(folder, f".{stem}.{os.getpid()}.partial{ending}")
    try:
        yield partial
        os.replace(partial, path)
    except OSError as error:
        if error.filename == partial:
            error.filename = path
        raise
    finally:
        if os.path.exists(partial):
            os.remove(partial)
