"""What a gate learns between two calls: windows, cash spent, and whose word counts."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from router.budget import used_usd
from router.call import Attempt, Metered, Result, Usage
from router.complexity import weights_of
from router.windows import WindowReading
from router.world import World, planned
from tests.router.deciding import MINUTE, NOW, OPUS, PRICES, READY, attempt, call
from tests.router.deciding import world as state

WEIGHTS = weights_of((Path(__file__).parents[2] / "data" / "complexity.toml").read_text())
UNIFIED = "anthropic_ratelimit_unified_"
USED = {f"{UNIFIED}5h_utilization": "0.9", f"{UNIFIED}5h_status": "allowed"}
FULL_USD = Decimal("5.25")


@pytest.fixture
def world() -> World:
    made = World(WEIGHTS)
    made.prices = PRICES
    return made


def remembered(used: float) -> dict[str, tuple[WindowReading, ...]]:
    return {"max": (WindowReading(limit_window="five_hour", utilization=used),)}


def used(world: World, provider: str = "max") -> list[float | None]:
    return [one.utilization for one in world.readings[provider]]


def plan_of(asked: object):
    return planned(READY, "0", asked, state())


def paid(world: World, result: Result = Result.OK, tokens: int = 1_000_000) -> Attempt:
    usage = Usage(input_tokens=tokens, output_tokens=10_000)
    metered = Metered(complete=True, usage=usage)
    return replace(attempt(f"anthropic/{OPUS}", result, 200), metered=metered)


def test_the_ledger_is_believed_until_the_provider_has_spoken(world: World):
    world.remind(remembered(0.2))
    assert used(world) == [0.2]
    world.heard(attempt(f"max/{OPUS}", Result.OK, 200, **USED), NOW)
    world.remind(remembered(0.3))
    assert used(world) == [0.9]


def test_a_call_ended_since_the_ledger_was_read_is_counted_once(world: World):
    asked = call()
    world.ended("call", plan_of(asked), [paid(world)], NOW)
    assert used_usd(world.spending, NOW, 30) == FULL_USD
    world.rebase({}, NOW - MINUTE)
    assert used_usd(world.spending, NOW, 30) == FULL_USD
    in_ledger = {int(NOW.timestamp()) // 3600: FULL_USD}
    world.rebase(in_ledger, NOW + MINUTE)
    assert used_usd(world.spending, NOW + MINUTE, 30) == FULL_USD


def test_attempts_that_failed_are_paid_for_too(world: World):
    failed = paid(world, Result.TRUNCATED)
    world.ended("call", plan_of(call()), [failed, paid(world)], NOW)
    assert used_usd(world.spending, NOW, 30) == 2 * FULL_USD


def test_a_session_moves_to_who_answered_and_stays_where_nobody_did(world: World):
    asked = call()
    world.ended("one", plan_of(asked), [attempt(f"max/{OPUS}", Result.OK, 200)], NOW)
    world.ended("two", plan_of(asked), [attempt(f"anthropic/{OPUS}", Result.FAILED, 500)], NOW)
    assert [str(one.target) for one in world.sticks.values()] == [f"max/{OPUS}"]


def test_the_oldest_sessions_are_forgotten_first(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("router.world.MOST_STICKS", 2)
    for number, session in enumerate(("a", "b", "a", "c")):
        asked = call(session_id=session)
        answered = attempt(f"max/{OPUS}", Result.OK, 200)
        world.ended(session, plan_of(asked), [answered], NOW + timedelta(minutes=number))
    assert [session for session, _ in world.sticks] == ["a", "c"]
