"""Periods of whole local days, and the one before each, to compare with."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONTH = "month"
FIRST_YEAR = 2000
LAST_DAYS = {"7d": 7, "30d": 30, "90d": 90}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """`start_at` and `end_at` are UTC, half-open; days begin at midnight in `zone`."""

    start_at: datetime
    end_at: datetime
    zone: str

    @property
    def variables(self) -> dict[str, object]:
        return {"start_at": self.start_at, "end_at": self.end_at, "zone": self.zone}


def period(code: str, now: datetime, zone: str) -> Period:
    """The period that a code names: `7d`, `30d`, `90d`, `month`, `2026-11` or `2026-11-08`.

    Raises:
        ValueError: the code names no period.
    """
    today = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    if code in LAST_DAYS:
        return _days(today - timedelta(days=LAST_DAYS[code] - 1), today + timedelta(days=1), zone)
    if code == MONTH:
        return _month(today, zone)
    day = date.fromisoformat(code if len(code) > 7 else f"{code}-01")
    if not FIRST_YEAR <= day.year < FIRST_YEAR + 1000:
        raise ValueError(f"{code} is not of this millennium")
    if len(code) == 7:
        return _month(day, zone)
    return _days(day, day + timedelta(days=1), zone)


def before(asked: Period, now: datetime) -> Period:
    """As much time before the period as has passed of it."""
    passed = min(asked.end_at, now)
    length = asked.end_at - asked.start_at
    return Period(start_at=asked.start_at - length, end_at=passed - length, zone=asked.zone)


def _month(day: date, zone: str) -> Period:
    first = day.replace(day=1)
    return _days(first, (first + timedelta(days=32)).replace(day=1), zone)


def _days(first: date, end: date, zone: str) -> Period:
    return Period(start_at=_midnight(first, zone), end_at=_midnight(end, zone), zone=zone)


def _midnight(day: date, zone: str) -> datetime:
    local = datetime.combine(day, time(), ZoneInfo(zone))
    return local.astimezone(UTC).replace(tzinfo=None)
