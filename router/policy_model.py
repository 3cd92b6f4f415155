"""What a policy holds: settings, providers, rules, routes, budget."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, field_validator

from router.call import Bill

ASKED = "asked"
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

    `retries` are second tries after every target has failed once.
    """

    seconds: Annotated[float, Field(gt=0, le=280)] = 280
    also_on: tuple[Annotated[int, Field(ge=400, le=599)], ...] = ()
    retries: Annotated[int, Field(ge=0, le=5)] = 1


class Classifier(Part):
    """A small model asked where the score is within `margin` of a threshold; off without one."""

    target: str | None = None
    margin: Share = 0.05
    timeout_ms: Annotated[int, Field(ge=50, le=1000)] = 1000


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

    @field_validator("thresholds")
    @classmethod
    def _with_known_ones(cls, given: dict[str, float]) -> dict[str, float]:
        return {**THRESHOLDS, **given}

    def chain(self, route: str) -> tuple[Target, ...]:
        """The targets of a route, in order; none for a route there is not."""
        return tuple(target_of(text) for text in self.routes.get(route, ()))

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
}
