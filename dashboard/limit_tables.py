"""The tables of the Limits page."""

import polars as pl
import streamlit as st

from dashboard import columns, row_buttons, show
from dashboard.cards import window_name
from dashboard.charts import for_table
from dashboard.i18n import say

MOST_ROWS = 8


def blocked(found: pl.DataFrame) -> str | None:
    """Columns of sql/kpi/blocked.sql; the id of the refused call that was just opened."""
    st.dataframe(
        _named(for_table(found)).with_columns(open=pl.lit(say("Open"))),
        hide_index=True,
        placeholder=show.UNKNOWN,
        height="content",
        column_order=["window", "blocked_at", "blocked_minutes", "moved_calls", "cash_usd", "open"],
        column_config={
            "window": st.column_config.TextColumn(say("Window"), width=105),
            "blocked_at": st.column_config.DatetimeColumn(
                say("Spent at"), format="MM-DD HH:mm", width=95
            ),
            "blocked_minutes": st.column_config.NumberColumn(
                say("Minutes"), format="%.0f", width=65
            ),
            "moved_calls": st.column_config.NumberColumn(
                say("Moved"),
                format="compact",
                width=60,
                help=say("Calls that others answered meanwhile, background work apart."),
            ),
            "cash_usd": columns.money(say("Cash"), width=65),
            "open": row_buttons.column("open_blocked", say("Call")),
        },
        alt=say("Stretches of time in which a plan window was spent, latest first."),
    )  # fmt: skip
    return _opened(found, "open_blocked", "call_id")


def spenders(found: pl.DataFrame) -> str | None:
    """Columns of sql/kpi/window_spenders.sql; the id of the session that was just opened."""
    named = pl.when(pl.col("project") == "").then(pl.lit(say("(no project)"))).otherwise("project")
    shown = _named(for_table(found)).with_columns(
        project=named, name=pl.coalesce("title", "session_id"), open=pl.lit(say("Open"))
    )
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=show.UNKNOWN,
        height=row_buttons.height(found.height, MOST_ROWS),
        column_order=["open", "window", "name", "project", "window_share"],
        column_config={
            "window": st.column_config.TextColumn(say("Window"), width=105),
            "project": st.column_config.TextColumn(say("Project"), width=90),
            "name": st.column_config.TextColumn(say("Session"), width=165),
            "open": row_buttons.column("open_spender", say("Calls")),
            "window_share": st.column_config.ProgressColumn(
                say("Of the window"),
                format="percent",
                min_value=0,
                max_value=1,
                color="primary",
                width=110,
            ),
        },
        alt=say("Sessions that filled the open windows, most first."),
    )
    return _opened(found, "open_spender", "session_id")


def key_limits(found: pl.DataFrame) -> None:
    """Columns of sql/kpi/key_limits.sql."""
    st.dataframe(
        found,
        hide_index=True,
        placeholder=show.UNKNOWN,
        height="content",
        column_order=["provider", "limited", "latest", "highest", "highest_at", "readings"],
        column_config={
            "provider": say("Provider"),
            "limited": say("Limit"),
            "latest": st.column_config.NumberColumn(say("Used now"), format="percent"),
            "highest": st.column_config.ProgressColumn(
                say("Highest"), format="percent", min_value=0, max_value=1, color="primary"
            ),
            "highest_at": st.column_config.DatetimeColumn(say("Highest at"), format="MM-DD HH:mm"),
            "readings": st.column_config.NumberColumn(say("Readings"), format="compact"),
        },
        alt=say("How near API keys came to their limits."),
    )


def _opened(found: pl.DataFrame, button: str, column: str) -> str | None:
    row = row_buttons.pressed(found, button)
    return str(row[column] or "") or None if row else None


def _named(found: pl.DataFrame) -> pl.DataFrame:
    return found.with_columns(window=columns.worded(found["limit_window"], window_name))
