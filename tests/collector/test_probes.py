"""Providers are looked at every minute, lightly, and what is heard is told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import httpx
import pytest

from collector.probes import Probes, probed
from router.policy import parse
from router.policy_model import Policy
from tests.fakes.models import FakeModels, listing, ollama
from tests.fakes.reply import breaks, gives
from tests.running import free_port

EVERY_S = 0.05


def policy_of(local: str, remote: str = "https://openrouter.ai/api") -> Policy:
    return parse(f"""
        [providers.anthropic]
        base_url = "https://api.anthropic.com"
        api_key_env = "ANTHROPIC_API_KEY"
        [providers.ollama]
        base_url = "{local}"
        bill = "local"
        api_key_env = "LOCAL_KEY"
        [providers.remote]
        base_url = "{remote}"
        api_key_env = "REMOTE_KEY"
        [providers.spare]
        base_url = "{local}"
        [routes]
        default = ["anthropic/asked", "ollama/qwen3:8b", "remote/some/model"]
    """)


class Ear:
    """Hears the probes of one policy, until it has heard enough."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.told: list[tuple[str, str | None]] = []

    def listen(self, enough: Callable[[], object]) -> list[tuple[str, str | None]]:
        asyncio.run(self._listen(enough))
        return self.told

    async def _listen(self, enough: Callable[[], object]) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            keys = {"REMOTE_KEY": "sk-remote", "LOCAL_KEY": "sk-local", "ANTHROPIC_API_KEY": "sk"}
            probes = Probes(client, lambda *heard: self.told.append(heard), keys, EVERY_S)
            probes.start(lambda: self.policy)
            try:
                await asyncio.wait_for(until(enough), 10)
            finally:
                probes.stop()
                await asyncio.sleep(0)


def until(happened: Callable[[], object]) -> Awaitable[None]:
    async def wait() -> None:
        while not happened():
            await asyncio.sleep(0.01)

    return wait()


def test_only_providers_that_a_route_leads_to_are_probed_and_anthropic_never():
    policy = policy_of("http://127.0.0.1:11434")
    assert list(probed(policy)) == ["ollama", "remote"]
    assert list(probed([policy, policy])) == ["ollama", "remote"]


def test_a_key_goes_to_its_own_provider_and_none_to_a_local_one():
    with FakeModels(ollama(["qwen3:8b"])) as local, FakeModels(listing({"some/model": 1})) as far:
        ear = Ear(policy_of(local.url, far.url))
        assert set(ear.listen(lambda: len(ear.told) >= 2)) == {("ollama", None), ("remote", None)}
        assert {seen.header("authorization") for seen in far.seen} == {"Bearer sk-remote"}
        assert {seen.header("authorization") for seen in local.seen} == {None}
        assert {seen.header("x-api-key") for seen in local.seen + far.seen} == {None}


def test_a_server_that_fails_is_told_each_time_and_logged_once(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    answers = {"/v1/models": gives({"error": "overloaded"}, 503)}
    with FakeModels(answers) as fake, FakeModels(listing({})) as far:
        ear = Ear(policy_of(fake.url, far.url))
        told = ear.listen(lambda: len([name for name, fault in ear.told if fault]) >= 3)
    assert ("ollama", "it answers 503") in told
    assert ("remote", None) in told
    assert [r.getMessage() for r in caplog.records if r.name == "collector.probes"] == [
        "ollama: it answers 503; calls pass it over until it answers"
    ]


def test_nobody_at_the_port_or_a_broken_answer_is_a_fault_and_raises_nothing():
    with FakeModels({"/v1/models": breaks()}) as broken:
        ear = Ear(policy_of(f"http://127.0.0.1:{free_port()}", broken.url))
        told = dict(ear.listen(lambda: len(ear.told) >= 4))
    assert told["ollama"] == "nothing answers there"
    assert told["remote"]


def test_a_refused_key_is_a_sign_of_life():
    with FakeModels({}, bearer="another") as fake:
        ear = Ear(policy_of(fake.url, fake.url))
        assert ("remote", None) in ear.listen(lambda: len(ear.told) >= 2)
