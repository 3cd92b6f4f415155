"""Tables whose rows open something: the button of a row, and the row it was pressed in."""

from typing import Any

import polars as pl
import streamlit as st

from dashboard.i18n import say

HEAD_PX, ROW_PX = 36, 35


def column(key: str, label: str | None = None, width: int = 55) -> Any:
    """The column `open` of a table, whose cells are the words on the buttons."""
    return st.column_config.ButtonColumn(
        label or say("Open"), type="tertiary", key=key, width=width
    )


def pressed(found: pl.DataFrame, key: str) -> dict[str, Any] | None:
    """The row whose button was just pressed; none where the table has become shorter since."""
    click = st.session_state.get(key)
    if not click or click["row"] >= found.height:
        return None
    return found.row(click["row"], named=True)


def height(rows: int, most: int, row_px: int = ROW_PX) -> Any:
    """As high as its rows, up to `most` of them; more are scrolled."""
    return "content" if rows <= most else HEAD_PX + row_px * most
