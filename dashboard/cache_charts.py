"""Charts of the Cache page: a frame in, a figure out."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard import show
from dashboard.cache_words import CAUSES, cause_name
from dashboard.charts import MONEY_TICKS, laid_out
from dashboard.i18n import say
from dashboard.palette import Palette


def course(days: pl.DataFrame, breaks: pl.DataFrame, goal: float, colours: Palette) -> go.Figure:
    """The share of prompt tokens read from the cache, and under it what each day's breaks cost.

    `days` has the columns of sql/kpi/cache_days.sql, `breaks` those of sql/kpi/cache_causes.sql;
    both without the rows of the whole period.
    """
    figure = go.Figure(go.Scatter(**_share(days, colours)))
    figure.add_hline(y=goal, line={"color": colours.good, "dash": "dot", "width": 1.4})
    for cause, colour in shades(breaks, colours).items():
        figure.add_bar(**_lost(breaks.filter(pl.col("cause") == cause), cause, colour))
    laid_out(figure, colours)
    figure.update_layout(
        height=360,
        margin={"t": 12},
        yaxis={"domain": [0.42, 1], "range": [0, 1.04], "tickformat": ".0%"},
        yaxis2={
            "domain": [0, 0.3],
            "anchor": "x",
            "gridcolor": colours.grid,
            "zeroline": False,
            "tickformat": MONEY_TICKS,
            "nticks": 3,
            "rangemode": "tozero",
            "fixedrange": True,
        },
    )
    figure.update_xaxes(anchor="y2")
    return figure


def shades(breaks: pl.DataFrame, colours: Palette) -> dict[str, str]:
    """A colour for each cause that occurs, in stack order."""
    found = set(breaks["cause"])
    every = dict(zip(CAUSES, colours.projects, strict=True))
    return {cause: colour for cause, colour in every.items() if cause in found}


def _share(days: pl.DataFrame, colours: Palette) -> dict[str, Any]:
    return {
        "x": days["day_on"].to_list(),
        "y": days["read_share"].to_list(),
        "mode": "lines+markers",
        "line": {"color": colours.role["sonnet"], "width": 2.2},
        "marker": {"size": 5},
        "fill": "tozeroy",
        "fillcolor": _faint(colours.role["sonnet"]),
        "hovertemplate": "%{x|%Y-%m-%d}<br>" + say("read from the cache") + ": %{y:.1%}"
        "<extra></extra>",
    }


def _lost(own: pl.DataFrame, cause: str, colour: str) -> dict[str, Any]:
    lost = own["lost_usd"].to_list()
    return {
        "x": own["day_on"].to_list(),
        "y": [None if usd is None else show.in_currency(usd) for usd in lost],
        "customdata": list(zip(map(show.usd, lost), own["breaks"].to_list(), strict=True)),
        "name": cause_name(cause),
        "yaxis": "y2",
        "marker": {"color": colour},
        "hovertemplate": "%{x|%Y-%m-%d}<br>%{fullData.name}: %{customdata[0]}<br>"
        + say("cache breaks")
        + ": %{customdata[1]}<extra></extra>",
    }


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.10)"
