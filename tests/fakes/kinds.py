"""What a request asks for, and the answer that suits it when no script says otherwise."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.reply import Reply, Spent, gives, refuses, says, web_search
from tests.fakes.wire import Seen

Body = dict[str, Any]
COMPACT = "CRITICAL: Respond with TEXT ONLY"


def last_text(body: Body) -> str:
    """The last block of the last user message."""
    said = [m["content"] for m in body.get("messages", []) if m.get("role") == "user"]
    content = said[-1] if said else ""
    if isinstance(content, list):
        content = content[-1].get("text", "") if content else ""
    return str(content)


def asked_for(body: Body) -> set[str]:
    """The property names of the JSON that an answer must be."""
    format_ = (body.get("output_config") or {}).get("format") or {}
    return set((format_.get("schema") or {}).get("properties") or {})


def kind_of_message(seen: Seen) -> str:
    body = seen.json
    tools = [str(tool.get("type", "")) for tool in body.get("tools") or []]
    wanted = asked_for(body)
    if body.get("stop_sequences") == ["</block>"]:
        return "classifier"
    if "title" in wanted:
        return "title"
    if "ok" in wanted:
        return "prompt_hook"
    if tools and all(tool.startswith("web_search_") for tool in tools):
        return "web_search"
    if last_text(body).startswith(COMPACT):
        return "compact"
    if seen.header("x-claude-code-agent-id"):
        return "subagent"
    return "single_token" if body.get("max_tokens") == 1 else "main"


def kind_of(seen: Seen) -> str:
    """A key of `USUAL`, count_tokens or unknown."""
    match seen.method, urlsplit(seen.path).path:
        case "POST", path if path.endswith("/v1/messages"):
            return kind_of_message(seen)
        case "POST", path if path.endswith("/v1/messages/count_tokens"):
            return "count_tokens"
        case "GET", path if path.endswith("/v1/models"):
            return "models"
        case "HEAD", _:
            return "probe"
    return "unknown"


def is_json(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def refusal(seen: Seen, *, needs_key: bool) -> Reply | None:
    """What is wrong with a request before anyone looks at what it asks."""
    if seen.method != "POST":
        return None
    if needs_key and not (seen.header("x-api-key") or seen.header("authorization")):
        return refuses(401, "x-api-key header is required")
    if not seen.header("anthropic-version"):
        return refuses(400, "anthropic-version: header is required")
    if not is_json(seen.body):
        return refuses(400, "The request body is not valid JSON")
    missing = [name for name in ("model", "messages") if name not in seen.json]
    if missing:
        return refuses(400, f"{missing[0]}: Field required")
    try:
        kind_of_message(seen)
    except (TypeError, AttributeError, KeyError, IndexError):
        return refuses(400, "Input should be a valid dictionary")
    return None


MODELS = ("claude-opus-4-8", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001")
SMALL = Spent(
    input_tokens=420,
    cache_write_5m_tokens=0,
    cache_write_1h_tokens=0,
    cache_read_tokens=0,
    output_tokens=12,
)


def models() -> Reply:
    listed = [{"type": "model", "id": name, "display_name": name} for name in MODELS]
    return gives({"data": listed, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]})


USUAL: dict[str, Callable[[], Reply]] = {
    "main": lambda: says("Hello from the fake."),
    "subagent": lambda: says("The agent is done."),
    "compact": lambda: says("<analysis>\nshort\n</analysis>\n\n<summary>\n1. Hello.\n</summary>"),
    "title": lambda: says('{"title": "A quiet talk"}', usage=SMALL),
    "prompt_hook": lambda: says('{"ok": true, "reason": "it holds"}', usage=SMALL),
    "classifier": lambda: says("<block>no", stop_reason="stop_sequence", usage=SMALL),
    "web_search": lambda: says(*web_search("cats"), "Found.", usage=Spent(web_searches=1)),
    "single_token": lambda: says("I", stop_reason="max_tokens", usage=SMALL),
    "models": models,
    "probe": lambda: Reply(raw=b""),
}


def usual(seen: Seen) -> Reply:
    """The answer Anthropic would give, in kind if not in wisdom."""
    kind = kind_of(seen)
    if kind == "count_tokens":
        return gives({"input_tokens": max(1, len(seen.body) // 4)})
    return USUAL[kind]() if kind in USUAL else refuses(404, "Not found")
