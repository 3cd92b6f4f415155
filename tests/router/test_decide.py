"""Where a call goes and why: gates, what was asked for, rules, stickiness, what targets lack."""

import timeit
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.budget import Spending, reserved, settled, used_usd
from router.call import Bill, Kind
from router.columns import Weighed, row_of, weigh
from router.complexity import weights_of
from router.decide import decide, is_doubtful
from router.decision import Cooldown, Pin, Skip
from router.facts import facts_of
from router.policy import parse
from router.policy_check import load
from router.policy_model import Target
from router.rules import SCHEMA, first_rule, first_rules
from router.windows import WindowReading
from tests.router.deciding import (
    API,
    KEYS,
    MINUTE,
    NOW,
    POLICY,
    READY,
    call,
    decided,
    first,
    skips,
    stick,
    world,
)
from tests.router.recorded import NAMES, bytes_of, recorded

DATA = Path(__file__).parents[2] / "data"
WEIGHTS = weights_of((DATA / "complexity.toml").read_text())
HOUR = timedelta(hours=1)
COOL = (Cooldown("max", NOW + HOUR, "five_hour is used up"),)
BUDGET = POLICY + '[budget]\nusd = 50\non_soft = {"80%" = "cheaper", "95%" = "local"}\n'


def test_without_routes_a_call_goes_where_it_was_going():
    decision = decided(policy="store_bodies = true")
    assert (first(decision), decision.reasons) == ("max/claude-opus-4-6", ("as asked",))
    assert first(decided(policy="", login=Bill.CASH)) == "anthropic/claude-opus-4-6"
    assert decided(call(kind=Kind.CLASSIFIER), policy="").stop is None


@pytest.mark.parametrize(
    "kind", [Kind.CLASSIFIER, Kind.PLAN, Kind.COMPACT, Kind.VALIDATION, Kind.QUOTA_PROBE]
)
def test_calls_that_judge_plan_or_summarise_keep_the_model_asked_for(kind: Kind):
    decision = decided(call(0.0, kind=kind), login=Bill.CASH)
    assert (decision.route, first(decision)) == ("keep", "anthropic/claude-opus-4-6")
    assert all(target.model == "claude-opus-4-6" for target in decision.targets)
    assert decision.reasons == (f"gate keep: {kind}",)


def test_a_call_that_keeps_its_model_goes_to_the_provider_that_it_names():
    asked = call(kind=Kind.VALIDATION, asked_model="openrouter,qwen/qwen3-coder:free")
    assert first(decided(asked)) == "openrouter/qwen/qwen3-coder:free"


def test_utility_calls_go_to_the_background_whatever_is_pinned():
    pins = (Pin("anthropic/claude-sonnet-4-5"),)
    decision = decided(call(kind=Kind.TITLE, session_id=None), pins=pins)
    assert (decision.route, first(decision)) == ("background", "ollama/qwen3-coder:30b")


@pytest.mark.parametrize(
    ("complexity", "route"), [(0.1, "simple"), (0.5, "default"), (0.8, "hard")]
)
def test_rules_choose_the_route_and_the_plan_comes_first(complexity: float, route: str):
    decision = decided(call(complexity))
    assert (decision.route, first(decision)) == (route, "max/claude-opus-4-6")


@pytest.mark.parametrize(
    ("complexity", "target"),
    [
        (0.1, "anthropic/claude-haiku-4-5"),
        (0.5, "anthropic/claude-sonnet-4-5"),
        (0.8, "anthropic/claude-opus-4-6"),
    ],
)
def test_on_a_limit_work_goes_to_the_api_by_how_hard_it_is(complexity: float, target: str):
    decision = decided(call(complexity), cooldowns=COOL)
    assert first(decision) == target
    assert skips(decision)["max/claude-opus-4-6"].startswith("five_hour is used up, until 2026")


def test_a_target_without_its_login_or_key_is_skipped_and_named():
    decision = decided(login=Bill.CASH, keys=KEYS - {"OPENROUTER_API_KEY"})
    assert first(decision) == "anthropic/claude-sonnet-4-5"
    assert skips(decision) == {
        "max/claude-opus-4-6": "the client sent no plan login",
        "openrouter/qwen/qwen3-coder:free": "OPENROUTER_API_KEY is not set",
    }


