"""Goals that thresholds are found for: chosen, solved beside the page, told while they hold."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import filters, goals, notices, replay_kept, show
from dashboard.i18n import say
from dashboard.tuned import Marks
from dashboard.whatif_cards import amount
from router.replay import Goal, History, Outcome, Scenario, solve

ASKED, FOUND = "tuning_asked", "tuning_found"
QUALITY, USD, LOCAL = "quality", "usd", "local"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a goal; `marks` is None where something went wrong, in `words`."""

    marks: Marks | None
    words: str
    is_met: bool


def kinds() -> dict[str, str]:
    return {
        QUALITY: say("cheapest at a quality"),
        USD: say("best for an amount"),
        LOCAL: say("cheapest with a local share"),
    }


def draw(past: History, scenario: Scenario) -> None:
    """Sets the thresholds of the URL when what was asked for has been found."""
    named = kinds()
    kind = st.segmented_control(
        say("Find the thresholds that are"), list(named), default=QUALITY, required=True,
        format_func=named.__getitem__, key="tuning_kind",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = _wanted(kind or QUALITY)
        if st.button(say("Find them"), icon=":material/search:", key="tuning_find"):
            st.session_state[ASKED] = wanted
            st.session_state.pop(FOUND, None)
    asked = st.session_state.get(ASKED)
    if asked:
        _await(past, scenario, asked)
    found = st.session_state.get(FOUND)
    if found and found.marks is None:
        st.error(notices.without_markdown(found.words))


def _wanted(kind: str) -> Goal:
    bounds = goals.chosen()
    if kind == USD:
        usd = _number(say("At most, in dollars a month"), bounds.paid_usd_most, 1_000_000.0)
        return Goal(usd=usd)
    if kind == LOCAL:
        low = _number(say("At least, % of calls"), 100 * bounds.local_least, 100.0)
        high = _number(say("At most, % of calls"), 100 * bounds.local_most, 100.0)
        return Goal(local=(min(low, high) / 100, max(low, high) / 100))
    least = _number(say("Quality of at least"), 100 * bounds.quality_least, 100.0)
    sure = st.toggle(
        say("Be sure of it"), key="tuning_sure", help=say("With 19 of 20 draws at least as good.")
    )
    return Goal(quality=least, sure=sure)


def _number(label: str, value: float, most: float) -> float:
    given = st.number_input(
        label, 0.0, most, float(value), 1.0, format="%.1f", width=170, key=f"tuning {label}"
    )
    return float(given)


def _await(past: History, scenario: Scenario, asked: Goal) -> None:
    key = ("solve", id(scenario.rules), scenario.plan, scenario.past_limit, asked)
    work = replay_kept.begun(past, key, lambda told: solve(past, scenario, asked, told=told))
    if work.is_ended:
        _take(work, asked)
    else:
        replay_kept.wait(work, say("Trying every pair of thresholds…"))


def _take(work: Any, asked: Goal) -> None:
    st.session_state.pop(ASKED)
    if work.fault:
        st.session_state[FOUND] = Found(None, work.fault, is_met=False)
        return
    solution = work.answer
    marks = {name: round(value, 6) for name, value in solution.thresholds.items()}
    words = _words(asked, solution.outcome, is_met=solution.is_met)
    st.session_state[FOUND] = Found(marks, words, is_met=solution.is_met)
    texts = {name: f"{value:g}" for name, value in marks.items()}
    filters.write(filters.narrowed(filters.current(), **texts))


def _words(asked: Goal, outcome: Outcome, *, is_met: bool) -> str:
    given = {
        "goal": goal_text(asked),
        "paid": amount(outcome.month["paid_usd"], "usd"),
        "quality": amount(outcome.month["quality"], "index"),
        "local": amount(outcome.month["local_share"], "share"),
    }
    if is_met:
        return say(
            "Found, {goal}: {paid} a month at a quality of {quality}, {local} local.", **given
        )
    return say(
        "No pair of thresholds reaches this goal ({goal}). The nearest: {paid} a month at a "
        "quality of {quality}, {local} local.",
        **given,
    )


def goal_text(asked: Goal) -> str:
    if asked.usd is not None:
        return say("at most {usd} a month", usd=show.usd(asked.usd))
    if asked.local is not None:
        low, high = (show.percent(one) for one in asked.local)
        return say("{low} to {high} local", low=low, high=high)
    return say("quality of at least {least}", least=f"{asked.quality:g}")


def tell(marks: Marks) -> None:
    """What was found, for as long as the thresholds stay there."""
    found = st.session_state.get(FOUND)
    if not found or found.marks != marks:
        return
    text = notices.plain_dollars(found.words)
    if found.is_met:
        st.success(text, icon=":material/check:")
    else:
        st.warning(text, icon=":material/block:")
