"""What kind of call this is, told by its method, path, headers and body.

Source: requests of Claude Code 2.1.197, seen on the wire.
"""

from collections.abc import Callable, Sequence

from router.call import Kind
from router.planmode import is_planning
from router.wire.request import (
    Body,
    billing_line,
    human_text,
    last_user_blocks,
    system_texts,
    text_of,
)
from router.wire.untrusted import rows, table

type Headers = Sequence[tuple[bytes, bytes]]

MESSAGES = "/v1/messages"
COUNT_TOKENS = "/v1/messages/count_tokens"

COMPACT_OPENINGS = (
    "CRITICAL: Respond with TEXT ONLY",
    "Your task is to create a detailed summary of the conversation so far",
)
TITLE_OPENINGS = (
    "Generate a concise, sentence-case title",
    "Analyze if this message indicates a new conversation topic",
)
CLASSIFIER_OPENING = "You are a security monitor for autonomous AI coding agents"
HOOK_OPENING = "You are evaluating a hook"


def header(headers: Headers, name: str) -> str | None:
    """The first header of that name, in any case; None when absent."""
    wanted = name.lower().encode("latin-1", "replace")
    for key, value in headers:
        if len(key) == len(wanted) and key.lower() == wanted:
            return value.decode("latin-1").strip()
    return None


def endpoint_of(path: str) -> str:
    """The path without its query and trailing slashes."""
    return path.partition("?")[0].rstrip("/")


def kind_of(method: str, path: str, headers: Headers, body: object) -> Kind:
    """The kind of a call; `body` is its parsed JSON, None where there was none.

    A client other than Claude Code makes `main` calls, or `web_search` ones: what looks
    like Claude Code's background work is its own work there.
    """
    endpoint = endpoint_of(path)
    method = method.upper()
    if method == "HEAD" or (method == "GET" and "/api/" in endpoint):
        return Kind.PROBE
    if method == "POST" and endpoint.endswith(COUNT_TOKENS):
        return Kind.COUNT_TOKENS
    if method != "POST" or not endpoint.endswith(MESSAGES) or not isinstance(body, dict):
        return Kind.OTHER
    signatures = SHARED_SIGNATURES if is_other_client(headers) else SIGNATURES
    return next((kind for kind, fits in signatures if fits(headers, body)), Kind.MAIN)


def is_other_client(headers: Headers) -> bool:
    """Whether the headers name a client, and it is not Claude Code."""
    agent = header(headers, "user-agent")
    if not agent or agent.lower().startswith(("claude-cli", "claude-code")):
        return False
    return header(headers, "x-claude-code-session-id") is None


def _asks_one_token(body: Body) -> bool:
    return body.get("max_tokens") == 1 and not body.get("stream")


def _says(body: Body, words: str) -> bool:
    return _asks_one_token(body) and human_text(last_user_blocks(body)) == words


def _is_quota_probe(_headers: Headers, body: Body) -> bool:
    return _says(body, "quota")


def _is_validation(_headers: Headers, body: Body) -> bool:
    return bool(body.get("system")) and _says(body, "Hi")


def _is_count_fallback(_headers: Headers, body: Body) -> bool:
    return _asks_one_token(body) and not body.get("system")


def _system_opens(body: Body, openings: str | tuple[str, ...]) -> bool:
    return any(text.lstrip().startswith(openings) for text in system_texts(body)[:3])


def _is_classifier(_headers: Headers, body: Body) -> bool:
    stops_at_block = body.get("stop_sequences") == ["</block>"] and not body.get("tools")
    return stops_at_block or _system_opens(body, CLASSIFIER_OPENING)


def _answer_fields(body: Body) -> set[str]:
    answer_format = table(table(body.get("output_config")).get("format"))
    return set(table(table(answer_format.get("schema")).get("properties")))


def _is_title(_headers: Headers, body: Body) -> bool:
    if body.get("tools"):
        return False
    return _answer_fields(body) == {"title"} or _system_opens(body, TITLE_OPENINGS)


def _is_prompt_hook(_headers: Headers, body: Body) -> bool:
    if body.get("tools"):
        return False
    return _answer_fields(body) == {"ok", "reason", "impossible"} or _system_opens(
        body, HOOK_OPENING
    )


def _is_web_search(_headers: Headers, body: Body) -> bool:
    tools = rows(body.get("tools"))
    return len(tools) == 1 and str(table(tools[0]).get("type")).startswith("web_search_")


def _is_compact(_headers: Headers, body: Body) -> bool:
    blocks = last_user_blocks(body)
    return bool(blocks) and text_of(blocks[-1]).lstrip().startswith(COMPACT_OPENINGS)


def _is_subagent(headers: Headers, body: Body) -> bool:
    if header(headers, "x-claude-code-agent-id"):
        return True
    return "cc_is_subagent=true" in billing_line(body)


def _is_stream_retry(_headers: Headers, body: Body) -> bool:
    return "stream" not in body and bool(body.get("tools"))


def _is_plan(_headers: Headers, body: Body) -> bool:
    return is_planning(body)


SIGNATURES: tuple[tuple[Kind, Callable[[Headers, Body], bool]], ...] = (
    (Kind.QUOTA_PROBE, _is_quota_probe),
    (Kind.COUNT_FALLBACK, _is_count_fallback),
    (Kind.VALIDATION, _is_validation),
    (Kind.CLASSIFIER, _is_classifier),
    (Kind.TITLE, _is_title),
    (Kind.PROMPT_HOOK, _is_prompt_hook),
    (Kind.WEB_SEARCH, _is_web_search),
    (Kind.COMPACT, _is_compact),
    (Kind.SUBAGENT, _is_subagent),
    (Kind.STREAM_RETRY, _is_stream_retry),
    (Kind.PLAN, _is_plan),
)
SHARED_SIGNATURES = ((Kind.WEB_SEARCH, _is_web_search),)
