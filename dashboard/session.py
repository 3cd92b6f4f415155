"""The reader of a page: the URL, the settings and the browser say who that is.

Found anew whenever the whole page runs, and kept for what runs without it: fragments and callbacks.
"""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import reader, settings
from dashboard.reader import LANGUAGES, Reader
from dashboard.settings import Settings

KEPT, LANG, SAVED, FAULT = "reader", "lang", "settings", "settings_fault"


def meet(folder: Path) -> None:
    """Find out who reads, before anything is said."""
    found = _read(folder)
    st.session_state[SAVED] = found
    asked = st.query_params.get(LANG)
    if asked in LANGUAGES:
        st.session_state[LANG] = asked
    spoken = st.session_state.get(LANG)
    chosen = found.model_copy(update={"language": spoken}) if spoken else found
    st.session_state[KEPT] = reader.from_settings(chosen, _browser_language(), _browser_zone())
    reader.known_by(_kept)


def in_url() -> dict[str, str]:
    """The language that the URL asked for, which it goes on to carry."""
    spoken = st.session_state.get(LANG)
    return {LANG: spoken} if spoken else {}


def settings_fault() -> str | None:
    """What is wrong with the file of settings, in one line that names it."""
    fault: str | None = st.session_state.get(FAULT)
    return fault


def _kept() -> Reader | None:
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    found: Any = st.session_state.get(KEPT)
    return found if isinstance(found, Reader) else None


def saved() -> Settings:
    """What was set when the page last ran whole; the defaults while the file is at fault."""
    found: Any = st.session_state.get(SAVED)
    return found if isinstance(found, Settings) else Settings()


def change(folder: Path, **more: Any) -> None:
    """Save some settings anew, for this reader and every other.

    Raises:
        ValueError: what was given is wrong, or the file was; then it is left as it is.
        OSError
    """
    settings.write(folder, settings.changed(settings.read(folder), more))
    if "language" in more:
        st.session_state.pop(LANG, None)
        st.query_params.pop(LANG, None)


def speak(language: str) -> None:
    """From now on in this session, whatever is saved."""
    st.session_state[LANG] = language


def _read(folder: Path) -> Settings:
    try:
        found = settings.read(folder)
    except (ValueError, OSError) as error:
        st.session_state[FAULT] = str(error)
        return Settings()
    st.session_state.pop(FAULT, None)
    return found


def _browser_language() -> str | None:
    code = (st.context.locale or "").split("-")[0]
    return code if code in LANGUAGES else None


def _browser_zone() -> str:
    named = st.context.timezone or "UTC"
    try:
        return ZoneInfo(named).key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"
