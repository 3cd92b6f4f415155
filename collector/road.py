"""Everything behind the door of one gate: gateway, journal, and the ledger's loader."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import uvicorn

from collector.classifying import Classifier
from collector.files import journal_folder
from collector.journal import Journal
from collector.live_policy import LivePolicy
from collector.probes import Probes
from collector.recorder import Recorder
from collector.routing import GateRouting
from collector.telemetry import Telemetry
from router.answering import Message, Send
from router.gateway import Gateway, Receive
from router.paths import is_telemetry
from router.upstream import Upstream, open_client

RESTART_LOADER_S = 2.0

logger = logging.getLogger(__name__)


class Road:
    """Opened when the proxy runs, closed when it stops; `port` and `secret` let the door in."""

    def __init__(self, upstream: Upstream, folder: Path) -> None:
        self.upstream = upstream
        self.folder = folder
        self.secret = secrets.token_hex(16)
        self.port = 0
        self.policy = LivePolicy(folder)
        self.journal = Journal(journal_folder(folder))
        self.recorder = Recorder(self.journal, folder / "bodies", self._keeps_bodies)
        self.routing = GateRouting(folder, upstream, self.policy, self.journal)
        self._probes: Probes | None = None
        self._client: httpx.AsyncClient | None = None
        self._server: uvicorn.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._loader: asyncio.subprocess.Process | None = None

    def _keeps_bodies(self) -> bool:
        return self.policy.now.store_bodies

    async def open(self, give_up: Callable[[], None]) -> None:
        """Start to listen; `give_up` is called should the gateway ever end by itself."""
        listening = _loopback_socket()
        self.port = listening.getsockname()[1]
        self._client = open_client()
        self._telemetry = Telemetry(self.journal, self.secret)
        self.gateway = Gateway(self.routing, self._client, self.recorder, self.secret)
        self.routing.classifier = Classifier(self._client, self.recorder)
        self._probes = Probes(self._client, self.routing.probed, os.environ)
        self._probes.start(self.routing.met)
        self._server = _Server(_server_config(self._answer))
        self._tasks = [
            asyncio.create_task(self._server.serve(sockets=[listening]), name="gateway"),
            asyncio.create_task(self._keep_loading(), name="loader"),
            asyncio.create_task(self.routing.keep_saving(), name="sessions"),
        ]
        self._tasks[0].add_done_callback(lambda _: give_up())

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        is_told = scope["type"] == "http" and is_telemetry(scope["method"], scope["path"])
        await (self._telemetry if is_told else self.gateway)(scope, receive, send)

    async def close(self) -> None:
        if self._server:
            self._server.should_exit = True
        for task in self._tasks[1:]:
            task.cancel()
        if self._probes:
            self._probes.stop()
        await asyncio.wait(self._tasks, timeout=5)
        await self.routing.save()
        if self._client:
            await self._client.aclose()
        self.journal.close()
        if self._loader and self._loader.returncode is None:
            await self._drain_and_end(self._loader)

    async def _keep_loading(self) -> None:
        """Run the loader in a process of its own: SQL never shares the proxy's interpreter."""
        while True:
            command = [sys.executable, "-m", "collector.loader", str(self.folder), str(os.getpid())]
            self._loader = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE
            )
            code = await self._loader.wait()
            logger.warning("the loader ended (%s); it is started again", code)
            await asyncio.sleep(RESTART_LOADER_S)

    async def _drain_and_end(self, loader: asyncio.subprocess.Process) -> None:
        """The loader reads what is left once its standard input has closed, then ends."""
        if loader.stdin:
            loader.stdin.close()
        try:
            await asyncio.wait_for(loader.wait(), timeout=10)
        except TimeoutError:
            loader.terminate()


def _loopback_socket() -> socket.socket:
    """TCP by name: asyncio turns Nagle's delay off only where the protocol is spelt out."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(512)
    return listening


class _Server(uvicorn.Server):
    """Signals belong to the proxy around it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server_config(app: Callable[[Message, Receive, Send], Awaitable[None]]) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    return uvicorn.Config(
        app,
        interface="asgi3",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=3600,
        timeout_graceful_shutdown=3,
    )


def _is_news(record: logging.LogRecord) -> bool:
    """An answer left without an end is how a cut is passed on, not an error of the server."""
    return (
        "without completing response" not in record.getMessage() and record.levelno > logging.INFO
    )
