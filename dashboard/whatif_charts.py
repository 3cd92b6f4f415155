"""Charts of the What-if page: a frame in, a figure out. Money is plotted in dollars."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboard import show
from dashboard.charts import laid_out
from dashboard.i18n import say
from dashboard.label_sides import Label, sides
from dashboard.palette import Palette
from router.replay import Outcome, Range

DOTS, BINS = 20, 60
TOP = 101.5  # of the axis of quality, at the least
PLOT_PX = (520.0, 374.0)
LINE_DOTS = 40  # as which a line across the chart is kept clear of labels
ROW_PX, STACK = 92, 0.82
MONEY_AND_QUALITY = "%{x:$,.2f} · %{y:.1f}<extra></extra>"


def trade_off(
    points: pl.DataFrame, others: Mapping[str, Outcome], least_quality: float, colours: Palette
) -> go.Figure:
    """Cost against quality (columns of `router.replay.frontier`), the goal as a line.

    `others` are the scenarios compared; `least_quality` is of the index, all-Opus 100.
    """
    figure = go.Figure()
    figure.add_scatter(**_cells(_of(points, "cell"), colours))
    figure.add_scatter(**_front(_of(points, "frontier"), colours))
    figure.add_scatter(**_chord(_of(points, "random").sort("paid_usd"), colours))
    named = [_compared(others, colours), _always(_of(points, "always"), colours)]
    if (best := cheapest(points, least_quality)) is not None:
        named.append(_best(best, colours))
    seen = points.filter(pl.col("role").is_in(["cell", "now"]))["quality"]
    ends = (
        float(min(seen.quantile(0.05) or 90, least_quality - 2)),
        float(max(seen.max() or 0, TOP - 1)) + 1,  # type: ignore[arg-type]
    )
    lines = _lines(others, points, least_quality)
    figure.add_traces([go.Scatter(one) for one in _beside(named, lines, ends)])
    laid_out(figure, colours, money="x")
    figure.add_hline(y=least_quality, line={"color": colours.fair, "dash": "dash", "width": 1})
    figure.update_layout(height=430, margin={"t": 12, "l": 40, "b": 44}, hovermode="closest")
    figure.update_yaxes(range=list(ends), rangemode="normal", ticksuffix="")
    figure.update_xaxes(title={"text": say("Paid a month")}, showgrid=True, gridcolor=colours.grid)
    figure.update_xaxes(rangemode="tozero")
    return figure


def _beside(
    named: list[dict[str, Any]], others: Iterable[tuple[float, float]], ends: tuple[float, float]
) -> list[dict[str, Any]]:
    """The traces with each label on the side where it covers least of others and of `others`."""
    most = max((usd for one in named for usd in one["x"]), default=1.0) or 1.0
    (width, height), (low, high) = PLOT_PX, ends

    def at(usd: float, quality: float, text: str = "") -> Label:
        return Label(width * usd / (1.08 * most), height * (high - quality) / (high - low), text)

    labels = [
        at(*point) for one in named for point in zip(one["x"], one["y"], one["text"], strict=True)
    ]
    found = iter(sides(labels, width, [at(usd, quality) for usd, quality in others]))
    return [{**one, "textposition": [next(found) for _ in one["x"]]} for one in named]


def _lines(
    others: Mapping[str, Outcome], points: pl.DataFrame, least_quality: float
) -> Iterator[tuple[float, float]]:
    """What labels stand clear of: the cells, each scenario's range, and the line of the goal."""
    yield from _of(points, "cell").select("paid_usd", "quality").rows()
    months = [(one.month["paid_usd"], _quality(one)) for one in others.values()]
    spans = [(paid.low, paid.high, quality) for paid, quality in months]
    most = max((high for _, high, _ in spans), default=0.0) or 1.0
    for low, high, quality in (*spans, (0.0, most, least_quality)):
        for usd in np.linspace(low, high, 1 + round(LINE_DOTS * (high - low) / most)):
            yield float(usd), quality


