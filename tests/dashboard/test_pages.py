"""Each page on an empty, a one-call and a demo ledger; and when the ledger cannot be read."""

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from collector import ledger
from collector.files import ledger_file
from dashboard import ask
from dashboard.demo import fill_demo
from router.call import Result
from tests.story import FREE, MAX, SONNET, tell

APP = Path(__file__).resolve().parent.parent.parent / "dashboard" / "app.py"
TODAY = f"{datetime.now(UTC):%Y-%m-%d} 00:00"


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    fill_demo(folder, days=9)
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAREGATE_DATA", str(tmp_path))
    ask.forget()
    return tmp_path


@pytest.fixture
def shown_demo(demo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAREGATE_DATA", str(demo_folder))
    ask.forget()
    return demo_folder


def overview() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=60).run()


def calls(**url: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.switch_page("app_pages/calls.py")
    app.query_params.update(url)
    return app.run()


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def text_of(app: AppTest) -> str:
    shown = [*app.markdown, *app.warning, *app.error, *app.info, *app.text, *app.title]
    return "\n".join(str(element.value) for element in shown)


@pytest.mark.parametrize("open_page", [overview, calls])
def test_an_empty_ledger_says_what_to_do(folder: Path, open_page: object):
    app = open_page()
    assert not app.exception
    assert [code.value for code in app.code] == [
        "faregate claude",
        'eval "$(faregate env)"',
        "faregate import",
    ]


def test_the_demo_button_fills_and_the_other_one_empties(folder: Path):
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
    counted = metrics(overview())["Calls"].replace(",", "")
    assert f"**{int(counted):,}** calls" in text_of(calls())


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


@pytest.mark.parametrize("open_page", [overview, calls])
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
