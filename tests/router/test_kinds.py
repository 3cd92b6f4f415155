import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.call import Kind
from router.kinds import header, kind_of
from tests.router.recorded import CLAUDE_CODE, NAMES, recorded

KIND_BY_FILE = {
    "automode_classifier": Kind.CLASSIFIER,
    "compact": Kind.COMPACT,
    "count_tokens": Kind.COUNT_TOKENS,
    "count_tokens_absent_fallback_max1": Kind.COUNT_FALLBACK,
    "custom_agent": Kind.SUBAGENT,
    "mitm_policy_limits": Kind.PROBE,
    "mitm_settings": Kind.PROBE,
    "model_switch_validation_Hi": Kind.VALIDATION,
    "nested_agent_L1_sonnet": Kind.SUBAGENT,
    "nested_agent_L2_haiku": Kind.SUBAGENT,
    "nonstreaming_fallback": Kind.STREAM_RETRY,
    "opusplan_in_plan_mode": Kind.PLAN,
    "plan_mode_opus": Kind.PLAN,
    "probe_HEAD": Kind.PROBE,
    "prompt_hook": Kind.PROMPT_HOOK,
    "subagent_explore_haiku": Kind.SUBAGENT,
    "title_gateway_haiku_env": Kind.TITLE,
    "title_gateway_mainmodel": Kind.TITLE,
    "title_mitm_haiku": Kind.TITLE,
    "websearch_inner": Kind.WEB_SEARCH,
}
CUT = "…[+"

TOOLS = [{"name": "Bash", "input_schema": {"type": "object"}}]
PLANNING = (
    "<system-reminder>\nPlan mode is active. You MUST NOT make any edits.\n</system-reminder>"
)
STILL_PLANNING = "<system-reminder>\nPlan mode still active (see above).\n</system-reminder>"
PLANNED = (
    "<system-reminder>\n## Exited Plan Mode\n\nYou have exited plan mode. You can now make edits."
    "\n</system-reminder>"
)
REENTERED = (
    "<system-reminder>\n## Re-entering Plan Mode\n\nYou are returning to plan mode after having "
    "previously exited it.\n</system-reminder>"
)


def kind(body, headers=CLAUDE_CODE, path="/v1/messages?beta=true", method="POST") -> Kind:
    return kind_of(method, path, headers, body)


def user(*texts: str) -> dict:
    return {"role": "user", "content": [{"type": "text", "text": text} for text in texts]}


def answer(content: object) -> dict:
    result = {"type": "tool_result", "tool_use_id": "t", "content": content}
    return {"role": "user", "content": [result]}


def system(text: str) -> dict:
    return {"role": "system", "content": text}


def main_call(*messages: dict, **fields) -> dict:
    return {"model": "m", "messages": [*messages], "tools": TOOLS, "stream": True, **fields}


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_request_is_recognised(name):
    method, path, headers, body = recorded(name)
    if KIND_BY_FILE.get(name) is Kind.PLAN:
        told = body["messages"][-1]
        told["content"] = told["content"].replace(CUT, f"\nPlan mode is active. You MUST NOT{CUT}")
    assert kind_of(method, path, headers, body) is KIND_BY_FILE.get(name, Kind.MAIN)


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_request_keeps_its_kind_behind_a_project_tag(name):
    method, path, headers, body = recorded(name)
    assert kind_of(method, f"/shop/x{path}", headers, body) is kind_of(method, path, headers, body)


def test_a_bare_body_is_recognised_without_headers():
    for name in ("title_mitm_haiku", "automode_classifier", "compact", "nonstreaming_fallback"):
        assert kind(recorded(name)[3], headers=[]) is KIND_BY_FILE[name]


def test_a_subagent_is_recognised_by_its_billing_block_alone():
    assert kind(recorded("custom_agent")[3], headers=[]) is Kind.SUBAGENT


def test_a_subagent_that_compacts_is_a_compact_call():
    headers = [*CLAUDE_CODE, (b"X-Claude-Code-Agent-Id", b"a1")]
    assert kind(recorded("compact")[3], headers) is Kind.COMPACT


