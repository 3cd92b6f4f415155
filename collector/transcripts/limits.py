"""Notices of a spent limit window: Claude Code writes them as answers of no model."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collector.transcripts.lines import Line
from collector.transcripts.rows import SYNTHETIC, moment, session_of, text_of
from router.wire.untrusted import table, word

WINDOWS = (
    (re.compile(r"\bopus\b.*\blimit\b"), "seven_day_opus"),
    (re.compile(r"\bsonnet\b.*\blimit\b"), "seven_day_sonnet"),
    (re.compile(r"\b(weekly|7-day)\b.*\blimit\b"), "seven_day"),
    (re.compile(r"\b(session|5-hour) limit\b|\busage limit reached"), "five_hour"),
    (re.compile(r"\bhit your limit\b"), "overage"),
)
EPOCH = re.compile(r"limit reached\|(\d{9,12})\b")
RESETS = re.compile(
    r"\bresets?(?: at| on)? (?:(?P<month>[a-z]{3})[a-z]* (?P<day>\d{1,2}),?(?: at)? )?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))? ?(?P<half>[ap])m(?: \((?P<zone>[^)]+)\))?",
    re.IGNORECASE,
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Notice(NamedTuple):
    """One call refused because a limit window was spent. Times are naive UTC."""

    call_id: str
    read_at: datetime
    session_id: str
    file: str
    limit_window: str
    resets_at: datetime | None
    request_id: str | None


def notice_of(line: Line, file: str) -> Notice | None:
    message = table(line.get("message"))
    is_told = message.get("model") == SYNTHETIC or line.get("isApiErrorMessage") is True
    at = moment(line.get("timestamp"))
    if line.get("type") != "assistant" or not is_told or at is None:
        return None
    text = text_of(message)
    window = window_of(text)
    if window is None:
        return None
    read_at = datetime.fromisoformat(at).replace(tzinfo=None)
    return Notice(
        call_id=word(message.get("id")) or word(line.get("uuid")) or f"{file}@{at}",
        read_at=read_at,
        session_id=word(line.get("sessionId")) or session_of(file),
        file=file,
        limit_window=window,
        resets_at=resets_at(text, read_at),
        request_id=word(line.get("requestId")),
    )


def window_of(text: str) -> str | None:
    """The limit window that a notice names; None if it is no notice of a plan's limit."""
    said = text.lower()
    if said.startswith("api error"):
        return None
    return next((window for pattern, window in WINDOWS if pattern.search(said)), None)


def resets_at(text: str, read_at: datetime) -> datetime | None:
    """When the window opens again, in naive UTC; the text gives no year and often no day.

    Then it is the next such time after `read_at`. Without a zone the time is this computer's.
    """
    epoch = EPOCH.search(text)
    if epoch:
        return datetime.fromtimestamp(int(epoch[1]), UTC).replace(tzinfo=None)
    told = RESETS.search(text)
    if told is None or not 1 <= int(told["hour"]) <= 12:
        return None
    asked = read_at.replace(tzinfo=UTC).astimezone(_zone(told["zone"]))
    try:
        return _next(told, asked).astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return None


def _next(told: re.Match[str], asked: datetime) -> datetime:
    hour = int(told["hour"]) % 12 + (12 if told["half"].lower() == "p" else 0)
    at = asked.replace(hour=hour, minute=int(told["minute"] or 0), second=0, microsecond=0)
    month = (told["month"] or "").lower()
    if month in MONTHS:
        at = at.replace(month=MONTHS.index(month) + 1, day=int(told["day"]))
        return at if at > asked - timedelta(days=1) else at.replace(year=at.year + 1)
    return at if at > asked else at + timedelta(days=1)


def _zone(name: str | None) -> tzinfo | None:
    """The zone named; UTC if it is unknown here, None for this computer's if none is named."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
