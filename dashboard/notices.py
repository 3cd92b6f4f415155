"""What a reader must know before trusting the numbers, and messages in place of a traceback."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import streamlit as st

from collector import ledger
from collector.live_policy import LivePolicy
from dashboard import ask, reader, session, show
from dashboard.demo import LedgerInUseError
from dashboard.i18n import count, say

BACKLOG_BYTES = 1 << 20
SILENT_S = 30


KEPT = "trouble"
TROUBLE = (
    ledger.LedgerBusyError,
    ledger.LedgerBrokenError,
    LedgerInUseError,
    duckdb.Error,
    OSError,
)


@contextmanager
def trouble_shown() -> Iterator[None]:
    """A ledger that cannot be read becomes a message that names the remedy."""
    try:
        yield
    except TROUBLE as error:
        tell(error)


@contextmanager
def trouble_kept() -> Iterator[None]:
    """For callbacks, which run before anything can be drawn: the next run tells."""
    try:
        yield
    except TROUBLE as error:
        st.session_state[KEPT] = error


def tell_kept() -> None:
    error = st.session_state.pop(KEPT, None)
    if error:
        tell(error)


def tell(error: Exception) -> None:
    text, remedy = _message(error)
    st.error(text, icon=":material/error:")
    st.text(str(error).splitlines()[0])
    st.markdown(remedy)
    st.button(say("Try again"), on_click=ask.forget, key=f"again after {type(error).__name__}")


def _message(error: Exception) -> tuple[str, str]:
    if isinstance(error, LedgerInUseError):
        return (
            say("There are real calls in this ledger, so no demo data was added."),
            say("Look around in another folder: `FAREGATE_DATA=/tmp/demo faregate demo`."),
        )
    if isinstance(error, ledger.LedgerBusyError):
        return (
            say("Another program holds the ledger open. Calls go on and wait in the journal."),
            say("Close the duckdb shell that holds it, then try again."),
        )
    return (
        say("The ledger cannot be read. Calls go on and wait in the journal."),
        say("`faregate doctor` says what is wrong; the journal can rebuild the ledger."),
    )


def unpriced(attempts: pl.DataFrame) -> None:
    """A banner when usage has no price (columns of unpriced.sql)."""
    if attempts.is_empty():
        return
    text = count(
        int(attempts["calls"].sum()),
        "{n} call has no price: money shown here is too low.",
        "{n} calls have no price: money shown here is too low.",
    )
    banner, button = st.columns([7, 2], vertical_alignment="center")
    banner.warning(text, icon=":material/price_change:")
    with button.popover(say("Which ones?"), width="stretch"):
        st.markdown(say("Add their rates to `price_overrides.toml`, then run `faregate reprice`."))
        st.dataframe(
            attempts, hide_index=True, column_order=["target", "calls", "reason", "last_at"]
        )


def loading(folder: Path) -> None:
    """A banner when the loader warns, has fallen behind, or has gone silent."""
    state = _read_json(folder / "loader.json")
    gate = _read_json(folder / "gate.json")
    if not state:
        return
    if state.get("warning"):
        text = say("The ledger is behind: {why}", why=state["warning"])
        st.warning(without_markdown(text), icon=":material/hourglass_top:")
    elif state.get("pending_bytes", 0) > BACKLOG_BYTES:
        waiting = show.quantity(state["pending_bytes"])
        text = say("{n} bytes of calls still wait in the journal.", n=waiting)
        st.warning(text, icon=":material/hourglass_top:")
    elif gate and time.time() - state.get("at", 0) > SILENT_S:
        age = show.span(time.time() - state["at"])
        text = say("Nothing was loaded for {age}; is the gate still running?", age=age)
        st.warning(text, icon=":material/hourglass_top:")


@st.cache_resource
def _policy(folder: Path) -> LivePolicy:
    return LivePolicy(folder)


def policy(folder: Path) -> None:
    """A banner while the policy file is faulty and the rules before it are in force."""
    live = _policy(folder)
    _ = live.now
    if live.fault:
        text = say("{fault}. The rules before it stay in force.", fault=live.fault)
        st.error(without_markdown(text), icon=":material/rule:")


def settings() -> None:
    """A banner while the file of settings is faulty and none of it holds."""
    fault = session.settings_fault()
    if fault:
        text = say("{fault}. Until that is put right, no setting of the file holds.", fault=fault)
        st.error(without_markdown(text), icon=":material/settings:")


def currency() -> None:
    """What to do where yen were chosen and nobody said what a dollar is worth."""
    if session.saved().currency == "JPY" and session.saved().usd_jpy is None:
        st.info(
            say(
                "Money is shown in dollars: yen need a rate, and the day it is of. "
                "Set both on the page Settings."
            ),
            icon=":material/currency_exchange:",
        )
        st.page_link("app_pages/settings.py", label=say("Settings"), icon=":material/settings:")


def rate() -> None:
    """The rate at which dollars are shown as yen, at the foot of each page."""
    used = reader.current().rate
    if used is None:
        return
    worth = f"{used.usd_jpy.normalize():f}"
    if used.on:
        small(
            say(
                "Yen at ¥{rate} to the dollar, {day}. Kept and exported: dollars.",
                rate=worth,
                day=f"{used.on:%Y-%m-%d}",
            )
        )
    else:
        small(
            say(
                "Yen at ¥{rate} to the dollar, of no stated day. Kept and exported: dollars.",
                rate=worth,
            )
        )


def sources(numbers: dict[str, str], zone: str) -> None:
    """Which SQL file each number comes from; `numbers` maps a file's name to what it is."""
    with st.expander(say("Where these numbers come from"), icon=":material/database:"):
        st.markdown(
            say(
                "Each runs by hand: `faregate ask NAME`, or in the duckdb shell. "
                "Days begin at midnight in {zone}.",
                zone=zone,
            )
        )
        lines = [f"- {what}: `sql/kpi/{name}.sql`" for name, what in numbers.items()]
        st.markdown("\n".join(lines))


def small(text: str) -> None:
    """Small print in a colour that stays readable, which a caption's is not."""
    st.markdown(f":small[:gray[{text}]]")


def gate_line(folder: Path) -> str:
    gate = _read_json(folder / "gate.json")
    if not gate:
        return say("No gate is running: start it with `faregate up`.")
    return say("Gate at {url}", url=gate.get("url", "?"))


def plain_dollars(text: str) -> str:
    """Markdown in which a dollar sign begins no formula."""
    return text.replace("$", "\\$")


def without_markdown(text: str) -> str:
    """Text that Markdown leaves as it is: file names hold underscores and worse."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#$|~:" else sign for sign in text)


def _read_json(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
