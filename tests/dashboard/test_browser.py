"""A reader walks both pages in a real browser: nothing breaks, and nothing leaves this machine."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.browser import Watch, served

PICTURES = os.environ.get("FAREGATE_PICTURES")


def keep_picture(seen: Watch, name: str) -> None:
    if PICTURES:
        seen.page.screenshot(path=Path(PICTURES) / f"{name}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_overview_shows_its_numbers(watch: Callable[..., Watch], scheme: str):
    seen = watch(scheme=scheme)
    for label in ("Saved vs all-Opus", "Plan limit hits", "Local share", "5-hour window"):
        expect(seen.page.get_by_text(label).first).to_be_visible()
    expect(seen.page.locator(".js-plotly-plot .bars .point path").first).to_be_visible()
    expect(seen.page.get_by_text("Asia/Tokyo").first).to_be_visible()
    keep_picture(seen, f"overview-{scheme}")


def test_a_phone_needs_no_sideways_scrolling(watch: Callable[..., Watch]):
    for path in ("/", "/spend", "/calls", "/routing", "/limits"):
        seen = watch(path, width=390)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_filter_stays_on_the_way_to_the_other_page(watch: Callable[..., Watch]):
    seen = watch()
    seen.page.get_by_role("combobox", name="Project").click()
    seen.page.get_by_role("option", name="shop-web").click()
    seen.settle()
    expect(seen.page).to_have_url(re.compile(re.escape("project=shop-web")), timeout=60_000)
    sidebar = seen.page.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name="Calls").click()
    seen.settle()
    expect(seen.page.get_by_role("heading", name="Calls")).to_be_visible()
    expect(seen.page).to_have_url(re.compile(re.escape("project=shop-web")), timeout=60_000)
    keep_picture(seen, "calls-light")


def test_a_day_of_the_chart_opens_its_calls(watch: Callable[..., Watch]):
    seen = watch()
    bar = seen.page.locator(".js-plotly-plot .bars .point path").nth(20)
    seen.click_point(bar)
    expect(seen.page).to_have_url(re.compile(r"/calls\?range=20\d\d-\d\d-\d\d"), timeout=60_000)


def test_a_session_opens_then_its_calls_and_a_call_in_full(watch: Callable[..., Watch]):
    seen = watch()
    seen.click_first_row(1, "last")
    expect(seen.page).to_have_url(re.compile(r"/sessions\?session=demo-"), timeout=60_000)
    seen.page.get_by_role("button", name="All its calls").click()
    expect(seen.page).to_have_url(re.compile(r"/calls\?session=demo-"), timeout=60_000)
    seen.settle()
    seen.click_first_row(0, "first")
    expect(seen.page).to_have_url(re.compile(re.escape("call=demo-")), timeout=60_000)
    expect(seen.page.get_by_role("heading", name="What it cost, line by line")).to_be_visible()
    keep_picture(seen, "call-light")
    seen.page.get_by_role("button", name="All calls").click()
    seen.settle()
    expect(seen.page).not_to_have_url(re.compile(re.escape("call=")), timeout=60_000)
    expect(seen.page).to_have_url(re.compile(re.escape("session=demo-")), timeout=60_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_routing_shows_what_went_where(watch: Callable[..., Watch], scheme: str):
    seen = watch("/routing", scheme=scheme)
    expect(seen.page.locator(".js-plotly-plot .sankey-node").first).to_be_visible()
    for label in ("Cold-cache cost", "Fallbacks by cause", "Time to the first byte"):
        expect(seen.page.get_by_text(label).first).to_be_visible()
    keep_picture(seen, f"routing-{scheme}")


def test_spend_is_split_as_chosen_and_a_row_opens_its_calls(watch: Callable[..., Watch]):
    seen = watch("/spend?dimension=project")
    expect(seen.page.get_by_text("What changed, and why").first).to_be_visible()
    keep_picture(seen, "spend-light")
    seen.page.get_by_role("combobox", name="Split").click()
    seen.page.get_by_role("option", name="by kind").click()
    seen.settle()
    expect(seen.page).to_have_url(re.compile(re.escape("dimension=kind")), timeout=60_000)
    seen.click_first_row(0, "first")
    expect(seen.page).to_have_url(re.compile(r"/calls\?kind=main"), timeout=60_000)


def test_a_filter_without_a_widget_is_shown_and_can_be_taken_off(watch: Callable[..., Watch]):
    seen = watch("/spend?kind=title")
    seen.page.get_by_role("button", name="Kind: title").click()
    seen.settle()
    expect(seen.page).to_have_url(re.compile(re.escape("/spend") + "$"), timeout=60_000)


def test_a_cause_and_a_rule_open_their_calls(watch: Callable[..., Watch]):
    seen = watch("/routing")
    seen.click_first_row(1, "first")  # before it is the table of the flow, folded away
    expect(seen.page).to_have_url(re.compile(re.escape("/calls?cause=")), timeout=60_000)
    expect(seen.page.get_by_role("combobox", name="Failed attempt")).not_to_have_value("")
    seen = watch("/routing?range=7d")
    seen.click_first_row(3, "first")
    expect(seen.page).to_have_url(
        re.compile(re.escape("/calls?range=7d&route=default&rule=default")), timeout=60_000
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_limits_shows_the_windows_and_a_hit_opens_its_call(
    watch: Callable[..., Watch], scheme: str
):
    seen = watch("/limits?range=90d", scheme=scheme)
    expect(seen.page.locator(".js-plotly-plot .scatterlayer .trace").first).to_be_visible()
    expect(seen.page.get_by_text("Plan windows now", exact=True)).to_be_visible()
    keep_picture(seen, f"limits-{scheme}")
    seen.click_first_row(0, "last")
    expect(seen.page).to_have_url(re.compile(re.escape("call=demo-")), timeout=60_000)


def test_a_deep_link_opens_what_it_names(watch: Callable[..., Watch]):
    seen = watch("/calls?kind=title&range=7d", scheme="dark")
    expect(seen.page.get_by_role("combobox", name="Kind")).to_have_value("title")
    seen.page.get_by_role("button", name="Clear filters").click()
    seen.settle()
    expect(seen.page).to_have_url(re.compile(re.escape("/calls?range=7d") + "$"), timeout=60_000)


def test_the_list_can_be_downloaded(watch: Callable[..., Watch]):
    seen = watch("/calls?range=7d")
    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="Download CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[0].startswith("call_id,session_id,project,kind")
    assert len(lines) > 100


def test_an_empty_ledger_is_filled_and_emptied_by_its_buttons(browser: Browser, tmp_path: Path):
    with served(tmp_path) as url:
        seen = Watch(browser.new_page(), url)
        seen.open()
        expect(seen.page.get_by_text("No calls yet")).to_be_visible()
        keep_picture(seen, "empty-light")
        seen.page.get_by_role("button", name="Fill with demo data").click()
        expect(seen.page.get_by_text("made-up calls")).to_be_visible(timeout=60_000)
        seen.settle()
        seen.page.get_by_role("button", name="Remove demo data").click()
        expect(seen.page.get_by_text("No calls yet")).to_be_visible(timeout=60_000)
        seen.check()
        seen.page.close()
