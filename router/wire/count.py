"""Tokens counted without a tokenizer, for targets that have no `count_tokens` of their own.

An estimate: 3.8 bytes a token in code and Western text, a token a character in Chinese,
Japanese and Korean. It is meant for a context meter and for a policy's threshold, never
for a price.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from router.wire.request import Body, blocks_of, messages_of
from router.wire.untrusted import rows, table

BYTES_PER_TOKEN = 3.8
PER_MESSAGE = 4
IMAGE_TOKENS = 1_500
PDF_BYTES_PER_PAGE = 40_000
PDF_PAGE_TOKENS = 2_500
CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003134f]+"
)


def count_answer(body: Body) -> dict[str, Any]:
    """The answer to a `count_tokens` request; `estimated` marks it, and clients ignore it."""
    return {"input_tokens": input_tokens(body), "estimated": True}


def input_tokens(body: Body) -> int:
    """About how long the prompt of this Messages request is, at least 1."""
    total = sum(tokens_in(_json(tool)) for tool in rows(body.get("tools")))
    total += sum(map(_block_tokens, blocks_of(body.get("system"))))
    for message in messages_of(body):
        total += PER_MESSAGE + sum(map(_block_tokens, blocks_of(message.get("content"))))
    return max(1, total)


def tokens_in(text: str) -> int:
    """About how many tokens a text has; 0 only for no text."""
    if text.isascii():
        return -(-len(text) * 10 // 38)
    runs = CJK.findall(text)
    wide = sum(map(len, runs))
    narrow = len(text.encode("utf-8", "replace")) - sum(len(run.encode()) for run in runs)
    return wide + -(-narrow * 10 // 38)


def _block_tokens(block: dict[str, Any]) -> int:
    match block.get("type"):
        case "image":
            return IMAGE_TOKENS
        case "document":
            return _document_tokens(block)
        case "tool_result":
            return PER_MESSAGE + sum(map(_block_tokens, blocks_of(block.get("content"))))
    return sum(map(tokens_in, _texts(block)))


def _document_tokens(block: dict[str, Any]) -> int:
    source = table(block.get("source"))
    data = source.get("data")
    if source.get("type") == "base64" and isinstance(data, str):
        pages = 1 + len(data) * 3 // 4 // PDF_BYTES_PER_PAGE
        return pages * PDF_PAGE_TOKENS
    if isinstance(data, str):
        return tokens_in(data)
    return sum(map(_block_tokens, blocks_of(source.get("content")))) or PDF_PAGE_TOKENS


def _texts(block: dict[str, Any]) -> Iterator[str]:
    """What a model reads of a block; a signature and a cache mark are not among it."""
    for name in ("text", "thinking", "name", "title"):
        if isinstance(block.get(name), str):
            yield block[name]
    if "input" in block:
        yield _json(block["input"])


def _json(value: object) -> str:
    return orjson.dumps(value).decode("utf-8", "replace")
