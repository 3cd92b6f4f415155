"""The side of its point on which a label stands, so that no two labels cover each other."""

from collections.abc import Sequence
from typing import NamedTuple

SIDES = {
    "top center": (-0.5, -1.4), "bottom center": (-0.5, 0.4), "middle right": (0.0, -0.5),
    "middle left": (-1.0, -0.5), "top left": (-1.0, -1.4), "bottom left": (-1.0, 0.4),
    "top right": (0.0, -1.4), "bottom right": (0.0, 0.4),
}  # fmt: skip
LETTER_PX, WIDE_PX, LINE_PX, POINT_PX = 6.6, 12.5, 15.0, 9.0
TEXT_WEIGHS = 8.0

type Box = tuple[float, float, float, float]


class Label(NamedTuple):
    """A point in pixels from the top left, and what is written beside it."""

    x: float
    y: float
    text: str


def sides(labels: Sequence[Label], width_px: float, others: Sequence[Label] = ()) -> list[str]:
    """A side for each label, the first ones choosing first: the one that covers least of labels,
    of their points and of `others`. Text over text is the worst: neither can be read.
    """
    points, texts = [_at_point(one) for one in (*labels, *others)], list[Box]()
    found = []
    for one in labels:
        boxes = {side: _box(one, side) for side in SIDES}
        best = min(
            SIDES,
            key=lambda side: (
                _covered(boxes[side], points)
                + TEXT_WEIGHS * _covered(boxes[side], texts)
                + 2 * _beyond(boxes[side], width_px)
            ),
        )
        texts.append(boxes[best])
        found.append(best)
    return found


def _at_point(one: Label) -> Box:
    half = POINT_PX / 2
    return one.x - half, one.y - half, one.x + half, one.y + half


def _box(one: Label, side: str) -> Box:
    """Left, top, right, bottom; a label to the side of its point keeps clear of it."""
    across, down = SIDES[side]
    width = sum(LETTER_PX if letter.isascii() else WIDE_PX for letter in one.text)
    gap = POINT_PX * {0.0: 1.0, -1.0: -1.0}.get(across, 0.0)
    left, top = one.x + across * width + gap, one.y + down * LINE_PX
    return left, top, left + width, top + LINE_PX


def _covered(box: Box, taken: Sequence[Box]) -> float:
    """Square pixels that it covers of others."""
    left, top, right, bottom = box
    return sum(
        max(min(right, other[2]) - max(left, other[0]), 0.0)
        * max(min(bottom, other[3]) - max(top, other[1]), 0.0)
        for other in taken
    )


def _beyond(box: Box, width_px: float) -> float:
    """Square pixels of it that lie beyond the chart."""
    left, top, right, _ = box
    beyond = LINE_PX * (max(-left, 0.0) + max(right - width_px, 0.0))
    return beyond + (right - left) * max(-top, 0.0)
