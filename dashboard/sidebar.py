"""The foot of the sidebar: language and currency, saved as soon as they are chosen."""

from pathlib import Path

import streamlit as st

from dashboard import reader, session
from dashboard.i18n import say
from dashboard.reader import LANGUAGES

CURRENCIES = ("USD", "JPY")


def draw(folder: Path) -> None:
    language, currency = st.columns(2)
    with language:
        _select("language", say("Language"), list(LANGUAGES), reader.current().language, folder)
    with currency:
        _select("currency", say("Currency"), list(CURRENCIES), session.saved().currency, folder)


def _select(name: str, label: str, codes: list[str], now: str, folder: Path) -> None:
    key = f"{name}_of_reader"
    st.session_state[key] = now
    st.selectbox(
        label,
        codes,
        key=key,
        format_func=lambda code: LANGUAGES.get(code, code),
        on_change=_change,
        args=(folder, name),
    )


def _change(folder: Path, name: str) -> None:
    """A file of settings that is at fault is left alone; its fault stands on the page."""
    code = st.session_state[f"{name}_of_reader"]
    try:
        session.change(folder, **{name: code})
    except (ValueError, OSError):
        if name == "language":
            session.speak(code)
