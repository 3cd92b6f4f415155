"""The gate's routing: the policy in force, what was learnt, and the files that outlive the gate."""

import asyncio
import logging
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collector import known
from collector.classifying import Classifier
from collector.files import replace
from collector.journal import Journal
from collector.live_policy import InForce, LivePolicy, in_arm
from collector.live_weights import LiveWeights
from collector.pins import LivePins
from router.asked import provider_asked
from router.call import Attempt, Bill, Facts
from router.columns import Weighed
from router.decide import is_doubtful
from router.decision import Cooldown, State
from router.experiment_stop import why_over
from router.policy import Policy
from router.policy_model import target_of
from router.providers import Account
from router.sending import Asked, Sender
from router.stickiness import Stick, StickKey, restored, saved
from router.upstream import Upstream
from router.wire.chat_thoughts import Thoughts
from router.world import Plan, World, planned

STICKS = "sticks.json"
LOOK_EVERY_S = 1.0
SAVE_EVERY_S = 5.0
PATIENCE_S = 10.0
SILENT = "does not answer its probe"
SILENT_FOR = timedelta(seconds=90)

logger = logging.getLogger(__name__)


class GateRouting:
    """Plans the calls of one gate; `sender` holds the keys, and nothing else sees them."""

    def __init__(
        self,
        folder: Path,
        upstream: Upstream,
        policy: LivePolicy,
        journal: Journal,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.policy = policy
        self.classifier: Classifier | None = None
        self._folder = folder
        self._environ = environ
        self._anthropic = upstream
        self._journal = journal
        self._pins = LivePins(folder)
        self._met: dict[Bill, InForce] = {}
        self._known_seen = -1
        self._looked_at = 0.0
        self._saved = b""
        self._patient_until = time.monotonic() + PATIENCE_S
        self.sender = Sender(anthropic=upstream)
        self._weights = LiveWeights(folder)
        self.world = World(self._weights.now, self._restored())
        self._look()

    @property
    def thoughts(self) -> Thoughts:
        return self.world.thoughts

    async def planned(self, asked: Asked, facts: Facts, account: Account) -> Plan | None:
        """The plan of a call; None: it is relayed as it was asked."""
        in_force = self.policy.rules_for(account.bill) or self._named(facts)
        if in_force is None or asked.parsed is None:
            return None
        self._look()
        if in_force.rules.policy.budget:
            await self._until_known()
        self._apply(in_force, account.bill)
        world, policy = self.world, in_force.rules.policy
        weighed = await self._reweighed(world.weighed(facts, asked.parsed), asked, policy)
        now = State(
            now=datetime.now(UTC),
            login=account.bill,
            keys=frozenset(self.sender.keys),
            pins=self._pins.now,
        )
        state = world.state(policy, facts, now)
        arm, state = in_arm(in_force, weighed, state, world.progress)
        return planned(arm.rules, arm.version, weighed, state)

    def _named(self, facts: Facts) -> InForce | None:
        """The preset, for a call that names its provider although no policy routes it."""
        preset = self.policy.rules_for(Bill.PLAN)
        is_named = preset and provider_asked(preset.rules.policy, facts)
        return preset if is_named else None

    async def _reweighed(self, weighed: Weighed, asked: Asked, policy: Policy) -> Weighed:
        if self.classifier is None or not is_doubtful(policy, weighed):
            return weighed
        target, now = target_of(policy.classifier.target or ""), datetime.now(UTC)
        if any(cooldown.cools(target, now) for cooldown in self.world.cooldowns):
            return weighed
        try:
            return await self.classifier.reweighed(weighed, asked, policy, self.sender)
        except Exception:
            logger.exception("the classifier failed; the score stands")
            return weighed

    def began(self, call_id: str, plan: Plan) -> None:
        self.world.began(call_id, plan.decision)

    def heard(self, attempt: Attempt) -> None:
        self.world.heard(attempt, datetime.now(UTC))

    def ended(self, call_id: str, plan: Plan, attempts: tuple[Attempt, ...]) -> None:
        self.world.ended(call_id, plan, attempts, datetime.now(UTC))

    def remember(self, thoughts: Thoughts) -> None:
        self.world.thoughts = thoughts

    def probed(self, provider: str, fault: str | None) -> None:
        """What a probe heard of a provider; a silent one is left out until it answers."""
        now = datetime.now(UTC)
        if fault is None:
            self.world.warm(provider, SILENT)
        else:
            self.world.cool(Cooldown(provider, now + SILENT_FOR, SILENT), now)

    def told(self) -> dict[str, Any]:
        """For people: the policies met, by login, and who is left out of chains until when."""
        now = datetime.now(UTC)
        return {
            "policies": {str(login): one.version for login, one in self._met.items()},
            "keys": sorted(self.sender.keys),
            "pins": [pin.use for pin in self._pins.now],
            "sessions": len(self.world.sticks),
            "experiments": self._experiments(now),
            "resting": [
                {
                    "target": f"{one.provider}/{one.model or '*'}",
                    "until": one.until.isoformat(timespec="seconds"),
                    "why": one.why,
                }
                for one in self.world.cooldowns
                if now < one.until
            ],
        }

    def _experiments(self, now: datetime) -> list[dict[str, Any]]:
        found = (one.rules.policy.experiment for one in self._met.values())
        named = {one.name: one for one in found if one}
        progress = self.world.progress
        ended = {name: why_over(one, progress.get(name), now) for name, one in named.items()}
        return [
            {"name": name, "over": over._asdict() if over else None} for name, over in ended.items()
        ]

    def met(self) -> list[Policy]:
        """The policies in force that a call has met: whose providers matter."""
        return [arm.rules.policy for in_force in self._met.values() for arm in in_force.arms]

    async def keep_saving(self) -> None:
        """Write down where the sessions stand, for the gate after this one."""
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            await self.save()

    async def save(self) -> None:
        text = saved(self.world.sticks, datetime.now(UTC))
        if text == self._saved:
            return
        try:
            await asyncio.to_thread(replace, self._folder / STICKS, text)
            self._saved = text
        except OSError as error:
            logger.warning("%s not written: %s; a restart forgets the sessions", STICKS, error)

    async def _until_known(self) -> None:
        """A new gate's first calls wait for the loader's word: a budget means nothing without
        what was spent, and without prices.
        """
        while self._known_seen < 0 and time.monotonic() < self._patient_until:
            await asyncio.sleep(0.05)
            self._looked_at = 0.0
            self._look()

    def _look(self) -> None:
        """Take what the loader has written since, and the keys that the policies name."""
        if time.monotonic() - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = time.monotonic()
        self.sender = Sender(anthropic=self._anthropic, keys=self._keys())
        self.world.weights = self._weights.now
        try:
            modified = (self._folder / known.NAME).stat().st_mtime_ns
        except OSError:
            return
        if modified == self._known_seen:
            return
        self._known_seen = modified
        if found := known.read(self._folder):
            self.world.prices = found.prices
            self.world.rebase(found.spent, found.as_of)
            self.world.remind(found.readings)
            self.world.progress = found.progress

    def _keys(self) -> dict[str, str]:
        providers = [p for policy in self.policy.routing() for p in policy.providers.values()]
        names = {provider.api_key_env for provider in providers if provider.api_key_env}
        return {name: self._environ[name] for name in names if self._environ.get(name)}

    def _apply(self, in_force: InForce, login: Bill) -> None:
        """Write down a policy when the first call meets it, so that each version is kept."""
        met = self._met.get(login)
        self._met[login] = in_force
        if met and met.version == in_force.version:
            return
        for arm in in_force.arms:
            self._journal.append(
                {
                    "row": "policy",
                    "applied_at": datetime.now(UTC).replace(tzinfo=None),
                    "policy_version": arm.version,
                    "text": arm.text,
                }
            )

    def _restored(self) -> dict[StickKey, Stick] | None:
        try:
            return restored((self._folder / STICKS).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("%s: %s; sessions choose their model anew", STICKS, error)
            return None
