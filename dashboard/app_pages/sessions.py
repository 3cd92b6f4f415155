"""Sessions: which were dear, and what happened in one?"""

import streamlit as st

from collector.files import data_folder, ledger_file
from dashboard import (
    ask,
    demo_controls,
    export,
    filter_bar,
    filters,
    notices,
    one_session,
    session_tables,
    show,
)
from dashboard.i18n import count, say
from dashboard.palette import palette

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

folder = data_folder()
path = ledger_file(folder)
chosen = filters.current()
period = filters.asked_period(chosen)
order = chosen.order if chosen.order in ORDERS else "list_usd"
asked = {
    **period.variables,
    **chosen.variables,
    "title": chosen.title or None,
    "order_by": order,
}


def the_list() -> None:
    now = ask.answers(path, THE_LIST, asked)
    fresh = ask.first(now["freshness"])
    if not fresh["calls"]:
        demo_controls.empty_ledger(folder)
        st.stop()
    filter_bar.head(say("Sessions"), now["filter_values"], chosen)
    demo_controls.badge(folder, fresh["demo_calls"])
    notices.loading(folder)
    notices.unpriced(now["unpriced"])
    found = now["sessions"]
    tools()
    if found.is_empty():
        age = show.span(fresh["last_call_age_s"])
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
    opened = session_tables.sessions(found, period.zone)
    if opened:
        filters.write(filters.narrowed(chosen, session=opened))
        st.rerun()


def tools() -> None:
    search, by, download = st.columns([4, 3, 2], vertical_alignment="center")
    with search:
        filter_bar.typed("title", say("Part of a title"), chosen)
    st.session_state["order_control"] = order
    by.selectbox(
        say("Order"),
        list(ORDERS),
        key="order_control",
        format_func=ORDERS.__getitem__,
        label_visibility="collapsed",
        on_change=filters.changes("order", "order_control"),
    )
    download.download_button(
        say("Download CSV"),
        data=list_csv,
        file_name=f"sessions-{chosen.range}.csv",
        mime="text/csv",
        on_click="ignore",
        width="stretch",
    )


def list_csv() -> bytes:
    every = {**asked, "top_rows": export.MOST_ROWS}
    return export.csv(ask.fresh_answer(path, "sessions", every))


def the_session() -> None:
    title, back, every, download = st.columns([4, 2, 2, 2], vertical_alignment="bottom")
    title.title(say("One session"), anchor=False)
    back.button(
        say("All sessions"),
        icon=":material/arrow_back:",
        on_click=filters.write,
        args=(filters.narrowed(chosen, session=""),),
        width="stretch",
    )
    if every.button(say("All its calls"), width="stretch"):
        to_calls({})
    download.download_button(
        say("Download CSV"),
        data=turns_csv,
        file_name="session-turns.csv",
        mime="text/csv",
        on_click="ignore",
        width="stretch",
    )
    colours = palette(st.context.theme.type)
    opened = one_session.draw(path, chosen.session, period.zone, colours)
    if opened is not None:
        to_calls(opened)


def turns_csv() -> bytes:
    return export.csv(ask.fresh_answer(path, "session_turns", {"session": chosen.session}))


def to_calls(more: dict[str, str]) -> None:
    narrowed = filters.narrowed(chosen, **more)
    st.switch_page("app_pages/calls.py", query_params=filters.to_url(narrowed))


if chosen.session:
    the_session()
else:
    the_list()
notices.sources(ONE if chosen.session else THE_LIST, period.zone)
