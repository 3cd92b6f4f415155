"""Labels of a chart stand where they cover neither each other nor a point."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.label_sides import Label, sides

PIXELS = st.floats(60, 400)


def test_two_points_side_by_side_have_their_labels_apart():
    told = sides([Label(200, 30, "As logged"), Label(220, 38, "Max, local, overflow")], 520)
    assert told[0] != told[1]


def test_a_label_at_the_edge_stays_inside():
    [told] = sides([Label(515, 30, "All Opus")], 520)
    assert told.endswith("left")
    [told] = sides([Label(5, 30, "All Opus")], 520)
    assert told.endswith("right")
    [told] = sides([Label(200, 4, "always claude-sonnet-4-5")], 520)
    assert told.startswith("bottom")


def test_japanese_letters_are_wide():
    """A text of as many wide letters reaches neighbours that a narrow one leaves clear."""
    beside = [Label(200, 100, ""), Label(155, 120, ""), Label(155, 80, "")]
    for text, side in (("ab" * 3, "top center"), ("記録のままの呼び出し" * 2, "middle right")):
        assert sides([Label(200, 100, text)], 520, beside)[0] == side


def test_text_is_put_on_a_line_rather_than_on_text():
    line = [Label(x, 100, "") for x in range(0, 520, 13)]
    at = [Label(300, 100, "All Opus"), Label(300, 100, "always claude-opus-4-6")]
    above, beside = sides(at, 520, [*line, *(Label(x, 113, "") for x in range(0, 520, 6))])
    assert above == "top center"
    assert beside.startswith("middle")


def test_a_line_is_left_clear():
    [told] = sides([Label(200, 200, "best")], 520, [Label(200 + n, 200 - n, "") for n in range(60)])
    assert told != "top center" and told != "top right"


@given(x=PIXELS, y=PIXELS)
def test_a_lone_label_stands_above_its_point(x: float, y: float):
    assert sides([Label(x, y, "lone")], 520) == ["top center"]
