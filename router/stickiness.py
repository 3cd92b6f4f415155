"""Which model a session is on, and when it may leave it.

Each model has its own prompt cache, so a session (and each agent in it) changes models where its
cache is cold anyway, to escalate, or when the cold cache is soon paid for.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

import orjson

from router.arms import Assigned
from router.budget import TargetPrice
from router.call import Facts, Kind
from router.columns import Weighed
from router.policy_model import DEFAULT, Policy, Target, target_of

type StickKey = tuple[str, str]

STICKY_KINDS = frozenset({Kind.MAIN, Kind.PLAN, Kind.SUBAGENT, Kind.STREAM_RETRY, Kind.COMPACT})
LONG_TTL_S, SHORT_TTL_S = 3600, 300
FORGOTTEN_AFTER = timedelta(days=2)

# A turn of Claude Code: what it adds to the prompt, and its answer.
TURN_INPUT_TOKENS, TURN_OUTPUT_TOKENS = 1_500, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Stick:
    """What a session, or an agent of it, is on. `last_at` is UTC; the cache lives `ttl_s`.

    `asked` is the model the client named, `complexity` that of the work the route was chosen for,
    `prompt_tokens` the length of the warm prompt, `escalated_at` the number of messages at which
    it last moved up; `assigned` is the arm of an experiment.
    """

    target: Target
    route: str
    complexity: float
    last_at: datetime
    asked: str | None = None
    ttl_s: int = SHORT_TTL_S
    prompt_tokens: int = 0
    turns: int = 0
    is_compacted: bool = False
    escalated_at: int = -1
    assigned: Assigned | None = None


def key_of(facts: Facts) -> StickKey | None:
    """The session and agent a call belongs to; None for one without a session."""
    return None if facts.session_id is None else (facts.session_id, facts.agent_id or "")


def is_sticky(facts: Facts) -> bool:
    """Whether a call stays on its session's model, and moves it: side calls do neither."""
    return facts.session_id is not None and facts.kind in STICKY_KINDS


def free_point(stick: Stick | None, facts: Facts, now: datetime) -> str | None:
    """Why a change of model costs nothing here; None where the cache is warm."""
    if stick is None:
        return "start of an agent" if facts.agent_id else "start of a session"
    if stick.asked != facts.asked_model:
        return f"the client asks for {facts.asked_model} now"
    if stick.is_compacted:
        return "after compaction"
    idle_s = (now - stick.last_at).total_seconds()
    return f"cache is {idle_s / 60:.0f} min old" if idle_s > stick.ttl_s else None


def escalation(stick: Stick, weighed: Weighed, policy: Policy) -> str | None:
    """Why the work must move up, once for each cause; None while there is no cause."""
    facts, cues, settings = weighed.facts, weighed.cues, policy.switching
    if facts.messages <= stick.escalated_at:
        return None
    since = (facts.messages - stick.escalated_at) // 2 if stick.escalated_at >= 0 else cues.failures
    if min(cues.failures, since) >= settings.failures:
        return f"{cues.failures} edits or tests failed in a row"
    return "asked again" if cues.is_reask else None


def is_harder(stick: Stick, weighed: Weighed, policy: Policy) -> bool:
    """Whether a new task scores clearly above a threshold that the session's work was below."""
    if weighed.facts.is_tool_turn or not policy.switching.harder_task:
        return False
    marks = (policy.thresholds["moderate_at"], policy.thresholds["complex_at"])
    margin = policy.switching.margin
    return any(stick.complexity < mark <= weighed.score.value - margin for mark in marks)


def raised(complexity: float, policy: Policy) -> float:
    """The complexity one threshold up."""
    marks = sorted((policy.thresholds["moderate_at"], policy.thresholds["complex_at"]))
    return next((mark for mark in marks if mark > complexity), complexity)


def turns_to_pay(stay: TargetPrice, leave: TargetPrice, prompt_tokens: int) -> int | None:
    """Turns after which leaving a warm cache has cost less than staying; None for never."""
    warm_stay, warm_leave = _warm_usd(stay, prompt_tokens), _warm_usd(leave, prompt_tokens)
    cold_leave = _cold_usd(leave, prompt_tokens)
    if cold_leave < warm_stay:
        return 1
    if warm_leave >= warm_stay:
        return None
    return ceil((cold_leave - warm_leave) / (warm_stay - warm_leave))


def _warm_usd(price: TargetPrice, prompt_tokens: int) -> Decimal:
    return (
        prompt_tokens * price.cache_read
        + TURN_INPUT_TOKENS * price.cache_write
        + TURN_OUTPUT_TOKENS * price.output
    )


def _cold_usd(price: TargetPrice, prompt_tokens: int) -> Decimal:
    new = prompt_tokens + TURN_INPUT_TOKENS
    return new * price.cache_write + TURN_OUTPUT_TOKENS * price.output


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a call ended, as far as it moves a session: `answered` is the target that did."""

    weighed: Weighed
    answered: Target
    route: str
    complexity: float
    at: datetime
    prompt_tokens: int
    is_gate: bool = False
    escalated: bool = False
    assigned: Assigned | None = None


def after(stick: Stick | None, turn: Turn) -> Stick | None:
    """Where the session stands once a call was answered; a side call leaves it as it was.

    A gate's own route is not the session's; a summary leaves the model but frees the next call.
    """
    facts = turn.weighed.facts
    if not is_sticky(facts):
        return stick
    if facts.kind is Kind.COMPACT:
        return replace(stick, is_compacted=True, last_at=turn.at) if stick else None
    route, complexity = turn.route, turn.complexity
    if turn.is_gate:
        route = stick.route if stick else DEFAULT
        complexity = stick.complexity if stick else complexity
    return Stick(
        target=turn.answered,
        route=route,
        complexity=complexity,
        last_at=turn.at,
        asked=facts.asked_model,
        ttl_s=LONG_TTL_S if facts.cache_ttl == "1h" else SHORT_TTL_S,
        prompt_tokens=turn.prompt_tokens,
        turns=(stick.turns if stick else 0) + 1,
        escalated_at=facts.messages if turn.escalated else stick.escalated_at if stick else -1,
        assigned=turn.assigned,
    )


def saved(sticks: Mapping[StickKey, Stick], now: datetime) -> bytes:
    """JSON of the sticks that may still matter."""
    rows = [
        {**asdict(stick), "session": session, "agent": agent, "target": str(stick.target)}
        for (session, agent), stick in sticks.items()
        if now - stick.last_at < FORGOTTEN_AFTER
    ]
    return orjson.dumps(rows)


def restored(text: bytes) -> dict[StickKey, Stick]:
    """
    Raises:
        ValueError: the text is not what `saved` writes.
    """
    try:
        return {(row.pop("session"), row.pop("agent")): _stick(row) for row in orjson.loads(text)}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a list of sessions: {error}") from error


def _stick(row: dict[str, object]) -> Stick:
    given: Any = row.get("assigned")
    told = {
        **row,
        "assigned": Assigned(**given) if given else None,
        "target": target_of(str(row["target"])),
        "last_at": datetime.fromisoformat(str(row["last_at"])).astimezone(UTC),
    }
    return Stick(**told)  # type: ignore[arg-type]
