"""What-if: what would this month have cost under another policy or plan, and how sure is that?"""

from collections.abc import Callable
from typing import Any

import polars as pl
import streamlit as st

from dashboard import (
    downloads,
    export,
    filters,
    goals,
    notices,
    page_view,
    plots,
    replay_kept,
    replayed,
    show,
    whatif_cards,
    whatif_charts,
    whatif_choice,
    whatif_claims,
    whatif_tables,
)
from dashboard.i18n import count, say
from router.replay import Outcome, Scenario, bills_plan, frontier, tornado
from router.replay_even import break_even
from router.replay_terms import Told

NUMBERS = {
    "replay_calls": say("Every call replayed, and how it was answered"),
    "replay_readings": say("The plan's limits, measured from its own readings"),
    "policy_versions": say("Versions of the policy that can be chosen"),
    "filter_values": say("What can be chosen above"),
    "freshness": say("Last call"),
}

view = page_view.current()
folder, chosen, period, colours = view.folder, view.chosen, view.period, view.colours
now = view.head(say("What-if"), ("policy_versions", *page_view.HEADS))
project = "" if chosen.project == filters.NOTHING else chosen.project or None
with st.spinner(say("Reading your calls…")):
    past = replay_kept.history(folder, period.start_at, period.end_at, project)
if not past.calls:
    st.info(say("There is no call to replay in this period; choose a longer one."))
    notices.sources(NUMBERS, period.zone)
    st.stop()

names = whatif_choice.policy_names(now["policy_versions"])
plans = replayed.known_plans(folder)
plan_names = whatif_choice.plan_names(plans)
held = whatif_choice.picks(chosen, names, plan_names)


def lead() -> tuple[str, bool]:
    """What is supposed for every column: what follows a spent plan, and how models differ."""
    text = count(
        past.calls,
        "Your own {n} call of {days} active days, replayed under other rules and plans.",
        "Your own {n} calls of {days} active days, replayed under other rules and plans.",
        days=past.active_days,
    )
    st.markdown(f"{text} {say('Nothing changes until you apply a policy.')}")
    beyond, equal = st.columns([1, 2], vertical_alignment="bottom")
    ways = whatif_choice.ways_past_limit()
    way = beyond.selectbox(
        say("When a plan's limit is spent"), list(ways), format_func=ways.__getitem__
    )
    is_equal = equal.toggle(
        say("Suppose every model takes the same steps and tokens"),
        help=say(
            "Off: weaker models take more steps and write more, as measured on public agent runs. "
            "On: a comparison of list prices alone."
        ),
    )
    return way, is_equal


def compared(way: str, *, is_equal: bool) -> dict[str, Outcome]:
    """The columns, each drawn with what was chosen for it; outcomes by name."""
    found: dict[str, Outcome] = {}
    with st.grid(len(held), min_column_width=230, border=True) as grid:
        for at, pick in enumerate(held):
            with grid.cell():
                whatif_choice.pickers(at, held, chosen, names, plan_names)
                outcome = _replayed(pick, way, is_equal=is_equal)
                if outcome:
                    st.html(whatif_cards.card(outcome, colours))
                    found[_title(pick, found)] = outcome
    return found


def _replayed(pick: whatif_choice.Pick, way: str, *, is_equal: bool) -> Outcome | None:
    try:
        scenario = whatif_choice.scenario(folder, pick, way, is_equal=is_equal)
        return replay_kept.outcome(past, scenario)
    except (ValueError, LookupError) as error:
        st.error(notices.without_markdown(str(error)))
        return None


def _title(pick: whatif_choice.Pick, taken: dict[str, Outcome]) -> str:
    name, plan = pick
    title = f"{names[name]}, {plan_names[plan]}" if plan else names[name]
    return title if title not in taken else f"{title} ({len(taken) + 1})"


def beside(
    what: str,
    scenario: Scenario,
    work: Callable[[Told], Any],
    doing: str,
    draw: Callable[[Any], None],
) -> None:
    """What takes long is worked out beside the page; until it is there, how far it has come."""
    key = (what, id(scenario.rules), scenario.plan, scenario.past_limit, scenario.assumptions)
    begun = replay_kept.begun(past, key, work)
    if not begun.ended():
        replay_kept.wait(begun, doing)
    elif begun.fault:
        st.error(notices.without_markdown(begun.fault))
    else:
        draw(begun.answer)


