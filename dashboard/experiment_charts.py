"""The chart of an experiment: a difference and its interval for each measure."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard import show
from dashboard.charts import laid_out
from dashboard.i18n import say
from dashboard.palette import Palette

ROW_PX = 70
LEAST_REACH = 0.1
MORE_IS_BETTER = frozenset({"passed"})
MOST_REACH = 1.0


def measure_name(measure: str) -> str:
    return {
        "list_usd": say("List value per task"),
        "paid_usd": say("Paid per task"),
        "cash_usd": say("Cash per task"),
        "passed": say("Tasks passed (points)"),
        "tokens": say("Tokens per task"),
        "calls": say("Calls per task"),
        "escalations": say("Escalations per task"),
        "limit_hits": say("Limit hits per task"),
    }[measure]


def drawable(differences: pl.DataFrame) -> pl.DataFrame:
    """The measures with an interval, as shares of base; passed tasks in points."""
    is_points = pl.col("measure") == "passed"
    shown = differences.with_columns(
        at=pl.when(is_points).then("difference").otherwise("relative"),
        least=pl.when(is_points).then("low").otherwise("relative_low"),
        most=pl.when(is_points).then("high").otherwise("relative_high"),
    )
    return shown.filter(pl.col("least").is_not_null() & pl.col("most").is_not_null())


def intervals(differences: pl.DataFrame, colours: Palette) -> go.Figure:
    """A point and a whisker for each measure, nought in the middle (columns of
    sql/kpi/experiment_differences.sql).
    """
    shown = drawable(differences)
    figure = go.Figure()
    for row in shown.iter_rows(named=True):
        figure.add_scatter(**_whisker(row, colours))
    laid_out(figure, colours)
    edge = max([LEAST_REACH, *(abs(v) for v in (*shown["least"], *shown["most"]))])
    reach = min(edge, MOST_REACH) * 1.15
    figure.update_layout(height=70 + ROW_PX * max(shown.height, 1), margin={"t": 8, "l": 8})
    figure.update_xaxes(
        range=[-reach, reach], tickformat="+.0%", zeroline=True, zerolinecolor=colours.text,
        zerolinewidth=1, nticks=5, tickangle=0, showgrid=True, gridcolor=colours.grid,
    )  # fmt: skip
    names = [measure_name(name) for name in reversed(shown["measure"].to_list())]
    figure.update_yaxes(
        tickprefix="", showgrid=False, automargin=True, type="category", dtick=1,
        categoryorder="array", categoryarray=names, rangemode="normal",
    )  # fmt: skip
    return figure


def verdict(row: dict[str, Any]) -> str:
    """Whether the other arm is better, worse, or nothing is certain yet."""
    if not row["is_certain"]:
        return "open"
    is_up = row["difference"] > 0
    return "better" if is_up == (row["measure"] in MORE_IS_BETTER) else "worse"


def _whisker(row: dict[str, Any], colours: Palette) -> dict[str, Any]:
    colour = {"better": colours.good, "worse": colours.bad, "open": colours.faded}[verdict(row)]
    return {
        "x": [row["at"]],
        "y": [measure_name(row["measure"])],
        "mode": "markers",
        "marker": {"size": 12, "color": colour, "symbol": "circle"},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [row["most"] - row["at"]],
            "arrayminus": [row["at"] - row["least"]],
            "color": colour,
            "thickness": 2.5,
            "width": 7,
        },
        "hovertemplate": "%{y}<br>%{x:+.1%} (" + _range(row) + ")<extra></extra>",
    }


def _range(row: dict[str, Any]) -> str:
    return say("95 %: {low} to {high}", low=signed(row["least"]), high=signed(row["most"]))


def signed(fraction: float) -> str:
    """A difference as a share, with its sign."""
    shown = round(fraction, 3)
    text = show.percent(abs(shown))
    return f"−{text}" if shown < 0 else f"+{text}" if shown else text
