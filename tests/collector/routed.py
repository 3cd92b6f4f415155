"""A gate that routes, and three providers behind it: Anthropic, a local one, one of Chat."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.asking import ask, body_of
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.chat import FakeChat
from tests.running import RunningGate, running_gate

LOGIN = "Bearer sk-ant-oat01-of-the-plan"
OWN_KEY = "sk-ant-api03-our-own-key-0001"
CHAT_KEY = "sk-or-v1-our-chat-key-0002"
LOCAL_MODEL = "qwen3-coder:30b"
CHAT_MODEL = "qwen/qwen3-coder:free"
OPUS = "claude-opus-4-8"

POLICY = """
version = 1
[providers.max]
base_url = "https://api.anthropic.com"
auth = "client"
bill = "plan"
[providers.anthropic]
base_url = "https://api.anthropic.com"
api_key_env = "ANTHROPIC_API_KEY"
[providers.ollama]
base_url = "{local}"
bill = "local"
context_tokens = 65536
[providers.openrouter]
wire = "chat"
base_url = "{chat}/v1"
api_key_env = "OPENROUTER_API_KEY"
[[rules]]
name = "simple"
when = "complexity < 0.2"
route = "simple"
[routes]
keep = ["max/asked", "anthropic/asked"]
default = {default}
simple = ["ollama/qwen3-coder:30b", "max/asked"]
background = ["ollama/qwen3-coder:30b", "max/asked"]
{more}
"""
DEFAULT = (
    "max/asked",
    "anthropic/claude-sonnet-4-5",
    "ollama/qwen3-coder:30b",
    "openrouter/qwen/qwen3-coder:free",
)


@dataclass(slots=True)
class Routed:
    """The gate, and who stands behind it; what each saw begins with the story."""

    gate: RunningGate
    anthropic: FakeAnthropic
    local: FakeAnthropic
    chat: FakeChat

    def write(self, *default: str, more: str = "") -> None:
        """Put a policy into the gate's folder."""
        told = policy_for(self, *default, more=more)
        (self.gate.folder / "policy.toml").write_text(told)

    def ask(self, body: bytes | None = None, **headers: str) -> httpx.Response:
        return ask(self.gate.url, body or task(), authorization=LOGIN, x_api_key="", **headers)

    def last(self, count: int = 1) -> list[dict[str, Any]]:
        return self.gate.calls(count)

    def attempts(self) -> list[tuple[str, str]]:
        """Target and result of each attempt at the newest call."""
        call = self.last()[-1]["call_id"]
        rows = self.gate.rows(
            f"select target, result from attempts where call_id = '{call}' order by attempt_no"
        )
        return [(row["target"], row["result"]) for row in rows]


def task(text: str = "please refactor the storage layer and its tests", **fields: Any) -> bytes:
    tools = [{"name": "Read", "description": "reads", "input_schema": {"type": "object"}}]
    return body_of(text, **{"tools": tools, **fields})


def policy_for(routed: Routed, *default: str, more: str = "") -> str:
    return POLICY.format(
        local=routed.local.url,
        chat=routed.chat.url,
        default=list(default or DEFAULT),
        more=more,
    ).replace("'", '"')


@contextlib.contextmanager
def routed_gate(folder: Path, *default: str, more: str = "", **environ: str) -> Iterator[Routed]:
    keys = {"ANTHROPIC_API_KEY": OWN_KEY, "OPENROUTER_API_KEY": CHAT_KEY}
    with FakeAnthropic() as anthropic, FakeAnthropic(needs_key=False) as local, FakeChat() as chat:
        routed = Routed(RunningGate.__new__(RunningGate), anthropic, local, chat)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "policy.toml").write_text(policy_for(routed, *default, more=more))
        with running_gate(anthropic.url, folder, **{**keys, **environ}) as gate:
            routed.gate = gate
            yield routed


def afresh(routed: Routed) -> Routed:
    """The same, with nothing seen and nothing scripted, for the next story."""
    for provider in (routed.anthropic, routed.local, routed.chat):
        provider.seen.clear()
        provider.queues.clear()
        provider.headers = ()
    routed.gate.since = datetime.now(UTC).replace(tzinfo=None)
    return routed
