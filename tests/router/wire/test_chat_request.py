import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.wire.chat_backends import BACKENDS, PLAIN
from router.wire.chat_request import chat_request
from router.wire.chat_thoughts import NO_THOUGHTS, Thought, Thoughts, remember
from tests.fakes.chat import fault_of

REQUESTS = Path(__file__).parent.parent.parent / "fixtures" / "requests"
MODEL = "qwen3-coder:30b"
PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
IMAGE = {"type": "image", "source": PNG}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}


def body(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "claude-opus-4-8", "max_tokens": 100, "messages": list(messages), **fields}


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(content)}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def call(name: str = "Bash", tool_id: str = "toolu_1", **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": tool_id, "name": name, "input": arguments}


def result(content: Any, tool_id: str = "toolu_1", **fields: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": tool_id, "content": content, **fields}


def assistant(*content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(content)}


def told(*messages: Any, backend: str = "chat", **fields: Any) -> list[dict[str, Any]]:
    messages_: list[dict[str, Any]] = chat_request(
        body(*messages, **fields), MODEL, BACKENDS[backend]
    ).body["messages"]
    return messages_


def tool(name: str = "Bash", **schema: Any) -> dict[str, Any]:
    return {"name": name, "description": "runs", "input_schema": {"type": "object", **schema}}


def fixture_bodies() -> list[Any]:
    found = []
    for file in sorted(REQUESTS.glob("*.json")):
        asked = json.loads(file.read_text()).get("body")
        if isinstance(asked, dict):
            found.append(pytest.param(whole(asked), id=file.stem))
    return found


def whole(asked: dict[str, Any]) -> dict[str, Any]:
    """A captured body, with a schema where the capture only kept the names of properties."""
    for each in asked.get("tools") or []:
        names = (each.get("input_schema") or {}).get("properties")
        if isinstance(names, list):
            properties = {name: {"type": "string"} for name in names}
            each["input_schema"] = {"type": "object", "properties": properties}
    return asked


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("asked", fixture_bodies())
def test_every_request_of_claude_code_becomes_one_that_openai_would_take(asked, backend):
    before = orjson.dumps(asked)
    made = chat_request(asked, MODEL, BACKENDS[backend])
    assert orjson.dumps(asked) == before
    if made.refused:
        assert "web_search" in made.refused
    else:
        limits = {"stop": (made.body.get("stop") or [])[:4]}
        assert fault_of({**made.body, **limits}) is None
    assert b"x-anthropic-billing-header" not in orjson.dumps(made.body)
    assert b"device_id" not in orjson.dumps(made.body)


def test_a_tool_turn_keeps_its_calls_results_and_words():
    asked = [
        user(text("run both")),
        assistant(text("Running."), call(command="ls"), call("Read", "toolu_2", path="a")),
        user(result("a.py", "toolu_2"), result([text("x"), text("y")]), text("and now?")),
    ]
    assert told(*asked, system="Be kind.") == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "run both"},
        {
            "role": "assistant",
            "content": "Running.",
            "tool_calls": [
                {
                    "id": "toolu_1",
                    "type": "function",
                    "function": {"name": "Bash", "arguments": '{"command":"ls"}'},
                },
                {
                    "id": "toolu_2",
                    "type": "function",
                    "function": {"name": "Read", "arguments": '{"path":"a"}'},
                },
            ],
        },
        {"role": "tool", "tool_call_id": "toolu_2", "content": "a.py"},
        {"role": "tool", "tool_call_id": "toolu_1", "content": "x\ny"},
        {"role": "user", "content": "and now?"},
    ]


def test_a_failed_tool_says_so():
    [*_, answer] = told(assistant(call()), user(result("no such file", is_error=True)))
    assert answer["content"] == "The tool failed:\nno such file"


