"""What a replay supposes: the scenario, and its assumptions as ranges."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from math import exp, log
from typing import Self

from router.call import Bill
from router.rules import Compiled

Z95 = 1.6448536269514722  # 5 % and 95 % lie this many deviations from the middle
FAMILIES = ("opus", "sonnet", "haiku", "local", "other", "opus_47")
NEW_TOKENS = re.compile(r"opus-(4-([7-9]|\d\d)|[5-9])(?!\d)")  # Opus 4.7 and later

type Told = Callable[[float], None]  # is told how far long work has come, 0 to 1


def nobody(done: float) -> None:
    """Needs not be told."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A positive number that is not known for sure: 90 % of its lognormal lie in low to high."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return exp((log(self.low) + log(self.high)) / 2)

    def at(self, z: float) -> float:
        """The value `z` deviations from the middle."""
        return exp(log(self.middle) + z * (log(self.high) - log(self.low)) / (2 * Z95))

    def fixed(self, value: float) -> Self:
        return replace(self, low=value, high=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Factors against Opus on the same task: calls (`steps_*`) and answer tokens (`output_*`).

    Sonnet's are measured on public agent runs; the others are wide guesses. `plan_cap` is a
    factor on folklore limits, `tokens_opus_47` one on all tokens, of prompts too: those that the
    tokenizer of Opus 4.7 and later makes of the same text.
    """

    steps_sonnet: Spread = Spread(1.29, 1.39)
    steps_haiku: Spread = Spread(1.15, 1.95)
    steps_local: Spread = Spread(1.2, 2.4)
    output_sonnet: Spread = Spread(1.18, 1.35)
    output_haiku: Spread = Spread(1.0, 1.8)
    output_local: Spread = Spread(1.0, 2.0)
    tokens_opus_47: Spread = Spread(1.0, 1.35)
    plan_cap: Spread = Spread(1 / 1.4, 1.4)
    local_tokens_per_s: Spread = Spread(50, 172)

    @classmethod
    def list_price(cls) -> Self:
        """Every factor one: the same calls and tokens whoever answers."""
        one = Spread(1.0, 1.0)
        named = (f.name for f in fields(cls) if f.name.startswith(("steps", "output", "tokens")))
        return cls(**dict.fromkeys(named, one))

    def steps(self) -> dict[str, Spread]:
        """By family of model, but for the newer tokenizer's."""
        return self._by_family("steps")

    def output(self) -> dict[str, Spread]:
        return self._by_family("output")

    def _by_family(self, what: str) -> dict[str, Spread]:
        local: Spread = getattr(self, f"{what}_local")
        named = {name: getattr(self, f"{what}_{name}") for name in ("sonnet", "haiku")}
        return {"opus": Spread(1.0, 1.0), **named, "local": local, "other": local}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What to replay.

    `rules` is a policy ready to decide by (`policy_check.load`); None replays the log as it was.
    `thresholds` overrides some of the policy's, such as `{"complex_at": 0.7}`. `plan` is a name
    of plans.toml or "api" for none; None takes the plan that the policy's own providers name.
    `prices_on` prices every call as on that day; None as on the call's own. `past_limit` is what
    becomes of calls beyond a plan's limit: "overflow" (the chain's next target), "local", "queue"
    (wait for the reset) or "stop".
    """

    name: str
    rules: Compiled | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    plan: str | None = None
    prices_on: date | None = None
    past_limit: str = "overflow"
    assumptions: Assumptions = Assumptions()
    rework_usd: float = 0.0


PAST_LIMIT = ("overflow", "local", "queue", "stop")
API_ONLY = "api"


def family_of(bill: Bill, model: str) -> str:
    """The family whose factors a model has."""
    if bill is Bill.LOCAL:
        return "local"
    if NEW_TOKENS.search(model):
        return "opus_47"
    return next((name for name in FAMILIES[:3] if name in model), "other")
