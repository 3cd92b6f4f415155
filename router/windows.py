"""Limit windows: what an answer's headers say of them, and how an answer ended.

Source: https://docs.claude.com/en/api/rate-limits; the `unified` headers of plans are
undocumented and were seen on the wire.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

from router.call import Metered, Result

PREFIX = "anthropic-ratelimit-"
UNIFIED = PREFIX + "unified-"

UNIFIED_FIELD = re.compile(re.escape(UNIFIED) + r"(.+)-(status|utilization|reset)")
KEY_FIELD = re.compile(re.escape(PREFIX) + r"(?!unified-)(.+)-(limit|remaining|reset)")
NAMES = {
    "5h": "five_hour",
    "7d": "seven_day",
    "7d_opus": "seven_day_opus",
    "7d_sonnet": "seven_day_sonnet",
    "7d_oi": "seven_day_overage_included",
}
OVERAGE = "overage"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowReading:
    """One limit window as one answer told it.

    `utilization` is a fraction and may pass 1; `resets_at` is UTC. A window the
    headers name in an unknown way keeps that name.
    """

    limit_window: str
    status: str | None = None
    utilization: float | None = None
    resets_at: datetime | None = None


def limits_of(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Every rate-limit header and `retry-after`, by full lower-case name."""
    named = ((key.lower().decode("latin-1"), value) for key, value in headers)
    return {
        name: value.decode("latin-1").strip()
        for name, value in named
        if name.startswith(PREFIX) or name == "retry-after"
    }


def readings_of(limits: Mapping[str, str]) -> tuple[WindowReading, ...]:
    """A reading per window, in order of first mention."""
    plan = _by_window(UNIFIED_FIELD, limits)
    key = _by_window(KEY_FIELD, limits)
    return (
        *(_plan_reading(window, fields) for window, fields in plan.items()),
        *(_key_reading(window, fields) for window, fields in key.items()),
    )


def hit_window(status_code: int | None, limits: Mapping[str, str]) -> str | None:
    """The window that refused the call, None when no plan limit did.

    A refused overage alone is the account's setting and no hit.
    """
    if status_code != 429:
        return None
    refused = [
        reading.limit_window
        for reading in readings_of(limits)
        if reading.status == "rejected" and not reading.limit_window.startswith(OVERAGE)
    ]
    status = limits.get(UNIFIED + "status")
    if status == "rejected":
        claim = limits.get(UNIFIED + "representative-claim")
        return claim or next(iter(refused), "unified")
    return next(iter(refused), None) if status is None else None


def is_overage(limits: Mapping[str, str]) -> bool:
    """Whether a plan's call was answered beyond the plan, at the price of the API."""
    return limits.get(UNIFIED + "overage-in-use") == "true"


def result_of(
    status: int | None, limits: Mapping[str, str], metered: Metered, *, cancelled: bool = False
) -> Result:
    """How an attempt ended; `status` is None when no answer came.

    `cancelled` is a client that left before the end. A caller that relays what has no
    meter (a probe) passes `Metered(complete=True)`.
    """
    if cancelled and not metered.complete:
        return Result.CANCELLED
    if status is None:
        return Result.UNREACHABLE
    if status == 429:
        return Result.LIMIT_HIT if hit_window(status, limits) else Result.RATE_LIMITED
    if status == 529 or metered.error_type == "overloaded_error":
        return Result.OVERLOADED
    if 400 <= status < 500:
        return Result.REJECTED
    return _result_of_answer(status, metered)


def _result_of_answer(status: int, metered: Metered) -> Result:
    if metered.error_type == "rate_limit_error":
        return Result.RATE_LIMITED
    if metered.error_type or not 200 <= status < 300:
        return Result.FAILED
    return Result.OK if metered.complete else Result.TRUNCATED


def _by_window(field: re.Pattern[str], limits: Mapping[str, str]) -> dict[str, dict[str, str]]:
    windows: dict[str, dict[str, str]] = {}
    for name, value in limits.items():
        if found := field.fullmatch(name):
            windows.setdefault(found[1], {})[found[2]] = value
    return windows


def _plan_reading(window: str, fields: Mapping[str, str]) -> WindowReading:
    return WindowReading(
        limit_window=NAMES.get(window.replace("-", "_"), window),
        status=fields.get("status"),
        utilization=_fraction(fields.get("utilization")),
        resets_at=_moment(fields.get("reset")),
    )


def _key_reading(window: str, fields: Mapping[str, str]) -> WindowReading:
    limit, remaining = _fraction(fields.get("limit")), _fraction(fields.get("remaining"))
    used = 1 - remaining / limit if limit and remaining is not None else None
    return WindowReading(
        limit_window=window.replace("-", "_"),
        utilization=used,
        resets_at=_moment(fields.get("reset")),
    )


def _fraction(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def _moment(text: str | None) -> datetime | None:
    """Epoch seconds or RFC 3339, as UTC."""
    try:
        if (seconds := _fraction(text)) is not None:
            return datetime.fromtimestamp(seconds, UTC)
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
