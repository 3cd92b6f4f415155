"""Putting thresholds into force and taking them back, whole or not at all, after a look at them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from collector import policies
from collector.policies import Named
from dashboard import ask, filters, notices, tuned
from dashboard.i18n import say
from dashboard.tuned import Marks, Start

TOLD, CHANGED = "tuning_told", "tuning_changed"
WORDS_PX = 320


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a change: the versions, or what was wrong with it."""

    before: str = ""
    after: str = ""
    fault: str = ""


def told() -> None:
    """What became of the change that was asked for last, once: a run of the whole page begins."""
    st.session_state.pop(CHANGED, None)
    said = st.session_state.pop(TOLD, None)
    if not said:
        return
    if said.fault:
        st.error(
            say("Nothing was changed: {why}", why=notices.without_markdown(said.fault)),
            icon=":material/rule:",
        )
        return
    st.success(
        say(
            "In force: version {after}, in place of {before}. A running gate takes it up within a "
            "second.",
            after=f"`{said.after}`",
            before=f"`{said.before}`",
        ),
        icon=":material/check:",
    )


def draw(folder: Path, start: Start, marks: Marks) -> None:
    """The difference, and what puts it into force."""
    if st.session_state.pop(CHANGED, False):
        st.rerun()  # all of the page stands on the policy in force
    if marks == start.marks and start.in_force is start.scenario:
        st.markdown(say("These thresholds are in force: there is nothing to apply."))
        return
    try:
        live, named = policies.live(folder), tuned.proposed(start, marks)
    except (OSError, ValueError) as error:
        st.error(notices.without_markdown(str(error)), icon=":material/rule:")
        return
    if start.preset:
        st.info(
            say(
                "Your policy.toml has no routes. Applied, the preset “{name}” with these "
                "thresholds takes its place; settings such as your plan stay.",
                name=start.preset,
            ),
            icon=":material/alt_route:",
        )
    st.code("\n".join(tuned.text_diff(live.text, named.text)), language="diff", height=WORDS_PX)
    with st.popover(say("Apply…"), icon=":material/publish:"):
        st.markdown(
            say(
                "All new calls are routed by these thresholds, at once. The policy before stays "
                "kept, and can be brought back here."
            )
        )
        st.button(
            say("Apply now"), type="primary", key="tuning_apply", on_click=_apply,
            args=(folder, live.text, named),
        )  # fmt: skip


def roll_back(folder: Path) -> None:
    """A way back to the policy before this one, where there is one."""
    try:
        last = policies.last_replaced(folder)
    except (OSError, ValueError):
        return
    live = policies.live(folder).text
    with st.popover(say("Roll back…"), icon=":material/undo:", key=f"tuning_back {last.name}"):
        st.markdown(
            say("Puts {version} back as it was, comments and all.", version=f"`{last.name}`")
        )
        st.code("\n".join(tuned.text_diff(live, last.text)), language="diff", height=WORDS_PX)
        st.button(
            say("Roll back now"), type="primary", key="tuning_back", on_click=_apply,
            args=(folder, live, last),
        )  # fmt: skip


def _apply(folder: Path, seen: str, named: Named) -> None:
    _done(lambda: tuned.apply(folder, seen, named))


def _done(change: Callable[[], tuple[str, str]]) -> None:
    """Callbacks run before anything can be drawn: the next run tells what went wrong."""
    try:
        before, after = change()
    except (OSError, ValueError) as error:
        st.session_state[TOLD] = Told(fault=str(error))
    else:
        st.session_state[TOLD] = Told(before=before, after=after)
        filters.write(filters.narrowed(filters.current(), moderate_at="", complex_at=""))
    st.session_state[CHANGED] = True
    ask.forget()
