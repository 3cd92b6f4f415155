from pathlib import Path

import pytest

from tests.e2e.client import Client
from tests.e2e.install import NoClientError, client_binary


@pytest.fixture(scope="session")
def claude_binary() -> Path:
    try:
        return client_binary()
    except NoClientError as why:
        pytest.skip(str(why))


@pytest.fixture
def client(claude_binary: Path, tmp_path: Path) -> Client:
    return Client(claude_binary, tmp_path)
