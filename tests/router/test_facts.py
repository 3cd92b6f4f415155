import json
from hashlib import sha256

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from router.call import Kind
from router.facts import (
    facts_of,
    facts_of_body,
    parsed,
    project_of,
)
from tests.router.recorded import CLAUDE_CODE, NAMES, bytes_of, recorded
from tests.router.test_kinds import BODIES, JSON

SESSION = "11dfa777-f5e4-42c5-a4ac-157c86881612"
DEVICE = "02af0354a786eabe87a864e69a4867de3d03321d8cae2c0a9f8c4a747fdd95e3"


def facts(body, headers=CLAUDE_CODE, path="/v1/messages?beta=true"):
    return facts_of("POST", path, headers, bytes_of(body))


def asked(name):
    method, path, headers, body = recorded(name)
    return facts_of(method, path, headers, bytes_of(body))


def test_a_main_call_is_described_in_full():
    main = asked("main_haiku45_print")
    assert (main.kind, main.asked_model) == (Kind.MAIN, "claude-haiku-4-5-20251001")
    assert (main.stream, main.max_tokens, main.tools, main.messages) == (True, 32000, 24, 1)
    assert (main.thinking, main.thinking_budget, main.effort) == ("enabled", 31999, None)
    assert (main.client, main.entrypoint) == ("claude-cli/2.1.197", "sdk-cli")
    assert main.path == "/v1/messages"
    assert main.last_text_chars == len("hello")


def test_effort_and_hour_caches_are_read():
    hour = asked("prompt_cache_1h")
    assert (hour.effort, hour.thinking, hour.cache_ttl) == ("high", "adaptive", "1h")
    assert asked("main_opus_print").cache_ttl == "5m"
    assert asked("title_mitm_haiku").cache_ttl is None


def test_a_forced_tool_is_told():
    assert asked("websearch_inner").tool_choice == "tool"


def test_a_nested_agent_names_itself_and_its_parent():
    first, second = asked("nested_agent_L1_sonnet"), asked("nested_agent_L2_haiku")
    assert first.parent_agent_id is None
    assert second.parent_agent_id == first.agent_id == "af0a9a5a5ee577ab6"
    assert second.session_id == first.session_id
    assert second.agent_id != first.agent_id


@pytest.mark.parametrize(
    ("name", "agent_type"),
    [
        ("subagent_explore_haiku", "Explore"),
        ("nested_agent_L2_haiku", "general-purpose"),
        ("custom_agent", "custom"),
        ("main_opus_print", None),
    ],
)
def test_the_type_of_an_agent_is_told_by_its_prompt(name, agent_type):
    assert asked(name).agent_type == agent_type


def test_the_plan_agent_is_told_from_plan_mode():
    body = recorded("custom_agent")[3]
    body["system"][2]["text"] = (
        "You are a software architect and planning specialist for Claude Code."
    )
    plan = facts(body)
    assert (plan.kind, plan.agent_type) == (Kind.SUBAGENT, "Plan")


@pytest.mark.parametrize(
    "user_id",
    [
        orjson.dumps({"device_id": DEVICE, "account_uuid": "", "session_id": SESSION}).decode(),
        f"user_{DEVICE}_account_0c0ffee0-0000-4000-8000-00000000aaaa_session_{SESSION}",
        f"user_{DEVICE}_account__session_{SESSION}",
    ],
)
def test_of_the_user_id_only_the_session_is_kept(user_id):
    told = facts({"messages": [], "metadata": {"user_id": user_id}})
    assert told.session_id == SESSION
    assert DEVICE not in repr(told)


def test_the_session_header_wins():
    headers = [*CLAUDE_CODE, (b"x-claude-code-session-id", b"s-1")]
    assert (
        facts({"metadata": {"user_id": f"user_a_session_{SESSION}"}}, headers).session_id == "s-1"
    )


