"""Charts of the Routing page: a frame in, a figure out."""

from collections.abc import Iterable
from datetime import timedelta
from html import escape
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard import flow_labels, show
from dashboard.charts import laid_out
from dashboard.palette import Palette, cause_name

MEASURES = ("list_usd", "calls", "cash_usd")
FEW = 0.004  # of the whole: a thinner stream cannot be seen
ROW_PX, FLOW_ROW_PX, LINK_OPACITY = 30, 54, "73"
HALF_A_DAY = timedelta(hours=12)
PLAN_OPACITY = "C0"  # its colour is pale


def flow(flows: pl.DataFrame, measure: str, colours: Palette) -> go.Figure:
    """Kind → route → target, as wide as what flows (columns of sql/kpi/routing_flow.sql)."""
    seen = flows.with_columns(pl.col(measure).cast(pl.Float64).alias("amount"))
    seen = seen.filter(pl.col("amount") > FEW * pl.col("amount").sum())
    columns = [_sums(seen, name) for name in ("kind", "route", "target")]
    height = max(200, FLOW_ROW_PX * max(len(sums) for sums in columns))
    nodes = [node for at in range(3) for node in flow_labels.placed(at, columns, height)]
    roles = dict(seen.select("target", "role").iter_rows())
    figure = go.Figure(
        go.Sankey(
            arrangement="fixed",
            node={
                "x": [node.x for node in nodes],
                "y": [node.y for node in nodes],
                "customdata": [f"{one.name}: {amount_text(one.amount, measure)}" for one in nodes],
                "color": [
                    colours.role[roles[one.name]] if one.column == 2 else colours.faded
                    for one in nodes
                ],
                "pad": flow_labels.GAP_PX,
                "thickness": flow_labels.NODE_PX,
                "line": {"width": 0},
                "hovertemplate": "%{customdata}<extra></extra>",
            },
            link=_links(seen, [(one.column, one.name) for one in nodes], measure, colours),
        )
    )
    laid_out(figure, colours)
    texts = [_label(one, amount_text(one.amount, measure)) for one in nodes]
    flow_labels.draw(figure, nodes, texts, height, colours.text)
    return figure


def _label(node: flow_labels.Node, amount: str) -> str:
    """Two short lines, which three columns of them leave room for on a phone."""
    if node.column == 2:
        provider, _, model = node.name.partition("/")
        return f"{escape(model)}<br>{escape(provider)}  {amount}"
    return f"{escape(node.name)}<br>{amount}"


def _sums(flows: pl.DataFrame, name: str) -> dict[str, float]:
    """What passes each value, the most first."""
    sums = flows.group_by(name, maintain_order=True).agg(pl.col("amount").sum())
    return dict(sums.sort("amount", descending=True).iter_rows())


def amount_text(amount: float, measure: str) -> str:
    return show.quantity(amount) if measure == "calls" else show.usd(amount)


def _links(
    flows: pl.DataFrame, nodes: list[tuple[int, str]], measure: str, colours: Palette
) -> dict[str, Any]:
    """Two rows of links; each wears the colour of the target it leads to in the end."""
    number = {node: at for at, node in enumerate(nodes)}
    pairs = [
        (number[0, kind], number[1, route], amount, role)
        for kind, route, role, amount in _summed(flows, ("kind", "route", "role"))
    ] + [
        (number[1, route], number[2, target], amount, role)
        for route, target, role, amount in _summed(flows, ("route", "target", "role"))
    ]
    return {
        "source": [source for source, *_ in pairs],
        "target": [target for _, target, *_ in pairs],
        "value": [amount for _, _, amount, _ in pairs],
        "color": [
            colours.role[role] + (PLAN_OPACITY if role == "plan" else LINK_OPACITY)
            for *_, role in pairs
        ],
        "customdata": [
            f"{nodes[source][1]} → {nodes[target][1]}: {amount_text(amount, measure)}"
            for source, target, amount, _ in pairs
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _summed(flows: pl.DataFrame, names: tuple[str, ...]) -> Iterable[tuple[Any, ...]]:
    return flows.group_by(names, maintain_order=True).agg(pl.col("amount").sum()).iter_rows()


def failures(daily: pl.DataFrame, days: list[Any], colours: Palette) -> go.Figure:
    """Failed attempts per day, stacked by cause (columns of sql/kpi/daily_failures.sql)."""
    figure = go.Figure()
    for cause, colour in colours.cause.items():
        own = daily.filter(pl.col("cause") == cause)
        if not own.is_empty():
            name = cause_name(cause)
            figure.add_bar(
                x=own["day_on"].to_list(),
                y=own["attempts"].to_list(),
                name=name,
                marker={"color": colour},
                hovertemplate="%{x|%Y-%m-%d}<br>" + name + ": %{y}<extra></extra>",
            )
    laid_out(figure, colours)
    figure.update_layout(height=250, margin={"t": 12})
    figure.update_yaxes(tickformat="d")
    if days:  # a day's bar is drawn around its midnight
        figure.update_xaxes(range=[days[0] - HALF_A_DAY, days[-1]], type="date")
    return figure


def latency(targets: pl.DataFrame, colours: Palette) -> go.Figure:
    """From the median to the 95th percentile of the time to the first byte, a line per target.

    `targets` has the columns of sql/kpi/target_latency.sql.
    """
    known = targets.drop_nulls("ttfb_p50_ms").reverse()
    figure = go.Figure()
    for row in known.iter_rows(named=True):
        colour = colours.faded if row["role"] == "plan" else colours.role[row["role"]]
        seconds = [row["ttfb_p50_ms"] / 1000, row["ttfb_p95_ms"] / 1000]
        figure.add_scatter(
            x=seconds,
            y=[row["target"]] * 2,
            mode="lines+markers",
            line={"color": colour, "width": 3},
            marker={"color": colour, "size": [13, 8], "symbol": ["circle", "line-ns-open"]},
            hovertemplate="%{y}<br>%{x:.2f} s<extra></extra>",
        )
    laid_out(figure, colours)
    figure.update_layout(height=60 + ROW_PX * known.height, margin={"t": 8})
    figure.update_xaxes(
        tickformat="", ticksuffix=" s", rangemode="tozero", nticks=5, tickangle=0,
        showgrid=True, gridcolor=colours.grid,
    )  # fmt: skip
    figure.update_yaxes(showgrid=False, automargin=True, dtick=1)
    return figure
