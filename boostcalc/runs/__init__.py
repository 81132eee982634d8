"""What was seen: logs of runs, read from files or dataframes and tallied."""

from boostcalc.runs.runs import Runs, read_runs
from boostcalc.runs.tally import COUNTS

__all__ = ["COUNTS", "Runs", "read_runs"]
