"""Which target of a chain would be tried first, for every class of call that replay meets.

Calls that differ in nothing a chain's checks look at form a class. The router's own checks run
once for each class and chain, on one call of the class; the answers are kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from router.asked import asked_for, own_target
from router.budget import Prices, levels_usd
from router.call import Bill, Facts, Kind
from router.capabilities import LONG_CLAUDE_TOKENS, OUTPUT_TOKENS
from router.columns import Weighed
from router.complexity import NO_TASK, Score
from router.cues import BYTES_PER_TOKEN, TOKENS_PER_IMAGE, Cues
from router.decide import as_asked, candidates_of, chain_of, chosen, gated, stopped
from router.decision import Choice, Scene, State
from router.policy_model import DEFAULT, Policy, Rule, Target
from router.replay_arrays import Ints
from router.replay_input import UNSCORED
from router.rules import Compiled
from router.skips import cash_price, provider_of
from router.stickiness import Stick, turns_to_pay

ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)
NOBODY = Target("nobody", "")
LONGEST_PROMPT = 4_000_000
CONTEXTS = (32_768, 200_000, LONG_CLAUDE_TOKENS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a replay supposes of the world: who pays for the client's own login, which keys are
    set (None: every one the policy names), and prices in force.
    """

    login: Bill
    prices: Prices
    keys: frozenset[str] | None = None


