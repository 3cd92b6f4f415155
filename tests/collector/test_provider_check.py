"""What `faregate doctor` says of each provider, by servers on real ports."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from collector.provider_check import Finding, check, models_wanted
from dashboard.doctor import findings
from router.policy import parse
from router.policy_model import Provider
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.models import Answers, FakeModels, listing, ollama
from tests.fakes.reply import breaks, gives
from tests.running import free_port

KEY = {"PAID_KEY": "sk-secret-1234"}
CODER = "qwen3-coder:30b"


def look(
    url: str, *models: str, keys: Mapping[str, str] = KEY, **fields: Any
) -> list[tuple[str, str]]:
    provider = Provider.model_validate({"base_url": url, **fields})

    async def told() -> list[Finding]:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await check("shop", provider, models, keys, client)

    found = asyncio.run(told())
    assert not any(key in what for key in keys.values() for _, what in found)
    return [(verdict, what) for verdict, what in found]


def local(answers: Answers, *models: str, context_tokens: int = 65_536) -> list[tuple[str, str]]:
    with FakeModels(answers) as fake:
        return look(fake.url, *models, bill="local", context_tokens=context_tokens)


def paid(answers: Answers, *models: str, **fields: Any) -> list[tuple[str, str]]:
    with FakeModels(answers, bearer=KEY["PAID_KEY"]) as fake:
        return look(fake.url, *models, api_key_env="PAID_KEY", **fields)


def test_a_loaded_model_with_room_enough_is_well():
    assert local(ollama([CODER], loaded={CODER: 65_536}), CODER) == [
        ("ok", "shop/qwen3-coder:30b is there, with 65,536 tokens of context")
    ]


def test_a_server_with_less_context_than_the_policy_counts_on_fails_before_a_call_does():
    [(verdict, what)] = local(ollama([CODER], loaded={CODER: 4_096}), CODER)
    assert verdict == "fail"
    assert what == (
        "shop/qwen3-coder:30b holds 4,096 tokens, context_tokens says 65,536; lower that in "
        "policy.toml, or start it with OLLAMA_CONTEXT_LENGTH=65536"
    )


def test_a_smaller_context_than_coding_needs_is_a_warning_where_the_policy_knows_it():
    answers = ollama([CODER], num_ctx={CODER: 32_768})
    [(verdict, what)] = local(answers, CODER, context_tokens=32_768)
    assert (verdict, "coding needs 65,536" in what) == ("warn", True)


def test_the_context_of_a_model_that_is_not_loaded_cannot_be_seen():
    [(verdict, what)] = local(ollama([CODER]), CODER, context_tokens=131_072)
    assert verdict == "warn"
    assert "OLLAMA_CONTEXT_LENGTH=131072" in what


def test_a_missing_model_is_named_with_its_remedy():
    assert local(ollama([]), CODER) == [
        ("fail", "shop has no qwen3-coder:30b; `ollama pull qwen3-coder:30b`")
    ]
    [(_, what)] = paid(listing({"qwen/qwen3-coder:free": 1_048_576}), "qwen/qwen3-codr:free")
    assert what.endswith("did you mean qwen/qwen3-coder:free?")


def test_a_model_goes_by_its_tag_its_date_or_the_way_it_is_bought():
    assert local(ollama(["llama:latest"], loaded={"llama:latest": 65_536}), "llama")[0][0] == "ok"
    answers = listing({"claude-haiku-4-5-20251001": None, "openai/gpt-oss-20b": 131_072})
    told = paid(answers, "claude-haiku-4-5", "openai/gpt-oss-20b:nitro")
    assert [verdict for verdict, _ in told] == ["ok", "ok"]


def test_a_local_server_that_is_not_ollama_lists_as_everybody_does():
    assert local(listing({"some": 131_072}), "some")[0][0] == "ok"


def test_chat_providers_list_beside_their_completions():
    with FakeModels(listing({"gpt": 131_072}, "/v1/models"), bearer=KEY["PAID_KEY"]) as fake:
        told = look(f"{fake.url}/v1", "gpt", wire="chat", api_key_env="PAID_KEY")
    assert told == [("ok", "shop/gpt is there, with 131,072 tokens of context")]


def test_a_context_that_openrouter_lists_is_compared():
    [(verdict, _)] = paid(listing({"some": 32_000}), "some", context_tokens=65_536)
    assert verdict == "fail"
    [(verdict, what)] = paid(listing({"some": 32_000}), "some")
    assert (verdict, what.endswith("choose a larger model")) == ("warn", True)


def test_without_its_key_nobody_is_asked():
    with FakeModels(listing({"some": 1})) as fake:
        [(verdict, what)] = look(fake.url, "some", keys={}, api_key_env="PAID_KEY")
        assert not fake.seen
    assert (verdict, what.startswith("PAID_KEY is not set")) == ("warn", True)


def test_a_wrong_key_is_said_without_showing_it():
    with FakeModels(listing({"some": 1}), bearer="another") as fake:
        assert look(fake.url, "some", api_key_env="PAID_KEY") == [
            ("fail", "shop refuses us (401); check the key in PAID_KEY")
        ]


def test_the_clients_login_is_only_reached_for_and_sends_nothing_of_ours():
    with FakeAnthropic() as fake:
        told = look(fake.url, "claude-opus-4-6", auth="client", bill="plan")
        [seen] = fake.seen
    assert told == [("ok", "shop can be reached; it takes the client's own login")]
    assert seen.header("authorization") is None
    assert seen.header("x-api-key") is None


def test_a_server_that_is_not_there_or_breaks_off_is_a_warning():
    [(verdict, what)] = look(f"http://127.0.0.1:{free_port()}", CODER)
    assert (verdict, "nothing answers there" in what) == ("warn", True)
    assert [verdict for verdict, _ in local({"/api/tags": breaks()}, CODER)] == ["warn"]


@pytest.mark.parametrize("body", [[], {"data": 1}, {"models": None}, {"data": [None]}])
def test_an_odd_answer_never_breaks_the_look(body: object):
    [(verdict, _)] = paid({"/v1/models": gives(body)}, "some")
    assert verdict in ("warn", "fail")


def test_what_is_asked_for_by_the_client_is_not_looked_up():
    policy = parse("""
        [providers.a]
        base_url = "http://127.0.0.1:1"
        [routes]
        default = ["a/asked", "a/x", "a/y"]
        spare = ["a/x"]
    """)
    assert models_wanted(policy) == {"a": ["x", "y"]}


def test_doctor_looks_at_the_providers_of_the_routes_in_force(tmp_path):
    with FakeModels(ollama([CODER])) as fake:
        (tmp_path / "policy.toml").write_text(f"""
            [providers.den]
            base_url = "{fake.url}"
            bill = "local"
            [providers.spare]
            base_url = "{fake.url}"
            [routes]
            default = ["den/none"]
        """)
        told = findings(tmp_path, tmp_path, tmp_path, {"NO_PROXY": "127.0.0.1"})
    whats = [what for _, what in told]
    assert "den has no none; `ollama pull none`" in whats
    assert not any("spare" in what for what in whats)
