"""A month of work replayed under one policy, by the router's own decision, with and without memory.

What a call costs is modelled: a model reads from its cache what it answered in the same session
within five minutes, and everything else of the prompt is written anew. Answers are as long
whoever gives them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from collector import ledger, policies, prices
from collector.files import ledger_file
from dashboard import demo_work
from dashboard.demo_work import Wish
from router.budget import Prices, Spending, prices_now, spent, spent_usd
from router.call import Bill, Kind, Usage
from router.columns import Weighed
from router.complexity import Score
from router.cues import Cues
from router.decide import chain_of, decide
from router.decision import Decision, State
from router.policy_model import ASKED, DEFAULT, Policy, Target
from router.rules import BACKGROUND, Compiled, compiled
from router.stickiness import Stick, StickKey, Turn, after, key_of
from router.world import usage_usd

TTL = timedelta(minutes=5)
KEYS = frozenset({"OPENROUTER_API_KEY"})
ENDS_AT = datetime(2026, 11, 23, 12)  # demo times are UTC without a zone
DAYS, SEED = 30, 20


@dataclass(slots=True)
class Replayed:
    """What the month came to."""

    calls: int = 0
    usd: Decimal = Decimal(0)
    switches: int = 0
    cold_tokens: int = 0
    by_target: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Caches:
    """What each target holds of each session: tokens, and when they were last used."""

    held: dict[tuple[StickKey | None, Target], tuple[int, datetime]] = field(default_factory=dict)

    def used(self, wish: Wish, target: Target) -> Usage:
        """The usage of this wish at that target, which holds its prompt from now on."""
        prompt = wish.new_tokens + wish.kept_tokens
        key = (key_of(wish.facts), target)
        tokens, at = self.held.get(key, (0, datetime.min))
        is_warm = wish.asked_at - at <= TTL and tokens <= prompt
        read = tokens if is_warm else 0
        self.held[key] = (prompt, wish.asked_at)
        return Usage(
            cache_read_tokens=read,
            cache_write_5m_tokens=prompt - read,
            output_tokens=wish.output_tokens,
        )


def wishes(days: int = DAYS) -> list[Wish]:
    """The made-up month of the demo, in order of time."""
    planned = demo_work.sessions(Random(SEED), ENDS_AT, days)
    every = (wish for session in planned for wish in session.wishes)
    return sorted(every, key=lambda wish: wish.asked_at)


def api_policy() -> Compiled:
    """The preset for API keys, without its budget: all that differs is where calls go."""
    preset = policies.preset("api").policy
    return compiled(preset.model_copy(update={"budget": None}))


def price_list(folder: Path, policy: Policy, asked: Iterable[str]) -> Prices:
    """List prices of every target that the policy can name for these models."""
    chains = [chain_of(policy, route) for route in policy.routes]
    named = {target for chain in chains for target in chain}
    own = {Target(t.provider, model) for t in named if t.model == ASKED for model in asked}
    with ledger.writing(ledger_file(folder)) as db:
        book = prices.fresh_book(db, folder, policy.baseline_model)
    return prices_now(book, ENDS_AT.replace(tzinfo=UTC), named | own)


@dataclass(frozen=True, slots=True)
class Answered:
    """A wish, the target that answered it, and the usage that took."""

    wish: Wish
    target: Target
    usage: Usage


def replay(rules: Compiled, month: list[Wish], known: Prices, *, remembers: bool) -> Replayed:
    """Every wish sent to the first target of its decision; without memory, each on its own."""
    told = Replayed()
    last: dict[StickKey | None, Target] = {}
    for call in answered(rules, month, known, remembers=remembers):
        facts, key = call.wish.facts, key_of(call.wish.facts)
        _count(told, call.usage, known, call.target)
        if facts.kind in (Kind.MAIN, Kind.SUBAGENT):
            told.switches += last.get(key, call.target) != call.target
            last[key] = call.target
    return told


def answered(
    rules: Compiled, month: list[Wish], known: Prices, *, remembers: bool
) -> Iterator[Answered]:
    """The same, call by call: what `router.replay` is held to, and shares no code with. A call
    that the policy's budget refuses is left out.
    """
    caches, spending, budget = Caches(), Spending(), rules.policy.budget
    sticks: dict[StickKey | None, Stick | None] = {}
    for wish in month:
        key, weighed = key_of(wish.facts), weighed_of(wish)
        state = _state(wish, known, sticks.get(key))
        if budget:
            state = replace(state, used_usd=spent_usd(spending, state.now, budget.days))
        decision = decide(rules, weighed, state)
        if decision.stop and decision.stop.startswith("budget"):
            continue
        assert decision.target, decision.stop
        usage = caches.used(wish, decision.target)
        if decision.target.provider != "ollama":
            usd = usage_usd(known.known[decision.target], usage)
            spending = spent(spending, [(state.now, usd)])
        if remembers:
            sticks[key] = after(sticks.get(key), _turn(wish, weighed, decision, usage))
        yield Answered(wish, decision.target, usage)


def weighed_of(wish: Wish) -> Weighed:
    return Weighed(facts=wish.facts, cues=Cues(), score=Score(wish.complexity, task=wish.task))


def _state(wish: Wish, known: Prices, stick: Stick | None) -> State:
    now = wish.asked_at.replace(tzinfo=UTC)
    return State(now=now, login=Bill.CASH, keys=KEYS, prices=known, stick=stick)


def _turn(wish: Wish, weighed: Weighed, decision: Decision, usage: Usage) -> Turn:
    return Turn(
        weighed=weighed,
        answered=decision.target or Target("", ""),
        route=decision.route or DEFAULT,
        complexity=decision.complexity,
        at=wish.asked_at.replace(tzinfo=UTC),
        prompt_tokens=usage.prompt_tokens,
        is_gate=decision.is_gate,
        escalated=decision.escalated,
    )


def _count(told: Replayed, usage: Usage, known: Prices, target: Target) -> None:
    told.calls += 1
    told.by_target[str(target)] = told.by_target.get(str(target), 0) + 1
    if target.provider == "ollama":
        return
    told.usd += usage_usd(known.known[target], usage)
    told.cold_tokens += usage.cache_write_5m_tokens


def as_asked(rules: Compiled) -> Compiled:
    """The same policy with every main route at the model asked for; background work as it was."""
    routes = {
        name: chain if name == BACKGROUND else ("anthropic/asked",)
        for name, chain in rules.policy.routes.items()
    }
    return compiled(rules.policy.model_copy(update={"routes": routes}))


def replays(folder: Path) -> dict[str, Replayed]:
    """The month as asked, per session, and per call."""
    rules, month = api_policy(), wishes()
    known = price_list(folder, rules.policy, {wish.model for wish in month})
    return {
        "as asked": replay(as_asked(rules), month, known, remembers=True),
        "per session": replay(rules, month, known, remembers=True),
        "per call": replay(rules, month, known, remembers=False),
    }
