"""Serve a GGUF with llama.cpp's own server: `python -m lab.serve data/tiny-lm/tiny-lm.gguf --port 8080`.

The server speaks the OpenAI protocol on 127.0.0.1 and under no other address. Every message is the name of a token:
queries (`q000`…`q063`) and what asks for a judgement (`verdict`, `survey`) come from the user, answers (`a0`…`a7`)
from the assistant. Ask for one token (`max_tokens=1`) and switch off what cuts the distribution
(`top_k=0, top_p=1, min_p=0`).
"""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

import xllamacpp

from lab.task import LENGTH

__all__ = ["serve"]


def serve(path: Path, *, port: int = 0, slots: int = 4, threads: int = 1) -> tuple[xllamacpp.Server, str]:
    """Start the server in threads of this process; it lives as long as the object does.

    Parameters
    ----------
    port : int
        0 lets the system choose a free one.
    slots : int
        Requests that are worked on side by side; each has room for `lab.task.LENGTH` tokens.

    Returns
    -------
    server, address
        The address, such as ``http://127.0.0.1:8080``, to which ``/v1`` is added for an OpenAI client.
    """
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.model_alias = {"tiny-lm"}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_parallel = slots
    parameters.n_ctx = LENGTH * slots
    # 32 bits throughout: 16-bit keys and values, which flash attention rounds to as well, cost 1e-4 in a probability
    parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.n_gpu_layers = 0
    parameters.use_jinja = True
    parameters.verbosity = 0
    server = xllamacpp.Server(parameters)
    return server, server.listening_address


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    server, address = serve(arguments.model, port=arguments.port)
    print(f"{arguments.model.name} at {address}/v1", flush=True)
    stop.wait()
    del server


if __name__ == "__main__":
    main()
