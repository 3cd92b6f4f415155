"""The timeline of one session: a frame in, a figure out."""

from html import escape
from typing import Any

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from dashboard import show
from dashboard.charts import MONEY_TICKS, laid_out
from dashboard.i18n import say
from dashboard.palette import Palette
from dashboard.session_words import EVENTS, SYMBOLS, detail_of, event_colour, event_name

LONG_GAP_S = 300
MARK_STEP, MARK_FLOOR = 0.07, 1.06


def token_kinds(colours: Palette) -> dict[str, tuple[str, str]]:
    """Columns of session_turns.sql in stack order, with their names and colours."""
    return {
        "cache_read_tokens": (say("cache reads"), colours.projects[1]),
        "cache_write_tokens": (say("cache writes"), colours.projects[0]),
        "uncached_tokens": (say("not cached"), colours.projects[3]),
    }


def timeline(turns: pl.DataFrame, events: pl.DataFrame, colours: Palette) -> go.Figure:
    """Above, what each turn's prompt held and what happened in it; below, its list value.

    Columns of sql/kpi/session_turns.sql and session_events.sql; a turn's place is its number.
    """
    figure = make_subplots(
        rows=2, shared_xaxes=True, row_heights=[0.66, 0.34], vertical_spacing=0.06
    )
    hover = _hover(turns)
    for column, (name, colour) in token_kinds(colours).items():
        figure.add_trace(_bars(turns, column, name, colour, hover), row=1, col=1)
    figure.add_trace(_value(turns, colours, hover), row=2, col=1)
    tallest = float(turns["prompt_tokens"].max() or 1)  # type: ignore[arg-type]
    for event in EVENTS:
        own = events.filter((pl.col("event") == event) & pl.col("turn_no").is_not_null())
        if own.height:
            figure.add_trace(_marks(own, event, tallest, colours), row=1, col=1)
    _gaps(figure, turns, colours)
    _axes(figure, colours)
    return figure


def _hover(turns: pl.DataFrame) -> list[str]:
    return [
        "<br>".join(
            part
            for part in (
                f"<b>{say('Turn {n}', n=row['turn_no'])}</b> {row['asked_at']:%H:%M:%S}",
                escape(row["target"]),
                say(
                    "{prompt} prompt, {output} output tokens",
                    prompt=show.quantity(row["prompt_tokens"]),
                    output=show.quantity(row["output_tokens"]),
                ),
                say("{usd} list value", usd=show.usd(row["list_usd"])),
                say("{time} after the turn before", time=show.span(row["gap_s"] or 0)),
                say("tools of the task: {tools}", tools=escape(row["tools"]))
                if row["tools"]
                else "",
            )
            if part
        )
        for row in turns.iter_rows(named=True)
    ]


def _bars(turns: pl.DataFrame, column: str, name: str, colour: str, hover: list[str]) -> go.Bar:
    return go.Bar(
        x=turns["turn_no"].to_list(),
        y=turns[column].to_list(),
        name=name,
        marker={"color": colour},
        customdata=hover,
        hovertemplate=f"{name}: %{{y:,.3~s}}<br>%{{customdata}}<extra></extra>",
    )


def _value(turns: pl.DataFrame, colours: Palette, hover: list[str]) -> go.Bar:
    """Bars in the colour of who answered; a turn without a price has none."""
    usd = turns["list_usd"].to_list()
    return go.Bar(
        x=turns["turn_no"].to_list(),
        y=[None if amount is None else show.in_currency(amount) for amount in usd],
        marker={"color": [colours.role[role] for role in turns["role"]]},
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
    )


def _marks(own: pl.DataFrame, event: str, tallest: float, colours: Palette) -> go.Scatter:
    """Each kind of event has a row of its own above the bars."""
    height = tallest * (MARK_FLOOR + MARK_STEP * EVENTS.index(event))
    told = [
        f"{event_name(event)}: {escape(detail_of(event, row['detail']))}{_lost(row)}"
        for row in own.iter_rows(named=True)
    ]
    return go.Scatter(
        x=own["turn_no"].to_list(),
        y=[height] * own.height,
        mode="markers",
        name=event_name(event),
        marker={"symbol": SYMBOLS[event], "size": 9, "color": event_colour(event, colours)},
        customdata=told,
        hovertemplate="%{customdata}<extra></extra>",
    )


def _lost(row: dict[str, Any]) -> str:
    return f", {show.usd(row['lost_usd'])}" if row["event"] == "cache_break" else ""


def _gaps(figure: go.Figure, turns: pl.DataFrame, colours: Palette) -> None:
    """A dotted line before each turn that came long after the one before."""
    for row in turns.filter(pl.col("gap_s") >= LONG_GAP_S).iter_rows(named=True):
        figure.add_vline(
            x=row["turn_no"] - 0.5, line={"color": colours.faded, "dash": "dot", "width": 1}
        )


def _axes(figure: go.Figure, colours: Palette) -> None:
    laid_out(figure, colours)
    figure.update_layout(height=430, margin={"t": 10, "b": 36}, bargap=0.12)
    figure.update_xaxes(
        tickformat="d", nticks=12, showgrid=False, fixedrange=True, title_standoff=4
    )
    figure.update_yaxes(
        gridcolor=colours.grid, zeroline=False, rangemode="tozero", fixedrange=True, nticks=5,
        ticklabelstandoff=6,
    )  # fmt: skip
    figure.update_yaxes(tickformat="~s", row=1, col=1)
    figure.update_yaxes(tickformat=MONEY_TICKS, row=2, col=1, nticks=4)
    figure.update_xaxes(title_text=say("turn"), row=2, col=1)
