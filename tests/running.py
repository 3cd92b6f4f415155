"""A real gate in a process of its own, for tests to talk to."""

import contextlib
import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from collector import ledger
from collector.files import ROOT, ledger_file

START_S = 90.0


@dataclass(slots=True)
class RunningGate:
    """Where it listens, and what its ledger holds."""

    process: subprocess.Popen[bytes]
    folder: Path
    log: Path
    found: dict[str, Any] = field(default_factory=dict)
    since: datetime = datetime.min

    @property
    def url(self) -> str:
        return str(self.found["url"])

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @property
    def intercept_url(self) -> str:
        return str(self.found["intercept_url"])

    def rows(self, query: str) -> list[dict[str, Any]]:
        with ledger.reading(ledger_file(self.folder)) as db:
            relation = db.sql(query)
            return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

    def rows_when(
        self, query: str, enough: Callable[[list[dict[str, Any]]], object], timeout_s: float = 60
    ) -> list[dict[str, Any]]:
        """The rows as soon as they are `enough`; the last ones seen after `timeout_s`."""
        give_up_at = time.monotonic() + timeout_s
        while True:
            found = self.rows(query)
            if enough(found) or time.monotonic() > give_up_at:
                return found
            time.sleep(0.05)

    def calls(self, count: int = 1) -> list[dict[str, Any]]:
        """The finished calls asked after `since`, in order of asking, once there are `count`."""
        query = "select * from calls where result is not null and asked_at >= "
        query += f"timestamp '{self.since}' order by asked_at"
        found = self.rows_when(query, lambda rows: len(rows) >= count)
        assert len(found) >= count, f"{len(found)} calls of {count}; log:\n{self.log.read_text()}"
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=60)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One at a time, of all the processes that run tests, writes into this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def slowness() -> float:
    """How many times as long as an idle machine this one takes to start an empty program."""
    return max(1.0, min(timeit.repeat(_start_nothing, number=1, repeat=3)) / 0.02)


def _start_nothing() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def free_port() -> int:
    """A port nobody listens on just now, and none that the system gives to others by itself."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def running_gate(
    upstream: str, folder: Path, *options: str, **environ: str
) -> Iterator[RunningGate]:
    """A gate on free ports; ended at the end, whatever happened."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "gate.log"
    ports = ["--port", str(free_port()), "--intercept-port", str(free_port())]
    command = [sys.executable, "-m", "collector.gate", *ports, "--upstream", upstream, *options]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = {**kept, "FAREGATE_DATA": str(folder), **environ}
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=out, stderr=out)
    gate = RunningGate(process, folder, log)
    try:
        gate.found = _wait_for(folder / "gate.json", process, log)
        yield gate
    finally:
        if process.poll() is None:
            gate.stop()


def _wait_for(file: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    give_up_at = time.monotonic() + START_S
    while time.monotonic() < give_up_at and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads(file.read_text())
            if found["pid"] == process.pid:
                return found
        time.sleep(0.02)
    raise AssertionError(f"the gate did not start; log:\n{log.read_text()}")
