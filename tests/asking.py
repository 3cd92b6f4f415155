"""Requests as Claude Code sends them, over plain sockets where every byte matters."""

import json
import socket
from typing import Any

import httpx

MODEL = "claude-opus-4-8"
SESSION = "11dfa777-f5e4-42c5-a4ac-157c86881612"
PATH = "/v1/messages?beta=true"
HEADERS = [
    ("Accept", "application/json"),
    ("Content-Type", "application/json"),
    ("User-Agent", "claude-cli/2.1.197 (external, cli)"),
    ("X-Claude-Code-Session-Id", SESSION),
    ("X-Stainless-Retry-Count", "0"),
    ("anthropic-beta", "claude-code-20250219,interleaved-thinking-2025-05-14"),
    ("anthropic-version", "2023-06-01"),
    ("x-api-key", "sk-ant-test-0000"),
    ("x-app", "cli"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
]


def body_of(text: str = "hello", **fields: Any) -> bytes:
    asked: dict[str, Any] = {
        "model": MODEL,
        "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}],
        "max_tokens": 64000,
        "stream": True,
        **fields,
    }
    return json.dumps({name: value for name, value in asked.items() if value is not None}).encode()


def ask(url: str, body: bytes | None = None, path: str = PATH, **headers: str) -> httpx.Response:
    """One call, its answer read to the end; headers given here replace or add (`_` is `-`)."""
    given = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    sent = [pair for pair in HEADERS if pair[0].lower() not in given] + list(given.items())
    content = body_of() if body is None else body
    return httpx.post(url + path, content=content, headers=sent, timeout=60, trust_env=False)


def raw_request(host: str, body: bytes, path: str = PATH) -> bytes:
    """The request as it stands on the wire, header case and order as the client's."""
    lines = [f"POST {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in HEADERS]
    lines += ["Connection: keep-alive", f"Host: {host}", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def open_call(port: int, body: bytes | None = None, path: str = PATH) -> socket.socket:
    """A connection on which one call has been sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(raw_request(f"127.0.0.1:{port}", body or body_of(), path))
    return connection


def read_all(connection: socket.socket) -> tuple[bytes, bool]:
    """All bytes until the peer is done, and whether it broke off by a reset."""
    received = b""
    while True:
        try:
            chunk = connection.recv(65536)
        except ConnectionResetError:
            return received, True
        if not chunk:
            return received, False
        received += chunk


def read_until(connection: socket.socket, mark: bytes) -> bytes:
    """What arrives until `mark` is in it.

    Raises:
        AssertionError: the peer ended first.
    """
    received = b""
    while mark not in received:
        chunk = connection.recv(65536)
        assert chunk, f"ended after {received!r}"
        received += chunk
    return received
