"""What a policy holds: settings, providers, rules, routes, budget."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, field_validator

from router.call import Bill, Kind

ASKED = "asked"
MS_W_PER_KWH = 3_600_000 * 1000
NANO = Decimal("1e-9")
DEFAULT = "default"
THRESHOLDS: Mapping[str, float] = {
    "long_context_tokens": 60_000,
    "moderate_at": 0.35,
    "complex_at": 0.65,
}
NAME = r"^[a-z0-9][a-z0-9_.-]{0,63}$"
URL = r"^https?://[^\s/?#]+[^\s?#]*$"
SHARE = r"^\d{1,2}(\.\d+)?%$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"

type HardStep = Literal["local", "free", "stop"]
type Step = Literal["cheaper", "local", "free", "stop"]
type Tier = Literal["simple", "moderate", "complex"]
type Usd = Annotated[Decimal, Field(ge=0), PlainSerializer(float)]
type Name = Annotated[str, Field(pattern=NAME)]
type Share = Annotated[float, Field(ge=0, le=1)]


class Target(NamedTuple):
    """Provider and model; the model may be `asked` in a policy, never in a decision."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


def target_of(text: str) -> Target:
    """`provider/model`, split at the first slash."""
    provider, _, model = text.partition("/")
    return Target(provider.strip(), model.strip())


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Capabilities(Part):
    """What a provider's models can do; what is not said here is known by kind of model."""

    tools: bool | None = None
    images: bool | None = None
    documents: bool | None = None
    tool_choice: bool | None = None
    web_search: bool | None = None
    thinking: bool | None = None


class Provider(Part):
    """`auth = "client"` forwards the client's own login, `api_key_env` names the variable that
    holds a key of ours; with neither nothing is sent. `watts` are drawn while it answers.
    """

    wire: Literal["messages", "chat"] = "messages"
    base_url: Annotated[str, Field(pattern=URL)]
    auth: Literal["client"] | None = None
    api_key_env: Annotated[str, Field(pattern=VARIABLE)] | None = None
    bill: Bill = Bill.CASH
    plan: str | None = None
    context_tokens: Annotated[int, Field(ge=1)] | None = None
    capabilities: Capabilities = Capabilities()
    usd_per_kwh: Annotated[float, Field(ge=0)] | None = None
    watts: Annotated[float, Field(ge=0)] | None = None

    def power_usd(self, duration_ms: float | None) -> Decimal | None:
        """The electricity of an answer; None for a provider of which no rate is named."""
        if self.watts is None or self.usd_per_kwh is None or duration_ms is None:
            return None
        kwh = self.watts * duration_ms / MS_W_PER_KWH
        return Decimal(kwh * self.usd_per_kwh).quantize(NANO) if self.bill is Bill.LOCAL else None


class Rule(Part):
    """`when` is SQL over the fact columns and the thresholds; the first rule that holds wins."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    when: str
    route: str


class Budget(Part):
    """Cash over the trailing `days`. `on_soft` maps shares such as `80%` to a step."""

    usd: Usd
    days: Annotated[int, Field(ge=1, le=366)] = 30
    on_soft: dict[Annotated[str, Field(pattern=SHARE)], Step] = {}
    on_hard: HardStep = "stop"


class Limits(Part):
    """Above `leave_at` of a plan window, calls of these routes leave the plan."""

    leave_at: Annotated[float, Field(ge=0, le=2)] = 0.8
    routes: tuple[str, ...] = ("background", "simple")


class Switching(Part):
    """When a session may change its model although its cache is warm.

    `failures` in a row escalate; `harder_task` lets a new task that scores `margin` above a
    threshold move up; a cheaper model must have paid for its cold cache within `expected_turns`.
    """

    failures: Annotated[int, Field(ge=1)] = 2
    harder_task: bool = True
    margin: Share = 0.05
    expected_turns: Annotated[int, Field(ge=0)] = 3


class Fallback(Part):
    """`also_on` names HTTP statuses that move a call on although the client caused them.

    `retries` are second tries after every target has failed once. A provider that is not local
    and has not begun to answer a streamed call within `head_seconds` is left for the next target.
    """

    seconds: Annotated[float, Field(gt=0, le=280)] = 280
    head_seconds: Annotated[float, Field(gt=0, le=280)] = 90
    also_on: tuple[Annotated[int, Field(ge=400, le=599)], ...] = ()
    retries: Annotated[int, Field(ge=0, le=5)] = 1


class Classifier(Part):
    """A small model asked where the score is within `margin` of a threshold; off without one."""

    target: str | None = None
    margin: Share = 0.05
    timeout_ms: Annotated[int, Field(ge=50, le=1000)] = 1000


class Overrides(Part):
    """What an experiment's other arm says in place of the policy; thresholds and routes by name."""

    thresholds: dict[str, float] = {}
    routes: dict[Name, tuple[str, ...]] = {}
    rules: tuple[Rule, ...] | None = None
    limits: Limits | None = None
    switching: Switching | None = None


