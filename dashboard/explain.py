"""Why a call went where it went: a past one by what the ledger keeps, a request by deciding it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from collector import ledger
from collector.prices import overrides_file, price_rows
from router.arms import Assigned
from router.asked import resolved
from router.budget import Prices, prices_now
from router.call import Facts, Kind, Usage
from router.cheaper import Cheaper, next_cheaper
from router.columns import FACT_COLUMNS
from router.complexity import sigma
from router.decide import chain_of
from router.policy_check import load
from router.policy_model import ASKED, Policy, Target, target_of
from router.price_book import PriceBook
from router.rule_trace import tried
from router.rules import Compiled

BUCKETS = (
    "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens",
    "output_tokens",
)  # fmt: skip
ATTEMPT = (
    "attempt_no", "target", "bill", "result", "status", "ttfb_ms", "duration_ms", "list_usd",
    "cost_usd", "unpriced", "error_type", "error",
)  # fmt: skip
ARM = ("experiment", "arm", "propensity")
MONEY = ("list_usd", "cost_usd", "baseline_usd")
NOT_KEPT = "policy {version} is not kept, so its rules and chain are not told"
AS_ASKED = "relayed as asked: no policy routed this call"
FROM_TRANSCRIPT = "known from a transcript only: the gate did not see it"
OTHER_RULE = "on the facts kept the rules give {found!r}; {stored!r} took the call"

type Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Of a past call, `call_id` and `attempts`; of a request, neither, and what may be tried.

    `facts` are by fact column, `chain` holds target, skip and why in order, and for a past call
    whether it was tried. `rule` took the call; `rules` are those tried up to the first that holds.
    Money is USD.
    """

    call_id: str | None = None
    asked_at: datetime | None = None
    is_routed: bool = False
    login: str | None = None
    policy_version: str | None = None
    facts: Mapping[str, Any]
    complexity: float | None = None
    terms: tuple[dict[str, Any], ...] = ()
    rules: tuple[dict[str, Any], ...] = ()
    rule: str | None = None
    route: str | None = None
    reasons: tuple[str, ...] = ()
    arm: Mapping[str, Any] | None = None
    chain: tuple[dict[str, Any], ...] = ()
    stop: str | None = None
    attempts: tuple[dict[str, Any], ...] = ()
    usage: Mapping[str, int] | None = None
    cost: Mapping[str, Decimal | None] = field(default_factory=dict)
    cheaper: Cheaper | None = None
    notes: tuple[str, ...] = ()


def as_object(told: Explanation) -> dict[str, Any]:
    """For JSON: the explanation by field, targets as text."""
    cheaper = told.cheaper
    named = cheaper and {
        **asdict(cheaper),
        "target": str(cheaper.target),
        "instead_of": str(cheaper.instead_of),
    }
    return {**asdict(told), "cheaper": named}


def of_call(db: duckdb.DuckDBPyConnection, folder: Path, call_id: str) -> Explanation:
    """
    Raises:
        ValueError: the ledger holds no such call.
    """
    found = ledger.ask(db, "one_call", call=call_id).to_dicts()
    if not found:
        raise ValueError(f"no call {call_id!r} in the ledger; `faregate ask calls_page` lists them")
    call, attempts = found[0], ledger.ask(db, "call_attempts", call=call_id).to_dicts()
    [kept] = ledger.ask(db, "call_decision", call=call_id).to_dicts() or [{}]
    is_routed = kept.get("rule") is not None
    rules = load(kept["policy_text"]) if is_routed and kept["policy_text"] else None
    terms = json.loads(kept.get("terms") or "{}")
    facts = _facts(kept or {**call, "input_tokens": None}, terms)
    return Explanation(
        call_id=call["call_id"],
        asked_at=call["asked_at"],
        is_routed=is_routed,
        login=kept.get("login"),
        policy_version=call["policy_version"],
        facts=facts,
        complexity=kept.get("complexity"),
        terms=tuple({"name": name, "points": points} for name, points in terms.items()),
        rules=told_rules(rules, facts) if rules else (),
        rule=kept.get("rule"),
        route=call["route"],
        reasons=tuple((call["reason"] or "").split("; ")),
        arm={name: kept[name] for name in ARM} if kept.get("experiment") else None,
        chain=_chain(rules, kept, attempts) if is_routed else (),
        attempts=tuple({name: one[name] for name in ATTEMPT} for one in attempts),
        usage={name: call[name] or 0 for name in BUCKETS},
        cost={name: call[name] for name in MONEY},
        cheaper=_cheaper(rules, folder, call, attempts) if rules else None,
        notes=_notes(call, kept, rules, facts),
    )


