"""The blocks of an answer that arrives in pieces, put into an order that one can read.

Messages streams block after block; Chat Completions may deal out the pieces of several
tool calls in turn. The first block that is not done is written as it comes, the others wait.
"""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from router.wire.chat_events import BlockWriter
from router.wire.chat_pieces import arguments_in, is_whole, paired
from router.wire.untrusted import count, table, word

FIT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(slots=True)
class Part:
    """One block to be: text, thinking, or a tool call known by its place or its own id."""

    kind: str
    place: int | None = None
    own_id: str | None = None
    name: str | None = None
    extra: Any = None
    tool_id: str | None = None
    said: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    half: str = ""

    def add(self, piece: str) -> None:
        piece, self.half = paired(self.half + piece)
        if piece:
            self.said.append(piece)
            self.waiting.append(piece)

    @property
    def text(self) -> str:
        return "".join(self.said)

    @property
    def is_done(self) -> bool:
        """Whether nothing more belongs to it, once another part has begun."""
        return self.kind != "tool_use" or (self.name is not None and is_whole(self.text))


class Parts:
    """The blocks of one message. `seed` makes tool ids that no other message has."""

    def __init__(self, seed: str, names: Mapping[str, str]) -> None:
        self.writer = BlockWriter()
        self.parts: list[Part] = []
        self._seed = seed
        self._names = names
        self._queue: deque[Part] = deque()
        self._is_open = False

    @property
    def tools(self) -> list[Part]:
        return [part for part in self.parts if part.kind == "tool_use"]

    @property
    def thought(self) -> str:
        return "".join(part.text for part in self.parts if part.kind == "thinking")

    @property
    def is_nameless(self) -> bool:
        """Whether a tool was called and never named."""
        return any(part.name is None for part in self.tools)

    def say(self, kind: str, words: str) -> None:
        if not self._queue or self._queue[-1].kind != kind:
            self._begin(Part(kind))
        self._queue[-1].add(words)

    def call(self, call: dict[str, Any]) -> None:
        """Take a piece of a tool call."""
        part = self._part_of(call) or self._begin(Part("tool_use", count(call.get("index"))))
        part.name = part.name or word(table(call.get("function")).get("name"))
        part.own_id = part.own_id or word(call.get("id"))
        part.extra = part.extra or call.get("extra_content")
        part.add(arguments_in(call))

    def _part_of(self, call: dict[str, Any]) -> Part | None:
        """The call that this piece goes on with: by id, by place, else the last one."""
        own_id, place = word(call.get("id")), count(call.get("index"))
        tools = self.tools[::-1]
        known = next((part for part in tools if part.own_id == own_id), None)
        if own_id and known:
            return known
        if place is not None:
            there = next((part for part in tools if part.place == place), None)
            return None if there and there.own_id and own_id else there
        last = tools[0] if tools else None
        names_anew = bool(word(table(call.get("function")).get("name")))
        return None if own_id or (last and names_anew and last.is_done) else last

    def _begin(self, part: Part) -> Part:
        self.parts.append(part)
        self._queue.append(part)
        return part

    def written(self, *, to_end: bool = False) -> bytes:
        """Everything that can be written now; with `to_end`, all of it, and no block left open."""
        out = bytearray()
        while self._queue:
            part = self._queue[0]
            out += self._write(part)
            is_last = len(self._queue) == 1
            if not to_end and (is_last or not part.is_done):
                break
            self._queue.popleft()
            self._is_open = False
            out += self.writer.close()
        return bytes(out)

    def _write(self, part: Part) -> bytes:
        if part.kind == "tool_use" and part.name is None:
            return b""
        out = b""
        if not self._is_open:
            self._is_open = True
            out += self._open(part)
        for piece in part.waiting:
            out += self.writer.add(piece)
        part.waiting.clear()
        return out

    def _open(self, part: Part) -> bytes:
        if self.writer.kind == "thinking" and part.kind == "thinking":
            return b""
        closed = self.writer.close()
        if part.kind != "tool_use":
            return closed + self.writer.open(part.kind)
        part.tool_id = self._fit_id(part)
        name = self._names.get(part.name or "", part.name)
        head = {"type": "tool_use", "id": part.tool_id, "name": name}
        return closed + self.writer.open("tool_use", {**head, "input": {}})

    def _fit_id(self, part: Part) -> str:
        """The call's own id where it can be sent back anywhere, else one of ours."""
        taken = {other.tool_id for other in self.tools}
        if part.own_id and FIT_ID.fullmatch(part.own_id) and part.own_id not in taken:
            return part.own_id
        return f"toolu_{self._seed}_{self.tools.index(part)}"

    def stay_open(self) -> bytes:
        """An empty piece of the open block, or the start of a thought that may stay empty."""
        return self.writer.add("") if self.writer.kind else self.writer.open("thinking")
