"""What the browser is told beside the page: its language, keys it takes, how long a menu may be."""

from pathlib import Path

import streamlit as st

from dashboard.i18n import language

SCRIPT = Path(__file__).with_suffix(".js").read_text()
# A long menu would reach beyond the end of a small window.
STYLE = """
div:has(> [role="menu"] [data-testid="stMarkdownContainer"]) { max-height: 18rem !important; }
"""


def told() -> None:
    """The script holds no word of a ledger, only the code of a language that the pages know."""
    script = SCRIPT.replace("LANGUAGE", language())
    st.html(f"<style>{STYLE}</style><script>{script}</script>", unsafe_allow_javascript=True)
