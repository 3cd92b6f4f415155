"""Charts of the Tuning page: a frame in, a figure out."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from dashboard.charts import laid_out
from dashboard.experiment_controls import tier_name
from dashboard.i18n import say
from dashboard.palette import Palette
from router.call import Bill
from router.policy_model import Policy, Target
from router.replay_bench import bill_of

BIN = 1 / 40
TIERS = ("simple", "moderate", "complex")


def outcome_colours(colours: Palette) -> dict[str, str]:
    return {"pass": colours.good, "fail": colours.bad, "unknown": colours.role["plan"]}


def outcome_name(outcome: str) -> str:
    return {"pass": say("went well"), "fail": say("failed")}.get(outcome, say("outcome unknown"))


def scores(
    found: pl.DataFrame, marks: Mapping[str, float], own: Mapping[str, float], colours: Palette
) -> go.Figure:
    """Tasks by how hard they looked, stacked by outcome (columns of sql/kpi/score_outcomes.sql),
    cut where the thresholds `marks` are; dotted where the policy's `own` are.
    """
    figure = go.Figure()
    for outcome, colour in outcome_colours(colours).items():
        bars = found.filter((pl.col("outcome") == outcome) & pl.col("score_from").is_not_null())
        name = outcome_name(outcome)
        figure.add_bar(
            x=(bars["score_from"] + BIN / 2).to_list(),
            y=bars["tasks"].to_list(),
            width=BIN * 0.86,
            marker={"color": colour},
            hovertemplate="%{x:.3f}<br>" + name + ": %{y}<extra></extra>",
        )
    laid_out(figure, colours)
    figure.update_layout(height=280, margin={"t": 26, "b": 40})
    figure.update_xaxes(tickformat=".1f", range=[0, 1], title={"text": say("How hard it looks")})
    for name, at in own.items():
        if at != marks[name]:
            figure.add_vline(x=at, line={"color": colours.faded, "dash": "dot", "width": 1.4})
    for at in marks.values():
        figure.add_vline(x=at, line={"color": colours.text, "width": 2})
    _name_parts(figure, list(marks.values()), colours)
    return figure


def _name_parts(figure: go.Figure, cuts: list[float], colours: Palette) -> None:
    """What lies between the cuts, where there is room to say so."""
    ends = [0.0, *cuts, 1.0]
    for tier, low, high in zip(TIERS, ends, ends[1:], strict=False):
        if high - low >= 0.12:
            figure.add_annotation(
                x=(low + high) / 2, y=1.09, yref="paper", text=tier_name(tier), showarrow=False,
                font={"color": colours.text},
            )  # fmt: skip


def unweighed(found: pl.DataFrame) -> str:
    """How many tasks the chart leaves out."""
    tasks = int(found.filter(pl.col("score_from").is_null())["tasks"].sum())
    return say(
        "Tasks of this period by the score they began with; dotted: the thresholds in force. Not "
        "weighed, and not shown: {n}.",
        n=f"{tasks:,}",
    )


def measure(flows: pl.DataFrame) -> str:
    """What streams are as wide as: list value, or calls where no call has a price."""
    return "list_usd" if flows["list_usd"].sum() > 0 else "calls"


def flows(streams: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Task by difficulty to target, as `routing_charts.flow` draws it (`tuned.streams`)."""
    tiers = {one: tier_name(one) for one in ("simple", "moderate", "complex")}
    roles = {name: role_of(policy, name) for name in streams["target"].unique()}
    return streams.select(
        "kind",
        pl.col("tier").replace_strict(tiers, default=say("not weighed")).alias("route"),
        "target",
        "calls",
        "list_usd",
        pl.col("target").replace_strict(roles, return_dtype=pl.String).alias("role"),
    ).sort("list_usd", "calls", "kind", "route", "target", descending=[True, True, *[False] * 3])


def role_of(policy: Policy, name: str) -> str:
    """The role of a target by whose colour it is drawn, as sql/views/filtered_calls.sql has it."""
    provider, _, model = name.partition("/")
    bill = bill_of(policy, Target(provider, model))
    if bill is not Bill.CASH:
        return "plan" if bill is Bill.PLAN else "local"
    if provider == "openrouter":
        return "openrouter"
    return next((one for one in ("opus", "sonnet", "haiku") if one in model), "other")
