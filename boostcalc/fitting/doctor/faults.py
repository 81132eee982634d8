"""What looks wrong in the counts of a log: data that contradict themselves, and truths that may have leaked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import numpy as np

from boostcalc.fitting.doctor.diagnosis import Finding
from boostcalc.fitting.doctor.seen import Seen, plural
from boostcalc.odds import Array
from boostcalc.runs.untallied import WrittenRate

__all__ = ["FAULTS"]

ENOUGH = 5
"""Answers of each kind (verdicts of each kind, …) from which on it is no chance that all agree."""

UNLIKELY = 1e-3
"""Probability, over all contexts of a log, below which a number of wrong pairs is not by chance."""

SHOWN = 3
"""Examples that are named."""

SINGLE = 1e-6
"""Relative rounding of rates that were kept in single precision."""

Findings = Iterator[Finding]


def unreadable(seen: Seen) -> Findings:
    """Rows that were left out: broken ones, and values that cannot be."""
    unread = seen.log.unread
    if unread:
        impossible = any(row.column for row in unread.rows)
        part = unread.count / (unread.count + seen.total["n"])
        some = f" ({part:.0%} of all)" if part >= 0.01 and seen.listed else ""
        kinds = {(row.column, row.why): str(row) for row in reversed(unread.rows)}
        such = f", such as {'; '.join(reversed(kinds.values()))}" if kinds else ""
        yield Finding(
            "wrong" if impossible else "careful",
            "unreadable rows",
            f"{plural(unread.count, 'row')}{some} cannot be read: left out{such}.",
        )


def written_rates(seen: Seen) -> Findings:
    """Rates that no whole number of wrong answers gives, or that contradict the counts beside them."""
    if seen.beside is None:
        return
    rates = [(one, *_understood(one)) for one in seen.beside.rates]
    broken = [one for one, n, k, error, off in rates if k is not None and n > 0 and abs(k / n - error) > off]
    if broken:
        one = broken[0]
        yield Finding(
            "wrong",
            "rates against counts",
            f"{plural(sum(r.rows for r in broken), 'row')} have an `error` that is not n_wrong/n, such as "
            f"{one.error} beside {one.n_wrong} of {one.n}; n_wrong is what counts.",
        )
    odd = [
        one
        for one, n, k, error, off in rates
        if k is None and n >= 1 and n % 1 == 0 and abs(round(error * n) / n - error) > off
    ]
    if odd:
        one = odd[0]
        whole = round(float(one.error.replace(",", ".")) * float(one.n.replace(",", ".")))
        near = f"{whole}/{one.n} is {whole / float(one.n.replace(',', '.')):.6g}"
        yield Finding(
            "careful",
            "rates of no count",
            f"{sum(r.rows for r in odd):,} of {plural(sum(r.rows for r in seen.beside.rates), 'row')} have an `error` "
            f"that no whole number of wrong answers gives, such as {one.error} of {one.n} ({near}): is `n` right, and "
            "is the rate a plain share (not balanced over classes, or averaged)?",
        )


def broken_counts(seen: Seen) -> Findings:
    """Attempts that are no whole number."""
    fractional = int((seen.cells["n"] % 1 != 0).sum())
    if fractional:
        yield Finding(
            "careful",
            "parts of attempts",
            f"`n` is not whole in {plural(fractional, 'cell')}: intervals take it for a number of attempts, so weights "
            "make them wrong.",
        )


def votes_against_verdicts(seen: Seen) -> Findings:
    """Answers accepted without a vote, or rejected by none."""
    if not seen.has("votes", "votes_for", "accepted"):
        return
    cells = seen.cells
    none, all_ = cells["votes_for"] == 0, cells["votes_for"] == cells["votes"]
    odd = float(cells.loc[none, "n_accepted"].sum() + (cells["n_judged"] - cells["n_accepted"])[all_].sum())
    if odd:
        yield Finding(
            "wrong",
            "votes against verdicts",
            f"{plural(odd, 'answer')} were accepted with no vote for them, or rejected with all votes for them: "
            "`accepted` is not the verdict of these `votes`.",
        )


def leaking_truth(seen: Seen) -> Findings:
    """Verdicts or scores that agree with the truth without a slip."""
    total = seen.total
    right, wrong = total["correct_judged"], total["wrong_judged"]
    if right >= ENOUGH and wrong >= ENOUGH:
        passed, failed = total["correct_accepted"], total["wrong_accepted"]
        if passed == right and failed == 0:
            yield Finding(
                "careful",
                "verdicts equal truths",
                f"`accepted` is `correct` in all {right + wrong:,.0f} answers that have both: a perfect verifier, or "
                "the truth has leaked into the verdict (or the verdict was logged as the truth).",
            )
        elif passed == 0 and failed == wrong:
            yield Finding(
                "wrong",
                "verdicts against truths",
                f"`accepted` is the opposite of `correct` in all {right + wrong:,.0f} answers that have both: one of "
                "the two columns is the other way round.",
            )
    scores = seen.log.scores
    if scores is None:
        return
    kinds = [scores["score"][scores[name] > 0].to_numpy(float) for name in ("n_correct", "n_wrong")]
    if scores["n_correct"].sum() < ENOUGH or scores["n_wrong"].sum() < ENOUGH:
        return
    low, high = sorted(kinds, key=lambda values: float(values.min()))
    if low.max() < high.min():
        way = "above" if high is kinds[0] else "below"
        yield Finding(
            "careful",
            "scores separate truths",
            f"every correct answer scores {way} every wrong one: a perfect judge, or the truth has leaked into the "
            "score" + ("." if way == "above" else " (which then is the other way round)."),
        )


def constant_columns(seen: Seen) -> Findings:
    """Truths and verdicts that are always the same."""
    total = seen.total
    known, judged = total["n_known"], total["n_judged"]
    if known >= ENOUGH and total["n_wrong"] in (0, known):
        always = "correct" if total["n_wrong"] == 0 else "wrong"
        other = "fpr" if always == "correct" else "tpr"
        yield Finding(
            "careful",
            "truth constant",
            f"all {known:,.0f} answers of known truth are {always}: nothing can be told of {other}, nor of what the "
            "error depends on.",
        )
    if judged >= ENOUGH and total["n_accepted"] in (0, judged):
        always = "accepted" if total["n_accepted"] else "rejected"
        yield Finding(
            "careful",
            "verdict constant",
            f"all {judged:,.0f} judged answers were {always}: this judge decides nothing.",
        )
    scores = seen.log.scores
    if scores is not None and len(scores) and scores["score"].nunique() == 1:
        graded = scores[["n_correct", "n_wrong", "n_unknown"]].to_numpy(float).sum()
        if graded >= ENOUGH:
            yield Finding("careful", "score constant", f"all {graded:,.0f} scores are {scores['score'].iloc[0]:g}.")


def drawn_contexts(seen: Seen) -> Findings:
    """Contexts whose wrong pairs are not what their rate would draw."""
    if not seen.has("context_size", "context_wrong", "context_contamination"):
        return
    cells = seen.cells.dropna(subset=["context_size", "context_wrong", "context_contamination"])
    names = ["context_size", "context_wrong", "context_contamination"]
    keys = [name for name in ("block", "run", "round") if name in cells]
    contexts = cells[[*keys, *names]].drop_duplicates()
    contexts = contexts[contexts["context_size"] > 0]
    k, j, c = (contexts[name].to_numpy(float) for name in names)
    realised = np.isclose(j / k, c, rtol=0, atol=5e-3) | (np.abs(j - c * k) < 1)
    if not len(contexts) or realised.all():
        return
    p = _tail(j, k, c)
    far = p < UNLIKELY / len(p)
    rates, place = np.unique(c, return_inverse=True)
    wrong, pairs = (np.bincount(place, part).astype(np.float64) for part in (j, k))
    pooled = _tail(wrong, pairs, rates) < UNLIKELY / rates.size
    if far.any():
        worst = int(np.argmin(np.where(far, p, np.inf)))
        yield Finding(
            "wrong",
            "contexts off their rate",
            f"{far.sum():,} of {plural(len(p), 'context')} hold a number of wrong pairs that their "
            f"`context_contamination` would hardly draw, such as {j[worst]:g} of {k[worst]:g} at {c[worst]:g} "
            f"(binomial p = {p[worst]:.1g}): one of the columns is wrong.",
        )
    elif pooled.any():
        i = int(np.flatnonzero(pooled)[0])
        share = float(wrong[i] / pairs[i])
        yield Finding(
            "wrong",
            "contexts off their rate",
            f"contexts drawn at `context_contamination` = {rates[i]:g} hold {share:.3g} wrong pairs on average, "
            "farther off than chance makes it: one of the columns is wrong.",
        )


def carried_contexts(seen: Seen) -> Findings:
    """Contexts that are as large as the batch before, and hold other wrong pairs than were accepted into it."""
    names = ("run", "round", "context_size", "context_wrong", "correct", "accepted")
    if not seen.has(*names):
        return
    keys = [name for name in seen.loops if name in seen.rounds]
    held = seen.cells.groupby([*keys, "round"], dropna=False)[["context_size", "context_wrong"]].agg(["min", "max"])
    held.columns = ["_".join(parts) for parts in held.columns.to_flat_index()]
    rounds = seen.rounds.merge(held.reset_index(), on=[*keys, "round"], how="left")
    before = rounds.assign(round=rounds["round"] + 1)
    steps = rounds.merge(before, on=[*keys, "round"], suffixes=("", "_before"))
    plain = (steps["context_wrong_min"] == steps["context_wrong_max"]) & (
        steps["context_size_min"] == steps["context_size_max"]
    )
    known = steps["correct_accepted_before"] + steps["wrong_accepted_before"] == steps["n_accepted_before"]
    replaced = steps["context_size_min"] == steps["n_accepted_before"]
    checked = steps[plain & known & replaced & (steps["n_accepted_before"] > 0)]
    odd = checked[checked["context_wrong_min"] != checked["wrong_accepted_before"]]
    # a context of the batch's size that agrees nowhere is another context
    if len(odd) and len(odd) < len(checked):
        one = odd.iloc[0]
        yield Finding(
            "wrong",
            "contexts against batches",
            f"in {len(odd):,} of {plural(len(checked), 'round')} the context is as large as the batch accepted before "
            f"it and holds other wrong pairs, such as {one['context_wrong_min']:g} where "
            f"{one['wrong_accepted_before']:g} were accepted.",
        )


def labels_by_verdict(seen: Seen) -> Findings:
    """Truths that are known more often of accepted answers than of rejected ones."""
    labels = seen.labels
    if labels is None:
        return
    if labels.alone:
        yield Finding(
            "careful",
            "labels by verdict",
            f"truth is known of {labels.alone} answers alone: tpr and fpr both come out as "
            f"{int(labels.alone == 'accepted')}, whatever they are, and the error is that of {labels.alone} answers; "
            "label answers of both verdicts.",
        )
    elif labels.p_value < UNLIKELY:
        yield Finding(
            "careful",
            "labels by verdict",
            f"truth is known of {labels.accepted:.1%} of the accepted and {labels.rejected:.1%} of the rejected "
            "answers: tpr, fpr and the error from them are distorted; the error within each verdict is not.",
        )


def _tail(wrong: Array, size: Array, rate: Array) -> Array:
    """Two-sided binomial probability of so many wrong pairs or more extreme ones: twice the smaller tail."""
    from scipy.stats import binom

    tails = np.minimum(binom.cdf(wrong, size, rate), binom.sf(wrong - 1, size, rate))
    return np.asarray(np.minimum(1.0, 2 * tails))


def _understood(one: WrittenRate) -> tuple[float, float | None, float, float]:
    """n, n_wrong, the rate, and how far rounding may put it off; n is 0 where they cannot be understood."""
    try:
        n = float(one.n.replace(",", "."))
        error = Decimal(one.error.replace(",", "."))
        k = float(one.n_wrong.replace(",", ".")) if one.n_wrong else None
        digits = error.as_tuple().exponent
        value = float(error)
    except (ValueError, InvalidOperation):
        return 0.0, None, 0.0, 0.0
    if not (isinstance(digits, int) and np.isfinite(n) and 0 <= value <= 1 and n > 0):
        return 0.0, None, 0.0, 0.0
    return n, k, value, 0.5001 * 10.0**digits + SINGLE * value


FAULTS = (
    unreadable,
    written_rates,
    broken_counts,
    votes_against_verdicts,
    leaking_truth,
    constant_columns,
    drawn_contexts,
    carried_contexts,
    labels_by_verdict,
)
"""What is looked for in the counts, in order."""
