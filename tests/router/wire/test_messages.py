import json
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.call import Iteration, Metered, Usage
from router.wire.messages import StreamMeter, metered_of_json, usage_of
from tests.router.wire.answers import TOLD, TURN, block, ended, event, started
from tests.router.wire.test_sse import cut


def metered(*chunks: bytes) -> Metered:
    meter = StreamMeter()
    for chunk in chunks:
        meter.feed(chunk)
    return meter.metered()


def whole(**fields) -> Metered:
    return metered_of_json(orjson.dumps({"id": "msg_1", "type": "message", **fields}))


def test_a_turn_is_metered_in_full():
    assert metered(TURN) == Metered(
        usage=Usage(
            input_tokens=12,
            cache_write_5m_tokens=100,
            cache_write_1h_tokens=200,
            cache_read_tokens=20_000,
            output_tokens=77,
            web_searches=2,
        ),
        model="claude-opus-4-8",
        message_id="msg_1",
        stop_reason="tool_use",
        geo="us",
        service_tier="standard",
        tool_calls=1,
        complete=True,
    )


@given(st.lists(st.integers(0, 10_000)))
def test_a_turn_meters_the_same_however_it_is_cut(at):
    assert metered(*cut(TURN, at)) == metered(TURN)


@given(st.binary())
def test_no_bytes_can_make_metering_fail(garbage):
    assert not metered(garbage).complete
    assert not metered(started(TOLD) + garbage).complete
    metered_of_json(garbage)


FIELDS = st.sampled_from(["usage", "iterations", "cache_creation", "message", "delta", "error"])
SAID = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner),
)


@given(SAID)
def test_no_wrong_type_can_make_metering_fail(value):
    said = json.dumps(value).encode()
    for name in (b"message_start", b"message_delta", b"error", b"content_block_start"):
        metered(b"event: " + name + b"\ndata: " + said + b"\n\n")
    metered_of_json(said)


def test_a_cut_stream_keeps_what_it_had_said():
    cut_short = metered(started(TOLD) + block())
    assert cut_short.usage == usage_of(TOLD)
    assert (cut_short.complete, cut_short.stop_reason) == (False, None)


def test_a_stop_reason_completes_a_message_without_its_last_event():
    last = ended({"output_tokens": 5}).partition(b"event: message_stop")[0]
    assert metered(started(TOLD) + last).complete


def test_an_end_without_a_stop_reason_is_an_end():
    assert metered(started(TOLD) + ended(stop_reason=None)).complete


def test_the_end_overrides_the_start_field_by_field_but_never_with_nothing():
    later = {"input_tokens": 40, "output_tokens": 9, "cache_read_input_tokens": 0}
    later |= {"cache_creation_input_tokens": None, "cache_creation": None, "inference_geo": ""}
    told = metered(started(TOLD) + ended(later))
    assert told.usage == Usage(
        input_tokens=40,
        cache_write_5m_tokens=100,
        cache_write_1h_tokens=200,
        cache_read_tokens=20_000,
        output_tokens=9,
    )
    assert told.geo == "us"


def test_usage_may_come_with_the_end_alone():
    told = metered(started() + ended({"input_tokens": 3, "output_tokens": 4}))
    assert told.usage == Usage(input_tokens=3, output_tokens=4)


def test_no_usage_is_none_and_so_is_one_that_counts_nothing():
    assert metered(started() + block() + ended()).usage is None
    assert metered(started({"input_tokens": 0, "output_tokens": 0})).usage is None
    assert whole(usage={"service_tier": "standard"}).usage is None


@pytest.mark.parametrize(
    ("flat", "split", "five_minutes", "hour"),
    [
        (50, None, 50, 0),
        (50, {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}, 50, 0),
        (50, {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30}, 20, 30),
        (50, {"ephemeral_1h_input_tokens": 30}, 20, 30),
        (None, {"ephemeral_1h_input_tokens": 30}, 0, 30),
        (50, "nonsense", 50, 0),
    ],
)
def test_cache_writes_are_split_by_time_to_live(flat, split, five_minutes, hour):
    told = usage_of({"cache_creation_input_tokens": flat, "cache_creation": split})
    assert told == Usage(cache_write_5m_tokens=five_minutes, cache_write_1h_tokens=hour)


