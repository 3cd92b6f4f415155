"""A fake Anthropic API on a real port, honest about bytes, ids, headers and broken answers.

    with FakeAnthropic() as fake:
        fake.enqueue(says("Hi."), refuses(429, retry_after=1))
        fake.enqueue(says("never finished").but(cut=Point.INSIDE_TEXT, end=End.RESET))
        ...  # talk to fake.url
        [first, *_] = fake.calls

A reply in the queue answers the next model call of any kind but title; one queued for a kind waits
for a call of that kind. With nothing queued `respond` is asked, and then `kinds.usual`.
"""

import argparse
import asyncio
import contextlib
import ssl
import sys
import tempfile
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

from tests.fakes import certs
from tests.fakes.kinds import kind_of, refusal, usual
from tests.fakes.reply import Headers, Reply, fresh_id, says
from tests.fakes.wire import Connection, Seen

Script = Callable[[Seen], Reply | None]
NOT_A_CALL = {"count_tokens", "models", "probe", "unknown"}
ANY = "any"


def with_ids(reply: Reply, seen: Seen) -> Reply:
    """What the script left open, decided: the model asked for, fresh ids."""
    model = seen.json.get("model") if reply.raw is None and not reply.headless else None
    return replace(
        reply,
        model=reply.model or model,
        message_id=reply.message_id or fresh_id("msg"),
        request_id=fresh_id("req") if reply.request_id is None else reply.request_id,
    )


class FakeAnthropic:
    """Listens in a thread of its own while used as a context manager."""

    def __init__(
        self,
        port: int = 0,
        *,
        tls_hosts: tuple[str, ...] = (),
        headers: Headers = (),
        needs_key: bool = True,
    ) -> None:
        self.port = port
        self.tls_hosts = tls_hosts  # non-empty: HTTPS, the CA in `ca_file`
        self.headers = headers  # put on every answer, such as `plan_limits()`
        self.needs_key = needs_key
        self.seen: list[Seen] = []
        self.respond: Script = lambda seen: None
        self.heard: Callable[[Seen], object] = lambda seen: True  # a bad end waits for it
        self.queues: dict[str, deque[Reply]] = defaultdict(deque)
        self.connections: list[Connection] = []

    @property
    def url(self) -> str:
        scheme, host = ("https", self.tls_hosts[0]) if self.tls_hosts else ("http", "127.0.0.1")
        return f"{scheme}://{host}:{self.port}"

    @property
    def ca_file(self) -> Path:
        return Path(self.scratch.name) / "ca.pem"

    @property
    def calls(self) -> list[Seen]:
        """The requests that ask a model, oldest first: no probes, no counting."""
        return [seen for seen in self.seen if kind_of(seen) not in NOT_A_CALL]

    @property
    def kinds(self) -> list[str]:
        return [kind_of(seen) for seen in self.seen]

    def enqueue(self, *replies: Reply, kind: str = ANY) -> None:
        self.queues[kind].extend(replies)

    def wait_until(self, happened: Callable[[], object], timeout_s: float = 60.0) -> None:
        """Returns when `happened()` is true; raises TimeoutError after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while not happened():
            if time.monotonic() > deadline:
                raise TimeoutError(f"still not so after {timeout_s} s; seen: {self.kinds}")
            time.sleep(0.01)

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Nobody listens on the port, and open connections are reset."""
        self.run(self.close())
        try:
            yield
        finally:
            self.run(self.listen())

    def scripted(self, seen: Seen) -> Reply | None:
        kind = kind_of(seen)
        mine = self.queues[kind]
        if not mine and kind not in NOT_A_CALL | {"title"}:
            mine = self.queues[ANY]
        return mine.popleft() if mine else self.respond(seen)

    def answer(self, seen: Seen) -> Reply:
        wrong = refusal(seen, needs_key=self.needs_key)
        reply = wrong or self.scripted(seen) or usual(seen)
        return with_ids(reply.but(headers=self.headers + reply.headers), seen)

    def connection(self) -> Connection:
        number = len(self.connections) + 1
        told = Connection(number, self.answer, self.seen, lambda seen: self.heard(seen))
        self.connections.append(told)
        return told

    async def listen(self) -> None:
        self.server = await self.loop.create_server(
            self.connection, "127.0.0.1", self.port, ssl=self.tls
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self.server.close()
        for connection in self.connections:
            connection.stop()
        await asyncio.sleep(0)

    def run(self, step: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self.loop).result(timeout=60)

    def __enter__(self) -> Self:
        self.scratch = tempfile.TemporaryDirectory(prefix="fake-anthropic-")
        self.tls: ssl.SSLContext | None = None
        if self.tls_hosts:
            self.tls = certs.server_context(Path(self.scratch.name), *self.tls_hosts)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="fake", daemon=True)
        self.thread.start()
        self.run(self.listen())
        return self

    def __exit__(self, *raised: object) -> None:
        self.run(self.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=60)
        self.loop.close()
        self.scratch.cleanup()
        failures = [error for connection in self.connections for error in connection.failures]
        if failures and not any(raised):
            raise BaseExceptionGroup("the script of the fake failed", failures)


def main() -> None:
    parser = argparse.ArgumentParser(description="A fake Anthropic API on a loopback port.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--say", help="answer every model call with this text")
    parser.add_argument("--events-every", type=float, default=0.0, metavar="SECONDS")
    asked = parser.parse_args()
    with FakeAnthropic(asked.port) as fake:
        if asked.say:
            fake.respond = lambda seen: (
                says(asked.say, gap_s=asked.events_every) if kind_of(seen) == "main" else None
            )
        print(fake.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    sys.exit(0)


if __name__ == "__main__":
    main()
