"""A reader walks both pages in a real browser: nothing breaks, and nothing leaves this machine."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from dashboard.demo import fill_demo
from tests.dashboard.browser import CHROMIUM, Watch, launched, served

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium: apt-get install chromium")

PICTURES = os.environ.get("FAREGATE_PICTURES")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("shown")
    fill_demo(folder)
    with served(folder) as url:
        yield url


@pytest.fixture
def watch(browser: Browser, origin: str) -> Iterator[Callable[..., Watch]]:
    """Opens a page in a context of its own; every page is checked at the end."""
    opened: list[Watch] = []

    def open_page(path: str = "/", width: int = 1440, scheme: str = "light") -> Watch:
        context = browser.new_context(
            viewport={"width": width, "height": 1400},
            color_scheme=scheme,
            timezone_id="Asia/Tokyo",
        )
        opened.append(Watch(context.new_page(), origin))
        opened[-1].open(path)
        return opened[-1]

    yield open_page
    for seen in opened:
        seen.check()
        seen.page.context.close()


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
    for path in ("/", "/calls"):
        seen = watch(path, width=390)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_filter_stays_on_the_way_to_the_other_page(watch: Callable[..., Watch]):
    seen = watch()
    seen.page.get_by_role("combobox").first.click()
    seen.page.get_by_role("option", name="shop-web").click()
    seen.settle()
    assert "project=shop-web" in seen.page.url
    seen.page.get_by_role("link", name="Calls").click()
    seen.settle()
    expect(seen.page.get_by_role("heading", name="Calls")).to_be_visible()
    assert "project=shop-web" in seen.page.url
    keep_picture(seen, "calls-light")


def test_a_day_of_the_chart_opens_its_calls(watch: Callable[..., Watch]):
    seen = watch()
    bar = seen.page.locator(".js-plotly-plot .bars .point path").nth(20)
    seen.click_point(bar)
    assert re.search(r"/calls\?range=20\d\d-\d\d-\d\d", seen.page.url)


def test_a_session_opens_its_calls_and_a_call_opens_in_full(watch: Callable[..., Watch]):
    seen = watch()
    seen.click_first_row(1, "last")
    assert re.search(r"/calls\?session=demo-", seen.page.url)
    seen.click_first_row(0, "first")
    assert "call=demo-" in seen.page.url
    expect(seen.page.get_by_role("heading", name="What it cost, line by line")).to_be_visible()
    keep_picture(seen, "call-light")
    seen.page.get_by_role("button", name="All calls").click()
    seen.settle()
    assert "call=" not in seen.page.url
    assert "session=demo-" in seen.page.url


def test_a_deep_link_opens_what_it_names(watch: Callable[..., Watch]):
    seen = watch("/calls?kind=title&range=7d", scheme="dark")
    expect(seen.page.get_by_role("combobox", name="Kind")).to_have_value("title")
    seen.page.get_by_role("button", name="Clear filters").click()
    seen.settle()
    assert seen.page.url.endswith("/calls?range=7d")


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
        expect(seen.page.get_by_text("No calls yet")).to_be_visible(timeout=30_000)
        seen.check()
        seen.page.close()
