"""What replaying pages hold on to: enough to be quick, and no more."""

import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import polars as pl
import pytest

from collector.files import ROOT
from dashboard import replay_kept, replayed
from dashboard.replay_kept import MOST_KEPT, begun, outcome, side
from dashboard.tuned import difference
from router.replay import History, replay
from router.replay_terms import Told
from tests.router.test_replay_sums import days, history, scenario

MARKS = {"moderate_at": 0.3, "complex_at": 0.6}


@pytest.fixture
def past() -> History:
    return history(days(2))


def held(past: History, sort: str) -> int:
    return sum(isinstance(key, tuple) and key[0] == sort for key in past.kept)


def test_a_slider_that_moves_for_long_fills_no_memory(past: History):
    base = scenario("api")
    for step in range(MOST_KEPT + 5):
        marks = {"moderate_at": step / 100, "complex_at": 0.5}
        told = outcome(past, replace(base, thresholds=marks))
        difference(past, outcome(past, base), told, MARKS, marks)
    sorts = "outcome", "difference", "side"
    assert [held(past, sort) for sort in sorts] == [MOST_KEPT, MOST_KEPT, 1]


def test_what_is_compared_again_and_again_is_worked_out_once(past: History):
    base = scenario("api")
    now = outcome(past, base)
    first = side(past, now)
    for step in range(5):
        then = outcome(past, replace(base, thresholds={"moderate_at": step / 100}))
        told = difference(past, now, then, MARKS, MARKS)
        assert difference(past, now, then, MARKS, MARKS) is told
        assert side(past, now) is first


def test_what_tuning_tells_is_what_two_replays_differ_in(past: History):
    base = scenario("api")
    now, marks = outcome(past, base), {"moderate_at": 0.1, "complex_at": 0.2}
    then = outcome(past, replace(base, thresholds=marks))
    told = difference(past, now, then, MARKS, marks)
    both = now.calls.join(then.calls, on="call_id", suffix="_then")
    moved = both.filter(pl.col("target") != pl.col("target_then"))
    assert told.changed == len(moved) > 0
    assert set(told.most["call_id"]) <= set(moved["call_id"])
    assert told.tuned["calls"].sum() == told.logged["calls"].sum() == past.calls
    assert told.tuned["list_usd"].sum() == pytest.approx(then.calls["list_usd"].sum())
    hard = then.calls.filter(pl.col("complexity") >= 0.2)
    assert told.tuned.filter(pl.col("tier") == "complex")["calls"].sum() == len(hard)


def test_of_two_periods_only_the_one_looked_at_holds_what_was_worked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    began = datetime(2026, 11, 2)
    read = {began + timedelta(days=count): history(days(count)) for count in (1, 2)}
    monkeypatch.setattr(replayed, "history", lambda _folder, _from, until, _project: read[until])
    one, two = (replay_kept.history(tmp_path, began, until, None) for until in read)
    assert (one, two) == tuple(read.values())
    told = outcome(two, scenario("api"))
    assert held(two, "bench") == 1
    replay_kept.history(tmp_path, began, began + timedelta(days=2), None)
    assert held(two, "bench") == 1
    replay_kept.history(tmp_path, began, began + timedelta(days=1), None)
    assert (held(two, "bench"), held(two, "outcome")) == (0, 1)
    assert "threads" not in vars(two)
    again = replay(two, scenario("api"))
    assert again.period == told.period
    assert again.calls.equals(told.calls)


def test_of_one_sort_the_longest_unused_goes_first(past: History):
    for name in ("a", "b", "a", "c"):
        past.keep(("letter", name), lambda: 1, most=2)
    assert [key[1] for key in past.kept if key[0] == "letter"] == ["a", "c"]  # type: ignore[index]


def test_long_work_is_done_one_after_the_other_and_its_fault_told(past: History):
    may_end = Event()

    def first(told: Told) -> str:
        told(0.5)
        may_end.wait(30)
        return "first"

    def second(_: Told) -> str:
        raise ValueError("there is no such plan")

    works = [begun(past, "first", first), begun(past, "second", second)]
    assert begun(past, "first", second) is works[0]
    assert not works[1].ended()
    may_end.set()
    assert [work.ended(30) for work in works] == [True, True]
    assert (works[0].answer, works[0].done, works[0].fault) == ("first", 0.5, None)
    assert (works[1].answer, works[1].fault) == (None, "there is no such plan")


@pytest.mark.parametrize("doing", ["time.sleep(0.01)", "db.execute(LONG)"])
def test_a_dashboard_that_stops_gives_up_long_work_and_ends_in_good_order(doing):
    script = f"""
import time
import duckdb
from dashboard.replay_kept import begun
from tests.router.test_replay_sums import days, history
LONG = "select sum(range) from range(1_000_000)"
past, db = history(days(1)), duckdb.connect()
def for_ever(told):
    while True:
        told(0.1)
        {doing}
works = [begun(past, key, for_ever) for key in ("long", "waiting")]
while not works[0].done: time.sleep(0.01)
"""
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, cwd=ROOT, timeout=60, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
