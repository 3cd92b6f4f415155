"""What is taken of Claude Code's telemetry, and what is refused."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.otlp import told_in

RECORDED = Path(__file__).resolve().parent.parent / "golden" / "otlp" / "logs.json"


def payload(name: str = "api_request", **attributes: Any) -> dict[str, Any]:
    """One record, its attributes as the client writes them."""
    rows = [{"key": "event.name", "value": {"stringValue": name}}]
    for key, value in attributes.items():
        kind = "intValue" if isinstance(value, int) else "stringValue"
        rows.append({"key": key.replace("__", "."), "value": {kind: value}})
    record = {"timeUnixNano": "1795646423634000000", "attributes": rows}
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}


def test_a_recorded_batch_tells_of_one_request_and_of_no_words():
    [told] = told_in(json.loads(RECORDED.read_text()))
    assert told.request_id == "req_011Cpkrq2yrrgFbpDZgrdHSp"
    assert (told.model, told.client) == ("claude-opus-4-8", "claude-code/2.1.197")
    assert (told.input_tokens, told.output_tokens) == (7, 321)
    assert (told.cache_read_tokens, told.cache_creation_tokens) == (12_000, 1500)
    assert told.told_usd == Decimal("0.027185")
    assert told.ended_at == datetime(2026, 11, 25, 22, 40, 23, 634000)
    assert told.asked_at == datetime(2026, 11, 25, 22, 40, 23, 542000)
    assert told.query_source == "sdk"
    assert not told.has_account


def test_numbers_may_be_written_as_text():
    [told] = told_in(payload(input_tokens="7", cost_usd="0.5", duration_ms="100"))
    assert (told.input_tokens, told.told_usd, told.duration_ms) == (7, Decimal("0.5"), 100)


def test_a_login_is_told_from_a_key_and_its_id_is_not_kept():
    [told] = told_in(payload(user__account_uuid="0b5f4c1e"))
    assert told.has_account
    assert "0b5f4c1e" not in repr(told)


def test_an_error_is_told_with_its_status_but_not_its_words():
    [told] = told_in(payload("api_error", status_code=529, error="Overloaded: hush"))
    assert (told.is_error, told.status) == (True, 529)
    assert "hush" not in repr(told)


@pytest.mark.parametrize("name", ["user_prompt", "assistant_response", "tool_result", "unheard_of"])
def test_other_events_are_left(name: str):
    assert told_in(payload(name, prompt="the secret plan", input_tokens="not a number")) == []


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ([], "resourceLogs of the body"),
        ({"resourceLogs": 3}, "resourceLogs of the body"),
        ({"resourceLogs": [{"scopeLogs": ["x"]}]}, "scopeLogs of resourceLogs"),
        (payload(input_tokens="many"), "input_tokens is no number"),
        (payload(output_tokens=-1), "output_tokens is no number"),
        (payload(cost_usd="-3"), "cost_usd is no sum of dollars"),
        (payload(cost_usd="NaN"), "cost_usd is no sum of dollars"),
        (payload(model="x" * 201), "model is no short text"),
        (payload(model="a\nb"), "model is no short text"),
        (payload(status_code=4000), "status_code is no number"),
    ],
)
def test_what_does_not_fit_is_named_in_one_line(broken: object, why: str):
    with pytest.raises(ValueError, match=why) as refused:
        told_in(broken)
    assert "\n" not in str(refused.value)


def test_a_record_without_a_time_is_refused():
    timeless = payload()
    timeless["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["timeUnixNano"] = "soon"
    with pytest.raises(ValueError, match="timeUnixNano"):
        told_in(timeless)


NAMES = ["resourceLogs", "scopeLogs", "logRecords", "attributes", "key", "value", "stringValue",
         "intValue", "event.name", "body", "timeUnixNano", "resource"]  # fmt: skip
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["api_request", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=25,
)


@given(anything)
def test_any_shape_is_taken_or_refused_and_nothing_else(shape: Any):
    try:
        told_in(shape)
    except ValueError as refused:
        assert "\n" not in str(refused)
