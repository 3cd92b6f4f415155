"""Cache: is prompt caching working, and what broke it?"""

import polars as pl
import streamlit as st

from dashboard import (
    ask,
    cache_charts,
    cache_tables,
    cards,
    downloads,
    export,
    figures,
    filter_bar,
    filters,
    goals,
    notices,
    page_view,
    plots,
    session,
    show,
)
from dashboard.cache_words import CAUSES, cause_name
from dashboard.i18n import count, say

NUMBERS = {
    "cache_days": say("The sentence, the cards and the share per day"),
    "cache_causes": say("Breaks by cause, and per day"),
    "cache_savings": say("Where caching pays"),
    "filter_values": say("What can be chosen above"),
    "freshness": say("Last call"),
}
OPENED = {
    "cache_break_sessions": say("Sessions of a cause"),
    "cache_break_calls": say("Calls of a cause, and the CSV of breaks"),
}
DIMENSIONS = {
    "project": say("by project"),
    "model": say("by model"),
    "session": say("by session"),
}

view = page_view.current()
chosen, colours = view.chosen, view.colours
dimension = chosen.dimension if chosen.dimension in DIMENSIONS else "project"
cause = chosen.break_cause if chosen.break_cause in CAUSES else ""
view = view.asking(dimension=dimension, break_cause=cause or None)
now = view.head(say("Cache"), NUMBERS)
whole = ask.first(now["cache_days"].filter(pl.col("day_on").is_null()))
days = now["cache_days"].drop_nulls("day_on")
every_break = ask.first(now["cache_causes"])
causes = now["cache_causes"].filter(pl.col("day_on").is_null()).drop_nulls("cause")
goal = session.saved().goals.cache_least
is_counted = whole["calls"] > whole["local_calls"]


def lead() -> None:
    if not is_counted:
        st.info(
            say(
                "No call of this period went to a provider that counts cached tokens. "
                "Local models keep a cache of their own, which costs nothing and is not counted."
            )
        )
        return
    sentence = say(
        "**{share}** of the prompt tokens came from the cache, which saved **{saved}** at list "
        "price: {reads} by reads, less {writes} that writes cost more than plain input.",
        share=show.share(whole["read_share"]),
        saved=show.usd(whole["saved_usd"]),
        reads=show.usd(whole["read_saved_usd"]),
        writes=show.usd(whole["surcharge_usd"]),
    )
    st.markdown(notices.plain_dollars(f"{sentence} {worst()}"))


def worst() -> str:
    """What broke the cache most, in a sentence."""
    if causes.is_empty():
        return say("Nothing broke it.")
    dearest = ask.first(causes)
    return say(
        "Of what broke it, “{cause}” cost most: **{lost}**.",
        cause=cause_name(dearest["cause"]),
        lost=show.usd(dearest["lost_usd"]),
    )


def summary() -> None:
    verdict = goals.verdict(whole["read_share"], goals.Goal(unit="share", at_least=goal))
    unpriced = whole["unpriced_calls"]
    with st.grid(4, min_column_width=150, border=True):
        figures.draw(
            say("Read from the cache"),
            show.share(whole["read_share"]),
            verdict.text,
            say("Share of prompt tokens read from the provider's prompt cache."),
            verdict.colour,
        )
        figures.draw(
            say("Saved by caching"),
            show.usd(whole["saved_usd"]),
            count(unpriced, "{n} call without a price", "{n} calls without a price")
            if unpriced
            else say("reads less write surcharges"),
            say("Against plain input, at list price. On a plan it saves room in the window."),
        )
        figures.draw(
            say("Written for 5 minutes"),
            show.quantity(whole["cache_write_5m_tokens"]),
            say("{n} for an hour", n=show.quantity(whole["cache_write_1h_tokens"])),
            say("Tokens written. An hour's write costs 2 times plain input, 5 minutes' 1.25."),
        )
        lost()


def lost() -> None:
    breaks = count(every_break["breaks"], "{n} break", "{n} breaks")
    unpriced = every_break["unpriced_breaks"]
    figures.draw(
        say("Lost to cache breaks"),
        show.usd(every_break["lost_usd"]) if every_break["breaks"] else show.usd(0),
        say("{breaks}, {n} without a price", breaks=breaks, n=unpriced) if unpriced else breaks,
        say("What turns paid anew although the turn before had cached it, at list price."),
    )


def course() -> None:
    own = now["cache_causes"].drop_nulls("day_on")
    with st.container(border=True):
        downloads.titled(
            say("Read share, and what breaks cost, per day"),
            f"cache-{chosen.range}",
            view.as_csv("cache_days"),
        )
        shades = cache_charts.shades(own, colours)
        st.html(cards.keys({cause_name(name): hue for name, hue in shades.items()}, colours))
        day = plots.picked_day(
            cache_charts.course(days, own, goal, colours),
            "cache_course",
            say("Share of prompt tokens read from the cache, and dollars lost to breaks."),
        )
    if day and day != chosen.range:
        view.go(range=day)


def uncounted() -> str:
    """Whose prompts lower the share, although they have no cache that is counted."""
    return count(
        whole["local_calls"],
        "{n} call went to a local model, with {tokens} tokens of the prompts above. "
        "Those keep a cache of their own, which is free and not counted.",
        "{n} calls went to local models, with {tokens} tokens of the prompts above. "
        "Those keep a cache of their own, which is free and not counted.",
        tokens=show.quantity(whole["local_tokens"]),
    )


def broke() -> None:
    title = say("What broke it")
    if causes.is_empty():
        st.header(title, anchor=False)
        st.markdown(say("No turn lost a warm prefix in this period."))
        return
    every = view.as_csv("cache_break_calls", top_rows=export.MOST_ROWS)
    downloads.titled(title, f"cache-breaks-{chosen.range}", every, say("Breaks as CSV"))
    opened = cache_tables.causes(causes)
    if opened and opened["cause"] != cause:
        view.go(break_cause=opened["cause"])


def pays() -> None:
    title, by = st.columns([6, 5], vertical_alignment="center")
    title.header(say("Where it pays"), anchor=False)
    with by:
        filter_bar.one_of(
            "dimension", say("Split"), list(DIMENSIONS), dimension, DIMENSIONS.__getitem__
        )
    opened = cache_tables.savings(now["cache_savings"])
    if opened:
        value = opened["named_value"] or filters.NOTHING
        view.open("calls", **{dimension: value})


def closer() -> None:
    """The sessions of one cause, and its calls."""
    if not cause and not chosen.session:
        notices.small(say("Open a cause to see its sessions and calls."))
        return
    later = view.answers(OPENED)
    with st.container(border=True):
        title, shut = st.columns([8, 3], vertical_alignment="center")
        words = cause_name(cause) if cause else say("Every cause")
        title.header(say("Breaks: {cause}", cause=words), anchor=False)
        shut.button(
            say("Close"),
            on_click=filters.write,
            args=(view.narrowed(break_cause="", session=""),),
            width="stretch",
        )
        if not chosen.session:
            opened = cache_tables.sessions(later["cache_break_sessions"])
            if opened:
                view.go(session=opened["session_id"])
        opened = cache_tables.calls(later["cache_break_calls"])
    if opened:
        view.open("calls", call=opened["call_id"])


lead()
if is_counted:
    summary()
    course()
    with st.container(border=True):
        broke()
    closer()
    with st.container(border=True):
        pays()
    if whole["local_calls"]:
        notices.small(uncounted())
notices.small(say("faregate's own cache of whole answers is off in this version."))
notices.sources(NUMBERS | OPENED, view.period.zone)
