"""The policy of an experiment's other arm: overrides, a stored version, a preset, or a file."""

import re
from pathlib import Path

from collector.files import DEFAULTS
from router.arms import as_other, overridden
from router.policy import located
from router.policy_check import load
from router.policy_model import Experiment, Policy

KEPT = "policies"
NAMED = re.compile(r"^[\w.-]+$")


def other_policy(folder: Path, policy: Policy) -> Policy | None:
    """None for a policy that tries nothing.

    Raises:
        ValueError: one line: the policy it names is nowhere, or faulty.
    """
    experiment = policy.experiment
    if experiment is None:
        return None
    if experiment.overrides:
        return overridden(policy, experiment.overrides)
    return as_other(policy, _stored(folder, experiment))


def faults_of_other(folder: Path, policy: Policy, text: str, name: str) -> list[str]:
    """What keeps the other arm from being tried, as one line with the place in `text`."""
    try:
        other = other_policy(folder, policy)
    except ValueError as error:
        return [located(text, name, ("experiment", "policy"), str(error))]
    if other and not other.routes:
        key = ("experiment", "policy")
        return [located(text, name, key, "that policy has no routes; name one that routes")]
    return []


def _stored(folder: Path, experiment: Experiment) -> Policy:
    name = experiment.policy or ""
    for file in _places(folder, name):
        try:
            return load(file.read_text(), name).policy
        except OSError:
            continue
    raise ValueError(f"{name!r} is no preset, no kept version and no file; name one that there is")


def _places(folder: Path, name: str) -> list[Path]:
    """Where a policy of this name may be; without a path, never outside of our own folders."""
    if not NAMED.fullmatch(name):
        return [folder / Path(name).expanduser()]
    kept = sorted((folder / KEPT).glob(f"{name}*.toml"))
    return [DEFAULTS / "presets" / f"{name}.toml", *kept, folder / name]
