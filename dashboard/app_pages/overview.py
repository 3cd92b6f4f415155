"""Overview: am I on goal, and why?"""

from typing import Any

import streamlit as st

from collector.files import data_folder, ledger_file
from dashboard import (
    ask,
    cards,
    charts,
    demo_controls,
    filter_bar,
    filters,
    kpi_cards,
    notices,
    show,
    top_tables,
)
from dashboard.i18n import say
from dashboard.palette import palette
from dashboard.period import before

NUMBERS = {
    "six_kpis": say("Paid, saved, list value, settled calls, limit hits, shares, calls"),
    "paid_by_role": say("The bar and the legend"),
    "daily_kpis": say("The course of each KPI"),
    "daily_cost": say("Paid per day against all-Opus"),
    "top_projects": say("Where the money goes"),
    "top_sessions": say("Dearest sessions"),
    "unpriced": say("Calls without a price"),
    "freshness": say("Last call"),
    "filter_values": say("What can be chosen above"),
    "live_windows": say("Plan windows now"),
}

folder = data_folder()
path = ledger_file(folder)
chosen = filters.current()
period = filters.asked_period(chosen)
past = before(period, filters.now())
colours = palette(st.context.theme.type)
asked = {**period.variables, **chosen.variables, **ask.plan(folder)}
now = ask.answers(path, [name for name in NUMBERS if name != "live_windows"], asked)
fresh = ask.first(now["freshness"])


def head() -> None:
    words, period_box, project_box = st.columns([5, 3, 2], vertical_alignment="bottom")
    words.title(say("Overview"), anchor=False)
    with period_box:
        filter_bar.range_control(chosen)
    with project_box:
        filter_bar.picked("project", say("Project"), now["filter_values"], chosen)


def lead() -> None:
    """The answer in one sentence, and how fresh it is."""
    cost = ask.first(now["six_kpis"])
    less = "**{paid}** paid for work of {list} list value: **{saved}** less than all-Opus."
    more = "**{paid}** paid for work of {list} list value: **{saved}** more than all-Opus."
    sentence = say(
        less if cost["saved_usd"] >= 0 else more,
        paid=show.usd(cost["paid_usd"]),
        list=show.usd(cost["list_usd"]),
        saved=show.usd(abs(cost["saved_usd"])),
    )
    stamp = say(
        "Last call {age} ago, {at}",
        age=show.span(fresh["last_call_age_s"]),
        at=show.moment(fresh["last_call_at"], period.zone),
    )
    st.markdown(notices.plain_dollars(f"{sentence} :gray[{stamp}]"))


def kpis() -> None:
    if not ask.first(now["six_kpis"])["calls"]:
        age = show.span(fresh["last_call_age_s"])
        st.info(say("No call passes these filters. The latest call was {age} ago.", age=age))
    knows_past = fresh["first_call_at"] <= past.start_at
    had = ask.answer(path, "six_kpis", {**asked, **past.variables}) if knows_past else None
    kpi_cards.draw(now, None if had is None else ask.first(had), colours)


def daily() -> None:
    saved = ask.first(now["six_kpis"])["saved_usd"]
    with st.container(border=True, height="stretch"):
        st.subheader(say("Paid per day against all-Opus"), anchor=False)
        st.html(cards.legend(cards.used_roles(now["paid_by_role"]), colours))
        picked: Any = st.plotly_chart(
            charts.daily_paid(now["daily_cost"], now["daily_kpis"], saved, colours),
            theme=None,
            config=charts.CONFIG,
            key="daily_paid",
            on_select="rerun",
            selection_mode="points",
            alt=say("Stacked bars of what each day cost, and the all-Opus line above them."),
        )
    if picked.selection.points:
        day = filters.narrowed(chosen, range=str(picked.selection.points[0]["x"])[:10])
        st.switch_page("app_pages/calls.py", query_params=filters.to_url(day))


@st.fragment(run_every="15s")
def windows() -> None:
    with notices.trouble_shown():
        readings = ask.answer(path, "live_windows", {})
        title, badge = st.columns([3, 2], vertical_alignment="center")
        title.subheader(say("Plan windows now"), anchor=False)
        badge.badge(say("live · 15 s"), icon=":material/sensors:", color="gray")
        if readings.is_empty():
            st.markdown(say("No plan window was read in the last 8 days."))
            notices.small(say("Answers to calls on a Max or Pro login carry them."))
        else:
            st.html(cards.windows(readings, colours))
        notices.small(say("Of the whole account, whatever the period and project above."))


def tables() -> None:
    left, right = st.columns([4, 6])
    with left, st.container(border=True, height="stretch"):
        st.subheader(say("Where the money goes"), anchor=False)
        top_tables.projects(now["top_projects"])
    with right, st.container(border=True, height="stretch"):
        st.subheader(say("Dearest sessions"), anchor=False)
        opened = top_tables.sessions(now["top_sessions"])
    if opened:
        session = filters.narrowed(chosen, session=opened)
        st.switch_page("app_pages/calls.py", query_params=filters.to_url(session))


if not fresh["calls"]:
    demo_controls.empty_ledger(folder)
    st.stop()
head()
demo_controls.badge(folder, fresh["demo_calls"])
notices.loading(folder)
notices.unpriced(now["unpriced"])
lead()
kpis()
left, right = st.columns([7, 3])
with left:
    daily()
with right, st.container(border=True, height="stretch"):
    windows()
tables()
notices.sources(NUMBERS, period.zone)
