"""boostcalc: what happens to a language model that is run on its own filtered answers.

A model answers queries, judges its own answers, and accepted pairs become the context (or training data) of
the next round. boostcalc derives the recurrence that the error rate obeys, fits how a real model responds to
its context, and forecasts where the loop settles, how fast, at what cost and how surely.

The rooms, in the order in which data flows (each may import only from those above it):

==============  ================================================================
`errors`        named exceptions
`files`         how files are written
`solvers`       SciPy's elementwise root and minimum finders
`odds`          exact arithmetic in log-odds; rates and counts
`parts`         the registry of interchangeable parts
`results`       the base of every result
`plotting`      plain arrays to axes
`responses`     g(c, k), one family a file
`theory`        what is proved (SymPy)
`dynamics`      what happens (NumPy)
`selection`     the same beyond two kinds of answer
`datasets`      small published tables
`runs`          what was seen: logs of runs
`fitting`       what it means: rates and responses from runs
`forecasting`   what comes next
`reporting`     how it is told: a PDF
`collecting`    the live loop and the sweep, against a real model
`cli`           the command line
==============  ================================================================
"""

import lazy_loader as lazy

from boostcalc.version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
