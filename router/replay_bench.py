"""One policy before one history, and what each call would have cost at its target."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from router.budget import prices_now
from router.call import Bill
from router.policy_model import ASKED, Policy, Target, target_of
from router.replay_arrays import Flags, Floats, Ints, coded
from router.replay_choice import Chosen, choose
from router.replay_cost import (
    At,
    Caches,
    RateTable,
    Tokens,
    last_use,
    rate_table,
    usage_at,
    usd_of,
    warm_elsewhere,
)
from router.replay_history import History
from router.replay_options import NOBODY, Options, Standing, groups_of
from router.replay_past import facts_of, past_of
from router.replay_terms import FAMILIES, Scenario, family_of
from router.rules import Compiled, compiled
from router.stickiness import SHORT_TTL_S

MOST_KEPT = 1  # it holds some arrays as long as the history


@dataclass(frozen=True)
class Worked:
    """A scenario call by call. USD are without the factors for steps and answer length.

    `targets` are by number; `target` is the one decided on, before a plan's limits. `family` and
    `was` are numbers in `FAMILIES` of the target and of the logged one.
    """

    targets: list[Target]
    target: Ints
    logged: Ints
    chosen: Chosen | None
    usage: Tokens
    observed: Flags
    prompt_usd: Floats
    answer_usd: Floats


class Bench:
    """One policy, whatever its thresholds, with one login and price day, before one history."""

    def __init__(self, history: History, scenario: Scenario, login: Bill) -> None:
        self.history, self.login = history, login
        self.prices_on = scenario.prices_on
        self.rules = scenario.rules
        self.policy = scenario.rules.policy if scenario.rules else Policy()
        asked = [name for name in history.frame["asked_model"].unique().to_list() if name]
        group, rows = groups_of(history.frame, self.policy)
        day = scenario.prices_on or history.end_at.date()
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        prices = prices_now(history.book, noon, _named(self.policy, asked))
        rules = scenario.rules or compiled(self.policy)
        self.options = Options(rules, Standing(login=login, prices=prices), rows)
        frame, threads = history.frame, history.threads
        facts = history.keep(("facts",), lambda: facts_of(frame, threads), most=1)
        self.past = past_of(frame, threads, facts, self.options, group)
        self.logged = self._logged()
        self._table: tuple[int, RateTable] | None = None

    def chosen(self, rules: Compiled, mark: Ints | None = None) -> Chosen:
        """`mark` is that of the policy's budget by call; None: none is reached."""
        past = self.past
        if mark is not None:
            past = replace(past, group=past.group + mark * len(self.options.rows))
        return choose(past, self.options, rules)

    def worked(self, target: Ints, chosen: Chosen | None) -> Worked:
        """The cost of each call at its target, by number."""
        threads, model = self.history.threads, self.models[target]
        at = At(model, self.has_cache[target], self.ttl_s, warm_elsewhere(threads, model))
        usage, observed = usage_at(threads, self.caches, at)
        observed &= self.same_price[target] == self.same_price[self.logged]
        prompt, answer = self.usd(np.arange(len(target)), target, usage, observed)
        return Worked(
            targets=self.options.targets, target=target, logged=self.logged, chosen=chosen,
            usage=usage, observed=observed, prompt_usd=prompt, answer_usd=answer,
        )  # fmt: skip

    def usd(
        self, calls: Ints, target: Ints, usage: Tokens, observed: Flags
    ) -> tuple[Floats, Floats]:
        """USD of prompt and answer of these calls of the history; an observed call's is the logged
        sum, held in the first.
        """
        answer = np.zeros(len(target))
        known = self.prices_on is None
        prompt = self.history.list_usd[calls] if known else np.zeros(len(target))
        rest = np.flatnonzero(~observed) if known else np.arange(len(target))
        prompt[rest], answer[rest] = usd_of(
            self.table, target[rest], self.day[calls[rest]], usage.at(rest)
        )
        nobody = target == self.nobody
        prompt[nobody] = answer[nobody] = 0.0
        return prompt, answer

    @property
    def day(self) -> Ints:
        return self.history.days[0] if self.prices_on is None else self.history.days[0] * 0

    @property
    def table(self) -> RateTable:
        """Rates of every target met so far."""
        count = len(self.options.targets)
        if self._table is None or self._table[0] != count:
            days = self.history.days[1] if self.prices_on is None else [self.prices_on]
            self._table = count, rate_table(self.history.book, self.options.targets, days)
        return self._table[1]

    @cached_property
    def ttl_s(self) -> Floats:
        """A cache's life: as logged, but five minutes for what was on a plan and now is not."""
        threads = self.history.threads
        if self.login is Bill.PLAN or self.rules is None:
            return threads.ttl_s
        return np.where(self.history.on_plan, float(SHORT_TTL_S), threads.ttl_s)

    @property
    def bills(self) -> list[Bill]:
        return [bill_of(self.policy, target) for target in self.options.targets]

    @property
    def models(self) -> Ints:
        """A number per target, equal where targets share a cache."""
        names = [cache_name(target) for target in self.options.targets]
        first = {name: at for at, name in reversed(list(enumerate(names)))}
        return np.array([first[name] for name in names], np.int64)

    @property
    def same_price(self) -> Ints:
        """A number per target, equal where list prices are: a plan's are the API's."""
        names = [
            (self.history.book.billed_as(target.provider), cache_name(target))
            for target in self.options.targets
        ]
        first = {name: at for at, name in reversed(list(enumerate(names)))}
        return np.array([first[name] for name in names], np.int64)

    @property
    def has_cache(self) -> NDArray[np.bool_]:
        return np.array(["claude" in target.model for target in self.options.targets], np.bool_)

    @cached_property
    def caches(self) -> Caches:
        model = self.models[self.logged]
        use = last_use(self.history.threads, model)
        return Caches(model.astype(np.int16), use.astype(np.int32), self.history.usage)

    @property
    def families(self) -> Ints:
        """The number in `FAMILIES` of each target's model."""
        named = zip(self.options.targets, self.bills, strict=True)
        return np.array([FAMILIES.index(family_of(bill, t.model)) for t, bill in named], np.int64)

    @property
    def nobody(self) -> int:
        return self.options.number(NOBODY)

    def _logged(self) -> Ints:
        codes, names = coded(self.history.frame["target"])
        found = [self.options.number(target_of(name) if name else NOBODY) for name in names]
        return np.array(found, np.int64)[codes] if len(codes) else codes.astype(np.int64)