def _quality(outcome: Outcome) -> float:
    return float(np.nanmedian(outcome.draws["quality"]))


def cheapest(points: pl.DataFrame, least_quality: float) -> dict[str, Any] | None:
    """The cheapest point of the frontier that reaches the goal."""
    front = _of(points, "frontier").filter(pl.col("quality") >= least_quality).sort("paid_usd")
    return front.row(0, named=True) if front.height else None


def _of(points: pl.DataFrame, role: str) -> pl.DataFrame:
    return points.filter(pl.col("role") == role)


def _at(points: pl.DataFrame) -> dict[str, Any]:
    return {"x": points["paid_usd"].to_list(), "y": points["quality"].to_list()}


def _cells(points: pl.DataFrame, colours: Palette) -> dict[str, Any]:
    marks = points.select(
        pl.format("{} / {}", pl.col("moderate_at").round(3), pl.col("complex_at").round(3))
    )
    return {
        **_at(points),
        "mode": "markers",
        "marker": {"color": colours.faded, "size": 5, "opacity": 0.4},
        "customdata": marks.to_series().to_list(),
        "hovertemplate": say("thresholds") + " %{customdata}<br>" + MONEY_AND_QUALITY,
    }


def _front(points: pl.DataFrame, colours: Palette) -> dict[str, Any]:
    return {
        **_at(points), "mode": "lines", "line": {"color": colours.role["sonnet"], "width": 2.5},
        "hoverinfo": "skip",
    }  # fmt: skip


def _chord(points: pl.DataFrame, colours: Palette) -> dict[str, Any]:
    line = {"color": colours.faded, "dash": "dot", "width": 1.4}
    return {**_at(points), "mode": "lines", "line": line, "hoverinfo": "skip"}


def _always(points: pl.DataFrame, colours: Palette) -> dict[str, Any]:
    names = points["label"].str.split("/").list.last()
    return {
        **_at(points),
        "mode": "markers+text",
        "marker": {"symbol": "square", "size": 9, "color": colours.role["opus"]},
        "text": [say("always {model}", model=name) for name in names],
        "customdata": points["label"].to_list(),
        "hovertemplate": "%{customdata}<br>" + MONEY_AND_QUALITY,
    }


def _compared(others: Mapping[str, Outcome], colours: Palette) -> dict[str, Any]:
    months = [one.month for one in others.values()]
    paid = [np.median(one.draws["paid_usd"]) for one in others.values()]
    quality = [_quality(one) for one in others.values()]
    return {
        "x": paid,
        "y": quality,
        "mode": "markers+text",
        "text": list(others),
        "textfont": {"color": colours.text},
        "marker": {"symbol": "diamond", "size": 12, "color": colours.projects[0]},
        "error_x": _bars([one["paid_usd"] for one in months], paid, colours, show.in_currency(1)),
        "error_y": _bars([one["quality"] for one in months], quality, colours),
        "hovertemplate": "%{text}<br>" + MONEY_AND_QUALITY,
    }


def _bars(
    ranges: list[Range], middles: Sequence[float], colours: Palette, worth: float = 1.0
) -> dict[str, Any]:
    """The 90 % of each, times what one unit is worth on the axis."""
    pairs = list(zip(ranges, middles, strict=True))
    return {
        "type": "data",
        "symmetric": False,
        "array": [worth * (one.high - middle) for one, middle in pairs],
        "arrayminus": [worth * (middle - one.low) for one, middle in pairs],
        "color": f"{colours.projects[0]}55",
        "thickness": 1,
        "width": 0,
    }


def _best(point: Mapping[str, Any], colours: Palette) -> dict[str, Any]:
    return {
        "x": [point["paid_usd"]],
        "y": [point["quality"]],
        "mode": "markers+text",
        "text": [say("best at your goal")],
        "textfont": {"color": colours.good_text},
        "marker": {"symbol": "star", "size": 15, "color": colours.good},
        "hovertemplate": MONEY_AND_QUALITY,
    }


