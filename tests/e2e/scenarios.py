"""What can happen to a turn: the prompt, and how Anthropic answers it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.kinds import kind_of
from tests.fakes.reply import End, Point, Reply, breaks, refuses, says, thinking, tool_use

MAY_ECHO = ("--allowedTools", "Bash(echo:*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`exit_code` and `kinds` are those of the client alone; what it says ends with `says`."""

    name: str
    script: Callable[[FakeAnthropic], None]
    prompt: str = "Say hello"
    options: tuple[str, ...] = ()
    exit_code: int = 0
    says: str = "Hello from the fake."
    kinds: tuple[str, ...] = ("main",)
    repeatable: bool = True  # a second run sends the same bytes
    both_ways: bool = True  # worth its time through either door


def echo(*before: str) -> Reply:
    """Thinks, speaks and runs a command, with ids that are the same in every run."""
    command = {"command": "echo fare-42", "description": "Echo the fare"}
    return says(
        thinking("An echo will do.", "c2lnbmVkLWJ5LXRoZS1mYWtl"),
        *before,
        tool_use("Bash", command, "toolu_01FareEcho"),
    )


def enqueue(*replies: Reply, kind: str = "any") -> Callable[[FakeAnthropic], None]:
    return lambda fake: fake.enqueue(*replies, kind=kind)


def asks_an_agent(fake: FakeAnthropic) -> None:
    errand = {"description": "Look", "prompt": "Find the fare", "subagent_type": "Explore"}
    fake.enqueue(says(tool_use("Agent", errand)), says("The agent found 42."), kind="main")
    fake.enqueue(says("It is 42."), kind="subagent")


def always_overloaded(fake: FakeAnthropic) -> None:
    fake.respond = lambda seen: refuses(529) if kind_of(seen) == "main" else None


CUT_TEXT = says("Half of this is lost on the way.").but(end=End.RESET)
LOST = "Connection closed mid-response. The response above may be incomplete."
TWICE = ("main", "main")

SCENARIOS = (
    Scenario(name="a plain answer", script=enqueue(says("Hello from the fake."))),
    Scenario(
        name="a tool is used",
        script=enqueue(echo("I run it."), says("It said fare-42.")),
        options=MAY_ECHO,
        says="It said fare-42.",
        kinds=TWICE,
    ),
    Scenario(
        name="an agent is asked",
        script=asks_an_agent,
        says="The agent found 42.",
        kinds=("main", "subagent", "main"),
        repeatable=False,
    ),
    Scenario(
        name="cut inside a text: asked again without a stream",
        script=enqueue(CUT_TEXT.but(cut=Point.INSIDE_TEXT)),
        kinds=TWICE,
    ),
    Scenario(
        name="cut after a text: the turn fails",
        both_ways=False,
        script=enqueue(CUT_TEXT.but(cut=Point.AFTER_TEXT)),
        exit_code=1,
        says=LOST,
    ),
    Scenario(
        name="cut after a tool: the tool runs, once",
        script=enqueue(echo().but(cut=Point.AFTER_TOOL, end=End.RESET)),
        options=MAY_ECHO,
        kinds=TWICE,
    ),
    Scenario(
        name="closed before any header",
        both_ways=False,
        script=enqueue(breaks(End.RESET)),
        kinds=TWICE,
    ),
    Scenario(
        name="429 and a second to wait",
        both_ways=False,
        script=enqueue(refuses(429, retry_after=1)),
        kinds=TWICE,
    ),
    Scenario(
        name="429 and too long to wait",
        script=enqueue(refuses(429, retry_after=3600)),
        exit_code=1,
        says="This request would exceed your account's rate limit.",
    ),
    Scenario(name="529 once", script=enqueue(refuses(529)), kinds=TWICE),
    Scenario(
        name="529 without end",
        both_ways=False,
        script=always_overloaded,
        exit_code=1,
        says="Repeated 529 Overloaded errors.",
        kinds=("main", "main", "main"),
    ),
    Scenario(
        name="400 is shown as it is",
        both_ways=False,
        script=enqueue(refuses(400, "max_tokens: too bold")),
        exit_code=1,
        says="max_tokens: too bold",
    ),
)
