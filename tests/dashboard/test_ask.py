"""Answers worked out beside the page: each as the ledger has it, and none kept that failed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from polars.testing import assert_frame_equal

from collector import ledger
from collector.files import ledger_file
from dashboard import ask

NOW = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
MONTH = {"start_at": NOW - timedelta(days=30), "end_at": NOW, "zone": "Asia/Tokyo"}
WEEK = {**MONTH, "start_at": NOW - timedelta(days=7), "project": None}


def test_each_answer_is_what_the_question_alone_would_get(shown_demo):
    path = ledger_file(shown_demo)
    asked = ("six_kpis", "daily_cost", "quality", "top_sessions", "advice", "freshness")
    now = ask.answers(path, asked, MONTH, also={"last week": ("six_kpis", WEEK)})
    assert list(now) == ["last week", *asked]
    for kpi in ("six_kpis", "daily_cost", "quality", "top_sessions", "advice"):
        assert_frame_equal(now[kpi], ask.fresh_answer(path, kpi, MONTH))
    assert_frame_equal(now["last week"], ask.fresh_answer(path, "six_kpis", WEEK))


def test_what_was_asked_a_moment_ago_is_not_asked_again(shown_demo):
    path = ledger_file(shown_demo)
    assert ask.answers(path, ["six_kpis"], MONTH) is ask.answers(path, ["six_kpis"], MONTH)
    before = ask.answer(path, "freshness", {})
    ask.forget()
    assert ask.answer(path, "freshness", {}) is not before


def test_answers_are_kept_while_the_ledger_stays_as_it_is(own_demo, monkeypatch):
    path = ledger_file(own_demo)
    before = ask.answer(path, "calls_count", MONTH)
    monkeypatch.setattr(ask, "KEEP_S", 0)
    assert ask.answer(path, "calls_count", MONTH) is before
    with ledger.writing(path) as db:
        db.execute("delete from call_log")
    now = ask.answer(path, "calls_count", MONTH)
    assert ask.first(now)["calls"] < ask.first(before)["calls"]


def test_a_ledger_that_is_written_all_day_is_asked_only_so_often(own_demo):
    path = ledger_file(own_demo)
    before = ask.answer(path, "calls_count", MONTH)
    with ledger.writing(path) as db:
        db.execute("delete from call_log")
    assert ask.answer(path, "calls_count", MONTH) is before


def test_the_writers_log_may_go_while_a_page_looks_at_it(own_demo, monkeypatch):
    path, is_over = ledger_file(own_demo), Event()
    log = Path(f"{path}.wal")

    def write() -> None:
        while not is_over.is_set():
            log.touch()
            log.unlink()

    monkeypatch.setattr(ask, "KEEP_S", 0)
    begun = ask.Begun(path, {"freshness": ("freshness", {})})
    _ = begun["freshness"]
    with ThreadPoolExecutor(1) as gate:
        gate.submit(write)
        try:
            for _ in range(5000):
                begun.is_outdated()
        finally:
            is_over.set()


def test_a_ledger_that_was_mended_is_read_at_once(folder):
    path = ledger_file(folder)
    path.write_bytes(b"no ledger" * 2000)
    broken = ask.answers(path, ["freshness"], {})
    with pytest.raises(ledger.LedgerBrokenError, match="not readable as a ledger"):
        _ = broken["freshness"]
    path.unlink()
    assert ask.first(ask.answer(path, "freshness", {}))["calls"] == 0


def test_a_question_that_fails_takes_no_other_with_it(shown_demo):
    path = ledger_file(shown_demo)
    now = ask.answers(path, ["calls_count"], MONTH, also={"wrong": ("six_kpis", {"zone": "Mars"})})
    assert ask.first(now["calls_count"])
    with pytest.raises(Exception, match="Mars"):
        _ = now["wrong"]
