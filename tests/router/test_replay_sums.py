"""What must hold of every replay, whatever the history: sums, prices, caches, windows."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router import replay_copies
from router.policy_check import load
from router.price_book import PriceBook
from router.price_row import PriceRow
from router.replay import (
    Assumptions,
    History,
    Scenario,
    Spread,
    changed_calls,
    frontier,
    grid,
    replay,
    tornado,
)
from router.replay_case import Case
from router.replay_presets import ALL_OPUS
from tests.router.test_replay_choice import RULES, frame_of, one_call
from tests.simulated import history_from

USD = {"opus": ("5", "25"), "sonnet": ("3", "15"), "haiku": ("1", "5")}
UNITS = {"input": 1.0, "cache_write_5m": 1.25, "cache_write_1h": 2.0, "cache_read": 0.1}
EXACT = Assumptions.list_price()
OPUS = load(ALL_OPUS)


def book_of(times: str = "1") -> PriceBook:
    """Anthropic's list prices, times a factor; Ollama's models are free."""
    rows = [_row("ollama", "*", unit, Decimal(0)) for unit in (*UNITS, "output")]
    for family, (per_in, per_out) in USD.items():
        factor = Decimal(times)
        for unit, share in UNITS.items():
            usd = Decimal(per_in) * Decimal(str(share)) * factor
            rows.append(_row("anthropic", f"*{family}*", unit, usd))
        rows.append(_row("anthropic", f"*{family}*", "output", Decimal(per_out) * factor))
    same = PriceRow(price_id="max", provider="max", match_kind="same_as", match="anthropic")
    return PriceBook([*rows, same])


def _row(provider: str, match: str, unit: str, usd: Decimal) -> PriceRow:
    return PriceRow(
        price_id=f"{provider} {match} {unit}",
        provider=provider,
        match_kind="glob",
        match=match,
        unit=unit,
        usd_per_mtok=usd,
    )


def history(calls: list[dict[str, Any]], times: str = "1") -> History:
    """The calls, all answered by Opus for cash; usage and price as if each had found no cache."""
    frame = frame_of(calls)
    told = frame.with_columns(
        target=pl.lit("anthropic/claude-opus-4-6"),
        tried=pl.lit("anthropic/claude-opus-4-6"),
        bill=pl.lit("cash"),
        output_tokens=pl.lit(400, pl.Int64),
    ).with_columns(
        list_usd=(pl.col("cache_write_5m_tokens") * 6.25 + 400 * 25) * float(times) / 1e6
    )
    told = told.with_columns(cost_usd="list_usd")
    return history_from(told, book_of(times))


def scenario(name: str, **more: Any) -> Scenario:
    return Scenario(name=name, rules=RULES[name], plan="api", assumptions=EXACT, **more)


HISTORIES = st.lists(one_call(), min_size=1, max_size=25)
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(calls=HISTORIES, name=st.sampled_from(["api", "own", "local"]))
def test_sums_over_calls_and_sessions_are_the_total(calls: list[dict[str, Any]], name: str):
    told = replay(history(calls), scenario(name), draws=20)
    for money in ("cash_usd", "list_usd"):
        assert told.calls[money].sum() == pytest.approx(told.period[money], abs=1e-9)
        by_session = told.calls.group_by("session_id", "agent_id").agg(pl.sum(money))
        assert by_session[money].sum() == pytest.approx(told.period[money], abs=1e-9)
    assert told.calls["switched"].sum() == told.period["switches"]


@QUICK
@given(calls=HISTORIES, name=st.sampled_from(["api", "own"]))
def test_nothing_gets_cheaper_when_prices_rise(calls: list[dict[str, Any]], name: str):
    """Policies that look at prices may move; with no price in their rules, they do not."""
    day = datetime(2026, 11, 2).date()
    low, high = (
        replay(history(calls, times), scenario(name, prices_on=day), draws=0)
        for times in ("1", "1.5")
    )
    assert high.period["list_usd"] >= low.period["list_usd"] - 1e-12


@QUICK
@given(calls=HISTORIES, name=st.sampled_from(["api", "own", "none"]))
def test_no_cache_holds_less_than_nothing_or_more_than_the_prompt(
    calls: list[dict[str, Any]], name: str
):
    case = Case(history(calls), scenario(name), 0, 0)
    usage, prompt = case.worked.usage, case.history.threads.prompt
    for bucket in usage.buckets:
        assert (bucket >= 0).all()
    assert np.allclose(usage.prompt, prompt)


@QUICK
@given(calls=HISTORIES)
def test_all_opus_on_a_log_of_opus_keeps_every_call_as_logged(calls: list[dict[str, Any]]):
    past = history([{**call, "tag": None, "asked_model": "claude-opus-4-6"} for call in calls])
    told = replay(past, Scenario(name="opus", rules=OPUS, assumptions=EXACT), draws=20)
    assert told.basis.observed == told.basis.calls
    assert told.period["list_usd"] == pytest.approx(past.frame["list_usd"].sum(), rel=0.02)
    assert told.period["tasks"] == 0 or told.period["quality"] == pytest.approx(100)


@QUICK
@given(calls=st.lists(one_call(), min_size=8, max_size=40))
def test_a_cell_of_the_grid_is_the_replay_at_its_thresholds(calls: list[dict[str, Any]]):
    past, asked = history(calls), scenario("api")
    cells = grid(past, asked, steps=6)
    assert len(cells) == 21
    for row in cells.sample(4, seed=len(calls)).iter_rows(named=True):
        at = {name: row[name] for name in ("moderate_at", "complex_at")}
        month = Case(past, replace(asked, thresholds=at), 0, 0).per_month()
        for name in ("list_usd", "cash_usd", "quality", "switches", "local_share"):
            exact = float(month[name][0])
            assert np.isnan(exact) or row[name] == pytest.approx(exact, rel=0.02, abs=1e-6), name


def one(**said: Any) -> dict[str, Any]:
    call = {
        "session_id": "a", "agent_id": "", "gap": 30, "kind": "main",
        "asked_model": "claude-opus-4-6", "tag": None, "cache_ttl": "5m", "complexity": 0.5,
        "is_tool_turn": False, "failures": 0, "is_reask": False, "tool_errors": 0,
        "prompt": 40_000, "tools": 12, "images": 0, "tool_choice": None, "project": "shop",
        "result": "ok",
    }  # fmt: skip
    return {**call, **said}


def days(count: int) -> list[dict[str, Any]]:
    return [
        one(session_id=f"s{day}", gap=86_400 if turn == 0 else 40, complexity=0.1 + 0.08 * turn)
        for day in range(count)
        for turn in range(10)
    ]


def test_a_grid_tells_how_far_it_has_come(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(replay_copies, "CHUNK_CALLS", 50)
    told: list[float] = []
    grid(history(days(6)), scenario("api"), told=told.append)
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_one_call_is_enough_and_few_days_give_a_range_only():
    told = replay(history([one()]), scenario("api"))
    assert told.month["paid_usd"].median is None
    assert told.month["paid_usd"].low <= told.month["paid_usd"].high
    assert replay(history(days(6)), scenario("api")).month["paid_usd"].median is not None


def test_no_call_is_said_plainly():
    with pytest.raises(ValueError, match="no calls to replay"):
        past = history([one()])
        replay(replace(past, frame=past.frame.clear(), kept={}), scenario("api"))


def test_what_there_is_not_is_named():
    past = history([one()])
    with pytest.raises(ValueError, match="no threshold 'hard_at'"):
        replay(past, scenario("api", thresholds={"hard_at": 0.5}))
    with pytest.raises(LookupError, match="no plan 'max9x'"):
        replay(past, replace(scenario("plan"), plan="max9x"))
    with pytest.raises(ValueError, match="past_limit 'pray'"):
        replay(past, scenario("api", past_limit="pray"))
    with pytest.raises(ValueError, match="no thresholds"):
        grid(past, Scenario(name="as logged"))


def test_a_model_without_a_price_is_counted_and_adds_nothing():
    frame = history([one(), one()]).frame.with_columns(
        target=pl.lit("anthropic/claude-mystery-1"), list_usd=pl.lit(None, pl.Float64)
    )
    told = replay(history_from(frame, book_of()), Scenario(name="as logged"))
    assert told.basis.unpriced == 2
    assert told.calls["list_usd"].null_count() == 2
    assert told.period["list_usd"] == 0


def test_a_clock_that_jumps_back_breaks_nothing():
    told = replay(history([one(), one(gap=-500), one(gap=-5), one(gap=4000)]), scenario("api"))
    assert told.period["calls"] == 4
    assert told.period["list_usd"] > 0


def test_a_window_opens_at_its_first_call_and_is_hit_once():
    """Twelve calls an hour for six hours, and room for thirty: one hit, the rest overflows."""
    calls = [one(gap=300, session_id=f"s{number // 6}") for number in range(72)]
    past = history(calls)
    room = {"five_hour_tokens": 30 * 400}
    plans = tuple(plan.model_copy(update=room) for plan in past.plans)
    rules = load("""
