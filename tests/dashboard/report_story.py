"""A February to report on: a plan, its limit, cheaper and local models, gaps, and odd names."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from collector import ledger
from collector.files import ledger_file
from dashboard import reader
from dashboard.reader import Reader
from dashboard.report import contents
from dashboard.report.contents import Contents
from dashboard.report.gather import Report, gather
from router.call import Result, Usage
from tests.story import FREE, HAIKU, LOCAL, MAX, OPUS, SONNET, set_plan, tell

OK, HIT = Result.OK, Result.LIMIT_HIT
FEBRUARY = date(2026, 2, 1)
NOW = datetime(2026, 3, 5, 12)
ZONE = "Asia/Tokyo"
HOSTILE = "<img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://x")|`*_#'
WARM = Usage(input_tokens=2_000, cache_read_tokens=90_000, cache_write_5m_tokens=8_000,
             output_tokens=3_000)  # fmt: skip
OPUS_IDS = tuple(f"opus#{unit}" for unit in ("input", "cache_read", "cache_write_5m", "output"))
RATES = {"input": "5", "cache_write_5m": "6.25", "cache_write_1h": "10", "cache_read": "0.5",
         "output": "25"}  # fmt: skip


def fill(folder: Path) -> None:
    """January from its first day on, and February with one quiet day after another."""
    path = ledger_file(folder)
    tell(path, *_january(), *_february())
    set_plan(path, 200)
    with ledger.writing(path) as db:
        db.execute("delete from prices")
        ledger.append(db, "prices", [_price("opus", unit, usd) for unit, usd in RATES.items()])


def _january() -> list[tuple[Any, ...]]:
    return [
        (f"2026-01-{day:02} 03:00", "main", [(OPUS, OK)], {"usd": "6", "opus_usd": "6"})
        for day in (1, 5, 9, 20)
    ]


def _february() -> list[tuple[Any, ...]]:
    planned = {"usd": "9.5", "opus_usd": "9.5", "usage": WARM, "price_ids": OPUS_IDS}
    return [
        *((f"2026-02-{day:02} 02:00", "main", [(MAX, OK)], planned) for day in range(1, 25)),
        ("2026-02-02 04:00", "main", [(MAX, HIT), (SONNET, OK)],
         {"usd": "1.25", "opus_usd": "2.10", "project": "ブログ記事"}),
        ("2026-02-09 04:00", "main", [(MAX, HIT), (HAIKU, OK)],
         {"usd": "0.4", "opus_usd": "2", "project": HOSTILE}),
        ("2026-02-10 05:00", "title", [(LOCAL, OK)], {"usd": "0", "opus_usd": "0.3"}),
        ("2026-02-11 05:00", "subagent", [(LOCAL, OK)], {"usd": "0", "opus_usd": "0.7",
                                                         "session": "s2"}),
        ("2026-02-12 05:00", "main", [(FREE, OK)], {"usd": None, "opus_usd": "0.05",
                                                    "project": FORMULA}),
        ("2026-02-13 05:00", "main", [(SONNET, Result.FAILED)], {"project": None}),
        ("2026-02-28 16:00", "main", [(OPUS, OK)], {"usd": "77"}),  # March in Tokyo
    ]  # fmt: skip


def _price(name: str, unit: str, usd: str) -> dict[str, Any]:
    return {
        "price_id": f"{name}#{unit}",
        "provider": "anthropic",
        "match_kind": "regex",
        "match": "^claude-opus-4-6",
        "valid_from": datetime(2025, 11, 1),
        "threshold_tokens": 0,
        "unit": unit,
        "usd_per_mtok": Decimal(usd),
        "source": "genai-prices",
        "source_version": "1.2.3",
    }


def gathered(folder: Path, month: date = FEBRUARY, now: datetime = NOW) -> Report:
    return gather(folder, month, ZONE, now)


def told(report: Report, language: str = "en", **more: Any) -> Contents:
    with reader.as_reader(replace(Reader(language=language, zone=report.zone), **more)):
        return contents.told(report)