def test_an_image_in_a_result_follows_the_results():
    messages = told(
        assistant(call(), call("Read", "toolu_2")), user(result([IMAGE]), result("b", "toolu_2"))
    )
    assert [message["role"] for message in messages] == ["assistant", "tool", "tool", "user"]
    url = "data:image/png;base64,iVBORw0KGgo="
    assert messages[-1]["content"] == [{"type": "image_url", "image_url": {"url": url}}]


def test_a_backend_without_eyes_is_told_that_there_was_an_image():
    [message] = told(user(IMAGE, text("what is it?")), backend="deepseek")
    assert message["content"] == "[image not shown]\n\nwhat is it?"


def test_a_document_goes_as_a_file_or_as_its_text():
    document = {"type": "document", "source": PDF, "title": "a.pdf"}
    [message] = told(user(document), backend="openai")
    data = "data:application/pdf;base64,JVBERi0="
    assert message["content"][0]["file"] == {"filename": "a.pdf", "file_data": data}
    [message] = told(user({**document, "source": {"type": "text", "data": "words"}}))
    assert message["content"] == "[document: a.pdf]\nwords"


def test_a_system_message_in_mid_conversation_is_never_lost():
    plan = {"role": "system", "content": "Plan mode is active"}
    folded = told(user(text("hi")), plan, assistant(text("ok")))
    assert folded[0]["content"] == (
        "hi\n\n<system-reminder>\nPlan mode is active\n</system-reminder>"
    )
    kept = told(user(text("hi")), plan, assistant(text("ok")), backend="openai")
    assert kept[1] == {"role": "system", "content": "Plan mode is active"}


@pytest.mark.parametrize("backend", ["chat", "openai"])
def test_a_system_message_never_parts_a_call_from_its_result(backend):
    note = {"role": "system", "content": "note"}
    messages = told(assistant(call()), note, note, user(result("ok")), backend=backend)
    assert [message["role"] for message in messages][:2] == ["assistant", "tool"]
    assert fault_of({"model": "m", "messages": messages}) is None


def test_a_call_that_was_interrupted_gets_a_result():
    messages = told(user(text("go")), assistant(call()), user(text("stop")))
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "user"]
    assert messages[2]["content"] == "No result: the call was interrupted."


def test_a_result_without_its_call_is_what_the_user_says():
    [message] = told(user(result("late", "toolu_gone")))
    assert message == {"role": "user", "content": "[result of a tool]\nlate"}


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "Bash"}, {"type": "function", "function": {"name": "Bash"}}),
    ],
)
def test_each_tool_choice_has_its_word(choice, sent):
    asked = body(user(text("hi")), tools=[tool()], tool_choice=choice)
    assert chat_request(asked, MODEL).body["tool_choice"] == sent


def test_a_backend_that_cannot_be_forced_is_shown_the_one_tool_only():
    choice = {"type": "tool", "name": "Bash"}
    asked = body(user(text("hi")), tools=[tool(), tool("Read")], tool_choice=choice)
    made = chat_request(asked, MODEL, BACKENDS["ollama"]).body
    assert made["tool_choice"] == "auto"
    assert [one["function"]["name"] for one in made["tools"]] == ["Bash"]