class Stop(Part):
    """What ends an experiment. `tasks` are those of the smaller arm.

    `harm` is the loss of passed tasks, `futile` the difference either way, that must be certain
    (three standard errors, since it is looked at all the time).
    """

    days: Annotated[int, Field(ge=1)] | None = None
    tasks: Annotated[int, Field(ge=1)] | None = None
    harm: Share | None = None
    futile: Share | None = None


class Experiment(Part):
    """A share of the work goes by another policy: a stored one, or this one with overrides.

    Work takes part that begins with one of `kinds` and `tiers`; calls of a kind or tier in
    `never` go by this policy whatever the arm.
    """

    name: Name
    policy: str | None = None
    overrides: Overrides | None = None
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    kinds: tuple[Kind, ...] = (Kind.MAIN, Kind.SUBAGENT)
    tiers: tuple[Tier, ...] = ("simple", "moderate", "complex")
    never: tuple[Kind | Tier, ...] = (Kind.PLAN, Kind.COMPACT, Kind.CLASSIFIER)
    stop: Stop = Stop(days=14)


class Exploration(Part):
    """A small share of the work of these routes goes by another of them, complex work never."""

    share: Annotated[float, Field(gt=0, le=0.05)] = 0.03
    routes: Annotated[tuple[str, ...], Field(min_length=2)]


class Policy(Part):
    """Settings of the gate, and how it routes; without routes it relays as asked.

    `store_bodies` keeps prompts and answers for `body_days` days. `baseline_model` is what the
    same work is compared with. `plan_usd` is the monthly fee of the plan named in `plan`.
    `projects` maps the beginning of a project's name to a route or a target.
    """

    version: int = Field(default=1, ge=1, le=1)
    store_bodies: bool = False
    body_days: int = Field(default=14, ge=1)
    journal_days: int = Field(default=30, ge=1)
    baseline_model: str = Field(default="claude-opus-4-6", min_length=1)
    plan: str | None = None
    plan_usd: float = Field(default=0, ge=0)
    thresholds: dict[str, float] = Field(default_factory=lambda: dict(THRESHOLDS))
    providers: dict[Name, Provider] = {}
    rules: tuple[Rule, ...] = ()
    routes: dict[Name, tuple[str, ...]] = {}
    projects: dict[str, str] = {}
    budget: Budget | None = None
    limits: Limits = Limits()
    switching: Switching = Switching()
    fallback: Fallback = Fallback()
    classifier: Classifier = Classifier()
    experiment: Experiment | None = None
    exploration: Exploration | None = None

    @field_validator("thresholds")
    @classmethod
    def _with_known_ones(cls, given: dict[str, float]) -> dict[str, float]:
        return {**THRESHOLDS, **given}

    def chain(self, route: str) -> tuple[Target, ...]:
        """The targets of a route, in order; none for a route there is not."""
        return tuple(target_of(text) for text in self.routes.get(route, ()))

    def tier(self, complexity: float) -> Tier:
        """How hard work of this complexity counts as, by the thresholds."""
        if complexity < self.thresholds["moderate_at"]:
            return "simple"
        return "moderate" if complexity < self.thresholds["complex_at"] else "complex"

    def routed_by(self, preset: Self) -> Self:
        """This policy with the preset's providers, rules and routes, if it has none of its own."""
        if self.routes:
            return self
        set_here = {name: getattr(self, name) for name in self.model_fields_set}
        routing = {name: getattr(preset, name) for name in preset.model_fields_set}
        return self.model_copy(update={**routing, **set_here})


PARTS: Mapping[tuple[str, ...], type[Part]] = {
    (): Policy,
    ("providers", "*"): Provider,
    ("providers", "*", "capabilities"): Capabilities,
    ("rules", "*"): Rule,
    ("budget",): Budget,
    ("limits",): Limits,
    ("switching",): Switching,
    ("fallback",): Fallback,
    ("classifier",): Classifier,
    ("experiment",): Experiment,
    ("experiment", "overrides"): Overrides,
    ("experiment", "overrides", "rules", "*"): Rule,
    ("experiment", "overrides", "limits"): Limits,
    ("experiment", "overrides", "switching"): Switching,
    ("experiment", "stop"): Stop,
    ("exploration",): Exploration,
}
