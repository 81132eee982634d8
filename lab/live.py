"""A live loop, end to end: serve the model, sweep it, forecast, run the loop, and hold the two together.

`python -m lab.live [FOLDER]` takes about a minute on two cores. It calls boostcalc as anybody would, and needs
llama.cpp's server (`pip install xllamacpp`) but not torch.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from lab.serve import serve

__all__ = ["ASKED", "main"]

HERE = Path(os.path.relpath(Path(__file__).parent))
DATA = HERE.parent / "data" / "tiny-lm"

ASKED = (
    *("--model", "tiny-lm", "--instruction", f"{HERE}/asking/nothing.txt", "--question", f"{HERE}/asking/question.txt"),
    *("--evaluate", f"{HERE}/asking/verdict.txt", "--words", "no,yes", "--draw", "--grade", "exact"),
    *("--max-tokens", "1", "--judge-tokens", "1", "--extra", "top_k=0", "--extra", "top_p=1", "--extra", "min_p=0"),
)
"""How this model is asked: every message is the name of one token, and nothing cuts the distribution."""


def boostcalc(*arguments: str) -> None:
    """Show a command, and run it."""
    print("$ boostcalc", *arguments, flush=True)
    subprocess.run([sys.executable, "-m", "boostcalc", *arguments], check=True)
    print(flush=True)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("reports/live"))
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    server, address = serve(DATA / "tiny-lm.gguf")
    tasks, asked = str(DATA / "tasks.jsonl"), (*ASKED, "--url", f"{address}/v1")
    boostcalc("sweep", tasks, *asked, "--calls", "1600", "--sizes", "8,32", "-o", f"{folder}/sweep.parquet")
    boostcalc("fit", f"{folder}/sweep.parquet", "-o", f"{folder}/fit.json")
    start = ("--rounds", "4")
    boostcalc("forecast", f"{folder}/fit.json", "--contamination", "0.6", "--batch", "32", *start)
    loop = ("--contamination", "0.6", "--batch", "32", "--runs", "4", *start)
    boostcalc("run", tasks, *asked, *loop, "-o", f"{folder}/runs.parquet")
    del server


if __name__ == "__main__":
    main()