def arm_of(given: Assigned | None) -> Mapping[str, Any] | None:
    """The experiment a call counts for, its arm and how likely that was."""
    return asdict(given) if given else None


def told_rules(rules: Compiled, row: Row) -> tuple[dict[str, Any], ...]:
    """Each rule tried: name, when, route, holds (null: unknown), is_gate."""
    return tuple(
        {**one.rule.model_dump(), "holds": one.holds, "is_gate": one.is_gate}
        for one in tried(rules, row)
    )


def targets_of(policy: Policy, asked_model: str | None) -> tuple[Target, ...]:
    """Every target of the policy, `asked` being this model."""
    every = [target for route in policy.routes for target in policy.chain(route)]
    named = [t._replace(model=asked_model or "") if t.model == ASKED else t for t in every]
    return tuple(dict.fromkeys(target for target in named if target.model))


def prices_at(folder: Path, at: datetime, targets: Iterable[Target]) -> Prices:
    """The prices of these targets at `at` (UTC, naive), by today's price list."""
    return prices_now(PriceBook(price_rows(overrides_file(folder))), at, targets)


def _facts(kept: Row, terms: Mapping[str, float]) -> dict[str, Any]:
    """The facts as the rules saw them: `complexity` by the score, whatever was decided on."""
    facts = {name: kept.get(name) for name in FACT_COLUMNS}
    return {**facts, "complexity": sigma(sum(terms.values()))} if terms else facts


def _chain(
    rules: Compiled | None, kept: Row, attempts: Iterable[Row]
) -> tuple[dict[str, Any], ...]:
    """The route's chain with what was passed over; in front what the call tried beside it."""
    skipped = {target: (skip, why) for target, skip, why in json.loads(kept["skipped"] or "[]")}
    asked = [str(one["target"]) for one in attempts]
    chain: list[str] = []
    if rules:
        facts = Facts(kind=Kind(kept["kind"]), asked_model=kept["asked_model"])
        policy = rules.policy
        chain = [str(t) for t in resolved(policy, facts, chain_of(policy, kept["route"]))]
    beside = [target for target in asked if target not in chain]
    every = dict.fromkeys((*beside, *chain, *skipped))
    return tuple(
        _link(target, *skipped.get(target, (None, "")), is_tried=target in asked)
        for target in every
    )


def _link(target: str, skip: str | None, why: str, *, is_tried: bool) -> dict[str, Any]:
    return {"target": target, "skip": skip, "why": why, "is_tried": is_tried}


def _cheaper(
    rules: Compiled, folder: Path, call: Row, attempts: list[dict[str, Any]]
) -> Cheaper | None:
    """By the usage of the attempt that was answered, at the prices of its day."""
    answered = [one for one in attempts if one["result"] == "ok" and not one["usage_missing"]]
    if not answered:
        return None
    last = answered[-1]
    usage = Usage(**{name: last[name] or 0 for name in BUCKETS})
    target = target_of(last["target"])
    others = targets_of(rules.policy, call["asked_model"])
    prices = prices_at(folder, call["asked_at"], (*others, target))
    found = next_cheaper(usage, target, others, prices)
    logged = last["list_usd"]
    return found if found is None or logged is None else replace(found, as_is_usd=logged)


def _notes(call: Row, kept: Row, rules: Compiled | None, facts: Row) -> tuple[str, ...]:
    if not kept:
        return (FROM_TRANSCRIPT if call["source"] == "transcript" else "still open",)
    if kept["rule"] is None:
        return (AS_ASKED,)
    if rules is None:
        return (NOT_KEPT.format(version=kept["policy_version"]),)
    found = tried(rules, facts)[-1].rule.name
    if found != kept["rule"]:
        return (OTHER_RULE.format(found=found, stored=kept["rule"]),)
    return ()
