"""How far a number is from its goal, and whether it moved."""

import pytest

from dashboard.goals import cache, limit_hits, local, paid, reduction, settled, trend, verdict
from dashboard.reader import Reader, as_reader
from dashboard.settings import Goals


@pytest.mark.parametrize(
    ("value", "goal", "text", "colour"),
    [
        (0.96, settled(), "2.0 pp short", "orange"),
        (0.98, settled(), "on goal", "green"),
        (0.30, local(), "5.0 pp over", "orange"),
        (0.113, local(), "3.7 pp short", "orange"),
        (318.96, paid(), "$63.96 over", "orange"),
        (120, paid(), "on goal", "green"),
        (4, limit_hits(), "on goal", "green"),
        (7, limit_hits(), "3 over", "orange"),
        (0.516, reduction(), "on goal", "green"),
        (None, cache(), "nothing to judge yet", "gray"),
    ],
)
def test_a_verdict_says_how_far(value: float | None, goal: object, text: str, colour: str):
    judged = verdict(value, goal)
    assert (judged.text, judged.colour) == (text, colour)


def test_a_wobble_is_called_steady():
    assert trend(0.684, 0.687, "share") == "steady vs prev."
    assert trend(0.70, 0.60, "share") == "▲ 10.0 pp vs prev."
    assert trend(100, 102, "usd") == "steady vs prev."
    assert trend(60, 100, "usd") == "▼ $40.00 vs prev."
    assert trend(3, None, "count") == "no earlier period"


def test_a_reader_is_judged_by_the_goals_that_they_set():
    with as_reader(Reader(goals=Goals(paid_usd_least=50, paid_usd_most=100, limit_hits_below=2))):
        assert verdict(120, paid()).text == "$20.00 over"
        assert verdict(2, limit_hits()).text == "1 over"
    assert verdict(120, paid()).is_met
