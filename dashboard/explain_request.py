"""Where a request in a file would go now, under the policy in force."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson

from collector.live_policy import LivePolicy, in_arm
from collector.live_weights import LiveWeights
from collector.pins import LivePins
from collector.prices import overrides_file, price_rows
from collector.summing import summed_up
from dashboard.explain import (
    AS_ASKED,
    Explanation,
    arm_of,
    prices_at,
    targets_of,
    told_rules,
)
from router.budget import Spending, used_usd
from router.call import Bill, Facts
from router.cheaper import next_cheaper, usual_turn
from router.columns import Weighed, row_of, weigh
from router.cues import estimated_tokens
from router.decide import decide
from router.decision import Candidate, State
from router.experiment_stop import Progress
from router.facts import facts_of_body, parsed
from router.kinds import Headers
from router.policy_model import Policy
from router.price_book import PriceBook
from router.providers import account_of
from router.rules import Compiled
from router.wire.request import Body

RELAYED = "no target may answer it, so it is relayed to Anthropic as asked"
NO_LOGIN = "the file holds no plan login, so it is taken for a call with an API key"
NEITHER = "holds neither a Messages body nor an object with method, path, headers and body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as a file tells it; `body_bytes` is its size on the wire, if that is told."""

    method: str
    path: str
    headers: Headers
    body: Body
    body_bytes: int | None

    @property
    def facts(self) -> Facts:
        raw = orjson.dumps(self.body)
        facts = facts_of_body(self.method, self.path, self.headers, raw, self.body)
        return replace(facts, body_bytes=self.body_bytes or facts.body_bytes)


def read(file: Path) -> Request:
    """
    Raises:
        ValueError: the file is no JSON object, or holds no request.
        OSError: it cannot be read.
    """
    told = parsed(file.read_bytes())
    if told is None:
        raise ValueError(f"{file} is not a JSON object; write a Messages body into it")
    wrapped = told if isinstance(told.get("body"), dict) else {"body": told}
    body, size = wrapped["body"], wrapped.get("body_bytes")
    if "messages" not in body:
        raise ValueError(f"{file} {NEITHER}")
    return Request(
        method=str(wrapped.get("method", "POST")),
        path=str(wrapped.get("path", "/v1/messages")),
        headers=_headers(file, wrapped.get("headers") or []),
        body=body,
        body_bytes=size if isinstance(size, int) else None,
    )


def _headers(file: Path, told: Any) -> Headers:
    pairs = told.items() if isinstance(told, dict) else told
    try:
        return [(str(name).encode(), str(value).encode()) for name, value in pairs]
    except (TypeError, ValueError):
        raise ValueError(f"{file}: headers are no list of pairs and no object") from None


def of_request(
    db: duckdb.DuckDBPyConnection,
    folder: Path,
    request: Request,
    environ: Mapping[str, str] = os.environ,
) -> Explanation:
    """What a gate on this data folder, with these variables set, would decide at this moment."""
    login = account_of(request.headers).bill
    weighed = weigh(request.facts, request.body, LiveWeights(folder).now)
    told = _as_asked(weighed, login)
    in_force = LivePolicy(folder).rules_for(login)
    if in_force is None:
        return told
    keys = frozenset(name for name, value in environ.items() if value)
    now = State(now=datetime.now(UTC), login=login, keys=keys)
    state, progress = _state(db, folder, in_force.rules.policy, weighed.facts, now)
    arm, state = in_arm(in_force, weighed, state, progress)
    decided = _decided(arm.rules, weighed, state)
    return replace(told, policy_version=arm.version, **decided)


def _as_asked(weighed: Weighed, login: Bill) -> Explanation:
    terms = weighed.score.terms
    return Explanation(
        login=login,
        facts=row_of(weighed),
        complexity=weighed.score.value,
        terms=tuple(
            {"name": t.name, "points": t.points, "amount": t.amount, "found": t.found}
            for t in terms
        ),
        reasons=("as asked",),
        notes=(AS_ASKED, *(() if login is Bill.PLAN else (NO_LOGIN,))),
    )


def _state(
    db: duckdb.DuckDBPyConnection, folder: Path, policy: Policy, facts: Facts, state: State
) -> tuple[State, Mapping[str, Progress]]:
    """The world by the ledger and the pins; no session is begun, nothing is cooling."""
    book = PriceBook(price_rows(overrides_file(folder)))
    known = summed_up(db, book, [policy], state.now)
    days = policy.budget.days if policy.budget else 0
    naive = state.now.replace(tzinfo=None)
    found = replace(
        state,
        readings=known.readings,
        pins=LivePins(folder).now,
        used_usd=used_usd(Spending(by_hour=known.spent), state.now, days),
        prices=prices_at(folder, naive, targets_of(policy, facts.asked_model)),
    )
    return found, known.progress


def _decided(rules: Compiled, weighed: Weighed, state: State) -> dict[str, Any]:
    decision = decide(rules, weighed, state)
    facts = weighed.facts
    usage = usual_turn(estimated_tokens(facts, weighed.cues))
    others = targets_of(rules.policy, facts.asked_model)
    target = decision.target
    return {
        "is_routed": not decision.is_relayed,
        "complexity": decision.complexity,
        "rules": told_rules(rules, row_of(weighed)),
        "rule": decision.rule,
        "route": decision.route,
        "reasons": decision.reasons,
        "arm": arm_of(decision.counted),
        "chain": tuple(map(_link, decision.candidates)),
        "stop": decision.stop,
        "cost": {"may_cost_usd": decision.may_cost_usd},
        "cheaper": next_cheaper(usage, target, others, state.prices) if target else None,
        "notes": (
            *((RELAYED,) if decision.is_relayed else ()),
            *(() if state.login is Bill.PLAN else (NO_LOGIN,)),
        ),
    }


def _link(one: Candidate) -> dict[str, Any]:
    skip = str(one.skip) if one.skip else None
    return {"target": str(one.target), "skip": skip, "why": one.why, "is_tried": False}
