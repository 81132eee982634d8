"""What was seen: logs of runs, read from files or dataframes and tallied; and simulated ones, written like them."""

from boostcalc.runs.runs import Runs, read_runs
from boostcalc.runs.simulated import simulated_log
from boostcalc.runs.tally import COUNTS
from boostcalc.runs.writers import write_log

__all__ = ["COUNTS", "Runs", "read_runs", "simulated_log", "write_log"]
