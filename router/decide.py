"""Where a call goes: kind gates, what was asked for, rules, stickiness, then what targets lack.

The world comes in as a `State`, the chain with its skips goes out as a `Decision`.
"""

from dataclasses import replace
from decimal import Decimal

from router.asked import (
    OWN,
    Asked,
    asked_by_client,
    asked_for,
    own_target,
    pinned_for,
    resolved,
)
from router.call import Kind
from router.columns import Weighed, row_of
from router.decision import RESTING, Candidate, Choice, Decision, Scene, Skip, State
from router.experiment import route_explored
from router.policy_faults import ANTHROPIC_HOST, host_of
from router.policy_model import ASKED, DEFAULT, Policy, Rule, Target
from router.rules import KEEP, Compiled, first_rule
from router.skips import beyond_budget, candidate, cash_price, reservation_usd, within_budget
from router.stickiness import (
    Stick,
    escalation,
    free_point,
    is_harder,
    is_sticky,
    raised,
    turns_to_pay,
)

CURRENT_FIRST = frozenset({Kind.COMPACT, Kind.COUNT_TOKENS, Kind.COUNT_FALLBACK})


def decide(rules: Compiled, weighed: Weighed, state: State) -> Decision:
    """The decision on one call; the same three values always give the same one.

    A probe of the client's holds nothing to decide: it is relayed as it came.
    """
    scene = Scene(rules=rules, weighed=weighed, state=state)
    index = first_rule(rules, row_of(weighed))
    rule = rules.rules[index]
    choice = _choice(scene, rule, is_gate=index < rules.gates)
    candidates, need = _in_need(candidates_of(scene, choice))
    stop, is_relayed = stopped(scene, candidates)
    return Decision(
        route=choice.route,
        rule=rule.name,
        reasons=(*choice.reasons, *need, *_arm(choice, state)),
        candidates=candidates,
        complexity=choice.complexity,
        is_gate=choice.is_gate,
        escalated=choice.escalated,
        may_cost_usd=_may_cost_usd(scene, candidates, is_relayed=is_relayed),
        stop=stop,
        is_relayed=is_relayed,
        assigned=state.assigned,
        is_asked=choice.is_asked,
    )


def is_doubtful(policy: Policy, weighed: Weighed) -> bool:
    """Whether the small classifier, where there is one, should be asked about this call."""
    settings = policy.classifier
    if not settings.target or weighed.facts.is_tool_turn:
        return False
    marks = (policy.thresholds["moderate_at"], policy.thresholds["complex_at"])
    return any(abs(weighed.score.value - mark) <= settings.margin for mark in marks)


def chain_of(policy: Policy, route: str) -> tuple[Target, ...]:
    """The chain of a route; of `keep`, if it is not set, all targets of the model asked for."""
    if route in policy.routes or route != KEEP:
        return policy.chain(route)
    every = [target for name in (DEFAULT, *policy.routes) for target in policy.chain(name)]
    keeping = dict.fromkeys(target for target in every if target.model == ASKED)
    return tuple(keeping) or policy.chain(DEFAULT)


def _choice(scene: Scene, rule: Rule, *, is_gate: bool) -> Choice:
    if not scene.policy.routes:
        own = Target(OWN[scene.state.login], ASKED)
        return chosen(scene, DEFAULT, (own,), "as asked")
    if is_gate:
        return gated(scene, rule)
    asked = asked_for(scene)
    if asked and not asked.fault:
        return as_asked(scene, rule, asked)
    choice = _sticky(scene, rule)
    if (pin := pinned_for(scene, choice.route)) and not pin.fault:
        choice = as_asked(scene, rule, pin)
    fault = (asked.fault,) if asked else ()
    return replace(choice, reasons=(*choice.reasons, *fault))


def _arm(choice: Choice, state: State) -> tuple[str, ...]:
    return (str(state.assigned),) if state.assigned and not choice.is_asked else ()


def chosen(scene: Scene, route: str, chain: tuple[Target, ...], *reasons: str) -> Choice:
    complexity = scene.weighed.score.value
    chain = resolved(scene.policy, scene.weighed.facts, chain)
    return Choice(route=route, chain=chain, reasons=reasons, complexity=complexity)


def gated(scene: Scene, rule: Rule) -> Choice:
    """A gate's chain; a summary or a count goes where the session is, for its warm prefix."""
    kind, stick = scene.weighed.facts.kind, scene.state.stick
    chain = chain_of(scene.policy, rule.route)
    why = f"gate {rule.name}: {kind}"
    if kind in CURRENT_FIRST and stick and stick.target.provider in scene.policy.providers:
        choice = chosen(scene, rule.route, (stick.target, *chain), why, f"as is: {stick.target}")
        return replace(choice, held=stick.target, is_gate=True)
    asked = asked_by_client(scene)
    if rule.route == KEEP and asked and asked.target:
        chain = (asked.target, *chain)
    return replace(chosen(scene, rule.route, chain, why), is_gate=True)


def as_asked(scene: Scene, rule: Rule, asked: Asked) -> Choice:
    """What was asked for first, then the chain of the route that the rules give."""
    route = asked.route or rule.route
    target = (asked.target,) if asked.target else ()
    choice = chosen(scene, route, (*target, *chain_of(scene.policy, route)), asked.why)
    return replace(choice, is_asked=True)


