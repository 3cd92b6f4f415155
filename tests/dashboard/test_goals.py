"""How far a number is from its goal, and whether it moved."""

import pytest

from dashboard.goals import CACHE, LIMIT_HITS, LOCAL, PAID, REDUCTION, SETTLED, trend, verdict


@pytest.mark.parametrize(
    ("value", "goal", "text", "colour"),
    [
        (0.96, SETTLED, "2.0 pp short", "orange"),
        (0.98, SETTLED, "on goal", "green"),
        (0.30, LOCAL, "5.0 pp over", "orange"),
        (0.113, LOCAL, "3.7 pp short", "orange"),
        (318.96, PAID, "$63.96 over", "orange"),
        (120, PAID, "on goal", "green"),
        (4, LIMIT_HITS, "on goal", "green"),
        (7, LIMIT_HITS, "3 over", "orange"),
        (0.516, REDUCTION, "on goal", "green"),
        (None, CACHE, "nothing to judge yet", "gray"),
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
