"""What the Limits page says, on stories short enough to add up by hand."""

from datetime import datetime
from pathlib import Path

import pytest

from collector import ledger
from router.call import Result
from tests.sql.asked import row, rows
from tests.story import LOCAL, MAX, SONNET, tell

OK, HIT = Result.OK, Result.LIMIT_HIT


def test_a_spent_window_blocks_until_its_reset(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, HIT), (SONNET, OK)], {"usd": "2"}),
        ("2026-02-03 10:00", "main", [(SONNET, OK)], {"usd": "1", "session": "s2"}),
        ("2026-02-03 10:01", "title", [(LOCAL, OK)], {"usd": "0"}),
        ("2026-02-03 11:30", "main", [(SONNET, OK)], {"usd": "4"}),
    )
    [stretch] = rows(path, "blocked")
    assert stretch["blocked_minutes"] == 120
    assert (stretch["moved_calls"], stretch["sessions"]) == (2, 2)
    assert (stretch["cash_usd"], stretch["hits"]) == (3, 1)
    sums = row(path, "blocked_sums")
    assert (sums["hits"], sums["stretches"], sums["blocked_minutes"]) == (1, 1, 120)
    assert (sums["moved_calls"], sums["cash_usd"]) == (2, 3)


def test_an_answer_that_tells_the_window_open_ends_the_block(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(MAX, HIT), (SONNET, OK)]),
        ("2026-02-03 09:30", "main", [(MAX, OK)], {"windows": {"5h": 0.1}}),
    )
    [stretch] = rows(path, "blocked")
    assert stretch["blocked_minutes"] == 30


def test_a_block_that_goes_on_ends_now(path: Path):
    tell(path, ("2026-02-03 09:00", "main", [(MAX, HIT), (SONNET, OK)]))
    [stretch] = rows(path, "blocked", now=datetime(2026, 2, 3, 9, 20))
    assert stretch["blocked_minutes"] == 20


def test_blocks_that_overlap_count_their_time_once(path: Path):
    tell(path, ("2026-02-03 09:00", "main", [(MAX, HIT), (SONNET, OK)]))
    weekly = """
        insert into limit_readings (read_at, call_id, limit_window, resets_at, is_hit, source)
        values ('2026-02-03 10:00', 'x', 'seven_day', '2026-02-03 13:00', true, 'proxy')"""
    with ledger.writing(path) as db:
        db.execute(weekly)
    assert [one["blocked_minutes"] for one in rows(path, "blocked")] == [180, 120]
    sums = row(path, "blocked_sums")
    assert (sums["hits"], sums["stretches"], sums["blocked_minutes"]) == (2, 1, 240)


def test_no_hit_is_no_time(path: Path):
    sums = row(path, "blocked_sums")
    assert (sums["hits"], sums["stretches"], sums["blocked_minutes"]) == (0, 0, 0)
    assert sums["cash_usd"] == 0


def test_the_course_keeps_the_last_reading_of_each_quarter(path: Path):
    tell(
        path,
        ("2026-02-03 09:01", "main", [(MAX, OK)], {"windows": {"5h": 0.1}}),
        ("2026-02-03 09:05", "main", [(MAX, OK)], {"windows": {"5h": 0.2}}),
        ("2026-02-03 09:20", "main", [(MAX, OK)], {"windows": {"5h": 0.3}}),
    )
    course = rows(path, "window_course")
    assert {one["utilization"] for one in course} >= {0.2, 0.3}
    assert {one["limit_window"] for one in course} == {"five_hour"}


def test_who_spent_a_window_is_told_since_it_opened(path: Path):
    tell(
        path,
        ("2026-02-03 03:00", "main", [(MAX, OK)], {"usd": "9", "session": "before"}),
        ("2026-02-03 09:00", "main", [(MAX, OK)], {"usd": "3", "session": "s1"}),
        ("2026-02-03 09:30", "main", [(SONNET, OK)], {"usd": "5", "session": "cash"}),
        ("2026-02-03 10:00", "main", [(MAX, OK)],
         {"usd": "1", "session": "s2", "windows": {"5h": 0.4}}),
    )  # fmt: skip
    spent = rows(path, "window_spenders", now=datetime(2026, 2, 3, 10, 5))
    assert [(one["session_id"], one["spent_share"]) for one in spent] == [
        ("s1", 0.75),
        ("s2", 0.25),
    ]
    assert spent[0]["window_share"] == pytest.approx(0.3)


def test_of_many_sessions_the_first_few_are_named_and_their_shares_are_of_all(path: Path):
    lines = [
        (f"2026-02-03 09:{n:02}", "main", [(MAX, OK)],
         {"usd": str(n), "session": f"s{n}", "windows": {"5h": 0.5}})
        for n in range(1, 10)
    ]  # fmt: skip
    tell(path, *lines)
    spent = rows(path, "window_spenders", now=datetime(2026, 2, 3, 9, 10), top_rows=2)
    assert [one["session_id"] for one in spent] == ["s9", "s8"]
    assert spent[0]["spent_share"] == 0.2


def test_a_window_that_was_reset_has_no_spenders(path: Path):
    tell(path, ("2026-02-03 10:00", "main", [(MAX, OK)], {"windows": {"5h": 0.4}}))
    assert rows(path, "window_spenders", now=datetime(2026, 2, 3, 23)) == []


def test_the_burn_is_by_hour_and_project_of_what_the_plan_answered(path: Path):
    tell(
        path,
        ("2026-02-03 09:01", "main", [(MAX, OK)], {"usd": "3"}),
        ("2026-02-03 09:59", "main", [(MAX, OK)], {"usd": "2"}),
        ("2026-02-03 10:00", "main", [(MAX, OK)], {"usd": "1", "project": "blog"}),
        ("2026-02-03 10:01", "main", [(SONNET, OK)], {"usd": "7"}),
    )
    assert [
        (one["hour_at"].hour, one["project"], one["list_usd"]) for one in rows(path, "plan_burn")
    ] == [(9, "shop", 5), (10, "blog", 1)]


def test_limits_of_a_key_are_told_apart_from_the_plans(path: Path):
    readings = """
        insert into limit_readings (read_at, call_id, provider, limit_window, utilization, is_hit)
        values ('2026-02-03 10:00', 'x', 'anthropic', 'tokens', 0.9, false),
               ('2026-02-03 11:00', 'y', 'anthropic', 'tokens', 0.2, false),
               ('2026-02-03 11:00', 'y', 'max', 'five_hour', 0.5, false)"""
    with ledger.writing(path) as db:
        db.execute(readings)
    [tokens] = rows(path, "key_limits")
    assert (tokens["highest"], tokens["latest"], tokens["readings"]) == (0.9, 0.2, 2)
    assert tokens["highest_at"] == datetime(2026, 2, 3, 10)
