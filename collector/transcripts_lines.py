"""From a transcript's lines to parsed ones: only those the ledger needs, and of those no prose."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

Line = dict[str, Any]

USAGE = b'"usage"'
CONTENT = b'"content":['
AFTER_CONTENT = b'],"stop_reason":'
TIME = b'","timestamp":"'
CONTENT_WITHIN, USAGE_WITHIN = 600, 1200
SYNTHETIC = b"<synthetic>"
LONGEST_TITLE_LINE = 4096
HEAD_LINES = 50


def wanted(lines: Iterable[bytes]) -> Iterator[Line]:
    """The parsed lines that tell of a usage or a title; a line that is no JSON object is left out.

    Claude Code writes a line per content block, each with the whole answer's usage. Of lines in
    a row that tell the same of an answer, at the same time or later, only the first is parsed.
    """
    opening = closing = time = b""
    for line in lines:
        usage = line.find(USAGE, -USAGE_WITHIN)
        if usage >= 0 or USAGE in line:
            cut = _cut(line, usage)
            if cut is None:
                parsed = parse(line)
            elif cut[3] == closing and cut[2] == opening and cut[4] >= time:
                continue
            else:
                begin, end, opening, closing, time = cut
                parsed = _without_content(line, begin, end)
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


def _cut(line: bytes, usage: int) -> tuple[int, int, bytes, bytes, bytes] | None:
    """Where the content begins and ends, what stands before and after it, and the line's time.

    None if the line is not as Claude Code writes an answer, or if its content is needed.
    """
    begin = line.find(CONTENT, 0, CONTENT_WITHIN)
    end = line.rfind(AFTER_CONTENT, begin, usage)
    uuid = line.find(b',"uuid":"', usage)
    time = line.find(TIME, uuid) + len(TIME)
    opening = line[line.find(b'"isSidechain":', 0, begin) : begin]
    if begin < 0 or end < 0 or uuid < 0 or time < len(TIME):
        return None
    if b'"id":"' not in opening or b'"data":' in opening or SYNTHETIC in opening:
        return None
    return begin + len(CONTENT), end, opening, line[end:uuid], line[time : time + 24]


def _without_content(line: bytes, begin: int, end: int) -> Line | None:
    """The line parsed without its content; whole, if what looked like the content's end is not."""
    try:
        parsed = orjson.loads(line[:begin] + line[end:])
    except orjson.JSONDecodeError:
        return parse(line)
    return parsed if isinstance(parsed, dict) else None