@pytest.mark.parametrize("user_id", ["someone@example.com", "{broken", '{"session_id": 3}', "", 7])
def test_a_foreign_user_id_gives_no_session(user_id):
    assert facts({"metadata": {"user_id": user_id}}).session_id is None


@pytest.mark.parametrize(
    ("path", "project"),
    [
        ("/v1/messages?beta=true", None),
        ("/team-a/v1/messages", "team-a"),
        ("/team-a/claude/v1/messages?x=/v1/", "team-a"),
        ("/x%20pipeline/v1/messages/count_tokens", "x pipeline"),
        ("/%E8%A8%98%E4%BA%8B/v1/messages", "記事"),
        ("/..%2F..%2Fetc/v1/messages", None),
        ("/../v1/messages", None),
        ("/%00%1b/v1/messages", None),
        (f"/{'a' * 65}/v1/messages", None),
        ("/team-a/", None),
        ("//v1/messages", None),
    ],
)
def test_the_project_is_the_tag_before_the_endpoint(path, project):
    assert project_of(path) == project


def test_the_path_is_kept_without_tag_and_query():
    assert facts({}, path="/shop/v1/messages?beta=true&x=/v1/y").path == "/v1/messages"
    assert facts({}, path="/?x").path == "/"


ENVIRONMENT = """You are an interactive agent. Additional working directories: /tmp

# Environment
You have been invoked in the following environment:
 - Primary working directory: {cwd}
 - Is a git repository: true

gitStatus: This is the git status at the start of the conversation.
Current branch: feature/faster
"""


@pytest.mark.parametrize(
    ("cwd", "project"),
    [("/home/dev/my shop", "my shop"), ("C:\\Users\\dev\\pipeline", "pipeline"), ("/", None)],
)
def test_folder_and_branch_come_from_the_environment_section(cwd, project):
    told = facts({"system": [{"type": "text", "text": ENVIRONMENT.format(cwd=cwd)}]})
    assert (told.cwd, told.git_branch, told.project) == (cwd, "feature/faster", project)


def test_an_older_environment_section_is_understood():
    told = facts(
        {"system": "<env>\nWorking directory: /srv/app\nIs directory a git repo: No\n</env>"}
    )
    assert (told.cwd, told.git_branch, told.project) == ("/srv/app", None, "app")


def test_a_tag_in_the_path_wins_over_the_folder():
    body = {"system": ENVIRONMENT.format(cwd="/home/dev/shop")}
    assert facts(body, path="/till/v1/messages").project == "till"


def test_hashes_tell_what_changed():
    body = recorded("main_opus_print")[3]
    before = facts(body)
    body["system"][0]["text"] = "x-anthropic-billing-header: cc_version=2.1.198.abc; cch=12345;"
    billed = facts(body)
    body["tools"].pop()
    fewer = facts(body)
    body["system"][2]["text"] += "."
    other = facts(body)
    assert before.body_sha256 != billed.body_sha256
    assert before.system_sha256 == billed.system_sha256 == fewer.system_sha256
    assert before.tools_sha256 == billed.tools_sha256 != fewer.tools_sha256
    assert other.system_sha256 != fewer.system_sha256


def test_the_body_hash_is_of_the_bytes_as_sent():
    raw = b'{ "model":"m" }'
    told = facts_of("POST", "/v1/messages", [], raw)
    assert (told.body_sha256, told.body_bytes) == (sha256(raw).hexdigest(), len(raw))


IMAGE = {"type": "image", "source": {"type": "base64", "data": "AA=="}}


def test_images_inside_tool_results_are_counted():
    result = {"type": "tool_result", "tool_use_id": "t", "content": [IMAGE, IMAGE]}
    body = {"messages": [{"role": "user", "content": [IMAGE, result]}]}
    assert facts(body).images == 3


def test_the_last_words_of_a_person_leave_reminders_out():
    texts = [
        "<system-reminder>long\n</system-reminder>",
        "fix <system-reminder>x</system-reminder>it",
    ]
    blocks = [{"type": "text", "text": text} for text in texts]
    told = facts({"messages": [{"role": "user", "content": blocks}]})
    assert told.last_text_chars == len("fix it")


