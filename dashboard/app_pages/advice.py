"""Advice: what to do next, and what is it worth?"""

from typing import Any

import polars as pl
import streamlit as st

from collector.live_policy import LivePolicy
from dashboard import (
    advice_charts,
    advice_log,
    advice_words,
    ask,
    cards,
    charts,
    columns,
    downloads,
    export,
    filters,
    notices,
    page_view,
    plots,
    row_buttons,
    show,
)
from dashboard.i18n import count, say

NUMBERS = {
    "advice": say("The findings, and what they are worth"),
    "filter_values": say("What can be chosen above"),
    "freshness": say("Last call"),
}
OPENED = {"advice_calls": say("The calls behind a finding")}
MOST_ROWS = 12
COLOURS: dict[str, Any] = {"high": "green", "medium": "orange", "low": "gray"}

view = page_view.current()
chosen, colours = view.chosen, view.colours
view = view.asking(
    **ask.plan(view.folder),
    moderate_at=LivePolicy(view.folder).now.thresholds["moderate_at"],
    with_dismissed=True,
)
every = view.head(say("Advice"), NUMBERS)["advice"]
found = every.filter(pl.col("dismissed_at").is_null())
dismissed = every.filter(pl.col("dismissed_at").is_not_null())


def lead() -> None:
    if found.is_empty():
        st.success(
            say("Nothing found that would save {usd} a month.", usd=notices.plain_dollars("$1")),
            icon=":material/check_circle:",
        )
        return
    sentence = say(
        "{findings}, worth **{usd}** a month at list price, **{cash}** of it cash. "
        "A call behind several findings counts once.",
        findings=count(found.height, "**{n}** finding", "**{n}** findings"),
        usd=show.usd(found["own_usd_per_month"].sum()),
        cash=show.usd(found["own_cash_usd_per_month"].sum()),
    )
    st.markdown(notices.plain_dollars(sentence))
    days = int(found["active_days"][0])
    notices.small(
        count(
            days,
            "A month is 30 days with work like the {n} day of this period.",
            "A month is 30 days with work like the {n} days of this period.",
        )
    )


def ranked() -> None:
    with st.container(border=True):
        title, file = say("Worth a month"), view.as_csv("advice")
        downloads.titled(title, f"advice-{chosen.range}", file)
        parts = {
            say("counted here"): colours.good,
            say("counted at another finding"): colours.hatch,
        }
        st.html(cards.keys(parts, colours))
        bar = plots.picked(
            advice_charts.ranked(found, colours),
            "ranked",
            say("A bar for each finding: dollars a month, most on top."),
        )
    if bar and bar.get("customdata") not in (None, chosen.finding):
        view.go(finding=str(bar["customdata"]))


def opened(finding: str) -> None:
    filters.write(view.narrowed(finding=finding))


def card(row: dict[str, Any]) -> None:
    finding = row["finding"]
    with st.container(border=True):
        words, worth = st.columns([8, 2], vertical_alignment="top")
        with words:
            seen(row)
        worth.metric(
            say("a month, list value"),
            show.usd(row["usd_per_month"]),
            say("{usd} of it cash", usd=show.usd(row["cash_usd_per_month"])),
            delta_color="gray",
            delta_arrow="off",
        )
        st.markdown(advice_words.remedy(finding))
        st.code(commands(row), language=None)
        if effect := advice_words.quality(finding):
            notices.small(say("Effect on the answers: {effect}", effect=effect))
        buttons(row)
    if finding == chosen.finding:
        evidence()


def seen(row: dict[str, Any]) -> None:
    """What was found, and how sure that is."""
    st.header(advice_words.title(row["finding"]), anchor=False)
    st.markdown(notices.plain_dollars(advice_words.seen(row)))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(advice_words.confidence_name(row["confidence"]), color=COLOURS[row["confidence"]])
        notices.small(advice_words.why(row))


def commands(row: dict[str, Any]) -> str:
    if row["finding"] != "opus_simple":
        return str(row["remedy"])
    rule = (
        '[[rules]]\nname = "simple"\nwhen = "complexity < moderate_at and not is_tool_turn"\n'
        'route = "simple"\n'
    )
    return rule + str(row["remedy"]).replace("] ", "]\n", 1)


