"""One session in full: its timeline, what happened in it, its agents, and how it went."""

from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from dashboard import (
    ask,
    cards,
    figures,
    notices,
    plots,
    review_form,
    session_charts,
    session_tables,
    show,
)
from dashboard.i18n import count, say
from dashboard.palette import Palette
from dashboard.session_words import EVENTS, SIGNS, event_colour, event_name

KPIS = ("one_session", "session_turns", "session_events", "session_agents", "session_reviews")


def draw(path: Path, session_id: str, zone: str, colours: Palette) -> dict[str, str] | None:
    """The filters of what was just opened: one call, or the calls of an agent."""
    answers = ask.answers(path, KPIS, {"session": session_id})
    if answers["one_session"].is_empty():
        st.info(say("No session in the ledger has this id."))
        st.text(session_id)
        return None
    whole = ask.first(answers["one_session"])
    _head(whole, zone)
    _figures(whole)
    picked = _timeline(answers["session_turns"], answers["session_events"], zone, colours)
    left, right = st.columns([7, 5])
    with left, st.container(border=True):
        st.header(say("What happened"), anchor=False)
        happened = _events(answers["session_events"], zone)
    with right, st.container(border=True):
        st.header(say("Review"), anchor=False)
        review_form.draw(path, session_id, answers["session_reviews"], zone)
    with st.container(border=True):
        st.header(say("Its agents"), anchor=False)
        agent = session_tables.agents(answers["session_agents"])
    if call := picked or happened:
        return {"call": call}
    return None if agent is None else {"kind": "subagent" if agent else ""}


def _head(whole: dict[str, Any], zone: str) -> None:
    st.text(whole["title"] or whole["session_id"])
    turns = count(whole["turns"], "**{n}** turn", "**{n}** turns")
    sentence = say(
        "{turns} worth **{list}** at list price over {time}; "
        "the longest prompt held {tokens} tokens.",
        turns=turns,
        list=show.usd(whole["list_usd"]),
        time=show.span(whole["span_s"]),
        tokens=show.quantity(whole["longest_prompt_tokens"]),
    )
    began = say("Began {at}", at=show.moment(whole["first_at"], zone))
    st.markdown(notices.plain_dollars(f"{sentence} :gray[{began}]"))
    if whole["unpriced_calls"]:
        notices.small(
            count(
                whole["unpriced_calls"],
                "{n} call has no price: money shown here is too low.",
                "{n} calls have no price: money shown here is too low.",
            )
        )


def _figures(whole: dict[str, Any]) -> None:
    known = say("of {n} known", n=whole["known_tasks"])
    with st.grid(5, min_column_width=130, border=True):
        figures.draw(
            say("List value"), show.usd(whole["list_usd"]),
            say("{usd} cash", usd=show.usd(whole["cash_usd"])),
            say("What this work costs at API list price."),
        )  # fmt: skip
        figures.draw(
            say("Calls"), show.quantity(whole["calls"]),
            count(whole["agents"], "{n} agent", "{n} agents"), say("Inference calls."),
        )  # fmt: skip
        figures.draw(
            say("Prompt-cache reads"), show.share(whole["cache_read_share"]),
            say("of prompt tokens"), say("Prompt tokens read from the provider's cache."),
        )  # fmt: skip
        figures.draw(
            say("Longest prompt"), show.quantity(whole["longest_prompt_tokens"]), say("tokens"),
            say("Tokens of one prompt."),
        )  # fmt: skip
        figures.draw(
            say("Tasks gone well"),
            show.quantity(whole["passed_tasks"] if whole["known_tasks"] else None),
            known,
            say("By tests, commits, and what was said and done next."),
        )


def _timeline(turns: pl.DataFrame, events: pl.DataFrame, zone: str, colours: Palette) -> str | None:
    """The call of a turn that was clicked."""
    with st.container(border=True):
        st.header(say("Context and list value, turn by turn"), anchor=False)
        if turns.is_empty():
            st.markdown(say("No call of the main loop is in the ledger, only side calls."))
            return None
        st.html(_legend(events, colours))
        at = pl.col("asked_at").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
        bar = plots.picked(
            session_charts.timeline(turns.with_columns(at), events, colours),
            "session_timeline",
            say("Bars of each turn's prompt by kind of token, and of its list value below."),
        )
    if not bar:
        return None
    chosen = turns.filter(pl.col("turn_no") == bar["x"])
    return str(chosen["call_id"][0]) if chosen.height else None


def _legend(events: pl.DataFrame, colours: Palette) -> str:
    kinds = {name: colour for name, colour in session_charts.token_kinds(colours).values()}
    seen = set(events["event"])
    marks = [
        f'<span style="white-space:nowrap"><span style="color:{event_colour(event, colours)}">'
        f"{SIGNS[event]}</span> {event_name(event)}</span>"
        for event in EVENTS
        if event in seen
    ]
    gap = f'<span style="white-space:nowrap">┊ {say("over 5 minutes later")}</span>'
    return cards.keys(kinds, colours, *marks, gap)


def _events(events: pl.DataFrame, zone: str) -> str | None:
    if events.is_empty():
        st.markdown(say("Nothing out of the ordinary: no break, switch, failure or limit."))
        return None
    return session_tables.events(events, zone)
