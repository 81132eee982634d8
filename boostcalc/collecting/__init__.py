"""The live loop and the sweep against a real model; they write runs in the schema of logged ones.

What to ask next is planned without an endpoint in sight (`planning`, `loops`, `sweeps`, `contexts`); how an answer is
asked for, graded and evaluated is text (`prompts`, `grading`, `evaluation`); `endpoint`, `journal` and `driving` touch
the world.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
