"""The alerts that were told, latest first, each with the calls behind it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from dashboard import alerts, downloads, export, filters, notices, show
from dashboard.filters import Filters
from dashboard.i18n import say

SCHEMA = dict.fromkeys(("at", "alert", "subject", "text"), pl.String())


def draw(folder: Path) -> Filters | None:
    """What to show the calls of, once a row was chosen."""
    told = pl.DataFrame(alerts.recent(folder), schema=SCHEMA, strict=False)
    if told.is_empty():
        st.markdown(say("Nothing was worth an alert yet."))
        notices.small(say("The marks above are looked at once a minute, beside the gate."))
        return None
    chosen = _table(told)
    downloads.csv("alerts", lambda: export.csv(told), width="content")
    notices.small(say("Kept in `alerts.jsonl`; times are of your zone, in the CSV UTC."))
    return _behind(told.row(chosen, named=True)) if chosen is not None else None


def _table(told: pl.DataFrame) -> int | None:
    names, times = _names(), [_moment(at) for at in told["at"]]
    kinds = [names.get(alert or "", alert) for alert in told["alert"]]
    found: Any = st.dataframe(
        told.with_columns(at=pl.Series(times), alert=pl.Series(kinds)),
        hide_index=True,
        height="content" if told.height <= 8 else 320,
        column_order=["at", "alert", "text"],
        column_config={
            "at": st.column_config.TextColumn(say("Told at"), width=120),
            "alert": st.column_config.TextColumn(say("Alert"), width=130),
            "text": st.column_config.TextColumn(say("What it said"), width=720),
        },
        on_select="rerun",
        selection_mode="single-row",
        key="alerts told",
        alt=say("Alerts that were told, latest first."),
    )
    rows = found.selection.rows
    return int(rows[0]) if rows else None


def _names() -> dict[str, str]:
    return {
        "day_cash": say("Cash of a day"),
        "month_cash": say("Cash of a month"),
        "window": say("Plan window"),
        "unpriced": say("No price"),
        "runaway": say("Runs away"),
        "provider_down": say("Provider down"),
    }


def _moment(at: str | None) -> str:
    try:
        told_at = datetime.fromisoformat(at or "").astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return show.UNKNOWN
    return f"{show.local(told_at, filters.zone()):%Y-%m-%d %H:%M}"


def _behind(row: dict[str, Any]) -> Filters | None:
    """The filters that leave the calls which an alert is about."""
    subject = str(row["subject"] or "")
    first = subject.partition(" ")[0]
    return {
        "day_cash": Filters(range=subject),
        "month_cash": Filters(range=subject[:7]),
        "window": Filters(provider=first),
        "unpriced": Filters(target=subject),
        "runaway": Filters(session=first),
        "provider_down": Filters(provider=subject),
    }.get(row["alert"])
