"""A claude-code-router configuration (versions 1 and 2) made a policy, each key accounted for.

Nothing that looks like a key is copied: a secret becomes the name of an environment variable.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import json5

from router.ccr_providers import Carried, Entry, carried, filled
from router.policy import parse, text_of
from router.policy_model import DEFAULT, THRESHOLDS, Policy
from router.wire.untrusted import rows, table

THRESHOLD = "long_context_tokens"


@dataclass(frozen=True, slots=True)
class Imported:
    """The policy as TOML, and what became of each key of the configuration, in its order."""

    text: str
    account: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One key of `Router`: our route, and the rule that leads to it (None where none need)."""

    key: str
    route: str
    when: str | None
    note: str = ""


# In the order in which claude-code-router tries them.
SCENARIOS = (
    Scenario("image", "image", "images > 0", "also for older pictures, which had a tool before"),
    Scenario("longContext", "long_context", f"input_tokens > {THRESHOLD}"),
    Scenario(
        "background", "background", "asked_model like '%claude%' and asked_model like '%haiku%'",
        "titles and hooks too",
    ),
    Scenario("webSearch", "web_search", "web_search"),
    Scenario(
        "think", "think", "thinking in ('enabled', 'adaptive')",
        "Claude Code asks for thinking in nearly every call; delete the rule to route by the rest",
    ),
    Scenario("default", DEFAULT, None),
)  # fmt: skip

ELSEWHERE = {
    "PORT": "not in a policy: faregate up --port",
    "HOST": "not in a policy: faregate listens on 127.0.0.1",
    "APIKEY": "dropped: on 127.0.0.1 no key is asked for; it is a secret and was not copied",
    "API_TIMEOUT_MS": "not in a policy: faregate env sets it for Claude Code",
    "PROXY_URL": "not in a policy: set HTTPS_PROXY for faregate up",
    "HTTPS_PROXY": "not in a policy: set HTTPS_PROXY for faregate up",
    "https_proxy": "not in a policy: set HTTPS_PROXY for faregate up",
    "httpsProxy": "not in a policy: set HTTPS_PROXY for faregate up",
    "LOG": "not in a policy: every call is in the ledger",
    "LOG_LEVEL": "not in a policy: every call is in the ledger",
    "CLAUDE_PATH": "not carried: faregate claude starts the claude on your PATH",
    "NON_INTERACTIVE_MODE": "not carried: faregate claude passes its arguments on",
    "CUSTOM_ROUTER_PATH": "not carried: it is JavaScript; write it as rules",
    "REWRITE_SYSTEM_PROMPT": "not carried: faregate does not change prompts",
    "forceUseImageAgent": "not carried: pictures go to the image route as they are",
    "transformers": "not carried: it is JavaScript",
    "plugins": "not carried: speed is in the ledger",
    "Plugins": "not carried: speed is in the ledger",
    "StatusLine": "not carried: faregate statusline writes its own",
}
UNKNOWN = "not carried: not known to claude-code-router either"


def imported(text: str, environ: Mapping[str, str], name: str = "config.json") -> Imported:
    """The policy that does what the configuration did. `environ` fills in names and URLs only.

    Raises:
        ValueError: one line that names the file: not JSON5, or nothing to route to.
    """
    config = _read(text, name)
    providers = carried(config, environ)
    routes, rules, routed = _routing(config, providers, environ)
    if not routes:
        raise ValueError(f"{name}: no provider with a name, a URL, a key and models; add one")
    used = {target.partition("/")[0] for chain in routes.values() for target in chain}
    policy = Policy.model_validate(
        {
            "version": 1,
            "thresholds": {THRESHOLD: _threshold(config)},
            "providers": providers.providers,
            "rules": tuple(rules),
            "routes": routes,
        }
    )
    unused = [
        Entry(f"Providers {key}", "in no route: asked for as provider/model", kept=True)
        for key in providers.providers
        if key not in used
    ]
    written = text_of(policy)
    parse(written, f"the policy made of {name}")
    return Imported(written, (*providers.account, *routed, *unused, *_others(config)))


