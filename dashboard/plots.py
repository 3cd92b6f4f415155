"""A figure on a page, and what was clicked in it."""

from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

from dashboard.charts import config
from dashboard.i18n import say


def draw(figure: go.Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, theme=None, config=config(), key=key, alt=alt)


Height = Literal["content", "stretch"]


def picked(
    figure: go.Figure, key: str, alt: str, height: Height = "content"
) -> dict[str, Any] | None:
    """Draws it; the point that was clicked last, if one is."""
    chosen: Any = st.plotly_chart(
        figure,
        theme=None,
        config=config(),
        key=key,
        on_select="rerun",
        selection_mode="points",
        height=height,
        alt=alt,
    )
    points = chosen.selection.points
    return dict(points[0]) if points else None


def picked_day(figure: go.Figure, key: str, alt: str, height: Height = "content") -> str | None:
    """Draws bars of days; the day whose bar was clicked or that was chosen from the list below
    them, which keys reach too, as a range of the filters.
    """
    point = picked(figure, key, alt, height)
    listed = _listed_day(figure, key)
    return listed or (str(point["x"])[:10] if point else None)


def _listed_day(figure: go.Figure, key: str) -> str | None:
    """A list of the days that are drawn, the latest first; of a single day there is none."""
    drawn = [trace.x for trace in figure.data if trace.x is not None]
    days = sorted({str(day)[:10] for xs in drawn for day in xs}, reverse=True)
    if len(days) < 2:
        return None
    with st.container(horizontal=True, horizontal_alignment="right"):
        return st.menu_button(say("Open a day"), days, key=f"{key}_day", type="tertiary")
