from pathlib import Path

import pytest

from collector import ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger without a call."""
    file = tmp_path / "ledger.duckdb"
    ledger.migrate(file)
    return file
