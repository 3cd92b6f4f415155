"""`gate.json` in the data folder: where the running gate listens."""

import json
import os
from pathlib import Path
from typing import Any

from collector.files import replace


def write_gate(folder: Path, listening: dict[str, str], upstream: str, ca_file: str) -> None:
    """Written whole or not at all: readers never see half of it."""
    gate = {"pid": os.getpid(), **listening, "upstream": upstream, "ca_file": ca_file}
    replace(folder / "gate.json", json.dumps(gate).encode())


def forget_gate(folder: Path) -> None:
    running = read_gate(folder)
    if running and running["pid"] == os.getpid():
        (folder / "gate.json").unlink(missing_ok=True)


def read_gate(folder: Path) -> dict[str, Any] | None:
    """What `gate.json` says, or None when no living gate stands behind it."""
    try:
        gate: dict[str, Any] = json.loads((folder / "gate.json").read_text())
        os.kill(gate["pid"], 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return gate
