import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.wire.reshape import Reshaped, reshape
from router.wire.reshape_answer import RenamedStream, renamed, said_id, said_model
from router.wire.reshape_content import holds_unsigned
from router.wire.reshape_shapes import ENDPOINTS, same_model, shape_of
from tests.fakes.reply import says, thinking
from tests.fakes.sse import stream
from tests.router.wire.answers import ended, event, started
from tests.router.wire.grammar import faults, message_of
from tests.router.wire.test_chat_request import ANY_JSON, fixture_bodies
from tests.router.wire.test_sse import cut

OPUS, HAIKU, LOCAL = "claude-opus-4-8", "claude-haiku-4-5-20251001", "qwen3-coder:30b"
BETAS = (
    "claude-code-20250219",
    "oauth-2025-04-20",
    "context-1m-2025-08-07",
    "interleaved-thinking-2025-05-14",
    "context-management-2025-06-27",
    "prompt-caching-scope-2026-01-05",
    "mid-conversation-system-2026-04-07",
    "effort-2025-11-24",
    "what-comes-next-2027-01-01",
)
EDITS = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}
HAIKU_THINKING = {"type": "enabled", "budget_tokens": 31999}


def asked(model: str = OPUS, *messages: Any, **fields: Any) -> dict[str, Any]:
    talk = list(messages) or [{"role": "user", "content": "hello"}]
    return {"model": model, "max_tokens": 64000, "messages": talk, "stream": True, **fields}


def main_call(**fields: Any) -> dict[str, Any]:
    """As Claude Code asks Opus 4.8."""
    usual: dict[str, Any] = {
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
        "context_management": EDITS,
        "metadata": {"user_id": "{}"},
    }
    return asked(**{**usual, **fields})


def sent(body: dict[str, Any], model: str, endpoint: str = "anthropic") -> Reshaped:
    return reshape(body, model, answers_as=shape_of(model, endpoint), betas=BETAS)


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(content)}


TARGETS = [
    *((model, "anthropic") for model in (OPUS, HAIKU, "claude-sonnet-4-5", "claude-opus-5-5")),
    *((model, "anthropic") for model in ("claude-sonnet-5-5", "claude-3-haiku-20240307")),
    (LOCAL, "ollama"),
    ("anthropic/claude-sonnet-4.5", "openrouter"),
    ("z-ai/glm-4.7", "openrouter"),
    ("gpt-oss", "litellm"),
]


def test_the_fast_way_is_asked_for_only_where_there_is_one():
    body = main_call(speed="fast")
    assert sent(body, "claude-opus-4-7").body["speed"] == "fast"
    for model, endpoint in ((HAIKU, "anthropic"), (LOCAL, "ollama")):
        assert "speed" not in sent(body, model, endpoint).body


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: "@".join(target))
@pytest.mark.parametrize("body", fixture_bodies())
def test_every_request_of_claude_code_fits_every_target(body, target):
    before = orjson.dumps(body)
    made = sent(body, *target)
    assert orjson.dumps(body) == before
    assert fits(made, *target)


def fits(made: Reshaped, model: str, endpoint: str) -> bool:
    """Whether a target would take this body, as far as its shape says."""
    shape, body = shape_of(model, endpoint), made.body
    if made.refused:
        return True
    kind = (body.get("thinking") or {}).get("type")
    assert kind is None or kind in shape.thinking
    budget = (body.get("thinking") or {}).get("budget_tokens", 0)
    assert budget < body.get("max_tokens", budget + 1)
    assert body.get("max_tokens", 0) <= (shape.most_tokens or body.get("max_tokens", 0))
    effort = (body.get("output_config") or {}).get("effort")
    assert effort is None or effort in shape.efforts
    assert shape.mid_system or all(m["role"] != "system" for m in body["messages"])
    assert shape.sampling or not {"temperature", "top_p", "top_k"} & body.keys()
    assert shape.context_management or "context_management" not in body
    if endpoint != "anthropic":
        assert not {"metadata"} & body.keys()
        assert b"x-anthropic-billing-header" not in orjson.dumps(body)
    if shape.cache == "none":
        assert b"cache_control" not in orjson.dumps(body)
    return body["model"] == model


