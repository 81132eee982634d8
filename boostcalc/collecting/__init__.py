"""The live loop and the sweep against a real model; they write runs in the schema of logged ones.

In the order in which they build on each other: what is asked (`tasks`); contexts of it, attempts under one context, and
designs that say which contexts follow (`contexts`, `stages`, `loop_design`, `sweep_design`), without an endpoint in
sight; how an answer is asked for, graded and evaluated (`prompts`, `grading`, `evaluation`, with a `budget` the
`manner`), which is text; what touches the world (`journal`, `endpoint`, `attempts`, `scheduler`); and what a user calls
(`run`, which returns a `collection`, and `sweep_plan`, which asks nobody).
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
