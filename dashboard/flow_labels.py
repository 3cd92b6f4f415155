"""Where the nodes of a flow stand, and their labels beside and between the streams, never on them.

Plotly writes a node's label over what flows out of it; here the nodes are placed as Plotly would,
so that the labels can stand outside the outer columns and in the gaps of the inner one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

GAP_PX, NODE_PX, LINE_PX, LETTER_PX = 38, 14, 16, 7.2
EDGE = 1e-3  # Plotly takes 0 for "not placed"
TEXT_PX = 12
WIDEST_PX = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """`x` and `y` are its middle, as shares of the flow's width and height from the upper left."""

    column: int
    name: str
    amount: float
    x: float
    y: float
    height_px: float


def placed(at: int, columns: Sequence[Mapping[str, float]], height_px: float) -> list[Node]:
    """The nodes of one column, from the top; all columns hold the same sum."""
    sums = columns[at]
    most = max(len(column) for column in columns)
    px_per_unit = (height_px - (most - 1) * GAP_PX) / (sum(sums.values()) or 1)
    used = sum(sums.values()) * px_per_unit + (len(sums) - 1) * GAP_PX
    top, nodes = (height_px - used) / 2, []
    for name, amount in sums.items():
        tall = amount * px_per_unit
        y = (top + tall / 2) / height_px
        x = min(max(at / (len(columns) - 1), EDGE), 1 - EDGE)
        nodes.append(Node(column=at, name=name, amount=amount, x=x, y=y, height_px=tall))
        top += tall + GAP_PX
    return nodes


def draw(
    figure: go.Figure, nodes: Sequence[Node], texts: Sequence[str], height_px: float, colour: str
) -> None:
    """Labels right and left of the flow, and above its inner nodes; room for them around it."""
    sides = [
        min(max((_width(text) for node, text in _of(nodes, texts, at)), default=0), WIDEST_PX)
        for at in (0, 2)
    ]
    room = {"l": sides[0] + NODE_PX, "r": sides[1] + NODE_PX, "t": 3 * LINE_PX, "b": LINE_PX}
    figure.update_layout(height=height_px + room["t"] + room["b"], margin={**room, "pad": 0})
    for node, text in zip(nodes, texts, strict=True):
        above = node.column == 1
        figure.add_annotation(
            text=text, x=(0, node.x, 1)[node.column], y=1 - node.y, xref="paper", yref="paper",
            xanchor=("right", "center", "left")[node.column],
            yanchor="bottom" if above else "middle",
            xshift=(-NODE_PX, 0, NODE_PX)[node.column],
            yshift=node.height_px / 2 if above else 0,
            align=("right", "center", "left")[node.column],
            showarrow=False, font={"size": TEXT_PX, "color": colour},
        )  # fmt: skip


def _of(nodes: Sequence[Node], texts: Sequence[str], column: int) -> list[tuple[Node, str]]:
    both = zip(nodes, texts, strict=True)
    return [(node, text) for node, text in both if node.column == column]


def _width(text: str) -> float:
    return max(len(line) for line in text.split("<br>")) * LETTER_PX
