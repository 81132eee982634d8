"""`read_runs` of 10⁸ logged attempts against DuckDB's bare GROUP BY on the same Parquet file; and what cells cost.

Each side is a process of its own, in turn; limits: a median ratio of 1.3 at 85,000 cells, and 1 GiB at the most. The
file is made for the purpose and deleted afterwards: `python -m benchmarks.tally [ROWS]`.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 100_000_000
PAIRS = {85_000: 7, 1_000_000: 2, 10_000_000: 1}
LIMIT_TIME, LIMIT_MEMORY = 1.3, 1.0
RUNS = {85_000: 500, 1_000_000: 5_882, 10_000_000: 58_824}
"""Cells → runs; each has 10 rounds and 17 contexts."""

BARE = (
    "SELECT run, round, context_size, context_wrong, correct, accepted, count(*) AS n FROM "
    "read_parquet('{path}') GROUP BY ALL"
)

MADE = """
COPY (
  FROM range({rows}) t(i) SELECT
    'run-' || hash(8 * i + 1) % {runs} AS run,
    (hash(8 * i + 2) % 10)::INT AS round,
    16 AS context_size,
    (hash(8 * i + 3) % 17)::INT AS context_wrong,
    hash(8 * i + 4) % 3 > 0 AS correct,
    hash(8 * i + 5) % 2 = 0 AS accepted
) TO '{path}' (FORMAT parquet)
"""


def make(path: Path, rows: int, runs: int) -> None:
    """Attempts in whatever order, each run, round, context, truth and verdict drawn by a hash."""
    import duckdb

    names = {"runs": runs, "rows": rows, "path": str(path)}
    duckdb.execute(MADE.format(**names))


def ours(path: str) -> int:
    import boostcalc as bc

    return len(bc.read_runs(path).cells)


def bare(path: str) -> int:
    import duckdb

    return len(duckdb.connect().sql(BARE.format(path=path)).df())


def measured(side: str, path: Path) -> dict[str, float]:
    """Seconds (of the clock and of CPU), rows returned and the most memory of a process that does one side."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.tally", side, str(path)], check=True, capture_output=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def child(side: str, path: str) -> None:
    import duckdb
    import pandas as pd

    import boostcalc.runs

    loaded = [duckdb, pd, boostcalc.runs]  # both sides with everything loaded: time is for the work
    started, spent = time.perf_counter(), time.process_time()
    count = {"ours": ours, "bare": bare}[side](path)
    seconds, cpu = time.perf_counter() - started, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "cpu": cpu, "count": count, "gib": peak, "modules": len(loaded)}))


def main(rows: int) -> None:
    for cells, runs in RUNS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "runs.parquet"
            make(path, rows, runs)
            size = path.stat().st_size / 2**30
            measured("bare", path)  # warm the file cache
            pairs = [(measured("ours", path), measured("bare", path)) for _ in range(PAIRS[cells])]
        ratios = sorted(a["seconds"] / b["seconds"] for a, b in pairs)
        mine, theirs = (
            "{:.1f} s ({:.1f} s of CPU), {:.2f} GiB".format(
                *(statistics.median(pair[side][what] for pair in pairs) for what in ("seconds", "cpu", "gib"))
            )
            for side in (0, 1)
        )
        cpu = statistics.median(a["cpu"] / b["cpu"] for a, b in pairs)
        limit = f"; limits {LIMIT_TIME} and {LIMIT_MEMORY} GiB" if cells == min(RUNS) else ""
        print(
            f"{rows:,} rows ({size:.2f} GiB), {pairs[0][0]['count']:,.0f} cells, {pairs[0][1]['count']:,.0f} distinct "
            f"rows: ours {mine}; bare {theirs}; {len(pairs)} pairs, ratio median {statistics.median(ratios):.2f}, from "
            f"{ratios[0]:.2f} to {ratios[-1]:.2f}, of CPU {cpu:.2f}{limit}",
            flush=True,
        )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        child(*sys.argv[1:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) == 2 else ROWS)
