"""Scenarios by name, as questions people ask of their own month."""

from collections.abc import Mapping

from router.policy_check import load
from router.replay_terms import API_ONLY, Scenario

ALL_OPUS = """version = 1
[providers.anthropic]
base_url = "https://api.anthropic.com"
auth = "client"
bill = "cash"
[routes]
default = ["anthropic/claude-opus-4-6"]
"""
# Name: the preset policy it replays (none: the log as it was), and the plan it supposes.
PRESETS: Mapping[str, tuple[str | None, str | None]] = {
    "as_logged": (None, None),
    "all_opus": ("all_opus", API_ONLY),
    "max_local_overflow": ("plan", "max20x"),
    "api_routing": ("api", API_ONLY),
    "local_free": ("local", API_ONLY),
}


def preset_scenario(name: str, texts: Mapping[str, str]) -> Scenario:
    """The preset of this name; `texts` are the policies shipped as presets, by name.

    Raises:
        ValueError: there is no such preset.
    """
    if name not in PRESETS:
        raise ValueError(f"{name!r} is no preset; there are {', '.join(PRESETS)}")
    policy, plan = PRESETS[name]
    if policy is None:
        return Scenario(name=name)
    text = ALL_OPUS if policy == "all_opus" else texts[policy]
    return Scenario(name=name, rules=load(text, f"preset {name}"), plan=plan)
