"""What is wrong with a policy as a whole: names that lead nowhere, credentials that go astray."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from router.arms import EXPLORATION, overridden, without_experiment
from router.call import Bill
from router.columns import FACT_COLUMNS
from router.policy_model import DEFAULT, Experiment, Overrides, Policy, Provider, target_of
from router.rule_text import KEYWORDS, NAME, fault_of
from router.toml_lines import Key

ANTHROPIC_HOST = "api.anthropic.com"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
APPENDED = ("/v1/messages", "/chat/completions")

type Fault = tuple[Key, str]


def faults_of(policy: Policy) -> Iterator[Fault]:
    """Each fault as (key, what is wrong and the remedy), in the order of the file's tables."""
    yield from _threshold_faults(policy)
    for name, provider in policy.providers.items():
        for key, what in _provider_faults(provider):
            yield ("providers", name, key), what
    yield from _rule_faults(policy)
    yield from _route_faults(policy)
    yield from _reference_faults(policy)
    yield from _trial_faults(policy)


def host_of(provider: Provider) -> str:
    return urlsplit(provider.base_url).hostname or ""


def _threshold_faults(policy: Policy) -> Iterator[Fault]:
    for name in policy.thresholds:
        if name in FACT_COLUMNS or name in KEYWORDS or not NAME.fullmatch(name):
            yield ("thresholds", name), "is a column or a word of SQL; choose another name"
    moderate_at, complex_at = policy.thresholds["moderate_at"], policy.thresholds["complex_at"]
    if moderate_at > complex_at:
        yield ("thresholds", "moderate_at"), f"is above complex_at ({complex_at}); lower it"


def _provider_faults(provider: Provider) -> Iterator[tuple[str, str]]:
    host = host_of(provider)
    if provider.auth == "client" and provider.api_key_env:
        yield "api_key_env", 'stands beside auth = "client"; keep one of them'
    if provider.auth == "client" and host not in {ANTHROPIC_HOST, *LOOPBACK}:
        yield "auth", f"would send the client's login to {host}; name a key in api_key_env instead"
    if provider.bill is Bill.PLAN and provider.auth != "client":
        yield "bill", 'a plan is the client\'s own login; add auth = "client", or bill "cash"'
    if provider.base_url.rstrip("/").endswith(APPENDED):
        yield "base_url", "ends in the endpoint, which its wire appends; leave that out"
    if provider.base_url.startswith("http://") and provider.api_key_env and host not in LOOPBACK:
        yield "base_url", f"would send a key to {host} unencrypted; use https"


def _rule_faults(policy: Policy) -> Iterator[Fault]:
    names = Counter(rule.name for rule in policy.rules)
    for at, rule in enumerate(policy.rules):
        if names[rule.name] > 1:
            yield ("rules", at, "name"), f"{rule.name!r} is used twice; rename one"
        if fault := fault_of(rule.when, policy.thresholds):
            yield ("rules", at, "when"), fault
        if rule.route not in policy.routes:
            yield ("rules", at, "route"), _no_route(policy, rule.route)


def _route_faults(policy: Policy) -> Iterator[Fault]:
    if policy.routes and DEFAULT not in policy.routes:
        yield ("routes",), f"{DEFAULT} is missing; add the chain of calls that no rule sends on"
    for route, chain in policy.routes.items():
        if not chain:
            yield ("routes", route), "is empty; name at least one provider/model"
        for text in chain:
            if fault := _target_fault(policy, text):
                yield ("routes", route), fault


def _reference_faults(policy: Policy) -> Iterator[Fault]:
    for prefix, use in policy.projects.items():
        if use not in policy.routes and (fault := _target_fault(policy, use)):
            yield ("projects", prefix), fault if "/" in use else _no_route(policy, use)
    for route in policy.limits.routes if "limits" in policy.model_fields_set else ():
        if route not in policy.routes:
            yield ("limits", "routes"), _no_route(policy, route)
    target = policy.classifier.target
    if target and (fault := _target_fault(policy, target)):
        yield ("classifier", "target"), fault


def _trial_faults(policy: Policy) -> Iterator[Fault]:
    for route in policy.exploration.routes if policy.exploration else ():
        if route not in policy.routes:
            yield ("exploration", "routes"), _no_route(policy, route)
    if policy.experiment:
        yield from _experiment_faults(policy, policy.experiment)


def _experiment_faults(policy: Policy, experiment: Experiment) -> Iterator[Fault]:
    if experiment.name == EXPLORATION:
        yield ("experiment", "name"), "is the exploration's own; choose another"
    if not policy.routes:
        yield ("experiment",), "there are no routes to try it on; put in a preset's or your own"
    elif (experiment.policy is None) == (experiment.overrides is None):
        yield ("experiment",), "name either a policy or [experiment.overrides]"
    elif experiment.overrides:
        yield from _overrides_faults(policy, experiment.overrides)


def _overrides_faults(policy: Policy, overrides: Overrides) -> Iterator[Fault]:
    """What the overrides break that was whole without them."""
    known = set(faults_of(without_experiment(policy)))
    for key, what in faults_of(overridden(policy, overrides)):
        if (key, what) not in known:
            yield ("experiment", "overrides", *key), what


def _target_fault(policy: Policy, text: str) -> str | None:
    provider, model = target_of(text)
    if not provider or not model:
        return f"{text!r} is no target; write provider/model"
    if provider not in policy.providers:
        known = ", ".join(policy.providers) or "none"
        return f"{text!r} names the unknown provider {provider!r}; known are {known}"
    return None


def _no_route(policy: Policy, route: str) -> str:
    known = ", ".join(policy.routes) or "none"
    return f"{route!r} is no route; known are {known}"