def test_opus_to_haiku_is_what_claude_code_itself_sends_to_haiku():
    system = {"role": "system", "content": "Plan mode is active"}
    made = sent(main_call(messages=[user({"type": "text", "text": "hi"}), system]), HAIKU)
    assert made.body == {
        "model": HAIKU,
        "max_tokens": 64000,
        "messages": [
            user(
                {"type": "text", "text": "hi"},
                {
                    "type": "text",
                    "text": "<system-reminder>\nPlan mode is active\n</system-reminder>",
                },
            )
        ],
        "stream": True,
        "thinking": HAIKU_THINKING,
        "context_management": EDITS,
        "metadata": {"user_id": "{}"},
    }
    assert made.betas == (
        "claude-code-20250219",
        "oauth-2025-04-20",
        "interleaved-thinking-2025-05-14",
        "context-management-2025-06-27",
        "prompt-caching-scope-2026-01-05",
        "what-comes-next-2027-01-01",
    )


def test_haiku_to_opus_thinks_as_hard_as_before():
    body = asked(HAIKU, thinking=HAIKU_THINKING, context_management=EDITS, max_tokens=32000)
    made = reshape(body, OPUS, answers_as=shape_of(OPUS), betas=BETAS[:1])
    assert made.body["thinking"] == {"type": "adaptive"}
    assert made.body["output_config"] == {"effort": "high"}
    assert made.betas == ("claude-code-20250219", "effort-2025-11-24")


def test_the_same_shape_changes_nothing_but_the_model():
    body = main_call(messages=[user({"type": "text", "text": "hi"})])
    assert sent(body, "claude-sonnet-5").body == {**body, "model": "claude-sonnet-5"}


@pytest.mark.parametrize(
    ("model", "endpoint", "thinking", "effort"),
    [
        ("claude-sonnet-5", "anthropic", {"type": "disabled"}, None),
        ("claude-opus-5-5", "anthropic", None, "low"),
        ("claude-sonnet-5-5", "anthropic", {"type": "between_tools"}, None),
        (HAIKU, "anthropic", {"type": "disabled"}, None),
        ("claude-3-haiku-20240307", "anthropic", None, None),
        (LOCAL, "ollama", {"type": "disabled"}, None),
    ],
)
def test_a_call_that_does_not_think_keeps_from_it(model, endpoint, thinking, effort):
    made = sent(asked(thinking={"type": "disabled"}, context_management=EDITS), model, endpoint)
    assert made.body.get("thinking") == thinking
    assert (made.body.get("output_config") or {}).get("effort") == effort
    assert "context_management" not in made.body


@pytest.mark.parametrize(
    ("effort", "model", "told"),
    [
        ("xhigh", "claude-opus-4-6", "high"),
        ("max", "claude-opus-4-6", "max"),
        ("max", "claude-opus-4-5", "high"),
        ("low", "claude-sonnet-5", "low"),
    ],
)
def test_effort_is_the_nearest_that_a_model_knows(effort, model, told):
    made = sent(main_call(output_config={"effort": effort}), model)
    assert made.body["output_config"] == {"effort": told}


def test_a_budget_stays_under_the_cap_and_goes_where_there_is_no_room():
    made = sent(main_call(max_tokens=2000), HAIKU)
    assert made.body["thinking"] == {"type": "enabled", "budget_tokens": 1999}
    assert sent(main_call(max_tokens=500), HAIKU).body["thinking"] == {"type": "disabled"}


def test_an_old_model_gets_no_more_tokens_than_it_has():
    assert sent(asked(), "claude-3-haiku-20240307").body["max_tokens"] == 4096
    assert sent(asked(max_tokens=100), "claude-3-haiku-20240307").body["max_tokens"] == 100


