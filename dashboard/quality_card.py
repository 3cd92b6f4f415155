"""Quality as a figure: the share of tasks that went well, how sure that is, and of how many."""

from typing import Any

import streamlit as st

from dashboard import goals, show
from dashboard.i18n import say


def draw(overall: dict[str, Any]) -> None:
    """`overall` is the row 'all' of sql/kpi/quality.sql, of which some outcome is known."""
    verdict = goals.verdict(overall["pass_share"], goals.settled())
    st.metric(
        say("Quality"),
        show.share(overall["pass_share"]),
        verdict.text,
        delta_color=verdict.colour,
        delta_arrow="off",
        delta_description=interval(overall),
        help=about(overall),
        height="stretch",
    )


def interval(row: dict[str, Any]) -> str:
    """Short, because a card cuts what does not fit beside the verdict."""
    return say(
        "95 %: {low}–{high}",
        low=show.percent(round(row["pass_low"], 2)),
        high=show.percent(round(row["pass_high"], 2)),
    )


def about(row: dict[str, Any]) -> str:
    """What the figure measures, and on how much."""
    return say(
        "Tasks that went well, among {known} with a known outcome ({coverage} of all): {hard} by a "
        "review, tests or a commit, the others by what was said and done next, with the interval "
        "of 95 %. Goal: {share} or more.",
        known=f"{row['known_tasks']:,}",
        coverage=show.percent(round(row["coverage"], 2)),
        hard=f"{row['hard_tasks']:,}",
        share=show.percent(goals.chosen().quality_least),
    )
