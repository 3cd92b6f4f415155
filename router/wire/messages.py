"""The meter: what an answer of the Messages API says about itself, streamed or whole.

Source: https://docs.claude.com/en/docs/build-with-claude/streaming
"""

from decimal import Decimal
from typing import Any

import orjson

from router.call import Iteration, Metered, Usage
from router.wire.decoding import Decoder
from router.wire.errors import error_in, error_of, masked, told
from router.wire.sse import SseReader
from router.wire.untrusted import count, rows, table, word

__all__ = ["Decoder", "StreamMeter", "error_of", "masked", "metered_of_json", "usage_of"]

NAMED = {
    name.encode(): name
    for name in (
        "message_start",
        "content_block_start",
        "content_block_delta",
        "message_delta",
        "message_stop",
        "error",
    )
}
UNNAMED_HEAD = 80


class StreamMeter:
    """Meters a decoded event stream as it passes; `metered()` may be asked at any time.

    `first_content_seen` turns true with the first content block, `has_stopped` with
    `message_stop`.
    """

    def __init__(self) -> None:
        self.first_content_seen = False
        self.has_stopped = False
        self._reader = SseReader()
        self._message: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._error: tuple[str | None, str | None] = (None, None)
        self._tool_calls = 0

    def feed(self, decoded: bytes) -> None:
        for event, data in self._reader.feed(decoded):
            self._take(_name_in(data) if event == "message" else event, data)

    def metered(self) -> Metered:
        """What was said so far; `complete` only after the end of the message."""
        stopped = self.has_stopped or self._message.get("stop_reason") is not None
        message = {**self._message, "usage": self._usage}
        return _metered(message, self._tool_calls, self._error, complete=stopped)

    def _take(self, event: str, data: bytes) -> None:
        if event == "content_block_delta":
            self.first_content_seen = True
        elif event == "content_block_start":
            self.first_content_seen = True
            self._tool_calls += b'"tool_use"' in data and _opens_tool(data)
        elif event == "message_stop":
            self.has_stopped = True
        elif event in ("message_start", "message_delta", "error"):
            self._read(event, _object(data))

    def _read(self, event: str, said: dict[str, Any]) -> None:
        if event == "message_start":
            self._message |= _known(table(said.get("message")))
            merge_usage(self._usage, table(table(said.get("message")).get("usage")))
        elif event == "message_delta":
            self._message |= _known(table(said.get("delta")))
            merge_usage(self._usage, table(said.get("usage")))
        else:
            self._error = _told_error(said)


def metered_of_json(body: bytes) -> Metered:
    """The meter of an answer that is not streamed; `complete` if it parsed to the end."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Metered()
    message = table(answer)
    calls = sum(table(block).get("type") == "tool_use" for block in rows(message.get("content")))
    is_error = message.get("type") == "error" or message.get("error")
    error = _told_error(message) if is_error else (None, None)
    return _metered(message, calls, error, complete=isinstance(answer, dict))


def merge_usage(usage: dict[str, Any], newer: dict[str, Any]) -> None:
    """Lay newer usage over older, field by field; zero, null and empty never replace."""
    for name, value in newer.items():
        if isinstance(value, dict):
            inner = usage[name] = dict(table(usage.get(name)))
            merge_usage(inner, value)
        elif value or name not in usage:
            usage[name] = value


def usage_of(said: dict[str, Any]) -> Usage | None:
    """The billable tokens of a `usage` object; None when it counts nothing at all.

    Cache writes without a split by time to live count as written for 5 minutes.
    """
    usage = _usage_split(said, _split_of(said))
    return usage if usage != Usage() else None


def _usage_split(said: dict[str, Any], split: tuple[int, int]) -> Usage:
    five_minutes, hour = split
    return Usage(
        input_tokens=_tokens(said, "input_tokens"),
        cache_write_5m_tokens=five_minutes,
        cache_write_1h_tokens=hour,
        cache_read_tokens=_tokens(said, "cache_read_input_tokens"),
        output_tokens=_tokens(said, "output_tokens"),
        web_searches=_tokens(table(said.get("server_tool_use")), "web_search_requests"),
    )


def _split_of(said: dict[str, Any]) -> tuple[int, int]:
    """Cache writes for 5 minutes and for an hour; what the split leaves over is for 5 minutes."""
    split = table(said.get("cache_creation"))
    hour = _tokens(split, "ephemeral_1h_input_tokens")
    five_minutes = _tokens(split, "ephemeral_5m_input_tokens")
    written = _tokens(said, "cache_creation_input_tokens")
    return max(five_minutes, written - hour), hour


def iterations_of(said: dict[str, Any]) -> tuple[Iteration, ...]:
    """The model runs a `usage` object breaks down into.

    A run's unsplit cache writes are for an hour if all of the answer's are.
    """
    whole_five, whole_hour = _split_of(said)
    runs = []
    for run in rows(said.get("iterations")):
        if isinstance(run, dict):
            five_minutes, hour = _split_of(run)
            if whole_hour and not whole_five:
                five_minutes, hour = 0, five_minutes + hour
            usage = _usage_split(run, (five_minutes, hour))
            runs.append(Iteration(usage=usage, model=word(run.get("model"))))
    return tuple(runs)


def _metered(
    message: dict[str, Any],
    tool_calls: int,
    error: tuple[str | None, str | None],
    *,
    complete: bool,
) -> Metered:
    usage = table(message.get("usage"))
    return Metered(
        usage=usage_of(usage),
        iterations=iterations_of(usage),
        model=word(message.get("model")),
        message_id=word(message.get("id")),
        stop_reason=word(message.get("stop_reason")),
        speed=word(usage.get("speed")),
        geo=word(usage.get("inference_geo")),
        service_tier=word(usage.get("service_tier")),
        provider_cost_usd=_money(usage.get("cost")),
        error_type=error[0],
        error=error[1],
        tool_calls=tool_calls,
        complete=complete,
    )


def _told_error(said: dict[str, Any]) -> tuple[str, str]:
    kind, message = error_in(said)
    return kind or "error", told(message or "no message")


def _known(message: dict[str, Any]) -> dict[str, str]:
    fields = {name: word(message.get(name)) for name in ("id", "model", "stop_reason")}
    return {name: value for name, value in fields.items() if value}


def _object(data: bytes) -> dict[str, Any]:
    try:
        return table(orjson.loads(data))
    except orjson.JSONDecodeError:
        return {}


def _opens_tool(data: bytes) -> bool:
    return table(_object(data).get("content_block")).get("type") == "tool_use"


def _name_in(data: bytes) -> str:
    """The event's name as its data has it, for servers that send no `event` lines."""
    head = data[:UNNAMED_HEAD].replace(b" ", b"")
    return next((NAMED[name] for name in NAMED if b'"type":"' + name + b'"' in head), "")


def _tokens(said: dict[str, Any], name: str) -> int:
    return count(said.get(name)) or 0


def _money(value: object) -> Decimal | None:
    """A price as the provider wrote it, None if it is no amount of money."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        return None
    return Decimal(str(value))