@pytest.mark.parametrize(
    ("facts", "cues", "why"),
    [
        ({"body_bytes": 400_000}, {}, "needs 113,263 tokens of context, has 65,536"),
        ({"images": 1}, {}, "cannot do images"),
        ({"tool_choice": "any"}, {}, "cannot do tool_choice"),
        ({}, {"web_search": True}, "cannot do web_search"),
        ({}, {"documents": 1}, "cannot do documents"),
    ],
)
def test_a_target_that_lacks_what_the_call_needs_is_skipped(
    facts: dict[str, Any], cues: dict[str, Any], why: str
):
    decision = decided(call(0.1, cues=cues, **facts), cooldowns=COOL)
    assert skips(decision)["ollama/qwen3-coder:30b"] == why
    assert first(decision) == "anthropic/claude-haiku-4-5"


def test_what_a_policy_says_of_a_provider_outranks_what_is_known():
    text = POLICY.replace("context_tokens = 65536", "capabilities = { images = true }")
    assert "ollama/qwen3-coder:30b" not in skips(decided(call(0.1, images=1), text))
    small = POLICY.replace("context_tokens = 65536", "capabilities = { thinking = false }")
    told = skips(decided(call(0.1, thinking="adaptive"), small))
    assert told["ollama/qwen3-coder:30b"] == "cannot do thinking"


def test_a_model_as_asked_is_never_second_guessed():
    assert first(decided(call(body_bytes=9_000_000))) == "max/claude-opus-4-6"


@pytest.mark.parametrize(
    "asked", ["openrouter,qwen/qwen3-coder:free", "OpenRouter/qwen/qwen3-coder:free"]
)
def test_a_target_asked_for_by_the_client_comes_before_the_rules(asked: str):
    decision = decided(call(0.9, asked_model=asked))
    assert first(decision) == "openrouter/qwen/qwen3-coder:free"
    assert decision.reasons == (f"asked by the client: {asked}",)
    assert skips(decision)["max/qwen/qwen3-coder:free"] == "max has no qwen/qwen3-coder:free"
    assert "anthropic/claude-opus-4-6" in [str(target) for target in decision.targets]


def test_a_model_name_with_a_slash_is_no_target_without_such_a_provider():
    assert first(decided(call(asked_model="qwen/qwen3"))) == "max/qwen/qwen3"


def test_a_subagents_tag_wins_over_everything_but_gates():
    cues = {"tag": "openrouter,qwen/qwen3-coder:free"}
    pins = (Pin("ollama/x"),)
    decision = decided(call(cues=cues, kind=Kind.SUBAGENT, agent_id="a"), pins=pins, stick=stick())
    assert first(decision) == "openrouter/qwen/qwen3-coder:free"
    assert decided(call(cues=cues, kind=Kind.COMPACT)).route == "keep"


def test_what_cannot_be_had_is_said_and_the_rules_decide():
    decision = decided(call(cues={"tag": "nowhere,x"}))
    assert first(decision) == "max/claude-opus-4-6"
    assert (
        decision.reasons[-1]
        == "subagent tag: nowhere,x is no route and no target of a known provider"
    )


def test_a_pin_holds_for_its_route_and_its_time():
    pin = Pin("ollama/qwen3-coder:30b", "simple", NOW + HOUR)
    assert first(decided(call(0.1), pins=(pin,))) == "ollama/qwen3-coder:30b"
    assert first(decided(call(0.5), pins=(pin,))) == "max/claude-opus-4-6"
    assert first(decided(call(0.1), pins=(pin,), now=NOW + HOUR)) == "max/claude-opus-4-6"
    assert decided(call(0.1), pins=(Pin("hard"),)).route == "hard"
    assert decided(call(0.1), pins=(Pin("hard", "simple"),)).route == "hard"


def test_a_project_goes_where_its_longest_prefix_says():
    assert decided(call(0.9, project="articles-new")).route == "simple"
    assert first(decided(call(0.9, project="articles/old/1"))) == "ollama/qwen3-coder:30b"
    assert decided(call(0.9, project="shop")).route == "hard"


def test_a_warm_session_stays_on_its_model():
    decision = decided(call(0.1), API, login=Bill.CASH, stick=stick())
    assert (first(decision), decision.route) == ("anthropic/claude-sonnet-4-5", "default")
    assert decision.reasons == (
        "held: the cache of anthropic/claude-sonnet-4-5 is warm", "rule simple"
    )  # fmt: skip


