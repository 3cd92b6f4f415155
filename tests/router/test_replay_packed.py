"""Past calls in little memory: the same values, whatever words and numbers there are."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from router.policy_check import load
from router.replay_frame import INPUT_SCHEMA, normal_frame
from router.replay_packed import CODES, compacted, packed, worded
from router.rules import SCHEMA, first_rules
from tests.router.test_replay_sums import one
from tests.simulated import frame_of, month_of, through_plan

MOST_BYTES = 150  # of a call; as the ledger's answer holds it, it takes twice as many and more
MULTIPLIED = """
[providers.max]
wire = "messages"
base_url = "https://api.anthropic.com"
auth = "client"
bill = "plan"
[routes]
default = ["max/claude-opus-4-6"]
large = ["max/claude-haiku-4-5"]
[[rules]]
name = "large"
when = "input_tokens * 1000000 > 100000000000 and kind <> 'compact'"
route = "large"
"""


def in_words(frame: pl.DataFrame) -> pl.DataFrame:
    """With the types that the ledger's answer has."""
    return frame.select(pl.col(name).cast(kind) for name, kind in INPUT_SCHEMA.items())


def test_a_month_of_calls_takes_little_memory():
    calls = frame_of(through_plan(month_of(1)), lambda _: 0.1)
    frame = normal_frame(calls)
    assert len(frame) > 1000
    assert frame.estimated_size() / len(frame) < MOST_BYTES


@pytest.mark.parametrize("count", [1, *(most + more for most, _ in CODES for more in (0, 1))])
def test_words_and_numbers_stay_what_they_are(count: int):
    words = pl.Series([f"word {number}" for number in range(count)], dtype=pl.String)
    numbers = pl.Series([2**number % 2**62 for number in range(count)], dtype=pl.Int64)
    frame = pl.DataFrame({"call_id": words, "project": words, "tools": numbers})
    with_nulls = pl.concat([frame, frame.clear(1)])
    kept = packed(compacted(with_nulls))
    assert kept["call_id"].dtype == pl.String
    told = worded(kept, ["project", "tools"])
    assert_frame_equal(told, with_nulls)
    absent = kept.select((pl.col("project") == "absent").any(), n=pl.col("project").fill_null(""))
    assert not absent["project"].any()
    assert absent["n"].cast(pl.String).to_list()[-1] == ""


def test_slices_of_a_ledgers_answer_are_one_frame_again():
    calls = frame_of(through_plan(month_of(1)), lambda _: 0.1)
    whole = normal_frame(calls)
    parts = pl.concat(compacted(part) for part in calls.iter_slices(100))
    assert_frame_equal(in_words(normal_frame(parts)), in_words(whole))


def test_rules_count_beyond_what_a_packed_number_holds():
    rules = load(MULTIPLIED)
    frame = normal_frame(pl.DataFrame([one(input_tokens=tokens) for tokens in (90, 110_000)]))
    assert frame["input_tokens"].dtype != SCHEMA["input_tokens"]
    found = first_rules(rules, worded(frame, rules.columns)).to_list()
    names = [rules.rules[at].name for at in found]
    assert names == ["default", "large"]