@dataclass
class Options:
    """Targets by number, and the first open one of each chain, found when first asked for.

    A class of calls is asked for by its number; at a mark of the policy's budget, by that and as
    many more as there are classes for each mark below.
    """

    rules: Compiled
    standing: Standing
    rows: list[dict[str, Any]]
    targets: list[Target] = field(default_factory=list)
    _numbers: dict[Target, int] = field(default_factory=dict)
    _firsts: dict[tuple[object, ...], int] = field(default_factory=dict)
    _pays: dict[tuple[int, int], tuple[float, float]] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        return self.rules.policy

    @cached_property
    def used_usd(self) -> tuple[Decimal, ...]:
        """What is used of the budget, by mark."""
        return levels_usd(self.policy.budget) if self.policy.budget else (Decimal(0),)

    def number(self, target: Target) -> int:
        if target not in self._numbers:
            self._numbers[target] = len(self.targets)
            self.targets.append(target)
        return self._numbers[target]

    def wanted(self, group: int, route: str) -> int:
        """The first open target of a route; that of what was asked for, where something was."""
        return self._kept(("wanted", group, route), lambda: self._wanted(group, route))

    def opens(self, group: int, route: str) -> bool:
        """Whether any target of a route is open."""
        return bool(self._kept(("opens", group, route), lambda: self._opens(group, route)))

    def _opens(self, group: int, route: str) -> int:
        scene = self.scene(group)
        choice = chosen(scene, route, chain_of(self.policy, route))
        return int(any(one.skip is None for one in candidates_of(scene, choice)))

    def gate(self, group: int, rule: Rule, on: int = -1) -> int:
        """As `wanted` by a gate, for a session that is on target number `on`."""
        return self._kept(("gate", group, rule.name, on), lambda: self._gate(group, rule, on))

    def held(self, group: int, on: int, route: str) -> int:
        """The target of a session that stays on target number `on` and its route."""
        return self._kept(("held", group, on, route), lambda: self._held(group, on, route))

    def beyond(self, group: int, route: str, gate: Rule | None, past_limit: str) -> int:
        """Where a call of a plan goes once its window is spent: the chain's next target, or the
        policy's local one; nobody where it waits or there is none.
        """
        key = ("beyond", group, route, gate.name if gate else None, past_limit)
        return self._kept(key, lambda: self._beyond(group, route, gate, past_limit))

    def _beyond(self, group: int, route: str, gate: Rule | None, past_limit: str) -> int:
        if past_limit in ("queue", "stop") or not self.policy.routes:
            return self.number(NOBODY)
        scene = self.scene(group)
        chain = chain_of(self.policy, route)
        if past_limit == "local":
            chain = tuple(t for name in self.policy.routes for t in self.policy.chain(name))
        choice = gated(scene, gate) if gate else chosen(scene, route, chain)
        bills = {Bill.LOCAL} if past_limit == "local" else {Bill.LOCAL, Bill.CASH}
        for one in candidates_of(scene, choice):
            if one.skip is None and provider_of(scene, one.target).bill in bills:
                return self.number(one.target)
        return self.number(NOBODY)

    def asked_route(self, group: int) -> str | None:
        """The route that the class of call names itself, empty where it names a target; None where
        it names neither.
        """
        asked = asked_for(self.scene(group)) if self.policy.routes else None
        return None if asked is None or asked.fault else asked.route or ""

    def pays(self, stay: int, leave: int) -> tuple[float, float]:
        """Prompt lengths (from, below) at which leaving a warm cache pays soon enough.

        The turns it takes are a quotient of two linear functions of the length, so there is at
        most one length at which the answer changes.
        """
        key = (stay, leave)
        if key not in self._pays:
            self._pays[key] = self._pays_between(self.targets[stay], self.targets[leave])
        return self._pays[key]

    def scene(self, group: int, on: int = -1) -> Scene:
        mark, row = divmod(group, len(self.rows))
        keys = self.standing.keys
        named = {p.api_key_env for p in self.policy.providers.values() if p.api_key_env}
        stick = None
        if on >= 0:
            stick = Stick(
                target=self.targets[on], route=DEFAULT, complexity=UNSCORED, last_at=ANY_TIME
            )
        state = State(
            now=ANY_TIME,
            login=self.standing.login,
            keys=frozenset(named) if keys is None else keys,
            prices=self.standing.prices,
            stick=stick,
            used_usd=self.used_usd[mark],
        )
        return Scene(rules=self.rules, weighed=weighed_of(self.rows[row]), state=state)

    def own(self, group: int) -> Target:
        """Where a call goes that is relayed as asked."""
        facts = self.scene(group).weighed.facts
        return own_target(self.policy, facts, self.standing.login)

    def _kept(self, key: tuple[object, ...], find: Any) -> int:
        if key not in self._firsts:
            self._firsts[key] = find()
        return self._firsts[key]

    def _wanted(self, group: int, route: str) -> int:
        scene = self.scene(group)
        if not self.policy.routes:
            return self._as_it_came(scene, group)
        asked = asked_for(scene)
        if asked and not asked.fault:
            rule = Rule(name=DEFAULT, when="true", route=route)
            return self._first(scene, as_asked(scene, rule, asked), group)
        return self._first(scene, chosen(scene, route, chain_of(self.policy, route)), group)

    def _as_it_came(self, scene: Scene, group: int) -> int:
        return self._first(scene, chosen(scene, DEFAULT, (self.own(group),)), group)

    def _gate(self, group: int, rule: Rule, on: int) -> int:
        scene = self.scene(group, on)
        if not self.policy.routes:
            return self._as_it_came(scene, group)
        return self._first(scene, gated(scene, rule), group)

    def _held(self, group: int, on: int, route: str) -> int:
        scene, target = self.scene(group, on), self.targets[on]
        return self._first(
            scene, chosen(scene, route, (target, *chain_of(self.policy, route))), group
        )

    def _first(self, scene: Scene, choice: Choice, group: int) -> int:
        """The first open target; where there is none, as the gate does: relayed, or nobody."""
        candidates = candidates_of(scene, choice)
        for one in candidates:
            if one.skip is None:
                return self.number(one.target)
        _, is_relayed = stopped(scene, candidates)
        return self.number(self.own(group) if is_relayed else NOBODY)

    def _pays_between(self, stay: Target, leave: Target) -> tuple[float, float]:
        scene = self.scene(0)
        prices = cash_price(scene, stay), cash_price(scene, leave)
        most = self.policy.switching.expected_turns

        def holds(tokens: int) -> bool:
            if prices[0] is None or prices[1] is None:
                return False
            turns = turns_to_pay(prices[0], prices[1], tokens)
            return turns is not None and turns <= most

        at_none, at_most = holds(0), holds(LONGEST_PROMPT)
        if at_none == at_most:
            return (0.0, np.inf) if at_none else (np.inf, np.inf)
        low, high = 0, LONGEST_PROMPT
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if holds(middle) == at_none else (low, middle)
        return (0.0, float(high)) if at_none else (float(high), np.inf)


