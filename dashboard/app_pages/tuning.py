"""Tuning: where should the thresholds of my policy lie, and what would moving them change?"""

from datetime import timedelta

import polars as pl
import streamlit as st

from dashboard import (
    cards,
    downloads,
    export,
    filters,
    notices,
    page_view,
    plots,
    replay_kept,
    routing_charts,
    tuned,
    tuning_apply,
    tuning_cards,
    tuning_charts,
    tuning_goals,
    tuning_tables,
    whatif_tables,
)
from dashboard.i18n import say

NUMBERS = {
    "score_outcomes": say("Tasks by how hard they looked, and how they came out"),
    "replay_calls": say("Every call replayed, and how it was answered"),
    "replay_outcomes": say("Known outcomes, of which quality is made"),
    "replay_readings": say("The plan's limits, measured from its own readings"),
    "policy_changes": say("What earlier changes did"),
    "filter_values": say("What can be chosen above"),
    "freshness": say("Last call"),
}
NOW = ("score_outcomes", *page_view.HEADS)
COMPARED = timedelta(days=90)
SLIDERS = {"moderate_at": "tuning_low", "complex_at": "tuning_high"}

view = page_view.current()
folder, chosen, period, colours = view.folder, view.chosen, view.period, view.colours
now = view.head(say("Tuning"), NOW)


def measured() -> None:
    """What changed after each earlier change of the policy, whatever the period above."""
    st.header(say("What earlier changes did"), anchor=False)
    until = filters.now()
    found = view.answer(
        "policy_changes", start_at=until - COMPARED, end_at=until + timedelta(minutes=1)
    )
    if found.is_empty():
        st.markdown(say("No policy took another's place in the last {n} days.", n=COMPARED.days))
        return
    st.markdown(notices.plain_dollars(tuning_tables.lead(found)))
    tuning_tables.changes(found)
    notices.small(
        say(
            "Measured, with 95 % intervals: as long a time before a change as after it, sessions "
            "taken as independent. Other things may have changed at the same time."
        )
    )


def foot() -> None:
    with st.container(border=True):
        measured()
        tuning_apply.roll_back(folder)
    notices.sources(NUMBERS, period.zone)


def refused(text: str) -> None:
    """What stands in the way of tuning; what was measured and the way back stay."""
    st.error(notices.without_markdown(text), icon=":material/rule:")
    foot()
    st.stop()


tuning_apply.told()
project = "" if chosen.project == filters.NOTHING else chosen.project or None
with st.spinner(say("Reading your calls…")):
    past = replay_kept.history(folder, period.start_at, period.end_at, project)
try:
    begun = tuned.start(folder, past)
except (OSError, ValueError) as error:
    refused(str(error))
if not past.calls:
    st.info(say("There is no call to replay in this period; choose a longer one."))
    foot()
    st.stop()
if not begun.weighs:
    refused(
        say(
            "No rule of the policy in force asks for `complexity`, so thresholds change nothing. "
            "`faregate policy show plan` prints one that does."
        )
    )
base = replay_kept.outcome(past, begun.in_force)


def basis() -> None:
    if begun.preset and begun.in_force is begun.scenario:
        text = say(
            "Your policy.toml has no routes, so calls with a plan login follow the preset “plan”: "
            "it is what moves here."
        )
    elif begun.preset:
        text = say(
            "Your policy.toml has no routes, so calls with an API key go as they were asked. What "
            "moves here is the preset “api”, against that."
        )
    else:
        text = say("What moves here is your policy in force, against itself as it is.")
    notices.small(text)


def take(moved: str) -> None:
    """Keeps the thresholds in order: the one that was moved takes the other along."""
    value = st.session_state[SLIDERS[moved]]
    marks = {**tuned.marks_of(filters.current(), begun.marks), moved: value}
    if marks["moderate_at"] > marks["complex_at"]:
        marks = dict.fromkeys(marks, value)
    texts = {name: f"{mark:g}" for name, mark in marks.items()}
    filters.write(filters.narrowed(filters.current(), **texts))


def sliders(marks: tuned.Marks) -> None:
    labels = {"moderate_at": say("Simple below"), "complex_at": say("Complex from")}
    sides = st.columns(2)
    for side, (name, key) in zip(sides, SLIDERS.items(), strict=True):
        st.session_state[key] = marks[name]
        side.slider(
            labels[name], 0.0, 1.0, step=0.001, format="%.3f", key=key, on_change=take, args=(name,)
        )


def histogram(marks: tuned.Marks) -> None:
    found = now["score_outcomes"]
    names = tuning_charts.outcome_colours(colours)
    st.html(
        cards.keys({tuning_charts.outcome_name(one): hue for one, hue in names.items()}, colours)
    )
    plots.draw(
        tuning_charts.scores(found, marks, begun.marks, colours),
        "scores",
        say("Tasks by how hard they looked, stacked by outcome, cut at the thresholds."),
    )
    notices.small(tuning_charts.unweighed(found))


def flow(found: tuned.Difference) -> None:
    title, picker = st.columns([3, 4], vertical_alignment="center")
    title.header(say("What goes where"), anchor=False)
    sides = {"tuned": say("Tuned"), "logged": say("As logged")}
    side = picker.segmented_control(
        say("Which way"), list(sides), default="tuned", required=True, key="tuning_side",
        format_func=sides.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    streams = found.logged if side == "logged" else found.tuned
    flows = tuning_charts.flows(streams, begun.policy)
    notices.small(say("From the kind of work, by how hard it looks, to the target; list value."))
    plots.draw(
        routing_charts.flow(flows, tuning_charts.measure(flows), colours),
        "tuned_flow",
        say("A flow from kinds of work by difficulty to targets."),
    )


def elsewhere(most: pl.DataFrame) -> None:
    st.header(say("Calls that would go elsewhere"), anchor=False)
    if most.is_empty():
        st.markdown(say("None: every call goes where it goes now."))
        return
    opened = tuning_tables.calls(most)
    if opened:
        view.open("calls", call=opened)


@st.fragment
def moving() -> None:
    marks = tuned.marks_of(filters.current(), begun.marks)
    after = replay_kept.outcome(past, tuned.moved(begun, marks))
    gaps = tuned.changes(base, after)
    found = tuned.difference(past, base, after, begun.marks, marks)
    words = tuning_cards.lead(found.changed, past.calls, gaps)
    st.markdown(notices.plain_dollars(words))
    tuning_goals.tell(marks)
    with st.container(border=True):
        sliders(marks)
        histogram(marks)
    tuning_cards.draw(after, gaps)
    with st.container(border=True):
        flow(found)
    with st.container(border=True):
        st.header(say("What would change in the policy"), anchor=False)
        tuning_apply.draw(folder, begun, marks)
    with st.container(border=True):
        elsewhere(found.most)
    downloads.csv(
        f"tuning-{chosen.range}",
        lambda: export.csv(tuned.compared(base, after)),
        width="content",
    )
    whatif_tables.basis({say("In force"): base, say("Tuned"): after})


basis()
with st.container(border=True):
    tuning_goals.draw(past, begun.scenario)
moving()
foot()
