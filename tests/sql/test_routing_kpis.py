"""What the Routing page says, on stories short enough to add up by hand."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collector import ledger, prices
from router.call import Result, Usage
from tests.sql.asked import row, rows
from tests.story import FREE, HAIKU, LOCAL, MAX, OPUS, SONNET, tell

OK, HIT, BUSY = Result.OK, Result.LIMIT_HIT, Result.OVERLOADED


def cached(read: int, write: int) -> Usage:
    return Usage(
        input_tokens=10, cache_read_tokens=read, cache_write_5m_tokens=write, output_tokens=9
    )


@pytest.fixture
def priced(path: Path, tmp_path: Path) -> Path:
    """A ledger that holds the shipped price list."""
    with ledger.writing(path) as db:
        prices.pricer(db, tmp_path, "claude-opus-4-6")
    return path


def price_ids(path: Path, model: str) -> tuple[str, ...]:
    """The rows by which a plain call of that model is priced."""
    query = """
        select price_id from prices
        where provider = 'anthropic' and contains(price_id, ?) and context_key is null
          and threshold_tokens = 0 and valid_to is null and not contains(unit, 'search')"""
    with ledger.reading(path) as db:
        return tuple(found for (found,) in db.execute(query, [model]).fetchall())


def test_the_flow_goes_by_kind_route_and_target(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"usd": "3", "rule": "complex"}),
        ("2026-02-03 09:01", "main", [(MAX, OK)], {"usd": "2", "rule": "complex"}),
        ("2026-02-03 09:02", "main", [(HAIKU, OK)], {"usd": "1", "rule": "simple"}),
        ("2026-02-03 09:03", "title", [(LOCAL, OK)], {"usd": "0", "rule": "background"}),
        ("2026-02-03 09:04", "count_tokens", [(MAX, OK)], {"usd": "0"}),
    )
    flow = [
        (one["kind"], one["route"], one["target"], one["calls"], one["list_usd"])
        for one in rows(path, "routing_flow")
    ]
    assert flow == [
        ("main", "complex", "max/claude-opus-4-6", 2, 5),
        ("main", "simple", "anthropic/claude-haiku-4-5", 1, 1),
        ("title", "background", "ollama/qwen3-coder:30b", 1, 0),
    ]


def test_the_sums_tell_rescued_lost_held_and_escalated_apart(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, HIT), (SONNET, OK)], {"rule": "default"}),
        ("2026-02-03 09:10", "main", [(MAX, HIT), (SONNET, BUSY)], {"rule": "default"}),
        ("2026-02-03 09:20", "main", [(MAX, Result.CANCELLED)], {"rule": "default"}),
        ("2026-02-03 09:30", "main", [(MAX, OK)], {"rule": "a", "reason": "held: warm; rule a"}),
        (
            "2026-02-03 09:40",
            "main",
            [(MAX, OK)],
            {"rule": "b", "reason": "escalated: asked again; rule b"},
        ),
        ("2026-02-03 09:50", "main", [(MAX, OK)]),
    )
    sums = row(path, "routing_sums")
    assert (sums["calls"], sums["routed_calls"]) == (6, 5)
    assert (sums["retried_calls"], sums["rescued_calls"], sums["lost_calls"]) == (2, 1, 1)
    assert (sums["held_calls"], sums["escalated_calls"]) == (1, 1)
    assert sums["rescued_share"] == 0.5
    per_rule = {one["rule"]: one for one in rows(path, "rules_used")}
    assert per_rule[""]["calls"] == 1
    assert per_rule["default"]["settled_share"] == 0.5
    assert per_rule["default"]["rescued_calls"] == 1


def test_nothing_asked_is_no_share(path: Path):
    sums = row(path, "routing_sums")
    assert (sums["calls"], sums["routed_share"], sums["switches"]) == (0, None, 0)


def test_each_failure_of_a_call_is_counted_with_who_answered_it(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, HIT), (OPUS, BUSY), (SONNET, OK)], {"usd": "2"}),
        ("2026-02-03 10:00", "main", [(MAX, HIT), (SONNET, OK)], {"usd": "1"}),
        ("2026-02-04 10:00", "main", [(MAX, HIT), (LOCAL, BUSY)]),
    )
    found = {
        (one["cause"], one["failed_target"], one["answered_target"]): one
        for one in rows(path, "fallbacks")
    }
    hit = found["limit_hit", "max/claude-opus-4-6", "anthropic/claude-sonnet-4-5"]
    assert (hit["calls"], hit["rescued_calls"], hit["cash_usd"]) == (2, 2, 3)
    assert found["overloaded", "anthropic/claude-opus-4-6", "anthropic/claude-sonnet-4-5"]
    assert found["overloaded", "ollama/qwen3-coder:30b", None]["rescued_calls"] == 0
    daily = [
        (one["day_on"].day, one["cause"], one["attempts"]) for one in rows(path, "daily_failures")
    ]
    assert daily == [(3, "limit_hit", 2), (3, "overloaded", 1), (4, "limit_hit", 1),
                     (4, "overloaded", 1)]  # fmt: skip


def test_a_switch_costs_what_its_cold_prefix_costs_above_a_cache_read(priced: Path):
    sonnet = {"price_ids": price_ids(priced, "claude-sonnet-4[.-]5")}
    tell(
        priced,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"usage": cached(90_000, 10_000)}),
        (
            "2026-02-03 09:01",
            "main",
            [(MAX, HIT), (SONNET, OK)],
            {"usage": cached(0, 102_000), **sonnet},
        ),
        ("2026-02-03 09:02", "main", [(SONNET, OK)], {"usage": cached(102_000, 500), **sonnet}),
    )
    [switch] = rows(priced, "switches")
    assert (switch["from_target"], switch["target"]) == (
        "max/claude-opus-4-6",
        "anthropic/claude-sonnet-4-5",
    )
    assert (switch["why"], switch["cold_tokens"]) == ("fallback", 100_000)
    assert switch["cold_usd"] == Decimal(100_000) * (Decimal("3.75") - Decimal("0.30")) / 1_000_000


def test_a_cache_that_had_gone_cold_anyway_costs_nothing(priced: Path):
    sonnet = {"price_ids": price_ids(priced, "claude-sonnet-4[.-]5")}
    tell(
        priced,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"usage": cached(0, 10_000)}),
        ("2026-02-03 09:06", "main", [(SONNET, OK)], {"usage": cached(0, 11_000), **sonnet}),
    )
    [switch] = rows(priced, "switches")
    assert (switch["switches"], switch["cold_tokens"], switch["cold_usd"]) == (1, 0, 0)


def test_a_local_model_reads_anew_for_nothing_and_an_unpriced_one_is_not_guessed_at(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"usage": cached(0, 10_000)}),
        ("2026-02-03 09:01", "main", [(LOCAL, OK)], {"usage": Usage(input_tokens=11_000)}),
        ("2026-02-03 09:02", "main", [(FREE, OK)], {"usage": Usage(input_tokens=12_000)}),
        ("2026-02-03 09:03", "main", [(HAIKU, OK)], {"usage": cached(0, 13_000), "session": "s2"}),
        ("2026-02-03 09:04", "main", [(FREE, OK)], {"usage": cached(0, 9_000), "session": "s2"}),
    )
    costs = {
        (one["from_target"], one["target"]): (one["cold_tokens"], one["cold_usd"])
        for one in rows(path, "switches")
    }
    local, free = "ollama/qwen3-coder:30b", "openrouter/qwen/qwen3-coder:free"
    assert costs == {
        ("max/claude-opus-4-6", local): (10_000, 0),
        (local, free): (0, 0),
        ("anthropic/claude-haiku-4-5", free): (9_010, None),
    }
    assert row(path, "routing_sums")["unpriced_switches"] == 1


def test_two_agents_of_a_session_are_two_threads(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"session": "one"}),
        ("2026-02-03 09:01", "main", [(SONNET, OK)], {"session": "two"}),
        ("2026-02-03 09:02", "main", [(MAX, OK)], {"session": "one"}),
    )
    assert rows(path, "switches") == []


def test_latency_is_of_first_tries_and_failures_of_all(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)]),
        ("2026-02-03 09:01", "main", [(MAX, HIT), (SONNET, OK)]),
    )
    timed = {one["target"]: one for one in rows(path, "target_latency")}
    plan = timed["max/claude-opus-4-6"]
    assert (plan["calls"], plan["failures"], plan["failed_share"]) == (1, 1, 0.5)
    assert (plan["ttfb_p50_ms"], plan["ttfb_p95_ms"]) == (400, 400)
    assert "anthropic/claude-sonnet-4-5" not in timed


def test_what_was_passed_over_is_told_with_its_latest_wording(path: Path):
    target = "max/claude-opus-4-6"
    full: Any = [{"skipped": ((target, "window", f"five_hour is at {n} %"),)} for n in (81, 84)]
    tell(
        path,
        ("2026-02-03 09:00", "main", [(HAIKU, OK)], {"rule": "simple", **full[0]}),
        ("2026-02-03 09:01", "main", [(HAIKU, OK)], {"rule": "simple", **full[1]}),
        ("2026-02-03 09:02", "main", [(MAX, OK)], {"rule": "simple"}),
    )
    [passed] = rows(path, "skipped_targets")
    assert (passed["target"], passed["skip"], passed["calls"]) == (target, "window", 2)
    assert passed["example"] == "five_hour is at 84 %"


def test_each_version_of_the_policy_answers_for_its_calls(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"rule": "a", "policy": "old", "usd": "1"}),
        ("2026-02-04 09:00", "main", [(MAX, BUSY)], {"rule": "a", "policy": "new", "usd": "2"}),
    )
    versions = rows(path, "policy_versions")
    assert [one["policy_version"] for one in versions] == ["new", "old"]
    assert [one["settled_share"] for one in versions] == [0, 1]


def test_a_filter_by_rule_or_cause_holds_everywhere(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, HIT), (SONNET, OK)], {"rule": "a"}),
        ("2026-02-03 09:01", "main", [(MAX, OK)], {"rule": "b"}),
    )
    assert row(path, "calls_count", rule="b")["calls"] == 1
    assert row(path, "calls_count", cause="limit_hit")["calls"] == 1
    assert row(path, "calls_count", cause="overloaded")["calls"] == 0
    assert row(path, "calls_count", route="a")["calls"] == 1
    assert row(path, "routing_sums", rule="b")["retried_calls"] == 0
