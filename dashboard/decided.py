"""How a routed call was decided: what made its score, and which targets were passed over."""

import json
from typing import Any

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from dashboard import plots
from dashboard.charts import laid_out
from dashboard.i18n import say
from dashboard.palette import Palette

BAR_PX = 26


def draw(call: dict[str, Any], colours: Palette) -> None:
    """Nothing for a call that was relayed as asked (columns of one_call.sql)."""
    if call["rule"] is None:
        return
    st.header(say("Why it went there"), anchor=False)
    st.text(call["reason"])
    score, skipped = st.columns([3, 2])
    with score:
        _score(call, colours)
    with skipped:
        _skipped(call)


def _score(call: dict[str, Any], colours: Palette) -> None:
    terms = json.loads(call["terms"] or "{}")
    if not terms:
        return
    st.markdown(
        say("Complexity {value}: points of each term", value=f"**{call['complexity']:.2f}**")
    )
    alt = say("A bar for each term of the score; to the right it makes the work look harder.")
    plots.draw(term_bars(terms, colours), f"terms {call['call_id']}", alt)


def term_bars(terms: dict[str, float], colours: Palette) -> go.Figure:
    """A bar for each term, the largest on top; to the right it makes the work look harder."""
    ordered = sorted(terms.items(), key=lambda term: abs(term[1]))
    figure = go.Figure(
        go.Bar(
            y=[name.replace("_", " ") for name, _ in ordered],
            x=[points for _, points in ordered],
            orientation="h",
            marker={
                "color": [colours.fair if points > 0 else colours.good for _, points in ordered]
            },
            text=[f"{points:+.2f}" for _, points in ordered],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y} %{x:+.2f}<extra></extra>",
        )
    )
    laid_out(figure, colours)
    figure.update_layout(height=60 + BAR_PX * len(ordered), showlegend=False)
    widest = max(abs(points) for points in terms.values()) * 1.25 or 1
    figure.update_xaxes(range=[-widest, widest], zeroline=True, zerolinecolor=colours.faded)
    figure.update_xaxes(tickformat="+.1f")
    figure.update_yaxes(showgrid=False)
    return figure


def _skipped(call: dict[str, Any]) -> None:
    rows = json.loads(call["skipped"] or "[]")
    if not rows:
        st.markdown(say("No target of the chain was passed over."))
        return
    st.markdown(say("Passed over"))
    frame = pl.DataFrame(rows, schema=["target", "skip", "why"], orient="row")
    st.dataframe(
        frame.select("target", "why"),
        hide_index=True,
        height="content",
        column_config={"target": say("Target"), "why": say("Because")},
        alt=say("Targets that were not asked, and why."),
    )