def trade_off(outcomes: dict[str, Outcome], scenario: Scenario) -> None:
    is_bound = any(
        one.basis.budget_reached for one in outcomes.values() if one.scenario is scenario
    )

    def draw(points: pl.DataFrame) -> None:
        _drawn(points, outcomes)
        if is_bound:
            notices.small(say("These leave the policy's budget aside, which would be reached."))

    beside(
        "frontier",
        scenario,
        lambda told: frontier(past, scenario, told=told),
        say("Trying every pair of thresholds…"),
        draw,
    )


def _drawn(points: pl.DataFrame, outcomes: dict[str, Outcome]) -> None:
    least = 100 * goals.chosen().quality_least
    plots.draw(
        whatif_charts.trade_off(points, outcomes, least, colours),
        "trade_off",
        say("What a month costs against the quality to expect, for every pair of thresholds."),
    )
    best = whatif_charts.cheapest(points, least)
    if best:
        text = say(
            "Cheapest at {goal} or better: thresholds {low} and {high}, {usd} a month.",
            goal=f"{least:g}",
            low=f"{best['moderate_at']:.2f}",
            high=f"{best['complex_at']:.2f}",
            usd=show.usd(best["paid_usd"]),
        )
    else:
        text = say("No pair of thresholds reaches {goal}.", goal=f"{least:g}")
    st.markdown(notices.plain_dollars(text))
    notices.small(
        say(
            "Grey dots: other thresholds of the same policy. Dotted: mixing the cheapest and the "
            "best model at random, which any router should beat."
        )
    )


def assumptions(scenario: Scenario) -> None:
    beside(
        "tornado",
        scenario,
        lambda _: tornado(past, scenario),
        say("Trying both ends of every assumption…"),
        _moved,
    )


def _moved(moves: pl.DataFrame) -> None:
    plots.draw(
        whatif_charts.tornado(moves, whatif_tables.assumption_names(), colours),
        "tornado",
        say("How far each assumption moves what a month costs."),
    )
    notices.small(say("Paid a month at the low and the high end of each assumption, others held."))


def plans_compared(outcomes: dict[str, Outcome]) -> None:
    """Of the first policy above that a plan can stand behind."""
    scenarios = [one.scenario for one in outcomes.values()]
    scenario = next((one for one in scenarios if one.rules and bills_plan(one)), None)
    if scenario is None:
        st.markdown(say("Choose a policy above that uses a plan, such as Max, local, overflow."))
        return
    beside(
        "plans",
        scenario,
        lambda _: break_even(past, scenario, plans),
        say("Trying every plan…"),
        _paid_off,
    )


def _paid_off(even: pl.DataFrame) -> None:
    figure = whatif_charts.plan_bars(even, colours)
    plots.draw(figure, "plans", say("The fee and the overflow of each plan."))
    whatif_tables.plans(even)


def as_csv(outcomes: dict[str, Outcome]) -> bytes:
    return export.csv(whatif_tables.months(outcomes))


def below(outcomes: dict[str, Outcome]) -> None:
    scenario = threshold_scenario(outcomes)
    left, right = st.columns([7, 5])
    with left, st.container(border=True, height="stretch"):
        st.header(say("Cost against quality"), anchor=False)
        if scenario:
            trade_off(outcomes, scenario)
        else:
            st.markdown(say("Choose a policy with thresholds to see what others would give."))
    with right, st.container(border=True, height="stretch"):
        st.header(say("How sure is the month's bill?"), anchor=False)
        plots.draw(
            whatif_charts.dots(outcomes, colours),
            "dots",
            say("Twenty dots for each scenario: each is one chance in twenty."),
        )
        notices.small(say("Each dot is one chance in twenty."))
    if scenario:
        left, right = st.columns(2)
        with left, st.container(border=True, height="stretch"):
            st.header(say("What the answer hangs on"), anchor=False)
            assumptions(scenario)
        with right, st.container(border=True, height="stretch"):
            st.header(say("Which plan pays"), anchor=False)
            plans_compared(outcomes)


def threshold_scenario(outcomes: dict[str, Outcome]) -> Scenario | None:
    """The column whose thresholds are moved below, as chosen among those that have some."""
    routed = {
        name: one.scenario
        for name, one in outcomes.items()
        if whatif_choice.has_thresholds(one.scenario)
    }
    if not routed:
        return None
    name = st.segmented_control(
        say("What follows is of the policy"), list(routed), default=list(routed)[-1], required=True
    )
    return routed[name or list(routed)[-1]]


way, is_equal = lead()
outcomes = compared(way, is_equal=is_equal)
if outcomes:
    downloads.csv(f"what-if-{chosen.range}", lambda: as_csv(outcomes), width="content")
    below(outcomes)
    whatif_tables.basis(outcomes)
whatif_tables.models(past.labels)
whatif_claims.draw()
notices.sources(NUMBERS, period.zone)
