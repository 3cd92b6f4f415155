"""Tables whose rows open something: the button of a row, and the row it was pressed in."""

from typing import Any

import polars as pl
import streamlit as st

from dashboard.i18n import say

ROW_PX = 31  # of the head too, at the theme's size of letters


def column(key: str, label: str | None = None, width: int = 55) -> Any:
    """The column `open` of a table, whose cells are the words on the buttons."""
    return st.column_config.ButtonColumn(
        label or say("Open"), type="tertiary", alignment="left", key=key, width=width
    )


def pressed(found: pl.DataFrame, key: str) -> dict[str, Any] | None:
    """The row whose button was just pressed; none where the table has become shorter since."""
    click = st.session_state.get(key)
    if not click or click["row"] >= found.height:
        return None
    return found.row(click["row"], named=True)


def height(rows: int, most: int) -> Any:
    """As high as its rows, up to `most` of them; more are scrolled."""
    return "content" if rows <= most else ROW_PX * (most + 1) + 2
