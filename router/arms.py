"""An experiment's arms: the policies they stand for, and which of them a piece of work is in."""

from dataclasses import dataclass
from hashlib import blake2b

from router.policy_model import Experiment, Overrides, Policy

BASE, OTHER = "base", "other"
EXPLORATION, AS_RULED = "exploration", "as ruled"


@dataclass(frozen=True, slots=True)
class Assigned:
    """What a session, or an agent of it, was given, and how likely that was.

    `arm` is BASE or OTHER; of the exploration, AS_RULED or the route that was taken instead.
    """

    experiment: str
    arm: str
    propensity: float

    def __str__(self) -> str:
        what = "" if self.experiment == EXPLORATION else "experiment "
        return f"{what}{self.experiment}: {self.arm}"


def drawn(name: str, session_id: str, agent_id: str | None) -> float:
    """A number in [0, 1) that is always the same for a session, or an agent of it."""
    key = "\0".join((name, session_id, agent_id or ""))
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) / 2**64


def by_share(experiment: Experiment, draw: float) -> Assigned:
    if draw < experiment.share:
        return Assigned(experiment.name, OTHER, experiment.share)
    return Assigned(experiment.name, BASE, 1 - experiment.share)


def by_exploring(policy: Policy, route: str, draw: float) -> Assigned | None:
    """None where work of this route is not explored, or exploration is off."""
    exploration = policy.exploration
    if exploration is None or route not in exploration.routes:
        return None
    others = [other for other in exploration.routes if other != route]
    if draw >= exploration.share:
        return Assigned(EXPLORATION, AS_RULED, 1 - exploration.share)
    at = int(draw / exploration.share * len(others))
    return Assigned(EXPLORATION, others[at], exploration.share / len(others))


def overridden(policy: Policy, overrides: Overrides) -> Policy:
    """The policy of the other arm; only what was set differs."""
    said = {name: getattr(overrides, name) for name in overrides.model_fields_set}
    changed = {name: value for name, value in said.items() if value is not None}
    for name in ("thresholds", "routes"):
        if name in changed:
            changed[name] = {**getattr(policy, name), **changed[name]}
    return without_experiment(policy).model_copy(update=changed)


def as_other(policy: Policy, named: Policy) -> Policy:
    """A stored policy as the other arm: within this one's budget, and with nothing to try."""
    return without_experiment(named).model_copy(update={"budget": policy.budget})


def without_experiment(policy: Policy) -> Policy:
    return policy.model_copy(update={"experiment": None, "exploration": None})
