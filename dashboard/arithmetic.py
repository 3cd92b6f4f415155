"""The products behind a call's list value, line by line, from the prices in the ledger."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from collector import ledger, prices
from collector.rows import BUCKETS, metered_of
from router.price import Line, explain
from router.price_book import PriceBook
from router.rates import UnknownPriceError

SCHEMA = {
    "attempt_no": pl.Int64(),
    "model": pl.String(),
    "bucket": pl.String(),
    "count": pl.Int64(),
    "usd_per_mtok": pl.Decimal(18, 9),
    "usd": pl.Decimal(30, 15),
    "price_ids": pl.String(),
}


def price_lines(path: Path, attempts: pl.DataFrame) -> pl.DataFrame:
    """One row per attempt, model and bucket (columns of SCHEMA); none where no price is in force.

    `attempts` has the columns of sql/kpi/call_attempts.sql. The rates are today's: where they were
    corrected since, the sum differs from the recorded value until `faregate reprice`.
    """
    with ledger.reading(path) as db:
        book = prices.load_book(db)
    rows = [
        _row(attempt["attempt_no"], line)
        for attempt in attempts.iter_rows(named=True)
        if attempt["list_usd"] is not None
        for line in _lines(book, attempt)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def differs(lines: pl.DataFrame, attempts: pl.DataFrame) -> bool:
    """Whether today's rates give another list value than the ledger recorded."""
    recorded = sum((usd for usd in attempts["list_usd"] if usd is not None), Decimal(0))
    return bool(lines.height) and abs(sum(lines["usd"], Decimal(0)) - recorded) > Decimal("1e-8")


def _lines(book: PriceBook, attempt: dict[str, Any]) -> tuple[Line, ...]:
    said = {
        "usage": {bucket: attempt[bucket] or 0 for bucket in BUCKETS},
        "iterations": json.loads(attempt["iterations"] or "[]"),
        "provider_cost_usd": None,
        "model": attempt["answered_model"],
        "speed": attempt["speed"],
        "geo": attempt["geo"],
        "service_tier": attempt["service_tier"],
    }
    target = (attempt["provider"], attempt["model"])
    try:
        return explain(book, target, attempt["started_at"], metered_of(said))
    except UnknownPriceError:
        return ()


def _row(attempt_no: int, line: Line) -> tuple[Any, ...]:
    return (
        attempt_no,
        line.model,
        line.bucket,
        line.count,
        line.usd_per_mtok,
        line.usd,
        ", ".join(line.price_ids),
    )
