"""Costs computed anew for calls already in the ledger, after a price was corrected."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import orjson
import polars as pl

from collector import ledger
from collector.files import ledger_file
from collector.prices import fresh_book
from router.call import Bill, Iteration, Metered, Usage
from router.price import Priced, price
from router.price_book import PriceBook

ROWS_AT_ONCE = 20_000
PROVIDERS = {Bill.PLAN: "max", Bill.CASH: "anthropic", Bill.LOCAL: "ollama"}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What repricing changed for one model: rows, and USD before and after of these rows.

    Unknown amounts count as nothing in the sums; `newly_priced` and `newly_unpriced` count them.
    """

    model: str
    rows: int = 0
    list_usd_before: Decimal = Decimal(0)
    list_usd_after: Decimal = Decimal(0)
    cost_usd_before: Decimal = Decimal(0)
    cost_usd_after: Decimal = Decimal(0)
    newly_priced: int = 0
    newly_unpriced: int = 0


def reprice(
    folder: Path, start: datetime | None, end: datetime | None, baseline: str = "claude-opus-4-6"
) -> list[Change]:
    """Price anew every attempt and transcript call asked in [start, end), UTC, in one transaction.

    None is an open end. Attempts without usage keep what they have. The largest change comes
    first; a model of which nothing changed is left out.

    Raises:
        ledger.LedgerBusyError, ledger.LedgerBrokenError
    """
    with ledger.writing(ledger_file(folder)) as db:
        return reprice_in(db, fresh_book(db, folder, baseline), start, end)


def reprice_in(
    db: duckdb.DuckDBPyConnection, book: PriceBook, start: datetime | None, end: datetime | None
) -> list[Change]:
    """As `reprice`, within the caller's transaction."""
    period = {"start": start, "end": end}
    changes: dict[str, Change] = {}
    for table, query in QUERIES.items():
        changed: list[Row] = []
        for row in _rows(db, query, period):
            new = _priced(book, row)
            if _money(row) != _money_of(new):
                changed.append({**{key: row[key] for key in KEYS}, **_money_of(new)})
                _count(changes, row, new)
        _write(db, table, changed)
    db.execute(SUM_CALLS, period)
    return sorted(changes.values(), key=_moved, reverse=True)


def _rows(db: duckdb.DuckDBPyConnection, query: str, period: dict[str, Any]) -> Iterator[Row]:
    found = db.execute(query, period)
    names = [column[0] for column in found.description]
    while rows := found.fetchmany(ROWS_AT_ONCE):
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def _priced(book: PriceBook, row: Row) -> Priced:
    bill = Bill(row["bill"])
    metered = Metered(
        usage=Usage(**{bucket: row[bucket] or 0 for bucket in BUCKETS}),
        iterations=tuple(_iterations(row["iterations"])),
        model=row["answered_model"],
        speed=row["speed"],
        geo=row["geo"],
        service_tier=row["service_tier"],
        provider_cost_usd=row["provider_cost_usd"],
    )
    target = (row["provider"] or PROVIDERS[bill], row["model"])
    priced = price(book, target, row["at"], metered, bill)
    if not row["power_usd"] or priced.cost_usd is None:
        return priced
    return replace(priced, cost_usd=priced.cost_usd + row["power_usd"])


def _iterations(text: str | None) -> Iterator[Iteration]:
    for part in orjson.loads(text) if text else ():
        yield Iteration(usage=Usage(**part["usage"]), model=part["model"])


def _money(row: Row) -> Row:
    return {name: row[name] for name in MONEY} | {"price_ids": row["price_ids"] or []}


def _money_of(new: Priced) -> Row:
    return {name: getattr(new, name) for name in MONEY} | {"price_ids": list(new.price_ids)}


def _count(changes: dict[str, Change], row: Row, new: Priced) -> None:
    model = row["answered_model"] or row["model"] or "?"
    seen = changes.get(model) or Change(model=model)
    changes[model] = replace(
        seen,
        rows=seen.rows + 1,
        list_usd_before=seen.list_usd_before + (row["list_usd"] or 0),
        list_usd_after=seen.list_usd_after + (new.list_usd or 0),
        cost_usd_before=seen.cost_usd_before + (row["cost_usd"] or 0),
        cost_usd_after=seen.cost_usd_after + (new.cost_usd or 0),
        newly_priced=seen.newly_priced + (row["list_usd"] is None and new.list_usd is not None),
        newly_unpriced=seen.newly_unpriced + (row["list_usd"] is not None and new.list_usd is None),
    )


