"""The hero card and the six KPIs: value, goal badge, trend and course."""

from dataclasses import dataclass, fields
from typing import Any

import polars as pl
import streamlit as st

from dashboard import cards, charts, goals, show
from dashboard.ask import Answers, first
from dashboard.goals import Goal
from dashboard.i18n import say
from dashboard.palette import Palette

Row = dict[str, Any]


def draw(answers: Answers, had: Row | None, colours: Palette) -> None:
    """`answers` holds six_kpis, paid_by_role, daily_kpis; `had` is a row of six_kpis, if known."""
    now, course, earlier = first(answers["six_kpis"]), answers["daily_kpis"], had or {}
    with st.grid(4, min_column_width=190, border=True) as grid:
        with grid.cell(column_span=2):
            st.html(cards.hero(_money(now, earlier), answers["paid_by_role"], colours))
        _share(SETTLED, now, earlier, course)
        _limit_hits(now, earlier, course)
        _share(PROMPT_CACHE, now, earlier, course)
        _response_cache(now)
        _share(LOCAL, now, earlier, course)
        _calls(now, earlier, course)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCard:
    """A KPI that is a fraction; `column` names it in six_kpis.sql and in daily_kpis.sql."""

    label: str
    column: str
    goal: Goal
    about: str


SETTLED = ShareCard(
    label=say("Settled calls"),
    column="settled_share",
    goal=goals.SETTLED,
    about=say(
        "Calls with a complete answer: a stand-in for code quality, which a gate cannot see. "
        "Goal: 98 % or more."
    ),
)
PROMPT_CACHE = ShareCard(
    label=say("Prompt-cache reads"),
    column="prompt_cache_share",
    goal=goals.CACHE,
    about=say("Share of prompt tokens read from the provider's prompt cache. Goal: 50 % or more."),
)
LOCAL = ShareCard(
    label=say("Local share"),
    column="local_share",
    goal=goals.LOCAL,
    about=say("Share of answered calls that a local model answered. Goal: 15 to 25 %."),
)


def _money(now: Row, earlier: Row) -> cards.Money:
    known = {column.name: now[column.name] for column in fields(cards.Money)[:-1]}
    return cards.Money(**known, earlier_usd=earlier.get("paid_usd"))


def _share(card: ShareCard, now: Row, earlier: Row, course: pl.DataFrame) -> None:
    value = now[card.column]
    verdict = goals.verdict(value, card.goal)
    st.metric(
        card.label,
        show.share(value),
        verdict.text,
        delta_color=verdict.colour,
        delta_arrow="off",
        delta_description=goals.trend(value, earlier.get(card.column), "share"),
        chart_data=charts.spark(course, card.column),
        help=card.about,
        height="stretch",
    )


def _limit_hits(now: Row, earlier: Row, course: pl.DataFrame) -> None:
    verdict = goals.verdict(now["limit_hits_30d"], goals.LIMIT_HITS)
    st.metric(
        say("Plan limit hits"),
        now["limit_hits"],
        verdict.text,
        delta_color=verdict.colour,
        delta_arrow="off",
        delta_description=goals.trend(now["limit_hits"], earlier.get("limit_hits"), "count"),
        chart_data=charts.spark(course, "limit_hits"),
        chart_type="bar",
        help=say("Attempts refused because a plan window was spent. Goal: under 5 per 30 days."),
        height="stretch",
    )


def _calls(now: Row, earlier: Row, course: pl.DataFrame) -> None:
    st.metric(
        say("Calls"),
        show.quantity(now["calls"]),
        goals.trend(now["calls"], earlier.get("calls"), "count"),
        delta_color="gray",
        delta_arrow="off",
        chart_data=charts.spark(course, "calls"),
        help=say("Inference calls: probes and token counts are left out."),
        height="stretch",
    )


def _response_cache(now: Row) -> None:
    st.metric(
        say("Response-cache hits"),
        show.share(now["response_cache_share"]),
        say("not built yet"),
        delta_color="gray",
        delta_arrow="off",
        help=say("Calls answered from faregate's own cache. Never mixed with prompt caching."),
        height="stretch",
    )
