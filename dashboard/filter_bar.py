"""The filters as widgets: each takes its value from the filters, and gives changes back to them."""

import polars as pl
import streamlit as st

from dashboard.filters import NO_PROJECT, Filters, changes
from dashboard.i18n import say
from dashboard.period import LAST_DAYS, MONTH


def range_control(chosen: Filters) -> None:
    codes = [*LAST_DAYS, MONTH]
    options = codes if chosen.range in codes else [*codes, chosen.range]
    st.session_state["range_control"] = chosen.range
    st.segmented_control(
        say("Period"),
        options,
        key="range_control",
        format_func=range_name,
        required=True,
        label_visibility="collapsed",
        on_change=changes("range", "range_control"),
    )


def range_name(code: str) -> str:
    if code in LAST_DAYS:
        return say("{n} d", n=LAST_DAYS[code])
    return say("This month") if code == MONTH else code


def picked(field: str, label: str, values: pl.DataFrame, chosen: Filters) -> None:
    """A list of the values that the period holds for one field (columns of filter_values.sql)."""
    held = values.filter(pl.col("field") == field)["named_value"].to_list()
    named = [value or NO_PROJECT for value in held]
    now = getattr(chosen, field)
    options = ["", *named] if now in ("", *named) else ["", *named, now]
    st.session_state[f"{field}_control"] = now
    st.selectbox(
        label,
        options,
        key=f"{field}_control",
        format_func=lambda value: option_name(field, value),
        label_visibility="collapsed",
        on_change=changes(field, f"{field}_control"),
    )


def option_name(field: str, value: str) -> str:
    if field == "project" and value == NO_PROJECT:
        return say("(no project)")
    every = {
        "project": say("All projects"),
        "kind": say("All kinds"),
        "target": say("All targets"),
        "result": say("All results"),
    }
    return value or every[field]


def typed(field: str, label: str, chosen: Filters) -> None:
    st.session_state[f"{field}_control"] = getattr(chosen, field)
    st.text_input(
        label,
        key=f"{field}_control",
        placeholder=label,
        label_visibility="collapsed",
        on_change=changes(field, f"{field}_control"),
    )


def switched(field: str, label: str, chosen: Filters) -> None:
    st.session_state[f"{field}_control"] = bool(getattr(chosen, field))
    st.toggle(label, key=f"{field}_control", on_change=changes(field, f"{field}_control"))