def test_temperature_goes_where_it_is_refused():
    cool = asked(HAIKU, temperature=0, top_p=0.5)
    assert "temperature" not in sent(cool, "claude-sonnet-5").body
    assert sent(cool, "claude-sonnet-4-5").body["temperature"] == 0
    assert "temperature" not in sent({**cool, "thinking": HAIKU_THINKING}, "claude-opus-4-5").body


TALK = [
    user({"type": "text", "text": "go"}),
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
            {"type": "text", "text": "done"},
        ],
    },
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "a", "signature": ""}]},
    user({"type": "text", "text": "more", "cache_control": {"type": "ephemeral", "ttl": "1h"}}),
]


def kinds(made: Reshaped) -> list[str]:
    return [block["type"] for message in made.body["messages"] for block in message["content"]]


def test_thoughts_of_another_model_are_left_out():
    assert kinds(sent(asked(OPUS, *TALK), HAIKU)) == ["text", "text", "text"]


def test_the_same_model_by_another_name_keeps_its_signed_thoughts():
    made = sent(asked(OPUS, *TALK), "anthropic/claude-opus-4.8", "openrouter")
    assert kinds(made) == ["text", "thinking", "text", "text"]
    local = sent(asked(LOCAL, *TALK), LOCAL, "ollama")
    assert kinds(local) == ["text", "thinking", "text", "thinking", "text"]


def test_unsigned_thoughts_are_seen_in_a_body_and_left_out_for_the_model_it_names():
    body = asked(OPUS, *TALK)
    assert holds_unsigned(orjson.dumps(body))
    made = sent(body, OPUS)
    assert kinds(made) == ["text", "thinking", "text", "text"]
    assert not holds_unsigned(orjson.dumps(made.body))
    assert not holds_unsigned(orjson.dumps(asked(OPUS, user({"type": "text", "text": '""'}))))


def test_cache_marks_go_as_far_as_an_endpoint_knows_them():
    scoped = {"type": "ephemeral", "scope": "global"}
    system = [{"type": "text", "text": "S", "cache_control": scoped}]
    tools = [{"name": "T", "input_schema": {}, "cache_control": scoped}]
    body = asked(OPUS, *TALK, system=system, tools=tools)
    assert sent(body, HAIKU).body["system"] == system
    there = sent(body, "anthropic/claude-haiku-4.5", "openrouter").body
    assert there["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert b"cache_control" not in orjson.dumps(sent(body, LOCAL, "ollama").body)


def test_the_clients_digest_goes_with_its_bytes():
    line = "x-anthropic-billing-header: cc_version=2.1.197.351; cc_entrypoint=cli; cch=4af47;"
    system = [{"type": "text", "text": line}, {"type": "text", "text": "You are Claude Code."}]
    here = sent(asked(system=system), HAIKU).body["system"]
    assert here[0]["text"] == line.removesuffix(" cch=4af47;")
    assert sent(asked(system=system), LOCAL, "ollama").body["system"] == system[1:]


def test_server_tools_are_left_out_or_refused():
    search = {"type": "web_search_20250305", "name": "web_search"}
    own = {"name": "Bash", "input_schema": {"type": "object"}, "defer_loading": True}
    made = sent(asked(tools=[search, own]), LOCAL, "ollama")
    assert made.body["tools"] == [{"name": "Bash", "input_schema": {"type": "object"}}]
    choice = {"type": "tool", "name": "web_search"}
    inner = asked(tools=[search], tool_choice=choice, thinking={"type": "disabled"})
    assert sent(inner, LOCAL, "ollama").refused == "it does not have web_search"
    assert sent(inner, HAIKU).refused is None
    assert sent(inner, HAIKU).body["tool_choice"] == choice


def test_a_tool_that_cannot_be_forced_is_the_only_one_shown():
    tools = [{"name": name, "input_schema": {}} for name in ("a", "b")]
    body = asked(tools=tools, tool_choice={"type": "tool", "name": "b"})
    local = sent(body, LOCAL, "ollama").body
    assert ("tool_choice" in local, [tool["name"] for tool in local["tools"]]) == (False, ["b"])
    assert sent(body, "claude-opus-5-5").body["tool_choice"] == {"type": "auto"}
    none = sent({**body, "tool_choice": {"type": "none"}}, LOCAL, "ollama").body
    assert not {"tools", "tool_choice"} & none.keys()


def test_a_model_that_thinks_unasked_does_not_where_a_tool_is_forced():
    tools = [{"name": "a", "input_schema": {}}]
    body = asked(LOCAL, tools=tools, tool_choice={"type": "any"})
    assert sent(body, "claude-sonnet-5").body["thinking"] == {"type": "disabled"}


def test_an_answer_begun_for_a_model_is_refused_where_it_would_be():
    begun = [user({"type": "text", "text": "go"}), {"role": "assistant", "content": "{"}]
    assert sent(asked(HAIKU, *begun), "claude-sonnet-4-5").refused is None
    refused = sent(asked(HAIKU, *begun), "claude-opus-4-6").refused
    assert refused == "it does not go on with an answer that was begun for it"


def test_what_ollama_cannot_see_is_said_in_words():
    url = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf"}}
    png = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ""}}
    nested = {"type": "tool_result", "tool_use_id": "t", "content": [url, png]}
    [message] = sent(asked(OPUS, user(nested, pdf, png)), LOCAL, "ollama").body["messages"]
    [result, document, image] = message["content"]
    assert result["content"][0]["text"] == "[image not shown: https://example.com/a.png]"
    assert result["content"][1] == image == png
    assert document == {"type": "text", "text": "[document not shown: application/pdf]"}


