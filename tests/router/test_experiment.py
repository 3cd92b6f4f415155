"""Two policies tried side by side: who is in which arm, for how long, and what ends it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.arms import AS_RULED, BASE, EXPLORATION, OTHER, Assigned, overridden
from router.call import Bill, Kind
from router.columns import Weighed
from router.decide import decide
from router.decision import Decision, Pin, State
from router.experiment import assigned, goes_by_other
from router.experiment_stop import Arm, Progress, difference, why_over
from router.policy import digest, faults, parse, text_of
from router.policy_check import load
from router.stickiness import Turn, after, restored, saved
from tests.router.deciding import API, MINUTE, NOW, POLICY, call, first, stick, world

TRIAL = """
[experiment]
name = "haiku-first"
share = 0.4
tiers = ["simple", "moderate"]
never = ["plan", "complex"]
[experiment.overrides.routes]
default = ["anthropic/claude-haiku-4-5"]
"""
EXPLORE = '[exploration]\nshare = 0.04\nroutes = ["simple", "default", "hard"]\n'
BASE_RULES = load(API + TRIAL)
OTHER_RULES = load(text_of(overridden(BASE_RULES.policy, BASE_RULES.policy.experiment.overrides)))  # type: ignore[union-attr,arg-type]
EXPLORING = load(API + EXPLORE)
SIGMAS = 4  # a fair draw is outside once in 16,000


def arm_of(session: str, weighed: Weighed | None = None, **given: Any) -> Assigned | None:
    facts = {"session_id": session}
    asked = weighed or call(0.5)
    asked = replace(asked, facts=replace(asked.facts, **facts))
    state = world(login=Bill.CASH, **{k: v for k, v in given.items() if k != "is_over"})
    return assigned(BASE_RULES, asked, state, is_over=given.get("is_over", False))


def gone(weighed: Weighed, state: State) -> Decision:
    """As a gate decides while the experiment runs."""
    arm = assigned(BASE_RULES, weighed, state, is_over=False)
    is_other = goes_by_other(BASE_RULES.policy, arm, weighed)
    return decide(OTHER_RULES if is_other else BASE_RULES, weighed, replace(state, assigned=arm))


def of_arm(arm: str) -> str:
    """A session of this arm."""
    return next(s for n in range(99) if (got := arm_of(s := f"s{n}")) and got.arm == arm)


def test_a_share_of_the_sessions_is_in_the_other_arm():
    count, share = 5_000, 0.4
    others = sum(arm_of(f"session {n}").arm == OTHER for n in range(count))  # type: ignore[union-attr]
    assert abs(others - count * share) < SIGMAS * sqrt(count * share * (1 - share))


def test_agents_of_a_session_draw_for_themselves_and_experiments_are_independent():
    renamed = load(API + TRIAL.replace("haiku-first", "again"))
    state = world(login=Bill.CASH)
    same = [
        assigned(renamed, one := call(0.5, session_id=f"s{n}"), state, is_over=False).arm  # type: ignore[union-attr]
        == assigned(BASE_RULES, one, state, is_over=False).arm  # type: ignore[union-attr]
        for n in range(2_000)
    ]
    expected = 0.4**2 + 0.6**2
    assert abs(sum(same) - 2_000 * expected) < SIGMAS * sqrt(2_000 * expected * (1 - expected))
    agents = {
        assigned(BASE_RULES, call(0.5, agent_id=f"a{n}"), state, is_over=False) for n in range(30)
    }
    assert len(agents) == 2


@given(st.text(min_size=1), st.none() | st.text(), st.floats(0, 0.64))
def test_the_same_session_always_draws_the_same_arm_with_its_propensity(
    session: str, agent: str | None, complexity: float
):
    weighed = call(complexity, session_id=session, agent_id=agent)
    drawn = {assigned(BASE_RULES, weighed, world(), is_over=False) for _ in range(2)}
    [one] = drawn
    assert one in (Assigned("haiku-first", OTHER, 0.4), Assigned("haiku-first", BASE, 0.6))


def test_each_arm_goes_by_its_policy_and_the_row_names_it():
    other = gone(call(0.5, session_id=of_arm(OTHER)), world(login=Bill.CASH))
    assert first(other) == "anthropic/claude-haiku-4-5"
    assert other.reasons[-1] == "experiment haiku-first: other"
    base = gone(call(0.5, session_id=of_arm(BASE)), world(login=Bill.CASH))
    assert first(base) == "anthropic/claude-sonnet-4-5"
    assert base.counted == Assigned("haiku-first", BASE, 0.6)


def test_a_session_under_way_takes_part_only_from_its_next_free_point():
    session = of_arm(OTHER)
    assert arm_of(session, stick=stick()) is None
    assert arm_of(session, stick=stick(is_compacted=True)).arm == OTHER  # type: ignore[union-attr]
    assert arm_of(session, stick=stick(last_at=NOW - 6 * MINUTE)).arm == OTHER  # type: ignore[union-attr]


def test_a_session_keeps_its_arm_also_when_the_gate_restarts_or_the_experiment_is_over():
    weighed = call(0.5, session_id=of_arm(OTHER))
    decision = gone(weighed, world(login=Bill.CASH))
    turn = Turn(
        weighed=weighed, answered=decision.target, route=decision.route, complexity=0.5,  # type: ignore[arg-type]
        at=NOW, prompt_tokens=9_000, assigned=decision.assigned,
    )  # fmt: skip
    held = after(None, turn)
    assert held
    key = (of_arm(OTHER), "")
    assert restored(saved({key: held}, NOW)) == {key: held}
    later = {"stick": held, "now": NOW + MINUTE, "is_over": True}
    assert arm_of(of_arm(OTHER), **later) == decision.assigned
    assert arm_of(of_arm(OTHER), **{**later, "now": NOW + 9 * MINUTE}) is None


def test_an_older_gates_sessions_are_still_read():
    text = saved({("s", ""): stick()}, NOW).replace(b',"assigned":null', b"")
    assert b"assigned" not in text
    assert restored(text)["s", ""].assigned is None


def test_work_beyond_the_gates_takes_no_part():
    session = of_arm(OTHER)
    assert arm_of(session, call(0.9)) is None
    assert arm_of(session, call(0.5, kind=Kind.PLAN)) is None
    assert arm_of(session, call(0.5, kind=Kind.TITLE)) is None


def test_calls_that_are_never_tried_go_by_the_base_policy_within_the_other_arm():
    session = of_arm(OTHER)
    held = stick(
        "anthropic/claude-haiku-4-5", assigned=Assigned("haiku-first", OTHER, 0.4), complexity=0.5
    )
    hard = gone(call(0.9, session_id=session), world(login=Bill.CASH, stick=held))
    assert first(hard) == "anthropic/claude-opus-4-6"
    assert hard.counted == held.assigned


def test_who_asks_for_a_target_is_in_no_arm():
    session = of_arm(OTHER)
    pinned = gone(call(0.5, session_id=session), world(login=Bill.CASH, pins=(Pin("hard"),)))
    assert pinned.route == "hard"
    assert (pinned.counted, pinned.reasons) == (None, ("pinned: hard",))
    held = stick(assigned=Assigned("haiku-first", OTHER, 0.4))
    later = gone(
        call(0.5, session_id=session), world(login=Bill.CASH, pins=(Pin("hard"),), stick=held)
    )
    assert later.counted is None
    assert later.assigned == held.assigned  # the pin goes, the arm is still the session's


def test_exploration_takes_a_small_known_share_and_never_of_hard_work():
    state, count = world(login=Bill.CASH), 8_000
    drawn = [
        assigned(EXPLORING, call(0.5, session_id=f"s{n}"), state, is_over=False)
        for n in range(count)
    ]
    tried = [one for one in drawn if one and one.arm != AS_RULED]
    assert abs(len(tried) - count * 0.04) < SIGMAS * sqrt(count * 0.04 * 0.96)
    assert {one.arm for one in tried} == {"simple", "hard"}
    assert {one.propensity for one in tried} == {0.02}
    assert assigned(EXPLORING, call(0.9), state, is_over=False) is None
    assert assigned(EXPLORING, call(0.5, kind=Kind.PLAN), state, is_over=False) is None


def test_explored_work_goes_by_the_other_route_until_it_turns_hard():
    given = Assigned(EXPLORATION, "simple", 0.02)
    tried = decide(EXPLORING, call(0.5), world(login=Bill.CASH, assigned=given))
    assert (tried.route, first(tried)) == ("simple", "anthropic/claude-haiku-4-5")
    assert tried.reasons[-1] == "exploration: simple"
    held = stick("anthropic/claude-haiku-4-5", route="simple", assigned=given)
    hard = decide(EXPLORING, call(0.9), world(login=Bill.CASH, assigned=given, stick=held))
    assert first(hard) == "anthropic/claude-opus-4-6"


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ('policy = "x"\n', "name either a policy or [experiment.overrides]"),
        ("share = 1\n", "share: should be less than 1"),
        ('tiers = ["easy"]\n', "should be 'simple', 'moderate' or 'complex', not 'easy'"),
        ("shares = 1\n", "unknown key; known are name, policy, overrides"),
    ],
)
def test_a_faulty_experiment_is_named_with_its_line(more: str, what: str):
    text = POLICY + "[experiment]\n" + 'name = "t"\n' + more + "[experiment.overrides]\n"
    [fault] = faults(text)
    line = text.splitlines().index("[experiment]") + 1
    assert any(fault.startswith(f"policy.toml line {n}: experiment") for n in (line, line + 2))
    assert what in fault


def test_what_overrides_break_is_named_where_it_stands():
    text = (
        API + TRIAL + 'hard = ["nowhere/x"]\n[experiment.overrides.thresholds]\nmoderate_at = 1\n'
    )
    found = faults(text)
    lines = text.splitlines()
    assert found[1].startswith(
        f"policy.toml line {lines.index('hard = ["nowhere/x"]') + 1}: "
        "experiment.overrides.routes.hard: 'nowhere/x' names the unknown provider"
    )
    assert "experiment.overrides.thresholds.moderate_at: is above complex_at" in found[0]
    rule = '[[experiment.overrides.rules]]\nname = "r"\nwhen = "kind > 3"\nroute = "hard"\n'
    with pytest.raises(ValueError, match=r"experiment\.overrides\.rules\.0\.when"):
        load(API + TRIAL + rule)
    assert "no routes to try it on" in faults(TRIAL)[0]
    assert "'none' is no route" in faults(API + EXPLORE.replace('"hard"', '"none"'))[0]


def test_an_experiment_survives_being_written_and_leaves_other_versions_as_they_were():
    again = text_of(BASE_RULES.policy)
    assert parse(again) == BASE_RULES.policy
    assert digest(OTHER_RULES.policy) not in (digest(BASE_RULES.policy), digest(parse(API)))
    assert digest(parse(API)) == digest(BASE_RULES.policy.model_copy(update={"experiment": None}))


def progress(days: float = 1, base: Arm | None = None, other: Arm | None = None) -> Progress:
    return Progress(began_at=NOW - timedelta(days=days), base=base or Arm(), other=other or Arm())


def stopping(rule: str) -> Any:
    return parse(API + TRIAL + f"[experiment.stop]\n{rule}\n").experiment


def test_days_tasks_harm_and_futility_end_an_experiment():
    assert why_over(stopping("days = 3"), None, NOW) is None
    assert why_over(stopping("days = 3"), progress(2.9), NOW) is None
    assert why_over(stopping("days = 3"), progress(3), NOW) == ("days", 3)
    few, many = Arm(tasks=199), Arm(tasks=200)
    assert why_over(stopping("tasks = 200"), progress(1, many, few), NOW) is None
    assert why_over(stopping("tasks = 200"), progress(1, many, many), NOW) == ("tasks", 200)
    good, bad = Arm(known=400, passed_share=0.9), Arm(known=400, passed_share=0.6)
    assert why_over(stopping("harm = 0.05"), progress(1, good, good), NOW) is None
    harmed = why_over(stopping("harm = 0.05"), progress(1, good, bad), NOW)
    assert harmed and harmed.rule == "harm" and 0.05 < harmed.value < 0.3
    even = Arm(known=4_000, passed_share=0.8)
    assert why_over(stopping("futile = 0.05"), progress(1, even, even), NOW) == ("futile", 0.05)
    assert why_over(stopping("harm = 0"), progress(1, Arm(), bad), NOW) is None


def looked_at_daily(p: float, q: float, dice: np.random.Generator) -> bool:
    """Whether a harm rule stops 30 days of 20 tasks a day and arm."""
    rule = stopping("harm = 0")
    base, other = dice.random(600) < p, dice.random(600) < q
    return any(
        why_over(rule, progress(1, seen(base[:n]), seen(other[:n])), NOW)
        for n in range(20, 601, 20)
    )


def seen(passed: Any) -> Arm:
    return Arm(tasks=len(passed), known=len(passed), passed_share=float(passed.mean()))


def test_a_harm_rule_looked_at_every_day_stops_true_harm_and_seldom_stops_none():
    dice = np.random.default_rng(5)
    false_alarms = sum(looked_at_daily(0.8, 0.8, dice) for _ in range(400))
    assert false_alarms <= 400 * 0.05
    assert sum(looked_at_daily(0.8, 0.6, dice) for _ in range(50)) >= 49


def covered(p: float, q: float, dice: np.random.Generator) -> Iterator[bool]:
    for _ in range(800):
        arms = seen(dice.random(60) < p), seen(dice.random(90) < q)
        low, high = difference(*arms, 1.96) or (1, -1)
        yield low <= q - p <= high


@pytest.mark.parametrize(("p", "q"), [(0.75, 0.75), (0.95, 0.9), (0.6, 0.8)])
def test_an_interval_of_a_difference_holds_the_truth_as_often_as_it_says(p: float, q: float):
    dice = np.random.default_rng(7)
    assert sum(covered(p, q, dice)) / 800 >= 0.93
