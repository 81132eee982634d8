"""What the model learnt and how its loops went, as Markdown: `python -m lab.check data/tiny-lm`.

Every figure is counted from the files in that folder; the card quotes the output.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import duckdb
import numpy as np

from lab import export
from lab.sample import Candidates
from lab.task import ANSWER, ANSWERS, NO, QUERIES, YES, contexts

__all__ = ["curve", "ends", "outside"]


def curve(sweep: Path, size: int, setting: str) -> str:
    """Error, TP, FP and mean grades by contamination, at one context size."""
    found = duckdb.execute(
        """
        select context_contamination, count(*), avg((not correct)::int),
               avg(accepted::int) filter (correct), avg(accepted::int) filter (not correct),
               avg(grade) filter (correct), avg(grade) filter (not correct)
        from read_parquet($1) where context_size = $2 and setting = $3 group by all order by 1
        """,
        [str(sweep), size, setting],
    ).fetchall()
    head = ("c", "attempts", "error", "TP", "FP", "grade if correct", "grade if wrong")
    return _markdown(head, [(f"{c:g}", str(n), *map(_rate, rest)) for c, n, *rest in found])


def by_size(sweep: Path, rate: float) -> str:
    """Error by context size at one contamination, for both kinds of wrong answers."""
    found = duckdb.execute(
        """
        select context_size, avg((not correct)::int) filter (setting = 'sweep-uniform'),
               avg((not correct)::int) filter (setting = 'sweep-agreeing')
        from read_parquet($1) where context_size = 0 or context_contamination = $2 group by all order by 1
        """,
        [str(sweep), rate],
    ).fetchall()
    return _markdown(
        ("pairs", "error, uniform", "error, agreeing"), [(str(k), _rate(a), _rate(b)) for k, a, b in found]
    )


def ends(loops: Path) -> str:
    """By setting: error in round 0, quartiles over runs of the error in the last round, rates early and late."""
    found = duckdb.execute(
        """
        with by_run as (
            select setting, run, round, avg((not correct)::int) as error
            from read_parquet($1) group by all
        ), last as (
            select setting, max(round) as final from by_run group by all
        ), rates as (
            select setting, avg(accepted::int) filter (correct and round = 0) as tp0,
                   avg(accepted::int) filter (not correct and round = 0) as fp0,
                   avg(accepted::int) filter (correct and round = final) as tp,
                   avg(accepted::int) filter (not correct and round = final) as fp
            from read_parquet($1) join last using (setting) group by all
        )
        select setting, avg(error) filter (round = 0), quantile_cont(error, [.25, .5, .75]) filter (round = final),
               count(distinct run), count(*) filter (round = final),
               any_value(tp0), any_value(fp0), any_value(tp), any_value(fp)
        from by_run join last using (setting) join rates using (setting) group by all order by 1
        """,
        [str(loops)],
    ).fetchall()
    head = (
        "setting",
        "runs",
        "reach the last round",
        "error, round 0",
        "last round: quartiles",
        "TP",
        "FP",
        "TP, last",
        "FP, last",
    )
    rows = [
        (name, str(runs), str(reached), _rate(start), " / ".join(map(_rate, quartiles)), *map(_rate, rates))
        for name, start, quartiles, runs, reached, *rates in found
    ]  # fmt: skip
    return _markdown(head, rows)


def outside(path: Path, seed: int = 3) -> tuple[float, float]:
    """Mean probability of a token that is no answer after a query, and neither yes nor no after `verdict`.

    Over contexts of 40 pairs, 64 of them, wrong at rates from 0 to 1.
    """
    model, task, _ = export.load(path)
    rng = np.random.default_rng(seed)
    drawn = [contexts(task, rng, int(task.rules(rng, 1)[0]), 40, i / 63, "uniform") for i in range(64)]
    candidates = Candidates(model, *(np.stack(part) for part in zip(*drawn, strict=True)))
    told, past = candidates.answers(rng.integers(0, QUERIES, (64, 8)))
    verdict, _ = candidates.judgements(rng.integers(0, ANSWERS, (64, 8)), past)
    answers = np.exp(told[..., ANSWER : ANSWER + ANSWERS]).sum(-1)
    return float(1 - answers.mean()), float(1 - np.exp(verdict[..., [YES, NO]]).sum(-1).mean())


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    gguf, sweep, loops = folder / "tiny-lm.gguf", folder / "sweep.parquet", folder / "loops.parquet"
    for path in (gguf, sweep, loops):
        print(
            f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}"
        )
    rest = outside(gguf)
    print(f"\nProbability outside the answers {rest[0]:.1e}, outside yes and no {rest[1]:.1e}")
    for setting in ("sweep-uniform", "sweep-agreeing"):
        print(f"\n64 pairs, {setting}:\n\n{curve(sweep, 64, setting)}")
    print(f"\nBy size at c = 0.3:\n\n{by_size(sweep, 0.3)}")
    print(f"\nLoops:\n\n{ends(loops)}")


if __name__ == "__main__":
    main()
