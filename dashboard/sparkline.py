"""A KPI's course in a few pixels, as a picture in HTML: the charts of `st.metric` bring a library
of their own, which takes longer to load than the rest of the card.
"""

from base64 import b64encode
from collections.abc import Callable
from html import escape

import polars as pl

from dashboard.i18n import say

WIDTH, HEIGHT, EDGE = 240, 44, 2


def line(values: list[float], colour: str, about: str) -> str:
    """A line from the lowest to the highest value, over a faint ground; `about` is read out."""
    points = [f"{x:.1f},{y:.1f}" for x, y in zip(_across(len(values)), _up(values), strict=True)]
    path = " ".join(points)
    return _picture(
        f'<polygon points="0,{HEIGHT} {path} {WIDTH},{HEIGHT}" fill="{colour}" opacity=".1"/>'
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8" '
        f'stroke-linejoin="round" vector-effect="non-scaling-stroke"/>',
        about,
    )


def bars(values: list[float], colour: str, about: str) -> str:
    """A bar from zero for each value; `about` is read out."""
    slot, top = WIDTH / max(len(values), 1), max([*values, 1.0])
    shapes = [
        f'<rect x="{number * slot:.1f}" y="{HEIGHT - HEIGHT * value / top:.1f}" '
        f'width="{slot * 0.6:.1f}" height="{HEIGHT * value / top:.1f}" fill="{colour}"/>'
        for number, value in enumerate(values)
        if value
    ]
    ground = f'<rect y="{HEIGHT - 1}" width="{WIDTH}" height="1" fill="{colour}" opacity=".25"/>'
    return _picture("".join([ground, *shapes]), about)


def course(daily: pl.DataFrame, column: str) -> list[float]:
    """A KPI day by day without the days that have none; shares are smoothed over a week."""
    values = daily[column].drop_nulls().cast(pl.Float64)
    if column.endswith("_share"):
        values = values.rolling_mean(window_size=7, min_samples=1)
    return values.to_list()


def told(values: list[float], form: Callable[[float], str]) -> str:
    """The course in words, for who cannot see it and for who points at it."""
    if not values:
        return say("no day known")
    return say(
        "day by day from {first} to {last}, at least {least}, at most {most}",
        first=form(values[0]),
        last=form(values[-1]),
        least=form(min(values)),
        most=form(max(values)),
    )


def _across(count: int) -> list[float]:
    return [WIDTH * number / max(count - 1, 1) for number in range(count)]


def _up(values: list[float]) -> list[float]:
    """Heights from the top; a course that never moves runs through the middle."""
    low, high = min(values, default=0), max(values, default=0)
    room = HEIGHT - 2 * EDGE
    return [EDGE + room * ((high - v) / (high - low) if high > low else 0.5) for v in values]


def _picture(shapes: str, about: str) -> str:
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="none">{shapes}</svg>'
    )
    encoded = b64encode(drawn.encode()).decode()
    return (
        f'<img src="data:image/svg+xml;base64,{encoded}" alt="{escape(about)}" '
        f'title="{escape(about)}" style="display:block;width:100%;height:{HEIGHT}px">'
    )
