"""Limits: will I hit a limit, when, and who fills the window?"""

import polars as pl
import streamlit as st

from collector.live_policy import LivePolicy
from dashboard import (
    ask,
    cards,
    downloads,
    figures,
    filters,
    goals,
    kpi_cards,
    limit_charts,
    limit_tables,
    notices,
    page_view,
    plots,
    show,
    windows_now,
)
from dashboard.i18n import count, say
from router.call import Bill

NUMBERS = {
    "live_windows": say("Plan windows now, and where they are heading"),
    "window_course": say("Windows over time"),
    "blocked_sums": say("Limit hits, minutes without the plan, and what they cost"),
    "blocked": say("Stretches without the plan"),
    "limit_hits": say("Limit hits a month"),
    "window_spenders": say("Who spent it"),
    "plan_burn": say("What the plan answered, over time"),
    "key_limits": say("API keys"),
    "filter_values": say("What can be chosen above"),
    "freshness": say("Last call"),
}
DAYS_BY_HOUR = 8

view = page_view.current()
chosen, period, colours = view.chosen, view.period, view.colours
now = view.head(say("Limits"), NUMBERS)
sums = ask.first(now["blocked_sums"])


def lead() -> None:
    """The answer in one sentence: what fills first, or that nothing does."""
    live = now["live_windows"]
    if live.is_empty():
        st.markdown(say("No plan window was read in the last 8 days."))
        return
    spent = live.filter(~pl.col("is_reset") & (pl.col("utilization") >= 1))
    filling = live.filter(pl.col("full_in_s") < pl.col("reset_in_s")).sort("full_in_s")
    if not spent.is_empty():
        row = spent.row(0, named=True)
        st.markdown(
            say(
                "The **{window}** is spent for another **{time}**: work goes to other targets.",
                window=cards.window_name(row["limit_window"]),
                time=show.span(row["reset_in_s"]),
            )
        )
    elif not filling.is_empty():
        row = filling.row(0, named=True)
        st.markdown(
            say(
                "At this pace the **{window}** is full in **{time}**, before its reset.",
                window=cards.window_name(row["limit_window"]),
                time=show.span(max(row["full_in_s"], 0)),
            )
        )
    else:
        st.markdown(say("At this pace **no window fills** before its reset."))


def summary() -> None:
    [every] = now["limit_hits"].filter(pl.col("limit_window") == "all").to_dicts()
    verdict = goals.verdict(every["hits_30d"], goals.limit_hits())
    with st.grid(4, min_column_width=150, border=True):
        st.metric(
            say("Plan limit hits"),
            sums["hits"],
            verdict.text,
            delta_color=verdict.colour,
            delta_arrow="off",
            help=kpi_cards.about_limit_hits(),
        )
        figures.draw(
            say("Time without the plan"),
            show.span(60 * sums["blocked_minutes"]) if sums["stretches"] else "0",
            count(sums["stretches"], "{n} stretch", "{n} stretches"),
            say("From a refusal to the reset, or to the first answer after it."),
        )
        figures.draw(
            say("Calls answered elsewhere"),
            show.quantity(sums["moved_calls"]),
            say("went on all the same"),
            say("Answered by others while the plan was spent, background work apart."),
        )
        figures.draw(
            say("Cash for them"),
            show.usd(sums["cash_usd"]),
            say("beyond the plan's fee"),
            say("What the API charged for the calls that the plan refused, or would have."),
        )


def course() -> None:
    with st.container(border=True, height="stretch"):
        title, file = say("Windows over time"), view.as_csv("window_course")
        downloads.titled(title, f"limits-{chosen.range}", file)
        readings = on_clock(now["window_course"])
        if readings.is_empty():
            st.markdown(say("No plan window was read in this period."))
            return
        names = readings["limit_window"].unique(maintain_order=True)
        lines = {cards.window_name(n): limit_charts.window_colour(n, colours) for n in names}
        mark = leave_at()
        st.html(cards.keys(lines, colours, *_marks(mark)))
        live = on_clock(now["live_windows"])
        plots.draw(
            limit_charts.course(readings, live, mark, colours),
            "course",
            say("How full each plan window was over time, and where it is heading."),
        )


def _marks(mark: float | None) -> list[str]:
    marks = [cards.hit_mark(colours), cards.line_key(say("at this pace"), colours.faded)]
    if mark is not None:
        text = say("from {share} on, light work leaves the plan", share=f"{mark:.0%}")
        marks.append(cards.line_key(text, colours.fair_text))
    return marks


def leave_at() -> float | None:
    """Above which utilisation the policy sends light work elsewhere; None without a policy."""
    in_force = LivePolicy(view.folder).rules_for(Bill.PLAN)
    return in_force.rules.policy.limits.leave_at if in_force else None


def on_clock(frame: pl.DataFrame) -> pl.DataFrame:
    """UTC instants as the reader's clock tells them, without a zone."""
    utc = pl.selectors.datetime().dt.replace_time_zone("UTC")
    return frame.with_columns(utc.dt.convert_time_zone(period.zone).dt.replace_time_zone(None))


def stretches() -> None:
    with st.container(border=True, height="stretch"):
        st.header(say("Without the plan"), anchor=False)
        if now["blocked"].is_empty():
            st.markdown(say("No window was spent in this period."))
            return
        call = limit_tables.blocked(on_clock(now["blocked"]))
        if call:
            view.open("calls", call=call)


def spenders() -> None:
    with st.container(border=True, height="stretch"):
        st.header(say("Who filled the windows that are open now"), anchor=False)
        if now["window_spenders"].is_empty():
            st.markdown(say("No window is open: the next call on the plan opens one."))
            return
        session = limit_tables.spenders(now["window_spenders"])
        notices.small(say("Shared out by list value: how a window is weighed is not published."))
    if session:
        page_view.to_page("calls", filters.Filters(range=chosen.range, session=session))


def burn() -> None:
    with st.container(border=True):
        st.header(say("Burn rate: list value that the plan answered"), anchor=False)
        hours = now["plan_burn"]
        if hours.is_empty():
            st.markdown(say("The plan answered nothing in this period."))
            return
        is_short = (period.end_at - period.start_at).days <= DAYS_BY_HOUR
        notices.small(say("per hour") if is_short else say("per day"))
        st.html(cards.keys(projects(hours), colours))
        plots.draw(
            limit_charts.burn(hours, "1h" if is_short else "1d", colours),
            "burn",
            say("Stacked bars of list value that the plan answered, by project."),
        )


def projects(hours: pl.DataFrame) -> dict[str, str]:
    """The colours of the bars, by what they stand for."""
    shades = limit_charts.project_colours(hours, colours)
    named = {name or filters.NOTHING: colour for name, colour in shades.items()}
    if hours["project"].n_unique() > len(shades):
        named[say("all others")] = colours.role["other"]
    return named


def keys() -> None:
    if now["key_limits"].is_empty():
        return
    with st.container(border=True):
        st.header(say("API keys: requests and tokens a minute"), anchor=False)
        limit_tables.key_limits(on_clock(now["key_limits"]))


lead()
summary()
left, right = st.columns([7, 3])
with left:
    course()
with right, st.container(border=True, height="stretch"):
    windows_now.draw(view.path, colours)
left, right = st.columns([6, 7])
with left:
    stretches()
with right:
    spenders()
burn()
keys()
notices.small(
    say("All but the burn rate is of the whole account, whatever the project chosen above.")
)
notices.sources(NUMBERS, period.zone)
