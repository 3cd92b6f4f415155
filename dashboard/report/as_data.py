"""The report for programs: JSON, and one tidy CSV. English keys, dollars, every digit."""

import json
from decimal import Decimal
from typing import Any

import polars as pl

from dashboard import export
from dashboard.report.gather import ASKED, Report
from dashboard.tables import plain

ONE_ROW = ("kpis", "coverage", "blocked_sums", "ledger")
# What names a row of each answer, so that its numbers can be told apart.
NAMED_BY = {
    "daily_cost": ("day_on", "target"),
    "daily_kpis": ("day_on",),
    "by_project": ("named_value",),
    "by_model": ("named_value",),
    "savings": ("step",),
    "change": ("step",),
    "limit_hits": ("limit_window",),
    "blocked": ("limit_window", "blocked_at"),
    "quality": ("model",),
    "advice": ("finding",),
    "unpriced": ("target", "reason"),
    "prices": ("price_id",),
    "last_month": (),
}
CSV_SCHEMA = {
    "month": pl.String(),
    "section": pl.String(),
    "name": pl.String(),
    "measure": pl.String(),
    "value": pl.Decimal(38, 9),
    "words": pl.String(),
}


def told(report: Report) -> dict[str, Any]:
    """Everything that was asked, by name; an answer of one row is an object, any other a list."""
    answers = {
        name: report.row(name) if name in ONE_ROW else report.answers[name].to_dicts()
        for name in ASKED
    }
    return {
        "month": f"{report.month:%Y-%m}",
        "zone": report.zone,
        "asked_at": report.asked_at,
        "is_over": report.is_over,
        "baseline_model": report.baseline_model,
        **answers,
        "last_month": report.earlier,
    }


def as_json(report: Report) -> bytes:
    return (json.dumps(told(report), indent=2, default=plain, ensure_ascii=False) + "\n").encode()


def as_csv(report: Report) -> bytes:
    """A line per number or word: month, section, name, measure, value, words."""
    lines = [
        (f"{report.month:%Y-%m}", section, *line)
        for section, answer in told(report).items()
        for line in _lines(section, answer)
    ]
    return export.csv(pl.DataFrame(lines, schema=CSV_SCHEMA, orient="row"))


def _lines(section: str, answer: Any) -> list[tuple[Any, ...]]:
    if not isinstance(answer, dict | list):
        return [("", section, *_value(answer))]
    rows = [answer] if isinstance(answer, dict) else answer
    names = NAMED_BY.get(section, ())
    return [
        (" ".join(str(plain_words(row[key])) for key in names), measure, *_value(value))
        for row in rows
        for measure, value in row.items()
        if measure not in names
    ]


def plain_words(value: Any) -> str:
    return value if isinstance(value, str) else str(plain(value))


def _value(value: Any) -> tuple[Decimal | None, str | None]:
    """A number in one column, anything else in the other; unknown in neither."""
    if value is None:
        return None, None
    if isinstance(value, bool):
        return Decimal(int(value)), None
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value)).quantize(Decimal("1e-9")), None
    return None, plain_words(value)
