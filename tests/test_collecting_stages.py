"""What is asked next depends on the seed alone: not on order, concurrency or interruptions."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boostcalc.collecting.contexts import (
    JOINED,
    Context,
    Pair,
    drawn_context,
    generator,
    joined,
    request_seed,
    whole_share,
)
from boostcalc.collecting.loop_design import LoopDesign, LoopPlan
from boostcalc.collecting.stages import Outcome, Plan, Recorded, Stage, query_of, replayed
from boostcalc.collecting.sweep_design import GRIDS, SweepDesign, SweepPlan
from boostcalc.collecting.tasks import Task, Tasks
from boostcalc.dynamics import POLICIES as POLICIES_BY_NAME
from boostcalc.dynamics import Append, ContextPolicy, Replace, Window
from boostcalc.dynamics.policies import Counted
from boostcalc.errors import DataError, UsageError

TASKS = Tasks(
    tuple(Task(f"what is {i}?", (str(i),), (f"{i}a", f"{i}b"), f"q{i}", "t") for i in range(120)), "tasks.jsonl"
)
POLICIES = [Replace(), Append(size=3), Window(size=5), Window(size=20)]


def outcome(plan: Plan, stage: Stage, index: int, acceptance: float = 0.5) -> Outcome:
    """What some model would do, from the place alone."""
    task = query_of(plan, stage, index)
    correct, accepted = generator("model", stage.name, stage.round, index).random(2) < (0.6, acceptance)
    return Outcome(task.name, "x", bool(correct), bool(accepted), None, 1, int(accepted), "sampled")


def made(plan: Plan, concurrency: int, rng: np.random.Generator, kills: float, acceptance: float = 0.5) -> list[Stage]:
    """All stages, attempts completing in any order, now and then all that is under way being lost."""
    recorded: dict[tuple[str, int], dict[int, Outcome]] = {}
    asked: set[tuple[str, int, int]] = set()
    for run in range(plan.runs):
        under_way: list[int] = []
        while True:
            stage = replayed(plan, run, recorded)[-1]
            while len(under_way) < concurrency and (index := stage.next(under_way)) is not None:
                under_way.append(index)
            if not under_way:
                break
            if rng.random() < kills:
                under_way = []
                continue
            index = under_way.pop(int(rng.integers(len(under_way))))
            place = (stage.name, stage.round, index)
            assert place not in asked
            asked.add(place)
            recorded.setdefault(place[:2], {})[index] = outcome(plan, stage, index, acceptance)
    return [stage for run in range(plan.runs) for stage in replayed(plan, run, recorded)]


@settings(max_examples=40)
@given(
    policy=st.sampled_from(POLICIES),
    concurrency=st.integers(1, 9),
    kills=st.sampled_from([0.0, 0.1, 0.3]),
    order=st.sampled_from(["kept", "shuffled"]),
    seed=st.integers(0, 2**31),
)
def test_order_concurrency_and_interruptions_change_nothing(
    policy: ContextPolicy, concurrency: int, kills: float, order: str, seed: int
) -> None:
    design = LoopDesign(batch=4, context=policy, rounds=2, runs=2, contamination=0.5, order=order, seed=seed % 7)
    plan = LoopPlan(design, TASKS)
    rng = np.random.default_rng(seed)
    one_by_one = made(plan, 1, np.random.default_rng(0), 0.0)
    assert made(plan, concurrency, rng, kills) == one_by_one
    for stage in one_by_one:
        # no attempt is left over: the last one filled the batch, and all before it are used
        assert [index for index, _ in stage.used] == list(range(len(stage.outcomes)))
        assert stage.accepted == design.batch
        assert stage.used[-1][1].accepted


@pytest.mark.parametrize("acceptance", [0.0, 0.1])
def test_a_round_that_never_fills_is_given_up(acceptance: float) -> None:
    plan = LoopPlan(LoopDesign(batch=4, rounds=3, most=30, seed=1), TASKS)
    stages = made(plan, 5, np.random.default_rng(0), 0.2, acceptance)
    last = stages[-1]
    assert not last.filled
    assert last.over
    assert sorted(last.outcomes) == list(range(30))
    assert plan.after(last) is None


@settings(max_examples=20)
@given(policy=st.sampled_from(POLICIES), seed=st.integers(0, 100))
def test_contexts_are_what_the_policy_says_in_numbers(policy: ContextPolicy, seed: int) -> None:
    """Sizes always, and wrong pairs where none leaves at random: both languages of a policy agree."""
    design = LoopDesign(batch=4, context=policy, rounds=6, contamination=0.5, seed=seed)
    stages = made(LoopPlan(design, TASKS), 3, np.random.default_rng(seed), 0.0)
    counted = policy.begin_counts(4, np.array([stages[0].context.wrong]))
    for before, after in zip(stages, stages[1:], strict=False):
        wrong = sum(not one.correct for _, one in before.used if one.accepted)
        counted = policy.join_counts(counted, 4, np.array([wrong]), np.random.default_rng(0))
        assert len(after.context) == int(counted.size)
        # of the first pairs of a window, which are one batch there, any leave
        if not isinstance(policy, Window) or (policy.size % 4 == 0 and 4 * after.round >= policy.size):
            assert after.context.wrong == int(counted.wrong[0])
    assert isinstance(counted, Counted)
    assert len(stages[-1].context) <= design.largest_context
    assert len(stages[-1].context) == design.largest_context or isinstance(policy, Window)


def test_every_policy_is_said_in_pairs_as_well() -> None:
    assert set(JOINED) == {policy.family for policy in POLICIES_BY_NAME}


def test_a_window_keeps_the_last_pairs_in_time_also_when_they_are_shown_in_another_order() -> None:
    pairs = tuple(Pair(f"q{i}", f"{i}?", "x", i % 2 == 0) for i in range(6))
    shuffled = Context(pairs, (5, 4, 3, 2, 1, 0))
    assert joined(Window(size=4), shuffled, pairs[:1]).pairs == (*pairs[3:], pairs[0])
    assert [query for query, _ in shuffled.shown] == [f"{i}?" for i in (5, 4, 3, 2, 1, 0)]
    assert shuffled.wrong_position == pytest.approx((0 + 2 + 4) / 3 / 5)
    assert Context(pairs).wrong_position == pytest.approx((1 + 3 + 5) / 3 / 5)


def test_queries_come_once_before_any_comes_again_and_never_from_the_context() -> None:
    plan = LoopPlan(LoopDesign(batch=8, contamination=0.5, rounds=0), TASKS)
    stage = plan.begin(0)
    able = len(TASKS) - 8
    names = [query_of(plan, stage, index).name for index in range(2 * able)]
    assert sorted(names[:able]) == sorted(names[able:]) == sorted({t.name for t in TASKS.rows} - stage.context.names)
    assert names[:able] != names[able:]
    open_to_all = replace(stage, repeats=True)
    assert {query_of(plan, open_to_all, index).name for index in range(len(TASKS))} == {t.name for t in TASKS.rows}


def test_what_is_drawn_depends_on_its_place_and_on_the_seed() -> None:
    """Runs, rounds and seeds differ; the same place is the same, whatever else is asked for."""
    longer = LoopPlan(LoopDesign(batch=8, contamination=0.5, rounds=9, runs=9), TASKS)
    plan = LoopPlan(LoopDesign(batch=8, contamination=0.5, rounds=1, runs=2), TASKS)
    other = LoopPlan(LoopDesign(batch=8, contamination=0.5, rounds=1, runs=2, seed=1), TASKS)
    assert plan.begin(1).context == longer.begin(1).context
    contexts = {one.begin(run).context for one in (plan, other) for run in (0, 1)}
    assert len(contexts) == 4
    seeds = {
        request_seed(0, "loop-0-0", r, i, what) for r in range(9) for i in range(9) for what in ("answer", "verdict")
    }
    assert len(seeds) == 162
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_whole_pairs_are_right_on_average() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([whole_share(7, 0.35, rng) for _ in range(4000)])
    assert set(drawn) == {2, 3}
    deviation = math.sqrt(0.45 * 0.55 / 4000)
    assert abs(drawn.mean() - 2.45) < 5 * deviation
    assert [whole_share(10, share, rng) for share in (0.0, 0.1, 0.3, 0.7, 1.0)] == [0, 1, 3, 7, 10]


@pytest.mark.parametrize("agreement", ["independent", "consistent"])
def test_drawn_contexts_have_their_wrong_pairs_anywhere(agreement: str) -> None:
    rng = np.random.default_rng(0)
    contexts = [drawn_context(TASKS, 6, 4, agreement=agreement, rng=rng) for _ in range(600)]
    asked = {task.name: task for task in TASKS.rows}
    for context in contexts:
        assert (len(context), context.wrong, len(context.names)) == (6, 4, 6)
        rules = {asked[p.name].wrong_answers.index(p.answer) for p in context.pairs if not p.correct}
        assert agreement == "independent" or len(rules) == 1
        assert all(p.answer in asked[p.name].answers for p in context.pairs if p.correct)
    both = sum(len({p.answer[-1] for p in context.pairs if not p.correct}) == 2 for context in contexts)
    expected = 1 - 2 / 2**4 if agreement == "independent" else 0.0
    assert abs(both / 600 - expected) <= 5 * math.sqrt(expected * (1 - expected) / 600)
    places = np.array([context.wrong_position for context in contexts])
    # four of six places without replacement: variance of the mean by the finite population
    spread = np.var(np.arange(6) / 5) / 4 * (6 - 4) / (6 - 1)
    assert abs(places.mean() - 0.5) < 5 * math.sqrt(spread / 600)


def test_without_wrong_answers_one_rule_is_one_shift_of_the_labels() -> None:
    labelled = Tasks(tuple(Task(f"{i}?", ("ABC"[i % 3],), (), f"q{i}", "t") for i in range(30)), "t")
    context = drawn_context(labelled, 9, 9, agreement="consistent", rng=np.random.default_rng(3))
    right = {task.name: task.answers[0] for task in labelled.rows}
    assert len({("ABC".index(p.answer) - "ABC".index(right[p.name])) % 3 for p in context.pairs}) == 1
    alike = Tasks(tuple(Task(f"{i}?", ("yes",), (), f"q{i}", "t") for i in range(30)), "t")
    with pytest.raises(DataError, match="no wrong answer"):
        drawn_context(alike, 2, 1, agreement="independent", rng=np.random.default_rng(0))


def test_a_sweep_takes_the_finest_grid_that_its_budget_allows() -> None:
    for attempts in (32, 200, 500, 1200, 5000):
        design = SweepDesign(attempts, sizes=(0, 8), queries=2)
        contexts = attempts // 2
        assert sum(cell.contexts for cell in design.cells) == contexts
        assert max(c.contexts for c in design.cells) - min(c.contexts for c in design.cells) <= 1
        shares = tuple(cell.contamination for cell in design.cells if cell.size == 8)
        allowed = [grid for grid in GRIDS if contexts >= 8 * (1 + len(grid))]
        assert shares == (allowed[0] if allowed else GRIDS[-1])


def test_a_sweep_goes_through_all_cells_in_turn() -> None:
    plan = SweepPlan(SweepDesign(96, sizes=(0, 4, 9), contaminations=(0.0, 0.3, 1.0), queries=4), TASKS)
    stages = [plan.begin(run) for run in range(plan.runs)]
    assert len({stage.name for stage in stages}) == plan.runs == 24
    first = stages[: len(plan.design.cells)]
    assert [len(stage.context) for stage in first] == [0, 4, 4, 4, 9, 9, 9]
    assert [stage.context.wrong for stage in first[1::3]] == [0, 0]
    assert [stage.context.wrong for stage in first[3::3]] == [4, 9]
    assert {stage.context.wrong for stage in stages if "k9-c0.3" in stage.name} <= {2, 3}
    more = SweepPlan(replace(plan.design, attempts=192), TASKS)
    assert {stage.name: stage for stage in stages}.items() <= {
        more.begin(run).name: replace(more.begin(run), run=run_of) for run, run_of in _numbers(plan, more).items()
    }.items()


def _numbers(plan: SweepPlan, more: SweepPlan) -> dict[int, int]:
    """From a run of the larger sweep to the number that it has in the smaller one."""
    there = {place: number for number, place in enumerate(plan.contexts)}
    return {number: there[place] for number, place in enumerate(more.contexts) if place in there}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: LoopDesign(batch=0), "batch = 0"),
        (lambda: LoopDesign(contamination=1.5), "outside"),
        (lambda: LoopDesign(order="random"), "no order 'random'"),
        (lambda: LoopDesign(most=3), "never fill"),
        (lambda: LoopDesign(context=Append(size=4)), "append:size=0"),
        (lambda: LoopPlan(LoopDesign(context=Append(size=0), batch=16, rounds=8), TASKS), "grows to 128 pairs"),
        (lambda: SweepDesign(10), "too few"),
        (lambda: SweepDesign(1000, sizes=(4, 4)), "differ"),
        (lambda: SweepDesign(1000, contaminations=(0.5, 2.0)), "shares"),
        (lambda: SweepPlan(SweepDesign(1000, sizes=(200,)), TASKS), "120 tasks"),
    ],
)
def test_what_cannot_be_is_refused(wrong: object, said: str) -> None:
    with pytest.raises((UsageError, DataError), match=said):
        wrong()  # type: ignore[operator]


def test_recorded_attempts_beyond_a_full_batch_are_not_used() -> None:
    """A journal that somebody cut together: the batch is still the first accepted in order."""
    plan = LoopPlan(LoopDesign(batch=2, rounds=0), TASKS)
    stage = plan.begin(0)
    yes, no = (Outcome("q1", "x", True, accepted, None, 1, 1, "sampled") for accepted in (True, False))
    recorded: Recorded = {(stage.name, 0): {0: yes, 1: no, 2: yes, 3: yes}}
    assert [index for index, _ in replayed(plan, 0, recorded)[-1].used] == [0, 1, 2]
