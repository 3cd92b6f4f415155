"""The policy in force: the data folder's file, read anew when it changes."""

import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from collector.files import DEFAULTS
from collector.other_arm import faults_of_other, other_policy
from router.arms import Assigned
from router.call import Bill
from router.columns import Weighed
from router.decision import State
from router.experiment import assigned, goes_by_other
from router.experiment_stop import Progress, why_over
from router.policy import Policy, digest, parse, text_of
from router.policy_check import load
from router.rules import Compiled, compiled

LOOK_EVERY_S = 1.0
PLAN_PRESET = DEFAULTS / "presets" / "plan.toml"

logger = logging.getLogger(__name__)


class LivePolicy:
    """`now` is the newest good policy; `fault` says what is wrong with the file, if anything."""

    def __init__(self, folder: Path) -> None:
        self.fault: str | None = None
        self._folder = folder
        self._file = folder / "policy.toml"
        self._rules: dict[Bill, InForce | None] = {}
        self._policy = Policy()
        self._seen = -1
        self._looked_at = 0.0
        if not self._file.exists():
            shutil.copyfile(DEFAULTS / "policy.toml", self._file)
        self._look()

    @property
    def now(self) -> Policy:
        if time.monotonic() - self._looked_at > LOOK_EVERY_S:
            self._look()
        return self._policy

    def rules_for(self, login: Bill) -> "InForce | None":
        """What routes the calls of this login; None where they are relayed as asked.

        A policy without routes leaves an API key alone, and gives a plan's login the preset that
        takes the plan as the base.
        """
        policy = self.now
        if login not in self._rules:
            self._rules[login] = _in_force(policy, login, self._folder)
        return self._rules[login]

    def routing(self) -> list[Policy]:
        """The policies that route the calls of some login, in either arm of an experiment."""
        found = (self.rules_for(bill) for bill in (Bill.PLAN, Bill.CASH))
        return [arm.rules.policy for one in found if one for arm in one.arms]

    def _look(self) -> None:
        self._looked_at = time.monotonic()
        try:
            modified = self._file.stat().st_mtime_ns
            if modified == self._seen:
                return
            self._seen = modified
            text = self._file.read_text()
            policy = load(text, self._file.name).policy
            for fault in faults_of_other(self._folder, policy, text, self._file.name):
                raise ValueError(fault)
            self._policy, self._rules, self.fault = policy, {}, None
        except (OSError, ValueError) as error:
            fault = str(error)
            if fault != self.fault:
                logger.warning("%s; the settings before it stay in force", fault)
            self.fault = fault


class InForce:
    """Compiled rules, the version that names what they say, the text that says it, and the other
    arm of the experiment that they hold.
    """

    def __init__(self, rules: Compiled, other: "InForce | None" = None) -> None:
        self.rules = rules
        self.version = digest(rules.policy)
        self.text = text_of(rules.policy)
        self.other = other

    @property
    def arms(self) -> tuple["InForce", ...]:
        return (self, self.other) if self.other else (self,)

    def arm(self, given: Assigned | None, weighed: Weighed) -> "InForce":
        """What decides a call of this arm."""
        is_other = goes_by_other(self.rules.policy, given, weighed)
        return self.other if self.other and is_other else self


def in_arm(
    in_force: InForce, weighed: Weighed, state: State, progress: Mapping[str, Progress]
) -> tuple[InForce, State]:
    """What decides a call while an experiment may run, and the state that names its arm."""
    rules = in_force.rules
    experiment = rules.policy.experiment
    over = experiment and why_over(experiment, progress.get(experiment.name), state.now)
    given = assigned(rules, weighed, state, is_over=bool(over))
    return in_force.arm(given, weighed), replace(state, assigned=given)


def _in_force(policy: Policy, login: Bill, folder: Path) -> InForce | None:
    if policy.routes:
        other = other_policy(folder, policy)
        return InForce(compiled(policy), InForce(compiled(other)) if other else None)
    if login is not Bill.PLAN:
        return None
    preset = parse(PLAN_PRESET.read_text(), PLAN_PRESET.name)
    return InForce(compiled(policy.routed_by(preset)))
