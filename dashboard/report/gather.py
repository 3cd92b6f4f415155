"""The numbers of one month, from the same questions as the pages, asked of the ledger once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from collector import ledger
from collector.files import ledger_file
from collector.live_policy import LivePolicy
from dashboard.period import Period, period

# What is asked: its name in the report, the KPI file, and what is set beside the month.
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "kpis": ("six_kpis", {}),
    "coverage": ("coverage", {}),
    "daily_cost": ("daily_cost", {}),
    "daily_kpis": ("daily_kpis", {}),
    "by_project": ("spend_by", {"dimension": "project"}),
    "by_model": ("spend_by", {"dimension": "model"}),
    "savings": ("savings", {}),
    "change": ("spend_change", {}),
    "limit_hits": ("limit_hits", {}),
    "blocked": ("blocked", {}),
    "blocked_sums": ("blocked_sums", {}),
    "unpriced": ("unpriced", {}),
    "prices": ("prices_used", {}),
    "quality": ("quality", {}),
    "advice": ("advice", {}),
    "ledger": ("freshness", {}),
}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`answers` holds the frames of ASKED; `earlier` the `numbers` of the month before, None where
    the ledger does not reach back to its first day. A month that still runs is compared with as
    much of the one before. `asked_at` is UTC.
    """

    month: date
    zone: str
    asked_at: datetime
    baseline_model: str
    answers: dict[str, pl.DataFrame]
    earlier: Row | None

    def row(self, name: str) -> Row:
        """The only row of an answer that has one."""
        return self.answers[name].row(0, named=True)

    @property
    def numbers(self) -> Row:
        """The kpis, and `pass_share`: the share of tasks that went well, null where unknown."""
        return {**self.row("kpis"), "pass_share": self.answers["quality"]["pass_share"][0]}

    @property
    def is_over(self) -> bool:
        return self.asked_at >= month_period(self.month, self.zone).end_at

    @property
    def is_empty(self) -> bool:
        return not self.row("coverage")["calls"]


def gather(folder: Path, month: date, zone: str, now: datetime) -> Report:
    """Ask everything of a data folder's month; `now` is UTC.

    Raises:
        ledger.LedgerBusyError, ledger.LedgerBrokenError: as in `ledger.reading`.
    """
    policy = LivePolicy(folder).now
    asked = month_period(month, zone)
    past = _before(asked, month, now)
    own: Row = {"zone": zone, "now": now, "baseline_model": policy.baseline_model}
    own |= {"plan_usd": policy.plan_usd} if policy.plan_usd else {}
    whole: Row = {**own, "month": month}
    whole |= {"before_start_at": past.start_at, "before_end_at": past.end_at}
    with ledger.reading(ledger_file(folder)) as db:
        answers = {
            name: ledger.ask(db, kpi, **whole, **more) for name, (kpi, more) in ASKED.items()
        }
        earlier = _earlier(db, past, own)
    return Report(
        month=month,
        zone=zone,
        asked_at=now,
        baseline_model=policy.baseline_model,
        answers=answers,
        earlier=earlier,
    )


def has_calls(folder: Path, month: date, zone: str) -> bool:
    """Errors as in `gather`."""
    with ledger.reading(ledger_file(folder)) as db:
        known = ledger.ask(db, "coverage", month=month, zone=zone)
    return bool(known.row(0, named=True)["calls"])


def month_period(month: date, zone: str) -> Period:
    return period(f"{month:%Y-%m}", datetime(month.year, month.month, 1), zone)  # noqa: DTZ001


def _before(asked: Period, month: date, now: datetime) -> Period:
    """The month before; while this one runs, as much of it as has passed of this one."""
    past = month_period(previous(month), asked.zone)
    passed = max(min(now, asked.end_at) - asked.start_at, timedelta(0))
    is_over = now >= asked.end_at
    end_at = past.end_at if is_over else min(past.start_at + passed, past.end_at)
    return Period(start_at=past.start_at, end_at=end_at, zone=asked.zone)


def _earlier(db: duckdb.DuckDBPyConnection, past: Period, own: Row) -> Row | None:
    known = ledger.ask(db, "coverage", **own, **_bounds(past)).row(0, named=True)
    if known["first_on"] != _first_day(past):
        return None
    kpis = ledger.ask(db, "six_kpis", **own, **_bounds(past)).row(0, named=True)
    quality = ledger.ask(db, "quality", **own, **_bounds(past))
    return {**kpis, "pass_share": quality["pass_share"][0]}


def _bounds(asked: Period) -> Row:
    return {"start_at": asked.start_at, "end_at": asked.end_at}


def _first_day(asked: Period) -> date:
    at = asked.start_at.replace(tzinfo=ZoneInfo("UTC"))
    return at.astimezone(ZoneInfo(asked.zone)).date()


def previous(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def following(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def named_month(text: str) -> date:
    """The first day of a month written YYYY-MM.

    Raises:
        ValueError: it is none.
    """
    try:
        if len(text) != 7:
            raise ValueError
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ValueError(f"{text!r} is not a month; write YYYY-MM") from None


def last_whole_month(now: datetime, zone: str) -> date:
    """`now` is UTC."""
    today = now.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).date()
    return previous(today)
