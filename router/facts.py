"""The facts of a call, read once from its request.

Nothing a client sends raises here: what is missing or of the wrong type stays unknown.
"""

import re
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import orjson

from router.call import Facts, Kind
from router.kinds import Headers, endpoint_of, header, kind_of
from router.wire.request import (
    BILLING,
    Body,
    all_blocks,
    billing_line,
    blocks_of,
    is_tool_turn,
    last_human_text,
    messages_of,
    system_texts,
    text_of,
)
from router.wire.untrusted import LONGEST_WORD, count, rows, table, word

# The ledger's columns: 16 bits for the counts of tools and images, 32 for the rest.
MOST_FEW, MOST_MANY = 2**15 - 1, 2**31 - 1

OLD_USER_ID = re.compile(r"_session_([0-9a-zA-Z-]{8,64})$")
PROJECT = re.compile(r"[\w.@+~ -]{1,64}")
CLIENT = re.compile(r"[\w.@-]+(?:/[\w.+-]+)?(?: \d[\w.+-]*)?")
UA_ENTRYPOINT = re.compile(r"\(external, ([\w-]+)")
BILLED_ENTRYPOINT = re.compile(r"cc_entrypoint=([\w-]+)")

AGENT_TYPES = (
    ("file search specialist", "Explore"),
    ("planning specialist", "Plan"),
    ("You are an agent for Claude Code", "general-purpose"),
    ("status line setup agent", "statusline-setup"),
    ("the Claude guide agent", "claude-code-guide"),
)
AGENT_OPENING = 200

# What may stand before a label on its line, bullet and spaces aside.
LABEL_HEADS = ("", "W", "Primary w")
LONGEST_PATH = 1024


def parsed(raw: bytes) -> Body | None:
    """The request's JSON object; None when the bytes are not one."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def facts_of(method: str, path: str, headers: Headers, raw_body: bytes) -> Facts:
    """What is known of a request as it came; of `metadata.user_id` only the session is kept."""
    return facts_of_body(method, path, headers, raw_body, parsed(raw_body))


def facts_of_body(
    method: str, path: str, headers: Headers, raw_body: bytes, body: Body | None
) -> Facts:
    """`facts_of` for a caller that keeps the body it has `parsed`."""
    facts = Facts(
        kind=kind_of(method, path, headers, body),
        method=word(method.upper()) or "",
        path=_endpoint(path),
        project=project_of(path),
        session_id=word(header(headers, "x-claude-code-session-id")),
        agent_id=word(header(headers, "x-claude-code-agent-id")),
        parent_agent_id=word(header(headers, "x-claude-code-parent-agent-id")),
        client=_client(headers),
        entrypoint=_entrypoint(headers),
        body_bytes=len(raw_body),
        body_sha256=sha256(raw_body).hexdigest() if raw_body else None,
    )
    return facts if body is None else _with_setting(_with_sizes(facts, body), body)


def project_of(path: str) -> str | None:
    """The tag before `/v1/`, e.g. `shop` of `/shop/v1/messages`; None without a sane one."""
    prefix, _, _ = endpoint_of(path).partition("/v1/")
    tag = unquote(prefix.lstrip("/").partition("/")[0]).strip() if "/v1/" in path else ""
    return tag if PROJECT.fullmatch(tag) and any(c.isalnum() for c in tag) else None


def _with_sizes(facts: Facts, body: Body) -> Facts:
    thinking = table(body.get("thinking"))
    tools = rows(body.get("tools"))
    blocks = all_blocks(body)
    return replace(
        facts,
        asked_model=word(body.get("model")),
        stream=body.get("stream") is True,
        system_sha256=_system_sha256(body),
        tools_sha256=_tools_sha256(tools),
        tools=min(len(tools), MOST_FEW),
        messages=len(messages_of(body)),
        images=min([block.get("type") for block in blocks].count("image"), MOST_FEW),
        max_tokens=_many(body.get("max_tokens")),
        thinking=word(thinking.get("type")),
        thinking_budget=_many(thinking.get("budget_tokens")),
        effort=word(table(body.get("output_config")).get("effort")),
        tool_choice=word(table(body.get("tool_choice")).get("type")),
        cache_ttl=_cache_ttl(body, blocks),
        last_text_chars=len(last_human_text(body)),
        is_tool_turn=is_tool_turn(body),
    )


def _with_setting(facts: Facts, body: Body) -> Facts:
    """The facts with what the body tells of session, agent, folder and branch."""
    environment = _environment(body)
    cwd = _told(environment, "orking directory: ")
    billed = BILLED_ENTRYPOINT.search(billing_line(body))
    is_agent = facts.agent_id or facts.kind is Kind.SUBAGENT
    return replace(
        facts,
        project=facts.project or _basename(cwd),
        session_id=facts.session_id or _session_of(body),
        agent_type=_agent_type(body) if is_agent else None,
        entrypoint=facts.entrypoint or (billed[1] if billed else None),
        cwd=cwd,
        git_branch=_told(environment, "Current branch: "),
    )


def _endpoint(path: str) -> str:
    """The path without query and project tag; a query may hold what is nobody's business."""
    endpoint = endpoint_of(path).encode("utf-8", "replace").decode()
    return endpoint[max(endpoint.find("/v1/"), 0) :][:LONGEST_WORD] or "/"


