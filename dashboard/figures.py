"""A figure with a word beneath it, where no goal judges it."""

from typing import Literal

import streamlit as st

Colour = Literal["gray", "green", "orange"]


def draw(label: str, value: str, note: str, about: str, colour: Colour = "gray") -> None:
    st.metric(
        label,
        value,
        note,
        delta_color=colour,
        delta_arrow="off",
        help=about,
        height="stretch",
    )
