"""The widgets that start and stop an experiment."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from collector.live_policy import LivePolicy
from dashboard import ask, experiments
from dashboard.experiments import Wanted
from dashboard.i18n import say
from router.policy_model import Experiment

TOLD = "experiment_told"
TIERS = ("simple", "moderate", "complex")
EXAMPLE = """[experiment]
name = "haiku-first"
share = 0.5
tiers = ["simple", "moderate"]

[experiment.overrides.routes]
default = ["anthropic/claude-haiku-4-5"]

[experiment.stop]
days = 14
harm = 0.05
"""


def draw(folder: Path, running: Experiment | None) -> None:
    told = st.session_state.pop(TOLD, None)
    if told:
        st.error(say("Nothing was changed: the policy would be faulty."), icon=":material/rule:")
        st.text(told)
    if running:
        st.button(
            say("Stop the experiment"),
            on_click=_stop,
            args=(folder,),
            icon=":material/stop_circle:",
            help=say("Takes it out of the policy. All work goes by the policy again, at once."),
        )
        return
    if not LivePolicy(folder).now.routes:
        st.markdown(
            say("There are no routes to try anything on yet: apply a preset or write your own.")
        )
        st.code("faregate policy apply api", language="sh")
        return
    _form(folder)


def _form(folder: Path) -> None:
    policy = LivePolicy(folder).now
    own = say("this policy with other thresholds")
    with st.form("experiment", border=False):
        name, other = st.columns(2)
        name.text_input(say("Name"), value="try-1", key="x_name", max_chars=64)
        options = ["", *experiments.others(folder)]
        other.selectbox(say("The other policy"), options, key="x_policy",
                        format_func=lambda value: value or own)  # fmt: skip
        low, high = st.columns(2)
        marks = policy.thresholds
        about = say("Counts where this policy is tried with other thresholds.")
        low.number_input(say("Simple below"), 0.0, 1.0, marks["moderate_at"], 0.05, key="x_low",
                         help=about)  # fmt: skip
        high.number_input(say("Complex from"), 0.0, 1.0, marks["complex_at"], 0.05, key="x_high")
        share, days, harm = st.columns(3)
        share.number_input(say("Share in %"), 1, 99, 50, key="x_share")
        days.number_input(say("Days"), 1, 365, 14, key="x_days")
        harm.number_input(say("Stop at a loss of % of tasks"), 0, 100, 5, key="x_harm")
        st.pills(say("Only work that begins as"), TIERS, default=TIERS[:2], key="x_tiers",
                 selection_mode="multi", format_func=tier_name)  # fmt: skip
        st.form_submit_button(
            say("Start"), icon=":material/science:", on_click=_start, args=(folder,)
        )


def tier_name(tier: str) -> str:
    return {
        "simple": say("simple"),
        "moderate": say("moderate"),
        "complex": say("complex"),
    }[tier]


def _start(folder: Path) -> None:
    given = st.session_state
    marks = {"moderate_at": given["x_low"], "complex_at": given["x_high"]}
    wanted = Wanted(
        name=given["x_name"],
        share=given["x_share"] / 100,
        tiers=tuple(given["x_tiers"]),
        days=given["x_days"],
        harm=given["x_harm"] / 100,
        policy=given["x_policy"],
        thresholds=None if given["x_policy"] else marks,
    )
    _done(lambda: experiments.start(folder, wanted))


def _stop(folder: Path) -> None:
    _done(lambda: experiments.stop(folder))


def _done(change: Callable[[], None]) -> None:
    """Callbacks run before anything can be drawn: the next run tells what went wrong."""
    try:
        change()
    except (OSError, ValueError) as error:
        st.session_state[TOLD] = str(error)
    ask.forget()
