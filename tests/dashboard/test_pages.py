"""Each page on an empty, a one-call and a demo ledger; and when the ledger cannot be read."""

import json
import re
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from collector import ledger
from collector.files import ledger_file
from dashboard import ask, demo, show
from router.call import Result
from tests.dashboard.opened import (
    EVERY_PAGE,
    calls,
    limits,
    metrics,
    opened,
    overview,
    routing,
    spend,
    text_of,
)
from tests.story import FREE, MAX, SONNET, tell

TODAY = f"{datetime.now(UTC):%Y-%m-%d} 00:00"
PAGES = [overview, spend, calls, routing, limits]


@pytest.mark.parametrize("open_page", PAGES)
def test_an_empty_ledger_says_what_to_do(folder: Path, open_page: object):
    app = open_page()
    assert not app.exception
    assert [code.value for code in app.code] == [
        "faregate claude",
        'eval "$(faregate env)"',
        "faregate import",
    ]


@pytest.mark.parametrize("page", [page for page in EVERY_PAGE if page != "settings"])
def test_an_empty_page_bears_its_own_title(folder: Path, page: str):
    app = opened(page)
    assert [title.value for title in app.title] == [page.replace("whatif", "what-if").capitalize()]


def test_the_demo_button_fills_and_the_other_one_empties(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(demo, "DAYS", 3)
    app = overview()
    next(button for button in app.button if "demo data" in button.label).click().run()
    assert not app.exception
    assert "made-up calls" in text_of(app)
    next(button for button in app.button if button.label == "Remove demo data").click().run()
    assert not app.exception
    assert app.code[0].value == "faregate claude"


def test_one_call_is_enough_for_every_card(folder: Path):
    tell(ledger_file(folder), (TODAY, "main", [(SONNET, Result.OK)], {"usd": "1"}))
    app = overview()
    assert not app.exception
    assert metrics(app)["Settled calls"] == "100.0%"
    assert metrics(app)["Local share"] == "0.0%"
    assert metrics(app)["Response-cache hits"] == "–"


def test_overview_and_calls_agree_on_the_demo(shown_demo: Path):
    told = re.search(r"\*\*([\d,]+)\*\* calls", text_of(calls()))
    assert told is not None
    assert metrics(overview())["Calls"] == show.quantity(int(told[1].replace(",", "")))


def test_a_filter_in_the_url_holds_on_every_number(shown_demo: Path):
    every, some = calls(), calls(project="infra", kind="main")
    assert not some.exception
    assert text_of(every) != text_of(some)
    assert some.selectbox(key="kind_control").value == "main"


def test_a_chosen_filter_goes_into_the_url(shown_demo: Path):
    app = calls()
    app.selectbox(key="project_control").select("shop-api").run()
    assert not app.exception
    assert app.query_params["project"] in ("shop-api", ["shop-api"])


def test_a_call_in_full_shows_its_arithmetic(folder: Path):
    [call_id] = tell(
        ledger_file(folder), (TODAY, "main", [(MAX, Result.LIMIT_HIT), (SONNET, Result.OK)])
    )
    app = calls(call=call_id)
    assert not app.exception
    assert metrics(app)["Result"] == "ok"
    assert call_id in text_of(app)


def test_a_call_that_is_not_there_is_a_message(shown_demo: Path):
    app = calls(call="<b>nope</b>")
    assert not app.exception
    assert "No call in the ledger has this id." in text_of(app)


def test_a_call_without_a_price_is_announced(folder: Path):
    tell(ledger_file(folder), (TODAY, "main", [(FREE, Result.OK)], {"usd": None}))
    assert "1 call has no price" in text_of(overview())


def test_a_loader_that_warns_is_announced(folder: Path):
    tell(ledger_file(folder), (TODAY, "main", [(SONNET, Result.OK)]))
    state = {"at": time.time(), "pending_bytes": 0, "warning": "the disk_is full"}
    (folder / "loader.json").write_text(json.dumps(state))
    assert "the disk\\_is full" in text_of(overview())


def test_a_backlog_is_announced(folder: Path):
    tell(ledger_file(folder), (TODAY, "main", [(SONNET, Result.OK)]))
    state = {"at": time.time(), "pending_bytes": 5 << 20, "warning": None}
    (folder / "loader.json").write_text(json.dumps(state))
    assert "5.2M bytes of calls still wait in the journal." in text_of(overview())


@pytest.mark.parametrize("open_page", PAGES)
def test_a_broken_ledger_is_a_message(folder: Path, open_page: object):
    ledger_file(folder).write_bytes(b"this is no ledger" * 1000)
    app = open_page()
    assert not app.exception
    assert "The ledger cannot be read" in text_of(app)


def test_a_ledger_that_is_held_is_a_message(folder: Path, monkeypatch: pytest.MonkeyPatch):
    path = ledger_file(folder)
    ledger.migrate(path)
    monkeypatch.setattr(ask, "WAIT_S", 0.2)
    with duckdb.connect(str(path), config=ledger.CONFIG):
        app = overview()
    assert not app.exception
    assert "Another program holds the ledger open" in text_of(app)


def test_pages_are_read_while_the_gate_writes(folder: Path):
    path = ledger_file(folder)
    tell(path, (TODAY, "main", [(SONNET, Result.OK)]))
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            tell(path, (TODAY, "title", [(SONNET, Result.OK)], {"session": "busy"}))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        shown = [overview(), calls(), overview()]
    finally:
        done.set()
        writer.join()
    assert not any(app.exception or app.error for app in shown)
    assert all(app.title for app in shown)


def test_a_ledger_of_an_older_version_is_brought_up_to_date(folder: Path):
    path = ledger_file(folder)
    tell(path, (TODAY, "main", [(SONNET, Result.OK)]))
    with duckdb.connect(str(path), config=ledger.CONFIG) as db:
        db.execute("drop view period_kpis; drop view period_calls")
        db.execute("update migrations set sha256 = 'older' where name = 'views'")
    app = overview()
    assert not app.exception
    assert metrics(app)["Calls"] == "1"


def test_a_name_with_markup_is_shown_as_text(folder: Path):
    evil = "<img src=x onerror=alert(1)>"
    tell(ledger_file(folder), (TODAY, "main", [(SONNET, Result.OK)], {"project": evil}))
    app = overview()
    assert not app.exception
    assert all(evil not in block.proto.body for block in app.get("html"))


def test_overview_names_the_best_advice_and_each_figure_leads_to_its_page(shown_demo: Path):
    app = overview()
    assert not app.exception
    shown = text_of(app)
    assert "worth **\\$" in shown
    assert len(re.findall(r"^- .* · \\\$", shown, re.MULTILINE)) == 3
    links = [link.proto.page for link in app.get("page_link")]
    assert {"spend", "limits", "cache", "routing", "calls", "advice"} <= set(links)


def test_a_faulty_policy_is_announced_on_every_page(folder: Path):
    tell(ledger_file(folder), (TODAY, "main", [(SONNET, Result.OK)]))
    (folder / "policy.toml").write_text("store_bodies = 3\n")
    told = text_of(overview())
    assert "policy.toml line 1" in told.replace("\\", "")
    assert "The rules before it stay in force." in told
