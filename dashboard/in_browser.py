"""What the browser is told beside the page: its language, and keys that Streamlit does not take."""

from pathlib import Path

import streamlit as st

from dashboard.i18n import language

SCRIPT = Path(__file__).with_suffix(".js").read_text()


def told() -> None:
    """The script holds no word of a ledger, only the code of a language that the pages know."""
    script = SCRIPT.replace("LANGUAGE", language())
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
