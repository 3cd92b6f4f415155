"""What replaying pages hold on to: enough to be quick, and no more."""

from dataclasses import replace

import pytest

from dashboard.replay_kept import MOST_FRAMES, MOST_KEPT, calls, outcome
from router.replay import History
from tests.router.test_replay_sums import days, history, scenario


@pytest.fixture
def past() -> History:
    return history(days(2))


def held(past: History, sort: str) -> int:
    return sum(isinstance(key, tuple) and key[0] == sort for key in past.kept)


def test_a_slider_that_moves_for_long_fills_no_memory(past: History):
    base = scenario("api")
    for step in range(MOST_KEPT + 5):
        told = outcome(past, replace(base, thresholds={"moderate_at": step / 100}))
        calls(past, told)
    assert (held(past, "outcome"), held(past, "calls")) == (MOST_KEPT, MOST_FRAMES)


def test_what_is_compared_again_and_again_is_worked_out_once(past: History):
    base = scenario("api")
    now = outcome(past, base)
    first = calls(past, now)
    for step in range(5):
        calls(past, outcome(past, replace(base, thresholds={"moderate_at": step / 100})))
        assert calls(past, now) is first


def test_of_one_sort_the_longest_unused_goes_first(past: History):
    for name in ("a", "b", "a", "c"):
        past.keep(("letter", name), lambda: 1, most=2)
    assert [key[1] for key in past.kept if key[0] == "letter"] == ["a", "c"]  # type: ignore[index]
