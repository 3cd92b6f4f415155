"""From a transcript's lines to parsed ones: only those the ledger needs, and of those no prose."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

Line = dict[str, Any]

USAGE = b'"usage"'
PERSON = b'"type":"user"'
CONTENT = b'"content":['
AFTER_CONTENT = b'],"stop_reason":'
TIME = b'","timestamp":"'
# A line's type stands in its beginning or, after an answer, near its end. The usage stands near
# the end, also in what a person's line holds of an agent: the large middle need not be searched.
TYPE_WITHIN, CONTENT_WITHIN, USAGE_WITHIN = 400, 600, 2000
SYNTHETIC = b"<synthetic>"
LONGEST_TITLE_LINE = 4096
HEAD_LINES = 50


def wanted(lines: Iterable[bytes]) -> Iterator[Line]:
    """The parsed lines that tell of a usage or a title; a line that is no JSON object is left out.

    Claude Code writes a line per content block, each with the whole answer's usage. Of lines in
    a row that tell the same of an answer, at the same time or later, only the first is parsed.
    """
    before: Cut | None = None
    for line in lines:
        if before and line.startswith(before.opening, before.opens_at) and _repeats(line, before):
            continue
        usage = line.rfind(USAGE, -USAGE_WITHIN)
        if usage < 0 and line.find(PERSON, 0, TYPE_WITHIN) >= 0:
            continue
        if usage >= 0 or USAGE in line:
            before = _cut(line, usage)
            parsed = _without_content(line, before) if before else parse(line)
        elif len(line) < LONGEST_TITLE_LINE and (b'-title"' in line or b'"summary"' in line):
            parsed = parse(line)
        else:
            continue
        if parsed:
            yield parsed


def head(lines: Iterable[bytes]) -> Iterator[Line]:
    """The first lines of a file, parsed."""
    for _, line in zip(range(HEAD_LINES), lines, strict=False):
        parsed = parse(line)
        if parsed:
            yield parsed


def parse(line: bytes) -> Line | None:
    """The line's JSON object, or that of its end where a torn line was written on."""
    found = _object(line)
    if found is None:
        again = line.rfind(b'{"parentUuid":', 1)
        found = _object(line[again:]) if again > 0 else None
    return found


def _object(line: bytes) -> Line | None:
    try:
        parsed = orjson.loads(line)
    except orjson.JSONDecodeError:
        parsed = _lenient(line)
    return parsed if isinstance(parsed, dict) else None


def _lenient(line: bytes) -> Any:
    """JSON that orjson refuses: half a surrogate pair, bytes that are not UTF-8."""
    try:
        text = json.dumps(json.loads(line.decode(errors="replace")), ensure_ascii=False)
        return json.loads(text.encode(errors="replace"))
    except (ValueError, RecursionError):
        return None


class Cut(NamedTuple):
    """An answer's line around its content: what stands there, and where.

    `closing` and `time` are found again by their distance from the line's end.
    """

    opening: bytes
    opens_at: int
    closing: bytes
    closes_before_end: int
    time: bytes
    time_before_end: int


def _cut(line: bytes, usage: int) -> Cut | None:
    """None if the line is not as Claude Code writes an answer, or if its content is needed."""
    opens = line.find(b'"isSidechain":', 0, CONTENT_WITHIN)
    begin = line.find(CONTENT, opens, CONTENT_WITHIN) + len(CONTENT)
    end = line.rfind(AFTER_CONTENT, begin, usage)
    uuid = line.find(b',"uuid":"', usage)
    time = line.find(TIME, uuid) + len(TIME)
    if min(opens, end, uuid) < 0 or begin < len(CONTENT) or time < len(TIME):
        return None
    opening = line[opens:begin]
    if b'"id":"' not in opening or b'"data":' in opening or SYNTHETIC in opening:
        return None
    size = len(line)
    return Cut(opening, opens, line[end:uuid], size - end, line[time : time + 24], size - time)


def _repeats(line: bytes, before: Cut) -> bool:
    """Whether a line that opens as the one before tells the same, at the same time or later."""
    _, _, closing, closes_before_end, time, time_before_end = before
    return (
        line.startswith(closing, -closes_before_end)
        and line[-time_before_end : 24 - time_before_end] >= time
    )


def _without_content(line: bytes, cut: Cut) -> Line | None:
    """The line parsed without its content; whole, if what looked like the content's end is not."""
    begin, end = cut.opens_at + len(cut.opening), len(line) - cut.closes_before_end
    try:
        parsed = orjson.loads(line[:begin] + line[end:])
    except orjson.JSONDecodeError:
        return parse(line)
    return parsed if isinstance(parsed, dict) else None
