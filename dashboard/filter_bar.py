"""The filters as widgets: each takes its value from the filters, and gives changes back to them."""

from collections.abc import Callable, Sequence

import polars as pl
import streamlit as st

from dashboard.filters import CALL_FILTERS, NOTHING, Filters, changes, narrowed, write
from dashboard.i18n import say
from dashboard.period import LAST_DAYS, MONTH


def field_names() -> dict[str, str]:
    return {
        "project": say("Project"),
        "kind": say("Kind"),
        "route": say("Route"),
        "rule": say("Rule"),
        "target": say("Target"),
        "model": say("Model"),
        "provider": say("Provider"),
        "branch": say("Branch"),
        "result": say("Result"),
        "cause": say("Failed attempt"),
        "arm": say("Arm"),
        "session": say("Session"),
        "search": say("Part of any id"),
    }


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


def head(
    title: str, values: pl.DataFrame, chosen: Filters, shown: tuple[str, ...] = ("project",)
) -> None:
    """A page's title with the period and the project beside it (columns of filter_values.sql).

    `shown` are the filters for which the page has widgets of its own.
    """
    words, period_box, project_box = st.columns([5, 3, 2], vertical_alignment="bottom")
    words.title(title, anchor=False)
    with period_box:
        range_control(chosen)
    with project_box:
        picked("project", say("Project"), values, chosen)
    chips(chosen, shown)


def chips(chosen: Filters, shown: tuple[str, ...]) -> None:
    """What else narrows the page's numbers, each with a way to be rid of it."""
    held = [name for name in CALL_FILTERS if name not in shown and getattr(chosen, name)]
    if not held:
        return
    names = field_names()
    with st.container(horizontal=True):
        for name in held:
            st.button(
                f"{names[name]}: {getattr(chosen, name)} ✕",
                key=f"chip {name}",
                on_click=write,
                args=(narrowed(chosen, **{name: ""}),),
                help=say("Show calls without this filter"),
            )


def picked(field: str, label: str, values: pl.DataFrame, chosen: Filters) -> None:
    """A list of the values that the period holds for one field (columns of filter_values.sql)."""
    held = values.filter(pl.col("field") == field)["named_value"].to_list()
    named = [value or NOTHING for value in held]
    now = getattr(chosen, field)
    options = ["", *named] if now in ("", *named) else ["", *named, now]
    one_of(field, label, options, now, lambda value: option_name(field, value))


def one_of(
    field: str, label: str, options: Sequence[str], held: str, name: Callable[[str], str]
) -> None:
    """A list of which one is held, each option by its name."""
    st.session_state[f"{field}_control"] = held
    st.selectbox(
        label,
        options,
        key=f"{field}_control",
        format_func=name,
        label_visibility="collapsed",
        on_change=changes(field, f"{field}_control"),
    )


def option_name(field: str, value: str) -> str:
    if field == "project" and value == NOTHING:
        return say("(no project)")
    every = {
        "project": say("All projects"),
        "kind": say("All kinds"),
        "route": say("All routes"),
        "rule": say("All rules"),
        "target": say("All targets"),
        "result": say("All results"),
        "cause": say("Failed or not"),
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
