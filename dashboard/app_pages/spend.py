"""Spend: where does the money go, and why is it more or less than before?"""

from typing import Any

import polars as pl
import streamlit as st

from dashboard import (
    ask,
    cards,
    downloads,
    figures,
    filter_bar,
    filters,
    goals,
    notices,
    page_view,
    plots,
    show,
    spend_charts,
    spend_table,
)
from dashboard.i18n import say

NUMBERS = {
    "six_kpis": say("The sentence and the cards, and the period before"),
    "spend_course": say("Over time"),
    "spend_by": say("The table, and its CSV"),
    "spend_change": say("What changed, and why"),
    "unpriced": say("Calls without a price"),
    "filter_values": say("What can be chosen above"),
    "freshness": say("Last call"),
}
MEASURES = {
    "list_usd": say("List value"),
    "cash_usd": say("Cash"),
    "tokens": say("Tokens"),
    "calls": say("Calls"),
}
DIMENSIONS = {
    "model": say("by model"),
    "target": say("by target"),
    "provider": say("by provider"),
    "project": say("by project"),
    "branch": say("by branch"),
    "session": say("by session"),
    "agent": say("by agent"),
    "kind": say("by kind"),
    "route": say("by route"),
    "hour": say("by hour of the day"),
}

HATCHED = f"<span>{say('hatched: answered by the plan')}</span>"

view = page_view.current()
chosen, colours = view.chosen, view.colours
dimension = chosen.dimension if chosen.dimension in DIMENSIONS else "model"
measure = chosen.measure if chosen.measure in MEASURES else "list_usd"
view = view.asking(
    **ask.plan(view.folder),
    dimension=dimension,
    before_start_at=view.past.start_at,
    before_end_at=view.past.end_at,
)
now = view.head(say("Spend"), NUMBERS, also=view.kpis_before)
fresh, cost = ask.first(now["freshness"]), ask.first(now["six_kpis"])


def lead(earlier: dict[str, Any] | None) -> None:
    if not cost["list_usd"]:
        page_view.none_passes(fresh)
        return
    sentence = say(
        "Work worth **{list}** at list price, for **{cash}** in cash and {plan} of the plan's fee.",
        list=show.usd(cost["list_usd"]),
        cash=show.usd(cost["cash_usd"]),
        plan=show.usd(cost["plan_usd"]),
    )
    if earlier and earlier["list_usd"]:
        more = cost["list_usd"] >= earlier["list_usd"]
        gap = show.usd(abs(cost["list_usd"] - earlier["list_usd"]))
        compared = say(
            "{gap} more than the period before." if more else "{gap} less than the period before.",
            gap=gap,
        )
        sentence = f"{sentence} {compared}"
    st.markdown(notices.plain_dollars(sentence))


def summary(earlier: dict[str, Any] | None) -> None:
    was = earlier or {}
    with st.grid(4, min_column_width=150, border=True):
        for name, label, about in (
            ("list_usd", say("List value"), say("What this work costs at API list price.")),
            ("cash_usd", say("Cash"), say("API charges and electricity, beyond the plan's fee.")),
            ("paid_usd", say("Paid"), say("Cash and the plan's fee for these days.")),
            ("calls", say("Calls"), say("Inference calls.")),
        ):
            unit = "count" if name == "calls" else "usd"
            value = show.quantity(cost[name]) if unit == "count" else show.usd(cost[name])
            figures.draw(label, value, _moved(cost[name], was.get(name), unit), about)


def _moved(value: Any, earlier: Any, unit: str) -> str:
    return goals.trend(float(value), None if earlier is None else float(earlier), unit)


def course() -> None:
    with st.container(border=True):
        title, by, of, download = st.columns([3, 2, 4, 2], vertical_alignment="center")
        title.header(say("Over time"), anchor=False)
        with by:
            filter_bar.one_of(
                "dimension", say("Split"), list(DIMENSIONS), dimension, DIMENSIONS.__getitem__
            )
        with of:
            _segmented("measure", MEASURES, measure)
        with download:
            downloads.csv(f"spend-{dimension}-{chosen.range}", view.as_csv("spend_by"))
        if dimension == "hour":
            by_hour()
            return
        days = now["spend_course"]
        shades = spend_charts.shades(days, dimension, colours)
        names = {spend_charts.value_name(n): c for n, c in shades.items()}
        is_hatched = any(name.startswith("max/") for name in names)
        st.html(cards.keys(names, colours, *([HATCHED] if is_hatched else [])))
        day = plots.picked_day(
            spend_charts.course(days, measure, dimension, colours),
            "spend_course",
            say("Stacked bars of what each day cost."),
        )
    if day:
        view.open("calls", range=day)


def by_hour() -> None:
    figure = spend_charts.hours(now["spend_by"], measure, colours)
    plots.draw(figure, "spend_hours", say("A bar for each hour of the day."))


def _segmented(field: str, names: dict[str, str], held: str) -> None:
    st.session_state[f"{field}_control"] = held
    st.segmented_control(
        say("Measure"),
        list(names),
        key=f"{field}_control",
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=filters.changes(field, f"{field}_control"),
    )


def tables(earlier: dict[str, Any] | None) -> None:
    left, right = st.columns([7, 5])
    with left, st.container(border=True, height="stretch"):
        st.header(say("Where it went, {by}", by=DIMENSIONS[dimension]), anchor=False)
        opened = spend_table.draw(now["spend_by"], dimension)
    with right, st.container(border=True, height="stretch"):
        st.header(say("What changed, and why"), anchor=False)
        if earlier is None:
            st.markdown(say("The ledger does not reach back to the whole period before."))
        else:
            explained(now["spend_change"])
    if opened:
        view.open("calls", **opened)


def explained(steps: pl.DataFrame) -> None:
    values = dict(steps.select("step", "usd").iter_rows())
    sentence = say(
        "List value **{before}** → **{now}**",
        before=show.usd(values["before"]),
        now=show.usd(values["now"]),
    )
    st.markdown(notices.plain_dollars(sentence))
    plots.draw(
        spend_charts.change(steps, colours),
        "change",
        say("What each cause added to the list value, or took from it."),
    )
    notices.small(
        say(
            "Against as much time before. Length: longer or shorter prompts and answers, "
            "and what no rate explains."
        )
    )


notices.unpriced(now["unpriced"])
earlier = view.earlier(now)
lead(earlier)
summary(earlier)
course()
tables(earlier)
notices.sources(NUMBERS, view.period.zone)
