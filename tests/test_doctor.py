"""A doctor for logs: each fault that is seeded is found, and a log without one is said to have none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import boostcalc as bc
from boostcalc.errors import BoostcalcError, UsageError
from boostcalc.fitting.doctor.advising import half_width, truths_bought
from boostcalc.fitting.doctor.design import DESIGN
from boostcalc.fitting.doctor.diagnosis import SEVERITIES
from boostcalc.fitting.doctor.faults import FAULTS as LOOKS
from boostcalc.fitting.doctor.scatter import between_runs, inflation
from boostcalc.fitting.doctor.seen import Seen
from boostcalc.runs.untallied import untallied
from tests.conftest import Ran

Change = Callable[[pd.DataFrame], pd.DataFrame]


def simulated(seed: int = 0, *, runs: int = 12, rounds: int = 4, counted: bool = False) -> pd.DataFrame:
    """Runs of a loop, as they would be logged."""
    loop = bc.Loop(tpr=0.8, fpr=0.5, response=bc.Evidence(a=-3, b=5))
    made = bc.simulate(loop, error=0.5, rounds=rounds, runs=runs, rng=seed)
    log = bc.simulated_log(made, counted=counted, rng=seed)
    return log.assign(context_wrong=log["context_wrong"].astype(float))


CLEAN = simulated()
LARGE = simulated(runs=40)


@pytest.fixture(scope="module")
def clean() -> bc.Diagnosis:
    return bc.doctor(CLEAN)


def drawn(rate: float, said: float, contexts: int, rng: np.random.Generator, size: int = 16) -> pd.DataFrame:
    """A sweep whose contexts are drawn at one rate and said to be drawn at another."""
    wrong = rng.binomial(size, rate, contexts)
    frame = pd.DataFrame({"run": [f"c{i}" for i in range(contexts)], "context_size": size, "context_wrong": wrong})
    frame = frame.assign(context_contamination=said)
    frame = frame.loc[frame.index.repeat(4)].reset_index(drop=True)
    return frame.assign(correct=rng.random(len(frame)) < 0.5)


def off_by_one(frame: pd.DataFrame) -> pd.DataFrame:
    """The context of one round says one wrong pair more than was accepted before."""
    chosen = (frame["run"] == "run-03") & (frame["round"] == 2)
    assert frame.loc[chosen, "context_wrong"].iloc[0] < 16
    return frame.assign(context_wrong=frame["context_wrong"] + chosen)


def verdict_scores(frame: pd.DataFrame, sign: float) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return frame.assign(score=sign * (np.where(frame["correct"], 2.0, 0.0) + rng.random(len(frame))))


def some_labels(frame: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    known = rng.random(len(frame)) < np.where(frame["accepted"], 0.9, 0.4)
    return frame.assign(correct=frame["correct"].astype(object).where(known, None))


def table(**columns: Any) -> Change:
    return lambda frame: pd.DataFrame(columns)


FAULTS: dict[str, tuple[str, str, str, Change]] = {
    "more wrong pairs than pairs": (
        "wrong",
        "unreadable rows",
        "it exceeds context_size",
        lambda f: f.assign(context_wrong=f["context_wrong"].where(f.index != 40, 17)),
    ),
    "rates against counts": (
        "wrong",
        "rates against counts",
        "such as 0.25 beside 3 of 10",
        table(n=[10, 10], n_wrong=[3, 4], error=[0.25, 0.4]),
    ),
    "rates of no count": (
        "careful",
        "rates of no count",
        "1 of 3 rows have an `error` that no whole number of wrong answers gives, such as 0.39 of 7 (3/7 is 0.428571)",
        table(n=[7, 7, 3], error=[0.39, 0.4286, 0.33]),
    ),
    "parts of attempts": ("careful", "parts of attempts", "in 1 cell", table(n=[2.5, 2], n_wrong=1, run=["a", "b"])),
    "votes against verdicts": (
        "wrong",
        "votes against verdicts",
        "2 answers were accepted with no vote",
        table(votes=3, votes_for=[0, 3, 2, 0], accepted=[True, False, True, False], correct=True),
    ),
    "the verdict is the truth": (
        "careful",
        "verdicts equal truths",
        f"in all {len(CLEAN):,} answers",
        lambda f: f.assign(accepted=f["correct"]),
    ),
    "the verdict is the other way round": (
        "wrong",
        "verdicts against truths",
        "the other way round",
        lambda f: f.assign(accepted=~f["correct"]),
    ),
    "the score knows the truth": (
        "careful",
        "scores separate truths",
        "scores above every wrong one",
        lambda f: verdict_scores(f, 1.0),
    ),
    "the score knows the truth the other way round": (
        "careful",
        "scores separate truths",
        "scores below every wrong one",
        lambda f: verdict_scores(f, -1.0),
    ),
    "all correct": ("careful", "truth constant", "nothing can be told of fpr", lambda f: f.assign(correct=True)),
    "all wrong": ("careful", "truth constant", "nothing can be told of tpr", lambda f: f.assign(correct=False)),
    "all accepted": ("careful", "verdict constant", "were accepted", lambda f: f.assign(accepted=True)),
    "all rejected": ("careful", "verdict constant", "were rejected", lambda f: f.assign(accepted=False)),
    "one score": ("careful", "score constant", "scores are 3", lambda f: f.assign(score=3)),
    "contexts off their rate": (
        "wrong",
        "contexts off their rate",
        "hold a number of wrong pairs that their",
        lambda f: drawn(0.7, 0.1, 20, np.random.default_rng(3)),
    ),
    "contexts off their rate on average": (
        "wrong",
        "contexts off their rate",
        "contexts drawn at `context_contamination` = 0.2 hold",
        lambda f: drawn(0.27, 0.2, 400, np.random.default_rng(4)),
    ),
    "contexts that do not hold the batch": (
        "wrong",
        "contexts against batches",
        "in 1 of",
        off_by_one,
    ),
    "labels of the accepted alone": (
        "careful",
        "labels by verdict",
        "truth is known of accepted answers alone",
        lambda f: f.assign(correct=f["correct"].astype(object).where(f["accepted"], None)),
    ),
    "labels of the accepted more often": ("careful", "labels by verdict", "of the accepted and", some_labels),
    "rows written twice": (
        "careful",
        "rows repeated",
        "every query comes 2 times within one run and round",
        lambda f: pd.concat([f, f]),
    ),
    "a query again": (
        "note",
        "queries repeated",
        f"1 of {len(CLEAN) - 1:,} queries come more than once",
        lambda f: f.assign(query=f["query"].where(f.index != 1, f["query"][0]), correct=f["correct"] | (f.index < 2)),
    ),
    "a query again with another truth": (
        "careful",
        "queries repeated",
        "of 1 the truth differs",
        lambda f: f.assign(query=f["query"].where(f.index != 1, f["query"][0])).assign(
            correct=np.where(f.index < 2, f.index == 1, f["correct"])
        ),
    ),
    "rounds missing": (
        "careful",
        "rounds missing",
        "1 of 12 runs miss rounds",
        lambda f: f[~((f["run"] == "run-03") & (f["round"] == 2))],
    ),
    "one run begins late": (
        "careful",
        "no round 0",
        "1 of 12 runs do not begin with round 0",
        lambda f: f[~((f["run"] == "run-03") & (f["round"] == 0))],
    ),
    "rounds from 1": ("note", "no round 0", "rounds begin with 1", lambda f: f.assign(round=f["round"] + 1)),
    "batches differ": (
        "note",
        "batches differ",
        "rounds accepted 15 to 16 answers (16 most often)",
        lambda f: f.drop(index=f.index[(f["run"] == "run-03") & (f["round"] == 2) & f["accepted"]][0]),
    ),
    "a run of one attempt": (
        "note",
        "runs of one attempt",
        "1 of 13 runs have a single attempt",
        lambda f: f.assign(run=f["run"].where(f.index != 0, "alone")),
    ),
    "runs of one attempt": (
        "careful",
        "runs of one attempt",
        "all runs have a single attempt",
        lambda f: f.assign(run=f["query"]),
    ),
    "few runs": ("careful", "few clusters", "3 blocks: fewer than 8", lambda f: f[f["run"] < "run-03"]),
    "nothing clusters": (
        "careful",
        "nothing clusters",
        f"{len(CLEAN):,} attempts count as independent",
        lambda f: f.drop(columns=["run", "block", "query"]),
    ),
    "models pooled": (
        "careful",
        "models pooled",
        "2 models are in this log",
        lambda f: f.assign(model=np.where(f["run"] < "run-05", "a", "b")),
    ),
    "tasks pooled": (
        "careful",
        "tasks pooled",
        "fit --by task",
        lambda f: f.assign(task=np.where(f.index % 2, "a", "b")),
    ),
    "contexts all clean": (
        "careful",
        "contexts all clean",
        "is it logged, or a default?",
        lambda f: f.assign(context_wrong=0),
    ),
    "contamination constant": (
        "careful",
        "contamination constant",
        "has the contamination 0.25",
        lambda f: f.assign(context_wrong=4),
    ),
    "a slip of the name": (
        "careful",
        "column not read",
        "'acepted' is not read; it is spelled like `accepted`: if so, --map accepted=acepted.",
        lambda f: f.rename(columns={"accepted": "acepted"}),
    ),
    "another name": (
        "note",
        "column not read",
        "'question id' is not read; it may be what is called `query` here: if so, --map query=\"question id\".",
        lambda f: f.rename(columns={"query": "question id"}),
    ),
    "capitals": (
        "note",
        "columns by another spelling",
        "read: 'Round' as round.",
        lambda f: f.rename(columns={"round": "Round"}),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, clean: bc.Diagnosis) -> None:
    severity, name, said, seeded = FAULTS[fault]
    found = [one for one in bc.doctor(seeded(CLEAN)).findings if one.name == name]
    assert [one.severity for one in found] == [severity]
    assert said in found[0].said
    assert name not in {one.name for one in clean.findings}


def test_each_look_finds_one_of_these_faults() -> None:
    logs = [seeded(CLEAN) for _, _, _, seeded in FAULTS.values()]
    seen = [Seen(bc.read_runs(log), untallied(log)) for log in logs]
    blind = [look.__name__ for look in (*LOOKS, *DESIGN) if not any(list(look(one)) for one in seen)]
    assert blind == []


@pytest.mark.parametrize("seed", range(8))
def test_a_clean_log_has_no_fault(seed: int) -> None:
    listed, counted = (bc.doctor(simulated(seed, counted=counted)) for counted in (False, True))
    assert listed.findings == counted.findings == ()
    assert "nothing looks wrong" in listed.status
    assert "What looks wrong\n  nothing" in listed.summary()


def test_contexts_drawn_at_their_rate_are_not_suspected() -> None:
    """At most `UNLIKELY` of such logs, for each of two tests: of 30 hardly one."""
    found = [
        one.name for seed in range(30) for one in bc.doctor(drawn(0.3, 0.3, 40, np.random.default_rng(seed))).findings
    ]
    assert found.count("contexts off their rate") <= 1
    exact = drawn(0.3, 0.3, 40, np.random.default_rng(0)).assign(context_wrong=5)
    assert "contexts off their rate" not in {one.name for one in bc.doctor(exact).findings}


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    few = CLEAN[CLEAN["run"] < "run-09"]
    log = few.assign(
        score=rng.integers(0, 5, len(few)),
        query=[f"q{i}" for i in rng.integers(0, 200, len(few))],
        correct=few["correct"].astype(object).where(rng.random(len(few)) < 0.7, None),
        votes=3,
        votes_for=rng.integers(0, 4, len(few)),
    )
    shuffled = log.sample(frac=1, random_state=int(rng.integers(2**32 - 1)))
    assert bc.doctor(shuffled).to_dict() == bc.doctor(log).to_dict()


ODD: dict[str, list[Any]] = {
    "run": ["a", "b", None],
    "block": ["x", "y"],
    "query": ["q", "r", "s", None],
    "round": [0, 1, 7, None],
    "model": ["m", "n"],
    "context_size": [0, 4, 5, 10**9, None],
    "context_wrong": [0, 1, 4, 9, None],
    "context_contamination": [0.0, 0.5, 1.0, None],
    "context_judged_wrong": [0, 4],
    "context_wrong_position": [0.0, 0.5],
    "votes": [1, 3],
    "votes_for": [0, 1, 3],
    "correct": [True, False, None],
    "accepted": [True, False, None],
    "n": [0, 1, 2.5, 100],
    "n_wrong": [0, 1, 2],
    "error": [0.0, 0.33, 1.0],
    "score": [0.5, -1e300, 1e300, None],
    "else": ["rubbish", None],
}


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_can_be_read_gets_a_diagnosis(data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.sampled_from(sorted(ODD)), min_size=1, unique=True))
    rows = data.draw(st.integers(1, 30))
    log = pd.DataFrame(
        {c: data.draw(st.lists(st.sampled_from(ODD[c]), min_size=rows, max_size=rows)) for c in columns}, dtype=object
    )
    try:
        bc.read_runs(log)
    except BoostcalcError:
        return
    found = bc.doctor(log)
    assert json.loads(found.to_json())["kind"] == "diagnosis"
    assert found.summary().startswith(found.status)
    assert {one.severity for one in found.findings} <= set(SEVERITIES)


class TestQuantities:
    def test_figures_are_those_of_the_estimators(self) -> None:
        log = verdict_scores(CLEAN, 1.0).assign(score=lambda f: (f["score"] % 1 + f["correct"] / 4).round(2))
        found, judge = bc.doctor(log), bc.estimate_evaluator(log)
        assert found["tpr"].estimate == judge.tpr
        assert found["fpr"].estimate == judge.fpr
        assert found["likelihood ratio"].estimate == judge.likelihood_ratio
        assert found["drift with round"].said == judge.trends["round"].verdict
        assert found["graded verdicts"].estimate == bc.survey(log).auc
        assert found["error rate"].estimate == bc.fit(log, families="evidence").error
        frame = found.to_frame().set_index("name")
        assert frame.loc["tpr", "value"] == judge.tpr.value

    def test_the_slope_is_that_of_a_logistic_regression(self) -> None:
        import statsmodels.api as sm

        table = bc.load_table("gptj_contamination")
        log = table[(table["task"] == "unnatural") & (table["context_size"] == 39)].drop(columns="block")
        found = bc.doctor(log)["response to contamination"].estimate
        wrong = log["error"] * log["n"]
        design = sm.add_constant(log["context_contamination"].to_numpy(float))
        other = sm.GLM(np.stack([wrong, log["n"] - wrong], axis=1), design, family=sm.families.Binomial()).fit()
        assert found is not None
        assert found.value == pytest.approx(other.params[1], rel=1e-6)

    @pytest.mark.parametrize(
        ("answer", "why", "change"),
        [
            ("yes", "40 blocks", lambda f: f),
            ("no", "no answer's truth is known", lambda f: f.assign(correct=None)),
            ("no", "without `context_size`", lambda f: f.drop(columns="context_size")),
            ("no", "what the context held is not logged", lambda f: f.drop(columns=["context_size", "context_wrong"])),
            ("no", "has the contamination 0.25", lambda f: f.assign(context_wrong=4)),
            ("no", "every answer under such a context is wrong", lambda f: f.assign(correct=False)),
            ("no", "more than 100,000 pairs", lambda f: f.assign(context_size=10**9)),
        ],
    )
    def test_a_response_is_promised_where_fit_finds_one(self, answer: str, why: str, change: Change) -> None:
        log = LARGE if answer == "yes" else CLEAN
        found = bc.doctor(change(log))
        assert found["response to contamination"].answer == answer
        assert why in found["response to contamination"].said
        if "pairs" in why:
            return
        try:
            responses = bc.fit(change(log), families="evidence").responses
        except BoostcalcError:
            responses = ()
        assert bool(responses) == (answer == "yes")
        assert (found["forecast"].answer == "no") == (answer == "no")

    def test_what_a_forecast_lacks_is_said(self) -> None:
        bare = CLEAN.drop(columns="accepted")
        assert bc.doctor(bare)["forecast"].said.endswith("have to be given: forecast --tp … --fp …")
        judged = CLEAN.drop(columns=["context_size", "context_wrong"])
        assert "boostcalc predict" in bc.doctor(judged)["forecast"].said
        assert bc.doctor(LARGE)["forecast"].answer == "yes"
        assert bc.doctor(drawn(0.5, 0.5, 60, np.random.default_rng(0)))["forecast"].answer == "poorly"

    def test_gaps_between_contaminations_are_named(self) -> None:
        for wrong, gap in (
            ([0, 8, 12, 16], "between 0 and 0.5"),
            ([0, 2, 4, 8], "above 0.5"),
            ([6, 8, 12, 16], "below 0.375"),
        ):
            rng = np.random.default_rng(0)
            log = pd.DataFrame({"context_size": 16, "context_wrong": rng.choice(wrong, 2000)})
            log["correct"] = rng.random(2000) > log["context_wrong"] / 16 * 0.8 + 0.1
            found = bc.doctor(log)
            assert found["response to contamination"].answer == "poorly"
            assert found["response to contamination"].said.endswith(f"nothing was seen {gap}")
            assert any(gap in one.said for one in found.advice if one.column == "contaminations")

    def test_sizes_of_contexts(self) -> None:
        rng = np.random.default_rng(0)

        def swept(sizes: list[int]) -> bc.Diagnosis:
            size = rng.choice(sizes, 3000)
            log = pd.DataFrame({"context_size": size, "context_wrong": rng.binomial(size, rng.random(3000))})
            return bc.doctor(log.assign(correct=rng.random(3000) < 0.5))

        assert swept([4, 8])["response to context size"].answer == "no"
        assert swept([0, 4, 8])["response to context size"].answer == "yes"
        assert "and the empty one (" in swept([0, 4, 8])["response to context size"].said
        assert any(one.column == "context sizes" for one in swept([4, 8]).advice)
        assert not any(one.column == "context sizes" for one in swept([2, 4, 8]).advice)

    def test_places_of_wrong_pairs(self) -> None:
        rng = np.random.default_rng(0)
        log = CLEAN.assign(context_wrong_position=rng.random(len(CLEAN)).round(1))
        assert bc.doctor(log)["order of pairs"].answer == "yes"
        assert bc.doctor(log.assign(context_wrong_position=0.5))["order of pairs"].answer == "no"

    def test_labels_of_a_part(self) -> None:
        rng = np.random.default_rng(0)
        some = CLEAN.assign(correct=CLEAN["correct"].astype(object).where(rng.random(len(CLEAN)) < 0.3, None))
        found = bc.doctor(some)["corrected error"]
        assert found.estimate == bc.corrected_error(some).error
        assert "not needed" in bc.doctor(CLEAN)["corrected error"].said
        assert "log `correct`" in bc.doctor(CLEAN.assign(correct=None))["error rate"].said

    @pytest.mark.parametrize(("alone", "value"), [(True, 1), (False, 0)])
    def test_labels_of_one_verdict_tell_no_rate(self, alone: bool, value: int) -> None:
        """The estimator itself would take both rates for known."""
        log = CLEAN.assign(correct=CLEAN["correct"].astype(object).where(CLEAN["accepted"] == alone, None))
        judge, found = bc.estimate_evaluator(log), bc.doctor(log)
        assert judge.tpr.value == judge.fpr.value == value
        for name in ("tpr", "fpr", "likelihood ratio", "drift with round", "corrected error"):
            assert found[name].answer == "no"
            assert found[name].said.endswith(f"answers alone: both rates come out as {value}")
        for name in ("error rate", "response to contamination"):
            assert found[name].answer == "poorly"
            assert found[name].said.endswith("answers, as truth is known of no others")
        assert any("and only then tpr and fpr" in one.said for one in found.advice)
        assert "votes" not in {one.column for one in found.advice}

    def test_acceptance_by_round(self) -> None:
        rng = np.random.default_rng(0)
        rounds = np.repeat(np.arange(5), 1000)
        bent = pd.DataFrame({"round": rounds, "accepted": rng.random(5000) < 0.3 + 0.1 * rounds})
        assert bc.doctor(bent)["without labels"].answer == "poorly"
        flat = bent.assign(accepted=np.tile([True, False], 2500))
        assert "nothing bends" in bc.doctor(flat)["without labels"].said
        assert "in each of the rounds" in bc.doctor(bent[bent["round"] != 1])["without labels"].said

    def test_votes(self) -> None:
        log = pd.DataFrame({"correct": True, "votes": 3, "votes_for": [0, 1, 2, 3], "n": [30, 20, 30, 120]})
        assert bc.doctor(log)["correlation of votes"].estimate == bc.vote_correlation(log).correlation


class TestScatter:
    """Runs that differ: beta-binomial answers in 30 runs of 20."""

    RUNS, ANSWERS, LOGS = 30, 20, 200

    def logs(self, rho: float) -> list[tuple[float, float]]:
        """ρ and p of so many logs."""
        rng = np.random.default_rng(11)
        found = []
        for _ in range(self.LOGS):
            p = rng.beta(0.4 * (1 / rho - 1), 0.6 * (1 / rho - 1), self.RUNS) if rho else np.full(self.RUNS, 0.4)
            wrong = rng.binomial(self.ANSWERS, p)
            table = pd.DataFrame({"run": [f"r{i}" for i in range(self.RUNS)], "n": self.ANSWERS, "n_wrong": wrong})
            said = between_runs(Seen(bc.read_runs(table), None))[1]
            found.append((float(said.split("ρ = ")[1].split(",")[0]), float(said.split("p = ")[1].split(")")[0])))
        return found

    def test_alike_runs_are_seldom_told_apart(self) -> None:
        p = np.array([p for _, p in self.logs(0.0)])
        share, nominal = (p < 0.05).mean(), 0.05
        assert abs(share - nominal) < 4 * np.sqrt(nominal * (1 - nominal) / self.LOGS)

    def test_the_correlation_is_recovered(self) -> None:
        rho = np.array([rho for rho, _ in self.logs(0.2)])
        # moments of a ratio are off by the order of 1/runs
        assert abs(rho.mean() - 0.2) < 4 * rho.std(ddof=1) / np.sqrt(self.LOGS) + 0.2 / self.RUNS

    def test_runs_under_different_contexts_are_not_compared(self) -> None:
        wrong = np.arange(20) % 17
        log = pd.DataFrame({"run": [f"r{i}" for i in range(20)], "context_size": 19, "context_wrong": np.arange(20)})
        found = bc.doctor(log.assign(n=30, n_wrong=wrong))
        assert found["differences between runs"].said.startswith("no run can be compared")


class TestAdvice:
    def said(self, log: Any, column: str) -> str:
        return next(one.said for one in bc.doctor(log).advice if one.column == column)

    def test_intervals_are_too_narrow_by_the_inflation(self) -> None:
        """The spread of a mean over beta-binomial clusters, over what independent answers would have."""
        rng, rho, size, clusters, draws = np.random.default_rng(0), 0.1, 25, 8, 20_000
        p = rng.beta(0.4 * (1 / rho - 1), 0.6 * (1 / rho - 1), (draws, clusters))
        means = rng.binomial(size, p).sum(axis=1) / (size * clusters)
        seen = means.std(ddof=1) / np.sqrt(0.4 * 0.6 / (size * clusters))
        expected = inflation(rho, size)
        assert abs(seen - expected) < 4 * expected / np.sqrt(2 * draws)
        assert f"{expected:.2g} times too narrow in runs of 25" in self.said(CLEAN[["correct", "accepted"]], "run")

    def test_what_truths_buy_is_what_they_then_give(self) -> None:
        """100 truths more of independent answers, half of them wrong: the interval is that of the larger log."""

        def counts(times: float) -> pd.DataFrame:
            rows = [(True, True, 40), (True, False, 10), (False, True, 10), (False, False, 40)]
            return pd.DataFrame(rows, columns=["correct", "accepted", "n"]).assign(n=lambda f: f["n"] * times)

        now, more = (Seen(bc.read_runs(counts(times)), None) for times in (1, 2))
        for name in ("tpr", "fpr"):
            bought, then = truths_bought(now, name, 100), truths_bought(more, name, 0)
            assert bought is not None
            assert then is not None
            assert bought[1] == pytest.approx(then[0], rel=1e-12)
            estimate = more.judge.estimates[name] if not isinstance(more.judge, str) else None
            assert estimate is not None
            assert estimate.low is not None
            assert estimate.high is not None
            assert then[0] == pytest.approx((estimate.high - estimate.low) / 2, rel=1e-12)

    def test_what_is_absent_is_offered_with_its_figure(self) -> None:
        without = {name: CLEAN.drop(columns=name) for name in CLEAN}
        assert f"tell the error rate to ±{half_width(0.5, 100):.2g}" in self.said(without["correct"], "correct")
        assert "tell tpr to ±" in self.said(without["accepted"], "accepted")
        assert "drift of the evaluator" in self.said(without["round"], "round")
        assert "four of each" in self.said(without["query"], "query")
        assert "perfect adaptation" in self.said(without["context_wrong"], "context_wrong")
        rate = without["context_wrong"].assign(context_contamination=0.5)
        assert f"± {np.sqrt(0.25 / 16):.2g}" in self.said(rate, "context_wrong")
        assert "instead of 3" in self.said(CLEAN[CLEAN["run"] < "run-03"], "16 blocks")
        named = {one.column for one in bc.doctor(CLEAN).advice}
        assert not named & {"correct", "accepted", "round", "query", "run", "context_wrong"}

    def test_votes_are_offered_by_the_theory_of_votes(self) -> None:
        judge = bc.estimate_evaluator(CLEAN)
        assert judge.tpr.value is not None
        assert judge.fpr.value is not None
        rates = bc.Votes(bc.Evaluator(judge.tpr.value, judge.fpr.value), 3).rates
        assert f"to {float(rates.t / rates.f):.3g} if they are independent" in self.said(CLEAN, "votes")

    def test_a_stricter_threshold_is_that_of_a_binormal_judge(self) -> None:
        judge = bc.estimate_evaluator(CLEAN)
        t, f = judge.tpr.value, judge.fpr.value
        assert t is not None
        assert f is not None
        from scipy.stats import norm

        separation = norm.ppf(t) - norm.ppf(f)
        binormal = bc.Binormal(separation=separation, threshold=separation + norm.isf(t / 2))
        strict = bc.Loop(evaluator=binormal).trajectory(error=0.5, rounds=0)
        accepted_wrong = float(strict.acceptance[0] * strict.contamination[0] / 0.5)
        assert f"takes TP/FP from {t / f:.3g} to {t / 2 / accepted_wrong:.3g}" in self.said(CLEAN, "score")


def test_runs_that_are_tallied_are_looked_at_as_far_as_they_go() -> None:
    tallied = bc.read_runs(CLEAN)
    assert bc.doctor(tallied).quantities == bc.doctor(CLEAN).quantities
    with pytest.raises(UsageError, match="where: these runs have been read already"):
        bc.doctor(tallied, where={"run": "run-03"})


def test_a_rate_that_is_the_same_but_for_rounding_is_one_value() -> None:
    """Contexts of several sizes drawn at one rate: the mean of each law is that rate, but for rounding."""
    rng = np.random.default_rng(3)
    log = pd.DataFrame({"context_size": rng.integers(1, 6, 60), "context_contamination": 0.5})
    log = log.assign(correct=rng.random(60) < 0.5, accepted=rng.random(60) < 0.5)
    assert "seen at one value alone" in bc.doctor(log)["drift with contamination"].said


def test_the_rates_are_drawn() -> None:
    drawn_on = bc.doctor(CLEAN).plot()
    assert [label.get_text() for label in drawn_on.get_yticklabels()] == ["error rate", "tpr", "fpr"]
    assert drawn_on.get_xlabel() == "rate"


class TestCommandLine:
    def test_bad_news_is_an_answer(self, cli: Callable[..., Ran], tmp_path: Path) -> None:
        path, saved = tmp_path / "log.csv", tmp_path / "doctor.json"
        bc.write_log(CLEAN.assign(accepted=~CLEAN["correct"]).rename(columns={"correct": "ok"}), path)
        ran = cli("doctor", str(path), "--map", "correct=ok", "--where", "round=1", "-o", str(saved))
        assert ran.status == 0
        heads = ["What is in it", "What can be estimated", "What looks wrong", "What one more would buy"]
        assert [line for line in ran.out.splitlines() if line in heads] == heads
        assert "verdicts against truths" in ran.out
        assert "another spelling" not in ran.out  # it was mapped by hand
        assert max(map(len, ran.out.splitlines()[1:])) <= 112
        as_json = cli("doctor", str(path), "--map", "correct=ok", "--where", "round=1", "--json")
        assert json.loads(as_json.out) == json.loads(saved.read_text(encoding="utf-8"))
        assert cli("doctor", str(path), "-o", str(path)).status == 2

    @pytest.mark.parametrize(
        ("name", "content", "status", "said"),
        [
            ("empty.csv", b"", 1, "empty.csv is empty"),
            ("head.csv", b"correct,accepted\n", 1, "head.csv has no rows"),
            ("binary.csv", bytes(range(256)), 1, "it holds NUL bytes"),
            ("binary.dat", b"\0\1", 2, "no reader for '.dat'"),
            ("log", b"correct\n1\n", 2, "log: no reader for a name without an ending; known are: .csv"),
            ("other.csv", b"a,b\n1,2\n", 1, "no column to learn from"),
        ],
    )
    def test_what_cannot_be_read(
        self, cli: Callable[..., Ran], tmp_path: Path, name: str, content: bytes, status: int, said: str
    ) -> None:
        (tmp_path / name).write_bytes(content)
        ran = cli("doctor", str(tmp_path / name), "--json")
        assert (ran.status, ran.out) == (status, "")
        assert said in ran.err
