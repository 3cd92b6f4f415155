"""What a gate has learnt, and what it decides by: windows, cooldowns, sessions, cash in flight.

A world is told of every attempt and every end; nothing here asks the network or a file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from router.budget import Prices, Spending, TargetPrice, reserved, settled, spent, used_usd
from router.call import Attempt, Bill, Decided, Facts, Result, Usage
from router.columns import Weighed, weigh
from router.complexity import Weights
from router.cues import estimated_tokens
from router.decide import decide
from router.decision import Cooldown, Decision, State
from router.experiment_stop import Progress
from router.fallback import cooldown_of, cooled
from router.policy_model import Policy, Target
from router.rules import Compiled
from router.stickiness import Stick, StickKey, Turn, after, key_of
from router.windows import WindowReading, is_overage, readings_of
from router.wire.chat_thoughts import NO_THOUGHTS, Thoughts
from router.wire.request import Body

MOST_STICKS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to become of one call: the decision, and what it was made from."""

    rules: Compiled
    weighed: Weighed
    decision: Decision
    login: Bill
    policy_version: str

    @property
    def policy(self) -> Policy:
        return self.rules.policy

    @property
    def decided(self) -> Decided:
        cues, score = self.weighed.cues, self.weighed.score
        given = self.decision.counted
        skipped = (one for one in self.decision.candidates if one.skip)
        return Decided(
            login=self.login,
            rule=self.decision.rule,
            task=score.task,
            complexity=score.value,
            estimated_tokens=estimated_tokens(self.weighed.facts, cues),
            documents=cues.documents,
            media_bytes=cues.media_bytes,
            web_search=cues.web_search,
            tool_errors=cues.tool_errors,
            failures=cues.failures,
            is_reask=cues.is_reask,
            tag=cues.tag,
            terms={term.name: round(term.points, 4) for term in score.terms},
            skipped=tuple((str(one.target), str(one.skip), one.why) for one in skipped),
            experiment=given.experiment if given else None,
            arm=given.arm if given else None,
            propensity=given.propensity if given else None,
            weights=score.weights,
        )


