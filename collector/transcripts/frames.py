"""Calls of transcripts as rows of the ledger, both ways, by columns because there are many."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import orjson
import polars as pl

from collector.prices import Pricer
from collector.transcripts.rows import Copy, Place, Setting, Terms
from router.call import Bill, Iteration, Metered, Usage
from router.price import Nanos, Quote
from router.rates import NANO_PLACES, Counts

BUCKETS = (
    "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens",
    "output_tokens", "web_searches",
)  # fmt: skip
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
        counts=tuple(told),
        iterations=iterations,
        partial=partial,
        place=Place(*place),
        setting=Setting(*rest[: len(Setting._fields)]),
        terms=Terms(*rest[len(Setting._fields) :]),
    )


def call_rows(calls: Sequence[Copy], price: Pricer) -> pl.DataFrame:
    """Rows of `transcript_calls`, priced as paid in cash."""
    if not calls:
        return pl.DataFrame()
    told: dict[str, Sequence[Any]] = dict(zip(Copy._fields, zip(*calls, strict=True), strict=True))
    frame = pl.DataFrame(
        {name: pl.Series(told[name], dtype=pl.String) for name in OWN}
        | _shared(Place, told["place"])
        | _shared(Setting, told["setting"])
        | _shared(Terms, told["terms"])
        | {"partial": pl.Series(told["partial"], dtype=pl.Boolean)}
        | counts_of(told["counts"])
        | money(calls, price)
    )
    return frame.with_columns(
        pl.col("asked_at").str.to_datetime(TIME),
        result=pl.lit("ok"),
        status=pl.lit(200, dtype=pl.Int16),
        bill=pl.lit(Bill.CASH.value),
    )


def _shared(kind: type[Any], rows: Sequence[Any]) -> dict[str, pl.Series]:
    """Columns of tuples of one kind, of which few are different objects."""
    ids = list(map(id, rows))
    distinct = dict(zip(ids, rows, strict=True))
    numbers = {key: number for number, key in enumerate(distinct)}
    places = pl.Series(list(map(numbers.__getitem__, ids)), dtype=pl.UInt32)
    types = {"is_sidechain": pl.Boolean}
    return {
        name: pl.Series(values, dtype=types.get(name, pl.String)).gather(places)
        for name, values in zip(kind._fields, zip(*distinct.values(), strict=True), strict=True)
    }


def counts_of(counts: Iterable[Counts]) -> dict[str, pl.Series]:
    columns = zip(*counts, strict=True)
    return {
        name: pl.Series(column, dtype=pl.Int64)
        for name, column in zip(BUCKETS, columns, strict=True)
    }


def money(calls: Sequence[Copy], price: Pricer) -> dict[str, pl.Series]:
    """What each call cost, paid in cash: columns of `transcript_calls`."""
    quotes: dict[tuple[Terms, str], Quote] = {}
    found = (_nanos(call, price, quotes) for call in calls)
    list_usd, baseline_usd, price_ids, unpriced = zip(*found, strict=True)
    nanos = pl.DataFrame({"list_usd": list_usd, "baseline_usd": baseline_usd}, NANOS, strict=False)
    usd = nanos.select(_usd("list_usd"), _usd("baseline_usd"))
    why = pl.Series(unpriced, dtype=pl.String)
    return {
        **usd.to_dict(),
        "cost_usd": usd["list_usd"],
        "price_ids": _repeated(price_ids),
        "unpriced": why.zip_with(usd["list_usd"].is_not_null() | why.is_not_null(), TOO_LARGE),
    }


NANOS = {"list_usd": pl.Int64, "baseline_usd": pl.Int64}
TOO_LARGE = pl.Series(["more tokens than a call can have"])


def _usd(name: str) -> pl.Expr:
    """Billionths as a ledger holds them; null where it cannot, from a billion dollars on.

    Divided by a whole number: polars would load numpy for any other.
    """
    usd: pl.Expr = pl.col(name).cast(pl.Decimal(38, NANO_PLACES)) / 10**NANO_PLACES
    return usd.cast(pl.Decimal(18, NANO_PLACES), strict=False)


def _repeated(lists: Sequence[tuple[str, ...]]) -> pl.Series:
    """Lists of text, of which few differ, as a column."""
    numbers = {told: number for number, told in enumerate(dict.fromkeys(lists))}
    distinct = pl.Series([list(told) for told in numbers], dtype=pl.List(pl.String))
    return distinct.gather(pl.Series([numbers[told] for told in lists], dtype=pl.UInt32))


def _nanos(call: Copy, price: Pricer, quotes: dict[tuple[Terms, str], Quote]) -> Nanos:
    if call.iterations:
        return _nanos_of_parts(call, call.iterations, price)
    terms_of_day = (call.terms, call.asked_at[:10])
    quote = quotes.get(terms_of_day)
    if quote is None:
        quote = _quote(call, price)
        if quote.holds_all_day:
            quotes[terms_of_day] = quote
    return quote.nanos(call.counts)


def _quote(call: Copy, price: Pricer) -> Quote:
    model = call.terms.answered_model
    return price.quote("anthropic", model, _asked_at(call), _metered(call))


def _nanos_of_parts(call: Copy, iterations: str, price: Pricer) -> Nanos:
    metered = replace(_metered(call), iterations=_iterations(iterations))
    model = call.terms.answered_model
    priced = price("anthropic", model, _asked_at(call), metered, Bill.CASH)
    return Nanos(
        _in_nanos(priced.list_usd),
        _in_nanos(priced.baseline_usd),
        priced.price_ids,
        priced.unpriced,
    )


def _in_nanos(usd: Decimal | None) -> int | None:
    return None if usd is None else int(usd.scaleb(NANO_PLACES))


def _metered(call: Copy) -> Metered:
    return Metered(
        usage=Usage(**dict(zip(BUCKETS, call.counts, strict=True))),
        model=call.terms.answered_model,
        speed=call.terms.speed,
        geo=call.terms.geo,
        service_tier=call.terms.service_tier,
    )


def _asked_at(call: Copy) -> datetime:
    return datetime.fromisoformat(call.asked_at[:-1])


def _iterations(told: str) -> tuple[Iteration, ...]:
    return tuple(
        Iteration(usage=Usage(**part["usage"]), model=part["model"]) for part in orjson.loads(told)
    )