def test_what_anthropics_own_tools_found_is_said_in_words_elsewhere():
    found = [{"type": "web_search_result", "title": "Cats", "url": "https://example.com"}]
    blocks = [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "cats"}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": found},
        {"type": "text", "text": "Here.", "citations": []},
    ]
    talk = [user({"type": "text", "text": "?"}), {"role": "assistant", "content": blocks}]
    [_, message] = sent(asked(OPUS, *talk), LOCAL, "ollama").body["messages"]
    assert [block["text"] for block in message["content"]] == [
        "[web_search: query: cats]",
        "- Cats: https://example.com",
        "Here.",
    ]
    assert sent(asked(OPUS, *talk), "claude-sonnet-4-5").body["messages"] == talk


def test_a_system_message_between_a_call_and_its_result_comes_after_the_result():
    note = {"role": "system", "content": "note"}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "ok"}
    calls = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "a"}]}
    [_, _, answer] = sent(asked(OPUS, user(), calls, note, user(result)), HAIKU).body["messages"]
    assert [block["type"] for block in answer["content"]] == ["tool_result", "text"]


def test_a_form_that_cannot_be_bound_is_asked_for():
    form = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    body = asked(output_config=form, system="Title it.")
    made = sent(body, LOCAL, "ollama").body
    assert "output_config" not in made
    assert made["system"][1]["text"].startswith("Answer with one JSON object")
    assert sent(body, HAIKU).body["output_config"] == form


def test_the_long_window_is_a_beta_and_never_part_of_a_name():
    made = reshape(asked(), "claude-opus-4-8[1m]", answers_as=shape_of(OPUS), betas=BETAS[:1])
    assert made.body["model"] == OPUS
    assert "context-1m-2025-08-07" in made.betas
    assert "context-1m-2025-08-07" not in sent(asked(), HAIKU).betas


def test_betas_of_a_login_stay_with_anthropic():
    there = sent(main_call(), "anthropic/claude-opus-4.8", "openrouter").betas
    assert not [beta for beta in there if beta.startswith(("claude-code", "oauth"))]
    assert sent(main_call(), LOCAL, "ollama").betas == ()


