"""Calls, policies and worlds to decide in, said in few words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from router.budget import Prices, TargetPrice
from router.call import Attempt, Bill, Facts, Kind, Result
from router.columns import Weighed
from router.complexity import Score
from router.cues import Cues
from router.decide import decide
from router.decision import Decision, State
from router.policy_check import load
from router.policy_model import Target, target_of
from router.stickiness import Stick

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

POLICY = """
[providers.max]
base_url = "https://api.anthropic.com"
auth = "client"
bill = "plan"
[providers.anthropic]
base_url = "https://api.anthropic.com"
api_key_env = "ANTHROPIC_API_KEY"
[providers.ollama]
base_url = "http://127.0.0.1:11434"
bill = "local"
context_tokens = 65536
[providers.openrouter]
base_url = "https://openrouter.ai/api"
api_key_env = "OPENROUTER_API_KEY"
[[rules]]
name = "hard"
when = "complexity >= complex_at"
route = "hard"
[[rules]]
name = "simple"
when = "complexity < moderate_at"
route = "simple"
[routes]
default = ["max/asked", "anthropic/claude-sonnet-4-5", "openrouter/qwen/qwen3-coder:free"]
hard = ["max/asked", "anthropic/claude-opus-4-6", "anthropic/claude-sonnet-4-5"]
simple = ["max/asked", "anthropic/claude-haiku-4-5", "ollama/qwen3-coder:30b"]
background = ["ollama/qwen3-coder:30b", "anthropic/claude-haiku-4-5"]
keep = ["max/asked", "anthropic/asked"]
[projects]
articles = "simple"
"articles/old" = "ollama/qwen3-coder:30b"
"""
API = POLICY.replace('"max/asked", ', "")
READY = load(POLICY)
KEYS = frozenset({"ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"})
OPUS = "claude-opus-4-6"


def usd(*rates: str) -> TargetPrice:
    return TargetPrice(*map(Decimal, rates))


PRICES = Prices(
    {
        Target("anthropic", "claude-opus-4-6"): usd("5", "6.25", "0.5", "25"),
        Target("anthropic", "claude-sonnet-4-5"): usd("3", "3.75", "0.3", "15"),
        Target("anthropic", "claude-haiku-4-5"): usd("1", "1.25", "0.1", "5"),
        Target("openrouter", "qwen/qwen3-coder:free"): usd("0", "0", "0", "0"),
    },
    {"opus": usd("15", "18.75", "1.5", "75")},
)


def call(
    complexity: float = 0.5, *, cues: Mapping[str, Any] | None = None, **facts: Any
) -> Weighed:
    told: dict[str, Any] = {
        "kind": Kind.MAIN, "asked_model": OPUS, "session_id": "s", "tools": 24, "messages": 3,
        "body_bytes": 76_000, "max_tokens": 32_000,
    }  # fmt: skip
    return Weighed(
        facts=Facts(**{**told, **facts}),
        cues=Cues(**(cues or {})),
        score=Score(complexity),
    )


def world(**given: Any) -> State:
    told: dict[str, Any] = {"now": NOW, "login": Bill.PLAN, "keys": KEYS, "prices": PRICES}
    return State(**{**told, **given})


def stick(target: str = "anthropic/claude-sonnet-4-5", **given: Any) -> Stick:
    told: dict[str, Any] = {
        "target": target_of(target), "route": "default", "complexity": 0.5,
        "last_at": NOW - MINUTE, "prompt_tokens": 60_000, "asked": OPUS,
    }  # fmt: skip
    return Stick(**{**told, **given})


def decided(weighed: Weighed | None = None, policy: str = POLICY, **given: Any) -> Decision:
    rules = READY if policy is POLICY else load(policy)
    return decide(rules, weighed or call(), world(**given))


def first(decision: Decision) -> str:
    return str(decision.target)


def skips(decision: Decision) -> dict[str, str]:
    return {str(one.target): one.why for one in decision.candidates if one.skip}


def attempt(target: str, result: Result, status: int | None = None, **limits: str) -> Attempt:
    provider, model = target_of(target)
    bare = Attempt(
        attempt_no=1, provider=provider, model=model, bill=Bill.CASH, result=result, started_at=NOW,
        status=status,
    )  # fmt: skip
    return replace(bare, limits={name.replace("_", "-"): text for name, text in limits.items()})