def _read(text: str, name: str) -> dict[str, Any]:
    try:
        config = json5.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name}: not JSON5: {str(error).partition(chr(10))[0]}") from error
    if not isinstance(config, dict):
        raise ValueError(f"{name}: not a configuration; it holds no table of keys")
    return config


def _routing(
    config: Mapping[str, Any], providers: Carried, environ: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], list[dict[str, str]], list[Entry]]:
    router, after = table(config.get("Router")), table(config.get("fallback"))
    routes: dict[str, tuple[str, ...]] = {}
    rules: list[dict[str, str]] = []
    account: list[Entry] = []
    for scenario in SCENARIOS:
        first = _first(scenario, router, providers, environ, account)
        chain = (*first, *_after(scenario, after, providers, environ, account))
        if first or (chain and scenario.route == DEFAULT):
            routes[scenario.route] = tuple(dict.fromkeys(chain))
            if scenario.when:
                rule = {"name": f"ccr {scenario.key}", "when": scenario.when}
                rules.append({**rule, "route": scenario.route})
    if DEFAULT not in routes and (any_model := _any_model(providers)):
        routes[DEFAULT] = (any_model,)
        account.append(Entry("Router.default", f"was missing; routes.default is {any_model}"))
    return routes, rules, [*account, *_other_keys(router, after)]


def _first(
    scenario: Scenario,
    router: Mapping[str, Any],
    providers: Carried,
    environ: Mapping[str, str],
    account: list[Entry],
) -> tuple[str, ...]:
    key = f"Router.{scenario.key}"
    if scenario.key not in router:
        return ()
    target = _target(router[scenario.key], providers, environ)
    if target is None:
        account.append(Entry(key, "not carried: it names no provider,model that was carried"))
        return ()
    note = f" ({scenario.note})" if scenario.note else ""
    account.append(Entry(key, f"routes.{scenario.route} is {target}{note}", kept=True))
    return (target,)


def _after(
    scenario: Scenario,
    fallback: Mapping[str, Any],
    providers: Carried,
    environ: Mapping[str, str],
    account: list[Entry],
) -> Iterator[str]:
    for at, told in enumerate(rows(fallback.get(scenario.key))):
        key = f"fallback.{scenario.key}.{at}"
        target = _target(told, providers, environ)
        if target is None:
            account.append(Entry(key, "not carried: it names no provider,model that was carried"))
        else:
            became = f"next in routes.{scenario.route}: {target}"
            account.append(Entry(key, became, kept=True))
            yield target


def _target(told: object, providers: Carried, environ: Mapping[str, str]) -> str | None:
    """`provider,model`, split at the first comma and found in any case; the model as listed."""
    provider, comma, model = filled(told, environ).partition(",")
    name = providers.names.get(provider.strip().lower())
    model = model.strip()
    if name is None or not comma or not model:
        return None
    listed = (known for known in providers.models[name] if known.lower() == model.lower())
    return f"{name}/{next(listed, model)}"


def _any_model(providers: Carried) -> str | None:
    every = (f"{name}/{model}" for name, models in providers.models.items() for model in models)
    return next((target for target in every if not target.endswith("/")), None)


def _threshold(config: Mapping[str, Any]) -> float:
    told = table(config.get("Router")).get("longContextThreshold")
    try:
        number = float(told) if isinstance(told, str | int | float) else 0.0
    except ValueError:
        number = 0.0
    return number if 0 < number < 1e9 else THRESHOLDS[THRESHOLD]


def _other_keys(router: Mapping[str, Any], fallback: Mapping[str, Any]) -> Iterator[Entry]:
    known = {scenario.key for scenario in SCENARIOS}
    for key in router:
        if key == "longContextThreshold":
            yield Entry(f"Router.{key}", f"thresholds.{THRESHOLD}", kept=True)
        elif key not in known:
            yield Entry(f"Router.{key}", "not carried: write it as a rule")
    for key in fallback:
        if key not in known:
            yield Entry(f"fallback.{key}", UNKNOWN)


def _others(config: Mapping[str, Any]) -> Iterator[Entry]:
    """The keys at the top that hold neither providers nor routes."""
    told = {"Providers", "providers", "Router", "fallback"}
    told |= {"OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"}
    for key in config:
        if key not in told:
            yield Entry(str(key), ELSEWHERE.get(key, UNKNOWN))
