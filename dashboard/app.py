"""The dashboard's frame: theme, navigation, and what every page needs to say."""

from pathlib import Path

import streamlit as st

from collector.files import data_folder
from dashboard import notices
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

page = st.navigation(
    {
        say("Monitor"): [
            st.Page(
                HERE / "app_pages" / "overview.py",
                title=say("Overview"),
                icon=":material/dashboard:",
                default=True,
            ),
            st.Page(
                HERE / "app_pages" / "calls.py",
                title=say("Calls"),
                icon=":material/receipt_long:",
                url_path="calls",
            ),
        ]
    }
)
with notices.trouble_shown():
    folder = data_folder()
    with st.sidebar:
        notices.small(notices.gate_line(folder))
    notices.tell_kept()
    page.run()
