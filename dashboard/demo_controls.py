"""What an empty ledger says, and the buttons that put demo data in and take it out."""

from pathlib import Path

import streamlit as st

from dashboard import ask, demo, history, notices
from dashboard.i18n import count, say


def empty_ledger(folder: Path, title: str) -> None:
    """A page that has no calls to show: how they get here, with the exact commands."""
    st.title(title, anchor=False)
    with st.container(border=True):
        st.header(say("No calls yet"), anchor=False)
        st.markdown(
            say("Start Claude Code through the gate; the first call shows here in seconds:")
        )
        st.code("faregate claude", language="sh")
        st.markdown(say("Or point a shell at the gate, and start `claude` there as you always do:"))
        st.code('eval "$(faregate env)"', language="sh")
        st.markdown(say("Past work is in Claude Code's own transcripts; bring it in with:"))
        st.code("faregate import", language="sh")
        fill, past, look = st.columns(3)
        fill.button(
            say("Fill with demo data"),
            icon=":material/science:",
            on_click=_fill,
            args=(folder,),
            width="stretch",
        )
        past.button(
            say("Import transcripts"),
            icon=":material/history:",
            on_click=_import,
            args=(folder,),
            width="stretch",
        )
        look.button(
            say("Look again"), icon=":material/refresh:", on_click=ask.forget, width="stretch"
        )
    if st.session_state.pop("imported", False):
        st.info(say("Claude Code's folders hold no transcripts."))


def badge(folder: Path, demo_calls: int) -> None:
    """Says that these are made-up calls, beside the button that removes them."""
    if not demo_calls:
        return
    told, button = st.columns([7, 2], vertical_alignment="center")
    told.badge(
        count(demo_calls, "demo data: {n} made-up call", "demo data: {n} made-up calls"),
        icon=":material/science:",
        color="violet",
    )
    button.button(say("Remove demo data"), on_click=_remove, args=(folder,), width="stretch")


def _fill(folder: Path) -> None:
    with notices.trouble_kept():
        demo.fill_demo(folder, days=demo.DAYS)
    ask.forget()


def _import(folder: Path) -> None:
    with notices.trouble_kept():
        history.import_history(folder, [], as_json=False, quiet=True)
        st.session_state["imported"] = True
    ask.forget()


def _remove(folder: Path) -> None:
    with notices.trouble_kept():
        demo.remove_demo(folder)
    ask.forget()
