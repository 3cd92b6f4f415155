"""Requests like Claude Code's of any size: a recorded one, grown by tools and tool turns."""

import argparse
from pathlib import Path
from typing import Any

import orjson

from tests.asking import HEADERS, PATH
from tests.router.recorded import recorded

PROSE = Path(argparse.__file__).read_text()  # code and words, with what JSON has to escape
TURN_CHARS = 2_300
MOST_TOOL_CHARS = 50_000
NUMBER = b"0" * 16


class Question:
    """One request, sent again and again, each time under a number of its own."""

    def __init__(self, body_bytes: int) -> None:
        self.body_bytes = body_bytes
        self.before, self.after = body_of_size(body_bytes).split(NUMBER)

    def wire(self, number: int, port: int, key: str) -> bytes:
        body = b"%b%016d%b" % (self.before, number, self.after)
        sent = {**dict(HEADERS), "x-api-key": key}
        lines = [f"POST {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
        lines += [f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def body_of_size(size: int) -> bytes:
    """A streamed turn of about `size` bytes, `NUMBER` once within it."""
    body = recorded("tool_turn_2_results")[3]
    body["messages"] += [_result(0, "done")]
    missing = size - len(_bytes(body))
    _grow_tools(body["tools"], min(missing // 2, MOST_TOOL_CHARS))
    _add_turns(body["messages"], size - len(_bytes(body)))
    return _bytes(body)


def _bytes(body: Any) -> bytes:
    body["stream"] = True
    last = {"role": "user", "content": [{"type": "text", "text": f"call {NUMBER.decode()}"}]}
    return orjson.dumps({**body, "messages": [*body["messages"], last]})


def _grow_tools(tools: list[dict[str, Any]], chars: int) -> None:
    share = max(chars, 0) // len(tools)
    for number, tool in enumerate(tools):
        tool["description"] = tool.get("description", "") + PROSE[number * 900 :][:share]


def _add_turns(messages: list[dict[str, Any]], chars: int) -> None:
    number = 0
    while chars > 0:
        number += 1
        said = PROSE[number * 1300 % 60_000 :][: min(TURN_CHARS, chars)]
        turn = [_use(number), _result(number, said)]
        messages += turn
        chars -= len(orjson.dumps(turn))


def _use(number: int) -> dict[str, Any]:
    asked = {"command": f"sed -n {number},90p argparse.py", "description": "Read on"}
    block = {"type": "tool_use", "id": f"toolu_{number:06}", "name": "Bash", "input": asked}
    return {"role": "assistant", "content": [block]}


def _result(number: int, said: str) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": f"toolu_{number:06}", "content": said}
    return {"role": "user", "content": [block]}
