"""Tables of the Tuning page: calls that would go elsewhere, and what earlier changes did."""

from typing import Any

import polars as pl
import streamlit as st

from dashboard import columns, row_buttons, show
from dashboard.charts import for_table
from dashboard.experiment_charts import signed
from dashboard.i18n import count, say

OPEN = "open_tuned_call"
FEWEST_TASKS = 5


def calls(found: pl.DataFrame) -> str | None:
    """Columns of `router.replay.changed_calls`; the id of a call that was just opened."""
    st.dataframe(
        for_table(found).with_columns(open=pl.lit(say("Open"))),
        hide_index=True,
        height="content",
        column_order=["open", "task", "complexity", "target_a", "target_b", "list_usd_a",
                      "list_usd_b", "asked_at"],
        column_config={
            "open": row_buttons.column(OPEN),
            "task": st.column_config.TextColumn(say("Task"), width=95),
            "complexity": st.column_config.NumberColumn(say("Score"), format="%.2f", width=60),
            "target_a": st.column_config.TextColumn(say("In force"), width=195),
            "target_b": st.column_config.TextColumn(say("Tuned"), width=195),
            "list_usd_a": columns.money(say("List value"), 3, width=85),
            "list_usd_b": columns.money(say("Tuned"), 3, width=75),
            "asked_at": st.column_config.DatetimeColumn(
                say("Asked (UTC)"), format="YYYY-MM-DD HH:mm", width=125
            ),
        },
        alt=say("Calls that would go elsewhere, most list value moved first."),
    )  # fmt: skip
    row = row_buttons.pressed(found, OPEN)
    return str(row["call_id"]) if row else None


def changes(found: pl.DataFrame) -> None:
    """Columns of sql/kpi/policy_changes.sql, a row for each change."""
    rows = [
        _change(group.to_dicts())
        for _, group in found.group_by("policy_version", "applied_at", maintain_order=True)
    ]
    st.dataframe(
        pl.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config={
            "version": st.column_config.TextColumn(say("Version"), width=100),
            "applied_at": st.column_config.DatetimeColumn(
                say("Applied (UTC)"), format="YYYY-MM-DD HH:mm", width=125
            ),
            "days": st.column_config.NumberColumn(
                say("Days"), format="%.1f", width=55, help=say("As many before it as after it.")
            ),
            "tasks": st.column_config.TextColumn(say("Tasks"), width=110),
            "list_usd": st.column_config.TextColumn(say("List value a task"), width=145),
            "cash_usd": st.column_config.TextColumn(say("Cash a task"), width=145),
            "passed": st.column_config.TextColumn(say("Went well"), width=165),
            "limit_hits": st.column_config.TextColumn(say("Limit hits a task"), width=145),
        },
        alt=say("What each change of the policy did, latest first."),
    )


def _change(measured: list[dict[str, Any]]) -> dict[str, Any]:
    first = measured[0]
    told = {row["measure"]: row for row in measured}
    tasks = f"{first['before_tasks']:,} → {first['after_tasks']:,}"
    few = min(first["before_tasks"], first["after_tasks"]) < FEWEST_TASKS
    names = ("list_usd", "cash_usd", "passed", "limit_hits")
    return {
        "version": first["policy_version"],
        "applied_at": first["applied_at"],
        "days": first["days"],
        "tasks": tasks,
        **{name: say("too few tasks") if few else gap(told.get(name)) for name in names},
    }


def gap(row: dict[str, Any] | None) -> str:
    """A measured change with its 95 % interval, in the measure's own unit; one of means is as wide
    on either side.
    """
    if row is None or row["low"] is None:
        return say("too few tasks")
    middle, low, high = (float(row[name]) for name in ("difference", "low", "high"))
    if row["measure"] == "passed":
        return f"{signed(middle)} ({signed(low)} – {signed(high)})"
    size = _usd if row["measure"].endswith("_usd") else _number
    sign = "+" if middle > 0 else "−"
    shows_nothing = size(middle) == size(0)
    return f"{'' if shows_nothing else sign}{size(middle)} ± {size(high - middle)}"


def _usd(amount: float) -> str:
    """Its size with a tenth of a cent, so that small tasks show a change."""
    digits = 1 if show.currency_sign() == "¥" else 3
    return _number(show.in_currency(amount), digits, show.currency_sign())


def _number(value: float, digits: int = 3, sign: str = "") -> str:
    return f"{sign}{abs(value):,.{digits}f}"


def lead(found: pl.DataFrame) -> str:
    """What the latest change did, in one sentence."""
    latest = found.filter(pl.col("applied_at") == found["applied_at"].max()).to_dicts()
    told = {row["measure"]: row for row in latest}
    listed = told.get("list_usd")
    days = latest[0]["days"]
    if not listed or listed["low"] is None:
        return say("The latest change has too few tasks on one side to say what it did.")
    since = count(max(round(days), 1), "{n} day", "{n} days")
    if not listed["is_certain"]:
        return say(
            "The latest change moved the list value of a task by {gap}: nothing certain, "
            "{days} before it against {days} after.",
            gap=gap(listed),
            days=since,
        )
    return say(
        "Since the latest change the list value of a task has moved by **{gap}**, {days} before it "
        "against {days} after.",
        gap=gap(listed),
        days=since,
    )
