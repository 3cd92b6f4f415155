"""Charts of the Spend page: a frame in, a figure out."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard import show
from dashboard.charts import laid_out
from dashboard.i18n import say
from dashboard.palette import Palette

MONEY = ("list_usd", "cash_usd")
MODELS = ("target", "model", "provider")  # dimensions that wear the colours of models
FAMILIES = ("opus", "sonnet", "haiku")


def course(days: pl.DataFrame, measure: str, dimension: str, colours: Palette) -> go.Figure:
    """Stacked bars per day, the largest below (columns of sql/kpi/spend_course.sql)."""
    figure = go.Figure()
    for name, colour in shades(days, dimension, colours).items():
        own = days.filter(pl.col("named_value").eq_missing(name))
        figure.add_bar(
            x=own["day_on"].to_list(),
            y=own[measure].cast(pl.Float64).to_list(),
            name=value_name(name),
            marker={"color": colour, **_pattern(name, dimension)},
            hovertemplate="%{x|%Y-%m-%d}<br>%{fullData.name} " + _hover(measure),
        )
    laid_out(figure, colours, money="y" if measure in MONEY else "")
    figure.update_layout(height=340, margin={"t": 12})
    if measure not in MONEY:
        figure.update_yaxes(tickformat="~s")
    return figure


def hours(values: pl.DataFrame, measure: str, colours: Palette) -> go.Figure:
    """A bar for each hour of the day (columns of sql/kpi/spend_by.sql)."""
    day = values.sort("named_value").with_columns(
        tokens=pl.col("prompt_tokens") + pl.col("output_tokens")
    )
    figure = go.Figure(
        go.Bar(
            x=day["named_value"].to_list(),
            y=day[measure].cast(pl.Float64).to_list(),
            marker={"color": colours.projects[0]},
            hovertemplate="%{x}: " + _hover(measure),
        )
    )
    laid_out(figure, colours, money="y" if measure in MONEY else "")
    figure.update_layout(height=340, margin={"t": 12})
    figure.update_xaxes(type="category", tickformat="", nticks=24)
    if measure not in MONEY:
        figure.update_yaxes(tickformat="~s")
    return figure


def _hover(measure: str) -> str:
    return ("%{y:$,.2f}" if measure in MONEY else "%{y:,d}") + "<extra></extra>"


def shades(days: pl.DataFrame, dimension: str, colours: Palette) -> dict[str | None, str]:
    """A colour for each value, in stack order; the rest of them, None, comes last."""
    named = days.sort("place")["named_value"].unique(maintain_order=True).to_list()
    plain = iter(colours.projects)
    return {
        name: colours.role["other"]
        if name is None
        else _role_colour(name, colours)
        if dimension in MODELS
        else next(plain)
        for name in named
    }


def value_name(name: str | None) -> str:
    return say("all others") if name is None else name or say("(none)")


def _role_colour(name: str, colours: Palette) -> str:
    family = next((known for known in FAMILIES if known in name), None)
    if family:
        return colours.role[family]
    if name == "max":
        return colours.role["plan"]
    if name == "anthropic":
        return colours.role["opus"]
    if name.startswith("ollama") or ":" in name.removesuffix(":free"):
        return colours.role["local"]
    return colours.role["openrouter" if "/" in name or name == "openrouter" else "other"]


def _pattern(name: str | None, dimension: str) -> dict[str, Any]:
    """The plan's share of a model is hatched: the same model, otherwise billed."""
    is_plan = dimension == "target" and (name or "").startswith("max/")
    return (
        {
            "pattern": {
                "shape": "/",
                "size": 5,
                "solidity": 0.25,
                "fillmode": "overlay",
                "fgcolor": "#FFFFFF",
            }
        }
        if is_plan
        else {}
    )


def causes() -> dict[str, str]:
    """What can move a sum, in the order in which it is shown."""
    return {
        "volume": say("Number of calls"),
        "mix": say("Other models"),
        "price": say("Prices"),
        "cache": say("Caching"),
        "length": say("Length"),
    }


def change(steps: pl.DataFrame, colours: Palette) -> go.Figure:
    """What each cause added or took away (columns of sql/kpi/spend_change.sql)."""
    values = dict(steps.select("step", "usd").iter_rows())
    names = dict(reversed(causes().items()))
    figure = go.Figure(
        go.Bar(
            y=list(names.values()),
            x=[values[cause] for cause in names],
            orientation="h",
            marker={
                "color": [colours.fair if values[cause] > 0 else colours.good for cause in names]
            },
            text=[_signed(values[cause]) for cause in names],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    laid_out(figure, colours, money="x")
    figure.update_layout(height=250, margin={"t": 8})
    widest = max(abs(amount) for amount in figure.data[0].x) * 1.7 or 1
    figure.update_xaxes(
        range=[-widest, widest], zeroline=True, nticks=5,
        zerolinecolor=colours.faded,
    )  # fmt: skip
    figure.update_yaxes(showgrid=False, automargin=True, dtick=1)
    return figure


def _signed(usd: float) -> str:
    return ("+" if usd > 0 else "") + show.usd(usd)
