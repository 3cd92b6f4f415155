"""Experiments: is the other policy cheaper, and does the work still come out well?"""

from typing import Any

import polars as pl
import streamlit as st

from dashboard import (
    ask,
    downloads,
    experiment_charts,
    experiment_controls,
    experiment_tables,
    experiment_words,
    experiments,
    figures,
    filters,
    notices,
    page_view,
    plots,
    show,
)
from dashboard.i18n import count, say


def numbers() -> dict[str, str]:
    return {
        "experiment_list": say("The experiments, and the tasks still needed"),
        "experiment_arms": say("The table, and its CSV"),
        "experiment_differences": say("The sentence and the chart"),
        "filter_values": say("What can be chosen above"),
        "freshness": say("Last call"),
    }


OF_PERIOD = ("experiment_list", *page_view.HEADS)
OF_ONE = ("experiment_arms", "experiment_differences")

view = page_view.current()
chosen, period = view.chosen, view.period
now = view.head(say("Experiments"), OF_PERIOD)
running = experiments.live(view.folder)
met = now["experiment_list"].filter(pl.col("experiment") != "exploration")


def draw_one(found: dict[str, Any]) -> None:
    answers = ask.answers(view.path, OF_ONE, of_one(found["experiment"]))
    arms, gaps = answers["experiment_arms"], answers["experiment_differences"]
    st.markdown(notices.plain_dollars(lead(gaps)))
    summary(found, arms)
    chart, table = st.columns([7, 5])
    with chart, st.container(border=True, height="stretch"):
        st.header(say("The other arm against this policy"), anchor=False)
        intervals(gaps)
    with table, st.container(border=True, height="stretch"):
        st.header(say("Arm by arm"), anchor=False)
        experiment_tables.arms(arms)
        below(found["experiment"], arms)


def of_one(name: str) -> dict[str, Any]:
    """What is set for the questions about one experiment: it is counted whole."""
    return {"experiment": name, "zone": period.zone, **ask.plan(view.folder)}


def lead(gaps: pl.DataFrame) -> str:
    """What is certain, and what is not."""
    told = {row["measure"]: row for row in gaps.iter_rows(named=True)}
    cost, passed = told.get("list_usd"), told.get("passed")
    if cost is None or cost["low"] is None:
        return say("Too few sessions so far to compare the arms.")
    return f"{_cost(cost)} {_passed(passed)}"


def _cost(cost: dict[str, Any]) -> str:
    gap = show.usd(abs(cost["difference"]))
    share = show.percent(abs(round(cost["relative"] or 0, 3)))
    if not cost["is_certain"]:
        return say("At list price the arms do **not differ for certain** ({gap} a task).", gap=gap)
    if cost["difference"] < 0:
        return say("The other arm costs **{gap} less** a task ({share}).", gap=gap, share=share)
    return say("The other arm costs **{gap} more** a task ({share}).", gap=gap, share=share)


def _passed(passed: dict[str, Any] | None) -> str:
    if passed is None or passed["low"] is None:
        return say("Too few outcomes are known to say how well it works.")
    low, high = (experiment_charts.signed(passed[name]) for name in ("low", "high"))
    if not passed["is_certain"]:
        return say("Whether it passes more or fewer tasks is open: {low} to {high}.",
                   low=low, high=high)  # fmt: skip
    points = show.points(passed["difference"])
    if passed["difference"] < 0:
        return say("It passes **{points} fewer** tasks.", points=points)
    return say("It passes **{points} more** tasks.", points=points)


def summary(found: dict[str, Any], arms: pl.DataFrame) -> None:
    with st.grid(4, min_column_width=150, border=True):
        figures.draw(
            say("State"), *state(found, arms), say("An experiment ends by its own stop rule.")
        )
        figures.draw(
            say("Tasks"),
            show.quantity(found["tasks"]),
            count(found["sessions"], "in {n} session", "in {n} sessions"),
            say("What a person asked for, or all the work of one subagent."),
        )
        figures.draw(
            say("Outcome known"),
            show.share(found["known_share"]),
            count(found["known_tasks"], "{n} task", "{n} tasks"),
            say("By tests, commits, what was said next, and reviews."),
        )
        figures.draw(
            say("Tasks still needed"),
            show.quantity(found["tasks_needed"]),
            say("to see {points} for certain", points=show.points(found["detect"])),
            say("Over both arms, to find a loss this large 4 times of 5 (5 % false alarms)."),
        )


def state(found: dict[str, Any], arms: pl.DataFrame) -> tuple[str, str]:
    since = say("since {at}", at=show.moment(found["began_at"], period.zone)[:10])
    if running is None or running.name != found["experiment"]:
        return say("Ended"), since
    why = experiments.why_ended(view.folder, running, filters.now())
    why = why or experiments.why_over_by(running, arms, found["began_at"], filters.now())
    return (say("Over"), experiment_words.why_over(*why)) if why else (say("Running"), since)


def intervals(gaps: pl.DataFrame) -> None:
    if experiment_charts.drawable(gaps).is_empty():
        st.markdown(say("With two sessions in each arm there is an interval to draw."))
        return
    plots.draw(
        experiment_charts.intervals(gaps, view.colours),
        "intervals",
        say("For each measure the difference between the arms, with its interval of 95 %."),
    )
    notices.small(
        say(
            "In % of this policy, 95 % intervals, sessions taken as independent. "
            "Green is better for certain, red is worse, grey is open."
        )
    )


def below(name: str, arms: pl.DataFrame) -> None:
    with st.container(horizontal=True):
        for arm in arms["arm"]:
            if st.button(
                say("Calls of: {arm}", arm=experiment_tables.arm_name(arm)), key=f"of {arm}"
            ):
                view.open("calls", arm=f"{name}: {arm}")
        file = view.as_csv("experiment_arms", **of_one(name))
        downloads.csv(f"experiment-{name}", file, width="content")


def picked() -> dict[str, Any]:
    names = met["experiment"].to_list()
    held = chosen.experiment if chosen.experiment in names else names[0]
    if len(names) > 1:
        st.session_state["experiment_control"] = held
        st.selectbox(
            say("Experiment"),
            names,
            key="experiment_control",
            on_change=filters.changes("experiment", "experiment_control"),
        )
    else:
        st.text(say("Experiment {name}", name=held))
    return met.filter(pl.col("experiment") == held).row(0, named=True)


def nothing_yet() -> None:
    if running:
        st.info(say("The experiment runs; no work has entered it in this period."))
        st.text(running.name)
        return
    st.markdown(
        say(
            "Nothing was tried in this period. An experiment sends a share of new work by another "
            "policy, and says what it cost and how it came out. It is a part of `policy.toml`:"
        )
    )
    st.code(experiment_controls.EXAMPLE, language="toml")


def control() -> None:
    with st.container(border=True):
        title = say("In the policy now") if running else say("Start an experiment")
        st.header(title, anchor=False)
        if running:
            st.text(running.name)
        experiment_controls.draw(view.folder, running)


if met.is_empty():
    nothing_yet()
else:
    draw_one(picked())
control()
notices.sources(numbers(), period.zone)