def test_an_opus_session_is_not_left_for_one_cheap_call_unless_it_pays():
    on_opus = stick("anthropic/claude-opus-4-6", route="hard", complexity=0.9)
    held = decided(
        call(0.5), API + "[switching]\nexpected_turns = 9\n", login=Bill.CASH, stick=on_opus
    )
    assert first(held) == "anthropic/claude-opus-4-6"
    often = API + "[switching]\nexpected_turns = 10\n"
    paid = decided(call(0.5), often, login=Bill.CASH, stick=on_opus)
    assert first(paid) == "anthropic/claude-sonnet-4-5"
    assert paid.reasons[-1] == "leaving anthropic/claude-opus-4-6 pays within 10 turns"


NEVER = API + "[switching]\nexpected_turns = 0\n"


@pytest.mark.parametrize(
    "given",
    [
        {"stick": None},
        {"stick": stick(is_compacted=True)},
        {"stick": stick(last_at=NOW - 6 * MINUTE)},
    ],
)
def test_at_a_free_point_the_rules_decide(given: dict[str, Any]):
    decision = decided(call(0.1), NEVER, login=Bill.CASH, **given)
    assert first(decision) == "anthropic/claude-haiku-4-5"
    assert decision.reasons[-1].startswith("free to choose: ")


def test_a_tool_turn_never_changes_the_model_by_its_score():
    turn = call(0.95, is_tool_turn=True)
    assert (
        first(decided(turn, NEVER, login=Bill.CASH, stick=stick())) == "anthropic/claude-sonnet-4-5"
    )


def test_failures_and_a_reask_move_a_session_up_at_once():
    failing = decided(
        call(0.5, cues={"failures": 2}, messages=9), NEVER, login=Bill.CASH, stick=stick()
    )
    assert (first(failing), failing.escalated) == ("anthropic/claude-opus-4-6", True)
    assert failing.reasons[0] == "escalated: 2 edits or tests failed in a row"
    simple = stick("anthropic/claude-haiku-4-5", route="simple", complexity=0.2)
    asked = decided(call(0.2, cues={"is_reask": True}), NEVER, login=Bill.CASH, stick=simple)
    assert (first(asked), asked.complexity) == ("anthropic/claude-sonnet-4-5", 0.35)


def test_a_session_moves_up_from_where_its_work_was_not_from_where_the_call_scores():
    failing = call(0.1, cues={"failures": 2})
    decision = decided(failing, API, login=Bill.CASH, stick=stick(complexity=0.5))
    assert (decision.route, decision.complexity) == ("hard", 0.65)


def test_a_clearly_harder_task_moves_a_session_up_unless_the_policy_forbids():
    given = {"login": Bill.CASH, "stick": stick()}
    assert first(decided(call(0.9), NEVER, **given)) == "anthropic/claude-opus-4-6"
    forbidden = NEVER + "harder_task = false\n"
    assert first(decided(call(0.9), forbidden, **given)) == "anthropic/claude-sonnet-4-5"


def test_a_session_in_exile_comes_home_to_the_plan_when_its_limit_ends():
    away = decided(call(0.5), stick=stick(), cooldowns=COOL)
    assert first(away) == "anthropic/claude-sonnet-4-5"
    assert first(decided(call(0.5), stick=stick())) == "max/claude-opus-4-6"
    loop = decided(call(0.5, is_tool_turn=True), stick=stick())
    assert first(loop) == "anthropic/claude-sonnet-4-5"


def test_a_summary_and_a_count_go_where_the_session_is():
    on_local = stick("ollama/qwen3-coder:30b")
    for kind in (Kind.COMPACT, Kind.COUNT_TOKENS):
        assert first(decided(call(kind=kind), stick=on_local)) == "ollama/qwen3-coder:30b"
    assert first(decided(call(kind=Kind.CLASSIFIER), stick=on_local)) == "max/claude-opus-4-6"


def test_a_session_on_a_provider_that_is_gone_is_decided_anew():
    assert first(decided(call(0.5), stick=stick("gone/x"))) == "max/claude-opus-4-6"


def reading(utilization: float, **given: Any) -> dict[str, tuple[WindowReading, ...]]:
    told: dict[str, Any] = {"limit_window": "five_hour", "resets_at": NOW + HOUR}
    return {"max": (WindowReading(**{**told, "utilization": utilization, **given}),)}