def bench_of(history: History, scenario: Scenario, login: Bill) -> Bench:
    """The last one is kept with the history: a slider moves thresholds, and all else stays."""
    key = ("bench", id(scenario.rules), login, scenario.prices_on)
    found: Bench = history.keep(key, lambda: Bench(history, scenario, login), MOST_KEPT)
    return found


def with_thresholds(scenario: Scenario) -> Compiled:
    """The scenario's policy with its thresholds moved.

    Raises:
        ValueError: the policy has no such threshold.
    """
    assert scenario.rules
    policy = scenario.rules.policy
    unknown = sorted(set(scenario.thresholds) - set(policy.thresholds))
    if unknown:
        known = ", ".join(sorted(policy.thresholds))
        raise ValueError(f"no threshold {unknown[0]!r} in the policy; it has {known}")
    if not scenario.thresholds:
        return scenario.rules
    moved = {**policy.thresholds, **scenario.thresholds}
    return compiled(policy.model_copy(update={"thresholds": moved}))


def bill_of(policy: Policy, target: Target) -> Bill:
    """Who pays a target: as the policy says, else by what the ledger calls it."""
    if target.provider in policy.providers:
        return policy.providers[target.provider].bill
    return {"max": Bill.PLAN, "ollama": Bill.LOCAL}.get(target.provider, Bill.CASH)


def cache_name(target: Target) -> str:
    """What a model's cache is known by: its name without a date; each other target has its own."""
    head, _, tail = target.model.rpartition("-")
    plain = head if tail.isdigit() and len(tail) == 8 else target.model
    return plain if "claude" in plain else str(target)


def _named(policy: Policy, asked: Sequence[str]) -> set[Target]:
    """Every target that the policy can come to for these models."""
    chains = {target for route in policy.routes for target in policy.chain(route)}
    own = {target._replace(model=model) for target in chains for model in asked}
    return {target for target in chains if target.model != ASKED} | own
