"""The queries of one rule as a tasks file: `python -m lab.tasks data/tiny-lm/tiny-lm.gguf`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lab import export
from lab.task import ANSWERS

__all__: list[str] = []


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rule", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, default=Path("data/tiny-lm/tasks.jsonl"))
    arguments = parser.parse_args()
    _, task, _ = export.load(arguments.model)
    with arguments.output.open("w") as lines:
        for query, answer in enumerate(task.table[arguments.rule].tolist()):
            wrong = [f"a{other}" for other in range(ANSWERS) if other != answer]
            row = {
                "query": f"q{query:03d}",
                "answer": f"a{answer}",
                "wrong_answers": wrong,
                "task": f"rule-{arguments.rule}",
            }
            print(json.dumps(row), file=lines)


if __name__ == "__main__":
    main()
