"""Stories: one line per call, written into a real ledger as the loader would write it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from collector import ledger
from collector.rows import Batch
from router.call import Attempt, Bill, Call, Decided, Facts, Kind, Metered, Result, Usage
from router.price import Priced
from tests.fakes.limits import plan_limits

MAX = ("max", "claude-opus-4-6", Bill.PLAN)
OPUS = ("anthropic", "claude-opus-4-6", Bill.CASH)
SONNET = ("anthropic", "claude-sonnet-4-5", Bill.CASH)
HAIKU = ("anthropic", "claude-haiku-4-5", Bill.CASH)
LOCAL = ("ollama", "qwen3-coder:30b", Bill.LOCAL)
FREE = ("openrouter", "qwen/qwen3-coder:free", Bill.CASH)

Target = tuple[str, str, Bill]
Tried = Sequence[tuple[Target, Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a line may add. `usd` is the list value (None: no price), `opus_usd` that on Opus."""

    project: str | None = "shop"
    session: str | None = "s1"
    usd: str | None = "0.10"
    opus_usd: str = "0.20"
    usage: Usage = field(default_factory=lambda: Usage(input_tokens=100, output_tokens=10))
    windows: dict[str, float] = field(default_factory=dict)
    retry_of: str | None = None
    capture: str = "base_url"
    rule: str | None = None  # a routed call; its route is named like the rule
    reason: str = "as asked"
    complexity: float = 0.5
    skipped: tuple[tuple[str, str, str], ...] = ()
    price_ids: tuple[str, ...] = ()
    policy: str | None = None
    trial: tuple[str, str, float] | None = None  # experiment, arm, propensity; a routed call
    facts: dict[str, Any] = field(default_factory=dict)  # other facts of the request


def tell(path: Path, *lines: tuple[Any, ...]) -> list[str]:
    """Write calls; their ids. A line is: UTC time, kind, who was tried, what else is told.

    `("2026-02-03 09:00", "main", [(MAX, Result.LIMIT_HIT), (SONNET, Result.OK)], {"usd": "0.3"})`
    """
    batch, ids = Batch(), []
    for asked_at, kind, tried, *rest in lines:
        told = Told(**(rest[0] if rest else {}))
        call = _call(datetime.fromisoformat(asked_at), Kind(kind), tried, told)
        record = orjson.loads(orjson.dumps({"row": "end", **asdict(call)}))
        batch.add(record, _price_of(told))
        ids.append(call.call_id)
    with ledger.writing(path) as db:
        for table in Batch.TABLES:
            ledger.append(db, table, getattr(batch, table))
    return ids


def set_plan(path: Path, usd: int) -> None:
    with ledger.writing(path) as db:
        db.execute("insert or replace into settings values ('plan_usd', ?)", [str(usd)])


def _price_of(told: Told) -> Any:
    def price(provider: str, model: str, at: datetime, metered: Metered, bill: Bill) -> Priced:
        baseline_usd = Decimal(told.opus_usd)
        if told.usd is None:
            reason = f"no price for {provider}/{model}"
            return Priced(list_usd=None, cost_usd=None, baseline_usd=baseline_usd, unpriced=reason)
        list_usd = Decimal(told.usd)
        cash = list_usd if bill is Bill.CASH else Decimal(0)
        return Priced(
            list_usd=list_usd, cost_usd=cash, baseline_usd=baseline_usd, price_ids=told.price_ids
        )

    return price


def _call(asked_at: datetime, kind: Kind, tried: Tried, told: Told) -> Call:
    call_id = f"{asked_at:%m%d-%H%M%S}-{kind}-{told.session}"
    attempts = tuple(
        _attempt(number, asked_at, target, result, told)
        for number, (target, result) in enumerate(tried, start=1)
    )
    return Call(
        call_id=call_id,
        asked_at=asked_at,
        facts=Facts(
            kind=kind,
            project=told.project,
            session_id=told.session,
            **{"asked_model": "claude-opus-4-6", **told.facts},
        ),
        attempts=attempts,
        route=told.rule or ("default" if kind is Kind.MAIN else "background"),
        reason=told.reason,
        policy_version=told.policy,
        decided=_decided(told) if told.rule else None,
        result=attempts[-1].result,
        status=attempts[-1].status,
        duration_ms=1200.0,
        request_id=f"req_{call_id}",
        capture=told.capture,
        retry_of=told.retry_of,
    )


def _decided(told: Told) -> Decided:
    experiment, arm, propensity = told.trial or (None, None, None)
    return Decided(
        experiment=experiment,
        arm=arm,
        propensity=propensity,
        login=Bill.PLAN,
        rule=told.rule or "",
        task="other",
        complexity=told.complexity,
        estimated_tokens=1000,
        documents=0,
        media_bytes=0,
        web_search=False,
        tool_errors=0,
        failures=0,
        is_reask=False,
        tag=None,
        terms={"prompt": 0.5},
        skipped=told.skipped,
    )


def _attempt(number: int, at: datetime, target: Target, result: Result, told: Told) -> Attempt:
    provider, model, bill = target
    answered = result is Result.OK
    is_hit = result is Result.LIMIT_HIT
    shares = {"5h": 1.0} if is_hit else told.windows if bill is Bill.PLAN else {}
    resets_at = (at + timedelta(hours=2)).replace(tzinfo=UTC) if shares else None
    return Attempt(
        attempt_no=number,
        provider=provider,
        model=model,
        bill=bill,
        result=result,
        started_at=at,
        status=200 if answered else 429 if is_hit else 529,
        ttfb_ms=400.0,
        duration_ms=1200.0,
        limits=dict(plan_limits(resets_at, **shares)) if shares else {},
        metered=Metered(usage=told.usage, model=model, complete=True) if answered else Metered(),
    )
