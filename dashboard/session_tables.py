"""Tables of the Sessions page: all sessions, and the agents and events of one."""

from typing import Any

import polars as pl
import streamlit as st

from dashboard import columns, row_buttons, show
from dashboard.charts import for_table
from dashboard.i18n import say
from dashboard.session_words import SIGNS, detail_of, event_name, outcome_name

MOST_ROWS = 16
INDENT = "\u2003"  # as wide as a letter; a table cuts plain spaces off


def sessions(found: pl.DataFrame, zone: str) -> str | None:
    """Columns of sql/kpi/sessions.sql; the id of a session that was just opened."""
    shown = for_table(found).with_columns(
        _on_clock("last_at", zone),
        name=pl.coalesce("title", "session_id"),
        project=_named("project"),
        tasks=pl.when(pl.col("known_tasks") > 0).then(
            pl.format("{} / {}", "passed_tasks", "known_tasks")
        ),
        outcome=pl.Series([outcome_name(one) for one in found["outcome"]], dtype=pl.String),
        open=pl.lit(say("Open")),
    )
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=show.UNKNOWN,
        height=row_buttons.height(found.height, MOST_ROWS),
        column_order=["open", "name", "project", "last_at", "list_usd", "calls", "agents",
                      "failed_attempts", "tasks", "outcome", "longest_prompt_tokens"],
        column_config=_session_columns(shown),
        alt=say("Sessions of the period, in the order chosen."),
    )  # fmt: skip
    row = row_buttons.pressed(found, "open_session_row")
    return str(row["session_id"]) if row else None


def _session_columns(shown: pl.DataFrame) -> dict[str, Any]:
    dearest: Any = shown["list_usd"].max()
    number = st.column_config.NumberColumn
    return {
        "open": row_buttons.column("open_session_row", say("Session"), 60),
        "name": st.column_config.TextColumn(say("Title"), width=175),
        "project": st.column_config.TextColumn(say("Project"), width=95),
        "last_at": st.column_config.DatetimeColumn(
            say("Last activity"), format="MM-DD HH:mm", width=95
        ),
        "list_usd": columns.money_bar(say("List value"), dearest, width=125),
        "calls": number(say("Calls"), width=60),
        "agents": number(say("Agents"), width=60),
        "longest_prompt_tokens": number(
            say("Longest prompt"), format="compact", width=95, help=say("Tokens of one prompt.")
        ),
        "failed_attempts": number(
            say("Failed tries"), width=80, help=say("Attempts that did not answer.")
        ),
        "tasks": st.column_config.TextColumn(
            say("Tasks"), width=70, help=say("Went well, of those whose outcome is known.")
        ),
        "outcome": st.column_config.TextColumn(say("Review"), width=90),
    }


def agents(found: pl.DataFrame) -> str | None:
    """Columns of sql/kpi/session_agents.sql; the agent whose calls are to be opened."""
    names = [_agent_name(row) for row in found.iter_rows(named=True)]
    shown = for_table(found).with_columns(
        name=pl.Series(names, dtype=pl.String),
        minutes=pl.col("span_s") / 60,
        open=pl.lit(say("Open")),
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=show.UNKNOWN,
        height=row_buttons.height(found.height, MOST_ROWS),
        column_order=["open", "name", "calls", "prompt_tokens", "output_tokens", "list_usd",
                      "list_share", "minutes", "models"],
        column_config={
            "open": row_buttons.column("open_agent_row"),
            "name": st.column_config.TextColumn(say("Agent"), width=190),
            "calls": number(say("Calls"), width=65),
            "prompt_tokens": number(say("Prompt"), format="compact", width=70),
            "output_tokens": number(say("Output"), format="compact", width=70),
            "list_usd": columns.money(say("List value"), width=80),
            "list_share": st.column_config.ProgressColumn(
                say("Share"), format="percent", min_value=0, max_value=1, color="primary", width=105
            ),
            "minutes": number(say("Minutes"), format="%.1f", width=70),
            "models": st.column_config.TextColumn(say("Models"), width=180),
        },
        alt=say("The main loop and its agents, each below the one that started it."),
    )  # fmt: skip
    row = row_buttons.pressed(found, "open_agent_row")
    return str(row["agent_id"]) if row else None


def _agent_name(row: dict[str, Any]) -> str:
    if not row["agent_id"]:
        return say("main loop")
    branch = INDENT * (row["depth"] - 1) + "└ " if row["depth"] else ""
    return (
        f"{branch}{row['agent_type'] or say('agent')} {row['agent_id'].removeprefix('agent-')[:8]}"
    )


def events(found: pl.DataFrame, zone: str) -> str | None:
    """Columns of sql/kpi/session_events.sql; the call of an event that was just opened."""
    told = [
        (
            f"{SIGNS[row['event']]} {event_name(row['event'])}",
            detail_of(row["event"], row["detail"]),
        )
        for row in found.iter_rows(named=True)
    ]
    shown = for_table(found).with_columns(
        _on_clock("happened_at", zone),
        what=pl.Series([what for what, _ in told], dtype=pl.String),
        why=pl.Series([why for _, why in told], dtype=pl.String),
        open=pl.lit(say("Open")),
    )
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=show.UNKNOWN,
        height=row_buttons.height(found.height, MOST_ROWS),
        column_order=["open", "turn_no", "happened_at", "what", "why", "cold_tokens", "lost_usd"],
        column_config={
            "open": row_buttons.column("open_event_row", say("Call"), 50),
            "turn_no": st.column_config.NumberColumn(say("Turn"), width=45),
            "happened_at": st.column_config.DatetimeColumn(say("At"), format="HH:mm:ss", width=70),
            "what": st.column_config.TextColumn(say("Event"), width=110),
            "why": st.column_config.TextColumn(say("How"), width=140),
            "cold_tokens": st.column_config.NumberColumn(
                say("Read anew"), format="compact", width=75
            ),
            "lost_usd": columns.money(say("Lost"), digits=3, width=60),
        },
        alt=say("What happened in the session, in order of time."),
    )
    row = row_buttons.pressed(found, "open_event_row")
    return str(row["call_id"]) if row else None


def _on_clock(column: str, zone: str) -> pl.Expr:
    return pl.col(column).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)


def _named(column: str) -> pl.Expr:
    return pl.when(pl.col(column) == "").then(pl.lit(say("(no project)"))).otherwise(column)
