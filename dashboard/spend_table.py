"""The table of the Spend page: one row per value of what is asked by."""

import polars as pl
import streamlit as st

from dashboard import columns, row_buttons, show
from dashboard.charts import for_table
from dashboard.filters import NOTHING
from dashboard.i18n import say

MOST_ROWS = 12
# Dimensions by which the list of calls can be narrowed.
OPENS = ("target", "model", "provider", "project", "branch", "session", "kind", "route")


def draw(found: pl.DataFrame, dimension: str) -> dict[str, str] | None:
    """Columns of sql/kpi/spend_by.sql; the filter of the row that was just opened."""
    shown = ["name", "calls", "list_usd", "list_share", "cash_usd", "list_usd_per_call"]
    named = (
        pl.when(pl.col("named_value") == "").then(pl.lit(say("(none)"))).otherwise("named_value")
    )
    st.dataframe(
        for_table(found).with_columns(name=pl.coalesce("title", named), open=pl.lit(say("Open"))),
        hide_index=True,
        placeholder=show.UNKNOWN,
        height=row_buttons.height(found.height, MOST_ROWS),
        column_order=["open", *shown] if dimension in OPENS else shown,
        column_config={
            "open": row_buttons.column("open_spend", say("Calls")),
            "name": st.column_config.TextColumn(say("Name"), width=190),
            "calls": st.column_config.NumberColumn(say("Calls"), format="compact", width=60),
            "list_usd": columns.money(say("List value"), width=85),
            "list_share": st.column_config.ProgressColumn(
                say("Share"),
                format="percent",
                min_value=0,
                max_value=1,
                color="primary",
                width=105,
            ),
            "cash_usd": columns.money(say("Cash"), width=75),
            "list_usd_per_call": columns.money(say("Per call"), digits=3, width=75),
        },
        alt=say("What was spent, most list value first."),
    )
    row = row_buttons.pressed(found, "open_spend") if dimension in OPENS else None
    return {dimension: row["named_value"] or NOTHING} if row else None
