"""What replaying pages keep between reruns: the history, compiled policies, outcomes, long work."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread, main_thread
from typing import Any
from weakref import ref

import polars as pl
import streamlit as st

from collector import policies
from dashboard import replayed
from dashboard.memory import tidied, tidy
from router.replay import COMPARED, History, Outcome, Scenario, replay
from router.replay_presets import PRESETS
from router.replay_terms import Told

LIVE = "live"
KEEP_S = 300
MOST_KEPT = 24
SIDE = "side"
SOON_S = 0.4


def history(folder: Path, start_at: datetime, end_at: datetime, project: str | None) -> History:
    """As `replayed.history`, the last two kept for five minutes; new calls show after that. What
    was worked out of one is given back when the other is looked at.
    """
    past, looked_at = _history(folder, start_at, end_at, project), _looked_at()
    before = looked_at[0]() if looked_at else None
    if before is not None and before is not past:
        tidied(lambda: before.rest(SIDE))
    looked_at[:] = [ref(past)]
    return past


@st.cache_resource(ttl=KEEP_S, max_entries=2, show_spinner=False)
def _history(folder: Path, start_at: datetime, end_at: datetime, project: str | None) -> History:
    return tidied(lambda: replayed.history(folder, start_at, end_at, project))


@st.cache_resource(show_spinner=False)
def _looked_at() -> "list[ref[History]]":
    """The history that a page looked at last."""
    return []


def scenario(folder: Path, name: str) -> Scenario:
    """A preset, the live policy, or a version that was in force; compiled once.

    Raises:
        ValueError: there is none, or it is faulty.
    """
    if name in PRESETS:
        return _presets()[name]
    text = policies.live(folder).text if name == LIVE else name
    return _compiled(folder, name, text)


@st.cache_resource(show_spinner=False)
def _presets() -> dict[str, Scenario]:
    return replayed.presets()


@st.cache_resource(max_entries=32, show_spinner=False)
def _compiled(folder: Path, name: str, text: str) -> Scenario:  # noqa: ARG001  # text: the key
    return replayed.scenario_of(folder, name)


def outcome(past: History, wanted: Scenario) -> Outcome:
    """A replay, kept with its history for as long as that is kept.

    Raises:
        ValueError, LookupError: as `replay`.
    """
    rules = None if wanted.rules is None else id(wanted.rules)
    moved = tuple(sorted(wanted.thresholds.items()))
    key = ("outcome", rules, moved, wanted.plan, wanted.past_limit, wanted.assumptions)
    found: Outcome = past.keep(key, lambda: tidied(lambda: replay(past, wanted)), MOST_KEPT)
    return found


def side(past: History, told: Outcome) -> pl.DataFrame:
    """Of `Outcome.calls` what is `COMPARED`, of the outcome that others are compared with just now:
    whole frames would be held for long.
    """
    key = (SIDE, id(told))
    found: tuple[Outcome, pl.DataFrame] = past.keep(
        key, lambda: (told, tidied(lambda: told.calls.select(COMPARED))), most=1
    )
    return found[1]


class _StoppedError(Exception):
    """The dashboard stops, and with it what it works out."""


class Work:
    """Something long that runs beside the page: `done` of it, 0 to 1, until it `is_ended` with an
    answer or a fault.
    """

    def __init__(self) -> None:
        self.done = 0.0
        self.answer: Any = None
        self.fault: str | None = None
        self._end = Event()

    @property
    def is_ended(self) -> bool:
        return self._end.is_set()

    def ended(self, wait_s: float = SOON_S) -> bool:
        """Whether it has ended, for which a reader is made to wait a moment."""
        return self._end.wait(wait_s)

    def tell(self, done: float) -> None:
        if not main_thread().is_alive():
            raise _StoppedError
        tidy()
        self.done = min(done, 1.0)

    def run(self, work: Callable[[Told], Any], turn: Lock) -> None:
        try:
            with turn:
                self.tell(self.done)
                self.answer = tidied(lambda: work(self.tell))
        except (ValueError, LookupError) as error:
            self.fault = str(error)
        except _StoppedError:
            pass
        finally:
            self._end.set()


@st.cache_resource(show_spinner=False)
def _turn() -> Lock:
    return Lock()


def begun(past: History, key: Any, work: Callable[[Told], Any]) -> Work:
    """The work of this key over a history, begun where it has not been: one after the other, and
    given up where it next tells how far it has come when the dashboard stops: a thread that Python
    ends by force within DuckDB or Polars would abort the process.
    """
    place = ("work", key)
    if place not in past.kept:
        past.kept[place] = Work()
        run, turn = past.kept[place].run, _turn()
        Thread(target=run, args=(work, turn), name="replay").start()
    found: Work = past.kept[place]
    return found


@st.fragment(run_every=1.0)
def wait(work: Work, doing: str) -> None:
    """Shows how far the work has come; once it has ended, the page is drawn anew."""
    if work.is_ended:
        st.rerun()
    st.progress(work.done, doing)
