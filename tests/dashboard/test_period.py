"""Periods are whole days where the reader is."""

from datetime import datetime

import pytest

from dashboard.period import before, period

NOW = datetime(2026, 3, 10, 3, 30)


def test_thirty_days_end_with_today_and_begin_at_local_midnight():
    asked = period("30d", NOW, "Asia/Tokyo")
    assert asked.start_at == datetime(2026, 2, 8, 15)
    assert asked.end_at == datetime(2026, 3, 10, 15)


def test_a_day_when_clocks_change_has_twenty_three_hours():
    asked = period("2026-03-08", NOW, "America/New_York")
    assert asked.start_at == datetime(2026, 3, 8, 5)
    assert asked.end_at == datetime(2026, 3, 9, 4)


@pytest.mark.parametrize(
    ("code", "start", "end"),
    [
        ("month", datetime(2026, 3, 1), datetime(2026, 4, 1)),
        ("2026-12", datetime(2026, 12, 1), datetime(2027, 1, 1)),
        ("2026-02", datetime(2026, 2, 1), datetime(2026, 3, 1)),
    ],
)
def test_a_month_ends_where_the_next_begins(code: str, start: datetime, end: datetime):
    asked = period(code, NOW, "UTC")
    assert (asked.start_at, asked.end_at) == (start, end)


@pytest.mark.parametrize(
    "code", ["", "12d", "2026-13", "2026-02-30", "0001-01", "9999-12-31", "yesterday"]
)
def test_nonsense_names_no_period(code: str):
    with pytest.raises(ValueError):
        period(code, NOW, "UTC")


def test_the_period_before_is_cut_where_this_one_stands():
    past = before(period("7d", NOW, "UTC"), NOW)
    assert past.start_at == datetime(2026, 2, 25)
    assert past.end_at == datetime(2026, 3, 3, 3, 30)
