"""From a journal record to the ledger's rows."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import orjson

from collector.telemetry_rows import telemetry_row
from router.call import Bill, Iteration, Kind, Metered, Usage
from router.price import Priced
from router.windows import WindowReading, hit_window, readings_of

Record = dict[str, Any]
Row = dict[str, Any]
Price = Callable[[str, str | None, datetime, Metered, Bill], Priced]

UNBILLED = frozenset({Kind.COUNT_TOKENS, Kind.PROBE})
BUCKETS = (
    "input_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_read_tokens",
    "output_tokens",
    "web_searches",
)
MONEY = ("list_usd", "cost_usd", "baseline_usd")
CALL_COLUMNS = (
    "call_id", "route", "reason", "result", "status", "duration_ms", "request_id",
    "request_id_minted", "capture", "retry_of", "policy_version",
)  # fmt: skip
OPEN_COLUMNS = (
    "call_id", "project", "session_id", "agent_id", "parent_agent_id", "kind", "asked_model",
    "route", "reason", "gate_pid",
)  # fmt: skip


@dataclass(slots=True)
class Batch:
    """Rows of one transaction, by table."""

    TABLES: ClassVar = (
        "open_calls", "call_log", "attempt_log", "limit_readings", "policy_log", "telemetry_calls",
    )  # fmt: skip

    open_calls: list[Row] = field(default_factory=list)
    call_log: list[Row] = field(default_factory=list)
    attempt_log: list[Row] = field(default_factory=list)
    limit_readings: list[Row] = field(default_factory=list)
    policy_log: list[Row] = field(default_factory=list)
    telemetry_calls: list[Row] = field(default_factory=list)

    def add(self, record: Record, price: Price) -> None:
        """
        Raises:
            KeyError, TypeError, ValueError: the record is not one that a gate wrote.
        """
        if record["row"] == "start":
            self.open_calls.append(_open_row(record))
            return
        if record["row"] == "policy":
            applied = {name: record[name] for name in ("policy_version", "text")}
            self.policy_log.append({**applied, "applied_at": _time(record["applied_at"])})
            return
        if record["row"] == "telemetry":
            self.telemetry_calls.append(telemetry_row(record, price))
            return
        attempts = [_attempt_row(record, attempt, price) for attempt in record["attempts"]]
        readings = [row for attempt in record["attempts"] for row in _reading_rows(record, attempt)]
        self.call_log.append(_call_row(record, attempts))
        self.attempt_log += attempts
        self.limit_readings += readings

    def drop_ended(self) -> None:
        """Drop the open rows of calls that have ended within this batch."""
        ended = {row["call_id"] for row in self.call_log}
        self.open_calls = [row for row in self.open_calls if row["call_id"] not in ended]


def _open_row(record: Record) -> Row:
    return {
        **{column: record[column] for column in OPEN_COLUMNS},
        "asked_at": _time(record["asked_at"]),
    }


def _call_row(record: Record, attempts: list[Row]) -> Row:
    settled = [row for row in attempts if row["result"] == record["result"]] or attempts
    told = settled[-1] if settled else {}
    priced_by = (row.get("price_ids") for row in reversed(attempts))
    return {
        **record["facts"],
        **{column: record[column] for column in CALL_COLUMNS},
        **_decided(record.get("decided")),
        **{name: told.get(name) for name in SETTLED_COLUMNS},
        **{bucket: sum(row[bucket] or 0 for row in attempts) for bucket in BUCKETS},
        **{money: _total(row[money] for row in attempts) for money in MONEY},
        "price_id": next((ids[0] for ids in priced_by if ids), None),
        "asked_at": _time(record["asked_at"]),
        "attempts": len(attempts),
        "tool_calls": sum(attempt["metered"]["tool_calls"] for attempt in record["attempts"]),
        "partial": record["result"] in ("truncated", "cancelled"),
    }


def _decided(told: Record | None) -> Row:
    if not told:
        return {}
    return {**told, **{name: orjson.dumps(told[name]).decode() for name in ("terms", "skipped")}}


SETTLED_COLUMNS = (
    "answered_model", "provider", "bill", "ttfb_ms", "message_id", "stop_reason", "usage_missing",
)  # fmt: skip


def _attempt_row(record: Record, attempt: Record, price: Price) -> Row:
    said = attempt["metered"]
    kind = record["facts"]["kind"]
    row = {
        **{name: attempt[name] for name in ATTEMPT_COLUMNS},
        **{name: said[name] for name in METERED_COLUMNS},
        **{bucket: (said["usage"] or {}).get(bucket, 0) for bucket in BUCKETS},
        "call_id": record["call_id"],
        "started_at": _time(attempt["started_at"]),
        "answered_model": said["model"],
        "iterations": orjson.dumps(said["iterations"]).decode() if said["iterations"] else None,
        "provider_cost_usd": _decimal(said["provider_cost_usd"]),
        "power_usd": _decimal(attempt.get("power_usd")),
        "limits": orjson.dumps(attempt["limits"]).decode() if attempt["limits"] else None,
        "usage_missing": said["usage"] is None
        and attempt["result"] == "ok"
        and kind not in UNBILLED,
    }
    return _with_power({**row, **_money(attempt, row, price, kind)})


def _with_power(row: Row) -> Row:
    """With the electricity added to what is owed."""
    if not row["power_usd"] or row["cost_usd"] is None:
        return row
    return {**row, "cost_usd": row["cost_usd"] + row["power_usd"]}


ATTEMPT_COLUMNS = (
    "attempt_no", "provider", "model", "bill", "result", "status", "ttfb_ms", "duration_ms",
    "request_id",
)  # fmt: skip
METERED_COLUMNS = (
    "message_id", "stop_reason", "speed", "geo", "service_tier", "error_type", "error",
)  # fmt: skip


def _money(attempt: Record, row: Row, price: Price, kind: str) -> Row:
    """Zero for what is never billed, null for a usage that is missing, else its price."""
    if kind in UNBILLED or (not attempt["metered"]["usage"] and not row["usage_missing"]):
        return {money: Decimal(0) for money in MONEY}
    if row["usage_missing"]:
        return {money: None for money in MONEY} | {"unpriced": "the answer carried no usage"}
    metered = metered_of(attempt["metered"])
    priced = price(
        attempt["provider"],
        metered.model or attempt["model"],
        row["started_at"],
        metered,
        Bill(attempt["bill"]),
    )
    return {
        "list_usd": priced.list_usd,
        "cost_usd": priced.cost_usd,
        "baseline_usd": priced.baseline_usd,
        "price_ids": list(priced.price_ids),
        "unpriced": priced.unpriced,
    }


def metered_of(said: Record) -> Metered:
    """What an answer said, from its journal form."""
    values = dict(said)
    values["usage"] = Usage(**said["usage"]) if said["usage"] else None
    values["iterations"] = tuple(
        Iteration(usage=Usage(**part["usage"]), model=part["model"]) for part in said["iterations"]
    )
    values["provider_cost_usd"] = _decimal(said["provider_cost_usd"])
    return Metered(**values)


def _reading_rows(record: Record, attempt: Record) -> list[Row]:
    limits = attempt["limits"]
    if not limits:
        return []
    hit = hit_window(attempt["status"], limits)
    readings = {reading.limit_window: reading for reading in readings_of(limits)}
    if hit and hit not in readings:
        readings[hit] = WindowReading(limit_window=hit, status="rejected")
    common = {
        "read_at": _time(attempt["started_at"]),
        "call_id": record["call_id"],
        "provider": attempt["provider"],
        "request_id": attempt["request_id"],
        "source": "proxy",
    }
    return [
        {
            **common,
            **asdict(reading),
            "resets_at": reading.resets_at and reading.resets_at.replace(tzinfo=None),
            "is_hit": reading.limit_window == hit,
        }
        for reading in readings.values()
    ]


def _total(amounts: Any) -> Decimal | None:
    """Their sum, or None when one of them is unknown: a wrong number is worse than none."""
    known = list(amounts)
    return None if None in known else sum(known, Decimal(0))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