def test_light_work_leaves_a_plan_whose_window_fills():
    light = decided(call(0.1), readings=reading(0.81))
    assert first(light) == "anthropic/claude-haiku-4-5"
    assert skips(light)["max/claude-opus-4-6"] == "five_hour is at 81%"
    assert first(decided(call(0.1), readings=reading(0.79))) == "max/claude-opus-4-6"
    assert first(decided(call(0.5), readings=reading(0.99))) == "max/claude-opus-4-6"
    assert first(decided(call(0.1), readings=reading(0.9, resets_at=NOW))) == "max/claude-opus-4-6"
    sonnet = reading(0.9, limit_window="seven_day_sonnet")
    assert first(decided(call(0.1), readings=sonnet)) == "max/claude-opus-4-6"
    looser = POLICY + '[limits]\nleave_at = 0.9\nroutes = ["simple"]\n'
    assert first(decided(call(0.1), looser, readings=reading(0.85))) == "max/claude-opus-4-6"


def test_a_warm_session_does_not_leave_a_plan_whose_window_fills():
    on_plan = stick("max/claude-opus-4-6", route="simple", complexity=0.1)
    assert first(decided(call(0.1), readings=reading(0.81), stick=on_plan)) == str(on_plan.target)


def test_a_window_read_as_rejected_cools_the_plan_also_after_a_restart():
    spent = reading(1.0, status="rejected")
    assert first(decided(call(0.5), readings=spent)) == "anthropic/claude-sonnet-4-5"


TWO_PLANS = """
[providers.max]
base_url = "https://api.anthropic.com"
auth = "client"
bill = "plan"
[providers.other]
base_url = "https://api.anthropic.com"
auth = "client"
bill = "plan"
[[rules]]
name = "simple"
when = "complexity < moderate_at"
route = "simple"
[routes]
default = ["max/asked"]
simple = ["max/asked", "other/asked"]
"""


def test_when_nothing_else_is_left_a_full_plan_is_asked_before_a_spent_one():
    full = {"other": reading(0.9)["max"]}
    decision = decided(call(0.1), TWO_PLANS, cooldowns=COOL, readings=full)
    assert first(decision) == "other/claude-opus-4-6"
    assert decision.reasons[-1] == "nothing else is left: five_hour is at 90%"


def test_when_nothing_else_is_left_the_plan_answers_for_itself():
    decision = decided(call(0.5), cooldowns=COOL, keys=frozenset())
    assert first(decision) == "max/claude-opus-4-6"
    assert decision.reasons[-1].startswith("nothing else is left: five_hour is used up")
    assert decision.stop is None


def test_at_a_soft_mark_only_the_cheapest_paid_target_stays():
    decision = decided(call(0.9), BUDGET, cooldowns=COOL, used_usd=Decimal(41))
    assert [str(target) for target in decision.targets] == [
        "anthropic/claude-sonnet-4-5", "max/claude-opus-4-6"
    ]  # fmt: skip
    assert (
        skips(decision)["anthropic/claude-opus-4-6"] == "80% of $50.00 in 30 days is used: cheaper"
    )


def test_at_a_later_mark_local_and_free_targets_take_over():
    decision = decided(call(0.9), BUDGET, cooldowns=COOL, used_usd=Decimal(48))
    assert [str(target) for target in decision.targets] == [
        "ollama/qwen3-coder:30b", "openrouter/qwen/qwen3-coder:free", "max/claude-opus-4-6"
    ]  # fmt: skip
    free = BUDGET + 'on_hard = "free"\n'
    hard = decided(call(0.9), free, cooldowns=COOL, used_usd=Decimal(50))
    assert first(hard) == "openrouter/qwen/qwen3-coder:free"


def test_at_a_later_mark_what_must_keep_its_model_gets_no_local_one():
    summary = decided(call(kind=Kind.COMPACT), BUDGET, cooldowns=COOL, used_usd=Decimal(48))
    assert {one.target.model for one in summary.candidates} == {"claude-opus-4-6"}


def test_who_rests_is_tried_last_when_nobody_else_has_answered():
    decision = decided(call(0.9), cooldowns=COOL)
    names = [str(target) for target in decision.targets]
    assert names[-1] == "max/claude-opus-4-6"
    assert names[0] == "anthropic/claude-opus-4-6"


