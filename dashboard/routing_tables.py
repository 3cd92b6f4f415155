"""The tables of the Routing page; each returns what the reader opened, as filters of the calls."""

from typing import Any

import polars as pl
import streamlit as st

from dashboard import columns, row_buttons, show
from dashboard.charts import for_table
from dashboard.i18n import say
from dashboard.palette import cause_name

Opened = dict[str, str] | None
MOST_ROWS = 8


def flows(found: pl.DataFrame) -> Opened:
    """Columns of sql/kpi/routing_flow.sql."""
    return _table(
        found,
        "open_flow",
        ["kind", "route", "target", "calls", "list_usd", "cash_usd"],
        ("kind", "route", "target"),
        say("What went where, most list value first."),
    )


def rules(found: pl.DataFrame) -> Opened:
    """Columns of sql/kpi/rules_used.sql."""
    named = pl.when(pl.col("rule") == "").then(pl.lit(say("(relayed as asked)"))).otherwise("rule")
    return _table(
        found.with_columns(rule_name=named),
        "open_rule",
        ["rule_name", "route", "calls", "calls_share", "mean_complexity", "settled_share",
         "rescued_calls", "escalated_calls", "held_calls", "list_usd", "cash_usd"],
        ("rule", "route"),
        say("Rules of the policy, most calls first."),
    )  # fmt: skip


def fallbacks(found: pl.DataFrame) -> Opened:
    """Columns of sql/kpi/fallbacks.sql."""
    worded = found.with_columns(
        cause_name=columns.worded(found["cause"], cause_name),
        answered_target=pl.col("answered_target").fill_null(say("nobody")),
    )
    return _table(
        worded,
        "open_fallback",
        ["cause_name", "failed_target", "answered_target", "calls", "rescued_calls", "cash_usd"],
        ("cause",),
        say("Failed attempts by cause, and who answered instead."),
    )


def switches(found: pl.DataFrame) -> None:
    """Columns of sql/kpi/switches.sql."""
    shown = ["from_target", "target", "why", "switches", "cold_tokens", "cold_usd"]
    _table(found, None, shown, (), say("Model switches within sessions, dearest first."))


def skipped(found: pl.DataFrame) -> None:
    """Columns of sql/kpi/skipped_targets.sql."""
    shown = ["target", "skip", "calls", "example"]
    _table(found, None, shown, (), say("Targets that were passed over, and why."))


def policies(found: pl.DataFrame) -> None:
    """Columns of sql/kpi/policy_versions.sql."""
    shown = ["policy_version", "applied_at", "calls", "settled_share", "list_usd", "cash_usd"]
    _table(found, None, shown, (), say("Versions of the policy, latest first."))


def latency(found: pl.DataFrame) -> Opened:
    """Columns of sql/kpi/target_latency.sql."""
    seconds = [
        (pl.col(f"{what}_ms") / 1000).alias(f"{what}_s")
        for what in ("ttfb_p50", "ttfb_p95", "duration_p50", "duration_p95")
    ]
    return _table(
        found.with_columns(seconds),
        "open_target",
        ["target", "calls", "ttfb_p50_s", "ttfb_p95_s", "tokens_per_s", "failed_share"],
        ("target",),
        say("Time to the first byte, and failures, by target."),
    )  # fmt: skip


def _table(
    found: pl.DataFrame, key: str | None, shown: list[str], names: tuple[str, ...], about: str
) -> Opened:
    """A table whose first column opens the calls that have the row's values of `names`."""
    known = _columns()
    shown_columns = {name: known[name] for name in shown}
    if key:
        shown_columns["open"] = row_buttons.column(key)
    st.dataframe(
        for_table(found).with_columns(open=pl.lit(say("Open"))),
        hide_index=True,
        placeholder=show.UNKNOWN,
        height=row_buttons.height(found.height, MOST_ROWS),
        column_order=["open", *shown] if key else shown,
        column_config=shown_columns,
        alt=about,
    )
    row = row_buttons.pressed(found, key) if key else None
    return {name: row[name] for name in names if row[name]} if row else None


def _count(label: str) -> Any:
    return st.column_config.NumberColumn(label, format="compact", width=70)


def _share(label: str) -> Any:
    return st.column_config.NumberColumn(label, format="percent", width=80)


def _usd(label: str) -> Any:
    return columns.money(label, width=90)


def _seconds(label: str) -> Any:
    return st.column_config.NumberColumn(label, format="%.2f s", width=85)


def _columns() -> dict[str, Any]:
    return {**_names(), **_sums(), **_switching(), **_timing()}


def _names() -> dict[str, Any]:
    return {
        "kind": say("Kind"),
        "route": say("Route"),
        "target": say("Target"),
        "rule_name": say("Rule"),
        "cause_name": st.column_config.TextColumn(say("Cause"), width=105),
        "failed_target": st.column_config.TextColumn(say("Failed"), width=165),
        "answered_target": st.column_config.TextColumn(say("Answered instead"), width=180),
        "from_target": say("From"),
        "why": st.column_config.TextColumn(say("Why"), width=130),
        "skip": st.column_config.TextColumn(say("Because of"), width=90),
        "example": say("Latest wording"),
        "policy_version": st.column_config.TextColumn(say("Policy"), width=85),
        "applied_at": st.column_config.DatetimeColumn(
            say("Since (UTC)"), format="YYYY-MM-DD HH:mm", width=130
        ),
    }


def _sums() -> dict[str, Any]:
    return {
        "calls": _count(say("Calls")),
        "calls_share": st.column_config.ProgressColumn(
            say("Share"), format="percent", min_value=0, max_value=1, color="primary", width=110
        ),
        "mean_complexity": st.column_config.NumberColumn(
            say("Complexity"), format="%.2f", width=90, help=say("The mean score of these calls.")
        ),
        "settled_share": _share(say("Settled")),
        "rescued_calls": _count(say("Rescued")),
        "escalated_calls": _count(say("Escalated")),
        "held_calls": st.column_config.NumberColumn(
            say("Held"), format="compact", width=70, help=say("Kept where their cache was warm.")
        ),
        "list_usd": _usd(say("List value")),
        "cash_usd": _usd(say("Cash")),
        "failed_share": _share(say("Failed")),
    }


def _switching() -> dict[str, Any]:
    return {
        "switches": _count(say("Switches")),
        "cold_tokens": _count(say("Cold tokens")),
        "cold_usd": columns.money(
            say("Cold cache"),
            digits=3,
            width=90,
            help=say("What was read anew instead of from a warm cache, at list price."),
        ),
    }


def _timing() -> dict[str, Any]:
    return {
        "ttfb_p50_s": _seconds(say("First, p50")),
        "ttfb_p95_s": _seconds(say("p95")),
        "tokens_per_s": st.column_config.NumberColumn(say("Tokens/s"), format="%.0f", width=80),
    }
