"""One exchange, in this process, between a client that listens and fakes that answer."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from collector.files import DEFAULTS
from router import exchange
from router.answering import Message
from router.call import Attempt, Call, Facts
from router.complexity import weights_of
from router.decision import State
from router.exchange import Exchange
from router.facts import parsed
from router.policy_check import load
from router.providers import Account
from router.sending import Asked, Sender
from router.upstream import Upstream, open_client
from router.wire.chat_thoughts import Thoughts
from router.world import Plan, World, planned
from tests.asking import HEADERS, body_of
from tests.collector.routed import LOGIN, policy_for
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.chat import FakeChat
from tests.router.deciding import NOW

WEIGHTS = weights_of((DEFAULTS / "complexity.toml").read_text())
TASK = "please refactor the storage layer and its tests"


@dataclass(slots=True)
class Ledger:
    """A recorder that keeps what it is told."""

    keeps_bodies: bool = False
    calls: list[Call] = field(default_factory=list)

    def started(self, call: Call) -> None: ...
    def body(self, call: Call, asked: bytes, answered: bytes) -> None: ...
    def ended(self, call: Call) -> None:
        self.calls.append(call)


class Planning:
    """The routing of one policy, in a world of its own."""

    def __init__(self, policy: str, upstream: str) -> None:
        keys = {"ANTHROPIC_API_KEY": "sk-ant-own", "OPENROUTER_API_KEY": "sk-or-own"}
        self.sender = Sender(anthropic=Upstream.parse(upstream), keys=keys)
        self.rules = load(policy)
        self.world = World(WEIGHTS)

    @property
    def thoughts(self) -> Thoughts:
        return self.world.thoughts

    async def planned(self, asked: Asked, facts: Facts, account: Account) -> Plan | None:
        weighed = self.world.weighed(facts, asked.parsed)
        now = State(now=NOW, login=account.bill, keys=frozenset(self.sender.keys))
        state = self.world.state(self.rules.policy, facts, now)
        return planned(self.rules, "v", weighed, state)

    def began(self, call_id: str, plan: Plan) -> None: ...
    def heard(self, attempt: Attempt) -> None: ...
    def ended(self, call_id: str, plan: Plan, attempts: tuple[Attempt, ...]) -> None: ...
    def remember(self, thoughts: Thoughts) -> None:
        self.world.thoughts = thoughts


@dataclass(slots=True)
class Behind:
    anthropic: FakeAnthropic
    local: FakeAnthropic
    chat: FakeChat


@dataclass(slots=True)
class Heard:
    """What a client got: the head, the pieces, and whether the answer was ended."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    is_ended: bool = False
    calls: list[Call] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def attempts(self) -> list[tuple[str, str]]:
        return [(attempt.target, str(attempt.result)) for attempt in self.calls[0].attempts]


@pytest.fixture(scope="module")
def servers() -> Iterator[Behind]:
    with FakeAnthropic() as anthropic, FakeAnthropic(needs_key=False) as local, FakeChat() as chat:
        yield Behind(anthropic, local, chat)


@pytest.fixture
def behind(servers: Behind) -> Behind:
    for server in (servers.anthropic, servers.local, servers.chat):
        server.seen.clear()
        server.queues.clear()
    return servers


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that would give up on less than a second of silence."""
    monkeypatch.setattr(exchange, "FIRST_SIGN_S", 0.3)
    monkeypatch.setattr(exchange, "NEXT_SIGN_S", 0.3)


def relayed(behind: Behind, *default: str, more: str = "", body: bytes | None = None) -> Heard:
    policy = policy_for(behind, *default, more=more)
    return asyncio.run(_relayed(behind, policy, body or body_of(TASK)))


async def _relayed(behind: Behind, policy: str, body: bytes) -> Heard:
    heard, ledger = Heard(), Ledger()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            heard.status = message["status"]
            pairs: Any = message["headers"]
            heard.headers = {name.decode().lower(): value.decode() for name, value in pairs}
        else:
            heard.pieces.append(message["body"])
            heard.is_ended = not message["more_body"]

    headers = [(n.encode(), v.encode()) for n, v in HEADERS if n.lower() != "x-api-key"]
    headers.append((b"authorization", LOGIN.encode()))
    asked = Asked("POST", b"/v1/messages", headers, body, "base_url", parsed(body))
    async with open_client() as client:
        routing = Planning(policy, behind.anthropic.url)
        await Exchange(asked, client, ledger, routing).relay(send)
    heard.calls = ledger.calls
    return heard
