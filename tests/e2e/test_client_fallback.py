"""The real client, a plan login, and targets that fail: the work goes on."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.collector.routed import (
    CHAT_KEY,
    CHAT_MODEL,
    LOCAL_MODEL,
    LOGIN,
    OWN_KEY,
    Routed,
    routed_gate,
)
from tests.e2e.client import Client, base_url
from tests.fakes.limits import plan_is_spent
from tests.fakes.reply import refuses, says, thinking, tool_use
from tests.fakes.wire import Seen

WORK = "please refactor the storage layer in a.txt"
PLAN = {"ANTHROPIC_AUTH_TOKEN": LOGIN.removeprefix("Bearer "), "ANTHROPIC_API_KEY": ""}


@pytest.fixture
def routed(tmp_path: Path) -> Iterator[Routed]:
    with routed_gate(tmp_path / "data") as running:
        yield running


def settings(routed: Routed, **more: str) -> dict[str, str]:
    return base_url(routed.gate.url) | PLAN | more


def spent(hours: int = 2):
    return plan_is_spent("5h", datetime.now(UTC) + timedelta(hours=hours))


def reads(client: Client):
    (client.work / "a.txt").write_text("hello")
    return tool_use("Read", {"file_path": str(client.work / "a.txt")})


def blocks(seen: Seen) -> list[dict[str, object]]:
    messages = [m for m in seen.json["messages"] if isinstance(m["content"], list)]
    return [block for message in messages for block in message["content"]]


def answered(routed: Routed, count: int) -> list[tuple[str, str]]:
    kept = [call for call in routed.gate.calls(count) if call["kind"] in ("main", "stream_retry")]
    return [(call["provider"], call["result"]) for call in kept]


def test_a_limit_in_the_middle_of_a_tool_loop_goes_unnoticed(client: Client, routed: Routed):
    first = says(thinking("Let me look."), reads(client))
    routed.anthropic.enqueue(first, spent(), says("Done by another."))
    outcome = client.ask(WORK, settings=settings(routed))
    assert (outcome.exit_code, outcome.text, outcome.retries) == (0, "Done by another.", [])
    plan, refused, other = routed.anthropic.calls
    assert plan.header("authorization") == refused.header("authorization") == LOGIN
    assert other.header("x-api-key") == OWN_KEY
    assert [block["type"] for block in blocks(other)].count("tool_result") == 1
    assert "thinking" not in {block["type"] for block in blocks(other)}
    assert answered(routed, 2) == [("max", "ok"), ("anthropic", "ok")]


def test_a_free_model_goes_on_with_the_tools_when_nobody_else_answers(
    client: Client, routed: Routed
):
    routed.anthropic.respond = lambda seen: refuses(529)
    with routed.local.refusing():
        routed.chat.enqueue(says("I look.", reads(client)), says("Read by the free one."))
        outcome = client.ask(WORK, settings=settings(routed))
    assert (outcome.exit_code, outcome.text) == (0, "Read by the free one.")
    asked, again = routed.chat.calls
    assert {seen.header("authorization") for seen in (asked, again)} == {f"Bearer {CHAT_KEY}"}
    results = [m for m in again.json["messages"] if m["role"] == "tool"]
    assert len(results) == 1
    assert "hello" in json.dumps(results[0])
    assert [b["type"] for e in outcome.events if e.get("type") == "user"
            for b in e["message"]["content"]].count("tool_result") == 1  # fmt: skip
    assert answered(routed, 2) == [("openrouter", "ok"), ("openrouter", "ok")]


def test_a_model_lowered_and_back_carries_no_foreign_signature(client: Client, routed: Routed):
    """Opus, then Sonnet by the client's own choice through the local model, then Opus again."""
    session = "0b5f4c1e-7d7a-4f6e-9a55-3c1d2e4f5a6c"
    routed.anthropic.enqueue(says(thinking("Opus thinks."), "One."))
    first = client.ask(WORK, "--session-id", session, settings=settings(routed))
    routed.local.enqueue(says(thinking("A local thought.", signature=""), "Two."))
    lowered = settings(routed, ANTHROPIC_MODEL=f"ollama/{LOCAL_MODEL}")
    second = client.ask("go on", "--resume", session, settings=lowered)
    routed.anthropic.enqueue(says(thinking("Opus again."), "Three."))
    third = client.ask("and again", "--resume", session, settings=settings(routed))
    assert [first.text, second.text, third.text] == ["One.", "Two.", "Three."]
    [local] = [seen for seen in routed.local.calls if "go on" in seen.body.decode()]
    assert "Opus thinks." not in local.body.decode()
    back = routed.anthropic.calls[-1]
    signatures = [block["signature"] for block in blocks(back) if block["type"] == "thinking"]
    assert "" not in signatures
    assert "A local thought." not in json.dumps(blocks(back))


def test_the_client_can_be_kept_to_a_free_model(client: Client, routed: Routed):
    kept = dict.fromkeys(("ANTHROPIC_MODEL", "CLAUDE_CODE_SUBAGENT_MODEL"))
    target = f"openrouter/{CHAT_MODEL}"
    routed.chat.enqueue(says("From the free one."))
    outcome = client.ask(WORK, settings=settings(routed, **dict.fromkeys(kept, target)))
    assert (outcome.exit_code, outcome.text) == (0, "From the free one.")
    assert not routed.anthropic.calls


def test_every_credential_stays_with_its_host(client: Client, routed: Routed):
    routed.anthropic.enqueue(says(reads(client)), refuses(500), refuses(500))
    routed.local.enqueue(refuses(503))
    routed.chat.enqueue(says("Done."))
    outcome = client.ask(WORK, settings=settings(routed))
    assert outcome.exit_code == 0
    allowed = {"anthropic": {LOGIN, OWN_KEY}, "local": set(), "chat": {CHAT_KEY}}
    for name, secrets in allowed.items():
        for seen in getattr(routed, name).seen:
            said = repr(seen.headers) + seen.path + seen.body.decode("utf-8", "replace")
            for secret in {LOGIN.removeprefix("Bearer "), OWN_KEY, CHAT_KEY}:
                is_own = any(secret in own for own in secrets)
                assert secret not in said or is_own, f"{secret} at {name}"