[providers.max]
base_url = "https://api.anthropic.com"
auth = "client"
bill = "plan"
[providers.anthropic]
base_url = "https://api.anthropic.com"
api_key_env = "ANTHROPIC_API_KEY"
[routes]
default = ["max/asked", "anthropic/asked"]
""")
    asked = Scenario(name="plan", rules=rules, plan="max20x", assumptions=EXACT)
    told = replay(replace(past, plans=plans, kept={}), asked)
    assert told.basis.plan_meter == "folklore"
    assert told.period["limit_hits"] == 1
    assert told.period["beyond_calls"] == 30
    first = told.calls.filter("is_beyond")["asked_at"].min()
    assert first == told.calls["asked_at"].min() + timedelta(minutes=5 * 30)  # type: ignore[operator]
    assert told.period["blocked_minutes"] == pytest.approx(150)
    waits = replay(replace(past, plans=plans, kept={}), replace(asked, past_limit="queue"))
    assert waits.period["cash_usd"] == 0 and waits.period["limit_hits"] == 1


def test_a_frontier_rises_from_the_cheapest_to_the_best():
    points = frontier(history(days(8)), scenario("api"), steps=11)
    assert {"cell", "frontier", "now", "always", "random"} <= set(points["role"])
    front = points.filter(pl.col("role") == "frontier")
    assert front["quality"].is_sorted() and front["paid_usd"].is_sorted()


@pytest.mark.parametrize("model", ["claude-opus-4-7", "claude-opus-4-10", "claude-opus-5"])
def test_the_newer_tokenizer_makes_more_tokens_of_the_same_text(model: str):
    past, rules = history(days(3)), load(ALL_OPUS.replace("claude-opus-4-6", model))
    assert rules.policy.chain("default")[0].model == model
    exact, longer = (
        replay(past, Scenario(name=model, rules=rules, assumptions=assumed, plan="api"), draws=0)
        for assumed in (EXACT, replace(EXACT, tokens_opus_47=Spread(1.35, 1.35)))
    )
    assert longer.period["list_usd"] == pytest.approx(1.35 * exact.period["list_usd"])


def test_an_assumption_that_matters_moves_the_cost_and_changed_calls_are_shown():
    past, asked = history(days(8)), replace(scenario("api"), assumptions=Assumptions())
    told = tornado(past, asked)
    steps = told.row(by_predicate=pl.col("assumption") == "steps_sonnet", named=True)
    assert steps["paid_usd_low"] < steps["paid_usd"] < steps["paid_usd_high"]
    changed = changed_calls(past, asked, replace(asked, thresholds={"complex_at": 0.2}), n=3)
    assert len(changed) == 3
    assert (changed["target_a"] != changed["target_b"]).all()
