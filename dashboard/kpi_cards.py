"""The hero card and the six KPIs: value, goal badge, trend and course."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import polars as pl
import streamlit as st

from dashboard import cards, goals, quality_card, show, sparkline
from dashboard.ask import Answers, first
from dashboard.goals import Goal
from dashboard.i18n import say
from dashboard.palette import Palette

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the cards show: a row of six_kpis.sql, that of the period before (empty if unknown), and
    daily_kpis.sql.
    """

    now: Row
    earlier: Row
    daily: pl.DataFrame
    colours: Palette


def draw(answers: Answers, had: Row | None, colours: Palette, url: dict[str, str]) -> None:
    """Each card leads to the page behind it, with the filters of `url`.

    `answers` holds six_kpis, paid_by_role, daily_kpis, quality; `had` is a row of six_kpis.
    """
    now, earlier = first(answers["six_kpis"]), had or {}
    known = Figures(now=now, earlier=earlier, daily=answers["daily_kpis"], colours=colours)
    with st.grid(4, min_column_width=190, border=True) as grid:
        with grid.cell(column_span=2):
            st.html(cards.hero(_money(now, earlier), answers["paid_by_role"], colours))
            _link("spend", say("Spend"), url)
        quality = answers["quality"]
        shown: tuple[tuple[Callable[[], None], str, str], ...] = (
            (lambda: _quality(quality, known), "sessions", say("Sessions")),
            (lambda: _limit_hits(known), "limits", say("Limits")),
            (lambda: _share(prompt_cache(), known), "cache", say("Cache")),
            (lambda: _response_cache(now), "cache", say("Cache")),
            (lambda: _share(local(), known), "routing", say("Routing")),
            (lambda: _calls(known), "calls", say("Calls")),
        )
        for draw_card, page, name in shown:
            with grid.cell():
                draw_card()
                _link(page, name, url)


def _quality(quality: pl.DataFrame, known: Figures) -> None:
    """How tasks went; while none is known, how calls ended."""
    overall = quality.row(0, named=True)
    if overall["known_tasks"]:
        quality_card.draw(overall)
    else:
        _share(settled(), known)


def _link(page: str, name: str, url: dict[str, str]) -> None:
    st.page_link(
        f"app_pages/{page}.py", label=name, icon=":material/arrow_forward:", query_params=url
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCard:
    """A KPI that is a fraction; `column` names it in six_kpis.sql and in daily_kpis.sql."""

    label: str
    column: str
    goal: Goal
    about: str


def settled() -> ShareCard:
    return ShareCard(
        label=say("Settled calls"),
        column="settled_share",
        goal=goals.settled(),
        about=say(
            "Calls with a complete answer: a stand-in while the outcome of no task is known. "
            "`faregate import` and `faregate review` tell outcomes. Goal: {share} or more.",
            share=show.percent(goals.chosen().quality_least),
        ),
    )


def prompt_cache() -> ShareCard:
    return ShareCard(
        label=say("Prompt-cache reads"),
        column="prompt_cache_share",
        goal=goals.cache(),
        about=say(
            "Share of prompt tokens read from the provider's prompt cache. Goal: {share} or more.",
            share=show.percent(goals.chosen().cache_least),
        ),
    )


def local() -> ShareCard:
    return ShareCard(
        label=say("Local share"),
        column="local_share",
        goal=goals.local(),
        about=say(
            "Share of answered calls that a local model answered. Goal: {low} to {high}.",
            low=show.percent(goals.chosen().local_least),
            high=show.percent(goals.chosen().local_most),
        ),
    )


def _money(now: Row, earlier: Row) -> cards.Money:
    known = {column.name: now[column.name] for column in fields(cards.Money)[:-1]}
    return cards.Money(**known, earlier_usd=earlier.get("paid_usd"))


def _share(card: ShareCard, known: Figures) -> None:
    value = known.now[card.column]
    verdict = goals.verdict(value, card.goal)
    st.metric(
        card.label,
        show.share(value),
        verdict.text,
        delta_color=verdict.colour,
        delta_arrow="off",
        delta_description=goals.trend(value, known.earlier.get(card.column), "share"),
        help=card.about,
        height="stretch",
    )
    values = sparkline.course(known.daily, card.column)
    words = f"{card.label}: {sparkline.told(values, show.share)}"
    st.html(sparkline.line(values, known.colours.judged(verdict.is_met), words))


def _limit_hits(known: Figures) -> None:
    hits = known.now["limit_hits"]
    verdict = goals.verdict(known.now["limit_hits_30d"], goals.limit_hits())
    st.metric(
        say("Plan limit hits"),
        hits,
        verdict.text,
        delta_color=verdict.colour,
        delta_arrow="off",
        delta_description=goals.trend(hits, known.earlier.get("limit_hits"), "count"),
        help=about_limit_hits(),
        height="stretch",
    )
    values = sparkline.course(known.daily, "limit_hits")
    words = f"{say('Plan limit hits')}: {sparkline.told(values, show.quantity)}"
    st.html(sparkline.bars(values, known.colours.judged(verdict.is_met), words))


def about_limit_hits() -> str:
    return say(
        "Attempts refused because a plan window was spent. Goal: under {n} per 30 days.",
        n=goals.chosen().limit_hits_below,
    )


def _calls(known: Figures) -> None:
    calls = known.now["calls"]
    st.metric(
        say("Calls"),
        show.quantity(calls),
        goals.trend(calls, known.earlier.get("calls"), "count"),
        delta_color="gray",
        delta_arrow="off",
        help=say("Inference calls: probes and token counts are left out."),
        height="stretch",
    )
    values = sparkline.course(known.daily, "calls")
    words = f"{say('Calls')}: {sparkline.told(values, show.quantity)}"
    st.html(sparkline.line(values, known.colours.judged(None), words))


def _response_cache(now: Row) -> None:
    st.metric(
        say("Response-cache hits"),
        show.share(now["response_cache_share"]),
        say("off"),
        delta_color="gray",
        delta_arrow="off",
        help=say("Calls answered from faregate's own cache. Never mixed with prompt caching."),
        height="stretch",
    )
