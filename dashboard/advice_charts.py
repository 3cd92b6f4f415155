"""The chart of the Advice page: a frame in, a figure out."""

import plotly.graph_objects as go
import polars as pl

from dashboard import show
from dashboard.advice_words import title
from dashboard.charts import laid_out
from dashboard.i18n import say
from dashboard.palette import Palette

BAR_PX, FRAME_PX = 34, 24


def ranked(found: pl.DataFrame, colours: Palette) -> go.Figure:
    """A bar per finding, most dollars on top; what other findings count too is faint.

    `found` has the columns of sql/kpi/advice.sql.
    """
    rows = found.reverse()
    own = rows["own_usd_per_month"].cast(pl.Float64)
    whole = rows["usd_per_month"].cast(pl.Float64)
    names = [title(finding) for finding in rows["finding"]]
    worth = [show.usd(usd) for usd in rows["usd_per_month"]]
    figure = go.Figure()
    for values, colour, part, text in (
        (own, colours.good, say("counted here"), None),
        (whole - own, colours.hatch, say("counted at another finding"), worth),
    ):
        figure.add_bar(
            y=names,
            x=values.to_list(),
            orientation="h",
            name=part,
            marker={"color": colour},
            text=text,
            textposition="outside",
            cliponaxis=False,
            customdata=rows["finding"].to_list(),
            hovertemplate="%{y}<br>" + part + " %{x:$,.2f}<extra></extra>",
        )
    laid_out(figure, colours, money="x")
    figure.update_layout(height=FRAME_PX + BAR_PX * found.height, margin={"t": 8, "r": 70, "b": 8})
    figure.update_xaxes(showticklabels=False)
    figure.update_yaxes(showgrid=False, automargin=True, dtick=1, ticksuffix=" ")
    return figure
