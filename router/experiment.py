"""Which policy a call goes by while two of them are tried: settled where a change costs nothing."""

from router.arms import EXPLORATION, OTHER, Assigned, by_exploring, by_share, drawn
from router.asked import asked_for
from router.columns import Weighed, row_of
from router.decision import Scene, State
from router.policy_model import Experiment, Policy
from router.rules import Compiled, first_rule
from router.stickiness import free_point, is_sticky


def assigned(rules: Compiled, weighed: Weighed, state: State, *, is_over: bool) -> Assigned | None:
    """What this call's session or agent is in, by the hash of its name; None for neither.

    Settled anew at free points only, where an experiment that is over takes in nobody; who asks
    for a target is left out.
    """
    policy, facts = rules.policy, weighed.facts
    if not is_sticky(facts) or not _tries(policy):
        return None
    if state.stick and not free_point(state.stick, facts, state.now):
        return _held(policy, state.stick.assigned)
    if asked_for(Scene(rules=rules, weighed=weighed, state=state)):
        return None
    if policy.experiment and not is_over and _takes_part(policy, policy.experiment, weighed):
        name = policy.experiment.name
        return by_share(policy.experiment, drawn(name, facts.session_id or "", facts.agent_id))
    return _explored(rules, weighed)


def goes_by_other(policy: Policy, given: Assigned | None, weighed: Weighed) -> bool:
    """Whether the other arm's policy decides this call."""
    experiment = policy.experiment
    if experiment is None or given is None or given.arm != OTHER:
        return False
    marks = {str(weighed.facts.kind), policy.tier(weighed.score.value)}
    return given.experiment == experiment.name and not marks & set(map(str, experiment.never))


def route_explored(scene: Scene, route: str) -> str:
    """The route that exploration puts in place of the rules', where the work is not complex."""
    given, policy = scene.state.assigned, scene.policy
    if given is None or given.experiment != EXPLORATION or policy.exploration is None:
        return route
    is_open = {given.arm, route} <= set(policy.exploration.routes)
    return given.arm if is_open and not _is_complex(policy, scene.weighed) else route


def _tries(policy: Policy) -> bool:
    return bool(policy.experiment or policy.exploration)


def _held(policy: Policy, given: Assigned | None) -> Assigned | None:
    """What the session is in, while the policy still tries it."""
    names = {policy.experiment.name} if policy.experiment else set()
    names |= {EXPLORATION} if policy.exploration else set()
    return given if given and given.experiment in names else None


def _takes_part(policy: Policy, experiment: Experiment, weighed: Weighed) -> bool:
    tier = policy.tier(weighed.score.value)
    return weighed.facts.kind in experiment.kinds and tier in experiment.tiers


def _explored(rules: Compiled, weighed: Weighed) -> Assigned | None:
    policy, facts = rules.policy, weighed.facts
    if policy.exploration is None or _is_complex(policy, weighed):
        return None
    index = first_rule(rules, row_of(weighed))
    if index < rules.gates:
        return None
    draw = drawn(EXPLORATION, facts.session_id or "", facts.agent_id)
    return by_exploring(policy, rules.rules[index].route, draw)


def _is_complex(policy: Policy, weighed: Weighed) -> bool:
    return policy.tier(weighed.score.value) == "complex"
