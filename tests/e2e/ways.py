"""The two ways from the client to Anthropic, each without the gate and with it."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tests.e2e.client import Client, Outcome, base_url, intercepted
from tests.e2e.gate import Gate
from tests.e2e.scenarios import Scenario
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.tunnel import Tunnel
from tests.fakes.wire import Seen

SESSION = "0b5f4c1e-7d7a-4f6e-9a55-3c1d2e4f5a6b"  # given to every run: twins must not differ in it
Settings = dict[str, str]


class Way(StrEnum):
    BASE_URL = "base URL"
    INTERCEPTED = "intercepted"


@dataclass(frozen=True, slots=True)
class Played:
    """One run of a scenario: what the user saw, and what Anthropic saw."""

    outcome: Outcome
    calls: list[Seen]

    @property
    def said(self) -> str:
        """The client's last words; where it names its gateway, any gateway."""
        return re.sub(r"127\.0\.0\.1:\d+", "GATEWAY", self.outcome.text)


@contextlib.contextmanager
def without_gate(way: Way) -> Iterator[tuple[FakeAnthropic, Settings]]:
    if way is Way.BASE_URL:
        with FakeAnthropic() as fake:
            yield fake, base_url(fake.url)
        return
    with FakeAnthropic(tls_hosts=("api.anthropic.com",)) as fake, Tunnel(fake.port) as tunnel:
        yield fake, intercepted(tunnel.url, str(fake.ca_file))


def through(way: Way, gate: Gate) -> Settings:
    if way is Way.BASE_URL:
        return base_url(gate.where["url"])
    return intercepted(gate.where["intercept_url"], gate.where["ca_file"])


def play(scenario: Scenario, client: Client, fake: FakeAnthropic, settings: Settings) -> Played:
    client.forget_sessions()
    scenario.script(fake)
    fake.heard = client.has_heard
    told = ("--session-id", SESSION, *scenario.options)
    return Played(client.ask(scenario.prompt, *told, settings=settings), fake.calls)
