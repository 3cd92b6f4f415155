"""What Claude Code tells of its requests in OTLP logs, as JSON.

Only numbers, names and ids of `api_request` and `api_error` are taken; texts are never looked at.
Sources: https://opentelemetry.io/docs/specs/otlp/ (JSON encoding),
https://code.claude.com/docs/en/monitoring-usage (names of events and attributes)
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

TAKEN = frozenset({"api_request", "api_error"})
LONGEST_WORD = 200
MOST_TOKENS = 10**12
MOST_MS = 86_400_000.0

Attributes = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One request as the client saw it. `told_usd` is the client's own estimate of its price.

    `has_account` is true on a login of claude.ai, which an API key is not.
    """

    call_id: str
    ended_at: datetime
    asked_at: datetime
    is_error: bool
    session_id: str | None
    query_source: str | None
    agent_type: str | None
    model: str | None
    status: int | None
    request_id: str | None
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_creation_tokens: int
    told_usd: Decimal | None
    duration_ms: float | None
    speed: str | None
    effort: str | None
    client: str | None
    has_account: bool


def told_in(payload: object) -> list[Told]:
    """The requests of an `ExportLogsServiceRequest`, in its order.

    Raises:
        ValueError: in one line, where it is not one, or a value does not fit its name.
    """
    return [
        _told(record, attributes, client)
        for record, attributes, client in _records(payload)
        if _event(record, attributes) in TAKEN
    ]


def _records(payload: object) -> Iterator[tuple[Attributes, Attributes, str | None]]:
    for resource in _rows(payload, "resourceLogs", "the body"):
        about = _attributes(resource.get("resource") or {}, "resource")
        named = [_word(about, name) for name in ("service.name", "service.version")]
        client = "/".join(part for part in named if part) or None
        for scope in _rows(resource, "scopeLogs", "resourceLogs"):
            for record in _rows(scope, "logRecords", "scopeLogs"):
                yield record, _attributes(record, "logRecords"), client


def _rows(holder: object, name: str, where: str) -> list[dict[str, Any]]:
    rows = holder.get(name, []) if isinstance(holder, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{name} of {where} is no list of objects")
    return rows


def _attributes(holder: object, where: str) -> Attributes:
    found: Attributes = {}
    for row in _rows(holder, "attributes", where):
        value = row.get("value")
        if isinstance(value, dict) and isinstance(row.get("key"), str):
            found[row["key"]] = next(iter(value.values()), None)
    return found


def _event(record: Attributes, attributes: Attributes) -> str | None:
    body = record.get("body")
    said = body.get("stringValue") if isinstance(body, dict) else None
    for named in (record.get("eventName"), attributes.get("event.name"), said):
        if isinstance(named, str) and named:
            return named.removeprefix("claude_code.")
    return None


def _told(record: Attributes, attributes: Attributes, client: str | None) -> Told:
    ended_at = _time(record)
    duration_ms = _number(attributes, "duration_ms", MOST_MS)
    status = _number(attributes, "status_code", 999)
    session_id, request_id = _word(attributes, "session.id"), _word(attributes, "request_id")
    is_error = _event(record, attributes) == "api_error"
    same = (session_id, request_id, ended_at, attributes.get("event.sequence"), is_error)
    return Told(
        call_id=f"otel_{sha256(repr(same).encode()).hexdigest()[:24]}",
        ended_at=ended_at,
        asked_at=ended_at - timedelta(milliseconds=duration_ms or 0),
        is_error=is_error,
        session_id=session_id,
        query_source=_word(attributes, "query_source"),
        agent_type=_word(attributes, "agent.name"),
        model=_word(attributes, "model"),
        status=None if status is None else int(status),
        request_id=request_id,
        input_tokens=_tokens(attributes, "input_tokens"),
        output_tokens=_tokens(attributes, "output_tokens"),
        cache_read_tokens=_tokens(attributes, "cache_read_tokens"),
        cache_creation_tokens=_tokens(attributes, "cache_creation_tokens"),
        told_usd=_usd(attributes),
        duration_ms=duration_ms,
        speed=_word(attributes, "speed"),
        effort=_word(attributes, "effort"),
        client=client,
        has_account=bool(attributes.get("user.account_uuid")),
    )


def _time(record: Attributes) -> datetime:
    """When the record was made, naive UTC."""
    said = record.get("timeUnixNano") or record.get("observedTimeUnixNano")
    try:
        at = datetime.fromtimestamp(int(said) / 1e9, UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        raise ValueError("timeUnixNano of a record is no time") from None
    return at.replace(tzinfo=None)


def _word(attributes: Attributes, name: str) -> str | None:
    said = attributes.get(name)
    if said is None or said == "":
        return None
    if not isinstance(said, str) or len(said) > LONGEST_WORD or not said.isprintable():
        raise ValueError(f"{name} is no short text")
    return said


def _tokens(attributes: Attributes, name: str) -> int:
    return int(_number(attributes, name, MOST_TOKENS) or 0)


def _number(attributes: Attributes, name: str, most: float) -> float | None:
    said = attributes.get(name)
    if said is None or said == "" or said == "undefined":
        return None
    try:
        number = math.nan if isinstance(said, bool) else float(said)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 <= number <= most:
        raise ValueError(f"{name} is no number from 0 to {most:.0f}")
    return number


def _usd(attributes: Attributes) -> Decimal | None:
    said = attributes.get("cost_usd")
    try:
        usd = None if said is None else Decimal(str(said))
    except InvalidOperation:
        usd = Decimal(-1)
    if usd is not None and not (usd.is_finite() and 0 <= usd < 10**6):
        raise ValueError("cost_usd is no sum of dollars")
    return usd
