"""Routing: who answered, why, and did it go well?"""

from typing import Any

import streamlit as st

from dashboard import (
    ask,
    cards,
    downloads,
    figures,
    filters,
    notices,
    page_view,
    plots,
    routing_charts,
    routing_tables,
    show,
)
from dashboard.i18n import count, say
from dashboard.palette import cause_name

NUMBERS = {
    "routing_sums": say("The sentence and the cards"),
    "routing_flow": say("What went where"),
    "rules_used": say("Rules"),
    "fallbacks": say("Who failed, and who answered instead"),
    "daily_failures": say("Failed attempts per day"),
    "target_latency": say("Latency by target"),
    "switches": say("Model switches"),
    "skipped_targets": say("Passed over"),
    "policy_versions": say("Policies"),
    "filter_values": say("What can be chosen above"),
    "freshness": say("Last call"),
}
MEASURES = {
    "list_usd": say("List value"),
    "calls": say("Calls"),
    "cash_usd": say("Cash"),
}

view = page_view.current()
period, colours = view.period, view.colours
now = view.head(say("Routing"), NUMBERS)
fresh, sums = ask.first(now["freshness"]), ask.first(now["routing_sums"])


def lead() -> None:
    """The answer in one sentence."""
    if not sums["calls"]:
        page_view.none_passes(fresh)
        return
    if not sums["routed_calls"]:
        st.info(
            say(
                "These calls were relayed as they were asked: no policy routed them. "
                "`faregate policy apply plan` puts one in force, "
                "`faregate policy show plan` prints it."
            ),
            icon=":material/alt_route:",
        )
        return
    routed = count(sums["calls"], "**{n}** call", "**{n}** calls")
    sentence = say(
        "{calls}, {share} of them by a rule. {retried} met a target that failed, and "
        "**{rescued}** of those were answered by another.",
        calls=routed,
        share=show.share(sums["routed_share"]),
        retried=f"**{sums['retried_calls']:,}**",
        rescued=f"{sums['rescued_calls']:,}",
    )
    st.markdown(notices.plain_dollars(sentence))


def summary() -> None:
    with st.grid(5, min_column_width=150, border=True):
        figures.draw(
            say("Rescued"),
            show.quantity(sums["rescued_calls"]),
            say("of {n} that met a failure", n=f"{sums['retried_calls']:,}"),
            say("Calls whose first target failed, and that another target answered."),
        )
        figures.draw(
            say("Not answered at all"),
            show.quantity(sums["lost_calls"]),
            say("calls lost") if sums["lost_calls"] else say("none lost"),
            say("Calls that ended without a complete answer, whoever was tried."),
            "orange" if sums["lost_calls"] else "green",
        )
        figures.draw(
            say("Held at a warm cache"),
            show.quantity(sums["held_calls"]),
            say("{n} escalated", n=f"{sums['escalated_calls']:,}"),
            say("Calls that stayed with their session's model because its cache was warm."),
        )
        switches()


def switches() -> None:
    figures.draw(
        say("Model switches"),
        show.quantity(sums["switches"]),
        say("{n} left a warm cache", n=f"{sums['cold_switches']:,}"),
        say("Turns answered by another target than the turn before, in one session."),
    )
    unpriced = sums["unpriced_switches"]
    cash = say("{usd} of it cash", usd=show.usd(sums["cold_cash_usd"]))
    figures.draw(
        say("Cold-cache cost"),
        show.usd(sums["cold_usd"]),
        count(unpriced, "{n} switch not priced", "{n} switches not priced") if unpriced else cash,
        say("What switches made to be read anew, above a cache read, at list price."),
        "orange" if unpriced else "gray",
    )


def flow() -> None:
    with st.container(border=True):
        title, picker, download = st.columns([5, 3, 2], vertical_alignment="center")
        title.header(say("What went where"), anchor=False)
        with picker:
            measure = st.segmented_control(
                say("Wide as"),
                list(MEASURES),
                default="list_usd",
                format_func=MEASURES.__getitem__,
                key="flow_measure",
                required=True,
                label_visibility="collapsed",
                persist_state="session",
            )
        with download:
            downloads.csv(f"routing-{view.chosen.range}", view.as_csv("routing_flow"))
        if now["routing_flow"][measure or "list_usd"].sum() == 0:
            st.markdown(say("Nothing of this was spent."))
            return
        notices.small(
            say("From the kind of call, by the route that its rule named, to the target.")
        )
        plots.draw(
            routing_charts.flow(now["routing_flow"], measure or "list_usd", colours),
            "flow",
            say("A flow from kinds of calls by routes to targets."),
        )
        with st.expander(say("As a table"), icon=":material/table:"):
            open_calls(routing_tables.flows(now["routing_flow"]))


def failed() -> None:
    st.header(say("Fallbacks by cause"), anchor=False)
    if now["fallbacks"].is_empty():
        st.markdown(say("No attempt failed in this period."))
        return
    causes = set(now["daily_failures"]["cause"])
    boxes = {cause_name(name): hue for name, hue in colours.cause.items() if name in causes}
    st.html(cards.keys(boxes, colours))
    plots.draw(
        routing_charts.failures(now["daily_failures"], days(), colours),
        "failures",
        say("Stacked bars of failed attempts per day, by cause."),
    )
    open_calls(routing_tables.fallbacks(now["fallbacks"]))


def days() -> list[Any]:
    """The first and the last moment that the period has to show, on the reader's clock."""
    ends = (period.start_at, min(period.end_at, filters.now()))
    return [show.local(end, period.zone) for end in ends]


def latency() -> None:
    st.header(say("Time to the first byte"), anchor=False)
    if now["target_latency"].drop_nulls("ttfb_p50_ms").is_empty():
        st.markdown(say("No target was timed in this period."))
        return
    notices.small(say("Dot: the median. Mark: one call in twenty took longer."))
    plots.draw(
        routing_charts.latency(now["target_latency"], colours),
        "latency",
        say("Median and 95th percentile of the time to the first byte, by target."),
    )
    open_calls(routing_tables.latency(now["target_latency"]))


def open_calls(opened: routing_tables.Opened) -> None:
    if opened:
        view.open("calls", **opened)


def details() -> None:
    with st.container(border=True):
        st.header(say("Rules"), anchor=False)
        open_calls(routing_tables.rules(now["rules_used"]))
    with st.container(border=True):
        st.header(say("Model switches"), anchor=False)
        if now["switches"].is_empty():
            st.markdown(say("No session changed its target."))
        else:
            routing_tables.switches(now["switches"])
    with st.container(border=True):
        st.header(say("Passed over"), anchor=False)
        if now["skipped_targets"].is_empty():
            st.markdown(say("No target of a chain was passed over."))
        else:
            routing_tables.skipped(now["skipped_targets"])
    with st.container(border=True):
        st.header(say("Policies"), anchor=False)
        if now["policy_versions"].is_empty():
            st.markdown(say("No policy routed a call of this period."))
        else:
            routing_tables.policies(now["policy_versions"])
        notices.small(say("`faregate policy diff VERSION` shows what changed since."))


lead()
summary()
flow()
with st.container(border=True):
    failed()
with st.container(border=True):
    latency()
details()
notices.sources(NUMBERS, period.zone)
