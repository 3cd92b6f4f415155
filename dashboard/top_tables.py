"""The tables of the Overview: projects and sessions, dearest first."""

from typing import Any

import polars as pl
import streamlit as st

from dashboard import charts, columns, row_buttons, show
from dashboard.i18n import say


def projects(top: pl.DataFrame) -> None:
    """Columns of sql/kpi/top_projects.sql."""
    named = pl.when(pl.col("project") == "").then(pl.lit(say("(no project)")))
    st.dataframe(
        charts.for_table(top).with_columns(project=named.otherwise("project")),
        hide_index=True,
        placeholder=show.UNKNOWN,
        height="content",
        column_order=["project", "list_usd", "paid_usd", "calls", "list_share"],
        column_config={
            "project": st.column_config.TextColumn(say("Project"), width=85),
            "list_usd": columns.money(say("List value"), width=72),
            "paid_usd": columns.money(
                say("Paid"),
                width=70,
                help=say("Cash, and a part of the plan's fee allocated by list value."),
            ),
            "calls": st.column_config.NumberColumn(say("Calls"), format="compact", width=60),
            "list_share": st.column_config.ProgressColumn(
                say("Share"), format="percent", min_value=0, max_value=1, color="primary", width=90
            ),
        },
        alt=say("Projects by list value, dearest first."),
    )


def sessions(top: pl.DataFrame) -> str | None:
    """Columns of sql/kpi/top_sessions.sql; the id of a session that was just opened."""
    shown = charts.for_table(top).with_columns(
        name=pl.coalesce("title", "session_id"), open=pl.lit(say("Open"))
    )
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=show.UNKNOWN,
        height="content",
        column_order=["name", "project", "calls", "list_usd", "course_usd", "open"],
        column_config=_session_columns(shown),
        alt=say("Sessions by list value, dearest first."),
    )
    row = row_buttons.pressed(top, "open_session")
    return str(row["session_id"]) if row else None


def _session_columns(shown: pl.DataFrame) -> dict[str, Any]:
    dearest: Any = shown["list_usd"].max()
    return {
        "name": st.column_config.TextColumn(say("Session"), width=165),
        "project": st.column_config.TextColumn(say("Project"), width=85),
        "calls": st.column_config.NumberColumn(say("Calls"), width=60),
        "list_usd": columns.money_bar(say("List value"), dearest, width=125),
        "course_usd": st.column_config.AreaChartColumn(
            say("Over its time"), y_min=0, color="primary", width=100
        ),
        "open": row_buttons.column("open_session", say("Detail"), 60),
    }
