"""Advice: what to do next, and what is it worth?"""

from typing import Any

import polars as pl
import streamlit as st

from collector.files import data_folder, ledger_file
from collector.live_policy import LivePolicy
from dashboard import (
    advice_charts,
    advice_log,
    advice_words,
    ask,
    cards,
    charts,
    columns,
    demo_controls,
    export,
    filter_bar,
    filters,
    notices,
    show,
)
from dashboard.i18n import count, say
from dashboard.palette import palette

NUMBERS = {
    "advice": say("The findings, and what they are worth"),
    "filter_values": say("What can be chosen above"),
    "freshness": say("Last call"),
}
OPENED = {"advice_calls": say("The calls behind a finding")}
MOST_ROWS = 12
COLOURS: dict[str, Any] = {"high": "green", "medium": "orange", "low": "gray"}

folder = data_folder()
path = ledger_file(folder)
chosen = filters.current()
period = filters.asked_period(chosen)
colours = palette(st.context.theme.type)
asked = {
    **period.variables,
    **chosen.variables,
    **ask.plan(folder),
    "moderate_at": LivePolicy(folder).now.thresholds["moderate_at"],
    "with_dismissed": True,
}
now = ask.answers(path, NUMBERS, asked)
fresh = ask.first(now["freshness"])
every = now["advice"]
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
        title, download = st.columns([9, 2], vertical_alignment="center")
        title.subheader(say("Worth a month"), anchor=False)
        download.download_button(
            say("Download CSV"),
            data=as_csv,
            file_name=f"advice-{chosen.range}.csv",
            mime="text/csv",
            on_click="ignore",
            width="stretch",
        )
        parts = {
            say("counted here"): colours.good,
            say("counted at another finding"): colours.hatch,
        }
        st.html(cards.keys(parts, colours))
        picked: Any = st.plotly_chart(
            advice_charts.ranked(found, colours),
            theme=None,
            config=charts.CONFIG,
            key="ranked",
            on_select="rerun",
            selection_mode="points",
            alt=say("A bar for each finding: dollars a month, most on top."),
        )
    points = picked.selection.points
    if points and points[0].get("customdata") not in (None, chosen.finding):
        opened(str(points[0]["customdata"]))
        st.rerun()


def as_csv() -> bytes:
    return export.csv(ask.fresh_answer(path, "advice", asked))


def evidence_as_csv() -> bytes:
    variables = {**asked, "finding": chosen.finding, "top_rows": export.MOST_ROWS}
    return export.csv(ask.fresh_answer(path, "advice_calls", variables))


def opened(finding: str) -> None:
    filters.write(filters.narrowed(chosen, finding=finding))


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
    st.subheader(advice_words.title(row["finding"]), anchor=False)
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
        advice_log.dismiss(path, finding, st.session_state.get(f"reason {finding}", ""))
    ask.forget()


def take_up(finding: str) -> None:
    with notices.trouble_kept():
        advice_log.take_up(path, finding)
    ask.forget()


def evidence() -> None:
    calls = ask.answer(path, "advice_calls", {**asked, "finding": chosen.finding})
    with st.container(border=True):
        title, download = st.columns([9, 2], vertical_alignment="center")
        title.subheader(say("The calls behind it"), anchor=False)
        download.download_button(
            say("Calls as CSV"),
            data=evidence_as_csv,
            file_name=f"advice-{chosen.finding}-{chosen.range}.csv",
            mime="text/csv",
            on_click="ignore",
            width="stretch",
        )
        call = calls_table(calls)
    if call:
        narrowed = filters.narrowed(chosen, call=call, finding="")
        st.switch_page("app_pages/calls.py", query_params=filters.to_url(narrowed))


def calls_table(calls: pl.DataFrame) -> str | None:
    """The id of the call that was just opened (columns of sql/kpi/advice_calls.sql)."""
    st.dataframe(
        charts.shown_money(calls).with_columns(open=pl.lit(say("Open"))),
        hide_index=True,
        placeholder=show.UNKNOWN,
        height="content" if calls.height <= MOST_ROWS else 36 + 35 * MOST_ROWS,
        column_order=["open", "asked_at", "project", "kind", "target", "prompt_tokens",
                      "output_tokens", "list_usd", "saving_usd"],
        column_config={
            "open": st.column_config.ButtonColumn(
                say("Open"), type="tertiary", key="open_evidence", width=55
            ),
            "asked_at": st.column_config.DatetimeColumn(
                say("Asked (UTC)"), format="YYYY-MM-DD HH:mm:ss", width=150
            ),
            "project": say("Project"),
            "kind": say("Kind"),
            "target": say("Target"),
            "prompt_tokens": st.column_config.NumberColumn(say("Prompt"), format="compact"),
            "output_tokens": st.column_config.NumberColumn(say("Output"), format="compact"),
            "list_usd": columns.money(say("List value"), digits=3),
            "saving_usd": columns.money(say("Would save"), digits=3),
        },
        alt=say("The calls behind a finding, those worth most first."),
    )  # fmt: skip
    click = st.session_state.get("open_evidence")
    if not click or click["row"] >= calls.height:
        return None
    return str(calls["call_id"][click["row"]])


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
                when = show.moment(row["dismissed_at"], period.zone)
                st.text(f"{when} · {row['dismissed_reason'] or say('no reason given')}")
            button.button(
                say("Show again"),
                key=f"again {row['finding']}",
                on_click=take_up,
                args=(row["finding"],),
                width="stretch",
            )


if not fresh["calls"]:
    demo_controls.empty_ledger(folder)
    st.stop()
filter_bar.head(say("Advice"), now["filter_values"], chosen)
demo_controls.badge(folder, fresh["demo_calls"])
notices.loading(folder)
lead()
if not found.is_empty():
    ranked()
    for one in found.iter_rows(named=True):
        card(one)
put_aside_list()
notices.sources(NUMBERS | OPENED, period.zone)
