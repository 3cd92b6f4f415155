"""Each KPI, on stories short enough to add up by hand."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from router.call import Result, Usage
from tests.sql.asked import frame, row, rows
from tests.story import FREE, HAIKU, LOCAL, MAX, OPUS, SONNET, set_plan, tell

OK, HIT = Result.OK, Result.LIMIT_HIT


def test_paid_is_cash_plus_the_days_of_the_plan(path: Path):
    set_plan(path, 200)
    tell(
        path,
        ("2026-02-01 09:00", "main", [(MAX, OK)], {"usd": "3", "opus_usd": "3"}),
        ("2026-02-14 09:00", "main", [(SONNET, OK)], {"usd": "6", "opus_usd": "10"}),
    )
    cost = row(path, "monthly_cost")
    assert cost["cash_usd"] == 6
    assert float(cost["plan_usd"]) == pytest.approx(200, abs=1e-6)
    assert cost["list_usd"] == 9
    assert cost["baseline_usd"] == 13
    assert cost["days"] == 28


def test_the_plan_is_charged_from_the_first_call_to_today(path: Path):
    set_plan(path, 280)
    tell(path, ("2026-02-11 09:00", "main", [(MAX, OK)]))
    cost = row(path, "monthly_cost", now=datetime(2026, 2, 20, 12))
    assert cost["days"] == 10
    assert cost["plan_usd"] == 100
    assert cost["paid_30d_usd"] == 300


def test_no_plan_fee_is_invented(path: Path):
    tell(path, ("2026-02-11 09:00", "main", [(MAX, OK)]))
    assert row(path, "monthly_cost")["paid_usd"] == 0
    assert row(path, "monthly_cost", plan_usd=28)["plan_usd"] == 18


def test_reduction_compares_what_was_paid_with_all_opus(path: Path):
    tell(path, ("2026-02-01 09:00", "main", [(SONNET, OK)], {"usd": "6", "opus_usd": "10"}))
    saving = row(path, "cost_reduction")
    assert saving["saved_usd"] == 4
    assert saving["reduction"] == pytest.approx(0.4)


def test_an_empty_ledger_has_no_reduction_and_nothing_paid(path: Path):
    assert row(path, "cost_reduction")["reduction"] is None
    assert row(path, "monthly_cost", plan_usd=200)["paid_usd"] == 0
    assert row(path, "local_share")["local_share"] is None
    assert row(path, "cache_hit_rate")["prompt_cache_share"] is None


def test_a_project_bears_its_part_of_the_plan_by_list_value(path: Path):
    set_plan(path, 100)
    tell(
        path,
        ("2026-02-01 09:00", "main", [(MAX, OK)], {"project": "shop", "usd": "3"}),
        ("2026-02-01 10:00", "main", [(MAX, OK)], {"project": "blog", "usd": "1"}),
        ("2026-02-01 11:00", "main", [(HAIKU, OK)], {"project": "blog", "usd": "5"}),
    )
    blog = row(path, "monthly_cost", project="blog")
    assert float(blog["plan_usd"]) == pytest.approx(25, abs=1e-6)
    assert blog["cash_usd"] == 5
    paid = {top["project"]: float(top["paid_usd"]) for top in rows(path, "top_projects")}
    assert paid == {"shop": pytest.approx(75, abs=1e-6), "blog": pytest.approx(30, abs=1e-6)}


def test_limit_hits_are_counted_in_the_month_they_were_asked(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)]),
        ("2026-02-28 23:59", "main", [(MAX, HIT), (LOCAL, OK)]),
        ("2026-03-01 00:00", "main", [(MAX, HIT), (HAIKU, OK)]),
    )
    every, five_hour = rows(path, "limit_hits")
    assert (every["limit_window"], every["hits"]) == ("all", 1)
    assert (five_hour["limit_window"], five_hour["hits"]) == ("five_hour", 1)
    [march, _] = rows(path, "limit_hits", start_at=None, end_at=None, month=date(2026, 3, 9))
    assert march["hits"] == 1


def test_limit_hits_obey_a_filter(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, HIT), (LOCAL, OK)], {"project": "shop"}),
        ("2026-02-04 09:00", "main", [(MAX, HIT), (LOCAL, OK)], {"project": "blog"}),
    )
    assert rows(path, "limit_hits", project="shop")[0]["hits"] == 1
    assert rows(path, "limit_hits", project="none of these")[0]["hits"] == 0


def test_local_share_counts_answered_inference_calls_only(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(OPUS, OK)]),
        ("2026-02-03 09:01", "title", [(LOCAL, OK)]),
        ("2026-02-03 09:02", "title", [(LOCAL, Result.UNREACHABLE), (FREE, OK)]),
        ("2026-02-03 09:03", "count_tokens", [(LOCAL, OK)]),
        ("2026-02-03 09:04", "main", [(OPUS, Result.OVERLOADED)]),
    )
    assert row(path, "local_share") == {
        "answered_calls": 3,
        "local_calls": 1,
        "local_share": pytest.approx(1 / 3),
    }


def test_prompt_cache_share_is_of_all_prompt_tokens(path: Path):
    usage = Usage(input_tokens=10, cache_write_5m_tokens=20, cache_read_tokens=70, output_tokens=5)
    tell(path, ("2026-02-03 09:00", "main", [(MAX, OK)], {"usage": usage}))
    answer = row(path, "cache_hit_rate")
    assert answer["prompt_cache_share"] == pytest.approx(0.7)
    assert answer["response_cache_share"] is None


def test_a_cancelled_call_says_nothing_about_quality(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)]),
        ("2026-02-03 09:01", "main", [(MAX, Result.CANCELLED)]),
        ("2026-02-03 09:02", "main", [(MAX, Result.OVERLOADED)]),
        ("2026-02-03 09:03", "main", [(MAX, HIT), (SONNET, OK)]),
    )
    every = rows(path, "settled_rate")[0]
    assert (every["route"], every["calls"], every["settled_calls"]) == ("all", 3, 2)
    assert every["rescued_calls"] == 1


def test_a_day_begins_at_midnight_where_the_reader_is(path: Path):
    tell(path, ("2026-02-03 20:00", "main", [(SONNET, OK)], {"usd": "1"}))
    tokyo = frame(path, "daily_cost", zone="Asia/Tokyo")
    assert tokyo["day_on"].to_list()[0] == date(2026, 2, 1)
    paid = {day["day_on"]: day["paid_usd"] for day in tokyo.to_dicts() if day["role"] == "sonnet"}
    assert paid == {date(2026, 2, 4): 1}


@pytest.mark.parametrize(
    ("zone", "day"), [("America/New_York", date(2026, 3, 8)), ("Asia/Kathmandu", date(2026, 3, 9))]
)
def test_a_day_with_a_clock_change_and_a_crooked_zone_are_kept_apart(
    path: Path, zone: str, day: date
):
    tell(path, ("2026-03-08 18:20", "main", [(SONNET, OK)], {"usd": "1"}))
    days = frame(
        path,
        "daily_cost",
        zone=zone,
        start_at=datetime(2026, 3, 1),
        end_at=datetime(2026, 4, 1),
        now=datetime(2026, 4, 2),
    )
    assert days.filter(role="sonnet")["day_on"].to_list() == [day]


def test_the_days_of_a_period_sum_to_the_period(path: Path):
    set_plan(path, 200)
    tell(
        path,
        ("2026-02-01 09:00", "main", [(MAX, OK)], {"usd": "3"}),
        ("2026-02-14 09:00", "subagent", [(SONNET, OK)], {"usd": "6"}),
        ("2026-02-20 09:00", "title", [(LOCAL, OK)], {"usd": "0"}),
        ("2026-02-21 09:00", "main", [(MAX, HIT), (HAIKU, OK)], {"usd": "2"}),
    )
    days, whole = frame(path, "daily_cost"), row(path, "monthly_cost")
    assert sum(days["paid_usd"]) == whole["paid_usd"]
    assert sum(days["list_usd"]) == whole["list_usd"]
    roles = frame(path, "paid_by_role")
    assert sum(roles["paid_usd"]) == whole["paid_usd"]
    assert sum(frame(path, "daily_kpis")["calls"]) == whole["calls"] == 4


def test_sessions_are_ranked_by_list_value_and_show_their_course(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"session": "small", "usd": "1"}),
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"session": "large", "usd": "1"}),
        ("2026-02-03 10:00", "main", [(MAX, OK)], {"session": "large", "usd": "2"}),
    )
    large, small = rows(path, "top_sessions")
    assert (large["session_id"], small["session_id"]) == ("large", "small")
    assert len(large["course_usd"]) == 24
    assert (large["course_usd"][0], large["course_usd"][23]) == (1, 2)


def test_a_call_without_a_price_is_counted_and_never_free(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(FREE, OK)], {"usd": None}),
        ("2026-02-03 09:01", "main", [(SONNET, OK)], {"usd": "1"}),
    )
    [unpriced] = rows(path, "unpriced")
    assert (unpriced["calls"], unpriced["target"]) == (1, "openrouter/qwen/qwen3-coder:free")
    assert row(path, "monthly_cost")["list_usd"] == 1
    assert [call["list_usd"] for call in rows(path, "calls_page")] == [Decimal(1), None]


def test_calls_are_found_by_any_filter(path: Path):
    first, *_ = tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"session": "alpha", "project": None}),
        ("2026-02-03 09:01", "title", [(LOCAL, OK)], {"session": "beta"}),
        ("2026-02-03 09:02", "count_tokens", [(OPUS, OK)], {"session": "beta"}),
        ("2026-02-03 09:03", "main", [(OPUS, Result.OVERLOADED)], {"session": "beta"}),
    )

    def found(**variables: object) -> list[str]:
        return [call["kind"] for call in rows(path, "calls_page", **variables)]

    assert found() == ["main", "title", "main"]
    assert found(any_kind=True) == ["main", "count_tokens", "title", "main"]
    assert found(kind="title") == ["title"]
    assert found(project="") == ["main"]
    assert found(result="overloaded") == ["main"]
    assert found(session="beta") == ["main", "title"]
    assert found(target="ollama/qwen3-coder:30b") == ["title"]
    assert found(search=first[:12], kind="main") == ["main"]
    assert found(page_rows=2, page_no=2) == ["main"]
    assert row(path, "calls_count", page_rows=2)["pages"] == 2


def test_a_call_in_full_names_its_attempts_and_who_retried_it(path: Path):
    [first] = tell(path, ("2026-02-03 09:00", "main", [(MAX, HIT), (SONNET, OK)]))
    [second] = tell(path, ("2026-02-03 09:01", "main", [(SONNET, OK)], {"retry_of": first}))
    assert row(path, "one_call", call=first)["attempts"] == 2
    tried = rows(path, "call_attempts", call=first)
    assert [attempt["result"] for attempt in tried] == ["limit_hit", "ok"]
    [retry] = rows(path, "call_retries", call=first)
    assert (retry["call_id"], retry["relation"]) == (second, "repeated this call")
    [origin] = rows(path, "call_retries", call=second)
    assert (origin["call_id"], origin["relation"]) == (first, "repeated by this call")
    assert rows(path, "one_call", call="no such call") == []


def test_windows_tell_their_pace_and_a_reset(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"windows": {"5h": 0.2}}),
    )
    early = {"now": datetime(2026, 2, 3, 10)}
    [window] = rows(path, "live_windows", **early)
    assert (window["limit_window"], window["utilization"]) == ("five_hour", 0.2)
    assert (window["reading_age_s"], window["reset_in_s"]) == (3600, 3600)
    [later] = rows(path, "live_windows", now=datetime(2026, 2, 3, 12))
    assert (later["is_reset"], later["utilization"]) == (True, 0)
    assert rows(path, "live_windows", now=datetime(2026, 3, 3)) == []


def test_six_kpis_at_once_are_the_six_kpis_one_by_one(path: Path):
    set_plan(path, 200)
    usage = Usage(input_tokens=10, cache_read_tokens=70, output_tokens=5)
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"usage": usage, "usd": "3"}),
        ("2026-02-03 09:01", "title", [(LOCAL, OK)], {"usd": "0"}),
        ("2026-02-03 09:02", "main", [(MAX, HIT), (SONNET, OK)], {"project": "blog"}),
        ("2026-02-03 09:03", "main", [(MAX, Result.OVERLOADED)]),
    )
    for filters in ({}, {"project": "blog"}, {"project": "nothing"}):
        six = row(path, "six_kpis", **filters)
        for kpi in ("monthly_cost", "cost_reduction", "local_share", "cache_hit_rate"):
            alone = row(path, kpi, **filters)
            assert {name: alone[name] for name in alone if name in six}.items() <= six.items()
        assert six["settled_share"] == rows(path, "settled_rate", **filters)[0]["settled_share"]
        assert six["limit_hits"] == rows(path, "limit_hits", **filters)[0]["hits"]
        assert six["limit_hits_30d"] == rows(path, "limit_hits", **filters)[0]["hits_30d"]


def test_a_full_month_at_the_customers_prices_is_the_customers_own_table(path: Path):
    """The month of the proposal: 25 % local, 30 % Haiku, 35 % Sonnet, 10 % Opus, against $480."""
    tell(
        path,
        ("2026-02-03 09:00", "title", [(LOCAL, OK)], {"usd": "0", "opus_usd": "120"}),
        ("2026-02-03 09:01", "subagent", [(HAIKU, OK)], {"usd": "28.80", "opus_usd": "144"}),
        ("2026-02-03 09:02", "main", [(SONNET, OK)], {"usd": "100.80", "opus_usd": "168"}),
        ("2026-02-03 09:03", "plan", [(OPUS, OK)], {"usd": "48", "opus_usd": "48"}),
    )
    assert row(path, "monthly_cost")["paid_usd"] == Decimal("177.60")
    assert row(path, "cost_reduction")["baseline_usd"] == 480
    assert row(path, "cost_reduction")["reduction"] == pytest.approx(0.63)