def weighed_of(row: Mapping[str, Any]) -> Weighed:
    """A past call as it was weighed, from a row of the input frame."""
    images = row["images"] or 0
    text_tokens = (row["input_tokens"] or 0) - images * TOKENS_PER_IMAGE
    facts = Facts(
        kind=Kind(row["kind"]),
        project=row["project"],
        session_id=row["session_id"],
        agent_id=row["agent_id"] or None,
        agent_type=row["agent_type"],
        asked_model=row["asked_model"],
        stream=bool(row["stream"]),
        body_bytes=max(round(text_tokens * BYTES_PER_TOKEN), 0),
        tools=row["tools"] or 0,
        messages=row["messages"] or 0,
        images=images,
        max_tokens=row["max_tokens"],
        thinking=row["thinking"],
        thinking_budget=row["thinking_budget"],
        effort=row["effort"],
        tool_choice=row["tool_choice"],
        cache_ttl=row["cache_ttl"],
        last_text_chars=row["last_text_chars"] or 0,
        is_tool_turn=bool(row["is_tool_turn"]),
        client=row["client"],
        entrypoint=row["entrypoint"],
        git_branch=row["git_branch"],
    )
    cues = Cues(
        tag=row["tag"],
        web_search=bool(row["web_search"]),
        documents=row["documents"] or 0,
        tool_errors=row["tool_errors"] or 0,
        failures=row["failures"] or 0,
        is_reask=bool(row["is_reask"]),
    )
    complexity = row["complexity"]
    score = Score(UNSCORED if complexity is None else complexity, task=row["task"] or NO_TASK)
    return Weighed(facts=facts, cues=cues, score=score)


def groups_of(frame: pl.DataFrame, policy: Policy) -> tuple[Ints, list[dict[str, Any]]]:
    """The class of each call, and one call of each class as a row."""
    told = {p.context_tokens for p in policy.providers.values() if p.context_tokens}
    marks = sorted({*CONTEXTS, *told})
    asked, prompt = (pl.col(name).cast(pl.Int64) for name in ("max_tokens", "input_tokens"))
    room = pl.min_horizontal(asked.fill_null(OUTPUT_TOKENS), OUTPUT_TOKENS)
    needed = (prompt + room).cast(pl.Float64)
    is_named = pl.col("project") if policy.projects else pl.lit(None, pl.String)
    keys = frame.select(
        "kind",
        "asked_model",
        "tag",
        "web_search",
        is_named.alias("named"),
        (pl.col("tools") > 0).alias("tools"),
        pl.col("tool_choice").is_in(["any", "tool"]).alias("forced"),
        (pl.col("images") > 0).alias("images"),
        (pl.col("documents") > 0).alias("documents"),
        pl.col("thinking").is_in(["enabled", "adaptive"]).alias("thinks"),
        pl.sum_horizontal([(needed > mark).cast(pl.Int8) for mark in marks]).alias("size"),
    )
    names = keys.columns
    first = keys.with_row_index("at").group_by(names, maintain_order=True).agg(pl.first("at"))
    groups = keys.join(
        first.with_row_index("group"), on=names, how="left", nulls_equal=True, maintain_order="left"
    )["group"]
    rows = frame[first["at"].to_list()].to_dicts() if len(frame) else []
    return groups.cast(pl.Int64).to_numpy(), rows
