"""Whole-process time of `boostcalc predict` against `python -c "import numpy"`, in turn; limit: a ratio of 1.5."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

PAIRS = 25
LIMIT = 1.5


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    ours = [str(Path(sys.executable).with_name("boostcalc")), "predict", "--fp", "0.1", "--tp", "0.8", "--json"]
    theirs = [sys.executable, "-c", "import numpy"]
    for command in (ours, theirs):
        seconds(command)  # warm the file cache
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(PAIRS)]
    ratios = sorted(a / b for a, b in pairs)
    print(f"boostcalc predict: median {statistics.median(a for a, _ in pairs) * 1e3:.0f} ms")
    print(f"import numpy:      median {statistics.median(b for _, b in pairs) * 1e3:.0f} ms")
    print(f"ratio: median {statistics.median(ratios):.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f}; limit {LIMIT}")


if __name__ == "__main__":
    main()
