"""The command line, run as a user runs it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from collector.files import ROOT
from tests.asking import ask
from tests.fakes.anthropic import FakeAnthropic
from tests.running import RunningGate, free_port

FAREGATE = ROOT / ".venv/bin/faregate"


def run(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder.parent)}
    return subprocess.run(
        [FAREGATE, *words],
        env={**kept, "FAREGATE_DATA": str(folder), **environ},
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )


def told(folder: Path, *words: str) -> Any:
    ran = run(folder, *words)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def assert_refused(ran: subprocess.CompletedProcess[str], *culprits: str) -> None:
    """Exit 2, one line on stderr, which names the culprit."""
    assert ran.returncode == 2, ran
    [line] = ran.stderr.strip().splitlines()
    assert all(culprit in line for culprit in culprits), line


def test_a_number_can_be_asked_for_in_three_formats(folder: Path):
    query = "select 1 as one, null as nothing, 1.5::decimal(18, 9) as usd"
    assert told(folder, "sql", query, "--format", "json") == [
        {"one": 1, "nothing": None, "usd": 1.5}
    ]
    assert run(folder, "sql", query, "--format", "csv").stdout == (
        "one,nothing,usd\n1,,1.500000000\n"
    )
    assert "one" in run(folder, "sql", query).stdout


def test_a_kpi_is_answered_with_the_values_set(folder: Path):
    [today] = told(folder, "ask", "today", "--set", "zone=Asia/Tokyo", "--format", "json")
    assert today["calls"] == 0


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (["ask", "no_such_kpi"], "no_such_kpi"),
        (["ask", "today", "--set", "zone"], "zone"),
        (["ask", "today", "--format", "xml"], "xml"),
        (["sql", "select no_such_column from calls"], "no_such_column"),
        (["sql", "drop table call_log"], "read-only"),
        (["env", "--shell", "tcsh"], "tcsh"),
        (["import", "no/such/folder"], "no/such/folder"),
        (["reprice", "--start", "yesterday"], "yesterday"),
        (["up", "--upstream", "ftp://example"], "ftp://example"),
        (["no-such-command"], "no-such-command"),
        (["logs", "--lines", "0"], "lines"),
    ],
)
def test_bad_use_is_one_line_that_names_the_culprit(folder: Path, words: list[str], culprit: str):
    assert_refused(run(folder, *words), culprit)


def test_the_settings_never_hold_a_key_and_extend_what_was_there(folder: Path):
    ran = run(folder, "env", "--shell", "json", NO_PROXY="corp.example", ANTHROPIC_API_KEY="sk-x")
    settings = json.loads(ran.stdout)
    assert settings["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4000"
    assert settings["NO_PROXY"] == "corp.example,127.0.0.1,localhost"
    assert settings["ENABLE_TOOL_SEARCH"] == "true"
    assert not {name for name in settings if "KEY" in name or "AUTH" in name}


def test_the_settings_carry_the_token_and_the_project(folder: Path):
    environ = {"FAREGATE_TOKEN": "open sesame", "ANTHROPIC_CUSTOM_HEADERS": "X-Team: a"}
    ran = run(folder, "env", "--project", "x articles", **environ)
    script = f"{ran.stdout}\nprintf '%s' \"$ANTHROPIC_CUSTOM_HEADERS|$ANTHROPIC_BASE_URL\""
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert shell.stdout == (
        "X-Team: a\nx-faregate-token: open sesame|http://127.0.0.1:4000/x%20articles"
    )


@pytest.mark.parametrize(("shell", "line"), [("fish", "set -gx "), ("powershell", "$env:")])
def test_other_shells_have_their_own_words(folder: Path, shell: str, line: str):
    lines = run(folder, "env", "--shell", shell).stdout.strip().splitlines()
    assert all(text.startswith(line) for text in lines)


def test_intercepting_asks_for_the_proxy_and_its_certificate(folder: Path):
    settings = told(folder, "env", "--intercept", "--shell", "json")
    assert settings["HTTPS_PROXY"] == "http://127.0.0.1:8080"
    assert settings["NODE_EXTRA_CA_CERTS"] == str(folder / "ca/mitmproxy-ca-cert.pem")


def test_claude_code_is_started_with_the_settings(
    gate: RunningGate, fake: FakeAnthropic, tmp_path: Path
):
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$ANTHROPIC_BASE_URL $*"\n')
    program.chmod(0o755)
    path = f"{program.parent}:/usr/bin:/bin"
    ran = run(gate.folder, "claude", "--project", "shop", "-p", "hello", "--help", PATH=path)
    assert ran.stdout == f"{gate.url}/shop -p hello --help\n"
    assert ran.returncode == 0


def test_claude_code_can_be_kept_to_one_target(gate: RunningGate, tmp_path: Path):
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$ANTHROPIC_MODEL $CLAUDE_CODE_SUBAGENT_MODEL $*"\n')
    program.chmod(0o755)
    path = f"{program.parent}:/usr/bin:/bin"
    target = "ollama/qwen3-coder:30b"
    ran = run(gate.folder, "claude", "--target", target, "-p", "hello", PATH=path)
    assert ran.stdout == f"{target} {target} -p hello\n"
    assert_refused(run(gate.folder, "claude", "--target", "qwen3", PATH=path), "qwen3", "provider/")


def test_without_a_gate_claude_code_is_not_started_and_the_direct_way_is_told(folder: Path):
    program = folder.parent / "claude"
    program.write_text("#!/bin/sh\necho started $ANTHROPIC_BASE_URL\n")
    program.chmod(0o755)
    ran = run(folder, "claude", "-p", "x", PATH=f"{folder.parent}:/usr/bin:/bin")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "no gate is running" in ran.stderr
    assert "--direct" in ran.stderr
    direct = run(folder, "claude", "--direct", PATH=f"{folder.parent}:/usr/bin:/bin")
    assert direct.stdout == "started\n"


def test_status_and_logs_tell_of_a_running_gate(gate: RunningGate, fake: FakeAnthropic):
    ask(gate.url)
    gate.calls(1)
    status = told(gate.folder, "status", "--json")
    assert status["gate"]["url"] == gate.url
    assert status["live"]["in_flight"] == 0
    assert status["today"]["calls"] >= 1
    assert status["ledger_fault"] is None
    assert "claude-opus-4-8" in run(gate.folder, "logs", "-n", "1").stdout
    assert gate.url in run(gate.folder, "status").stdout


def test_doctor_finds_what_is_wrong_and_says_what_to_do(folder: Path):
    home = folder.parent
    (home / ".claude").mkdir()
    elsewhere = json.dumps({"env": {"ANTHROPIC_BASE_URL": "http://other:1"}})
    (home / ".claude/settings.json").write_text(elsewhere)
    folder.mkdir()
    (folder / "policy.toml").write_text("store_bodies = 3\n")
    ran = run(folder, "doctor", HTTPS_PROXY="http://corp:3128")
    assert ran.returncode == 1
    assert re.search(r"fail .*settings\.json sets ANTHROPIC_BASE_URL=http://other:1", ran.stdout)
    assert re.search(r"fail .*no gate is running; start it with `faregate up`", ran.stdout)
    assert re.search(r"fail .*policy\.toml line 1: store_bodies", ran.stdout)
    assert re.search(r"warn .*NO_PROXY lacks 127\.0\.0\.1", ran.stdout)
    assert re.search(r"warn .*cleanupPeriodDays", ran.stdout)
    verdicts = {
        finding["verdict"] for finding in json.loads(run(folder, "doctor", "--json").stdout)
    }
    assert verdicts == {"ok", "warn", "fail"}


def test_doctor_is_content_with_a_healthy_gate(gate: RunningGate, fake: FakeAnthropic):
    findings = json.loads(run(gate.folder, "doctor", "--json").stdout)
    assert [found["what"] for found in findings if found["verdict"] == "fail"] == []


def test_check_finds_nothing_in_an_honest_ledger_and_names_a_lie(folder: Path):
    assert run(folder, "demo", "--days", "2").returncode == 0
    checked = run(folder, "check")
    assert checked.returncode == 0, checked.stdout
    lie = "update call_log set cost_usd = -1 where call_id in (select min(call_id) from call_log)"
    from collector import ledger
    from collector.files import ledger_file

    with ledger.writing(ledger_file(folder)) as db:
        db.execute(lie)
    checked = run(folder, "check")
    assert checked.returncode == 1
    assert "FAIL  call_sums_differ_from_attempts" in checked.stdout


def test_demo_data_comes_and_goes(folder: Path):
    assert "made-up calls" in run(folder, "demo", "--days", "7").stdout
    [counted] = told(folder, "sql", "select count(*) as n from calls", "--format", "json")
    assert counted["n"] > 1000
    assert run(folder, "demo", "--remove").returncode == 0
    [counted] = told(folder, "sql", "select count(*) as n from calls", "--format", "json")
    assert counted["n"] == 0


def test_everything_runs_with_one_command_and_stops_with_one_signal(
    fake: FakeAnthropic, folder: Path
):
    ports = [str(free_port()) for _ in range(3)]
    command = [FAREGATE, "up", "--port", ports[0], "--intercept-port", ports[1]]
    command += ["--dashboard-port", ports[2], "--upstream", fake.url]
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "FAREGATE_DATA": str(folder)}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as up:
        try:
            wait_for_port(int(ports[2]))
            gate = json.loads((folder / "gate.json").read_text())
            assert ask(gate["url"]).status_code == 200
            again = run(folder, "up", "--port", ports[0])
            assert_refused(again, "runs on", gate["url"])
            taken = run(folder.parent / "other", "up", "--port", ports[0])
            assert_refused(taken, ports[0], "--port")
        finally:
            up.send_signal(signal.SIGTERM)
            output, _ = up.communicate(timeout=60)
    assert up.returncode == 0
    assert f"faregate is up: {gate['url']}" in output
    assert "stopping" in output
    assert not (folder / "gate.json").exists()
    [counted] = told(folder, "sql", "select count(*) as n from calls", "--format", "json")
    assert counted["n"] == 1


def wait_for_port(port: int, timeout_s: float = 60) -> None:
    import socket

    give_up_at = time.monotonic() + timeout_s
    while time.monotonic() < give_up_at:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on {port}")


def test_a_gate_beyond_loopback_needs_a_token(folder: Path):
    assert_refused(run(folder, "up", "--host", "0.0.0.0"), "FAREGATE_TOKEN")


def test_mitmdump_loads_the_same_door(fake: FakeAnthropic, folder: Path):
    port = free_port()
    mode = f"reverse:{fake.url}@127.0.0.1:{port}"
    command = [ROOT / ".venv/bin/mitmdump", "-q", "-s", ROOT / "collector/addon.py"]
    command += ["--mode", mode, "--set", f"faregate_upstream={fake.url}"]
    command += ["--set", f"confdir={folder}/ca"]
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "FAREGATE_DATA": str(folder)}
    with subprocess.Popen(command, env=environ, cwd=folder.parent) as mitmdump:
        try:
            wait_for_port(port)
            gate = RunningGate(mitmdump, folder, folder / "gate.json")
            assert ask(f"http://127.0.0.1:{port}").status_code == 200
            assert gate.calls(1)[0]["result"] == "ok"
        finally:
            mitmdump.send_signal(signal.SIGINT)
            mitmdump.wait(timeout=60)


def test_the_package_runs_as_a_module():
    ran = subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "--help"], capture_output=True, text=True, cwd=ROOT
    )
    assert ran.returncode == 0
    assert "Claude Code" in ran.stdout
