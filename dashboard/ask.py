"""Frames from the ledger. Answers are kept for some seconds; a connection never is."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from collector import ledger
from collector.live_policy import LivePolicy

KEEP_S = 10
WAIT_S = 3.0
AT_ONCE = 4

Variables = dict[str, Any]
Answers = dict[str, pl.DataFrame]


def answers(path: Path, kpis: Iterable[str], variables: Variables) -> Answers:
    """Each KPI's frame, by name, read in one opening of the ledger and kept for 10 s.

    A variable that is None is not set.

    Raises:
        ledger.LedgerBusyError, ledger.LedgerBrokenError: as in `ledger.reading`.
    """
    named = tuple((name, value) for name, value in variables.items() if value is not None)
    return _kept(str(path), tuple(kpis), named)


def answer(path: Path, kpi: str, variables: Variables) -> pl.DataFrame:
    return answers(path, [kpi], variables)[kpi]


def first(frame: pl.DataFrame) -> dict[str, Any]:
    """The only row of a KPI that has one."""
    return frame.row(0, named=True)


def fresh_answer(path: Path, kpi: str, variables: Variables) -> pl.DataFrame:
    """One KPI's frame as the ledger is now, kept nowhere: for exports."""
    named = {name: value for name, value in variables.items() if value is not None}
    with ledger.reading(path, wait_s=WAIT_S) as db:
        return ledger.ask(db, kpi, **named)


def plan(folder: Path) -> Variables:
    """The plan's monthly fee as the policy file names it; if none, the setting counts."""
    fee = LivePolicy(folder).now.plan_usd
    return {"plan_usd": fee or None}


def forget() -> None:
    """Drop what is kept, after the ledger was changed by a page."""
    _kept.clear()


@st.cache_data(ttl=KEEP_S, max_entries=64, show_spinner=False)
def _kept(path: str, kpis: tuple[str, ...], named: tuple[tuple[str, Any], ...]) -> Answers:
    return _read(Path(path), kpis, dict(named))


def _read(path: Path, kpis: tuple[str, ...], variables: Variables) -> Answers:
    with ledger.reading(path, wait_s=WAIT_S) as db, ThreadPoolExecutor(AT_ONCE) as threads:
        frames = threads.map(lambda kpi: ledger.short_answer(db, kpi, **variables), kpis)
        return dict(zip(kpis, frames, strict=True))
