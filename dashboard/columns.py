"""Columns of tables that show money, in the reader's currency.

A page gives the table `charts.for_table(frame)`, whose columns named …usd… hold the reader's
currency, and describes them with `money` or `money_bar`. A chart of money plots dollars, hovers
with `%{y:$,.2f}` and ends in `charts.laid_out(figure, colours, money="y")`, which converts both.
Exports stay in dollars: they take the frame as the ledger gave it.
"""

from collections.abc import Callable
from typing import Any

import polars as pl
import streamlit as st

from dashboard import reader


def money(label: str, digits: int = 2, **more: Any) -> Any:
    """A column of money; yen show what half a cent is worth, and no less."""
    return st.column_config.NumberColumn(label, format=_format(digits), **more)


def money_moved(label: str, digits: int, **more: Any) -> Any:
    """Money that may be below zero: the minus goes before the sign of the currency.

    The browser cuts off what is beyond `digits`, so the frame holds amounts rounded by `rounded`.
    """
    sign = "yen" if reader.current().rate else "dollar"
    step = 10.0 ** -_places(digits)
    return st.column_config.NumberColumn(label, format=sign, step=step, **more)


def rounded(amounts: pl.Expr, digits: int) -> pl.Expr:
    """What `money_moved` shows of amounts in the reader's currency."""
    return amounts.round(_places(digits))


def money_bar(label: str, most: float | None, **more: Any) -> Any:
    """Money with a bar beside it, full at `most`, which is in the reader's currency."""
    return st.column_config.ProgressColumn(
        label, format=_format(2), min_value=0, max_value=most or 1, color="primary", **more
    )


def dollars(label: str, digits: int, **more: Any) -> Any:
    """What is always told in dollars: published rates, and what they make of tokens."""
    return st.column_config.NumberColumn(label, format=f"$%.{digits}f", **more)


def worded(names: pl.Series, word: Callable[[str], str]) -> pl.Series:
    """Each name in the reader's words; threads of Polars do not know who reads."""
    return pl.Series([None if name is None else word(name) for name in names], dtype=pl.String)


def _format(digits: int) -> str:
    if reader.current().rate:
        return "yen" if digits == 2 else f"¥%.{_places(digits)}f"
    return "dollar" if digits == 2 else f"$%.{digits}f"


def _places(digits: int) -> int:
    """Decimals of the reader's currency for as many of a dollar's."""
    return max(digits - 2, 0) if reader.current().rate else digits
