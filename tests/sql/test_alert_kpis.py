"""What alerts go by, on stories short enough to add up by hand."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collector import ledger
from router.call import Result
from tests.sql.asked import row, rows
from tests.story import HAIKU, LOCAL, MAX, SONNET, tell

OK, HIT, DOWN, BUSY = Result.OK, Result.LIMIT_HIT, Result.UNREACHABLE, Result.OVERLOADED
NOW = datetime(2026, 2, 3, 12)


def at(minutes_ago: float) -> str:
    return f"{NOW - timedelta(minutes=minutes_ago):%Y-%m-%d %H:%M:%S}"


def alter(path: Path, change: str) -> None:
    with ledger.writing(path) as db:
        db.execute(change)


def test_cash_is_summed_for_the_day_and_the_month_of_the_users_zone(path: Path):
    tell(
        path,
        ("2026-01-31 14:00", "main", [(SONNET, OK)], {"usd": "8"}),
        ("2026-01-31 16:00", "main", [(SONNET, OK)], {"usd": "4"}),
        ("2026-02-03 09:00", "main", [(SONNET, OK)], {"usd": "2"}),
        ("2026-02-03 11:00", "main", [(MAX, OK)], {"usd": "1"}),
    )
    tokyo = {found["span"]: found for found in rows(path, "alert_cash", zone="Asia/Tokyo", now=NOW)}
    assert (tokyo["day"]["cash_usd"], tokyo["month"]["cash_usd"]) == (2, 6)
    assert f"{tokyo['month']['start_on']}" == "2026-02-01"
    utc = {found["span"]: found["cash_usd"] for found in rows(path, "alert_cash", now=NOW)}
    assert utc == {"day": 2, "month": 2}


def test_no_call_is_no_cash(path: Path):
    assert [found["cash_usd"] for found in rows(path, "alert_cash", now=NOW)] == [0, 0]


def test_a_target_without_a_price_is_told_for_a_day(path: Path):
    tell(
        path,
        (at(5), "main", [(SONNET, OK)], {"usd": None}),
        (at(6), "main", [(HAIKU, OK)]),
        (at(30 * 60), "main", [(LOCAL, OK)], {"usd": None}),
    )
    found = row(path, "alert_unpriced", now=NOW)
    assert (found["target"], found["calls"]) == ("anthropic/claude-sonnet-4-5", 1)


def test_a_provider_is_down_when_nothing_it_was_asked_was_answered(path: Path):
    tell(path, *[(at(n), "main", [(LOCAL, DOWN), (SONNET, OK)]) for n in (1, 2, 3)])
    found = row(path, "alert_providers", now=NOW)
    assert (found["provider"], found["failures"], found["cause"]) == ("ollama", 3, "unreachable")
    tell(path, (at(0.5), "main", [(LOCAL, OK)], {"session": "s2"}))
    assert rows(path, "alert_providers", now=NOW) == []


@pytest.mark.parametrize("result", [HIT, Result.REJECTED, Result.CANCELLED])
def test_a_spent_window_or_a_refused_request_is_no_fault_of_the_provider(
    path: Path, result: Result
):
    tell(path, *[(at(n), "main", [(MAX, result), (SONNET, OK)]) for n in (1, 2, 3, 4)])
    assert rows(path, "alert_providers", now=NOW) == []


def test_two_failures_or_old_ones_are_no_outage(path: Path):
    tell(path, *[(at(n), "main", [(SONNET, BUSY)]) for n in (1, 2)])
    tell(path, *[(at(n), "main", [(LOCAL, DOWN)]) for n in (11, 12, 13)])
    assert rows(path, "alert_providers", now=NOW) == []


def test_a_session_that_goes_on_by_itself_is_told_until_a_person_speaks(path: Path):
    tell(path, *[(at(n / 10), "main", [(MAX, OK)]) for n in range(1, 31)])
    alter(path, "update call_log set is_tool_turn = true")
    found = row(path, "alert_runaway", now=NOW, most_alone=30)
    assert (found["cause"], found["figure"], found["project"]) == ("alone", 30, "shop")
    assert rows(path, "alert_runaway", now=NOW, most_alone=31) == []
    alter(path, f"update call_log set is_tool_turn = false where asked_at = timestamp '{at(1)}'")
    assert rows(path, "alert_runaway", now=NOW, most_alone=30) == []


def test_agents_and_titles_do_not_make_a_loop(path: Path):
    tell(
        path,
        *[(at(n / 10), kind, [(MAX, OK)]) for n in range(1, 20) for kind in ("title", "subagent")],
    )
    alter(path, "update call_log set agent_id = 'a1' where kind = 'subagent'")
    assert rows(path, "alert_runaway", now=NOW, most_alone=5) == []


def test_calls_that_all_fail_are_told_until_one_is_answered(path: Path):
    tell(path, *[(at(n), "main", [(SONNET, BUSY)]) for n in range(1, 9)])
    found = row(path, "alert_runaway", now=NOW)
    assert (found["cause"], found["figure"]) == ("failing", 8)
    tell(path, (at(0.5), "main", [(SONNET, OK)]))
    assert rows(path, "alert_runaway", now=NOW) == []


def test_edits_and_tests_that_fail_again_and_again_are_told(path: Path):
    tell(path, (at(3), "main", [(MAX, OK)]), (at(1), "main", [(MAX, OK)]))
    alter(path, f"update call_log set failures = 9 where asked_at = timestamp '{at(1)}'")
    found = row(path, "alert_runaway", now=NOW)
    assert (found["cause"], found["figure"]) == ("failing", 9)


def test_a_session_that_spends_too_fast_is_told_by_its_last_quarter(path: Path):
    tell(
        path,
        (at(40), "main", [(MAX, OK)], {"usd": "90"}),
        (at(10), "main", [(MAX, OK)], {"usd": "24"}),
        (at(5), "main", [(SONNET, OK)], {"usd": "1"}),
        (at(4), "main", [(SONNET, OK)], {"usd": "24", "session": "s2"}),
    )
    found = row(path, "alert_runaway", now=NOW)
    assert (found["session_id"], found["cause"], found["figure"]) == ("s1", "spending", 100)
