"""The real client through the gate to a real LiteLLM proxy, over either of its wires."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asking import MODEL
from tests.bench import peers
from tests.collector.routed import LOGIN, Routed, routed_gate
from tests.e2e.client import Client, base_url
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.reply import Spent, refuses, says, tool_use

PLAN = {"ANTHROPIC_AUTH_TOKEN": LOGIN.removeprefix("Bearer "), "ANTHROPIC_API_KEY": ""}
WORK = "please refactor the storage layer in a.txt"
PROVIDER = """
[providers.litellm]
wire = "{wire}"
base_url = "{url}"
api_key_env = "LITELLM_API_KEY"
"""
SPENT = Spent(input_tokens=120, cache_read_tokens=4_000, output_tokens=30)


@pytest.fixture(scope="module")
def behind() -> Iterator[FakeAnthropic]:
    """What LiteLLM itself asks."""
    with FakeAnthropic() as fake:
        yield fake


@pytest.fixture(scope="module")
def litellm(behind: FakeAnthropic, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The proxy's address."""
    try:
        peers.litellm_version()
        folder = tmp_path_factory.mktemp("proxy") / "litellm"
        with peers.running_litellm(behind.url, folder) as (port, _):
            yield f"http://127.0.0.1:{port}"
    except peers.NoPeerError as why:
        pytest.skip(f"LiteLLM: {why}")


@pytest.fixture(params=["messages", "chat"])
def routed(
    request: pytest.FixtureRequest, behind: FakeAnthropic, litellm: str, tmp_path: Path
) -> Iterator[Routed]:
    behind.seen.clear()
    behind.queues.clear()
    behind.respond = lambda seen: None
    url = litellm + ("/v1" if request.param == "chat" else "")
    more = PROVIDER.format(wire=request.param, url=url)
    chain = (f"litellm/{MODEL}", "anthropic/asked")
    with routed_gate(
        tmp_path / "data", *chain, more=more, LITELLM_API_KEY=peers.MASTER_KEY
    ) as running:
        yield running


def settings(routed: Routed) -> dict[str, str]:
    return base_url(routed.gate.url) | PLAN


def test_work_with_tools_goes_through_the_proxy(
    client: Client, routed: Routed, behind: FakeAnthropic
):
    (client.work / "a.txt").write_text("hello from the file")
    look = tool_use("Read", {"file_path": str(client.work / "a.txt")})
    behind.enqueue(says("I look.", look, usage=SPENT), says("Read through LiteLLM.", usage=SPENT))
    outcome = client.ask(WORK, settings=settings(routed))
    assert (outcome.exit_code, outcome.text) == (0, "Read through LiteLLM.")
    assert "hello from the file" in behind.calls[-1].body.decode()
    assert not routed.anthropic.calls
    for seen in behind.seen:
        assert LOGIN not in str(seen.headers)
        assert seen.header("x-api-key") == peers.PROVIDER_KEY
    kept = [call for call in routed.gate.calls(2) if call["kind"] == "main"]
    assert [(call["provider"], call["result"]) for call in kept] == [("litellm", "ok")] * 2
    assert {call["output_tokens"] for call in kept} == {30}
    assert {call["input_tokens"] for call in kept} == {120}
    assert {call["cache_read_tokens"] for call in kept} == {4_000}


def test_where_the_proxy_can_get_no_answer_the_next_target_gives_it(
    client: Client, routed: Routed, behind: FakeAnthropic
):
    behind.respond = lambda seen: refuses(529)
    routed.anthropic.enqueue(says("From Anthropic itself."))
    outcome = client.ask(WORK, settings=settings(routed))
    assert (outcome.exit_code, outcome.text) == (0, "From Anthropic itself.")
    assert outcome.retries == []
