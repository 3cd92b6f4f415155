"""A policy for people: what it says, and how two of them differ."""

from collections.abc import Iterator, Mapping
from typing import Any

from router.policy import digest
from router.policy_model import Budget, Experiment, Exploration, Policy, Provider
from router.rules import compiled

LABEL = 11
LONGEST_WHEN = 76


def shown(policy: Policy, source: str) -> str:
    """The policy in force, rules and gates in the order in which they are tried."""
    parts = {
        "policy": [f"{digest(policy)}, {source}"],
        "rules": list(_rule_lines(policy)),
        "routes": [f"{name:<13} {' → '.join(chain)}" for name, chain in policy.routes.items()],
        "projects": [f"{prefix}… → {use}" for prefix, use in policy.projects.items()],
        "providers": [_provider_line(name, one) for name, one in policy.providers.items()],
        "thresholds": [f"{name} {value:g}" for name, value in policy.thresholds.items()],
        "budget": [_budget_line(policy.budget)],
        "limits": [_limits_line(policy)],
        "experiment": [_experiment_line(policy.experiment)] if policy.experiment else [],
        "exploring": [_exploration_line(policy.exploration)] if policy.exploration else [],
        "classifier": [policy.classifier.target] if policy.classifier.target else [],
    }
    return "\n".join(line for label, lines in parts.items() for line in _labelled(label, lines))


def differences(old: Policy, new: Policy) -> list[str]:
    """What differs in meaning, one line a key: `- key: value` went, `+ key: value` came."""
    before, after = _flat(old), _flat(new)
    lines = []
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            lines += [f"- {key}: {before[key]}"] if key in before else []
            lines += [f"+ {key}: {after[key]}"] if key in after else []
    return lines + _order(old, new)


def _labelled(label: str, lines: list[str]) -> Iterator[str]:
    for at, line in enumerate(lines):
        yield f"{label if at == 0 else '':<{LABEL}}{line}"


def _rule_lines(policy: Policy) -> Iterator[str]:
    ready = compiled(policy)
    for at, rule in enumerate(ready.rules):
        kind = "gate" if at < ready.gates else "rule"
        when = " ".join(rule.when.split())
        when = when if len(when) <= LONGEST_WHEN else when[: LONGEST_WHEN - 1] + "…"
        yield f"{kind} {rule.name:<14} → {rule.route:<13} {when}"


def _provider_line(name: str, provider: Provider) -> str:
    key = "the client's own login" if provider.auth else "no key"
    key = f"key in {provider.api_key_env}" if provider.api_key_env else key
    held = f", {provider.context_tokens:,} tokens" if provider.context_tokens else ""
    return f"{name:<13} {provider.wire} at {provider.base_url}, {provider.bill}, {key}{held}"


def _budget_line(budget: Budget | None) -> str:
    if budget is None:
        return "none"
    steps = [f"{mark} {step}" for mark, step in budget.on_soft.items()]
    marks = ", ".join([*steps, f"100% {budget.on_hard}"])
    return f"${budget.usd:.2f} of cash in {budget.days} days: {marks}"


def _limits_line(policy: Policy) -> str:
    routes = ", ".join(policy.limits.routes)
    return f"above {policy.limits.leave_at:.0%} of a plan's window, {routes} leave the plan"


def _experiment_line(experiment: Experiment) -> str:
    other = f"policy {experiment.policy}" if experiment.policy else "these rules with overrides"
    kinds, tiers = ", ".join(experiment.kinds), ", ".join(experiment.tiers)
    return f"{experiment.name}: {experiment.share:.0%} of {tiers} {kinds} work by {other}"


def _exploration_line(exploration: Exploration) -> str:
    return f"{exploration.share:.0%} of {', '.join(exploration.routes)} by another of these routes"


def _flat(policy: Policy) -> dict[str, str]:
    said = policy.model_dump(mode="json", exclude_none=True)
    said["rules"] = {rule["name"]: rule for rule in said["rules"]}
    return dict(_leaves("", said))


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return
    for key, inner in value.items():
        yield from _leaves(f"{path}.{key}" if path else str(key), inner)


def _order(old: Policy, new: Policy) -> list[str]:
    """The order of the rules, where the same rules stand in another."""
    before, after = [r.name for r in old.rules], [r.name for r in new.rules]
    if before == after or sorted(before) != sorted(after):
        return []
    return [f"- rules in order: {', '.join(before)}", f"+ rules in order: {', '.join(after)}"]
