"""What a policy will not do as its reader may think: findings beyond the faults of its text."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from router.arms import overridden
from router.call import Bill, Kind
from router.policy import located, parse
from router.policy_faults import ANTHROPIC_HOST, host_of
from router.policy_model import ASKED, DEFAULT, Policy, Rule, Target, target_of
from router.rule_text import columns_of, fault_of, normal, tokens
from router.rules import Compiled, compiled, gates_of, kinds_met, type_faults
from router.toml_lines import Key

SMALLEST_LOCAL_CONTEXT = 65_536

type Found = tuple[Key, str]
type PriceKnown = Callable[[Target], bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend; `text` is one line with the key and the remedy."""

    key: Key
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.key))}: {self.text}"


def load(text: str, name: str = "policy.toml") -> Compiled:
    """A policy ready to decide by.

    Raises:
        ValueError: one line that names the file, the line, the key and what is wrong with it.
    """
    policy = parse(text, name)
    for key, what in type_faults(policy):
        raise ValueError(located(text, name, key, what))
    if policy.experiment and policy.experiment.overrides:
        for key, what in type_faults(overridden(policy, policy.experiment.overrides)):
            raise ValueError(located(text, name, ("experiment", "overrides", *key), what))
    return compiled(policy)


def check(policy: Policy, columns: Iterable[str], price_known: PriceKnown) -> list[Finding]:
    """What to mend in a policy that parses; `columns` are those the ledger can replay."""
    found = (
        *_unreachable(policy),
        *_unknown_columns(policy, frozenset(columns)),
        *_unpriced(policy, price_known),
        *_unused(policy),
        *_odd_providers(policy),
    )
    return [Finding(key, text) for key, text in found]


def _unreachable(policy: Policy) -> Iterator[Found]:
    """Rules behind one that always holds, has the same `when`, or takes all of their kinds."""
    seen: dict[str, str] = {}
    closed_by: str | None = None
    gates = gates_of(policy)
    left = frozenset(Kind).difference(*(_kinds(gate, policy) for gate in gates))
    for at, rule in enumerate(policy.rules):
        key: Key = ("rules", at, "when")
        same = seen.get(normal(rule.when))
        is_kinds_only = columns_of(rule.when) == {"kind"} and rule not in gates
        met = _kinds(rule, policy) if is_kinds_only else frozenset()
        if closed_by:
            yield key, f"{rule.name!r} is never reached: {closed_by!r} before it always holds"
        elif same:
            yield key, f"{rule.name!r} is never reached: {same!r} has the same `when`"
        elif is_kinds_only and not met & left:
            yield key, f"{rule.name!r} is never reached: gates or rules before it take its kinds"
        elif not columns_of(rule.when):
            closed_by = rule.name if _kinds(rule, policy) else None
            if not closed_by:
                yield key, f"{rule.name!r} never holds at these thresholds"
        seen.setdefault(normal(rule.when), rule.name)
        left -= met


def _kinds(rule: Rule, policy: Policy) -> frozenset[Kind]:
    """The kinds a rule takes for certain; none for one that asks about more than the kind."""
    if fault_of(rule.when, policy.thresholds) or columns_of(rule.when) - {"kind"}:
        return frozenset()
    return kinds_met(rule, policy, tuple(Kind))


def _unknown_columns(policy: Policy, columns: frozenset[str]) -> Iterator[Found]:
    for at, rule in enumerate(policy.rules):
        if missing := sorted(columns_of(rule.when) - columns):
            what = f"{', '.join(missing)} not kept in the ledger, so replay cannot see it"
            yield ("rules", at, "when"), what


def _unpriced(policy: Policy, price_known: PriceKnown) -> Iterator[Found]:
    told: set[Target] = set()
    for route in policy.routes:
        for target in policy.chain(route):
            provider = policy.providers.get(target.provider)
            if provider is None or target.model == ASKED or target in told:
                continue
            told.add(target)
            if provider.bill is Bill.CASH and not price_known(target):
                what = f"{target} has no price; add one to price_overrides.toml"
                yield ("routes", route), what


def _unused(policy: Policy) -> Iterator[Found]:
    words = {text for rule in policy.rules for _, text in tokens(rule.when)}
    known = set(Policy().thresholds)
    for name in policy.thresholds:
        if name not in words and name not in known:
            yield ("thresholds", name), "is used by no rule; use or delete it"
    used = {target.provider for route in policy.routes for target in policy.chain(route)}
    used |= {target_of(use).provider for use in policy.projects.values()}
    used.add(target_of(policy.classifier.target or "").provider)
    for name in policy.providers:
        if policy.routes and name not in used:
            yield ("providers", name), "is in no route; name it in one or delete it"
    routed = {DEFAULT, "keep", "background", *(rule.route for rule in policy.rules)}
    routed |= set(policy.projects.values())
    routed |= set(policy.exploration.routes) if policy.exploration else set()
    for route in policy.routes:
        if route not in routed:
            yield ("routes", route), "is named by no rule; only a pin can lead to it"


def _odd_providers(policy: Policy) -> Iterator[Found]:
    for name, provider in policy.providers.items():
        if provider.auth == "client" and host_of(provider) != ANTHROPIC_HOST:
            what = f"the client's login goes to {host_of(provider)}, not to {ANTHROPIC_HOST}"
            yield ("providers", name, "auth"), what
        if provider.bill is Bill.LOCAL and (provider.context_tokens or 0) < SMALLEST_LOCAL_CONTEXT:
            what = f"set it, and the server, to {SMALLEST_LOCAL_CONTEXT} or tool calls will fail"
            yield ("providers", name, "context_tokens"), what
