"""What an import pays for many calls at once is what each costs by itself."""

from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collector.prices import Pricer
from collector.transcripts.frames import money
from collector.transcripts.rows import Copy, copy_of
from router.call import Bill, Metered, Usage
from router.wire.messages import iterations_of, usage_of
from tests.collector.transcripts_story import answer
from tests.pricing import book

PRICE = Pricer(book())
RUN = {"type": "message", "input_tokens": 900_000, "output_tokens": 7}
MODELS = ("claude-opus-4-8", "claude-sonnet-4-5", "claude-haiku-4-5-20251001", "qwen3", None)

counts = st.one_of(st.integers(0, 400_000), st.just(0))
usages = st.fixed_dictionaries(
    {
        "input_tokens": counts,
        "output_tokens": counts,
        "cache_read_input_tokens": counts,
        "cache_creation_input_tokens": counts,
        "server_tool_use": st.fixed_dictionaries({"web_search_requests": st.integers(0, 2)}),
        "speed": st.sampled_from([None, "standard", "fast"]),
        "inference_geo": st.sampled_from([None, "us", "not_available"]),
        "service_tier": st.sampled_from(["standard", "batch", "odd"]),
        "iterations": st.sampled_from([None, [], [RUN], [RUN, {**RUN, "model": "claude-opus-5"}]]),
    }
)
stamps = st.datetimes(datetime(2025, 11, 1), datetime(2026, 11, 22)).map(
    lambda at: at.isoformat(timespec="milliseconds") + "Z"
)


@given(st.lists(st.tuples(usages, st.sampled_from(MODELS), stamps), min_size=1, max_size=6))
def test_many_calls_cost_at_once_what_each_costs_alone(told: list[tuple[dict, str | None, str]]):
    lines = [answer(usage=usage, model=model, timestamp=at) for usage, model, at in told]
    calls = [copy for line in lines if (copy := copy_of(line, "s1.jsonl"))]
    columns = money(calls, PRICE)
    for at, (call, line) in enumerate(zip(calls, lines, strict=True)):
        alone = priced_alone(call, line["message"]["usage"])
        for name in ("list_usd", "cost_usd", "baseline_usd", "unpriced"):
            assert columns[name][at] == getattr(alone, name), name
        assert tuple(columns["price_ids"][at]) == alone.price_ids


def priced_alone(call: Copy, said: dict[str, Any]) -> Any:
    metered = Metered(
        usage=usage_of(said) or Usage(),
        iterations=iterations_of(said),
        model=call.terms.answered_model,
        speed=said["speed"],
        geo=said["inference_geo"],
        service_tier=said["service_tier"],
    )
    at = datetime.fromisoformat(call.asked_at[:-1])
    return PRICE("anthropic", call.terms.answered_model, at, metered, Bill.CASH)


def test_a_count_beyond_all_reason_has_no_price_and_stops_nothing():
    calls = [
        copy_of(answer(usage={"output_tokens": output}), "s1.jsonl")
        for output in (10**18, 2**63 - 1, 100)
    ]
    columns = money([call for call in calls if call], PRICE)
    assert [usd is None for usd in columns["list_usd"]] == [True, True, False]
    assert list(columns["unpriced"]) == ["more tokens than a call can have"] * 2 + [None]
