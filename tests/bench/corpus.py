"""A seeded, made-up history of Claude Code, as large as a heavy user's: folders of transcripts.

`python -m tests.bench.corpus FOLDER --megabytes 975 --files 1000`
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson

FIRST_DAY = datetime(2026, 8, 1, 8, tzinfo=UTC)
DAYS = 100
MODELS = ("claude-opus-4-8", "claude-sonnet-5", "claude-haiku-4-5-20251001")
BLOCKS = ("thinking", "text", "tool_use")
WORDS = 'the parser "reads" a line\n\tand keeps {what: it} means, naïve or 速い — then\\returns it '

Line = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who writes a file: one session, or one of its agents."""

    session_id: str
    cwd: str
    model: str
    agent_id: str | None = None


@dataclass(slots=True)
class Pen:
    """Where a file has got to: its seeded chance, its clock, its page of text."""

    chance: Random
    page: str
    now: datetime
    context_tokens: int = 12_000

    def hexes(self, digits: int) -> str:
        return f"{self.chance.getrandbits(4 * digits):0{digits}x}"

    def text(self, mean_chars: int) -> str:
        length = min(int(self.chance.expovariate(1 / mean_chars)), 200_000)
        start = self.chance.randrange(len(self.page) - length - 1)
        return self.page[start : start + length]

    def stamp(self, seconds: float) -> str:
        self.now += timedelta(milliseconds=1 + int(seconds * 1000 * self.chance.random()))
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_corpus(folder: Path, megabytes: int = 975, files: int = 1000, seed: int = 7) -> None:
    """Fill `folder`/projects with about this much history; the same seed writes the same bytes."""
    chance = Random(seed)
    page = "".join(WORDS[chance.randrange(40) :] for _ in range(12_000))
    shares = [chance.lognormvariate(0, 0.9) for _ in range(files)]
    per_share = megabytes * 1_000_000 / sum(shares)
    author = _author(Pen(chance, page, FIRST_DAY))
    written: Path | None = None
    for number, share in enumerate(shares):
        started = FIRST_DAY + timedelta(days=DAYS * number / files)
        pen = Pen(chance, page, started)
        author = _next_author(pen, author, number)
        path = folder / "projects" / _path(author)
        path.parent.mkdir(parents=True, exist_ok=True)
        copied = written.read_bytes() if written and number % 97 == 96 else b""
        path.write_bytes(_fork(copied, author) + _file(pen, author, int(share * per_share)))
        written = None if author.agent_id else path


def _next_author(pen: Pen, before: Author, number: int) -> Author:
    if number % 4 == 3:
        return replace(before, agent_id="a" + pen.hexes(16), model=pen.chance.choice(MODELS))
    return _author(pen)


def _author(pen: Pen) -> Author:
    project = f"/home/dev/work/project-{pen.chance.randrange(40):02}"
    session = f"{pen.hexes(8)}-{pen.hexes(4)}-4{pen.hexes(3)}-a{pen.hexes(3)}-{pen.hexes(12)}"
    return Author(session_id=session, cwd=project, model=pen.chance.choice(MODELS))


def _path(author: Author) -> Path:
    folder = Path(author.cwd.replace("/", "-").replace("_", "-"))
    if author.agent_id:
        return folder / author.session_id / "subagents" / f"agent-{author.agent_id}.jsonl"
    return folder / f"{author.session_id}.jsonl"


def _fork(lines: bytes, author: Author) -> bytes:
    """Whole lines of another session under this one's name, as a forked session begins."""
    whole = lines[: lines.rfind(b"\n", 0, 2_000_000) + 1].splitlines(keepends=True)
    new = f'"sessionId":"{author.session_id}"'.encode()
    return b"".join(_renamed(line, new) for line in whole)


def _renamed(line: bytes, new: bytes) -> bytes:
    at = line.rfind(b'"sessionId":"')
    return line[:at] + new + line[at + 13 + 36 + 1 :] if at >= 0 else line


