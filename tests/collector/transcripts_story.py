"""Tells transcripts line by line, and reads back what the ledger made of them."""

import itertools
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from collector import ledger
from collector.prices import Pricer
from collector.transcripts.importing import ImportReport, import_transcripts
from router.price_book import PriceBook
from router.price_row import PriceRow

Line = dict[str, Any]

CLAUDE = PriceRow(price_id="", provider="anthropic", match_kind="starts_with", match="claude")
PRICES = [
    replace(CLAUDE, price_id="out", unit="output", usd_per_mtok=Decimal(25)),
    *(
        replace(CLAUDE, price_id=unit, unit=unit, usd_per_mtok=Decimal(0))
        for unit in ("input", "web_search")
    ),
]
# 25 dollars per million output tokens, all else free; only Claude has a price.
price = Pricer(PriceBook(PRICES))


def answer(at: str = "09:00:00", **told: Any) -> Line:
    """An assistant line; `told` replaces what a plain one says, `usage` only the counts named."""
    counts = {"input_tokens": 10, "output_tokens": 100, **told.pop("usage", {})}
    message = {
        "id": told.pop("id", "msg_1"),
        "type": "message",
        "role": "assistant",
        "model": told.pop("model", "claude-opus-4-8"),
        "content": told.pop("content", [{"type": "text", "text": "ok"}]),
        "stop_reason": told.pop("stop_reason", "end_turn"),
        "usage": counts,
    }
    return {
        "parentUuid": None,
        "isSidechain": told.pop("isSidechain", False),
        "message": message,
        "requestId": told.pop("requestId", "req_1"),
        "type": "assistant",
        "uuid": f"uuid-{next(_uuids)}",
        **around(at),
        **told,
    }


_uuids = itertools.count()


def around(at: str = "09:00:00", session: str = "s1") -> Line:
    return {
        "timestamp": f"2026-03-02T{at}.000Z",
        "entrypoint": "cli",
        "cwd": "/home/dev/shop",
        "sessionId": session,
        "version": "2.1.197",
        "gitBranch": "main",
    }


def user(at: str = "08:59:59", **told: Any) -> Line:
    return {"type": "user", "message": {"role": "user", "content": "hi"}, **around(at), **told}


def notice(text: str, at: str = "09:00:00", **told: Any) -> Line:
    """What Claude Code writes when a call was refused."""
    line = answer(at, id=f"c47573a7-{at}", model="<synthetic>", stop_reason="stop_sequence")
    line["message"] |= {"content": [{"type": "text", "text": text}]}
    line["message"]["usage"] |= {"output_tokens": 0, "input_tokens": 0, "speed": None}
    return line | {"isApiErrorMessage": True, "error": "rate_limit", "requestId": "req_9"} | told


def text_of(*lines: Line | str) -> bytes:
    told = (line.encode() if isinstance(line, str) else orjson.dumps(line) for line in lines)
    return b"".join(line + b"\n" for line in told)


@cache
def empty_ledger() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.duckdb"
        ledger.migrate(path)
        return path.read_bytes()


class History:
    """A configuration folder of Claude Code, and an empty ledger beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "claude"
        self.ledger = folder / "ledger.duckdb"
        self.ledger.write_bytes(empty_ledger())

    def path(self, name: str) -> Path:
        path = self.root / "projects" / "-home-dev-shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, *lines: Line | str) -> Path:
        path = self.path(name)
        path.write_bytes(text_of(*lines))
        return path

    def append(self, name: str, more: bytes) -> None:
        with self.path(name).open("ab") as file:
            file.write(more)

    def load(self, *paths: Path) -> ImportReport:
        return import_transcripts(self.ledger, paths or (self.root,), price, lambda: 0.0)

    def rows(self, table: str = "transcript_calls") -> list[Line]:
        with ledger.reading(self.ledger) as db:
            found = db.sql(f"from {table} order by all").pl()
            return found.rows(named=True)

    def only(self, table: str = "transcript_calls") -> Line:
        [row] = self.rows(table)
        return row