def buttons(row: dict[str, Any]) -> None:
    finding = row["finding"]
    with st.container(horizontal=True):
        if finding == chosen.finding:
            st.button(say("Hide the calls"), key=f"hide {finding}", on_click=opened, args=("",))
        else:
            text = count(row["calls"], "Show the {n} call", "Show the {n} calls")
            st.button(text, key=f"show {finding}", on_click=opened, args=(finding,))
        with st.popover(say("Dismiss")):
            st.text_input(say("Why? (if you like)"), key=f"reason {finding}")
            st.button(
                say("Dismiss this finding"),
                key=f"dismiss {finding}",
                on_click=put_aside,
                args=(finding,),
            )


def put_aside(finding: str) -> None:
    with notices.trouble_kept():
        advice_log.dismiss(view.path, finding, st.session_state.get(f"reason {finding}", ""))
    ask.forget()


def take_up(finding: str) -> None:
    with notices.trouble_kept():
        advice_log.take_up(view.path, finding)
    ask.forget()


def evidence() -> None:
    calls = view.answer("advice_calls", finding=chosen.finding)
    every = view.as_csv("advice_calls", finding=chosen.finding, top_rows=export.MOST_ROWS)
    with st.container(border=True):
        title, name = say("The calls behind it"), f"advice-{chosen.finding}-{chosen.range}"
        downloads.titled(title, name, every, say("Calls as CSV"))
        call = calls_table(calls)
    if call:
        view.open("calls", call=call, finding="")


def calls_table(calls: pl.DataFrame) -> str | None:
    """The id of the call that was just opened (columns of sql/kpi/advice_calls.sql)."""
    st.dataframe(
        charts.for_table(calls).with_columns(
            columns.rounded(pl.col("saving_usd"), digits=3), open=pl.lit(say("Open"))
        ),
        hide_index=True,
        placeholder=show.UNKNOWN,
        height=row_buttons.height(calls.height, MOST_ROWS),
        column_order=["open", "asked_at", "project", "kind", "target", "prompt_tokens",
                      "output_tokens", "list_usd", "saving_usd"],
        column_config={
            "open": row_buttons.column("open_evidence"),
            "asked_at": st.column_config.DatetimeColumn(
                say("Asked (UTC)"), format="YYYY-MM-DD HH:mm:ss", width=150
            ),
            "project": say("Project"),
            "kind": say("Kind"),
            "target": say("Target"),
            "prompt_tokens": st.column_config.NumberColumn(say("Prompt"), format="compact"),
            "output_tokens": st.column_config.NumberColumn(say("Output"), format="compact"),
            "list_usd": columns.money(say("List value"), digits=3),
            "saving_usd": columns.money_moved(say("Would save"), digits=3),
        },
        alt=say("The calls behind a finding, those worth most first."),
    )  # fmt: skip
    row = row_buttons.pressed(calls, "open_evidence")
    return str(row["call_id"]) if row else None


def put_aside_list() -> None:
    if dismissed.is_empty():
        return
    text = count(dismissed.height, "{n} dismissed finding", "{n} dismissed findings")
    with st.expander(text, icon=":material/visibility_off:"):
        for row in dismissed.iter_rows(named=True):
            words, button = st.columns([8, 2], vertical_alignment="center")
            with words:
                worth = show.usd(row["usd_per_month"])
                name = advice_words.title(row["finding"])
                st.text(say("{finding}: {usd} a month", finding=name, usd=worth))
                when = show.moment(row["dismissed_at"], view.period.zone)
                st.text(f"{when} · {row['dismissed_reason'] or say('no reason given')}")
            button.button(
                say("Show again"),
                key=f"again {row['finding']}",
                on_click=take_up,
                args=(row["finding"],),
                width="stretch",
            )


lead()
if not found.is_empty():
    ranked()
    for one in found.iter_rows(named=True):
        card(one)
put_aside_list()
notices.sources(NUMBERS | OPENED, view.period.zone)
