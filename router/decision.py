"""What a decision is made from, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from router.arms import Assigned
from router.budget import Prices
from router.call import Bill
from router.columns import Weighed
from router.policy_model import Policy, Target
from router.rules import Compiled
from router.stickiness import Stick
from router.windows import WindowReading


class Skip(StrEnum):
    """Why a target is passed over. Only `COOLING` and `WINDOW` may be set aside in need."""

    LOGIN = "login"
    MODEL = "model"
    CAPABILITY = "capability"
    COOLING = "cooling"
    WINDOW = "window"
    BUDGET = "budget"


RESTING = frozenset({Skip.COOLING, Skip.WINDOW})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A target of the chain, and why it is skipped; `skip` None means it may be tried."""

    target: Target
    skip: Skip | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Cooldown:
    """Targets left out of chains until a time (UTC): a provider's, or those of its models that
    hold `model` in their name.
    """

    provider: str
    until: datetime
    why: str
    model: str = ""

    def cools(self, target: Target, now: datetime) -> bool:
        is_named = target.provider == self.provider and self.model in target.model
        return is_named and now < self.until


@dataclass(frozen=True, slots=True)
class Pin:
    """A person's choice, of a target or a route, for one route or for all calls until a time."""

    use: str
    route: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The world as a decision finds it. `now` is UTC.

    `login` is who pays for what the client's own credential buys, `keys` the environment
    variables that are set. `readings` are the latest per provider; a plan provider in `overage`
    is answering beyond its limit, for cash. `used_usd` is cash spent and reserved within the
    budget's days. `assigned` is the arm that this call's work is in.
    """

    now: datetime
    login: Bill
    keys: frozenset[str] = frozenset()
    cooldowns: tuple[Cooldown, ...] = ()
    readings: Mapping[str, tuple[WindowReading, ...]] = field(default_factory=dict)
    overage: frozenset[str] = frozenset()
    stick: Stick | None = None
    pins: tuple[Pin, ...] = ()
    used_usd: Decimal = Decimal(0)
    prices: Prices = field(default_factory=Prices)
    assigned: Assigned | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One call before a policy, in the world as it is."""

    rules: Compiled
    weighed: Weighed
    state: State

    @property
    def policy(self) -> Policy:
        return self.rules.policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A route and its chain, and what chose it; `held` is the target a session stays on."""

    route: str
    chain: tuple[Target, ...]
    reasons: tuple[str, ...]
    complexity: float
    held: Target | None = None
    is_gate: bool = False
    escalated: bool = False
    is_asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where a call goes, and why.

    `candidates` is the whole chain in order, skipped targets included. `rule` is the first that
    held, whether or not something else decided; `reasons` begins with what did. `may_cost_usd` is
    the cash to reserve: the most that any target that may be tried can cost. `stop` tells the
    client why nothing may be tried, None where something may; such a call may yet be
    `is_relayed`, to Anthropic as it was asked: our policy must not cost the client a call, but for
    its budget, or where it never meant Anthropic. A call that `is_asked` for a target counts for
    no arm.
    """

    route: str
    rule: str
    reasons: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    complexity: float = 0.0
    is_gate: bool = False
    escalated: bool = False
    may_cost_usd: Decimal = Decimal(0)
    stop: str | None = None
    is_relayed: bool = False
    assigned: Assigned | None = None
    is_asked: bool = False

    @property
    def counted(self) -> Assigned | None:
        """The arm for which the call counts."""
        return None if self.is_asked else self.assigned

    @property
    def targets(self) -> tuple[Target, ...]:
        """What may be tried, in order; those that rest come last, when no other has answered."""
        open_ones = (one.target for one in self.candidates if one.skip is None)
        resting = (one.target for one in self.candidates if one.skip in RESTING)
        return (*open_ones, *resting)

    @property
    def target(self) -> Target | None:
        return next(iter(self.targets), None)
