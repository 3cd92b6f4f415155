"""The real Claude Code client, in a home of its own and an environment that reaches only us."""

import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes import sse
from tests.fakes.wire import Seen

KEY = "sk-ant-dummy-00000000000000000000"
NOWHERE = "http://127.0.0.1:9"  # the discard port: what is not meant for us goes nowhere
BRANCH = "feature/fares"
ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78])"
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What `claude -p` left: its exit code and every line of its event stream."""

    exit_code: int
    events: list[Row]
    stderr: str

    @property
    def result(self) -> Row:
        return self.events[-1]

    @property
    def text(self) -> str:
        return str(self.result["result"])

    @property
    def session_id(self) -> str:
        return str(self.result["session_id"])

    @property
    def retries(self) -> list[int]:
        """The status of each answer that made the client try again."""
        return [e["error_status"] for e in self.events if e.get("subtype") == "api_retry"]


def base_url(url: str) -> dict[str, str]:
    """The client's settings to talk to `url`; anything else it may try is stopped at once."""
    return {"ANTHROPIC_BASE_URL": url, "HTTPS_PROXY": NOWHERE, "NO_PROXY": "127.0.0.1,localhost"}


def intercepted(proxy_url: str, ca_file: str) -> dict[str, str]:
    """The client's settings to talk to api.anthropic.com through a proxy."""
    return {"HTTPS_PROXY": proxy_url, "NODE_EXTRA_CA_CERTS": ca_file}


class Client:
    """Claude Code on a fresh git work tree in a fresh home; each run may talk to another place."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary, self.home, self.work = binary, folder / "home", folder / "work"
        self.said = folder / "said.jsonl"  # by `ask`, event by event
        self.home.mkdir()
        self.work.mkdir()
        settled = {
            "hasCompletedOnboarding": True,
            "theme": "dark",
            "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
            "projects": {str(self.work): {"hasTrustDialogAccepted": True}},
        }
        (self.home / ".claude.json").write_text(json.dumps(settled))
        self.git("init", "--quiet", "--initial-branch", BRANCH)
        self.git("commit", "--quiet", "--allow-empty", "--message", "Begin")

    def git(self, *command: str) -> None:
        who = ("-c", "user.name=Dev", "-c", "user.email=dev@example.com")
        subprocess.run(["git", *who, *command], cwd=self.work, env=self.environment({}), check=True)

    def environment(self, settings: dict[str, str]) -> dict[str, str]:
        """All that the client is told; nothing is taken over from whoever runs the tests."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "SHELL": "/bin/bash",
            "TERM": "xterm-256color",
            "ANTHROPIC_API_KEY": KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": "2",
            "DISABLE_AUTOUPDATER": "1",
        } | settings

    def ask(self, prompt: str, *options: str, settings: dict[str, str]) -> Outcome:
        """One `claude -p`, to its end."""
        streamed = ("--output-format", "stream-json", "--include-partial-messages", "--verbose")
        with self.said.open("w") as said:
            ran = subprocess.run(
                [self.binary, "--print", prompt, *streamed, *options],
                cwd=self.work,
                env=self.environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.PIPE,
                text=True,
                timeout=240,
            )
        events = self.said_so_far()
        assert events, f"the client said nothing: {self.said.read_text()[-500:]}{ran.stderr[-500:]}"
        return Outcome(exit_code=ran.returncode, events=events, stderr=ran.stderr)

    def said_so_far(self) -> list[Row]:
        lines = self.said.read_text().splitlines(keepends=True)
        return [json.loads(one) for one in lines if one.startswith("{") and one.endswith("\n")]

    def has_heard(self, seen: Seen) -> bool:
        """Whether the client has worked off the last event of the answer.

        What it has read but not yet looked at is lost to it when the connection ends badly.
        """
        assert seen.reply
        _, told = sse.stream(seen.reply)[-1].split(b"data: ")
        return any(row.get("event") == json.loads(told) for row in self.said_so_far())

    @contextlib.contextmanager
    def terminal(self, *options: str, settings: dict[str, str]) -> Iterator["Terminal"]:
        """An interactive session under a pseudo-terminal, ended with the block."""
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, 120))
        running = subprocess.Popen(
            [self.binary, *options],
            cwd=self.work,
            env=self.environment(settings),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        terminal = Terminal(ours, running)
        try:
            yield terminal
        finally:
            terminal.leave()

    def forget_sessions(self) -> None:
        """So that a session id can be used again, and a second run is the first one's twin."""
        shutil.rmtree(self.projects, ignore_errors=True)

    @property
    def projects(self) -> Path:
        return self.home / ".claude" / "projects"

    def transcript_rows(self) -> list[Row]:
        """Every row of every transcript, subagents' included."""
        files = sorted(self.projects.glob("**/*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def request_ids(self) -> set[str]:
        """Those that transcripts name; an id ties a row to the answer it came from."""
        return {row["requestId"] for row in self.transcript_rows() if row.get("requestId")}


class Terminal:
    """The screen and keyboard of an interactive session."""

    def __init__(self, fd: int, running: subprocess.Popen[bytes]) -> None:
        self.fd, self.running = fd, running
        self.shown = ""

    def read(self, wait_s: float) -> None:
        ready, _, _ = select.select([self.fd], [], [], wait_s)
        if ready:
            with contextlib.suppress(OSError):  # Linux: EIO once the other end is closed
                self.shown += ESCAPES.sub("", os.read(self.fd, 65536).decode(errors="replace"))

    def wait_until(self, happened: Callable[[], object], timeout_s: float = 60.0) -> None:
        """Keeps reading the screen until `happened()` is true."""
        deadline = time.monotonic() + timeout_s
        while not happened():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not so after {timeout_s} s; screen: {self.shown[-2000:]}")
            self.read(0.05)

    def wait_for(self, words: str) -> None:
        """Until these words are shown, blanks aside: the client moves the cursor instead."""
        wanted = words.replace(" ", "")
        self.wait_until(lambda: wanted in re.sub(r"\s", "", self.shown))

    def type(self, words: str) -> None:
        """Type on a screen taken for empty, and press Enter once the words are shown."""
        self.shown = ""
        os.write(self.fd, words.encode())
        self.wait_for(words)
        os.write(self.fd, b"\r")

    def press_escape(self) -> None:
        os.write(self.fd, b"\x1b")

    def leave(self) -> int:
        """End the session as a closed window would; its exit code."""
        if self.running.poll() is None:
            os.killpg(self.running.pid, signal.SIGHUP)
        try:
            code = self.running.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(self.running.pid, signal.SIGKILL)
            code = self.running.wait()
        with contextlib.suppress(OSError):
            os.close(self.fd)
        return code