def test_one_tool_at_a_time_is_asked_for_where_there_is_a_word_for_it():
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    asked = body(user(text("hi")), tools=[tool()], tool_choice=choice)
    assert chat_request(asked, MODEL, BACKENDS["openai"]).body["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in chat_request(asked, MODEL).body


def test_a_tool_of_anthropics_own_is_left_out_or_the_call_refused():
    search = {"type": "web_search_20250305", "name": "web_search"}
    both = chat_request(body(user(text("hi")), tools=[tool(), search]), MODEL)
    assert both.notes == ("without web_search",)
    assert [one["function"]["name"] for one in both.body["tools"]] == ["Bash"]
    alone = chat_request(body(user(text("hi")), tools=[search]), MODEL)
    assert alone.refused == "it does not have web_search"


def test_a_long_tool_name_is_shortened_everywhere_and_found_again():
    long = "mcp__" + "x" * 90
    asked = body(
        assistant(call(long)),
        user(result("ok")),
        tools=[tool(long), tool(long + "y")],
        tool_choice={"type": "tool", "name": long},
    )
    made = chat_request(asked, MODEL)
    [short, _other] = [one["function"]["name"] for one in made.body["tools"]]
    assert made.names[short] == long
    assert made.body["messages"][0]["tool_calls"][0]["function"]["name"] == short
    assert made.body["tool_choice"]["function"]["name"] == short
    assert fault_of(made.body) is None


@pytest.mark.parametrize(
    ("backend", "sent"),
    [
        ("chat", {"max_tokens": 100}),
        ("openai", {"max_completion_tokens": 100}),
        ("deepseek", {"max_tokens": 100}),
    ],
)
def test_the_cap_on_output_has_each_backends_name(backend, sent):
    made = chat_request(body(user(text("hi"))), MODEL, BACKENDS[backend]).body
    assert sent.items() <= made.items()


def test_the_cap_on_output_stays_within_what_a_backend_takes():
    probe = {**body(user(text("hi"))), "max_tokens": 1}
    assert chat_request(probe, MODEL, BACKENDS["openai"]).body["max_completion_tokens"] == 16
    long = {**body(user(text("hi"))), "max_tokens": 128_000}
    assert chat_request(long, MODEL, BACKENDS["deepseek"]).body["max_tokens"] == 64_000


ADAPTIVE = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}}
OFF = {"thinking": {"type": "disabled"}}


