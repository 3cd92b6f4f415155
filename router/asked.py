"""What was asked for by name: a subagent's tag, the model of the request, a pin, a project."""

from collections.abc import Mapping
from dataclasses import dataclass

from router.call import Bill, Facts
from router.decision import Pin, Scene
from router.policy_model import ASKED, Policy, Target, target_of

# The providers of a client's own login, as the ledger names them.
OWN: Mapping[Bill, str] = {Bill.PLAN: "max", Bill.CASH: "anthropic", Bill.LOCAL: "anthropic"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A target or a route, and who asked; `fault` says why neither can be had."""

    why: str
    target: Target | None = None
    route: str | None = None
    fault: str = ""


def asked_for(scene: Scene) -> Asked | None:
    """What was asked for this call, the nearest voice first; None when nobody asked."""
    facts, policy = scene.weighed.facts, scene.policy
    if tag := scene.weighed.cues.tag:
        return _named(policy, tag, "subagent tag")
    if asked := asked_by_client(scene):
        return asked
    if pin := _pin(scene, None):
        return _named(policy, pin.use, "pinned")
    prefixes = [prefix for prefix in policy.projects if (facts.project or "").startswith(prefix)]
    if facts.project and prefixes:
        longest = max(prefixes, key=len)
        return _named(policy, policy.projects[longest], f"project {longest}")
    return None


def asked_by_client(scene: Scene) -> Asked | None:
    """The target the request's own model names, with its provider."""
    model = scene.weighed.facts.asked_model
    if model and is_explicit(scene.policy, model):
        return _named(scene.policy, model, "asked by the client")
    return None


def pinned_for(scene: Scene, route: str) -> Asked | None:
    """What a pin of this one route wants."""
    pin = _pin(scene, route)
    return _named(scene.policy, pin.use, f"pinned for {route}") if pin else None


def is_explicit(policy: Policy, model: str | None) -> bool:
    """Whether a model is named with its provider: `provider,model`, or `provider/model` where
    there is such a provider (model names hold slashes too).
    """
    if not model:
        return False
    return "," in model or _provider(policy, _split(model).provider) is not None


def model_asked(policy: Policy, facts: Facts) -> str:
    """The model that `asked` stands for, without its provider."""
    model = facts.asked_model or ""
    return _split(model).model if is_explicit(policy, model) else model


def own_target(policy: Policy, facts: Facts, login: Bill) -> Target:
    """Where a call goes that is relayed as it was asked."""
    return Target(OWN[login], model_asked(policy, facts) or "?")


def provider_asked(policy: Policy, facts: Facts) -> str | None:
    """The provider the client named, None when it named only a model."""
    if not is_explicit(policy, facts.asked_model):
        return None
    return _provider(policy, _split(facts.asked_model or "").provider)


def _named(policy: Policy, text: str, who: str) -> Asked:
    if text in policy.routes:
        return Asked(f"{who}: {text}", route=text)
    named = _split(text)
    provider = _provider(policy, named.provider)
    if provider is None or not named.model:
        return Asked(who, fault=f"{who}: {text} is no route and no target of a known provider")
    return Asked(f"{who}: {text}", target=Target(provider, named.model))


def _pin(scene: Scene, route: str | None) -> Pin | None:
    """The newest pin in force for the route."""
    now = scene.state.now
    held = [pin for pin in scene.state.pins if pin.until is None or now < pin.until]
    return next((pin for pin in reversed(held) if pin.route == route), None)


def _split(text: str) -> Target:
    """Split at the first comma, or at the first slash where there is none."""
    if "," in text:
        provider, _, model = text.partition(",")
        return Target(provider.strip(), model.strip())
    return target_of(text)


def _provider(policy: Policy, name: str) -> str | None:
    """The provider of that name, in any case."""
    return next((known for known in policy.providers if known.lower() == name.lower()), None)


def resolved(policy: Policy, facts: Facts, chain: tuple[Target, ...]) -> tuple[Target, ...]:
    """The chain with `asked` replaced by the model asked for, each target once."""
    model = model_asked(policy, facts)
    named = (t._replace(model=model) if t.model == ASKED else t for t in chain)
    return tuple(dict.fromkeys(named))
