"""Charts of the Limits page: a frame in, a figure out."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.cards import window_name
from dashboard.charts import day_format, laid_out
from dashboard.i18n import say
from dashboard.palette import Palette

LINES = {"five_hour": ("solid", 2.2), "seven_day": ("solid", 1.6)}
OTHER_LINE = ("dash", 1.4)
MOST_PROJECTS = 6
OTHERS = "…"
HALF_A_DAY_MS = 43_200_000


def course(
    readings: pl.DataFrame, live: pl.DataFrame, leave_at: float | None, colours: Palette
) -> go.Figure:
    """How full each window was, where it refused, and dotted where it is heading.

    Columns of sql/kpi/window_course.sql and live_windows.sql; times on the reader's clock.
    `leave_at` is the mark above which work leaves the plan.
    """
    figure = go.Figure()
    for name in readings["limit_window"].unique(maintain_order=True):
        own = readings.filter(pl.col("limit_window") == name)
        figure.add_scatter(**_line(own, name, colours))
        figure.add_scatter(**_refusals(own, colours))
    for row in live.filter(pl.col("at_reset").is_not_null()).iter_rows(named=True):
        figure.add_scatter(**_forecast(row, colours))
    laid_out(figure, colours)
    figure.update_layout(height=340, margin={"t": 12})
    figure.update_yaxes(tickformat=".0%", range=[0, 1.08])
    figure.update_xaxes(nticks=10, **_time_ticks())
    if leave_at is not None:
        figure.add_hline(y=leave_at, line={"color": colours.fair, "dash": "dot", "width": 1.4})
    return figure


def _time_ticks() -> dict[str, Any]:
    """Days along the axis, and hours where it shows less than some days."""
    hours = {"dtickrange": [None, HALF_A_DAY_MS], "value": f"{day_format()} %H:%M"}
    days = {"dtickrange": [HALF_A_DAY_MS, None], "value": day_format()}
    return {"tickformatstops": [hours, days]}


def _line(own: pl.DataFrame, name: str, colours: Palette) -> dict[str, Any]:
    """A line that breaks where a window was reset."""
    ends = own.group_by("resets_at", maintain_order=True).agg(pl.all())
    at: list[Any] = []
    used: list[float | None] = []
    for stretch in ends.iter_rows(named=True):
        at += [*stretch["read_at"], stretch["read_at"][-1]]
        used += [*stretch["utilization"], None]
    dash, width = LINES.get(name, OTHER_LINE)
    return {
        "x": at,
        "y": used,
        "mode": "lines",
        "name": window_name(name),
        "line": {"color": window_colour(name, colours), "dash": dash, "width": width},
        "hovertemplate": window_name(name) + " %{y:.0%}<br>%{x|%m-%d %H:%M}<extra></extra>",
    }


def window_colour(name: str, colours: Palette) -> str:
    return {"five_hour": colours.role["sonnet"], "seven_day": colours.role["openrouter"]}.get(
        name, colours.role["other"]
    )


def _refusals(own: pl.DataFrame, colours: Palette) -> dict[str, Any]:
    hits = own.filter(pl.col("is_hit"))
    return {
        "x": hits["read_at"].to_list(),
        "y": [1.04] * hits.height,
        "mode": "markers",
        "marker": {"symbol": "triangle-down", "size": 10, "color": colours.bad},
        "hovertemplate": "%{x|%m-%d %H:%M}<br>" + say("plan limit hit") + "<extra></extra>",
    }


def _forecast(row: dict[str, Any], colours: Palette) -> dict[str, Any]:
    """From the latest reading to the reset, at the present pace."""
    return {
        "x": [row["read_at"], row["resets_at"]],
        "y": [row["utilization"], min(row["at_reset"], 1.06)],
        "mode": "lines",
        "line": {"color": window_colour(row["limit_window"], colours), "dash": "dot", "width": 1.6},
        "hoverinfo": "skip",
    }


def burn(hours: pl.DataFrame, every: str, colours: Palette) -> go.Figure:
    """List value that the plan answered, stacked by project (columns of sql/kpi/plan_burn.sql).

    `every` is the width of a bar, such as `1h` or `1d`; the small projects are one.
    """
    figure = go.Figure()
    shades = project_colours(hours, colours)
    named = pl.when(pl.col("project").is_in(list(shades))).then("project").otherwise(pl.lit(OTHERS))
    bars = hours.with_columns(
        project=named,
        hour_at=pl.col("hour_at").dt.truncate(every),
        list_usd=pl.col("list_usd").cast(pl.Float64),
    )
    bars = bars.group_by("project", "hour_at").agg(pl.col("list_usd").sum()).sort("hour_at")
    for project, colour in {**shades, OTHERS: colours.role["other"]}.items():
        own = bars.filter(pl.col("project") == project)
        if not own.is_empty():
            figure.add_bar(
                x=own["hour_at"].to_list(),
                y=own["list_usd"].to_list(),
                name=project,
                marker={"color": colour},
                hovertemplate="%{x|%m-%d %H:%M}<br>%{fullData.name} %{y:$,.2f}<extra></extra>",
            )
    laid_out(figure, colours, money="y")
    figure.update_layout(height=250, margin={"t": 12})
    figure.update_xaxes(nticks=10, **_time_ticks())
    return figure


def project_colours(hours: pl.DataFrame, colours: Palette) -> dict[str, str]:
    """A colour for each of the projects that used the most, in that order."""
    used = hours.group_by("project").agg(pl.col("list_usd").sum())
    names = used.sort("list_usd", "project", descending=[True, False])["project"].to_list()
    return dict(zip(names[:MOST_PROJECTS], colours.projects, strict=False))
