"""Sessions: which were dear, and what happened in one?"""

import streamlit as st

from dashboard import (
    ask,
    downloads,
    export,
    filter_bar,
    filters,
    notices,
    one_session,
    page_view,
    session_tables,
    show,
)
from dashboard.i18n import count, say

THE_LIST = {
    "sessions": say("The list, and its CSV"),
    "unpriced": say("Calls without a price"),
    "filter_values": say("What can be chosen above"),
    "freshness": say("Last call"),
}
ONE = {
    "one_session": say("The sentence and the figures"),
    "session_turns": say("The timeline, and its CSV"),
    "session_events": say("What happened"),
    "session_agents": say("Its agents"),
    "session_reviews": say("Review"),
}
ORDERS = {
    "list_usd": say("Dearest first"),
    "last_at": say("Latest first"),
    "calls": say("Most calls first"),
    "failed_attempts": say("Most failures first"),
    "outcome": say("Bad reviews first"),
}

view = page_view.current()
chosen = view.chosen
order = chosen.order if chosen.order in ORDERS else "list_usd"
view = view.asking(title=chosen.title or None, order_by=order)


def the_list() -> None:
    now = view.head(say("Sessions"), THE_LIST)
    notices.unpriced(now["unpriced"])
    found = now["sessions"]
    tools()
    if found.is_empty():
        age = show.span(ask.first(now["freshness"])["last_call_age_s"])
        st.info(say("No session passes these filters. The latest call was {age} ago.", age=age))
        return
    listed = count(found["every_sessions"][0], "**{n}** session", "**{n}** sessions")
    sentence = say(
        "{sessions}, together worth **{list}** at list price. The first: **{top}**.",
        sessions=listed,
        list=show.usd(found["every_list_usd"][0]),
        top=show.usd(found["list_usd"][0]),
    )
    st.markdown(notices.plain_dollars(sentence))
    opened = session_tables.sessions(found, view.period.zone)
    if opened:
        view.go(session=opened)


def tools() -> None:
    search, by, download = st.columns([4, 3, 2], vertical_alignment="center")
    with search:
        filter_bar.typed("title", say("Part of a title"), chosen)
    with by:
        filter_bar.one_of("order", say("Order"), list(ORDERS), order, ORDERS.__getitem__)
    with download:
        every = view.as_csv("sessions", top_rows=export.MOST_ROWS)
        downloads.csv(f"sessions-{chosen.range}", every)


def the_session() -> None:
    title, back, every, download = st.columns([4, 2, 2, 2], vertical_alignment="bottom")
    title.title(say("One session"), anchor=False)
    back.button(
        say("All sessions"),
        icon=":material/arrow_back:",
        on_click=filters.write,
        args=(view.narrowed(session=""),),
        width="stretch",
    )
    if every.button(say("All its calls"), width="stretch"):
        view.open("calls")
    with download:
        downloads.csv("session-turns", view.as_csv("session_turns"))
    opened = one_session.draw(view.path, chosen.session, view.period.zone, view.colours)
    if opened is not None:
        view.open("calls", **opened)


if chosen.session:
    the_session()
else:
    the_list()
notices.sources(ONE if chosen.session else THE_LIST, view.period.zone)
