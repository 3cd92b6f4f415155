"""Requests of a real client, cut short, one file per kind of call."""

from pathlib import Path
from typing import Any

import orjson

from router.kinds import Headers

FOLDER = Path(__file__).parents[1] / "fixtures" / "requests"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))

JSON_HEADERS: Headers = [(b"Content-Type", b"application/json")]
CLAUDE_CODE: Headers = [(b"User-Agent", b"claude-cli/2.1.197 (external, cli)")]


def recorded(name: str) -> tuple[str, str, Headers, Any]:
    """Method, path, headers and parsed body of one recorded request."""
    request = orjson.loads((FOLDER / f"{name}.json").read_bytes())
    headers = [(key.encode(), value.encode()) for key, value in request["headers"]]
    return request["method"], request["path"], headers, request["body"]


def bytes_of(body: Any) -> bytes:
    return b"" if body is None else orjson.dumps(body)
