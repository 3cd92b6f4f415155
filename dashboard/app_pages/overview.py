"""Overview: am I on goal, and why?"""

from datetime import date

import polars as pl
import streamlit as st

from collector.live_policy import LivePolicy
from dashboard import (
    advice_card,
    ask,
    cards,
    charts,
    filters,
    kpi_cards,
    notices,
    page_view,
    plots,
    show,
    top_tables,
    windows_now,
)
from dashboard.i18n import say

NUMBERS = {
    "six_kpis": say("Paid, saved, list value, settled calls, limit hits, shares, calls"),
    "unpriced": say("Calls without a price"),
    "quality": say("Quality: tasks that went well"),
    "paid_by_role": say("The bar and the legend"),
    "daily_kpis": say("The course of each KPI"),
    "daily_cost": say("Paid per day against all-Opus"),
    "top_projects": say("Where the money goes"),
    "top_sessions": say("Dearest sessions"),
    "freshness": say("Last call"),
    "filter_values": say("What can be chosen above"),
    "policy_versions": say("When a policy came into force"),
    "live_windows": say("Plan windows now"),
    "advice": say("Advice"),
}
MOST_MARKS = 3
SKELETON_PX, ADVICE_PX = 620, 120

view = page_view.current()
light = LivePolicy(view.folder).now.thresholds["moderate_at"]
view = view.asking(**ask.plan(view.folder), moderate_at=light)
chosen, period, colours = view.chosen, view.period, view.colours
windows_now.begun(view.path)
asked = [name for name in NUMBERS if name != "live_windows"]
now = view.head(say("Overview"), asked, also=view.kpis_before)
fresh = ask.first(now["freshness"])


def lead() -> None:
    """The answer in one sentence, and how fresh it is."""
    cost = ask.first(now["six_kpis"])
    sentence = say(
        "**{paid}** paid for work of {list} list value: **{saved}** less than all-Opus."
        if cost["saved_usd"] >= 0
        else "**{paid}** paid for work of {list} list value: **{saved}** more than all-Opus.",
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
        page_view.none_passes(fresh)
    kpi_cards.draw(now, view.earlier(now), colours, filters.to_url(chosen))


def applied() -> dict[date, str]:
    """The latest policies that came into force within the period, by local day."""
    versions = now["policy_versions"].filter(pl.col("applied_at") >= period.start_at)
    rows = versions.sort("applied_at").tail(MOST_MARKS).select("applied_at", "policy_version")
    return {show.local(at, period.zone).date(): version for at, version in rows.iter_rows()}


def daily() -> None:
    saved = ask.first(now["six_kpis"])["saved_usd"]
    with st.container(border=True, height="stretch"):
        st.header(say("Paid per day against all-Opus"), anchor=False)
        st.html(cards.legend(cards.used_roles(now["paid_by_role"]), colours))
        day = plots.picked_day(
            charts.daily_paid(now["daily_cost"], now["daily_kpis"], saved, colours, applied()),
            "daily_paid",
            say("Stacked bars of what each day cost, and the all-Opus line above them."),
            height="stretch",
        )
    if day:
        view.open("calls", range=day)


def tables() -> None:
    left, right = st.columns([4, 6])
    with left, st.container(border=True, height="stretch"):
        st.header(say("Where the money goes"), anchor=False)
        top_tables.projects(now["top_projects"])
    with right, st.container(border=True, height="stretch"):
        st.header(say("Dearest sessions"), anchor=False)
        opened = top_tables.sessions(now["top_sessions"])
    if opened:
        view.open("sessions", session=opened)


def advice() -> None:
    with st.skeleton(height=ADVICE_PX):
        found = now["advice"]
    advice_card.draw(found, filters.to_url(chosen))


with st.skeleton(height=SKELETON_PX):
    _ = now["six_kpis"]
notices.unpriced(now["unpriced"])
lead()
kpis()
left, right = st.columns([7, 3])
with left:
    daily()
with right, st.container(border=True, height="stretch"):
    windows_now.draw(view.path, colours)
    advised = st.container()
tables()
with advised:  # the slowest question comes last, and holds nothing up
    advice()
notices.sources(NUMBERS, period.zone)