@given(ANY_JSON, st.sampled_from(TARGETS))
def test_no_wrong_type_can_make_reshaping_fail(value, target):
    names = ("messages", "system", "tools", "tool_choice", "thinking", "output_config")
    for name in (*names, "context_management", "max_tokens", "model"):
        sent({**asked(), name: value}, *target)
    for role in ("user", "assistant", "system"):
        sent(asked(OPUS, {"role": role, "content": value}), *target)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (OPUS, "claude-opus-4-8-20260115", True),
        (OPUS, "anthropic/claude-opus-4.8", True),
        ("claude-haiku-4-5", HAIKU, True),
        ("claude-sonnet-4-5", "anthropic/claude-4.5-sonnet-20250929", True),
        ("claude-sonnet-4-5", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", True),
        ("claude-sonnet-4", "claude-sonnet-4-0", True),
        (OPUS, "claude-opus-4-7", False),
        ("claude-opus-5", "claude-opus-5-5", False),
        ("qwen/qwen3-coder", "qwen/qwen3-coder:free", False),
        ("qwen3-coder:30b", "qwen3-coder:480b", False),
    ],
)
def test_one_model_is_known_by_all_its_names(one, other, is_same):
    assert same_model(one, other) is is_same
    assert said_model(one, other, None) == (one if is_same else other)


def test_a_message_id_that_is_not_unique_is_made_so():
    assert said_id("msg_01XFDUDYJgAACzvnptvVoYEL", "abc") == "msg_01XFDUDYJgAACzvnptvVoYEL"
    assert said_id("msg_1", "abc") == "msg_fgabc"
    assert renamed({"id": None, "model": None}, OPUS, LOCAL, "abc") == {
        "id": "msg_fgabc",
        "model": LOCAL,
    }


REPLY = says(thinking("hm"), "Grüße, 世界", model="anthropic/claude-opus-4.8", message_id="msg_7")
WIRE = b"".join(stream(REPLY))


@given(st.lists(st.integers(0, 100_000), max_size=8), st.booleans())
def test_an_answer_is_renamed_the_same_however_it_is_cut(at, is_begun):
    named = RenamedStream(OPUS, "anthropic/claude-opus-4.8", "s33d", is_begun=is_begun)
    out = b"".join(map(named.feed, cut(WIRE, at))) + named.end()
    if is_begun:
        assert b"message_start" not in out
        assert faults(started({"input_tokens": 5}, role="assistant", stop_reason=None) + out) == []
        assert json.loads(out.split(b"event: message_delta\ndata: ")[1].split(b"\n")[0])["usage"][
            "input_tokens"
        ]
        return
    assert faults(out) == []
    assert (message_of(out)["model"], message_of(out)["id"]) == (OPUS, "msg_fgs33d")
    assert out.endswith(WIRE.partition(b"\n\n")[2])


@given(st.binary())
def test_no_bytes_are_lost_in_renaming(garbage):
    named = RenamedStream(OPUS, OPUS, "s33d")
    out = named.feed(garbage) + named.end()
    if b"message_start" not in garbage:
        assert out == garbage


def test_usage_told_only_at_the_start_is_told_at_the_end():
    named = RenamedStream(LOCAL, LOCAL, "s33d", is_begun=True)
    wire = (
        started({"input_tokens": 40, "output_tokens": 0})
        + event("ping")
        + ended({"output_tokens": 2})
    )
    out = named.feed(wire) + named.end()
    assert b'"usage":{"input_tokens":40,"output_tokens":2}' in out


def test_every_endpoint_has_a_shape_for_every_model():
    for endpoint in (*ENDPOINTS, "anthropic"):
        assert shape_of("anything", endpoint)
        assert shape_of(OPUS, endpoint)
    with pytest.raises(KeyError):
        shape_of(OPUS, "nowhere")
