"""From a log to its diagnosis."""

from __future__ import annotations

from typing import Any

from boostcalc.errors import UsageError
from boostcalc.fitting.doctor.advising import ADVICE
from boostcalc.fitting.doctor.contents import contents
from boostcalc.fitting.doctor.design import DESIGN
from boostcalc.fitting.doctor.diagnosis import SEVERITIES, Diagnosis, Finding, Quantity
from boostcalc.fitting.doctor.faults import FAULTS
from boostcalc.fitting.doctor.quantities import quantities
from boostcalc.fitting.doctor.seen import LEVEL, Seen, plural
from boostcalc.results import provenance
from boostcalc.runs import Runs, read_runs
from boostcalc.runs.untallied import untallied

__all__ = ["doctor"]


def doctor(runs: Any, **reading: Any) -> Diagnosis:
    """What a log is good for: what is in it, what can be estimated, what looks wrong, and what to log besides.

    It works from the log's tally and a few aggregating queries, whatever the log's size.

    Parameters
    ----------
    runs : path, dataframe, or Runs
        As `read_runs` takes it. Of `Runs`, which are a tally already, repeated queries and the columns' names are not
        looked at.
    **reading : as in `read_runs`.

    Raises
    ------
    UsageError, SchemaError
        If nothing can be read, as `read_runs` does; never for what is read.

    Examples
    --------
    >>> import pandas as pd
    >>> truths = [True, False] * 40
    >>> log = pd.DataFrame({"run": list("abcdefgh") * 10, "correct": truths, "accepted": truths})
    >>> found = doctor(log)
    >>> [one.name for one in found.findings]
    ['verdicts equal truths']
    >>> found["response to contamination"].said
    'what the context held is not logged: `context_size` and `context_wrong`'
    """
    if isinstance(runs, Runs) and reading:
        raise UsageError(f"{', '.join(reading)}: these runs have been read already")
    log = runs if isinstance(runs, Runs) else read_runs(runs, **reading)
    options = {name: value for name, value in reading.items() if name != "strict"}
    beside = None if isinstance(runs, Runs) else untallied(runs, **options)
    seen = Seen(log, beside, frozenset(reading.get("columns") or ()))
    asked = quantities(seen)
    found = [finding for look in (*FAULTS, *DESIGN) for finding in look(seen)]
    findings = tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))
    return Diagnosis(
        status=_status(seen, asked, findings),
        contents=contents(seen),
        quantities=asked,
        findings=findings,
        advice=tuple(one for advise in ADVICE for one in advise(seen)),
        provenance=provenance(source=log.source, where=log.where, level=LEVEL),
    )


def _status(seen: Seen, asked: tuple[Quantity, ...], findings: tuple[Finding, ...]) -> str:
    told = sum(one.answer == "yes" for one in asked)
    poorly = sum(one.answer == "poorly" for one in asked)
    wrong = sum(one.severity == "wrong" for one in findings)
    careful = sum(one.severity == "careful" for one in findings)
    said = f"{seen.log.source}: {plural(seen.total['n'], 'attempt')}; {told} of {len(asked)} figures can be estimated"
    said += f", {poorly} poorly" if poorly else ""
    if wrong:
        return f"{said}; {wrong} thing{'s look' if wrong > 1 else ' looks'} wrong, {careful} more to be careful with."
    if careful:
        return f"{said}; nothing contradicts itself, {careful} thing{'s' if careful > 1 else ''} to be careful with."
    return f"{said}; nothing looks wrong."
