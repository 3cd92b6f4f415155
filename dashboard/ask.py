"""Frames from the ledger, read beside the page that draws them. Answers are kept for minutes while
the ledger stays as it is, for seconds while it does not; a connection never is.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import polars as pl
import streamlit as st

from collector import ledger
from collector.live_policy import LivePolicy

KEEP_S = 10  # while the ledger is written
KEEP_UNCHANGED_S = 120  # what hangs on the clock moves by minutes
WAIT_S = 3.0
AT_ONCE = 2
OPENINGS = 8

_openings = ThreadPoolExecutor(OPENINGS, thread_name_prefix="answers")

Variables = dict[str, Any]
Question = tuple[str, Variables]
Answers = Mapping[str, pl.DataFrame]


class Begun(Mapping[str, pl.DataFrame]):
    """Answers by name, worked out beside the page in this order: to look one up is to wait for it.

    Raises, where one is looked up:
        ledger.LedgerBusyError, ledger.LedgerBrokenError: as in `ledger.reading`.
    """

    def __init__(self, path: Path, questions: Mapping[str, Question]) -> None:
        self._names = tuple(questions)
        self._path, self._written_at, self._at = path, _written_at(path), monotonic()
        self._coming: Future[dict[str, Future[pl.DataFrame]]] = Future()
        self._read = _openings.submit(_ask_all, path, questions, self._coming)

    def __getitem__(self, name: str) -> pl.DataFrame:
        opened: list[Future[Any]] = [self._coming, self._read]
        wait(opened, return_when=FIRST_COMPLETED)
        found: Future[Any] = self._coming.result()[name] if self._coming.done() else self._read
        if found.exception():
            forget()  # so that what failed is asked again
        frame: pl.DataFrame = found.result()
        return frame

    def is_outdated(self) -> bool:
        """Whether the ledger was written since, and the answers are of more than a moment ago."""
        is_old = monotonic() - self._at > KEEP_S
        return is_old and _written_at(self._path) != self._written_at

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _ask_all(
    path: Path, questions: Mapping[str, Question], coming: Future[dict[str, Future[pl.DataFrame]]]
) -> None:
    """All in one opening of the ledger, which ends with the last answer."""
    with ledger.reading(path, wait_s=WAIT_S) as db, ThreadPoolExecutor(AT_ONCE) as threads:
        coming.set_result(
            {
                name: threads.submit(ledger.short_answer, db, kpi, **variables)
                for name, (kpi, variables) in questions.items()
            }
        )


def answers(
    path: Path,
    kpis: Iterable[str],
    variables: Variables,
    also: Mapping[str, Question] | None = None,
) -> Answers:
    """Each KPI's frame, by name, read in one opening of the ledger; kept for two minutes, or from a
    change of the ledger on for ten seconds at most. `also` are questions with other variables,
    under names of their own.

    A variable that is None is not set. Errors as in `Begun`.
    """
    asked = dict(also or {}) | {kpi: (kpi, variables) for kpi in kpis}
    named = tuple((name, kpi, _set(of)) for name, (kpi, of) in asked.items())
    begun = _begun(str(path), named)
    if begun.is_outdated():
        _begun.clear(str(path), named)
        begun = _begun(str(path), named)
    return begun


def answer(path: Path, kpi: str, variables: Variables) -> pl.DataFrame:
    return answers(path, [kpi], variables)[kpi]


def first(frame: pl.DataFrame) -> dict[str, Any]:
    """The only row of a KPI that has one."""
    return frame.row(0, named=True)


def fresh_answer(path: Path, kpi: str, variables: Variables) -> pl.DataFrame:
    """One KPI's frame as the ledger is now, kept nowhere: for exports."""
    with ledger.reading(path, wait_s=WAIT_S) as db:
        return ledger.ask(db, kpi, **dict(_set(variables)))


def plan(folder: Path) -> Variables:
    """The plan's monthly fee as the policy file names it; if none, the setting counts."""
    fee = LivePolicy(folder).now.plan_usd
    return {"plan_usd": fee or None}


def forget() -> None:
    """Drop what is kept, after the ledger was changed by a page."""
    _begun.clear()


def _set(variables: Variables) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in variables.items() if value is not None)


def _written_at(path: Path) -> tuple[int, ...]:
    """When the ledger and its log of changes not yet in it were written, in ns. Either may come
    and go at any time.
    """
    found = []
    for file in (path, Path(f"{path}.wal")):
        with suppress(OSError):
            found.append(file.stat().st_mtime_ns)
    return tuple(found)


@st.cache_resource(ttl=KEEP_UNCHANGED_S, max_entries=64, show_spinner=False)
def _begun(path: str, asked: tuple[tuple[str, str, tuple[tuple[str, Any], ...]], ...]) -> Begun:
    return Begun(Path(path), {name: (kpi, dict(named)) for name, kpi, named in asked})