@pytest.mark.parametrize(
    ("backend", "thinks", "does_not"),
    [
        ("openai", {"reasoning_effort": "medium"}, {}),
        ("openrouter", {"reasoning": {"effort": "medium"}}, {"reasoning": {"enabled": False}}),
        ("deepseek", {"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}),
        (
            "vllm",
            {"chat_template_kwargs": {"enable_thinking": True}},
            {"chat_template_kwargs": {"enable_thinking": False}},
        ),
        ("chat", {}, {}),
    ],
)
def test_thinking_is_asked_for_in_the_backends_words(backend, thinks, does_not):
    words = ("reasoning", "reasoning_effort", "thinking", "chat_template_kwargs")

    def sent(**fields: Any) -> dict[str, Any]:
        made = chat_request(body(user(text("hi")), **fields), MODEL, BACKENDS[backend]).body
        return {name: made[name] for name in words if name in made}

    assert (sent(**ADAPTIVE), sent(**OFF)) == (thinks, does_not)


def test_a_thought_comes_back_with_the_call_it_led_to():
    thoughts = remember(NO_THOUGHTS, ["toolu_1"], Thought(text="let me see"))
    asked = body(assistant(call()), user(result("ok")))
    made = chat_request(asked, MODEL, BACKENDS["deepseek"], thoughts).body
    assert made["messages"][0]["reasoning_content"] == "let me see"
    assert (
        "reasoning_content" not in chat_request(asked, MODEL, PLAIN, thoughts).body["messages"][0]
    )


def test_a_providers_own_details_come_back_as_they_came():
    details = ({"type": "reasoning.encrypted", "data": "ZGF0YQ=="},)
    thought = Thought(details=details, extras={"toolu_1": {"google": {"thought_signature": "c"}}})
    thoughts = remember(NO_THOUGHTS, ["toolu_1"], thought)
    asked = body(assistant(call()), user(result("ok")))
    [first, _] = chat_request(asked, MODEL, BACKENDS["openrouter"], thoughts).body["messages"]
    assert first["reasoning_details"] == list(details)
    assert first["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "c"}}


def test_the_oldest_thoughts_are_forgotten():
    thoughts = Thoughts()
    for n in range(600):
        thoughts = remember(thoughts, [f"toolu_{n}"], Thought(text="t"))
    assert len(thoughts.by_tool) == 512
    assert thoughts.of(["toolu_0"]) is None
    assert thoughts.of(["toolu_599"]) == Thought(text="t")
    big = remember(thoughts, ["toolu_big"], Thought(text="x" * 1_999_990))
    assert len(big.by_tool) == 11


def test_a_stream_asks_for_its_usage():
    assert chat_request(body(user(text("hi")), stream=True), MODEL).body["stream_options"] == {
        "include_usage": True
    }


def test_stop_sequences_are_as_many_as_a_backend_takes():
    made = chat_request(body(user(text("hi")), stop_sequences=list("abcde")), MODEL)
    assert made.body["stop"] == list("abcd")
    assert made.notes == ("fewer stop sequences",)


def test_the_form_of_an_answer_is_a_field_or_words():
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    wanted = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    bound = chat_request(body(user(text("hi")), **wanted), MODEL).body
    assert bound["response_format"]["json_schema"]["schema"] == schema
    made = chat_request(body(user(text("hi")), system="S", **wanted), MODEL, BACKENDS["deepseek"])
    assert made.body["response_format"] == {"type": "json_object"}
    assert made.body["messages"][0]["content"].startswith("S\n\nAnswer with one JSON object")


LINES = st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=20)
BLOCKS = st.one_of(
    st.builds(text, LINES),
    st.just(IMAGE),
    st.builds(lambda n, words: result(words, f"toolu_{n}"), st.integers(0, 3), st.text(max_size=9)),
    st.builds(lambda n: result([IMAGE, text("x")], f"toolu_{n}"), st.integers(0, 3)),
)
SAID = st.one_of(
    st.builds(text, LINES),
    st.builds(lambda n: call(tool_id=f"toolu_{n}", n=n), st.integers(0, 3)),
    st.just({"type": "thinking", "thinking": "hm", "signature": "c2ln"}),
)
TALKS = st.lists(
    st.one_of(
        st.builds(lambda blocks: user(*blocks), st.lists(BLOCKS, max_size=4)),
        st.builds(
            lambda blocks: assistant(*blocks),
            st.lists(SAID, max_size=4, unique_by=lambda block: block.get("id", id(block))),
        ),
        st.just({"role": "system", "content": "note"}),
    ),
    max_size=7,
)


@given(TALKS, st.sampled_from(sorted(BACKENDS)))
def test_no_talk_becomes_one_that_openai_would_refuse(talk, backend):
    made = chat_request(body(user(text("hi")), *talk), MODEL, BACKENDS[backend]).body
    assert fault_of(made) is None


@given(TALKS)
def test_nothing_said_is_lost_and_its_order_is_kept(talk):
    made = chat_request(body(*talk), MODEL, BACKENDS["openai"]).body
    assert words_of(made["messages"], "assistant") == [
        block["text"]
        for message in talk
        if message["role"] == "assistant"
        for block in message["content"]
        if block.get("text")
    ]
    calls = [one["id"] for message in made["messages"] for one in message.get("tool_calls") or []]
    assert calls == [
        block["id"]
        for message in talk
        if message["role"] == "assistant"
        for block in message["content"]
        if block["type"] == "tool_use"
    ]


def words_of(messages: list[dict[str, Any]], role: str) -> list[str]:
    contents = [message["content"] for message in messages if message["role"] == role]
    return [part for content in contents if content for part in content.split("\n\n")]


KEYS = st.sampled_from(["role", "content", "type", "name", "id", "text", "source", "tool_use_id"])
ANY_JSON = st.recursive(
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=5)
    | st.sampled_from(["tool_use", "image"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(ANY_JSON)
def test_no_wrong_type_can_make_translation_fail(value):
    for name in ("messages", "system", "tools", "tool_choice", "thinking", "output_config"):
        chat_request({"model": "claude-opus-4-8", name: value}, MODEL, BACKENDS["gemini"])
    talk = [{"role": role, "content": value} for role in ("user", "assistant", "system")]
    chat_request({"messages": talk}, MODEL)
