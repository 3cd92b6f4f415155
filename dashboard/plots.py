"""A figure on a page, and what was clicked in it."""

from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

from dashboard.charts import config


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
    """Draws bars of days; the day whose bar was clicked, as a range of the filters."""
    point = picked(figure, key, alt, height)
    return str(point["x"])[:10] if point else None
