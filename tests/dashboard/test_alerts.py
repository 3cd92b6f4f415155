"""Alerts, from the ledger to a real webhook: told once, in time, and never with a secret."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import ledger
from collector.files import ledger_file
from collector.journal import Journal
from collector.live_policy import LivePolicy
from collector.routing import GateRouting
from dashboard import alerts, settings, webhook
from dashboard.alert_state import Alert, State, read_state, write_state
from dashboard.doctor import silent_in
from dashboard.jobs import JOBS
from dashboard.settings import Alerts, Settings
from router.call import Result
from router.upstream import Upstream
from tests.dashboard.test_cli import assert_refused, run
from tests.story import LOCAL, MAX, SONNET, tell

OK = Result.OK
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECRET = "T000/B000/hushhush"


class Webhook:
    """A server as Slack's: takes JSON, answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.status = 200
        outer = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if outer.status == 200:
                    outer.taken.append(json.loads(body))
                self.send_response(outer.status)
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/{SECRET}"

    @property
    def texts(self) -> list[str]:
        return [taken["text"] for taken in self.taken]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    hook = Webhook()
    monkeypatch.setenv("ALERT_HOOK", hook.url)
    yield hook
    hook.server.shutdown()
    hook.server.server_close()


def ago(minutes: float) -> str:
    return f"{datetime.now(UTC) - timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}"


def marks(folder: Path, **alerts: Any) -> None:
    named = {"webhook_env": "ALERT_HOOK", **alerts}
    settings.write(folder, Settings(zone="UTC", alerts=Alerts(**named)))


def test_each_kind_is_told_in_words_once_and_kept_in_the_log(tmp_path: Path, hook: Webhook):
    marks(tmp_path, day_usd=1, month_usd=2, window_share=0.8)
    tell(
        ledger_file(tmp_path),
        (ago(5), "main", [(MAX, OK)], {"windows": {"5h": 0.93}, "session": "s1"}),
        (
            ago(4),
            "main",
            [(SONNET, OK)],
            {"usd": "30", "session": "abcdefghij", "project": "a<!channel>"},
        ),
        (ago(3), "main", [(SONNET, OK)], {"usd": None, "session": "s3"}),
        *[(ago(n / 10), "title", [(LOCAL, Result.UNREACHABLE), (MAX, OK)]) for n in (1, 2, 3)],
    )
    alerts.look(tmp_path)
    alerts.look(tmp_path)
    assert hook.texts == [
        "Cash today is $30.00, over the mark of $1.00.",
        "Cash this month is $30.00, over the mark of $2.00.",
        "The 5-hour window of max is 93.0% full and resets in 1 h 55 m.",
        "anthropic/claude-sonnet-4-5 has no price: 1 calls of the last day count in no sum of "
        "money. Add it to price_overrides.toml, then run faregate reprice.",
        "Session abcdefgh of a&lt;!channel&gt; spends $120.00 of list value an hour.",
        "ollama is down: 3 attempts in 10 minutes, none answered (last: unreachable).",
    ]
    told = alerts.recent(tmp_path)
    assert [row["alert"] for row in reversed(told)] == [
        "day_cash", "month_cash", "window", "unpriced", "runaway", "provider_down",
    ]  # fmt: skip
    assert (
        told[1]["text"] == "Session abcdefgh of a<!channel> spends $120.00 of list value an hour."
    )


def test_a_window_that_will_be_spent_before_its_reset_is_told_ahead(tmp_path: Path):
    tell(
        ledger_file(tmp_path),
        (ago(30), "main", [(MAX, OK)], {"windows": {"5h": 0.3}}),
        (ago(1), "main", [(MAX, OK)], {"windows": {"5h": 0.6}}),
    )
    same_reset = "update limit_readings set resets_at = (select max(resets_at) from limit_readings)"
    with ledger.writing(ledger_file(tmp_path)) as db:
        db.execute(same_reset)
    [alert] = alerts.what_holds(tmp_path)
    assert alert.name == "window"
    assert "60.0% full and will be spent in 38 min, 1 h 21 m before its reset" in alert.text


