"""The hero card and the six KPIs: value, goal badge, trend and course."""

from typing import Any

import streamlit as st

from dashboard import cards, charts, goals, show
from dashboard.ask import Answers, first
from dashboard.goals import Goal
from dashboard.i18n import say
from dashboard.palette import Palette

KPIS = ("monthly_cost", "settled_rate", "limit_hits", "cache_hit_rate", "local_share")


def draw(now: Answers, earlier: Answers | None, colours: Palette) -> None:
    """`now` holds KPIS, cost_reduction, paid_by_role, daily_kpis; `earlier` KPIS, if known."""
    with st.grid(4, min_column_width=190, border=True) as grid:
        with grid.cell(column_span=2):
            st.html(cards.hero(_money(now, earlier), now["paid_by_role"], colours))
        _settled(now, earlier)
        _limit_hits(now, earlier)
        _prompt_cache(now, earlier)
        _response_cache(now)
        _local(now, earlier)
        _calls(now, earlier)


def _money(now: Answers, earlier: Answers | None) -> cards.Money:
    cost, saving = first(now["monthly_cost"]), first(now["cost_reduction"])
    return cards.Money(
        paid_usd=cost["paid_usd"],
        paid_30d_usd=cost["paid_30d_usd"],
        plan_usd=cost["plan_usd"],
        cash_usd=cost["cash_usd"],
        list_usd=cost["list_usd"],
        baseline_usd=saving["baseline_usd"],
        saved_usd=saving["saved_usd"],
        reduction=saving["reduction"],
        earlier_usd=_earlier(earlier, "monthly_cost", "paid_usd"),
    )


def _settled(now: Answers, earlier: Answers | None) -> None:
    about = say(
        "Calls with a complete answer: a stand-in for code quality, which a gate cannot see. "
        "Goal: 98 % or more."
    )
    course = charts.spark(now["daily_kpis"], "settled_share")
    value, had = _both(now, earlier, "settled_rate", "settled_share")
    _share(say("Settled calls"), (value, had), goals.SETTLED, course, about)


def _prompt_cache(now: Answers, earlier: Answers | None) -> None:
    about = say("Share of prompt tokens read from the provider's prompt cache. Goal: 50 % or more.")
    course = charts.spark(now["daily_kpis"], "prompt_cache_share")
    value, had = _both(now, earlier, "cache_hit_rate", "prompt_cache_share")
    _share(say("Prompt-cache reads"), (value, had), goals.CACHE, course, about)


def _local(now: Answers, earlier: Answers | None) -> None:
    about = say("Share of answered calls that a local model answered. Goal: 15 to 25 %.")
    course = charts.spark(now["daily_kpis"], "local_share")
    value, had = _both(now, earlier, "local_share", "local_share")
    _share(say("Local share"), (value, had), goals.LOCAL, course, about)


def _share(
    label: str,
    values: tuple[float | None, float | None],
    goal: Goal,
    course: list[float],
    about: str,
) -> None:
    value, had = values
    verdict = goals.verdict(value, goal)
    st.metric(
        label,
        show.share(value),
        verdict.text,
        delta_color=verdict.colour,
        delta_arrow="off",
        delta_description=goals.trend(value, had, "share"),
        chart_data=course,
        help=about,
        height="stretch",
    )


def _limit_hits(now: Answers, earlier: Answers | None) -> None:
    hits = first(now["limit_hits"])
    verdict = goals.verdict(hits["hits_30d"], goals.LIMIT_HITS)
    st.metric(
        say("Plan limit hits"),
        hits["hits"],
        verdict.text,
        delta_color=verdict.colour,
        delta_arrow="off",
        delta_description=goals.trend(
            hits["hits"], _earlier(earlier, "limit_hits", "hits"), "count"
        ),
        chart_data=charts.spark(now["daily_kpis"], "limit_hits"),
        chart_type="bar",
        help=say("Attempts refused because a plan window was spent. Goal: under 5 per 30 days."),
        height="stretch",
    )


def _calls(now: Answers, earlier: Answers | None) -> None:
    calls, had = _both(now, earlier, "monthly_cost", "calls")
    st.metric(
        say("Calls"),
        show.quantity(calls),
        goals.trend(calls, had, "count"),
        delta_color="gray",
        delta_arrow="off",
        chart_data=charts.spark(now["daily_kpis"], "calls"),
        help=say("Inference calls: probes and token counts are left out."),
        height="stretch",
    )


def _response_cache(now: Answers) -> None:
    st.metric(
        say("Response-cache hits"),
        show.share(first(now["cache_hit_rate"])["response_cache_share"]),
        say("not built yet"),
        delta_color="gray",
        delta_arrow="off",
        help=say("Calls answered from faregate's own cache. Never mixed with prompt caching."),
        height="stretch",
    )


def _both(now: Answers, earlier: Answers | None, kpi: str, column: str) -> tuple[Any, Any]:
    return first(now[kpi])[column], _earlier(earlier, kpi, column)


def _earlier(earlier: Answers | None, kpi: str, column: str) -> Any:
    return first(earlier[kpi])[column] if earlier else None
