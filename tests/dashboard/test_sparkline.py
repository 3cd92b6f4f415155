"""A KPI's course as a small picture, and in words."""

import base64
import re
from xml.etree import ElementTree

import polars as pl
import pytest

from dashboard import show, sparkline

SVG = "{http://www.w3.org/2000/svg}"


def picture(drawn: str) -> ElementTree.Element:
    [encoded] = re.findall(r"base64,([^\"]+)", drawn)
    return ElementTree.fromstring(base64.b64decode(encoded))


def heights(drawn: str) -> list[float]:
    line = picture(drawn).find(f"{SVG}polyline")
    assert line is not None
    return [float(point.split(",")[1]) for point in line.attrib["points"].split()]


def test_a_line_runs_from_its_lowest_at_the_foot_to_its_highest_at_the_top():
    drawn = heights(sparkline.line([0.2, 0.4, 0.3], "#123456", ""))
    assert drawn == [sparkline.HEIGHT - sparkline.EDGE, sparkline.EDGE, sparkline.HEIGHT / 2]


@pytest.mark.parametrize("values", [[], [3.0], [3.0, 3.0, 3.0]])
def test_nothing_one_day_and_a_steady_course_can_be_drawn(values):
    assert heights(sparkline.line(values, "#123456", "")) == [sparkline.HEIGHT / 2] * len(values)
    assert len(picture(sparkline.bars(values, "#123456", "")).findall(f"{SVG}rect")) > len(values)


def test_a_bar_stands_for_each_day_that_has_something():
    ground, *bars = picture(sparkline.bars([0, 2, 0, 1], "#123456", "")).findall(f"{SVG}rect")
    assert ground.attrib["width"] == str(sparkline.WIDTH)
    assert [float(bar.attrib["height"]) for bar in bars] == [sparkline.HEIGHT, sparkline.HEIGHT / 2]


def test_words_beside_it_are_text():
    assert '<b>"' not in sparkline.line([1.0], "#123456", '<b>"')


def test_a_share_is_smoothed_over_a_week_and_days_without_one_are_left_out():
    daily = pl.DataFrame({"local_share": [0.0, None, 1.0, 1.0], "calls": [4, 0, 2, 2]})
    assert sparkline.course(daily, "local_share") == [0.0, 0.5, pytest.approx(2 / 3)]
    assert sparkline.course(daily, "calls") == [4, 0, 2, 2]


def test_the_course_is_told_in_words():
    told = sparkline.told([0.5, 0.25, 0.75], show.share)
    assert told == "day by day from 50.0% to 75.0%, at least 25.0%, at most 75.0%"
    assert sparkline.told([], show.share) == "no day known"
