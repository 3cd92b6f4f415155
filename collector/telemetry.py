"""Takes Claude Code's own telemetry (OTLP over HTTP, in JSON) and keeps what it tells of calls.

Of logs, only what `router.otlp` takes is kept. Metrics and traces are accepted and
dropped: tokens and cost there are the same requests summed up, and would count twice.
"""

import hmac
import zlib
from dataclasses import asdict

import orjson

from collector.journal import Journal
from router.answering import Message, Send, answer
from router.facts import project_of
from router.gateway import SECRET, Receive
from router.otlp import told_in

MOST_BYTES = 4 << 20
MOST_UNPACKED_BYTES = 32 << 20
GZIP = 16 + zlib.MAX_WBITS
JSON = [(b"content-type", b"application/json")]


class RefusedError(Exception):
    """Why a request is not taken, and the status that says so."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Telemetry:
    """An ASGI app on the gate's private port, for the paths of `router.paths.is_telemetry`."""

    def __init__(self, journal: Journal, secret: str) -> None:
        self._journal = journal
        self._secret = secret.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        try:
            if not hmac.compare_digest(headers.get(SECRET, b""), self._secret):
                raise RefusedError(403, "this port is private to faregate")
            _check_type(headers)
            body = await _body(receive)
            if body is None:
                return
            self._take(scope["path"], _unpacked(body, headers))
        except RefusedError as refused:
            said = orjson.dumps({"message": f"faregate: {refused}"})
            await answer(send, refused.status, said, JSON)
        else:
            await answer(send, 200, b"{}", JSON)

    def _take(self, path: str, body: bytes) -> None:
        try:
            payload = orjson.loads(body or b"{}")
            told = told_in(payload) if path.endswith("/v1/logs") else []
        except ValueError as error:  # orjson's is one too
            raise RefusedError(400, f"this is no OTLP in JSON: {error}") from error
        if not isinstance(payload, dict):
            raise RefusedError(400, "this is no OTLP in JSON: the body is no object")
        for one in told:
            self._journal.append({"row": "telemetry", "project": project_of(path), **asdict(one)})


def _check_type(headers: dict[bytes, bytes]) -> None:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise RefusedError(415, "only JSON is taken; set OTEL_EXPORTER_OTLP_PROTOCOL=http/json")
    if headers.get(b"content-encoding", b"identity").lower() not in (b"gzip", b"identity"):
        raise RefusedError(415, "only gzip is unpacked; unset OTEL_EXPORTER_OTLP_COMPRESSION")


async def _body(receive: Receive) -> bytes | None:
    """The body, or None when the client left before its end."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise RefusedError(413, f"more than {MOST_BYTES >> 20} MB at once; export more often")
        if not message.get("more_body", False):
            return b"".join(parts)


def _unpacked(body: bytes, headers: dict[bytes, bytes]) -> bytes:
    if headers.get(b"content-encoding", b"").lower() != b"gzip":
        return body
    unpacking = zlib.decompressobj(GZIP)
    try:
        unpacked = unpacking.decompress(body, MOST_UNPACKED_BYTES)
    except zlib.error as error:
        raise RefusedError(400, "the body is no gzip") from error
    if unpacking.unconsumed_tail:
        raise RefusedError(413, f"more than {MOST_UNPACKED_BYTES >> 20} MB unpacked")
    if not unpacking.eof:
        raise RefusedError(400, "the body is no whole gzip")
    return unpacked