def test_each_iteration_keeps_its_own_model():
    runs = [
        {"type": "message", "input_tokens": 2, "output_tokens": 5},
        {"type": "advisor_message", "model": "claude-fable-5", "input_tokens": 900},
        "nonsense",
    ]
    told = whole(model="claude-opus-4-8", usage={"input_tokens": 2, "iterations": runs})
    assert told.iterations == (
        Iteration(usage=Usage(input_tokens=2, output_tokens=5)),
        Iteration(usage=Usage(input_tokens=900), model="claude-fable-5"),
    )


def test_an_iteration_without_a_split_follows_the_whole():
    runs = [{"cache_creation_input_tokens": 60}, {"cache_creation_input_tokens": 40}]
    usage = {"cache_creation_input_tokens": 100, "iterations": runs}
    hour = {"cache_creation": {"ephemeral_1h_input_tokens": 100}}
    assert [run.usage.cache_write_1h_tokens for run in whole(usage=usage | hour).iterations] == [
        60,
        40,
    ]
    assert [run.usage.cache_write_5m_tokens for run in whole(usage=usage).iterations] == [60, 40]


def test_later_iterations_replace_earlier_ones():
    one = {"input_tokens": 1, "iterations": [{"input_tokens": 1}]}
    two = {"iterations": [{"input_tokens": 1}, {"input_tokens": 2}]}
    assert len(metered(started(one) + ended(two)).iterations) == 2
    assert len(metered(started(two) + ended({"iterations": []})).iterations) == 2


def test_speed_and_the_providers_own_price_are_kept():
    told = whole(usage={"input_tokens": 1, "speed": "fast", "cost": 0.0001234})
    assert (told.speed, told.provider_cost_usd) == ("fast", Decimal("0.0001234"))
    streamed = metered(started({"input_tokens": 1}) + ended({"cost": 2}))
    assert streamed.provider_cost_usd == Decimal(2)


@pytest.mark.parametrize("cost", ["0.1", True, -1, None, {}])
def test_what_is_no_price_is_no_price(cost):
    assert whole(usage={"input_tokens": 1, "cost": cost}).provider_cost_usd is None


def test_counts_that_are_no_counts_are_ignored():
    usage = {"input_tokens": -5, "output_tokens": 1.5, "cache_read_input_tokens": True}
    assert usage_of(usage) is None


def test_unknown_fields_and_events_are_fine():
    stream = started({**TOLD, "new": {"deep": [1]}}) + event("surprise", x=1) + ended()
    assert metered(stream).usage == usage_of(TOLD)


def test_server_tools_are_no_tool_calls():
    said = block("server_tool_use") + block(text='she said "tool_use"') + block("tool_use") * 2
    assert metered(started() + said).tool_calls == 2
    content = [{"type": "tool_use"}, {"type": "text"}, "nonsense"]
    assert whole(content=content).tool_calls == 1


def test_an_error_event_is_told_masked_and_the_answer_is_not_complete():
    error = {"type": "overloaded_error", "message": "Overloaded for sk-ant-api03-abcdefghijkl"}
    told = metered(started(TOLD) + event("error", error=error))
    assert (told.error_type, told.error) == ("overloaded_error", "Overloaded for [masked]")
    assert not told.complete


def test_a_whole_answer_is_complete_and_half_of_one_is_not():
    answer = orjson.dumps({"id": "m", "stop_reason": "end_turn", "usage": {"output_tokens": 3}})
    assert metered_of_json(answer).complete
    assert metered_of_json(answer[:-5]) == Metered()


def test_a_whole_error_is_told():
    told = metered_of_json(b'{"type":"error","error":{"type":"api_error","message":"boom"}}')
    assert (told.error_type, told.error, told.usage) == ("api_error", "boom", None)


def test_content_is_seen_with_the_first_block():
    meter = StreamMeter()
    meter.feed(started(TOLD) + event("ping"))
    assert not meter.first_content_seen
    meter.feed(event("content_block_start", index=0, content_block={"type": "text", "text": ""}))
    assert meter.first_content_seen


def test_an_error_is_no_content():
    meter = StreamMeter()
    meter.feed(event("error", error={"type": "overloaded_error", "message": "Overloaded"}))
    assert not meter.first_content_seen


def test_a_stream_without_event_lines_is_metered_by_its_data():
    bare = b"\n".join(line for line in TURN.split(b"\n") if not line.startswith(b"event:"))
    assert metered(bare + b"data: [DONE]\n\n") == metered(TURN)
