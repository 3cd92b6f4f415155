"""Buttons that give a table as a file."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from dashboard.i18n import say

File = Callable[[], bytes]


def csv(
    name: str,
    file: File,
    label: str | None = None,
    about: str | None = None,
    width: Literal["stretch", "content"] = "stretch",
) -> None:
    """`name` is the file's, without its ending; it is made when the button is pressed."""
    st.download_button(
        label or say("Download CSV"),
        data=file,
        file_name=f"{name}.csv",
        mime="text/csv",
        on_click="ignore",
        help=about,
        width=width,
    )


def titled(title: str, name: str, file: File, label: str | None = None) -> None:
    """A card's title, with the button at its end."""
    words, end = st.columns([7, 3], vertical_alignment="center")
    words.header(title, anchor=False)
    with end:
        csv(name, file, label)
