"""Calls of transcripts as rows of the ledger, both ways, by columns because there are many."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import duckdb
import orjson
import polars as pl

from collector.transcripts_rows import Copy, Place, Setting, Terms
from router.call import Bill, Iteration, Metered, Usage
from router.price import Priced

Price = Callable[[str, str | None, datetime, Metered, Bill], Priced]

BUCKETS = (
    "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens",
    "output_tokens", "web_searches",
)  # fmt: skip
MONEY = ("list_usd", "cost_usd", "baseline_usd")
OWN = ("call_id", "message_id", "request_id", "asked_at", "iterations")
TIME = "%Y-%m-%dT%H:%M:%S%.3fZ"

KNOWN = f"""
select call_id, coalesce(message_id, call_id), message_id, request_id,
       strftime(asked_at, '%Y-%m-%dT%H:%M:%S.%gZ'), iterations,
       partial or stub is not null, stub, file, session_id,
       {", ".join(BUCKETS)}, {", ".join(Setting._fields)}, {", ".join(Terms._fields)}
from transcript_calls
"""


class Arrow:
    """A frame that DuckDB reads through Arrow's C interface, which needs no pyarrow."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


def insert(db: duckdb.DuckDBPyConnection, statement: str, frame: pl.DataFrame) -> None:
    """Run `statement`, which reads `frame` as `_new`; not at all when there is nothing new."""
    if not frame.is_empty():
        db.register("_new", Arrow(frame))
        db.execute(statement)
        db.unregister("_new")


def frame_of(rows: Iterable[Sequence[Any]], names: Sequence[str]) -> pl.DataFrame:
    """Rows as a frame; a column of nothing but nulls is of text."""
    listed = list(rows)
    columns = zip(*listed, strict=True) if listed else [()] * len(names)
    frame = pl.DataFrame(
        {name: list(values) for name, values in zip(names, columns, strict=True)}, strict=False
    )
    return frame.with_columns(pl.col(pl.Null).cast(pl.String))


def copies(db: duckdb.DuckDBPyConnection, where: str) -> list[Copy]:
    """Calls in the ledger as their transcripts told them, before any repair."""
    found = db.execute(f"{KNOWN} {where}").fetchall()
    return [_copy(row) for row in found]


def _copy(row: Sequence[Any]) -> Copy:
    call_id, group, message_id, request_id, asked_at, iterations, partial, stub, *rest = row
    place, counts, rest = rest[:2], rest[2 : 2 + len(BUCKETS)], rest[2 + len(BUCKETS) :]
    told = orjson.loads(stub) if stub else counts
    return Copy(
        call_id=call_id,
        group=group,
        message_id=message_id,
        request_id=request_id,
        asked_at=asked_at,
        usage=Usage(**dict(zip(BUCKETS, told, strict=True))),
        iterations=iterations,
        partial=partial,
        place=Place(*place),
        setting=Setting(*rest[: len(Setting._fields)]),
        terms=Terms(*rest[len(Setting._fields) :]),
    )


def call_rows(calls: Sequence[Copy], price: Price) -> pl.DataFrame:
    """Rows of `transcript_calls`, priced as paid in cash."""
    own = {
        name: pl.Series([getattr(call, name) for call in calls], dtype=pl.String) for name in OWN
    }
    usages = [call.usage for call in calls]
    partial = pl.Series([call.partial for call in calls], dtype=pl.Boolean)
    frame = pl.DataFrame(
        own
        | _shared(Place, [call.place for call in calls])
        | _shared(Setting, [call.setting for call in calls])
        | _shared(Terms, [call.terms for call in calls])
        | {"partial": partial}
        | counts_of(usages)
        | money(list(zip(calls, usages, strict=True)), price)
    )
    return frame.with_columns(
        pl.col("asked_at").str.to_datetime(TIME),
        result=pl.lit("ok"),
        status=pl.lit(200, dtype=pl.Int16),
        bill=pl.lit(Bill.CASH.value),
    )


def _shared(kind: type[Any], rows: Sequence[Any]) -> dict[str, pl.Series]:
    """Columns of tuples of one kind, of which few are different objects."""
    distinct = {id(row): row for row in rows}
    numbers = {key: number for number, key in enumerate(distinct)}
    places = pl.Series([numbers[id(row)] for row in rows], dtype=pl.UInt32)
    types = {"is_sidechain": pl.Boolean}
    return {
        name: pl.Series(
            [getattr(row, name) for row in distinct.values()], dtype=types.get(name, pl.String)
        ).gather(places)
        for name in kind._fields
    }


def counts_of(usages: Sequence[Usage]) -> dict[str, pl.Series]:
    return {
        name: pl.Series([getattr(usage, name) for usage in usages], dtype=pl.Int64)
        for name in BUCKETS
    }


def money(calls: Iterable[tuple[Copy, Usage]], price: Price) -> dict[str, pl.Series]:
    """What each call cost at its usage: columns of `transcript_calls`."""
    found = [priced(call, usage, price) for call, usage in calls]
    usd = {
        name: pl.Series(name, [getattr(one, name) for one in found], dtype=pl.Decimal(18, 9))
        for name in MONEY
    }
    return {
        **usd,
        "price_ids": _repeated([one.price_ids for one in found]),
        "unpriced": pl.Series([one.unpriced for one in found], dtype=pl.String),
    }


def _repeated(lists: Sequence[tuple[str, ...]]) -> pl.Series:
    """Lists of text, of which few differ, as a column."""
    numbers = {told: number for number, told in enumerate(dict.fromkeys(lists))}
    distinct = pl.Series([list(told) for told in numbers], dtype=pl.List(pl.String))
    return distinct.gather(pl.Series([numbers[told] for told in lists], dtype=pl.UInt32))


def priced(call: Copy, usage: Usage, price: Price) -> Priced:
    metered = Metered(
        usage=usage,
        iterations=_iterations(call.iterations) if call.iterations else (),
        model=call.terms.answered_model,
        speed=call.terms.speed,
        geo=call.terms.geo,
        service_tier=call.terms.service_tier,
    )
    at = datetime.fromisoformat(call.asked_at[:-1])
    return price("anthropic", call.terms.answered_model, at, metered, Bill.CASH)


def _iterations(told: str) -> tuple[Iteration, ...]:
    return tuple(
        Iteration(usage=Usage(**part["usage"]), model=part["model"]) for part in orjson.loads(told)
    )
