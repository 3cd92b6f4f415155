"""The arms of an experiment as a table."""

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import streamlit as st

from dashboard import show
from dashboard.i18n import say

type Row = dict[str, Any]


def arm_name(arm: str) -> str:
    return {"base": say("This policy"), "other": say("The other")}.get(arm, arm)


def arms(found: pl.DataFrame) -> None:
    """A column for each arm (columns of sql/kpi/experiment_arms.sql)."""
    told = {arm_name(row["arm"]): dict(_lines(row)) for row in found.to_dicts()}
    names = list(next(iter(told.values())))
    columns = {name: list(lines.values()) for name, lines in told.items()}
    st.dataframe(
        pl.DataFrame({say("Per task"): names, **columns}),
        hide_index=True,
        height="content",
        alt=say("What each arm's tasks cost, and how they went."),
    )


def _lines(row: Row) -> Iterator[tuple[str, str]]:
    yield say("Tasks"), show.quantity(row["tasks"])
    yield say("Sessions"), show.quantity(row["sessions"])
    yield say("Outcome known"), show.quantity(row["known_tasks"])
    yield from _spread(say("Passed"), row, "passed_share", show.share)
    yield from _spread(say("List value"), row, "list_usd", show.usd)
    yield from _spread(say("Paid"), row, "paid_usd", show.usd)
    yield from _spread(say("Cash"), row, "cash_usd", show.usd)
    yield say("Tokens"), show.quantity(row["tokens"])
    yield say("Calls"), _rate(row["calls"])
    yield say("Escalations"), _rate(row["escalations"])
    yield say("Limit hits"), _rate(row["limit_hits"])


def _spread(
    label: str, row: Row, name: str, form: Callable[[float | None], str]
) -> Iterator[tuple[str, str]]:
    """The value and, beneath it, its interval."""
    prefix = name.removesuffix("_share")
    low, high = row[f"{prefix}_low"], row[f"{prefix}_high"]
    yield label, form(row[name])
    between = show.UNKNOWN if low is None else f"{form(max(low, 0))} – {form(high)}"
    yield say("{label}, 95 %", label=label), between


def _rate(number: float | None) -> str:
    return show.UNKNOWN if number is None else f"{number:.2f}"
