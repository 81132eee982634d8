from .budget import Budget
from .collection import Collection
from .endpoint import Endpoint
from .evaluation import Evaluation
from .grading import Grading
from .loops import LoopDesign
from .planned import PlannedSweep, plan_sweep
from .progress import Progress, printed
from .prompts import Prompts
from .running import Manner, run_loop, run_sweep
from .sweeps import SweepDesign
from .tasks import Tasks, read_tasks

__all__ = [
    "Budget",
    "Collection",
    "Endpoint",
    "Evaluation",
    "Grading",
    "LoopDesign",
    "Manner",
    "PlannedSweep",
    "Progress",
    "Prompts",
    "SweepDesign",
    "Tasks",
    "plan_sweep",
    "printed",
    "read_tasks",
    "run_loop",
    "run_sweep",
]