def test_nothing_is_told_of_what_is_switched_off_or_has_no_mark(tmp_path: Path):
    marks(tmp_path, window_share=None, unpriced=False, runaway=False, provider_down=False)
    tell(
        ledger_file(tmp_path),
        (ago(2), "main", [(MAX, OK)], {"windows": {"5h": 0.99}}),
        (ago(2), "main", [(SONNET, OK)], {"usd": "900", "session": "s2"}),
        *[(ago(n), "title", [(LOCAL, Result.UNREACHABLE)]) for n in (1, 2, 3)],
    )
    assert alerts.what_holds(tmp_path) == []


def test_alerts_speak_japanese_where_the_settings_do(tmp_path: Path):
    settings.write(tmp_path, Settings(language="ja", zone="UTC", alerts=Alerts(day_usd=1)))
    tell(ledger_file(tmp_path), (ago(1), "main", [(SONNET, OK)], {"usd": "3"}))
    [alert] = alerts.what_holds(tmp_path)
    assert alert.text == "本日の現金支出は$3.00で、基準の$1.00を超えました。"


A = Alert("window", "max five_hour", "full")


def test_an_alert_is_told_again_only_after_it_passed_and_cooled_down():
    state, told = State(), []
    for minute, holds in [
        (0, 1),
        (1, 1),
        (2, 0),
        (3, 1),
        (59, 1),
        (60, 1),
        (61, 1),
        (200, 0),
        (201, 1),
    ]:
        at = NOW + timedelta(minutes=minute)
        told += [minute for _ in state.crossed([A] * holds, at, 3600)]
    assert told == [0, 60, 201]


def test_a_cool_down_survives_a_restart(tmp_path: Path):
    state = State()
    assert state.crossed([A], NOW, 3600) == [A]
    state.enqueue([A], NOW)
    state.crossed([], NOW, 3600)
    write_state(tmp_path, state)
    again = read_state(tmp_path)
    assert again == state
    assert again.crossed([A], NOW + timedelta(minutes=59), 3600) == []
    assert again.crossed([A], NOW + timedelta(minutes=61), 3600) == [A]


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=60), st.integers(1, 90))
def test_no_alert_is_told_twice_within_its_cool_down(steps: list[tuple[int, bool]], cooldown: int):
    state, minute, told = State(), 0, []
    was_on = False
    for wait, holds in steps:
        minute += wait
        fired = state.crossed([A] if holds else [], NOW + timedelta(minutes=minute), cooldown * 60)
        told += [minute for _ in fired]
        if holds and not was_on and not fired:
            assert told and minute - told[-1] < cooldown, (
                "a crossing is missed by its cool-down only"
            )
        was_on = holds
    assert all(later - earlier >= cooldown for earlier, later in pairwise(told))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"told_at": 3}', "{"])
def test_a_broken_state_begins_anew(tmp_path: Path, text: str):
    (tmp_path / "alerts.json").write_text(text)
    assert read_state(tmp_path) == State()


def test_a_webhook_that_fails_is_tried_again_later_and_nothing_is_lost(hook: Webhook):
    state, at = State(), Alerts(webhook_env="ALERT_HOOK")
    state.enqueue([A, Alert("unpriced", "x/y", "no price")], NOW)
    hook.status = 500
    assert webhook.deliver(state, at, NOW) == "the webhook of ALERT_HOOK answers 500"
    hook.status = 200
    assert webhook.deliver(state, at, NOW + timedelta(seconds=30)) is None
    assert hook.texts == []
    assert webhook.deliver(state, at, NOW + timedelta(seconds=61)) is None
    assert hook.texts == ["full", "no price"]
    assert (state.waiting, state.tries) == ([], 0)


