"""What an answer says while it passes: status, limits, usage, and whether it ended well."""

from collections.abc import Mapping
from dataclasses import replace

from router.call import Metered, Result
from router.providers import RawHeaders
from router.windows import limits_of, result_of
from router.wire.messages import Decoder, StreamMeter, error_of, masked, metered_of_json

MOST_JSON_BYTES = 32 << 20


class Tee:
    """Reads a copy of the answer; the bytes on the road are not its business.

    `has_ended` turns true with the last byte that matters: the end of the message in a
    stream, the last byte of a body of known length.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.limits: Mapping[str, str] = {}
        self.has_ended = False
        self._encoding: str | None = None
        self._decoder = Decoder(None)
        self._stream: StreamMeter | None = None
        self._body = bytearray()
        self._left: int | None = None
        self._failure: Metered | None = None

    def begin(self, status: int, headers: RawHeaders) -> None:
        named = {name.lower(): value.decode("latin-1") for name, value in headers}
        self.status = status
        self.limits = limits_of(headers)
        self._encoding = named.get(b"content-encoding")
        self._decoder = Decoder(self._encoding)
        if b"content-length" in named:
            self._left = int(named[b"content-length"])
        if status == 200 and "event-stream" in named.get(b"content-type", ""):
            self._stream = StreamMeter()

    @property
    def is_stream(self) -> bool:
        return self._stream is not None

    @property
    def has_content(self) -> bool:
        """Whether the first content of a stream, or the whole of any other answer, has passed."""
        return self._stream.first_content_seen if self._stream else self.has_ended

    def feed(self, chunk: bytes) -> None:
        if self._left is not None:
            self._left -= len(chunk)
            self.has_ended = self._left <= 0
        decoded = self._decoder.feed(chunk)
        if self._stream:
            self._stream.feed(decoded)
            self.has_ended = self.has_ended or self._stream.has_stopped
        elif len(self._body) < MOST_JSON_BYTES:
            self._body += decoded

    def fail(self, kind: str, message: str) -> None:
        """No answer came: why not."""
        self._failure = Metered(error_type=kind, error=masked(message)[:300])

    def metered(self) -> Metered:
        if self._failure:
            return self._failure
        if self._stream:
            return self._stream.metered()
        if self.status is None or not self._body:
            return Metered(complete=self._left in (0, None))
        if 200 <= self.status < 300:
            return metered_of_json(bytes(self._body))
        kind, message = error_of(self.status, bytes(self._body))
        return replace(metered_of_json(bytes(self._body)), error_type=kind, error=message)

    def result_as(self, metered: Metered) -> Result:
        """How it ended, by what was read of it. No status means no answer came."""
        return result_of(self.status, self.limits, self._failure or metered)

    def decoded(self, answered: bytes) -> bytes:
        """The whole answer without its content coding."""
        return Decoder(self._encoding).feed(answered) or answered
