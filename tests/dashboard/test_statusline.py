"""The line under Claude Code's prompt, as Claude Code asks for it."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import ledger, today
from collector.files import ROOT, ledger_file
from collector.loader import Loader
from dashboard import settings, statusline
from router.call import Result
from tests.asking import ask
from tests.running import RunningGate
from tests.story import LOCAL, MAX, SONNET, set_plan, tell

FAREGATE = ROOT / ".venv/bin/faregate"
OK = Result.OK


def told_at(folder: Path) -> float:
    """When the numbers of a folder were told, in seconds."""
    return (folder / "today.json").stat().st_mtime


def shown(folder: Path, said: object = None, *, raw: bytes | None = None, **environ: str) -> str:
    """What the command prints; its exit code is 0 whatever it was told."""
    ran = subprocess.run(
        [FAREGATE, "statusline"],
        input=raw if raw is not None else json.dumps(said).encode(),
        env={"PATH": "/usr/bin:/bin", "FAREGATE_DATA": str(folder), **environ},
        capture_output=True,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    [line] = ran.stdout.decode().splitlines()
    return line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day's work, told by a loader: 0.35 of cash, 0.85 of list value, 3.00 on Opus."""
    path = ledger_file(tmp_path_factory.mktemp("told"))
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    tell(
        path,
        (at, "main", [(MAX, OK)], {"usd": "0.50", "opus_usd": "1", "windows": {"5h": 0.42}}),
        (at, "plan", [(SONNET, OK)], {"usd": "0.35", "opus_usd": "1", "session": "s2"}),
        (at, "title", [(LOCAL, OK)], {"usd": "0", "opus_usd": "1", "session": "s1"}),
    )
    Loader(path.parent).tell_gate(datetime.now(UTC))
    return path.parent


def test_the_line_tells_cash_list_value_saving_windows_and_who_answered(folder: Path):
    line = shown(folder, {"session_id": "s2", "model": {"id": "claude-opus-4-6"}})
    assert "today $0.35 cash, $0.85 list, $2.65 below all-Opus" in line
    assert "5h 42%, resets in 1 h 59 m" in line or "5h 42%, resets in 2 h 00 m" in line
    assert line.endswith("anthropic/claude-sonnet-4-5")


def test_a_title_answered_elsewhere_is_not_who_answers_the_session(folder: Path):
    assert shown(folder, {"session_id": "s1"}).endswith("max/claude-opus-4-6")


def test_without_a_gate_it_says_so(folder: Path):
    assert shown(folder).startswith("no gate: `faregate up` · today")


def test_with_a_gate_and_nothing_asked_yet_it_says_that(tmp_path: Path):
    (tmp_path / "gate.json").write_text(json.dumps({"pid": os.getpid()}))
    assert shown(tmp_path, {"session_id": "x"}) == "nothing recorded yet"


def test_claude_codes_own_word_on_its_windows_comes_first(folder: Path):
    limits = {
        "five_hour": {"used_percentage": 61.4, "resets_at": time.time() + 7500},
        "seven_day": {"used_percentage": 12, "resets_at": time.time() + 90 * 3600},
    }
    line = shown(folder, {"rate_limits": limits})
    assert "5h 61%, resets in 2 h 0" in line
    assert "week 12%, resets in 3 d 1" in line


def test_the_days_fee_counts_against_what_was_saved(tmp_path: Path):
    path, now = ledger_file(tmp_path), datetime.now(UTC)
    tell(path, (f"{now:%Y-%m-%d %H:%M:%S}", "main", [(MAX, OK)], {"usd": "1", "opus_usd": "1"}))
    set_plan(path, 310)
    loader = Loader(tmp_path)
    loader.tell_gate(now)
    assert " above all-Opus" in shown(tmp_path)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "UTC", None])
def test_the_numbers_are_those_of_the_question_in_the_users_zone(tmp_path: Path, zone: str | None):
    now = datetime.now(UTC)
    path = ledger_file(tmp_path)
    lines = [
        (f"{now - timedelta(hours=ago):%Y-%m-%d %H:%M:%S}", "main", [(SONNET, OK)], {"usd": usd})
        for ago, usd in ((0, "0.01"), (5, "0.02"), (11, "0.04"), (17, "0.08"), (23, "0.16"))
    ]
    tell(path, *lines)
    settings.write(tmp_path, settings.Settings(zone=zone))
    Loader(tmp_path).tell_gate(now)
    with ledger.reading(path) as db:
        named = {"zone": zone} if zone else {}
        asked = ledger.ask(db, "today", **named).row(0, named=True)
    written = json.loads((tmp_path / today.NAME).read_text())["today"]
    for name, value in asked.items():
        if isinstance(value, Decimal):
            assert Decimal(written[name]) == value, name
        elif isinstance(value, int):
            assert written[name] == value, name
    cash, worth = (f"${float(asked[f'{money}_usd']):,.2f}" for money in ("paid", "list"))
    assert f"today {cash} cash, {worth} list" in shown(tmp_path)


