"""Calls: what is happening now, and each call in full."""

from typing import Any

import polars as pl
import streamlit as st

from dashboard import (
    ask,
    charts,
    columns,
    downloads,
    export,
    filter_bar,
    filters,
    notices,
    one_call,
    page_view,
    row_buttons,
    show,
)
from dashboard.i18n import count, say

PAGE_ROWS = 50
SHOWN = ("project", "kind", "route", "rule", "target", "result", "cause", "session", "search")
THE_LIST = {
    "calls_page": say("The list, and its CSV"),
    "calls_count": say("The sum above the list"),
    "filter_values": say("What can be chosen above"),
    "unpriced": say("Calls without a price"),
    "freshness": say("Last call"),
}
ONE_CALL = {
    "one_call": say("The facts of the call"),
    "call_attempts": say("Attempts, usage, limit headers"),
    "call_prices": say("Price rows in force"),
    "call_retries": say("Retries"),
}

view = page_view.current()
chosen, period = view.chosen, view.period
view = view.asking(page_rows=PAGE_ROWS)


def filter_bars(values: pl.DataFrame) -> None:
    with st.grid(4, min_column_width=150):
        filter_bar.picked("kind", say("Kind"), values, chosen)
        filter_bar.picked("route", say("Route"), values, chosen)
        filter_bar.picked("rule", say("Rule"), values, chosen)
        filter_bar.picked("target", say("Target"), values, chosen)
        filter_bar.picked("result", say("Result"), values, chosen)
        filter_bar.picked("cause", say("Failed attempt"), values, chosen)
        filter_bar.typed("session", say("Session id"), chosen)
        filter_bar.typed("search", say("Part of any id"), chosen)


def tools() -> bool:
    """The switches above the list; whether it is to refresh itself."""
    live_box, kinds_box, clear_box, csv_box = st.columns([2, 4, 2, 2], vertical_alignment="center")
    live = live_box.toggle(say("Live, every 5 s"), value=True, key="live")
    with kinds_box:
        filter_bar.switched("every_kind", say("Probes and token counts too"), chosen)
    clear_box.button(
        say("Clear filters"),
        on_click=filters.write,
        args=(filters.Filters(range=chosen.range),),
        width="stretch",
    )
    with csv_box:
        downloads.csv(
            f"calls-{chosen.range}",
            view.as_csv("calls_page", page_rows=export.MOST_ROWS, page_no=1),
            about=say("The latest {n} calls that pass the filters.", n=f"{export.MOST_ROWS:,}"),
        )
    return live


def log(page_key: str, fresh: dict[str, Any]) -> None:
    """The list and its sum; pages are turned inside, so that only this part runs again."""
    with notices.trouble_shown():
        page_no = st.session_state.get(page_key, 1)
        found = view.answers(["calls_count", "calls_page"], page_no=page_no)
        total = ask.first(found["calls_count"])
        if not total["calls"]:
            page_view.none_passes(fresh)
            return
        st.markdown(notices.plain_dollars(summary(total)))
        table(found["calls_page"])
        if total["pages"] > 1:
            st.pagination(total["pages"], key=page_key)


def summary(total: dict[str, Any]) -> str:
    calls = count(total["calls"], "**{n}** call", "**{n}** calls")
    return say(
        "{calls} · {failed} not settled · {list} list value · {cash} cash",
        calls=calls,
        failed=total["failed_calls"],
        list=show.usd(total["list_usd"]),
        cash=show.usd(total["cash_usd"]),
    )


def table(calls: pl.DataFrame) -> None:
    at = pl.col("asked_at").dt.replace_time_zone("UTC").dt.convert_time_zone(period.zone)
    shown = charts.for_table(calls).with_columns(
        at, open=pl.lit(say("Open")), duration_s=pl.col("duration_ms") / 1000
    )
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=show.UNKNOWN,
        height=560,
        column_order=["open", "asked_at", "project", "kind", "target", "result", "attempts",
                      "prompt_tokens", "cache_read_tokens", "output_tokens", "list_usd", "cost_usd",
                      "duration_s"],
        column_config={
            "open": row_buttons.column("open_call", say("Call")),
            "asked_at": st.column_config.DatetimeColumn(say("Asked"), format="MM-DD HH:mm:ss"),
            "project": say("Project"),
            "kind": say("Kind"),
            "target": st.column_config.TextColumn(say("Target"), width=170),
            "result": st.column_config.TextColumn(say("Result"), width=85),
            "attempts": st.column_config.NumberColumn(say("Tries"), width=50),
            "prompt_tokens": st.column_config.NumberColumn(say("Prompt"), format="compact"),
            "cache_read_tokens": st.column_config.NumberColumn(say("Cached"), format="compact"),
            "output_tokens": st.column_config.NumberColumn(say("Output"), format="compact"),
            "list_usd": columns.money(say("List value"), digits=4),
            "cost_usd": columns.money(say("Cash"), digits=4),
            "duration_s": st.column_config.NumberColumn(say("Seconds"), format="%.1f"),
        },
        alt=say("Calls that pass the filters, latest first."),
    )  # fmt: skip
    row = row_buttons.pressed(calls, "open_call")
    if row:
        filters.write(view.narrowed(call=row["call_id"]))
        st.rerun(scope="app")


def the_list() -> None:
    now = view.head(say("Calls"), (*page_view.HEADS, "unpriced"), SHOWN)
    filter_bars(now["filter_values"])
    notices.unpriced(now["unpriced"])
    live = tools()
    page_key = f"page of {sorted(filters.to_url(chosen).items())}"
    st.fragment(log, run_every="5s" if live else None)(page_key, ask.first(now["freshness"]))


def the_call() -> None:
    back = view.narrowed(call="")
    st.title(say("One call"), anchor=False)
    st.button(say("All calls"), icon=":material/arrow_back:", on_click=filters.write, args=(back,))
    one_call.draw(view.path, chosen.call, period.zone, view.colours)


if chosen.call:
    the_call()
else:
    the_list()
notices.sources(ONE_CALL if chosen.call else THE_LIST, period.zone)
