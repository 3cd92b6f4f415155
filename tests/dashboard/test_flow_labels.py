"""A flow's labels stand beside it and in its gaps, so that none lies on a stream."""

from itertools import pairwise

import polars as pl
import pytest

from dashboard import flow_labels, routing_charts
from dashboard.flow_labels import GAP_PX, placed
from dashboard.palette import LIGHT

COLUMNS = [{"main": 80.0, "title": 20.0}, {"default": 100.0}, {"a/x": 50.0, "b/y": 49.0, "c": 1.0}]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_the_nodes_of_a_column_leave_room_for_a_label_between_them(at: int):
    nodes = placed(at, COLUMNS, 300)
    ends = [(300 * one.y - one.height_px / 2, 300 * one.y + one.height_px / 2) for one in nodes]
    assert ends[0][0] >= -1e-9
    assert ends[-1][1] <= 300 + 1e-9
    gaps = [after[0] - before[1] for before, after in pairwise(ends)]
    assert gaps == pytest.approx([GAP_PX] * len(gaps))


def test_as_wide_means_as_much_in_every_column():
    tall = [sum(one.height_px for one in placed(at, COLUMNS, 300)) for at in (0, 1, 2)]
    assert tall == pytest.approx([tall[0]] * 3)


def test_labels_stand_outside_the_streams_and_above_the_inner_nodes():
    flows = pl.DataFrame(
        {"kind": ["main"], "route": ["default"], "target": ["max/claude-opus-4-6"],
         "role": ["plan"], "calls": [7], "list_usd": [2.0], "cash_usd": [0.0]}
    )  # fmt: skip
    figure = routing_charts.flow(flows, "calls", LIGHT)
    left, middle, right = figure.layout.annotations
    assert (left.text, left.xanchor, left.x) == ("main<br>7", "right", 0)
    assert (middle.text, middle.xanchor, middle.yanchor) == ("default<br>7", "center", "bottom")
    assert middle.yshift == pytest.approx(placed(1, [{"a": 1.0}] * 3, 200)[0].height_px / 2)
    assert (right.text, right.xanchor, right.x) == ("claude-opus-4-6<br>max  7", "left", 1)
    assert figure.data[0].node.label is None
    assert figure.layout.margin.r > flow_labels.LETTER_PX * len("claude-opus-4-6")