def test_the_day_ends_at_midnight_in_the_users_zone(tmp_path: Path):
    settings.write(tmp_path, settings.Settings(zone="Asia/Tokyo"))
    Loader(tmp_path).tell_gate(datetime(2026, 11, 25, 14, 59, tzinfo=UTC))
    told = json.loads((tmp_path / today.NAME).read_text())
    assert told["day_ends_at"] == datetime(2026, 11, 25, 15, tzinfo=UTC).timestamp()
    (tmp_path / settings.FILE).write_text('zone = "Moon/Crater"')
    Loader(tmp_path).tell_gate(datetime(2026, 11, 25, 14, 59, tzinfo=UTC))
    assert json.loads((tmp_path / today.NAME).read_text())["zone"] != "Moon/Crater"


def test_old_numbers_say_how_old_they_are_and_of_which_day(folder: Path):
    now = told_at(folder)
    later = statusline.line(None, folder, now + 12 * 60 + 30)
    assert later.endswith("12 min old")
    assert "the day before $0.35 cash" in statusline.line(None, folder, now + 86400)
    assert "5h was reset" in statusline.line(None, folder, now + 3 * 3600)
    assert "old" not in statusline.line(None, folder, now + 60)


def test_usage_without_a_price_is_told_beside_the_list_value(tmp_path: Path):
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    tell(ledger_file(tmp_path), (at, "main", [(SONNET, OK)], {"usd": None}))
    Loader(tmp_path).tell_gate(datetime.now(UTC))
    assert "$0.00 list + 1 unpriced" in shown(tmp_path)


@pytest.mark.parametrize(
    "raw",
    [b"", b"no json", b'{"session_id": ', b"[1, 2]", b"null", b"\xff\xfe", b"[" * 100_000,
     b'{"rate_limits": 3, "session_id": {}}', b'{"rate_limits": {"five_hour": {}}}',
     b'{"rate_limits": {"five_hour": {"used_percentage": NaN, "resets_at": 1e999}}}',
     b'{"rate_limits": {"five_hour": {"used_percentage": 1795650000}}}'],
)  # fmt: skip
def test_whatever_is_said_there_is_a_line(folder: Path, raw: bytes):
    assert "today $0.35 cash" in shown(folder, raw=raw)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"today": 3}', '{"today": {}, "windows": []}'])
def test_a_broken_file_of_the_loader_is_no_reason_to_fail(tmp_path: Path, text: str):
    (tmp_path / today.NAME).write_text(text)
    assert shown(tmp_path, {"session_id": "s1"})


def test_a_name_cannot_command_the_terminal(tmp_path: Path):
    hostile = {"sessions": {"s1": "x/\x1b]0;owned\x07" + "y" * 500}, "today": {}}
    (tmp_path / today.NAME).write_text(json.dumps(hostile))
    line = shown(tmp_path, {"session_id": "s1"})
    assert "\x1b" not in line
    assert len(line) < 200


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["session_id", "rate_limits", "five_hour", "used_percentage",
                             "resets_at", "today", "windows", "sessions", "as_of", "paid_usd"]),
            inner, max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(said=anything, told=anything)
def test_no_shape_of_either_side_breaks_the_line(
    tmp_path_factory: pytest.TempPathFactory, said: Any, told: Any
):
    folder = tmp_path_factory.getbasetemp()
    (folder / today.NAME).write_text(json.dumps(told))
    assert "\n" not in statusline.line(said, folder, time.time())


def test_it_loads_nothing_heavy_and_is_there_in_a_tenth_of_a_second(folder: Path):
    probe = "import sys; import dashboard.entry, dashboard.statusline; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "duckdb",
        "polars",
        "typer",
        "pydantic",
        "streamlit",
        "orjson",
        "httpx",
        "platformdirs",
    }
    assert heavy & set(loaded) == set()
    took, nothing = [], []
    for _ in range(9):
        took.append(seconds([FAREGATE, "statusline"], folder))
        nothing.append(seconds([sys.executable, "-c", "pass"], folder))
    busy = min(nothing) / 0.02  # an idle machine starts an empty program in 20 ms
    assert min(took) <= 0.1 * max(1, busy), (took, nothing)


def seconds(command: list[Any], folder: Path) -> float:
    environ = {"PATH": "/usr/bin:/bin", "FAREGATE_DATA": str(folder)}
    began = time.perf_counter()
    subprocess.run(command, input=b"{}", env=environ, capture_output=True, check=True)
    return time.perf_counter() - began


def test_a_call_is_in_the_line_within_seconds(gate: RunningGate):
    assert ask(gate.url).status_code == 200
    [call] = gate.calls(1)
    wanted, line, give_up_at = f"${call['list_usd']:,.2f} list", "", time.monotonic() + 60
    while wanted not in line and time.monotonic() < give_up_at:
        time.sleep(0.2)
        line = shown(gate.folder)
    assert wanted in line
    assert "no gate" not in line
    assert "old" not in line
