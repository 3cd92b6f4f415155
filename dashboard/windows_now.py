"""The plan's windows as they are now, read again every few seconds."""

from pathlib import Path

import streamlit as st

from dashboard import ask, cards, notices
from dashboard.i18n import say
from dashboard.palette import Palette


def begun(path: Path) -> ask.Answers:
    """`live_windows`, in the answers that `draw` waits for."""
    return ask.answers(path, ["live_windows"], {})


@st.fragment(run_every="15s")
def draw(path: Path, colours: Palette) -> None:
    with notices.trouble_shown():
        readings = begun(path)["live_windows"]
        title, badge = st.columns([3, 2], vertical_alignment="center")
        title.header(say("Plan windows now"), anchor=False)
        badge.badge(say("live · 15 s"), icon=":material/sensors:", color="gray")
        if readings.is_empty():
            st.markdown(say("No plan window was read in the last 8 days."))
            notices.small(say("Answers to calls on a Max or Pro login carry them."))
        else:
            st.html(cards.windows(readings, colours))
        notices.small(say("Of the whole account, whatever the period and project above."))
