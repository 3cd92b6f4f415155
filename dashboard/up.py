"""Everything with one command: gate, import of past history, dashboard, what runs by the clock."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from collector.files import data_folder
from collector.gate_file import read_gate
from dashboard import serve
from dashboard.launch import found_on_path, own_proxy_removed
from router.upstream import Upstream

START_S = 30.0
STOP_S = 15.0
RESTART_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to start, and where it listens."""

    host: str
    port: int
    intercept_port: int
    upstream: str
    dashboard_port: int
    dashboard: bool
    history: bool


@dataclass(slots=True)
class Running:
    """The programs started, by name, with the command that starts each again."""

    commands: dict[str, tuple[list[str], Path | None]] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(
        self, name: str, command: list[str], environ: dict[str, str], log: Path | None = None
    ) -> None:
        """Start `command`, again later under the same name; its words go to `log`, if any."""
        self.commands[name] = (command, log)
        out = log.open("ab") if log else None
        self.processes[name] = subprocess.Popen(
            command, env=environ, stdout=out, stderr=out, start_new_session=True
        )
        if out:
            out.close()

    def stop(self) -> None:
        """Ask each to end, the last started first; then insist."""
        for process in reversed(self.processes.values()):
            process.terminate()
        give_up_at = time.monotonic() + STOP_S
        for process in self.processes.values():
            try:
                process.wait(max(0.1, give_up_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def up(wanted: Wanted, say: Callable[[str], None]) -> int:
    """Run until a signal; 0 then. 2 when the gate cannot start.

    Raises:
        ValueError: a port is taken, or a gate runs on this data folder already.
    """
    folder = data_folder()
    _check_free(wanted, folder)
    environ = own_proxy_removed(os.environ, wanted.intercept_port)
    running = Running()
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, _raise_stop)
    try:
        running.start("gate", _gate_command(wanted), environ)
        if not _is_listening(running.processes["gate"], folder):
            return 2
        _start_rest(running, wanted, environ)
        say(_next_steps(folder, wanted))
        _watch(running, environ, say)
    except _StopError:
        say("stopping")
    finally:
        running.stop()
    return 0


class _StopError(Exception):
    """A signal asked us to stop."""


def _raise_stop(*_: object) -> None:
    raise _StopError


def _check_free(wanted: Wanted, folder: Path) -> None:
    Upstream.parse(wanted.upstream)
    gate = read_gate(folder)
    if gate:
        raise ValueError(f"a gate runs on {folder} already (pid {gate['pid']}, {gate.get('url')})")
    ports = {"--port": wanted.port, "--intercept-port": wanted.intercept_port}
    if wanted.dashboard:
        ports["--dashboard-port"] = wanted.dashboard_port
    for option, port in ports.items():
        if port and _is_taken(port):
            raise ValueError(f"port {port} is taken by another program; choose one with {option}")
    if wanted.host not in ("127.0.0.1", "localhost", "::1") and not os.environ.get(
        "FAREGATE_TOKEN"
    ):
        raise ValueError(
            f"to listen on {wanted.host}, set FAREGATE_TOKEN: others could use your keys"
        )


def _is_taken(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _gate_command(wanted: Wanted) -> list[str]:
    options = {
        "--host": wanted.host,
        "--port": wanted.port,
        "--intercept-port": wanted.intercept_port,
        "--upstream": wanted.upstream,
    }
    pairs = [str(part) for option in options.items() for part in option]
    return [sys.executable, "-m", "collector.gate", *pairs]


def _is_listening(gate: subprocess.Popen[bytes], folder: Path) -> bool:
    give_up_at = time.monotonic() + START_S
    while gate.poll() is None and time.monotonic() < give_up_at:
        found = read_gate(folder)
        if found and found["pid"] == gate.pid:
            return True
        time.sleep(0.05)
    return False


def _start_rest(running: Running, wanted: Wanted, environ: dict[str, str]) -> None:
    if wanted.history:
        command = [sys.executable, "-m", "dashboard.cli", "import", "--quiet"]
        running.start("import", command, environ)
    if wanted.dashboard:
        command = serve.command("--server.port", str(wanted.dashboard_port))
        running.start("dashboard", command, environ, data_folder() / "dashboard.log")
    command = [sys.executable, "-m", "dashboard.jobs"]
    running.start("scheduler", command, environ, data_folder() / "jobs.log")


def _watch(running: Running, environ: dict[str, str], say: Callable[[str], None]) -> None:
    """Start again what ends, apart from the import, which ends by itself."""
    while True:
        time.sleep(0.5)
        for name, process in list(running.processes.items()):
            code = process.poll()
            if code is None:
                continue
            if name == "import":
                del running.processes[name]
                continue
            say(f"the {name} ended ({code}) and is started again")
            time.sleep(RESTART_S)
            command, log = running.commands[name]
            running.start(name, command, environ, log)


def _next_steps(folder: Path, wanted: Wanted) -> str:
    gate = read_gate(folder) or {}
    me = _own_name()
    steps = [
        (f"{me} claude", "Claude Code through the gate"),
        (f'eval "$({me} env)"', "or set this shell for a plain `claude`"),
        (f"{me} env --intercept", f"or as a proxy, {gate.get('intercept_url')}"),
    ]
    if wanted.dashboard:
        steps.append((f"http://127.0.0.1:{wanted.dashboard_port}", "what it cost, live"))
    width = max(len(what) for what, _ in steps)
    lines = [f"  {what:<{width}}  {why}" for what, why in steps]
    head = f"faregate is up: {gate.get('url')} → {gate.get('upstream')}"
    return "\n".join([head, *lines, f"  data in {folder}; stop with Ctrl-C"])


def _own_name() -> str:
    """How this shell can call us: by name where it is on the PATH, else by path."""
    if found_on_path("faregate"):
        return "faregate"
    program = Path(sys.executable).parent / "faregate"
    here = Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)
