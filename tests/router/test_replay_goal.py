"""Thresholds for a goal: never worse than the grid's best cell, and fine to a thousandth."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from router.replay import Goal, grid, replay, solve
from router.replay_goal import best_cell, is_met, rank, shift_of
from tests.router.test_replay_choice import one_call
from tests.router.test_replay_sums import QUICK, days, history, scenario

GOALS = st.one_of(
    st.builds(lambda least: Goal(quality=least), st.floats(70, 100)),
    st.builds(lambda usd: Goal(usd=usd), st.floats(0.1, 200)),
    st.builds(lambda low: Goal(local=(low, low + 0.1)), st.floats(0, 0.9)),
    st.builds(lambda least: Goal(quality=least, sure=True), st.floats(60, 95)),
)


def test_goals_are_met_or_said_to_be_out_of_reach():
    past, asked = history(days(8)), scenario("api")
    met = solve(past, asked, Goal(quality=96), steps=11)
    assert met.is_met and met.outcome.month["quality"].median >= 96  # type: ignore[operator]
    cheap = solve(past, asked, Goal(usd=0.01), steps=11)
    assert not cheap.is_met


@QUICK
@given(calls=st.lists(one_call(), min_size=8, max_size=30), goal=GOALS)
def test_what_is_found_is_at_least_as_good_as_the_grids_best(
    calls: list[dict[str, Any]], goal: Goal
):
    past, asked = history(calls), scenario("api")
    found = solve(past, asked, goal, steps=6)
    start = best_cell(grid(past, asked, steps=6), goal, shift_of(past, asked, goal))
    coarse = replay(past, replace(asked, thresholds=start))
    assert rank(found.outcome, goal) <= rank(coarse, goal)
    assert found.is_met == is_met(found.outcome, goal)
    again = replay(past, replace(asked, thresholds=found.thresholds))
    assert rank(again, goal) == rank(found.outcome, goal)
    low, high = found.thresholds["moderate_at"], found.thresholds["complex_at"]
    assert 0 <= low <= high <= 1
    assert all(round(mark * 1000) == round(mark * 1000, 6) for mark in (low, high))


def test_a_coarse_grid_is_made_finer_where_that_is_cheaper():
    """Scores lie 0.08 apart and the cells 0.25, so that the best pair lies inside one."""
    past, asked, goal = history(days(8)), scenario("api"), Goal(quality=97)
    start = best_cell(grid(past, asked, steps=5), goal)
    coarse = replay(past, replace(asked, thresholds=start))
    found = solve(past, asked, goal, steps=5)
    assert found.is_met
    assert found.outcome.month["paid_usd"].median < coarse.month["paid_usd"].median
    assert found.thresholds != start
