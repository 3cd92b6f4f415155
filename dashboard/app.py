"""The dashboard's frame: theme, navigation, and what every page needs to say."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from collector.files import data_folder
from dashboard import in_browser, notices, session, sidebar
from dashboard.i18n import say

HERE = Path(__file__).resolve().parent

st.set_page_config(
    page_title="faregate",
    page_icon=str(HERE / "static" / "icon.png"),
    layout="wide",
    initial_sidebar_state="auto",
)
st.logo(
    str(HERE / "static" / "logo.svg"), icon_image=str(HERE / "static" / "icon.png"), size="large"
)


def shown(name: str, title: str, icon: str) -> StreamlitPage:
    """The page of app_pages/`name`.py; Overview is where one begins."""
    file = HERE / "app_pages" / f"{name}.py"
    if name == "overview":
        return st.Page(file, title=title, icon=icon, default=True)
    return st.Page(file, title=title, icon=icon, url_path=name)


session.meet(data_folder())
page = st.navigation(
    {
        say("Monitor"): [
            shown("overview", say("Overview"), ":material/dashboard:"),
            shown("spend", say("Spend"), ":material/payments:"),
            shown("sessions", say("Sessions"), ":material/forum:"),
            shown("cache", say("Cache"), ":material/cached:"),
            shown("limits", say("Limits"), ":material/speed:"),
        ],
        say("Decide"): [
            shown("advice", say("Advice"), ":material/lightbulb:"),
            shown("routing", say("Routing"), ":material/alt_route:"),
            shown("experiments", say("Experiments"), ":material/science:"),
            shown("whatif", say("What-if"), ":material/calculate:"),
            shown("tuning", say("Tuning"), ":material/tune:"),
        ],
        say("Look closer"): [
            shown("calls", say("Calls"), ":material/receipt_long:"),
            shown("report", say("Report"), ":material/description:"),
            shown("settings", say("Settings"), ":material/settings:"),
        ],
    },
    expanded=True,
)
with notices.trouble_shown():
    folder = data_folder()
    with st.sidebar:
        sidebar.draw(folder)
        notices.small(notices.gate_line(folder))
        in_browser.told()
    notices.tell_kept()
    notices.settings()
    notices.policy(folder)
    notices.currency()
    page.run()
    notices.rate()
