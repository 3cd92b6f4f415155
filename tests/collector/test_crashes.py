"""What becomes of calls when things break: the gate, the disk, the ledger."""

import contextlib
import json
import resource
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from collector.files import ROOT, ledger_file
from tests.asking import HEADERS, PATH, ask, body_of
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.reply import says
from tests.running import RunningGate, running_gate


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def gate(fake: FakeAnthropic, data: Path) -> Iterator[RunningGate]:
    with running_gate(fake.url, data) as running:
        yield running


def warning_of(gate: RunningGate, timeout_s: float = 60) -> str:
    """The loader's warning, once it has one."""
    give_up_at = time.monotonic() + timeout_s
    while time.monotonic() < give_up_at:
        state = json.loads((gate.folder / "loader.json").read_text())
        if state["warning"]:
            return str(state["warning"])
        time.sleep(0.05)
    raise AssertionError("no warning")


def shell_on(ledger: Path, timeout_s: float = 60) -> subprocess.Popen[str]:
    """DuckDB's own shell with the ledger open, as soon as no other program holds it."""
    give_up_at = time.monotonic() + timeout_s
    while time.monotonic() < give_up_at:
        shell = subprocess.Popen(
            [ROOT / ".venv/bin/duckdb", ledger],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert shell.stdin and shell.stdout
        with contextlib.suppress(BrokenPipeError):
            shell.stdin.write("select count(*) as n from call_log;\n")
            shell.stdin.flush()
        if any("│" in line for line in shell.stdout):
            return shell
        with contextlib.suppress(BrokenPipeError):
            shell.communicate(timeout=60)
        time.sleep(0.1)
    raise AssertionError("the shell could not open the ledger")


def ask_until_killed(gate: RunningGate, ended: list[str], pause_s: float) -> None:
    """Ask again and again; note the id of each call whose answer came to its end."""
    with httpx.Client(trust_env=False, headers=HEADERS) as client:
        while True:
            try:
                answer = client.post(gate.url + PATH, content=body_of("go on"))
            except httpx.HTTPError:
                return
            ended.append(answer.headers["x-faregate-call-id"])
            time.sleep(pause_s)


def test_a_killed_gate_loses_no_call_whose_answer_ended_and_doubles_none(
    fake: FakeAnthropic, data: Path
):
    fake.respond = lambda seen: says("quick", gap_s=0.005)
    ended: list[str] = []
    for life in range(1, 4):
        with running_gate(fake.url, data) as gate:
            askers = [
                threading.Thread(target=ask_until_killed, args=(gate, ended, 0.1))
                for _ in range(10)
            ]
            for asker in askers:
                asker.start()
            fake.wait_until(lambda life=life: len(ended) >= 40 * life, timeout_s=60)
            gate.kill()
            for asker in askers:
                asker.join(timeout=60)
    fake.respond = lambda seen: None
    with running_gate(fake.url, data) as gate:
        query = "select call_id from call_log"
        rows = gate.rows_when(query, lambda rows: {r["call_id"] for r in rows} >= set(ended))
        counted = Counter(row["call_id"] for row in rows)
        assert gate.rows_when("from open_calls", lambda rows: not rows) == []
    assert len(ended) > 100
    assert set(ended) - set(counted) == set(), "lost"
    assert [call for call, count in counted.items() if count > 1] == [], "doubled"


def test_calls_go_on_while_a_duckdb_shell_holds_the_ledger(gate: RunningGate, fake: FakeAnthropic):
    ask(gate.url)
    gate.calls(1)
    shell = shell_on(ledger_file(gate.folder))
    answers = [ask(gate.url) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert "held by another program" in warning_of(gate)
    shell.communicate(".quit\n", timeout=60)
    assert len(gate.calls(6)) == 6
    assert gate.log.read_text().count("calls go on and wait in the journal") == 1


def test_calls_go_on_while_the_disk_is_full(gate: RunningGate, fake: FakeAnthropic):
    ask(gate.url)
    gate.calls(1)
    [segment] = (gate.folder / "journal").glob("*.jsonl")
    unlimited = resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE)
    full = (segment.stat().st_size + 100, unlimited[1])
    resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, full)
    assert [ask(gate.url).status_code for _ in range(5)] == [200] * 5
    status = httpx.get(gate.url + "/faregate/status").json()
    assert "cannot be written" in status["journal_warning"]
    resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, unlimited)
    assert len(gate.calls(6)) == 6
    assert gate.log.read_text().count("make room there") == 1
    assert gate.rows("select call_id from call_log group by 1 having count(*) > 1") == []


def test_a_corrupt_ledger_stops_nothing_and_is_rebuilt_once_moved_away(
    gate: RunningGate, fake: FakeAnthropic
):
    ask(gate.url)
    gate.calls(1)
    ledger_file(gate.folder).write_bytes(b"not a ledger" * 1000)
    assert [ask(gate.url).status_code for _ in range(3)] == [200] * 3
    warning = warning_of(gate)
    assert "ledger.duckdb is not readable as a ledger" in warning
    assert ledger_file(gate.folder).read_bytes().startswith(b"not a ledger"), "left as it was"
    ledger_file(gate.folder).rename(gate.folder / "broken.duckdb")
    assert len(gate.calls(4)) == 4


def test_a_call_cut_off_by_a_kill_is_ended_as_truncated(fake: FakeAnthropic, data: Path):
    fake.enqueue(says("never done", head_s=30))
    with running_gate(fake.url, data) as gate:
        asker = threading.Thread(target=ask_until_killed, args=(gate, [], 0))
        asker.start()
        gate.rows_when("from open_calls", lambda rows: len(rows) == 1)
        gate.kill()
        asker.join(timeout=60)
    with running_gate(fake.url, data) as gate:
        [call] = gate.calls()
        assert (call["result"], call["kind"]) == ("truncated", "main")
        assert gate.rows_when("from open_calls", lambda rows: not rows) == []


def test_a_gate_without_a_data_folder_says_so_in_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    command = [ROOT / ".venv/bin/faregate", "up", "--no-dashboard"]
    ran = subprocess.run(
        command,
        env={"PATH": "/usr/bin:/bin", "FAREGATE_DATA": str(tmp_path / "file" / "data")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 2
    assert len(ran.stderr.strip().splitlines()) == 1
    assert str(tmp_path / "file") in ran.stderr
