"""Server-sent events, read from bytes cut anywhere.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import Iterator

BOM = b"\xef\xbb\xbf"
LARGEST_EVENT = 16 * 2**20


class SseReader:
    """Reads a stream of events; one with more than `largest_event` bytes is dropped whole.

    An event that the end of the stream cuts off is never told.
    """

    def __init__(self, largest_event: int = LARGEST_EVENT) -> None:
        self._largest = largest_event
        self._line = bytearray()
        self._line_bytes = 0
        self._ended_in_cr = False
        self._at_start = True
        self._event = "message"
        self._data: list[bytes] = []
        self._event_bytes = 0

    def feed(self, chunk: bytes) -> Iterator[tuple[str, bytes]]:
        """The events that `chunk` completes: name (`message` if unnamed) and data."""
        events: list[tuple[str, bytes]] = []
        for line in self._lines(chunk):
            if line:
                self._field(line)
            else:
                self._dispatch(events)
        return iter(events)

    def _lines(self, chunk: bytes) -> list[bytes]:
        if self._ended_in_cr and chunk.startswith(b"\n"):
            chunk, self._ended_in_cr = chunk[1:], False
        if not chunk:
            return []
        self._ended_in_cr = chunk.endswith(b"\r")
        lines = chunk.splitlines()
        rest = b"" if chunk.endswith((b"\n", b"\r")) else lines.pop()
        if lines:
            lines[0] = self._end_line(lines[0])
        self._keep(rest)
        return lines

    def _keep(self, piece: bytes) -> None:
        self._line_bytes += len(piece)
        if self._line_bytes > self._largest:
            self._line[:] = b":"
        else:
            self._line += piece

    def _end_line(self, piece: bytes) -> bytes:
        """The whole line, without a leading byte order mark; a comment if it is too long."""
        self._keep(piece)
        line = bytes(self._line)
        if self._at_start:
            line, self._at_start = line.removeprefix(BOM), False
        if self._line_bytes > self._largest:
            self._event_bytes = self._line_bytes
        self._line.clear()
        self._line_bytes = 0
        return line

    def _field(self, line: bytes) -> None:
        self._event_bytes += len(line)
        if self._event_bytes > self._largest:
            self._data.clear()
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._event = value.removeprefix(b" ").decode("utf-8", "replace") or "message"

    def _dispatch(self, events: list[tuple[str, bytes]]) -> None:
        if self._data:
            events.append((self._event, b"\n".join(self._data)))
        self._event, self._data, self._event_bytes = "message", [], 0
