"""A pin changes where the next call goes, for as long as it says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector import pins
from collector.pins import LivePins
from router.decision import Pin
from tests.collector.routed import LOCAL_MODEL, OPUS, Routed, afresh, routed_gate, task
from tests.collector.test_routing import new_session
from tests.dashboard.test_cli import assert_refused, run

LOCAL = f"ollama/{LOCAL_MODEL}"


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "LOOK_EVERY_S", 0.0)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Routed]:
    with routed_gate(tmp_path_factory.mktemp("pinned")) as running:
        yield running


def next_target(routed: Routed) -> str:
    afresh(routed)
    answer = routed.ask(task(), x_claude_code_session_id=new_session())
    return str(answer.headers["x-faregate-target"])


def wait_until(routed: Routed, target: str) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    while next_target(routed) != target:
        assert datetime.now(UTC) < deadline


def test_use_sends_the_next_call_elsewhere_until_it_is_cleared(shared: Routed):
    assert next_target(shared) == f"max/{OPUS}"
    ran = run(shared.gate.folder, "use", LOCAL, "--for", "2h")
    assert ran.returncode == 0, ran.stderr
    assert LOCAL in ran.stdout
    wait_until(shared, LOCAL)
    assert LOCAL in run(shared.gate.folder, "use").stdout
    assert "pinned" in run(shared.gate.folder, "status").stdout
    assert run(shared.gate.folder, "use", "--clear").stdout == "nothing is pinned\n"
    wait_until(shared, f"max/{OPUS}")


def test_use_of_a_route_for_the_calls_of_another(shared: Routed):
    assert run(shared.gate.folder, "use", "simple", "--route", "default").returncode == 0
    wait_until(shared, LOCAL)
    run(shared.gate.folder, "use", "--clear")


@pytest.mark.parametrize(
    ("words", "culprits"),
    [
        (("nobody/x",), ("nobody/x", "ollama", "background")),
        ((LOCAL, "--for", "soon"), ("soon", "2h")),
        ((LOCAL, "--route", "nowhere"), ("nowhere",)),
        ((LOCAL, "--clear"), ("--clear",)),
        (("--for", "2h"), ("name a target",)),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_pinned(
    tmp_path: Path, words: tuple[str, ...], culprits: tuple[str, ...]
):
    assert_refused(run(tmp_path / "data", "use", *words), *culprits)
    assert not (tmp_path / "data" / "pins.json").exists()


def test_pins_are_read_as_written_and_end_by_themselves(tmp_path: Path, unhurried: None):
    soon = datetime.now(UTC) + timedelta(hours=1)
    kept = Pin(LOCAL, "default", soon), Pin("simple"), Pin("old", until=soon - timedelta(days=1))
    pins.write(tmp_path, kept)
    assert pins.read(tmp_path) == kept
    assert LivePins(tmp_path).now == kept[:2]
    assert (tmp_path / "pins.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", "3", "[{}]", '[{"use": "a", "route": null}]'])
def test_a_broken_file_keeps_the_pins_before_it(
    tmp_path: Path, unhurried: None, text: str, caplog: pytest.LogCaptureFixture
):
    pins.write(tmp_path, [Pin(LOCAL)])
    live = LivePins(tmp_path)
    assert live.now == (Pin(LOCAL),)
    (tmp_path / "pins.json").write_text(text)
    assert live.now == (Pin(LOCAL),)
    assert "pins.json" in caplog.text
