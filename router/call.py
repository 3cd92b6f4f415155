"""What a call is: the facts that policy sees, and the rows that the ledger keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What Claude Code wanted with a call."""

    MAIN = "main"
    SUBAGENT = "subagent"
    PLAN = "plan"
    COMPACT = "compact"
    TITLE = "title"
    PROMPT_HOOK = "prompt_hook"
    CLASSIFIER = "classifier"
    WEB_SEARCH = "web_search"
    COUNT_TOKENS = "count_tokens"
    COUNT_FALLBACK = "count_fallback"
    VALIDATION = "validation"
    QUOTA_PROBE = "quota_probe"
    STREAM_RETRY = "stream_retry"
    PROBE = "probe"
    OTHER = "other"


class Result(StrEnum):
    """How an attempt, and with it a call, ended."""

    OK = "ok"
    LIMIT_HIT = "limit_hit"
    OVERLOADED = "overloaded"
    RATE_LIMITED = "rate_limited"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    TRUNCATED = "truncated"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Bill(StrEnum):
    """Who pays for an attempt: a flat plan, cash by the token, or nobody."""

    PLAN = "plan"
    CASH = "cash"
    LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Billable tokens of one attempt. The five buckets never overlap.

    Anthropic's own `input_tokens` already excludes cached tokens, so the prompt's
    true length is the sum of the four input buckets.
    Source: https://docs.claude.com/en/docs/build-with-claude/prompt-caching
    """

    input_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    cache_read_tokens: int = 0
    output_tokens: int = 0
    web_searches: int = 0

    @property
    def prompt_tokens(self) -> int:
        return (
            self.input_tokens
            + self.cache_write_5m_tokens
            + self.cache_write_1h_tokens
            + self.cache_read_tokens
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Iteration:
    """One model run inside an attempt (advisor, compaction), billed at its own model's rates.

    `model` is None where it is the answering model.
    """

    usage: Usage
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What an answer said about itself: read from its stream or its JSON, never invented.

    `usage` is None when the answer carried no usage at all; `iterations` is empty unless
    the answer broke its usage down; `speed`, `geo` and `service_tier` are as sent.
    """

    usage: Usage | None = None
    iterations: tuple[Iteration, ...] = ()
    model: str | None = None
    message_id: str | None = None
    stop_reason: str | None = None
    speed: str | None = None
    geo: str | None = None
    service_tier: str | None = None
    provider_cost_usd: Decimal | None = None
    error_type: str | None = None
    error: str | None = None
    tool_calls: int = 0
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a call before it is answered. Policy and replay see exactly this.

    Sizes are of the request as sent. `body_sha256` and `session_id` link a client's
    retries; `tools_sha256` and `system_sha256` show why a prompt cache broke.
    """

    kind: Kind
    method: str = "POST"
    path: str = "/v1/messages"
    project: str | None = None
    session_id: str | None = None
    agent_id: str | None = None
    parent_agent_id: str | None = None
    agent_type: str | None = None
    asked_model: str | None = None
    stream: bool = False
    body_bytes: int = 0
    body_sha256: str | None = None
    system_sha256: str | None = None
    tools_sha256: str | None = None
    tools: int = 0
    messages: int = 0
    images: int = 0
    max_tokens: int | None = None
    thinking: str | None = None
    thinking_budget: int | None = None
    effort: str | None = None
    tool_choice: str | None = None
    cache_ttl: str | None = None
    last_text_chars: int = 0
    is_tool_turn: bool = False
    client: str | None = None
    entrypoint: str | None = None
    cwd: str | None = None
    git_branch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at answering a call. Times are UTC; `ttfb_ms` is to the first body byte.

    `price_ids`, `list_usd`, `cost_usd` and `unpriced` are filled in where rows are priced;
    `power_usd` is the electricity of a local model, None where the policy names no rate.
    """

    attempt_no: int
    provider: str
    model: str | None
    bill: Bill
    result: Result
    started_at: datetime
    status: int | None = None
    ttfb_ms: float | None = None
    duration_ms: float | None = None
    request_id: str | None = None
    limits: Mapping[str, str] = field(default_factory=dict)
    metered: Metered = field(default_factory=Metered)
    power_usd: Decimal | None = None

    @property
    def target(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a routed call was weighed by, beside its facts, and what was passed over and why.

    `estimated_tokens` is of the whole prompt; `terms` are the score's parts by name, in points;
    `skipped` holds target, skip and reason of each. `propensity` is how likely the `arm` was that
    its session has in an `experiment`; `weights` names those of the score, None for the built-in.
    """

    login: Bill
    rule: str
    task: str
    complexity: float
    estimated_tokens: int
    documents: int
    media_bytes: int
    web_search: bool
    tool_errors: int
    failures: int
    is_reask: bool
    tag: str | None
    terms: Mapping[str, float]
    skipped: tuple[tuple[str, str, str], ...]
    experiment: str | None = None
    arm: str | None = None
    propensity: float | None = None
    weights: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A finished call: its facts, its attempts in order, and what the client was told.

    `decided` is None for a call that was relayed as asked.
    """

    call_id: str
    asked_at: datetime
    facts: Facts
    attempts: tuple[Attempt, ...]
    route: str = "default"
    reason: str = "as asked"
    result: Result
    status: int | None = None
    duration_ms: float | None = None
    request_id: str | None = None
    request_id_minted: bool = False
    capture: str = "base_url"
    retry_of: str | None = None
    policy_version: str | None = None
    decided: Decided | None = None