def test_a_compact_call_is_recognised_past_a_later_system_message():
    body = recorded("compact")[3]
    body["messages"].append(system("Available agent types"))
    assert kind(body) is Kind.COMPACT


def test_the_quota_probe_of_a_plan_login_is_no_count():
    body = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "quota"}]}
    assert kind(body) is Kind.QUOTA_PROBE


def test_the_second_stage_of_the_classifier_is_a_classifier_too():
    body = recorded("automode_classifier")[3]
    del body["stop_sequences"]
    body["max_tokens"] = 4096
    assert kind(body) is Kind.CLASSIFIER


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([user(PLANNING, "plan it")], Kind.PLAN),
        ([user("plan it"), system("Skills:\n- x\n\nPlan mode is active. MUST NOT")], Kind.PLAN),
        ([user(PLANNING), user("go on"), answer("x"), answer("y")], Kind.PLAN),
        ([user(PLANNING), user(PLANNED, "do it")], Kind.MAIN),
        ([user(PLANNING, "plan"), user(PLANNED, "do"), user(STILL_PLANNING)], Kind.PLAN),
        ([user(PLANNED), user(REENTERED, "plan again")], Kind.PLAN),
        ([user(PLANNING), answer("User has approved your plan. You can now start")], Kind.MAIN),
        ([user("x"), answer("Entered plan mode. You should now explore")], Kind.PLAN),
        ([user("x"), answer([{"type": "text", "text": f"ok\n{PLANNING}"}])], Kind.PLAN),
        ([system("Plan mode is active. … "), system("You have exited plan mode.")], Kind.MAIN),
    ],
)
def test_plan_mode_is_what_the_newest_mark_says(messages, expected):
    assert kind(main_call(*messages)) is expected


@pytest.mark.parametrize(
    "message",
    [
        user("Plan mode is active: why?"),
        answer('1\tMARK = "Plan mode is active"'),
        {"role": "assistant", "content": "Plan mode is active"},
        user(f"<system-reminder>\nYour notes:\n{'x ' * 200}\nPlan mode is active\n"),
        system('The reminder says "Plan mode is active".'),
    ],
)
def test_words_about_plan_mode_do_not_make_a_plan(message):
    assert kind(main_call(message)) is Kind.MAIN


@pytest.mark.parametrize("agent", [b"Anthropic/Python 0.94.0", b"curl/8.5.0", b"axios/1.7"])
def test_another_client_makes_main_calls_whatever_they_look_like(agent):
    headers = [(b"user-agent", agent)]
    title = recorded("title_mitm_haiku")[3]
    once = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "quota"}]}
    plain = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "tools": TOOLS}
    assert {kind(body, headers) for body in (title, once, plain)} == {Kind.MAIN}
    assert kind(recorded("websearch_inner")[3], headers) is Kind.WEB_SEARCH


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models?limit=1000"),
        ("POST", "/v1/messages/batches"),
        ("POST", "/v1/chat/completions"),
        ("GET", "/v1/messages"),
        ("POST", "/"),
    ],
)
def test_what_asks_no_model_through_messages_is_other(method, path):
    assert kind(main_call(user("hi")), method=method, path=path) is Kind.OTHER


def test_a_body_that_is_no_object_is_other():
    assert {kind(body) for body in (None, [], "x", 3)} == {Kind.OTHER}


def test_a_header_is_found_in_any_case():
    headers = [(b"X-App", b" cli "), (b"x-app", b"later")]
    assert header(headers, "x-APP") == "cli"
    assert header(headers, "x-none") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    [
        "messages",
        "system",
        "tools",
        "max_tokens",
        "stream",
        "stop_sequences",
        "output_config",
        "role",
        "content",
        "type",
        "text",
        "format",
        "schema",
        "properties",
        "metadata",
        "thinking",
        "tool_choice",
        "user_id",
        "cache_control",
    ]
)
BODIES = st.dictionaries(FIELDS, st.recursive(JSON, lambda x: st.dictionaries(FIELDS, x)))


@given(st.text(max_size=8), st.text(max_size=30), BODIES | JSON)
def test_every_call_has_a_kind(method, path, body):
    assert kind_of(method, path, [], body) in Kind
    assert kind_of("POST", "/v1/messages", CLAUDE_CODE, body) in Kind
