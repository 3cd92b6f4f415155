"""A session stays on its model while its cache is warm, and that survives a restart."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.call import Kind
from router.policy_model import Target
from router.stickiness import (
    Stick,
    Turn,
    after,
    escalation,
    free_point,
    is_harder,
    is_sticky,
    key_of,
    raised,
    restored,
    saved,
    turns_to_pay,
)
from tests.router.deciding import MINUTE, NOW, READY, call, stick, usd

OPUS = usd("5", "6.25", "0.5", "25")
SONNET = usd("3", "3.75", "0.3", "15")
HAIKU = usd("1", "1.25", "0.1", "5")
FREE = usd("0", "0", "0", "0")


@pytest.mark.parametrize(
    ("stay", "leave", "prompt_tokens", "turns"),
    [
        (OPUS, SONNET, 60_000, 10),
        (OPUS, SONNET, 100_000, 12),
        (OPUS, HAIKU, 60_000, 2),
        (SONNET, HAIKU, 60_000, 4),
        (HAIKU, SONNET, 60_000, None),
        (HAIKU, FREE, 60_000, 1),
        (FREE, FREE, 60_000, None),
        (FREE, HAIKU, 60_000, None),
    ],
)
def test_a_cold_cache_is_paid_for_after_so_many_turns(stay, leave, prompt_tokens, turns):
    assert turns_to_pay(stay, leave, prompt_tokens) == turns


def test_a_change_is_free_at_a_start_after_compaction_and_when_the_cache_is_old():
    facts = call().facts
    assert free_point(None, facts, NOW) == "start of a session"
    assert free_point(None, call(agent_id="a").facts, NOW) == "start of an agent"
    assert free_point(stick(is_compacted=True), facts, NOW) == "after compaction"
    assert free_point(stick(last_at=NOW - 6 * MINUTE), facts, NOW) == "cache is 6 min old"
    assert free_point(stick(), facts, NOW) is None
    other = call(asked_model="claude-haiku-4-5").facts
    assert free_point(stick(), other, NOW) == "the client asks for claude-haiku-4-5 now"
    hour = stick(last_at=NOW - 6 * MINUTE, ttl_s=3600)
    assert free_point(hour, facts, NOW) is None


def test_two_failures_in_a_row_or_a_reask_move_the_work_up_once():
    policy, now = READY.policy, stick()
    assert escalation(now, call(cues={"failures": 1}), policy) is None
    twice = escalation(now, call(cues={"failures": 2}, messages=9), policy)
    assert twice == "2 edits or tests failed in a row"
    assert escalation(now, call(cues={"is_reask": True}), policy) == "asked again"
    moved = stick(escalated_at=9)
    assert escalation(moved, call(cues={"failures": 2}, messages=9), policy) is None
    assert escalation(moved, call(cues={"failures": 3}, messages=11), policy) is None
    assert escalation(moved, call(cues={"failures": 4}, messages=13), policy) is not None


def test_a_new_task_moves_up_only_when_it_is_clearly_harder():
    policy, simple = READY.policy, stick(complexity=0.2)
    assert is_harder(simple, call(0.41), policy)
    assert not is_harder(simple, call(0.38), policy)
    assert not is_harder(simple, call(0.9, is_tool_turn=True), policy)
    assert not is_harder(stick(complexity=0.9), call(0.95), policy)
    assert [raised(at, policy) for at in (0.1, 0.35, 0.7)] == [0.35, 0.65, 0.7]


def turn(answered: str = "anthropic/claude-opus-4-6", **given) -> Turn:
    provider, _, model = answered.partition("/")
    told = {
        "weighed": call(), "answered": Target(provider, model), "route": "hard",
        "complexity": 0.9, "at": NOW, "prompt_tokens": 20_000,
    }  # fmt: skip
    return Turn(**{**told, **given})


def test_a_session_is_on_what_answered_it_last():
    begun = after(None, turn())
    assert begun
    assert (str(begun.target), begun.route, begun.turns) == ("anthropic/claude-opus-4-6", "hard", 1)
    later = after(begun, turn("ollama/x", route="simple", at=NOW + MINUTE))
    assert later
    assert (str(later.target), later.route, later.turns) == ("ollama/x", "simple", 2)


def test_the_clients_own_cache_setting_says_how_long_it_lives():
    hour = after(None, turn(weighed=call(cache_ttl="1h")))
    assert hour
    assert hour.ttl_s == 3600


def test_plan_mode_moves_the_model_but_not_the_route():
    planned = after(stick(), turn(weighed=call(kind=Kind.PLAN), route="keep", is_gate=True))
    assert planned
    assert (str(planned.target), planned.route) == ("anthropic/claude-opus-4-6", "default")
    first = after(None, turn(route="keep", is_gate=True))
    assert first
    assert first.route == "default"


def test_a_summary_frees_the_next_call_and_that_one_holds_again():
    summed = after(stick(), turn(weighed=call(kind=Kind.COMPACT), route="keep", is_gate=True))
    assert summed
    assert summed.is_compacted and summed.target == stick().target
    again = after(summed, turn())
    assert again
    assert not again.is_compacted
    assert after(None, turn(weighed=call(kind=Kind.COMPACT))) is None


def test_each_agent_of_a_session_sticks_by_itself_and_side_calls_do_not():
    assert key_of(call().facts) == ("s", "")
    assert key_of(call(agent_id="a", kind=Kind.SUBAGENT).facts) == ("s", "a")
    assert not is_sticky(call(kind=Kind.TITLE).facts)
    assert after(stick(), turn("ollama/x", weighed=call(kind=Kind.TITLE))) == stick()
    assert key_of(call(session_id=None).facts) is None


STICKS = st.builds(
    Stick,
    target=st.builds(Target, st.sampled_from(["max", "x"]), st.text(min_size=1).map(str.strip)),
    route=st.text(),
    complexity=st.floats(0, 1),
    asked=st.none() | st.text(),
    last_at=st.timedeltas(timedelta(0), timedelta(days=1)).map(lambda ago: NOW - ago),
    ttl_s=st.sampled_from([300, 3600]),
    prompt_tokens=st.integers(0, 10**7),
    turns=st.integers(0, 999),
    is_compacted=st.booleans(),
    escalated_at=st.integers(-1, 999),
)


@given(st.dictionaries(st.tuples(st.text(), st.text()), STICKS, max_size=4))
def test_sessions_survive_a_restart(sticks: dict[tuple[str, str], Stick]):
    assert restored(saved(sticks, NOW)) == sticks


def test_sessions_long_gone_are_not_kept_and_a_broken_file_is_named():
    old = {("s", ""): stick(last_at=NOW - timedelta(days=3))}
    assert restored(saved(old, NOW)) == {}
    for text in (
        b"{}x",
        b'[{"session": 1}]',
        b"[3]",
        b'[{"session":"a","agent":"","target":"a/b"}]',
    ):
        with pytest.raises(ValueError):
            restored(text)