def test_in_a_tool_turn_the_last_words_are_those_that_began_it():
    turn = asked("tool_turn_2_results")
    assert turn.is_tool_turn
    assert turn.last_text_chars == len("run echo")
    assert not asked("tool_turn_1").is_tool_turn


def test_words_typed_between_tool_results_end_the_tool_turn():
    body = recorded("tool_turn_2_results")[3]
    body["messages"][-1]["content"].append({"type": "text", "text": "stop, use the other file"})
    assert not facts(body).is_tool_turn


@pytest.mark.parametrize(
    ("agent", "client"),
    [
        (b"claude-cli/2.1.197 (external, cli)", "claude-cli/2.1.197"),
        (b"Anthropic/Python 0.94.0", "Anthropic/Python 0.94.0"),
        (b"Bun/1.4.0", "Bun/1.4.0"),
        (b"", None),
    ],
)
def test_the_client_and_its_version_are_told(agent, client):
    assert facts({}, [(b"user-agent", agent)]).client == client


def test_the_entrypoint_is_in_the_billing_block_too():
    assert facts(recorded("main_opus_print")[3], headers=[]).entrypoint == "sdk-cli"


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[1]", b"\xff\xfe", b"null", b'"\\ud800"', b"[" * 9999]
)
def test_a_body_that_is_no_object_is_still_measured(raw):
    told = facts_of("POST", "/shop/v1/messages", CLAUDE_CODE, raw)
    assert (told.kind, told.body_bytes, told.project) == (Kind.OTHER, len(raw), "shop")
    assert told.client == "claude-cli/2.1.197"


def test_tools_nested_deeper_than_can_be_written_have_no_hash():
    raw = b'{"tools": [' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"]}"
    told = facts_of("POST", "/v1/messages", [], raw)
    assert (told.tools, told.tools_sha256) == (1, None)


def test_absurd_numbers_and_names_stay_unknown():
    body = {"model": "m" * 5000, "max_tokens": 10**30, "thinking": {"budget_tokens": -1}}
    told = facts(
        {**body, "stream": "yes", "tool_choice": "any", "effort": []} | {"max_tokens": 2**40}
    )
    assert (told.asked_model, told.max_tokens, told.thinking_budget) == (None, None, None)
    assert (told.stream, told.tool_choice) == (False, None)


@pytest.mark.parametrize("name", NAMES)
def test_a_caller_may_keep_the_parsed_body(name):
    method, path, headers, body = recorded(name)
    raw = bytes_of(body)
    kept = facts_of_body(method, path, headers, raw, parsed(raw))
    assert kept == facts_of(method, path, headers, raw)


HEADERS = st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20)), max_size=4)


@given(st.text(max_size=6), st.text(), HEADERS, st.binary())
@example("\udc80", "/\udc80%zz/v1/messages", [(b"user-agent", b"\xff\x00")], b"\x00")
def test_no_bytes_can_make_reading_fail(method, path, headers, raw):
    told = facts_of(method, path, headers, raw)
    assert orjson.dumps(told)


@given(BODIES | JSON)
def test_no_json_can_make_reading_fail(body):
    raw = json.dumps(body).encode()
    assert orjson.dumps(facts_of("POST", "/v1/messages", CLAUDE_CODE, raw))


@given(st.data())
def test_no_wrong_type_in_a_real_request_can_make_reading_fail(data):
    body = recorded(data.draw(st.sampled_from(["tool_turn_2_results", "title_mitm_haiku"])))[3]
    place = body
    while True:
        key = data.draw(
            st.sampled_from(list(place) if isinstance(place, dict) else range(len(place)))
        )
        deeper = isinstance(place[key], dict | list) and place[key]
        if not deeper or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    raw = json.dumps(body).encode()
    assert orjson.dumps(facts_of("POST", "/v1/messages", CLAUDE_CODE, raw))
