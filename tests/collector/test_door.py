"""Who may come in, and what goes to whom."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.asking import HEADERS, PATH, ask, body_of
from tests.fakes.anthropic import FakeAnthropic
from tests.running import RunningGate, running_gate

KEY = "sk-ant-test-0000"


def test_a_page_that_rebinds_its_name_to_loopback_is_refused(
    gate: RunningGate, fake: FakeAnthropic
):
    answer = ask(gate.url, host="evil.example")
    assert answer.status_code == 403
    assert "loopback" in answer.json()["error"]["message"]
    assert fake.seen == []


def test_a_gate_with_a_token_answers_only_who_sends_it(fake: FakeAnthropic, tmp_path: Path):
    with running_gate(fake.url, tmp_path / "data", FAREGATE_TOKEN="open sesame") as gate:
        refused = [
            ask(gate.url),
            ask(gate.url, x_faregate_token="open"),
            httpx.head(gate.url + "/"),
        ]
        assert [answer.status_code for answer in refused] == [401, 401, 401]
        assert "x-faregate-token" in refused[0].json()["error"]["message"]
        assert fake.seen == []
        assert ask(gate.url, x_faregate_token="open sesame").status_code == 200
        assert fake.calls[0].header("x-faregate-token") is None


def test_the_road_behind_the_door_is_closed_to_others(gate: RunningGate, fake: FakeAnthropic):
    listening = subprocess.run(
        ["cat", f"/proc/{gate.process.pid}/net/tcp"], capture_output=True, text=True, check=True
    ).stdout
    inodes = {
        str(link.readlink()).removeprefix("socket:[").rstrip("]")
        for link in Path(f"/proc/{gate.process.pid}/fd").iterdir()
        if str(link.readlink()).startswith("socket:")
    }
    rows = [line.split() for line in listening.splitlines()[1:]]
    own = [row for row in rows if row[3] == "0A" and row[9] in inodes]
    ports = {int(row[1].split(":")[1], 16) for row in own}
    assert all(row[1].startswith("0100007F") for row in own), "all listen on loopback"
    private = ports - {gate.port, int(gate.intercept_url.rsplit(":", 1)[1])}
    for port in private:
        assert ask(f"http://127.0.0.1:{port}").status_code == 403
    assert len(private) == 1
    assert fake.seen == []


def test_a_credential_goes_to_its_own_host_only(
    gate: RunningGate, fake: FakeAnthropic, tmp_path: Path
):
    with FakeAnthropic() as other:
        with httpx.Client(proxy=gate.intercept_url) as through:
            through.post(other.url + PATH, content=body_of(), headers=HEADERS)
        assert other.calls[0].header("x-api-key") == KEY, "the client's own choice of host"
        assert fake.seen == []
        ask(gate.url, host="127.0.0.1", x_forwarded_host=other.url)
        assert len(other.calls) == 1
        assert len(fake.calls) == 1


@pytest.fixture
def own_gate(fake: FakeAnthropic, tmp_path: Path) -> Iterator[RunningGate]:
    with running_gate(fake.url, tmp_path / "own") as running:
        yield running


def test_no_key_or_prompt_is_written_anywhere(own_gate: RunningGate, fake: FakeAnthropic):
    gate = own_gate
    ask(gate.url, body_of("the secret plan"), authorization="Bearer sk-ant-oat01-very-secret")
    ask(
        gate.url,
        body_of(
            "the secret plan",
            metadata={
                "user_id": '{"device_id":"d3v1ce","account_uuid":"acc0unt","session_id":"5e55"}'
            },
        ),
    )
    gate.calls(2)
    gate.stop()
    secrets = (KEY.encode(), b"very-secret", b"the secret plan", b"d3v1ce", b"acc0unt")
    for file in gate.folder.rglob("*"):
        if file.is_file():
            held = [secret for secret in secrets if secret in file.read_bytes()]
            assert not held, f"{file.name} holds {held}"


def test_prompts_are_kept_when_the_policy_says_so(fake: FakeAnthropic, tmp_path: Path):
    from collector import bodies

    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "policy.toml").write_text("store_bodies = true\n")
    with running_gate(fake.url, folder) as gate:
        ask(gate.url, body_of("remember this"))
        [call] = gate.calls()
    texts = bodies.kept(folder / "bodies", call["call_id"], call["asked_at"])
    assert texts["asked"] == body_of("remember this")
    assert texts["answered"].startswith(b"event: message_start")
    plain = [
        file for file in (folder / "bodies").rglob("*.zst") if b"remember" in file.read_bytes()
    ]
    assert plain == []


def test_a_faulty_policy_keeps_the_one_before_and_is_named(
    own_gate: RunningGate, fake: FakeAnthropic
):
    gate = own_gate
    (gate.folder / "policy.toml").write_text("version = 1\nstore_bodys = true\n")
    time.sleep(1.1)  # the file is looked at once a second, when a call comes
    ask(gate.url)
    status = httpx.get(gate.url + "/faregate/status").json()
    assert "policy.toml line 2: store_bodys: unknown key" in status["policy_fault"]
    assert gate.calls()[0]["result"] == "ok"
