"""Replay decides as the router does: the same targets, call by call, for any history."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from router.asked import OWN, model_asked
from router.budget import Prices, TargetPrice
from router.call import Bill, Kind
from router.columns import Weighed
from router.decide import decide
from router.decision import State
from router.policy_check import load
from router.policy_model import Target
from router.replay_choice import choose
from router.replay_frame import normal_frame
from router.replay_input import threads_of
from router.replay_options import NOBODY, Options, Standing, groups_of, weighed_of
from router.replay_past import facts_of, past_of
from router.rules import Compiled
from router.stickiness import Stick, Turn, after, key_of

PRESETS = Path(__file__).parents[2] / "data" / "presets"
BEGAN = datetime(2026, 11, 2, 9)
MODELS = (
    "claude-opus-4-6", "claude-sonnet-4-5", "claude-haiku-4-5", "ollama,qwen3-coder:30b",
    "max/claude-opus-4-6", None,
)  # fmt: skip
OWN_RULES = """
[switching]
failures = 2
margin = 0.1
expected_turns = 6
[providers.anthropic]
base_url = "https://api.anthropic.com"
auth = "client"
[providers.ollama]
base_url = "http://127.0.0.1:11434"
bill = "local"
context_tokens = 65536
[[rules]]
name = "very hard"
when = "complexity > 0.85 and messages > 3"
route = "hardest"
[[rules]]
name = "asked anew"
when = "is_reask or tool_errors > 3"
route = "middle"
[[rules]]
name = "hard"
when = "complexity >= complex_at"
route = "hard"
[[rules]]
name = "easy"
when = "complexity < moderate_at"
route = "easy"
[routes]
default = ["anthropic/claude-sonnet-4-5"]
easy = ["ollama/qwen3-coder:30b", "anthropic/claude-haiku-4-5"]
middle = ["anthropic/asked", "anthropic/claude-sonnet-4-5"]
hard = ["anthropic/claude-opus-4-6"]
hardest = ["anthropic/claude-opus-4-6", "anthropic/claude-sonnet-4-5"]
[projects]
writing = "easy"
"""
POLICIES = {
    **{file.stem: file.read_text() for file in sorted(PRESETS.glob("*.toml"))},
    "own": OWN_RULES,
    "none": "version = 1\n",
}
RULES = {name: load(text) for name, text in POLICIES.items()}


def price(input_usd: str, output_usd: str) -> TargetPrice:
    usd = Decimal(input_usd)
    return TargetPrice(usd, usd * Decimal("1.25"), usd * Decimal("0.1"), Decimal(output_usd))


USD = {
    "claude-opus-4-6": price("5", "25"),
    "claude-sonnet-4-5": price("3", "15"),
    "claude-haiku-4-5": price("1", "5"),
    "qwen/qwen3-coder:free": price("0", "0"),
    "openai/gpt-oss-20b:free": price("0", "0"),
    "openai/gpt-oss-120b:free": price("0", "0"),
}
PRICES = Prices(
    {
        Target(provider, model): usd
        for provider in ("anthropic", "max", "openrouter")
        for model, usd in USD.items()
    }
)


@st.composite
def one_call(draw: st.DrawFn) -> dict[str, Any]:
    """What differs between calls; gaps are in seconds, and the clock may jump back a little."""
    return {
        "session_id": draw(st.sampled_from(["a", "b", None])),
        "agent_id": draw(st.sampled_from(["", "", "sub"])),
        "gap": draw(st.sampled_from([-5, 1, 20, 200, 301, 4000])),
        "kind": str(draw(st.sampled_from([*[Kind.MAIN] * 6, *Kind]))),
        "asked_model": draw(st.sampled_from([*[MODELS[0]] * 4, *MODELS])),
        "tag": draw(st.sampled_from([None] * 6 + ["ollama,qwen3:8b", "nonsense", "default"])),
        "cache_ttl": draw(st.sampled_from(["5m", "1h"])),
        "complexity": draw(st.floats(0, 1).map(lambda value: round(value, 2))),
        "is_tool_turn": draw(st.booleans()),
        "failures": draw(st.integers(0, 3)),
        "is_reask": draw(st.sampled_from([False] * 5 + [True])),
        "tool_errors": draw(st.integers(0, 5)),
        "prompt": draw(st.sampled_from([500, 9_000, 40_000, 61_000, 120_000, 230_000])),
        "tools": draw(st.sampled_from([0, 12])),
        "images": draw(st.sampled_from([0, 0, 0, 2])),
        "tool_choice": draw(st.sampled_from([None, None, "auto", "tool"])),
        "project": draw(st.sampled_from(["shop", "writing/x"])),
        "result": draw(st.sampled_from(["ok"] * 5 + ["cancelled"])),
    }


def frame_of(calls: list[dict[str, Any]]) -> pl.DataFrame:
    now, messages, rows = BEGAN, 1, []
    for number, call in enumerate(calls):
        now += timedelta(seconds=call["gap"])
        messages = 1 if call["kind"] == "compact" else messages + 2
        rows.append(
            {
                **call,
                "call_id": f"c{number:04}",
                "asked_at": now,
                "input_tokens": call["prompt"],
                "fresh_tokens": 0,
                "cache_write_5m_tokens": call["prompt"],
                "messages": messages,
                "duration_ms": 0.0,
                "web_search": False,
                "documents": 0,
                "stream": True,
            }
        )
    return normal_frame(pl.DataFrame(rows, infer_schema_length=None))


def relayed(rules: Compiled, weighed: Weighed, login: Bill) -> Target:
    """Who answers where no target may be tried: Anthropic as it was asked, if the policy has it."""
    urls = [one.base_url for one in rules.policy.providers.values()]
    if rules.policy.routes and not any("anthropic.com" in url for url in urls):
        return NOBODY
    return Target(OWN[login], model_asked(rules.policy, weighed.facts) or "?")


def decided(rules: Compiled, frame: pl.DataFrame, login: Bill) -> list[tuple[str, str, str, bool]]:
    """The router itself, one call after the other: target, route, rule, escalated."""
    sticks: dict[Any, Stick | None] = {}
    policy = rules.policy
    keys = frozenset(p.api_key_env for p in policy.providers.values() if p.api_key_env)
    told = []
    for row in frame.to_dicts():
        weighed = weighed_of(row)
        key, now = key_of(weighed.facts), row["asked_at"].replace(tzinfo=UTC)
        state = State(now=now, login=login, keys=keys, prices=PRICES, stick=sticks.get(key))
        decision = decide(rules, weighed, state)
        answered = decision.target or relayed(rules, weighed, login)
        told.append((str(answered), decision.route, decision.rule, decision.escalated))
        if answered != NOBODY and row["result"] == "ok" and key:
            turn = Turn(
                weighed=weighed,
                answered=answered,
                route=decision.route,
                complexity=decision.complexity,
                at=now,
                prompt_tokens=row["cache_write_5m_tokens"],
                is_gate=decision.is_gate,
                escalated=decision.escalated,
            )
            sticks[key] = after(sticks.get(key), turn)
    return told


def replayed(rules: Compiled, frame: pl.DataFrame, login: Bill) -> list[tuple[str, str, str, bool]]:
    group, rows = groups_of(frame, rules.policy)
    options = Options(rules, Standing(login=login, prices=PRICES), rows)
    threads = threads_of(frame)
    past = past_of(frame, threads, facts_of(frame, threads), options, group)
    chosen = choose(past, options, rules)
    names = [str(target) for target in options.targets]
    return [
        (names[target], chosen.routes[route], rules.rules[rule].name, bool(escalated))
        for target, route, rule, escalated in zip(
            chosen.decided, chosen.route, chosen.rule, chosen.escalated, strict=True
        )
    ]


def a_call(**differs: Any) -> dict[str, Any]:
    return {
        "session_id": "a", "agent_id": "", "gap": 5, "kind": "main", "asked_model": MODELS[0],
        "tag": None, "cache_ttl": "5m", "complexity": 0.0, "is_tool_turn": False, "failures": 0,
        "is_reask": False, "tool_errors": 0, "prompt": 500, "tools": 0, "images": 0,
        "tool_choice": None, "project": "shop", "result": "ok", **differs,
    }  # fmt: skip


SEES_NOTHING = [a_call(), a_call(prompt=61_000, images=2)]
NOBODY_FIRST = [
    *[a_call(gap=-5, is_reask=True) for _ in range(6)],
    a_call(gap=-5, is_reask=True, images=2),
]
FAILED_TWICE = [a_call(images=2), *[a_call(failures=2) for _ in range(3)]]
NOBODY_WHERE_FREE = [
    a_call(prompt=61_000), a_call(gap=4000, images=2), a_call(gap=1, kind="compact"), a_call(),
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(RULES))
@example(calls=SEES_NOTHING, login=Bill.PLAN)
@example(calls=NOBODY_FIRST, login=Bill.PLAN)
@example(calls=FAILED_TWICE, login=Bill.PLAN)
@example(calls=NOBODY_WHERE_FREE, login=Bill.PLAN)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls=st.lists(one_call(), min_size=1, max_size=40), login=st.sampled_from(list(Bill)[:2]))
def test_replay_decides_every_call_as_the_router_does(
    name: str, calls: list[dict[str, Any]], login: Bill
):
    rules, frame = RULES[name], frame_of(calls)
    router, replay = decided(rules, frame, login), replayed(rules, frame, login)
    for at, (one, other) in enumerate(zip(router, replay, strict=True)):
        assert other == one, frame.row(at, named=True)