def _moved(change: Change) -> tuple[Decimal, int]:
    return abs(change.list_usd_after - change.list_usd_before), change.rows


def _write(db: duckdb.DuckDBPyConnection, table: str, changed: list[Row]) -> None:
    if not changed:
        return
    types = {name: pl.Decimal(18, 9) for name in MONEY if name.endswith("_usd")}
    db.register(
        "_repriced", pl.DataFrame(changed, schema_overrides=types, infer_schema_length=None)
    )
    db.execute(UPDATE[table])
    db.unregister("_repriced")


KEYS = ("call_id", "attempt_no")
MONEY = ("list_usd", "cost_usd", "baseline_usd", "unpriced")
BUCKETS = (
    "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens",
    "output_tokens", "web_searches",
)  # fmt: skip
METERED = """
    input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
    web_searches, iterations, speed, geo, service_tier,
    list_usd, cost_usd, baseline_usd, price_ids, unpriced
"""
HAS_USAGE = """
    (input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens
        + output_tokens + web_searches > 0 or iterations is not null)
"""
IN_PERIOD = """
    ($start::timestamp is null or asked_at >= $start)
    and ($end::timestamp is null or asked_at < $end)
"""
QUERIES = {
    "attempt_log": f"""
        select call_id, attempt_no, started_at as at, provider, model, answered_model, bill,
               provider_cost_usd, power_usd, {METERED}
        from attempt_log
        where {HAS_USAGE} and call_id in (
            select call_id from call_log
            where {IN_PERIOD} and kind not in ('count_tokens', 'probe')
        )
    """,
    "transcript_calls": f"""
        select call_id, 1 as attempt_no, asked_at as at, null as provider,
               answered_model as model, answered_model, bill, null as provider_cost_usd,
               null as power_usd, {METERED}
        from transcript_calls
        where {HAS_USAGE} and {IN_PERIOD}
    """,
    "telemetry_calls": f"""
        select call_id, 1 as attempt_no, asked_at as at, null as provider, model,
               model as answered_model, bill, null as provider_cost_usd, null as power_usd,
               {METERED}
        from (
            select *, 0 as web_searches, null as iterations, null as geo, null as service_tier
            from telemetry_calls
        )
        where result = 'ok' and {HAS_USAGE} and {IN_PERIOD}
    """,
}
SET_MONEY = """
    list_usd = _repriced.list_usd, cost_usd = _repriced.cost_usd,
    baseline_usd = _repriced.baseline_usd, price_ids = _repriced.price_ids,
    unpriced = _repriced.unpriced
"""
UPDATE = {
    "attempt_log": f"""
        update attempt_log set {SET_MONEY} from _repriced
        where attempt_log.call_id = _repriced.call_id
          and attempt_log.attempt_no = _repriced.attempt_no
    """,
    "transcript_calls": f"""
        update transcript_calls set {SET_MONEY} from _repriced
        where transcript_calls.call_id = _repriced.call_id
    """,
    "telemetry_calls": f"""
        update telemetry_calls set {SET_MONEY} from _repriced
        where telemetry_calls.call_id = _repriced.call_id
    """,
}
SUM_CALLS = f"""
    update call_log set
        list_usd = summed.list_usd, cost_usd = summed.cost_usd, baseline_usd = summed.baseline_usd,
        price_id = summed.price_id
    from (
        select
            call_id,
            case when bool_and(list_usd is not null) then sum(list_usd) end as list_usd,
            case when bool_and(cost_usd is not null) then sum(cost_usd) end as cost_usd,
            case when bool_and(baseline_usd is not null) then sum(baseline_usd) end as baseline_usd,
            arg_max(price_ids[1], attempt_no) filter (price_ids[1] is not null) as price_id
        from attempt_log group by call_id
    ) as summed
    where call_log.call_id = summed.call_id and {IN_PERIOD}
      and (call_log.list_usd, call_log.cost_usd, call_log.baseline_usd, call_log.price_id)
          is distinct from (summed.list_usd, summed.cost_usd, summed.baseline_usd, summed.price_id)
"""
