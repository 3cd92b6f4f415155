import json
from typing import Any

import pytest

from router.wire.chat_answer import answer_of
from router.wire.chat_errors import error_answer, error_type
from tests.fakes.chat import wrong
from tests.router.wire.grammar import ERROR_TYPES


def told(status: int, error: Any) -> tuple[str, str]:
    answer = error_answer(status, json.dumps({"error": error}).encode())
    assert answer["type"] == "error"
    assert answer["error"]["type"] in ERROR_TYPES
    return answer["error"]["type"], answer["error"]["message"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (418, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (529, "overloaded_error"),
    ],
)
def test_each_status_has_its_type(status, kind):
    assert error_answer(status, b"<html>Bad gateway</html>")["error"] == {
        "type": kind,
        "message": "Bad gateway",
    }


def test_a_spent_quota_is_not_a_rate_limit():
    assert told(429, {"message": "m", "type": "insufficient_quota"}) == ("billing_error", "m")
    assert told(429, {"message": "m", "type": "requests"}) == ("rate_limit_error", "m")
    assert error_type(400, "model_not_found") == "not_found_error"


def test_the_fakes_own_refusals_are_understood():
    refusal = wrong("You didn't provide an API key.", 401, "invalid_api_key")
    assert error_answer(401, refusal.raw or b"")["error"] == {
        "type": "invalid_request_error",
        "message": "You didn't provide an API key.",
    }


TOO_LONG = [
    (
        "This model's maximum context length is 128000 tokens. However, your messages resulted "
        "in 130123 tokens. Please reduce the length of the messages.",
        "prompt is too long: 130123 tokens > 128000 maximum",
    ),
    (
        "This model's maximum context length is 32768 tokens. However, you requested 40960 "
        "tokens (8192 in the messages, 32768 in the completion).",
        "input length and `max_tokens` exceed context limit: 8192 + 32768 > 32768",
    ),
    (
        "'max_tokens' or 'max_completion_tokens' is too large: 64000. This model's maximum "
        "context length is 32768 tokens and your request has 20000 input tokens.",
        "input length and `max_tokens` exceed context limit: 20000 + 64000 > 32768",
    ),
    (
        "This endpoint's maximum context length is 131072 tokens. However, you requested about "
        "195000 tokens (130000 of text input, 1000 of tool input, 64000 in the output).",
        "input length and `max_tokens` exceed context limit: 131000 + 64000 > 131072",
    ),
    ("Something else is 9000 tokens long.", "Something else is 9000 tokens long."),
]


@pytest.mark.parametrize(("said", "understood"), TOO_LONG)
def test_a_context_that_is_too_long_is_said_as_the_client_knows_it(said, understood):
    assert told(400, {"message": said}) == ("invalid_request_error", understood)


def test_llama_cpp_says_the_sizes_beside_the_message():
    error = {
        "message": "the request exceeds the available context size",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 9000,
        "n_ctx": 8192,
    }
    understood = "prompt is too long: 9000 tokens > 8192 maximum"
    assert told(400, error) == ("invalid_request_error", understood)


@pytest.mark.parametrize(
    ("chat", "kind"),
    [
        ({"error": {"message": "Rate limited", "code": 429}}, "rate_limit_error"),
        ({"error": "just words"}, "api_error"),
        ({"choices": []}, "api_error"),
        ({}, "api_error"),
    ],
)
def test_an_answer_that_is_none_is_an_error(chat, kind):
    answer = answer_of(chat, "claude-opus-4-8", "m", "s33d")
    assert (answer["type"], answer["error"]["type"]) == ("error", kind)
