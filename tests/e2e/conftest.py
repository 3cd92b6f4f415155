from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.client import Client
from tests.e2e.gate import Gate
from tests.e2e.install import NoClientError, client_binary
from tests.fakes.anthropic import FakeAnthropic


@pytest.fixture(scope="session")
def claude_binary() -> Path:
    try:
        return client_binary()
    except NoClientError as why:
        pytest.skip(str(why))


@pytest.fixture
def client(claude_binary: Path, tmp_path: Path) -> Client:
    return Client(claude_binary, tmp_path)


@pytest.fixture
def fake() -> Iterator[FakeAnthropic]:
    with FakeAnthropic() as fake:
        yield fake


@pytest.fixture
def gate(fake: FakeAnthropic, tmp_path: Path) -> Iterator[Gate]:
    """`faregate up` on an empty data folder, its upstream the fake."""
    with Gate(tmp_path / "data", fake.url) as gate:
        yield gate