def dots(others: Mapping[str, Outcome], colours: Palette) -> go.Figure:
    """Twenty dots for each scenario's month: each stands for one chance in twenty."""
    figure = go.Figure()
    quantiles = (np.arange(DOTS) + 0.5) / DOTS
    months = [np.quantile(one.draws["paid_usd"], quantiles) for one in others.values()]
    bin_usd = max(float(max(month.max() for month in months)) / BINS, 0.01)
    stacks = [_stacked(paid, bin_usd) for paid in months]
    tallest = max(max(heights) for _, heights in stacks)
    rise = min(0.085, STACK / max(tallest, 1))
    size = min(7.0, ROW_PX * rise)
    for row, (name, paid) in enumerate(zip(others, months, strict=True)):
        bins, heights = stacks[row]
        figure.add_scatter(
            x=bins, y=[-row + rise * height for height in heights], mode="markers", name=name,
            customdata=paid, marker={"size": size, "color": colours.projects[0]},
            hovertemplate="%{fullData.name}: %{x:$,.0f}<extra></extra>",
        )  # fmt: skip
    laid_out(figure, colours, money="x")
    figure.update_layout(height=70 + ROW_PX * len(others), margin={"t": 8, "l": 8})
    rows = list(range(0, -len(others), -1))
    figure.update_yaxes(
        automargin=True, tickvals=rows, ticktext=list(others), range=[rows[-1] - 0.25, 0.95],
        rangemode="normal",
    )  # fmt: skip
    figure.update_xaxes(rangemode="tozero")
    return figure


def _stacked(paid: Any, bin_usd: float) -> tuple[list[float], list[int]]:
    """Each amount's bin, and how many stand below it there."""
    bins = [round(float(amount) / bin_usd) * bin_usd for amount in paid]
    return bins, [bins[:at].count(one) for at, one in enumerate(bins)]


def tornado(moves: pl.DataFrame, names: Mapping[str, str], colours: Palette) -> go.Figure:
    """What a month comes to at each end of an assumption (columns of `router.replay.tornado`);
    of those that move nothing, none.
    """
    shown = moves.filter(pl.col("paid_usd_low") != pl.col("paid_usd_high")).head(7).reverse()
    figure = go.Figure()
    for side, colour in (("low", colours.projects[1]), ("high", colours.projects[0])):
        figure.add_bar(
            y=[names.get(name, name) for name in shown["assumption"]],
            x=(shown[f"paid_usd_{side}"] - shown["paid_usd"]).to_list(),
            orientation="h",
            marker={"color": colour},
            customdata=shown.select(side, f"paid_usd_{side}").rows(),
            hovertemplate="%{y}: %{customdata[0]:.2~f} → %{x:+$,.2f}<extra></extra>",
        )
    laid_out(figure, colours, money="x")
    figure.update_layout(height=300, margin={"t": 8, "l": 8}, barmode="overlay")
    figure.update_yaxes(automargin=True, showgrid=False, dtick=1)
    figure.update_xaxes(zeroline=True, zerolinecolor=colours.faded, rangemode="normal")
    return figure


def plan_bars(even: pl.DataFrame, colours: Palette) -> go.Figure:
    """Fee and overflow of each plan, the API alone first (columns of `break_even`)."""
    names = [row["title"] or say("API only") for row in even.iter_rows(named=True)]
    figure = go.Figure()
    for column, colour in (("plan_usd", "plan"), ("over_usd", "sonnet")):
        figure.add_bar(
            x=names, y=even[column].to_list(), marker={"color": colours.role[colour]},
            hovertemplate="%{x}: %{y:$,.2f}<extra></extra>",
        )  # fmt: skip
    for name, paid in zip(names, even["paid_usd"], strict=True):
        figure.add_annotation(
            x=name, y=show.in_currency(paid), text=f"<b>{show.usd(paid)}</b>", showarrow=False,
            yshift=11, font={"color": colours.text},
        )  # fmt: skip
    laid_out(figure, colours, money="y")
    figure.update_layout(height=300, margin={"t": 18})
    figure.update_xaxes(tickformat="")
    return figure
