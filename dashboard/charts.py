"""Charts: a frame in, a figure out. Money is plotted in dollars; `laid_out` converts it."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html import escape
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard import show
from dashboard.i18n import language, say
from dashboard.palette import ROLES, Palette, role_name

FONT = "Inter, 'Hiragino Sans', 'Yu Gothic UI', 'Noto Sans JP', Meiryo, sans-serif"
MONEY_TICKS = "$,~f"  # `config` says what sign the $ stands for; a minus is written before it
CENTS = re.compile(r"\$,\.\d+f\}")


def config() -> dict[str, Any]:
    """What Plotly is told beside a figure: no buttons, and the sign of the reader's currency."""
    spoken = {"en-US": {"format": {"currency": [show.currency_sign(), ""]}}}
    return {
        "displayModeBar": False, "displaylogo": False, "showSendToCloud": False, "locales": spoken,
    }  # fmt: skip


def daily_paid(
    daily: pl.DataFrame,
    kpis: pl.DataFrame,
    saved_usd: Decimal,
    colours: Palette,
    applied: Mapping[date, str] | None = None,
) -> go.Figure:
    """Paid per day, stacked by role, against the all-Opus line, limit hits marked.

    `daily` has the columns of sql/kpi/daily_cost.sql, `kpis` those of sql/kpi/daily_kpis.sql;
    `applied` are versions of the policy by the day on which they came into force.
    """
    figure = go.Figure()
    for role in ROLES:
        bars = _paid_by(role, daily)
        if bars["paid_usd"].sum() > 0:
            figure.add_bar(**_bars(bars, role, colours))
    days = daily.group_by("day_on", maintain_order=True).agg(
        pl.col("day_baseline_usd").first(), pl.col("paid_usd").sum()
    )
    figure.add_scatter(**_baseline(days, colours))
    figure.add_scatter(**_hits(days.join(kpis, on="day_on"), colours))
    laid_out(figure, colours, money="y")
    if saved_usd > 0:
        figure.add_annotation(**_saved(saved_usd, colours))
    for day, version in (applied or {}).items():
        _mark_policy(figure, day, version, colours)
    return figure


def _mark_policy(figure: go.Figure, day: date, version: str, colours: Palette) -> None:
    """A line at the beginning of a day, which bars are drawn around the middle of."""
    at = datetime.combine(day, time()) - timedelta(hours=12)
    figure.add_shape(
        type="line", x0=at, x1=at, y0=0, y1=1, yref="paper",
        line={"color": colours.faded, "dash": "dash", "width": 1.2},
    )  # fmt: skip
    figure.add_annotation(
        text=escape(say("policy {version}", version=version[:8])),
        x=at, y=1.08, yref="paper", showarrow=False, xanchor="left",
        font={"color": colours.faded, "size": 12},
    )  # fmt: skip


def _paid_by(role: str, daily: pl.DataFrame) -> pl.DataFrame:
    own = daily.filter(pl.col("role") == role)
    return own.group_by("day_on", maintain_order=True).agg(pl.col("paid_usd").sum())


def _bars(bars: pl.DataFrame, role: str, colours: Palette) -> dict[str, Any]:
    return {
        "x": bars["day_on"].to_list(),
        "y": bars["paid_usd"].cast(pl.Float64).to_list(),
        "name": role_name(role),
        "marker": {"color": colours.role[role]},
        "hovertemplate": "%{x|%Y-%m-%d}<br>" + role_name(role) + " %{y:$,.2f}<extra></extra>",
    }


def _baseline(days: pl.DataFrame, colours: Palette) -> dict[str, Any]:
    return {
        "x": days["day_on"].to_list(),
        "y": days["day_baseline_usd"].cast(pl.Float64).to_list(),
        "mode": "lines",
        "line": {"color": colours.faded, "dash": "dot", "width": 1.6, "shape": "hvh"},
        "hoverinfo": "skip",
    }


def _hits(days: pl.DataFrame, colours: Palette) -> dict[str, Any]:
    hit = days.filter(pl.col("limit_hits") > 0)
    top = pl.max_horizontal("paid_usd", pl.lit(0)).cast(pl.Float64)
    reach = max(hit.select(top.max()).item() or 0, 1.0) if hit.height else 1.0
    return {
        "x": hit["day_on"].to_list(),
        "y": hit.select(top + 0.06 * reach).to_series().to_list(),
        "customdata": hit["limit_hits"].to_list(),
        "mode": "markers",
        "marker": {"symbol": "triangle-down", "size": 10, "color": colours.bad},
        "hovertemplate": "%{x|%Y-%m-%d}<br>" + say("limit hits") + ": %{customdata}<extra></extra>",
    }


def _saved(saved_usd: Decimal, colours: Palette) -> dict[str, Any]:
    return {
        "text": say("<b>{usd}</b> not spent", usd=show.usd(saved_usd)),
        "xref": "paper",
        "yref": "paper",
        "x": 0.01,
        "y": 1.08,
        "showarrow": False,
        "font": {"color": colours.good_text, "size": 14},
    }


def laid_out(figure: go.Figure, colours: Palette, money: str = "") -> None:
    """The look of every chart, given once its traces are drawn.

    `money` names the axis, `x` or `y`, along which the traces hold dollars: they become the
    reader's currency, and each `%{y:$…}` of their hover texts loses its cents in yen.
    """
    figure.update_layout(
        barmode="stack",
        bargap=0.22,
        height=320,
        showlegend=False,
        margin={"l": 44, "r": 8, "t": 30, "b": 32},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 12, "color": colours.faded},
        hoverlabel={"font": {"family": FONT}},
        dragmode=False,
        xaxis={
            "showgrid": False,
            "tickformat": day_format(),
            "nticks": 8,
            "fixedrange": True,
            "ticklabelstandoff": 6,
        },
        yaxis={
            "gridcolor": colours.grid,
            "zeroline": False,
            "nticks": 5,
            "ticklabelstandoff": 6,
            "rangemode": "tozero",
            "fixedrange": True,
        },
    )
    if money:
        _in_currency(figure, money)


def day_format() -> str:
    """A day on an axis, without the year."""
    return "%-m/%-d" if language() == "ja" else "%b %-d"


def _in_currency(figure: go.Figure, axis: str) -> None:
    for trace in figure.data if show.currency_sign() == "¥" else ():
        if trace[axis] is not None:
            trace[axis] = [None if v is None else show.in_currency(v) for v in trace[axis]]
        if trace.hovertemplate:
            trace.hovertemplate = CENTS.sub("$,.0f}", trace.hovertemplate)
    update = figure.update_xaxes if axis == "x" else figure.update_yaxes
    update(tickformat=MONEY_TICKS)


def for_table(frame: pl.DataFrame) -> pl.DataFrame:
    """What tables can format: columns named …usd… in the reader's currency, as floats, and
    shares to a tenth of a percent.
    """
    floats = as_floats(frame)
    worth = show.in_currency(1)
    amounts = pl.selectors.matches("usd") & pl.selectors.numeric()
    lists = pl.selectors.matches("usd") & pl.selectors.list()
    shares = pl.selectors.ends_with("_share") & pl.selectors.float()
    return floats.with_columns(
        amounts * worth, lists.list.eval(pl.element() * worth), shares.round(3)
    )


def as_floats(frame: pl.DataFrame) -> pl.DataFrame:
    """Decimals as floats, which tables can format, as many dollars as they were."""
    return frame.with_columns(pl.selectors.decimal().cast(pl.Float64))
