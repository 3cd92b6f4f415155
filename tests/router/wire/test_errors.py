import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.wire.messages import error_of, masked

PAGE = b"""<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>p { color: red }</style>
</head><body><h1>Bad &amp; worse</h1><!-- x --></body></html>"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            b'{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"}}',
            ("rate_limit_error", "Slow down"),
        ),
        (b'{"error":{"message":"No key","code":"invalid_key"}}', ("invalid_key", "No key")),
        (b'{"error":{"message":"No credit","code":402}}', ("http_502", "No credit")),
        (b'{"error":"model \\"q\\" not found"}', ("http_502", 'model "q" not found')),
        (b'{"detail":"Not Found"}', ("http_502", "Not Found")),
        (b'{"message":"gone"}', ("http_502", "gone")),
        (b'{"error":{"type":"api_error"}}', ("api_error", '{"error":{"type":"api_error"}}')),
        (PAGE, ("http_502", "502 Bad Gateway Bad & worse")),
        (b"upstream  connect\nerror", ("http_502", "upstream connect error")),
        (b"", ("http_502", "empty body")),
        (b"  \n", ("http_502", "empty body")),
        (b"[1]", ("http_502", "[1]")),
        (b"\xff\xfe", ("http_502", "\ufffd\ufffd")),
    ],
)
def test_an_error_of_any_shape_has_a_type_and_a_message(body, told):
    assert error_of(502, body) == told


def test_a_long_message_is_cut():
    _, message = error_of(400, b"word " * 1000)
    assert len(message) == 300
    assert message.endswith("…")


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-AbC_dEf-123456",
        "sk-or-v1-0123456789abcdef",
        "Bearer abc.def",
        "bearer   x1",
        "Basic dXNlcjpwYXNz",
        "eyJhbGciOi.eyJzdWIi.c2ln",
        "AIzaSyA1234567890abcdef",
        "ghp_0123456789abcdefghij",
        "0123456789abcdef0123456789abcdef01234567",
    ],
)
def test_what_looks_like_a_key_is_masked(secret):
    assert masked(f"key {secret}, sorry") == "key [masked], sorry"


def test_a_key_after_its_name_is_masked():
    assert "hunter22" not in masked('{"x-api-key": "hunter22"} api_key=hunter22')


def test_a_key_at_the_cut_is_masked_whole():
    _, message = error_of(401, b"x " * 145 + b"sk-ant-" + b"a1" * 200)
    assert "sk-" not in message


@pytest.mark.parametrize(
    "plain",
    [
        "model claude-haiku-4-5-20251001 not found",
        "request req_011CTsYkXzAbCdEf was too long: 210000 tokens > 200000 maximum",
        "messages.1.content.0: `thinking` blocks must be unchanged",
        "Unexpected value(s) `mid-conversation-system-2026-04-07` for the anthropic-beta header",
    ],
)
def test_plain_words_are_kept(plain):
    assert masked(plain) == plain


@given(st.integers(), st.binary())
def test_no_body_can_make_reading_an_error_fail(status, body):
    kind, message = error_of(status, body)
    assert kind
    assert 0 < len(message) <= 300
