"""Why a target is passed over: login, model, capability, cooldown, limit window, budget."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from router.asked import model_asked, provider_asked
from router.budget import TargetPrice, estimated_usd, mark_of
from router.call import Bill, Kind
from router.capabilities import lack_of, needs_of
from router.cues import estimated_tokens
from router.decision import Candidate, Choice, Scene, Skip
from router.fallback import model_of_window
from router.policy_faults import ANTHROPIC_HOST, host_of
from router.policy_model import Budget, Provider, Step, Target
from router.windows import OVERAGE, WindowReading

FREE = TargetPrice(*[Decimal(0)] * 4)

type Why = str | None


def candidate(scene: Scene, choice: Choice, target: Target) -> Candidate:
    """The target with the first reason to skip it, if there is one."""
    provider = provider_of(scene, target)
    for skip, why_not in CHECKS:
        if why := why_not(scene, choice, target, provider):
            return Candidate(target, skip, why)
    return Candidate(target)


def provider_of(scene: Scene, target: Target) -> Provider:
    """The target's provider; without a routing policy, the client's own account."""
    known = scene.policy.providers.get(target.provider)
    if known is None:
        url, bill = f"https://{ANTHROPIC_HOST}", scene.state.login
        return Provider(base_url=url, auth="client", bill=bill)
    return known


def is_cash(scene: Scene, target: Target) -> bool:
    """Whether an answer costs cash: also on a plan that answers beyond its limit."""
    bill = provider_of(scene, target).bill
    return bill is Bill.CASH or (bill is Bill.PLAN and target.provider in scene.state.overage)


def cash_price(scene: Scene, target: Target) -> TargetPrice | None:
    """Cash per million tokens; None only where not one price is known."""
    return scene.state.prices.of(target) if is_cash(scene, target) else FREE


def reservation_usd(scene: Scene, target: Target) -> Decimal:
    """The cash that the call may cost at this target."""
    facts = scene.weighed.facts
    if facts.kind is Kind.COUNT_TOKENS:
        return Decimal(0)  # "Token counting is free to use", says Anthropic's documentation
    tokens = estimated_tokens(facts, scene.weighed.cues)
    return estimated_usd(cash_price(scene, target), tokens, facts.max_tokens)


def within_budget(scene: Scene, choice: Choice, chain: tuple[Target, ...]) -> tuple[Target, ...]:
    """The chain, with every local and free target behind it where the budget calls for those.

    What must keep its model gets none.
    """
    step = step_now(scene)
    if step not in ("local", "free") or choice.is_gate:
        return chain
    every = [t for route in scene.policy.routes for t in scene.policy.chain(route)]
    local = [t for t in every if provider_of(scene, t).bill is Bill.LOCAL]
    free = [t for t in every if is_cash(scene, t) and scene.state.prices.is_free(t)]
    extra = [*local, *free] if step == "local" else [*free, *local]
    return tuple(dict.fromkeys((*chain, *extra)))


def step_now(scene: Scene) -> Step | None:
    """The budget's step at the highest mark reached."""
    mark = _mark(scene)
    return mark[1] if mark else None


def beyond_budget(scene: Scene, target: Target) -> Why:
    """Why the budget forbids the target, whatever else is in the chain."""
    budget, mark = scene.policy.budget, _mark(scene)
    if budget is None or not _is_paid(scene, target):
        return None
    if mark and mark[1] != "cheaper":
        return _used_up(budget, mark)
    may_cost = reservation_usd(scene, target)
    if scene.state.used_usd + may_cost <= budget.usd:
        return None
    return f"${may_cost:.2f} more would pass the budget of ${budget.usd:.2f}"


def _login(scene: Scene, _choice: Choice, _target: Target, provider: Provider) -> Why:
    if provider.auth == "client" and provider.bill is not scene.state.login:
        is_plan = scene.state.login is Bill.PLAN
        return f"the client sent {'a plan login, no key' if is_plan else 'no plan login'}"
    if provider.api_key_env and provider.api_key_env not in scene.state.keys:
        return f"{provider.api_key_env} is not set"
    return None


