"""Fixtures that many stories share: a provider to ask, and a gate before it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.anthropic import FakeAnthropic
from tests.running import RunningGate, running_gate


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeAnthropic]:
    with FakeAnthropic() as server:
        yield server


@pytest.fixture(scope="module")
def shared_gate(
    provider: FakeAnthropic, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGate]:
    folder: Path = tmp_path_factory.mktemp("gate")
    with running_gate(provider.url, folder) as running:
        yield running


@pytest.fixture
def fake(provider: FakeAnthropic) -> FakeAnthropic:
    """The module's provider, with nothing seen and nothing scripted."""
    provider.seen.clear()
    provider.queues.clear()
    provider.headers = ()
    return provider


@pytest.fixture
def gate(shared_gate: RunningGate, fake: FakeAnthropic) -> RunningGate:
    """The module's gate, whose `calls()` begin with this test."""
    shared_gate.since = datetime.now(UTC).replace(tzinfo=None)
    return shared_gate