def test_each_failure_waits_twice_as_long_and_a_day_is_the_end_of_it():
    state, at, now, tries = State(), Alerts(webhook_env="NO_SUCH_HOOK"), NOW, []
    state.enqueue([A], NOW)
    for minute in range(26 * 60):
        now = NOW + timedelta(minutes=minute)
        if webhook.deliver(state, at, now):
            tries.append(minute)
    assert tries[:7] == [0, 1, 3, 7, 15, 31, 63]
    assert tries[-1] < 24 * 60
    assert state.waiting == []


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (None, "NAMED_HOOK is not set where faregate runs"),
        ("", "NAMED_HOOK is not set where faregate runs"),
        ("file:///hushhush", "NAMED_HOOK holds no http or https address"),
        ("hushhush", "NAMED_HOOK holds no http or https address"),
        ("http://[hushhush", "NAMED_HOOK holds no http or https address"),
        ("http:///hushhush", "NAMED_HOOK holds no http or https address"),
        ("http://127.0.0.1:9/hushhush", "cannot be reached (ConnectError)"),
        ("http://hush\x00hush/", "cannot be reached"),
    ],
)
def test_a_wrong_address_is_told_without_telling_it(address: str | None, why: str):
    environ = {"NAMED_HOOK": address} if address is not None else {}
    fault = webhook.post(Alerts(webhook_env="NAMED_HOOK"), "hello", environ)
    assert fault and why in fault
    assert "hush" not in fault


def test_the_address_is_in_no_log_no_file_and_no_error(
    tmp_path: Path, hook: Webhook, caplog: pytest.LogCaptureFixture
):
    marks(tmp_path, day_usd=1)
    tell(ledger_file(tmp_path), (ago(1), "main", [(SONNET, OK)], {"usd": "3"}))
    hook.status = 302
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("httpx").setLevel(logging.WARNING)
        logging.getLogger("httpcore").setLevel(logging.INFO)
        alerts.look(tmp_path)
    assert "answers 302; tried again later" in caplog.text
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert SECRET not in caplog.text
    assert b"hushhush" not in written


def test_the_job_runs_once_a_minute_beside_the_gate():
    assert "alerts" in {job.name for job in JOBS}


def test_the_command_shows_what_holds_and_sends_a_test(tmp_path: Path, hook: Webhook):
    folder = tmp_path / "data"
    assert run(folder, "alerts").stdout == "nothing to tell\n"
    untold = run(folder, "alerts", "--test")
    assert (untold.returncode, untold.stdout) == (1, "")
    assert "no webhook is set" in untold.stderr
    marks(folder, day_usd=1)
    tell(ledger_file(folder), (ago(1), "main", [(SONNET, OK)], {"usd": "3"}))
    [held] = json.loads(run(folder, "alerts", "--json").stdout)
    assert (held["alert"], held["text"]) == (
        "day_cash",
        "Cash today is $3.00, over the mark of $1.00.",
    )
    assert run(folder, "alerts", "--test", ALERT_HOOK=hook.url).stdout == "sent\n"
    assert hook.texts == ["This is a test from faregate: alerts arrive here."]
    hook.status = 403
    refused = run(folder, "alerts", "--test", ALERT_HOOK=hook.url)
    assert (refused.returncode, "answers 403" in refused.stderr) == (1, True)
    (folder / "settings.toml").write_text("[alerts]\nday_usd = -1\n")
    assert_refused(run(folder, "alerts"), "settings.toml", "alerts.day_usd")


def test_a_provider_that_is_silent_to_its_probes_is_told_until_it_answers(tmp_path: Path):
    journal = Journal(tmp_path / "journal")
    nowhere = Upstream.parse("http://127.0.0.1:9")
    routing = GateRouting(tmp_path, nowhere, LivePolicy(tmp_path), journal, {})
    routing.probed("ollama", "connection refused")
    assert silent_in(routing.told()) == ["ollama"]
    routing.probed("ollama", None)
    assert silent_in(routing.told()) == []
    journal.close()