def _many(value: object) -> int | None:
    number = count(value)
    return number if number is not None and number <= MOST_MANY else None


def _client(headers: Headers) -> str | None:
    """The product and version that `User-Agent` begins with, e.g. `claude-cli/2.1.197`."""
    product = CLIENT.match(header(headers, "user-agent") or "")
    return word(product[0]) if product else None


def _entrypoint(headers: Headers) -> str | None:
    found = UA_ENTRYPOINT.search(header(headers, "user-agent") or "")
    return word(found[1]) if found else None


def _session_of(body: Body) -> str | None:
    """The session in `metadata.user_id`: a JSON string, in older clients an underscored one."""
    user_id = table(body.get("metadata")).get("user_id")
    if not isinstance(user_id, str):
        return None
    if user_id.startswith("{"):
        return word((parsed(user_id.encode()) or {}).get("session_id"))
    old = OLD_USER_ID.search(user_id)
    return old[1] if old else None


def _system_sha256(body: Body) -> str | None:
    """Of the system texts without the billing block, which differs from call to call."""
    digest = sha256()
    texts = [text for text in system_texts(body) if not text.startswith(BILLING)]
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest() if texts else None


def _tools_sha256(tools: list[Any]) -> str | None:
    try:
        return sha256(orjson.dumps(tools)).hexdigest() if tools else None
    except orjson.JSONEncodeError:  # nested deeper than orjson writes
        return None


def _cache_ttl(body: Body, blocks: list[dict[str, Any]]) -> str | None:
    """The longest time to live asked for; a `cache_control` without one means `5m`."""
    tools = [tool for tool in rows(body.get("tools")) if isinstance(tool, dict)]
    places = [body, *blocks_of(body.get("system")), *tools, *blocks]
    marks = [place["cache_control"] for place in places if "cache_control" in place]
    ttls = [word(table(mark).get("ttl")) or "5m" for mark in marks if mark]
    return "1h" if "1h" in ttls else next(iter(ttls), None)


def _agent_type(body: Body) -> str | None:
    """Which built-in agent the system prompt introduces; `custom` for one of the user's own."""
    texts = [text for text in system_texts(body) if not text.startswith(BILLING)]
    opening = texts[-1].lstrip()[:AGENT_OPENING] if texts else ""
    known = (name for words, name in AGENT_TYPES if words in opening)
    return next(known, "custom" if opening else None)


def _environment(body: Body) -> list[str]:
    """The texts that may describe where the client runs: the system prompt's, wherever it is."""
    early = [message for message in messages_of(body)[:4] if message.get("role") == "system"]
    told = [text_of(block) for message in early for block in blocks_of(message.get("content"))]
    return [*system_texts(body), *told]


def _told(texts: list[str], label: str) -> str | None:
    """The rest of the first line that begins with the label, past a list mark or `Primary`."""
    for text in texts:
        at = text.find(label)
        while at >= 0:
            if text[text.rfind("\n", 0, at) + 1 : at].strip(" -") in LABEL_HEADS:
                line = text[at + len(label) :].partition("\n")[0]
                return word(line.strip(), LONGEST_PATH)
            at = text.find(label, at + 1)
    return None


def _basename(cwd: str | None) -> str | None:
    return word((cwd or "").replace("\\", "/").rstrip("/").rpartition("/")[2])