def _model(scene: Scene, _choice: Choice, target: Target, provider: Provider) -> Why:
    """A model asked for by provider is no model of Anthropic's, unless it is a Claude."""
    if not target.model:
        return "the request names no model"
    asked = provider_asked(scene.policy, scene.weighed.facts)
    if asked in (None, target.provider) or target.model != model_asked(
        scene.policy, scene.weighed.facts
    ):
        return None
    is_foreign = host_of(provider) == ANTHROPIC_HOST and "claude" not in target.model
    return f"{target.provider} has no {target.model}" if is_foreign else None


def _capability(scene: Scene, _choice: Choice, target: Target, provider: Provider) -> Why:
    """The model asked for, at Anthropic, can do what the client asks: it knows its model."""
    is_own = provider.auth == "client" and target.model == scene.weighed.facts.asked_model
    return None if is_own else lack_of(target, provider, needs_of(scene.weighed))


def _cooling(scene: Scene, _choice: Choice, target: Target, provider: Provider) -> Why:
    now = scene.state.now
    for cooldown in scene.state.cooldowns:
        if cooldown.cools(target, now):
            return f"{cooldown.why}, until {cooldown.until:%Y-%m-%d %H:%M} UTC"
    if provider.bill is not Bill.PLAN or target.provider in scene.state.overage:
        return None
    rejected = [r for r in _windows(scene, target) if r.status == "rejected"]
    return f"{rejected[0].limit_window} is used up" if rejected else None


def _window(scene: Scene, choice: Choice, target: Target, provider: Provider) -> Why:
    """A plan whose window fills is left by light work, but not from a warm cache."""
    limits = scene.policy.limits
    if provider.bill is not Bill.PLAN or target == choice.held or choice.is_gate:
        return None
    if choice.route not in limits.routes:
        return None
    full = [r for r in _windows(scene, target) if (r.utilization or 0) >= limits.leave_at]
    return f"{full[0].limit_window} is at {full[0].utilization:.0%}" if full else None


def _windows(scene: Scene, target: Target) -> Iterable[WindowReading]:
    """The windows that bear on a target and have not been reset since they were read."""
    now = scene.state.now
    for reading in scene.state.readings.get(target.provider, ()):
        is_open = reading.resets_at is None or now < reading.resets_at
        bears = model_of_window(reading.limit_window) in target.model
        if is_open and bears and not reading.limit_window.startswith(OVERAGE):
            yield reading


def _budget(scene: Scene, choice: Choice, target: Target, _provider: Provider) -> Why:
    if why := beyond_budget(scene, target):
        return why
    budget, mark = scene.policy.budget, _mark(scene)
    if not budget or not mark or not _is_paid(scene, target):
        return None
    return None if target == _cheapest(scene, choice) else _used_up(budget, mark)


def _is_paid(scene: Scene, target: Target) -> bool:
    is_free = scene.weighed.facts.kind is Kind.COUNT_TOKENS or scene.state.prices.is_free(target)
    return is_cash(scene, target) and not is_free


def _mark(scene: Scene) -> tuple[str, Step] | None:
    """The budget's highest mark reached, and its step."""
    budget = scene.policy.budget
    return mark_of(budget, scene.state.used_usd) if budget else None


def _used_up(budget: Budget, mark: tuple[str, Step]) -> str:
    return f"{mark[0]} of ${budget.usd:.2f} in {budget.days} days is used: {mark[1]}"


def _cheapest(scene: Scene, choice: Choice) -> Target | None:
    """The paid target of the chain that costs this call least."""
    paid = [
        target
        for target in choice.chain
        if is_cash(scene, target) and _is_open(scene, choice, target)
    ]
    return min(paid, key=lambda target: reservation_usd(scene, target), default=None)


def _is_open(scene: Scene, choice: Choice, target: Target) -> bool:
    """Whether nothing but the budget may keep the target out."""
    provider = provider_of(scene, target)
    return not any(
        why_not(scene, choice, target, provider)
        for skip, why_not in CHECKS
        if skip is not Skip.BUDGET
    )


CHECKS: tuple[tuple[Skip, Callable[[Scene, Choice, Target, Provider], Why]], ...] = (
    (Skip.LOGIN, _login),
    (Skip.MODEL, _model),
    (Skip.CAPABILITY, _capability),
    (Skip.COOLING, _cooling),
    (Skip.BUDGET, _budget),
    (Skip.WINDOW, _window),
)
