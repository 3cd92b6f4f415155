"""From what Claude Code told of its requests to the ledger's rows, and to the calls they are."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from router.call import Bill, Kind, Metered, Result, Usage
from router.price import Priced

Row = dict[str, Any]

KEPT = (
    "call_id", "project", "session_id", "agent_type", "status", "input_tokens",
    "cache_read_tokens", "output_tokens", "effort", "duration_ms", "request_id", "client",
)  # fmt: skip
KINDS = {
    "sdk": Kind.MAIN,
    "repl_main_thread": Kind.MAIN,
    "main": Kind.MAIN,
    "compact": Kind.COMPACT,
    "generate_session_title": Kind.TITLE,
}
RESULTS = {429: Result.RATE_LIMITED, 503: Result.OVERLOADED, 529: Result.OVERLOADED}
MEANT_MTOK = Decimal("0.01")  # how far a share of tokens may lie outside of 0 to 1


def telemetry_row(record: Row, price: Any) -> Row:
    """A row of `telemetry_calls`.

    Raises:
        KeyError, TypeError, ValueError: the record is not one that a gate wrote.
    """
    asked_at, ended_at = (
        datetime.fromisoformat(record[name]).replace(tzinfo=None)
        for name in ("asked_at", "ended_at")
    )
    row = {
        **{name: record[name] for name in KEPT},
        "asked_at": asked_at,
        "ended_at": ended_at,
        "kind": _kind(record),
        "model": (record["model"] or "").partition("[")[0] or None,  # `[1m]` is a setting
        "result": _result(record),
        "speed": None if record["speed"] == "normal" else record["speed"],
        "told_usd": None if record["told_usd"] is None else Decimal(record["told_usd"]),
        "bill": Bill.PLAN if record["has_account"] else Bill.CASH,
    }
    return {**row, **_money(row, record["cache_creation_tokens"], price)}


def _kind(record: Row) -> Kind:
    source = record["query_source"] or ""
    if record["agent_type"] or source.startswith("agent"):
        return Kind.SUBAGENT
    return KINDS.get(source, Kind.OTHER)


def _result(record: Row) -> Result:
    if not record["is_error"]:
        return Result.OK
    status = record["status"]
    if status is None:
        return Result.UNREACHABLE
    return RESULTS.get(status) or (Result.REJECTED if status < 500 else Result.FAILED)


def _money(row: Row, written: int, price: Any) -> Row:
    if row["result"] is not Result.OK:
        nothing = dict.fromkeys(("list_usd", "cost_usd", "baseline_usd"), Decimal(0))
        return {**nothing, "cache_write_5m_tokens": 0, "cache_write_1h_tokens": 0}
    hour = _kept_an_hour(row, written, price)
    priced = _priced(row, written - hour, hour, price)
    return {
        "cache_write_5m_tokens": written - hour,
        "cache_write_1h_tokens": hour,
        "list_usd": priced.list_usd,
        "cost_usd": priced.cost_usd,
        "baseline_usd": priced.baseline_usd,
        "price_ids": list(priced.price_ids),
        "unpriced": priced.unpriced,
    }


def _kept_an_hour(row: Row, written: int, price: Any) -> int:
    """How many of the tokens written to the cache were kept for an hour, as the told price has it.

    Telemetry tells their sum only. 0 where the told price fits no split: it is of another model.
    """
    least = _priced(row, written, 0, price).list_usd
    most = _priced(row, 0, written, price).list_usd
    if row["told_usd"] is None or least is None or most is None or most == least:
        return 0
    share = (row["told_usd"] - least) / (most - least)
    if not -MEANT_MTOK <= share <= 1 + MEANT_MTOK:
        return 0
    return int(min(max(round(share * written), 0), written))


def _priced(row: Row, five_minutes: int, hour: int, price: Any) -> Priced:
    usage = Usage(
        input_tokens=row["input_tokens"],
        cache_write_5m_tokens=five_minutes,
        cache_write_1h_tokens=hour,
        cache_read_tokens=row["cache_read_tokens"],
        output_tokens=row["output_tokens"],
    )
    metered = Metered(usage=usage, model=row["model"], speed=row["speed"], complete=True)
    provider = "max" if row["bill"] is Bill.PLAN else "anthropic"
    priced: Priced = price(provider, row["model"], row["asked_at"], metered, row["bill"])
    return priced


def only_new(db: duckdb.DuckDBPyConnection, rows: list[Row]) -> list[Row]:
    """Each request once: an exporter sends again what it has had no answer to."""
    if not rows:
        return []
    by_id = {row["call_id"]: row for row in rows}
    held = db.execute(HELD, [list(by_id)]).fetchall()
    return [row for call_id, row in by_id.items() if (call_id,) not in held]


HELD = "select call_id from telemetry_calls where list_contains(?, call_id)"


def link_telemetry(db: duckdb.DuckDBPyConnection, since: datetime) -> None:
    """Name, for each request told of since then (naive UTC), the call that it is known as already.

    By request id; where none was told, by session, tokens and time.
    """
    if db.execute("select 1 from telemetry_calls limit 1").fetchone():
        db.execute(LINK, {"since": since - timedelta(hours=2)})


# The gate's word goes first. A transcript's time is that of the answer's first block.
LINK = """
update telemetry_calls
set known_call_id = known.call_id
from (
    with known as (
        select call_id, 1 as rank, request_id, session_id, asked_at, input_tokens, output_tokens,
               result = 'ok' as is_answered
        from call_log
        where asked_at >= $since::timestamp
          and (kind is null or kind not in ('count_tokens', 'probe'))
        union all
        select call_id, 2, request_id, session_id, asked_at, input_tokens, output_tokens,
               result = 'ok'
        from transcript_calls
        where asked_at >= $since::timestamp
    ),
    told as (
        from telemetry_calls
        where known_call_id is null and ended_at >= $since::timestamp
    ),
    pairs as (
        select told.call_id as told_call_id, known.call_id, rank, known.asked_at
        from told
        join known on known.request_id = told.request_id
        where known.asked_at between told.asked_at - interval 2 hour
                                 and told.ended_at + interval 2 hour
        union all
        select told.call_id, known.call_id, rank, known.asked_at
        from told
        join known on known.session_id = told.session_id
         and known.input_tokens = told.input_tokens
         and known.output_tokens = told.output_tokens
         and known.is_answered = (told.result = 'ok')
        where told.request_id is null
          and known.asked_at between told.asked_at - interval 10 second
                                 and told.ended_at + interval 10 second
    )
    select told_call_id, arg_min(call_id, (rank, asked_at, call_id)) as call_id
    from pairs
    group by told_call_id
) as known
where known.told_call_id = telemetry_calls.call_id
"""