def _file(pen: Pen, author: Author, size: int) -> bytes:
    lines: list[bytes] = []
    left = size
    while left > 0:
        for line in _turn(pen, author):
            lines.append(orjson.dumps(line) + b"\n")
            left -= len(lines[-1])
    if pen.chance.random() < 0.005:
        lines[-1] = lines[-1][: len(lines[-1]) // 2]
    return b"".join(lines)


def _turn(pen: Pen, author: Author) -> Iterator[Line]:
    """One call as Claude Code writes it down: a line per block, then what the tools answered."""
    if pen.context_tokens == 12_000 or pen.chance.random() < 0.12:
        yield _line(pen, author, "user", {"message": {"role": "user", "content": pen.text(300)}})
    lines = list(_answer(pen, author))
    yield from lines
    if pen.chance.random() < 0.0026 and not author.agent_id:
        yield _btw(pen, lines[-1])
    if pen.chance.random() < 0.02:
        yield _progress(pen, author, lines[-1])
    yield _tool_result(pen, author)
    if pen.chance.random() < 0.16:
        yield {"type": "file-history-snapshot", "messageId": pen.hexes(32), "snapshot": {}}


def _answer(pen: Pen, author: Author) -> Iterator[Line]:
    output = 3 + int(pen.chance.expovariate(1 / 280))
    usage = _usage(pen, output)
    blocks = pen.chance.choices((1, 2, 3, 4), (30, 45, 20, 5))[0]
    grows = pen.chance.random() < (0.5 if author.agent_id else 0.09)
    message_id, request_id = "msg_01" + pen.hexes(22), "req_011" + pen.hexes(21)
    for number in range(blocks):
        is_stub = grows and number < blocks - 1
        message = {
            "id": message_id,
            "type": "message",
            "role": "assistant",
            "model": author.model,
            "content": [_block(pen, BLOCKS[(number + 1) % 3])],
            "stop_reason": None if is_stub else "tool_use",
            "stop_sequence": None,
            "usage": usage | {"output_tokens": 2} if is_stub else usage,
            "stop_details": None,
        }
        yield _line(pen, author, "assistant", {"message": message, "requestId": request_id})


def _usage(pen: Pen, output: int) -> Line:
    written = int(pen.chance.expovariate(1 / 2_400))
    in_an_hour = written if pen.chance.random() < 0.3 else 0
    read = pen.context_tokens
    pen.context_tokens = 12_000 if pen.context_tokens > 160_000 else read + written
    return {
        "input_tokens": int(pen.chance.expovariate(1 / 190)),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": output,
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
        "service_tier": "standard",
        "cache_creation": {
            "ephemeral_1h_input_tokens": in_an_hour,
            "ephemeral_5m_input_tokens": written - in_an_hour,
        },
        "inference_geo": "",
        "iterations": [],
        "speed": "standard",
    }


def _block(pen: Pen, kind: str) -> Line:
    if kind == "thinking":
        return {"type": kind, "thinking": pen.text(700), "signature": pen.hexes(300)}
    if kind == "text":
        return {"type": kind, "text": pen.text(600)}
    made = {"command": pen.text(900), "description": pen.text(40)}
    return {"type": kind, "id": "toolu_01" + pen.hexes(22), "name": "Bash", "input": made}


def _tool_result(pen: Pen, author: Author) -> Line:
    said = pen.text(2_300)
    result = {"tool_use_id": "toolu_01" + pen.hexes(22), "type": "tool_result", "content": said}
    result |= {"is_error": pen.chance.random() < 0.05}
    message = {"role": "user", "content": [result]}
    told = {"stdout": said, "stderr": "", "interrupted": False, "isImage": False}
    return _line(pen, author, "user", {"message": message, "toolUseResult": told})


def _btw(pen: Pen, answer: Line) -> Line:
    """The same answer shown again beside the conversation, under another request."""
    return answer | {"isSidechain": True, "requestId": "req_011" + pen.hexes(21)}


def _progress(pen: Pen, author: Author, answer: Line) -> Line:
    shown = {key: answer[key] for key in ("type", "timestamp", "message", "requestId", "uuid")}
    made = {"type": "agent_progress", "agentId": author.agent_id or "a0", "message": shown}
    return _line(pen, author, "progress", {"data": made})


def _line(pen: Pen, author: Author, kind: str, more: Line) -> Line:
    """A line in Claude Code's own order: an answer's type comes after it, a person's before."""
    agent = {"agentId": author.agent_id} if author.agent_id else {}
    typed = more | {"type": kind} if kind == "assistant" else {"type": kind} | more
    return (
        {"parentUuid": pen.hexes(36), "isSidechain": author.agent_id is not None}
        | agent
        | typed
        | {"uuid": pen.hexes(36), "timestamp": pen.stamp(40)}
        | {"userType": "external", "entrypoint": "cli", "cwd": author.cwd}
        | {"sessionId": author.session_id, "version": "2.1.197", "gitBranch": "main"}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=int, default=975)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    write_corpus(asked.folder, asked.megabytes, asked.files, asked.seed)


if __name__ == "__main__":
    main()