class World:
    """One per gate. `sticks` may be those of the gate before it."""

    def __init__(
        self,
        weights: Weights,
        sticks: Mapping[StickKey, Stick] | None = None,
    ) -> None:
        self.sticks = dict(sticks or {})
        self.readings: dict[str, tuple[WindowReading, ...]] = {}
        self.cooldowns: tuple[Cooldown, ...] = ()
        self.overage: frozenset[str] = frozenset()
        self.prices = Prices()
        self.thoughts: Thoughts = NO_THOUGHTS
        self.spending = Spending()
        self.weights = weights
        self.progress: Mapping[str, Progress] = {}
        self._heard: set[str] = set()
        self._recent: list[tuple[datetime, Decimal]] = []

    def weighed(self, facts: Facts, body: Body | None) -> Weighed:
        return weigh(facts, body, self.weights)

    def state(self, policy: Policy, facts: Facts, now: State) -> State:
        """The world as this call finds it; `now` holds what the caller knows: time, login, keys."""
        key = key_of(facts)
        days = policy.budget.days if policy.budget else 0
        return replace(
            now,
            cooldowns=self.cooldowns,
            readings=self.readings,
            overage=self.overage,
            stick=self.sticks.get(key) if key else None,
            used_usd=used_usd(self.spending, now.now, days) if days else Decimal(0),
            prices=self.prices,
        )

    def began(self, call_id: str, decision: Decision) -> None:
        """Reserve what the call may cost."""
        if decision.may_cost_usd:
            self.spending = reserved(self.spending, call_id, decision.may_cost_usd)

    def heard(self, attempt: Attempt, now: datetime) -> None:
        """Learn of the limits and failures that an attempt showed."""
        readings = readings_of(attempt.limits)
        if readings:
            fresh = {one.limit_window: one for one in readings}
            held = {one.limit_window: one for one in self.readings.get(attempt.provider, ())}
            self._heard.add(attempt.provider)
            self.readings[attempt.provider] = tuple({**held, **fresh}.values())
            is_beyond = is_overage(attempt.limits)
            others = self.overage - {attempt.provider}
            self.overage = others | {attempt.provider} if is_beyond else others
        self.cooldowns = cooled(self.cooldowns, cooldown_of(attempt, now), now)

    def cool(self, cooldown: Cooldown, now: datetime) -> None:
        self.cooldowns = cooled(self.cooldowns, cooldown, now)

    def warm(self, provider: str, why: str) -> None:
        """End a provider's cooldown of this kind: it answers again."""
        self.cooldowns = tuple(
            one for one in self.cooldowns if (one.provider, one.why) != (provider, why)
        )

    def ended(self, call_id: str, plan: Plan, attempts: Iterable[Attempt], now: datetime) -> None:
        """Settle what the call cost, and move its session to the target that answered."""
        tried = list(attempts)
        self._settle(call_id, self._cash_usd(tried), now)
        answered = next((one for one in reversed(tried) if one.result is Result.OK), None)
        key = key_of(plan.weighed.facts)
        if answered is None or key is None:
            return
        stick = after(self.sticks.get(key), _turn(plan, answered, now))
        if stick is not None:
            self.sticks.pop(key, None)
            self.sticks[key] = stick  # newest last, so that the oldest go first
        while len(self.sticks) > MOST_STICKS:
            del self.sticks[next(iter(self.sticks))]

    def remind(self, readings: Mapping[str, tuple[WindowReading, ...]]) -> None:
        """Take the ledger's word for the windows of providers that have not answered yet."""
        unheard = {name: told for name, told in readings.items() if name not in self._heard}
        self.readings |= unheard

    def rebase(self, by_hour: Mapping[int, Decimal], as_of: datetime) -> None:
        """Take the ledger's word for the cash spent until then; later calls and those in flight
        are counted here.
        """
        self._recent = [(at, usd) for at, usd in self._recent if at >= as_of]
        self.spending = spent(replace(self.spending, by_hour=by_hour), self._recent)

    def _settle(self, call_id: str, usd: Decimal | None, now: datetime) -> None:
        held = self.spending.reserved.get(call_id, Decimal(0))
        self._recent.append((now, held if usd is None else usd))
        self.spending = settled(self.spending, call_id, now, usd)

    def _cash_usd(self, attempts: list[Attempt]) -> Decimal | None:
        """What these attempts cost in cash; None where that cannot be known."""
        total = Decimal(0)
        for attempt in attempts:
            if attempt.bill is not Bill.CASH or attempt.metered.usage is None:
                continue
            price = self.prices.of(Target(attempt.provider, attempt.model or ""))
            if price is None:
                return None
            total += usage_usd(price, attempt.metered.usage)
        return total


def usage_usd(price: TargetPrice, usage: Usage) -> Decimal:
    """The list price of a usage, an hour's cache writes counted as two inputs."""
    return (
        usage.input_tokens * price.input
        + usage.cache_write_5m_tokens * price.cache_write
        + usage.cache_write_1h_tokens * max(2 * price.input, price.cache_write)
        + usage.cache_read_tokens * price.cache_read
        + usage.output_tokens * price.output
    ).scaleb(-6)


def _turn(plan: Plan, answered: Attempt, now: datetime) -> Turn:
    usage = answered.metered.usage
    tokens = (
        usage.prompt_tokens if usage else estimated_tokens(plan.weighed.facts, plan.weighed.cues)
    )
    decision = plan.decision
    return Turn(
        weighed=plan.weighed,
        answered=Target(answered.provider, answered.model or ""),
        route=decision.route,
        complexity=decision.complexity,
        at=now,
        prompt_tokens=tokens,
        is_gate=decision.is_gate,
        escalated=decision.escalated,
        assigned=decision.assigned,
    )


def planned(rules: Compiled, version: str, weighed: Weighed, state: State) -> Plan:
    return Plan(
        rules=rules,
        weighed=weighed,
        decision=decide(rules, weighed, state),
        login=state.login,
        policy_version=version,
    )