def test_at_the_hard_mark_stop_stops_with_a_clear_message_but_spares_the_plan():
    keys_only = API + "[budget]\nusd = 50\n"
    only_paid = keys_only.replace(', "openrouter/qwen/qwen3-coder:free"', "")
    stopped = decided(call(0.5), only_paid, login=Bill.CASH, used_usd=Decimal(50))
    assert stopped.target is None
    assert stopped.stop == (
        "budget reached: 100% of $50.00 in 30 days is used: stop; "
        "raise budget.usd in policy.toml, or wait"
    )
    assert first(decided(call(0.5), BUDGET, used_usd=Decimal(99))) == "max/claude-opus-4-6"


def test_a_call_that_would_pass_the_budget_does_not_start():
    decision = decided(call(0.9), BUDGET, cooldowns=COOL, used_usd=Decimal("39.9"))
    assert first(decision) == "anthropic/claude-opus-4-6"
    tight = BUDGET.replace("usd = 50", "usd = 0.2")
    decision = decided(call(0.9), tight, cooldowns=COOL)
    assert (
        skips(decision)["anthropic/claude-opus-4-6"] == "$0.32 more would pass the budget of $0.20"
    )
    assert first(decision) == "anthropic/claude-sonnet-4-5"


def test_what_fits_no_target_is_relayed_as_asked_only_while_the_budget_lasts():
    small = API.replace('default = ["', 'default = ["ollama/qwen3-coder:30b"]\nother = ["')
    long = call(0.5, body_bytes=1_200_000)
    for used, is_relayed in ((0, True), (40, True), (49.9, False), (50, False)):
        told = decided(
            long,
            small + '[budget]\nusd = 50\non_soft = {"70%" = "cheaper"}\n',
            login=Bill.CASH,
            used_usd=Decimal(str(used)),
        )
        assert told.target is None
        assert told.is_relayed is is_relayed
        assert (told.may_cost_usd > 0) is is_relayed
        assert told.stop
        assert ("budget reached" in told.stop) is not is_relayed
    spares = decided(long, small + "[budget]\nusd = 50\n", used_usd=Decimal(50))
    assert spares.is_relayed
    assert not spares.may_cost_usd


def test_a_count_of_tokens_is_free_so_no_budget_stops_it():
    asked_for = {"login": Bill.CASH, "used_usd": Decimal(50)}
    keys_only = API + "[budget]\nusd = 50\n"
    assert first(decided(call(0.9), keys_only, **asked_for)) != "anthropic/claude-opus-4-6"
    count = decided(call(kind=Kind.COUNT_TOKENS), keys_only, **asked_for)
    assert first(count) == "anthropic/claude-opus-4-6"
    assert count.may_cost_usd == 0


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.4, 0.9), min_size=1, max_size=40))
def test_ten_parallel_streams_never_pass_the_budget(complexities: list[float]):
    rules = load(BUDGET.replace("usd = 50", "usd = 2"))
    spending, flying = Spending(), list[tuple[str, Decimal]]()
    for number, complexity in enumerate(complexities):
        used = used_usd(spending, NOW, 30)
        decision = decide(rules, call(complexity), world(cooldowns=COOL, used_usd=used))
        spending = reserved(spending, str(number), decision.may_cost_usd)
        flying.append((str(number), decision.may_cost_usd))
        if len(flying) == 10:
            call_id, cost = flying.pop(0)
            spending = settled(spending, call_id, NOW, cost)
        assert used_usd(spending, NOW, 30) <= 2


def test_a_call_that_a_plan_answers_reserves_what_its_fallback_may_cost():
    assert decided(call(0.5)).may_cost_usd == Decimal("0.195")
    assert decided(call(0.5), keys=frozenset()).may_cost_usd == 0


def test_a_plan_that_answers_for_cash_counts_as_cash():
    decision = decided(call(0.5), BUDGET, overage=frozenset({"max"}), used_usd=Decimal(50))
    assert "max/claude-opus-4-6" in skips(decision)


def test_an_unknown_price_is_never_taken_for_free():
    text = BUDGET.replace("qwen/qwen3-coder:free", "mystery:free")
    decision = decided(call(0.5), text, cooldowns=COOL, used_usd=Decimal(50))
    assert "openrouter/mystery:free" in skips(decision)


def test_the_small_classifier_is_asked_only_near_a_threshold_and_never_in_a_tool_loop():
    policy = parse(POLICY + '[classifier]\ntarget = "ollama/qwen3:8b"\n')
    assert is_doubtful(policy, call(0.38))
    assert not is_doubtful(policy, call(0.5))
    assert not is_doubtful(policy, call(0.38, is_tool_turn=True))
    assert not is_doubtful(parse(POLICY), call(0.38))


