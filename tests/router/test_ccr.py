"""A claude-code-router configuration is carried over whole, and every key of it accounted for."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.call import Bill, Kind
from router.ccr import Imported, imported
from router.policy import parse
from router.policy_check import load
from router.policy_model import Target
from tests.router.deciding import call, decided, first

SECRET = "sk-or-v1-0123456789abcdef"
CONFIG = """
// my router
{
  PORT: 3456,
  "APIKEY": "SECRET-own",
  "LOG": true,
  "API_TIMEOUT_MS": "600000",
  "Providers": [
    {
      "name": "OpenRouter",
      "api_base_url": "https://openrouter.ai/api/v1/chat/completions",
      "api_key": "SECRET",
      "models": ["anthropic/claude-sonnet-4", "google/gemini-2.5-pro", "a,b:free"],
      "transformer": { "use": ["openrouter", ["maxtoken", {"max_tokens": 99}]],
                       "a,b:free": {"use": ["mine"]} },
    },
    { "name": "ollama", "api_base_url": "$OLLAMA/v1/chat/completions", "api_key": "ollama",
      "models": ["qwen3-coder:30b"] },
    { "name": "claude", "api_base_url": "https://api.anthropic.com/v1/messages",
      "api_key": "${CLAUDE_KEY}", "models": ["claude-opus-4-1"],
      "transformer": {"use": ["Anthropic"]}, "tokenizer": {} },
    { "name": "nokey", "api_base_url": "https://x.example/chat/completions", "models": [] },
  ],
  "Router": {
    "default": "OPENROUTER, Anthropic/Claude-Sonnet-4",
    "background": "ollama,qwen3-coder:30b",
    "think": "claude,claude-opus-4-1",
    "longContext": "openrouter,google/gemini-2.5-pro",
    "longContextThreshold": 80000,
    "webSearch": "gone,x",
    "image": "openrouter,a,b:free",
    "custom": {},
  },
  "fallback": { "default": ["claude,claude-opus-4-1", "gone,x"], "odd": [] },
  "CUSTOM_ROUTER_PATH": "/home/me/router.js",
  "StatusLine": { "enabled": true },
  "whatever": 1,
}
""".replace("SECRET", SECRET)
ENVIRON = {"OLLAMA": "http://localhost:11434", "CLAUDE_KEY": "sk-ant-never-shown"}


def told(found: Imported) -> dict[str, str]:
    return {entry.key: entry.became for entry in found.account}


def from_table(config: dict[str, Any], **environ: str) -> Imported:
    return imported(json.dumps(config), environ)


def provider(**given: Any) -> dict[str, Any]:
    return {
        "name": "p", "api_base_url": "https://x.example/v1/chat/completions", "api_key": "k",
        "models": ["m"], **given,
    }  # fmt: skip


def test_a_whole_configuration_becomes_a_policy():
    policy = load(imported(CONFIG, ENVIRON).text).policy
    assert policy.thresholds["long_context_tokens"] == 80_000
    assert policy.routes == {
        "default": ("openrouter/anthropic/claude-sonnet-4", "claude/claude-opus-4-1"),
        "background": ("ollama/qwen3-coder:30b",),
        "think": ("claude/claude-opus-4-1",),
        "long_context": ("openrouter/google/gemini-2.5-pro",),
        "image": ("openrouter/a,b:free",),
    }
    openrouter, ollama, claude = (policy.providers[n] for n in ("openrouter", "ollama", "claude"))
    assert (openrouter.wire, openrouter.base_url) == ("chat", "https://openrouter.ai/api/v1")
    assert openrouter.api_key_env == "OPENROUTER_API_KEY"
    assert (ollama.base_url, ollama.bill) == ("http://localhost:11434/v1", Bill.LOCAL)
    assert ollama.api_key_env is None
    assert (claude.wire, claude.base_url) == ("messages", "https://api.anthropic.com")
    assert claude.api_key_env == "CLAUDE_KEY"


def test_every_key_is_accounted_for():
    account = told(imported(CONFIG, ENVIRON))
    assert account["PORT"] == "not in a policy: faregate up --port"
    assert account["CUSTOM_ROUTER_PATH"] == "not carried: it is JavaScript; write it as rules"
    assert account["whatever"].startswith("not carried: not known")
    assert account["Providers.3"] == "not carried: it lacks api_key, so it was never used"
    assert account["Providers.0.api_key"].endswith("set that variable to the key")
    assert account["Providers.2.api_key"] == "api_key_env CLAUDE_KEY"
    assert account["Providers.0.transformer.use maxtoken"].startswith("not carried")
    assert account["Providers.0.transformer.a,b:free mine"].endswith("a transformer of your own")
    assert account["Router.webSearch"].startswith("not carried: it names no provider,model")
    assert account["Router.longContextThreshold"] == "thresholds.long_context_tokens"
    assert account["Router.custom"] == "not carried: write it as a rule"
    assert account["fallback.default.1"].startswith("not carried")
    for key in ("APIKEY", "LOG", "API_TIMEOUT_MS", "StatusLine", "fallback.odd", "Router.default"):
        assert account[key]


def test_no_secret_is_written_anywhere():
    found = imported(CONFIG, ENVIRON)
    everything = found.text + repr(found.account)
    assert SECRET not in everything
    assert ENVIRON["CLAUDE_KEY"] not in everything


@pytest.mark.parametrize(
    ("weighed", "target"),
    [
        (call(asked_model="claude-opus-4-8"), "openrouter/anthropic/claude-sonnet-4"),
        (call(asked_model="claude-haiku-4-5"), "ollama/qwen3-coder:30b"),
        (call(thinking="adaptive"), "claude/claude-opus-4-1"),
        (call(body_bytes=400_000), "openrouter/google/gemini-2.5-pro"),
        (call(body_bytes=400_000, thinking="enabled"), "openrouter/google/gemini-2.5-pro"),
        (call(asked_model="claude-haiku-4-5", thinking="enabled"), "ollama/qwen3-coder:30b"),
        (call(asked_model="Claude,claude-opus-4-1", body_bytes=400_000), "claude/claude-opus-4-1"),
        (call(cues={"tag": "ollama,qwen3-coder:30b"}), "ollama/qwen3-coder:30b"),
        (call(kind=Kind.TITLE), "ollama/qwen3-coder:30b"),
    ],
)
def test_the_policy_routes_as_the_configuration_did(weighed: Any, target: str):
    keys = frozenset({"OPENROUTER_API_KEY", "CLAUDE_KEY"})
    text = imported(CONFIG, ENVIRON).text
    assert first(decided(weighed, text, login=Bill.CASH, keys=keys)) == target


@pytest.mark.parametrize(
    ("url", "base_url", "wire"),
    [
        ("https://x.example/v1/chat/completions", "https://x.example/v1", "chat"),
        ("https://x.example/v1/messages", "https://x.example", "messages"),
        (
            "https://user:hidden@x.example/v1/chat/completions?key=hidden",
            "https://x.example/v1",
            "chat",
        ),
        (
            "https://generativelanguage.googleapis.com/v1beta/models/",
            "https://generativelanguage.googleapis.com/v1beta/openai",
            "chat",
        ),
        ("$URL", "https://env.example/v1", "chat"),
        ("${URL}", "https://env.example/v1", "chat"),
    ],
)
def test_a_full_url_becomes_a_base_url_and_a_wire(url: str, base_url: str, wire: str):
    found = from_table(
        {"Providers": [provider(api_base_url=url)]}, URL="https://env.example/v1/chat/completions"
    )
    carried = parse(found.text).providers["p"]
    assert (carried.base_url, carried.wire) == (base_url, wire)
    assert "hidden" not in found.text + repr(found.account)


def test_what_was_never_a_provider_is_said():
    unset = from_table({"Providers": [provider(), provider(name="q", api_base_url="$NOWHERE")]})
    assert told(unset)["Providers.1"] == "not carried, for want of a URL"
    plain = from_table(
        {"Providers": [provider(), provider(name="q", api_base_url="http://far.example/v1")]}
    )
    assert told(plain)["Providers.1"] == "not carried: its key would go unencrypted; use https"


def test_a_server_on_the_own_network_is_local():
    url = "http://192.168.1.5:11434/v1/chat/completions"
    policy = parse(from_table({"Providers": [provider(api_base_url=url)]}).text)
    assert policy.providers["p"].bill is Bill.LOCAL


def test_documented_words_that_were_never_read_are_read_now():
    found = from_table(
        {
            "providers": [
                {"NAME": "P", "baseUrl": "https://x.example/v1", "apiKey": "k", "MODELS": ["m"]}
            ]
        }
    )
    assert parse(found.text).chain("default") == (Target("p", "m"),)
    assert told(found)["providers.0.baseUrl"] == "read as api_base_url"


def test_the_oldest_form_is_carried():
    found = from_table(
        {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": "https://x.example/v1", "OPENAI_MODEL": "gpt"}
    )
    assert parse(found.text).chain("default") == (Target("openai", "gpt"),)
    assert told(found)["OPENAI_MODEL"] == "providers.openai"
    assert SECRET not in found.text


def test_two_providers_of_one_name_are_told_apart():
    config = {"Providers": [provider(name="My Box"), provider(name="my-box")]}
    assert set(parse(from_table(config).text).providers) == {"my-box", "my-box-2"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "not JSON5"),
        ("[1]", "not a configuration"),
        ("{}", "no provider with a name, a URL, a key and models"),
        ('{"Providers": 3, "Router": []}', "no provider"),
    ],
)
def test_what_is_no_configuration_is_named(text: str, what: str):
    with pytest.raises(ValueError, match=rf"^config\.json: {what}[^\n]*$"):
        imported(text, {})


WORDS = st.text(max_size=6)
LEAVES = st.none() | st.booleans() | st.integers() | WORDS | st.just("p,m") | st.just("$P_KEY")
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)
FIELDS = ["name", "api_base_url", "api_key", "models", "transformer", "tokenizer", "apiKey"]
ROUTER = ["default", "background", "think", "longContext", "longContextThreshold", "image", "x"]


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["PORT", "plugins", "fallback", "odd"]), TREES),
    st.dictionaries(st.sampled_from(FIELDS), TREES),
    st.dictionaries(st.sampled_from(ROUTER), TREES),
)
def test_no_configuration_breaks_the_import_and_no_key_is_lost(
    top: dict[str, Any], odd: dict[str, Any], router: dict[str, Any]
):
    config = {**top, "Providers": [provider(api_key=SECRET), odd], "Router": router}
    found = from_table(config)
    assert load(found.text).policy.routes["default"]
    assert SECRET not in found.text + repr(found.account)
    keys = {entry.key for entry in found.account}
    for key in (k for k in top if k != "fallback"):
        assert key in keys
    for key in router:
        assert f"Router.{key}" in keys
