"""Charts hold what the frames say, in colours by role."""

import tomllib
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from collector import ledger
from dashboard import cards, charts
from dashboard.palette import DARK, LIGHT, ROLES
from router.call import Result
from tests.dashboard.opened import APP
from tests.sql.asked import frame
from tests.story import HAIKU, MAX, SONNET, set_plan, tell


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.duckdb"
    set_plan(file, 280)
    tell(
        file,
        ("2026-02-01 09:00", "main", [(SONNET, Result.OK)], {"usd": "2", "opus_usd": "3"}),
        ("2026-02-02 09:00", "main", [(MAX, Result.LIMIT_HIT), (HAIKU, Result.OK)], {"usd": "1"}),
    )
    return file


def test_bars_stack_in_the_order_of_roles_and_wear_their_colours(path: Path):
    figure = charts.daily_paid(
        frame(path, "daily_cost"), frame(path, "daily_kpis"), Decimal(5), LIGHT
    )
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.name for bar in bars] == ["Plan fee (pro-rated)", "API Sonnet", "API Haiku"]
    assert [bar.marker.color for bar in bars] == [
        LIGHT.role[role] for role in ("plan", "sonnet", "haiku")
    ]
    assert sum(bars[0].y) == pytest.approx(280)


def test_a_limit_hit_is_marked_above_its_day(path: Path):
    figure = charts.daily_paid(
        frame(path, "daily_cost"), frame(path, "daily_kpis"), Decimal(0), DARK
    )
    baseline, hits = (trace for trace in figure.data if trace.type == "scatter")
    assert baseline.y[0] == 3
    assert [day.day for day in hits.x] == [2]
    assert hits.customdata[0] == 1
    assert not figure.layout.annotations


def test_a_chart_of_nothing_is_still_a_chart(tmp_path: Path):
    file = tmp_path / "empty.duckdb"
    ledger.migrate(file)
    figure = charts.daily_paid(
        frame(file, "daily_cost"), frame(file, "daily_kpis"), Decimal(0), LIGHT
    )
    assert [trace.type for trace in figure.data] == ["scatter", "scatter"]


def test_names_are_shown_as_text(path: Path):
    readings = frame(path, "live_windows", now=datetime(2026, 2, 2, 10))
    evil = readings.with_columns(limit_window=readings["limit_window"] + "<script>")
    assert "<script>" not in cards.windows(evil, LIGHT)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("palette", "page"), [(LIGHT, "#FBFAF8"), (DARK, "#161513")])
def test_every_text_colour_can_be_read_by_most(palette: object, page: str):
    texts = ("text", "faded", "good_text", "fair_text", "bad_text")
    assert all(contrast(getattr(palette, name), page) >= 4.5 for name in texts)
    assert set(palette.role) == set(ROLES)


def test_a_policy_is_marked_on_the_day_it_came_into_force(path: Path):
    figure = charts.daily_paid(
        frame(path, "daily_cost"),
        frame(path, "daily_kpis"),
        Decimal(0),
        LIGHT,
        {date(2026, 2, 2): "<b>9f3c</b>"},
    )
    [line] = figure.layout.shapes
    assert str(line.x0).startswith("2026-02-01 12:00")
    assert "&lt;b&gt;9f3c" in figure.layout.annotations[0].text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_the_theme_fades_or_tints_can_still_be_read(theme: str):
    """Notes are six tenths of the text's colour; a chosen option stands on a tenth of its own."""
    config = tomllib.loads((APP.parent / ".streamlit" / "config.toml").read_text())
    colours = config["theme"][theme]
    page, chosen = colours["backgroundColor"], colours["primaryColor"]
    assert contrast(mixed(colours["textColor"], page, 0.6), page) >= 4.5
    assert contrast(chosen, mixed(chosen, page, 0.1)) >= 4.5


def mixed(colour: str, ground: str, share: float) -> str:
    parts = [
        round(share * int(colour[at : at + 2], 16) + (1 - share) * int(ground[at : at + 2], 16))
        for at in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)