CALLS = st.builds(
    call,
    st.floats(0, 1),
    cues=st.fixed_dictionaries(
        {
            "tag": st.none() | st.sampled_from(["ollama,x", "nowhere/y", "hard"]),
            "failures": st.integers(0, 3),
            "is_reask": st.booleans(),
            "web_search": st.booleans(),
        }
    ),
    kind=st.sampled_from(Kind),
    asked_model=st.sampled_from(["claude-opus-4-6", "openrouter,a/b", "ollama/c", "x/y", "", None]),
    images=st.integers(0, 1),
    body_bytes=st.integers(0, 2_000_000),
    project=st.none() | st.sampled_from(["articles", "articles/old", "shop"]),
    is_tool_turn=st.booleans(),
    messages=st.integers(1, 99),
)
WORLDS = st.fixed_dictionaries(
    {
        "login": st.sampled_from([Bill.PLAN, Bill.CASH]),
        "keys": st.sets(st.sampled_from(sorted(KEYS))).map(frozenset),
        "cooldowns": st.sampled_from([(), COOL]),
        "used_usd": st.integers(0, 60).map(Decimal),
        "stick": st.none() | st.sampled_from([stick(), stick("gone/x"), stick("ollama/c")]),
        "pins": st.sampled_from([(), (Pin("ollama/z"),), (Pin("gone/z"),), (Pin("hard"),)]),
        "readings": st.sampled_from([{}, reading(0.9), reading(1.0, status="rejected")]),
    }
)


@settings(max_examples=200, deadline=None)
@given(CALLS, WORLDS, st.sampled_from([POLICY, API, BUDGET]))
def test_every_decision_is_whole(weighed: Weighed, given: dict[str, Any], policy: str):
    """No unknown provider, no target twice, a reason always, and a stop only with no target."""
    decision = decided(weighed, policy, **given)
    named = [one.target for one in decision.candidates]
    assert len(named) == len(set(named))
    assert {target.provider for target in named} <= set(load(policy).policy.providers)
    assert "asked" not in {target.model for target in named}
    assert decision.reasons and all(decision.reasons)
    assert (decision.stop is None) == (decision.target is not None)
    assert all((one.skip is None) == (one.why == "") for one in decision.candidates)
    assert decision == decided(weighed, policy, **given)
    login = [one for one in decision.candidates if one.skip is Skip.LOGIN]
    assert given["login"] is not Bill.CASH or all(
        one.target.provider != "max" for one in decision.candidates if one not in login
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(CALLS, min_size=1, max_size=8))
def test_replay_finds_the_rule_that_the_live_call_found(calls: list[Weighed]):
    frame = pl.DataFrame([row_of(one) for one in calls], schema=SCHEMA, orient="row")
    batch = [READY.rules[index].name for index in first_rules(READY, frame)]
    assert batch == [decide(READY, one, world()).rule for one in calls]


def test_a_decision_takes_little_more_than_finding_its_rule():
    """Measured: twice as long."""
    weighed, state = call(0.5), world(stick=stick(), cooldowns=COOL)

    def rule() -> int:
        return first_rule(READY, row_of(weighed))

    decided_s = min(timeit.repeat(lambda: decide(READY, weighed, state), number=1, repeat=200))
    assert decided_s < 6 * min(timeit.repeat(rule, number=1, repeat=200))


PRESETS = [(file, load(file.read_text())) for file in sorted((DATA / "presets").glob("*.toml"))]


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith(("probe", "mitm_"))])
def test_each_preset_finds_a_target_for_every_real_request(name: str):
    method, path, headers, body = recorded(name)
    facts = facts_of(method, path, headers, bytes_of(body))
    weighed = weigh(facts, body if isinstance(body, dict) else None, WEIGHTS)
    for file, rules in PRESETS:
        login = Bill.PLAN if file.stem == "plan" else Bill.CASH
        decision = decide(rules, weighed, world(login=login))
        lacks_search = file.stem == "local" and facts.kind is Kind.WEB_SEARCH
        assert (decision.target is None) == lacks_search


def test_a_pin_of_a_target_that_is_gone_is_said():
    decision = decided(call(0.5), pins=(Pin("gone/x"),))
    assert decision.target == Target("max", "claude-opus-4-6")
    assert decision.reasons[-1].startswith("pinned: gone/x is no route")
