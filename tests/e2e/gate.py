"""The real gate: `faregate up` as a user starts it, and its ledger as a user reads it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from tests.running import free_port

FAREGATE = Path(sys.executable).parent / "faregate"
START_S = 90.0
ROWS_S = 60.0
COLUMNS = (
    "call_id, session_id, agent_id, kind, asked_model, answered_model, result, status, attempts,"
    " request_id, message_id, input_tokens, cache_write_5m_tokens, cache_write_1h_tokens,"
    " cache_read_tokens, output_tokens"
)

Row = dict[str, Any]


class Gate:
    """A gate on a data folder of its own, up while used as a context manager."""

    def __init__(self, data: Path, upstream: str) -> None:
        self.data, self.upstream = data, upstream
        self.log = data.with_name(data.name + ".log")
        self.where: dict[str, Any] = {}

    @property
    def environment(self) -> dict[str, str]:
        """No keys, no proxies: what this machine's user has set is none of the gate's business."""
        keep = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return keep | {"HOME": str(self.data), "FAREGATE_DATA": str(self.data)}

    def start(self) -> None:
        ports = ("--port", str(free_port()), "--intercept-port", str(free_port()))
        rest = ("--upstream", self.upstream, "--no-dashboard", "--no-import")
        command = [FAREGATE, "up", *ports, *rest]
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.where = self.written()

    def written(self) -> dict[str, Any]:
        """`gate.json`, once the gate has written it."""
        deadline = time.monotonic() + START_S
        while not (self.data / "gate.json").exists():
            if self.running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the gate did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)
        where: dict[str, Any] = json.loads((self.data / "gate.json").read_text())
        return where

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.running.send_signal(signal.SIGTERM)
        try:
            return self.running.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(self.running.pid, signal.SIGKILL)
            return self.running.wait()

    def sql(self, query: str) -> list[Row]:
        command = [FAREGATE, "sql", query, "--format", "json"]
        asked = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60
        )
        assert asked.returncode == 0, asked.stderr
        rows: list[Row] = json.loads(asked.stdout)
        return rows

    def calls(self, count: int) -> list[Row]:
        """The rows of all calls, oldest first; waits a while for `count` that have ended."""
        deadline = time.monotonic() + ROWS_S
        while True:
            rows = self.sql(f"select {COLUMNS} from calls order by asked_at")
            if (
                sum(row["result"] is not None for row in rows) >= count
                or time.monotonic() > deadline
            ):
                return rows
            time.sleep(0.5)

    def __enter__(self) -> Self:
        self.data.mkdir(exist_ok=True)
        self.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()
