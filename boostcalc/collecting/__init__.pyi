from .budget import Budget
from .collection import Collection
from .endpoint import Endpoint
from .evaluation import Evaluation
from .grading import Grading
from .loop_design import LoopDesign
from .manner import Manner
from .progress import Progress, printed
from .prompts import Prompts
from .run import run_loop, run_sweep
from .sweep_design import SweepDesign
from .sweep_plan import PlannedSweep, plan_sweep
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