def _ruled(scene: Scene, rule: Rule) -> Choice:
    route = route_explored(scene, rule.route)
    return chosen(scene, route, chain_of(scene.policy, route), f"rule {rule.name}")


def _sticky(scene: Scene, rule: Rule) -> Choice:
    """What the rules want where the session may change its model, else what it is on."""
    wanted, stick, facts = _ruled(scene, rule), scene.state.stick, scene.weighed.facts
    if not is_sticky(facts):
        return wanted
    free = free_point(stick, facts, scene.state.now)
    if stick is None or free:
        return replace(wanted, reasons=(*wanted.reasons, f"free to choose: {free}"))
    if stick.target.provider not in scene.policy.providers:
        return wanted
    if cause := escalation(stick, scene.weighed, scene.policy):
        return _escalated(scene, stick, cause)
    if is_harder(stick, scene.weighed, scene.policy):
        return replace(wanted, reasons=(*wanted.reasons, "the new task is harder"))
    return _held_or_paying(scene, stick, wanted)


def _escalated(scene: Scene, stick: Stick, cause: str) -> Choice:
    """What the same rules give for work one threshold harder."""
    base = max(scene.weighed.score.value, stick.complexity)
    complexity = raised(base, scene.policy)
    row = {**row_of(scene.weighed), "complexity": complexity}
    choice = _ruled(scene, scene.rules.rules[first_rule(scene.rules, row)])
    reasons = (f"escalated: {cause}", *choice.reasons)
    return replace(choice, complexity=complexity, reasons=reasons, escalated=True)


def _held_or_paying(scene: Scene, stick: Stick, wanted: Choice) -> Choice:
    """The session's target, unless the rules want it too, or leaving it soon pays.

    Within a tool loop nothing pays: it would carry another model's thinking.
    """
    first = _first_open(scene, wanted)
    if first in (None, stick.target):
        return replace(wanted, held=stick.target)
    turns = _turns_to_pay(scene, stick, first) if first else None
    is_loop = scene.weighed.facts.is_tool_turn
    if turns is not None and turns <= scene.policy.switching.expected_turns and not is_loop:
        why = f"leaving {stick.target} pays within {turns} turns"
        return replace(wanted, reasons=(*wanted.reasons, why))
    chain = (stick.target, *chain_of(scene.policy, stick.route))
    why = f"held: the cache of {stick.target} is warm"
    held = chosen(scene, stick.route, chain, why, *wanted.reasons)
    return replace(held, held=stick.target, complexity=stick.complexity)


def _turns_to_pay(scene: Scene, stick: Stick, leave_for: Target) -> int | None:
    """By what each costs in cash: a plan and a local model cost none."""
    stay, leave = cash_price(scene, stick.target), cash_price(scene, leave_for)
    if stay is None or leave is None:
        return None
    return turns_to_pay(stay, leave, stick.prompt_tokens)


def _first_open(scene: Scene, choice: Choice) -> Target | None:
    candidates = candidates_of(scene, choice)
    return next((one.target for one in candidates if one.skip is None), None)


def candidates_of(scene: Scene, choice: Choice) -> tuple[Candidate, ...]:
    chain = within_budget(scene, choice, choice.chain)
    chain = resolved(scene.policy, scene.weighed.facts, chain)
    return tuple(candidate(scene, choice, target) for target in chain)


def _may_cost_usd(scene: Scene, candidates: tuple[Candidate, ...], *, is_relayed: bool) -> Decimal:
    may_be_tried = [one.target for one in candidates if one.skip in (None, *RESTING)]
    own = [_own(scene)] if is_relayed else []
    return max((reservation_usd(scene, t) for t in (*may_be_tried, *own)), default=Decimal(0))


def _in_need(
    candidates: tuple[Candidate, ...],
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Where every target is skipped, the best of those that a limit alone keeps out is tried.

    A refusal by a plan's limit tells the client more than one of ours.
    """
    if any(one.skip is None for one in candidates):
        return candidates, ()
    for skip in (Skip.WINDOW, Skip.COOLING):
        for at, one in enumerate(candidates):
            if one.skip is skip:
                opened = (*candidates[:at], Candidate(one.target), *candidates[at + 1 :])
                return opened, (f"nothing else is left: {one.why}",)
    return candidates, ()


def stopped(scene: Scene, candidates: tuple[Candidate, ...]) -> tuple[str | None, bool]:
    """What the client is told where no target may be tried, and whether the call is relayed."""
    if any(one.skip is None for one in candidates):
        return None, False
    is_meant = _means_anthropic(scene.policy)
    spent = next((one.why for one in candidates if one.skip is Skip.BUDGET), None)
    if is_meant and not spent:
        spent = beyond_budget(scene, _own(scene))
    if spent:
        return f"budget reached: {spent}; raise budget.usd in policy.toml, or wait", False
    told = "; ".join(f"{one.target}: {one.why}" for one in candidates)
    return f"no target can answer: {told}", is_meant


def _means_anthropic(policy: Policy) -> bool:
    hosts = {host_of(provider) for provider in policy.providers.values()}
    return ANTHROPIC_HOST in hosts or not policy.routes


def _own(scene: Scene) -> Target:
    return own_target(scene.policy, scene.weighed.facts, scene.state.login)
