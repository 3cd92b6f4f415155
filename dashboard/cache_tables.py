"""The tables of the Cache page; each returns the row that the reader opened, if any."""

from typing import Any

import polars as pl
import streamlit as st

from dashboard import columns, row_buttons, show
from dashboard.cache_words import cause_name, remedy
from dashboard.charts import for_table
from dashboard.i18n import say

MOST_ROWS = 9


def causes(found: pl.DataFrame) -> dict[str, Any] | None:
    """Columns of sql/kpi/cache_causes.sql, the rows of the whole period."""
    worded = found.with_columns(
        cause_name=columns.worded(found["cause"], cause_name),
        remedy=columns.worded(found["cause"], remedy),
    )
    return _table(
        worded,
        "open_cause",
        ["cause_name", "breaks", "cold_tokens", "lost_usd", "remedy"],
        say("Cache breaks by cause, dearest first."),
    )


def sessions(found: pl.DataFrame) -> dict[str, Any] | None:
    """Columns of sql/kpi/cache_break_sessions.sql."""
    named = found.with_columns(name=pl.coalesce("title", "session_id"))
    return _table(
        named,
        "open_broken_session",
        ["name", "project", "breaks", "cold_tokens", "lost_usd"],
        say("Sessions whose cache broke, dearest first."),
    )


def calls(found: pl.DataFrame) -> dict[str, Any] | None:
    """Columns of sql/kpi/cache_break_calls.sql."""
    worded = found.with_columns(
        cause_name=columns.worded(found["cause"], cause_name),
        idle_minutes=pl.col("idle_s") / 60,
    )
    return _table(
        worded,
        "open_broken_call",
        ["asked_at", "cause_name", "target", "prompt_tokens", "cold_tokens", "lost_usd",
         "idle_minutes"],
        say("Calls that lost their warm prefix, latest first."),
    )  # fmt: skip


def savings(found: pl.DataFrame) -> dict[str, Any] | None:
    """Columns of sql/kpi/cache_savings.sql."""
    named = (
        pl.when(pl.col("named_value") == "").then(pl.lit(say("(none)"))).otherwise("named_value")
    )
    return _table(
        found.with_columns(name=pl.coalesce("title", named)),
        "open_saving",
        ["name", "read_share", "read_saved_usd", "surcharge_usd", "saved_usd"],
        say("What caching saved: losses first, then the most saved."),
    )


def _table(found: pl.DataFrame, key: str, shown: list[str], about: str) -> dict[str, Any] | None:
    known = _columns()
    st.dataframe(
        for_table(found).with_columns(open=pl.lit(say("Open"))),
        hide_index=True,
        placeholder=show.UNKNOWN,
        height=row_buttons.height(found.height, MOST_ROWS),
        column_order=["open", *shown],
        column_config={
            "open": row_buttons.column(key),
            **{name: known[name] for name in shown},
        },
        alt=about,
    )
    return row_buttons.pressed(found, key)


def _columns() -> dict[str, Any]:
    return {
        "name": st.column_config.TextColumn(say("Name"), width=180),
        "project": st.column_config.TextColumn(say("Project"), width=110),
        "cause_name": st.column_config.TextColumn(say("Cause"), width=180),
        "remedy": st.column_config.TextColumn(say("What helps"), width=330),
        "target": st.column_config.TextColumn(say("Target"), width=180),
        "breaks": st.column_config.NumberColumn(say("Breaks"), format="compact", width=70),
        "prompt_tokens": st.column_config.NumberColumn(say("Prompt"), format="compact", width=75),
        "cold_tokens": st.column_config.NumberColumn(
            say("Cold tokens"), format="compact", width=95
        ),
        "lost_usd": _usd(say("Lost"), say("Above the price of a cache read, at list price.")),
        "idle_minutes": st.column_config.NumberColumn(
            say("Idle"), format="%.0f min", width=75, help=say("Since the turn before.")
        ),
        "asked_at": st.column_config.DatetimeColumn(
            say("Asked (UTC)"), format="YYYY-MM-DD HH:mm:ss", width=150
        ),
        "read_share": st.column_config.NumberColumn(say("Read"), format="percent", width=70),
        "read_saved_usd": _usd(say("Reads saved"), say("Against plain input, at list price.")),
        "surcharge_usd": _usd(say("Writes cost"), say("More than plain input, at list price.")),
        "saved_usd": _usd(say("Net"), say("Below zero where writes were not read again.")),
    }


def _usd(label: str, about: str) -> Any:
    return columns.money(label, width=90, help=about)
