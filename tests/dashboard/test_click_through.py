"""From a number to the calls behind it, and from advice and tuning to what they change."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from collector import policies
from tests.dashboard.browser import Watch, served

PATIENCE_MS = 30_000


@pytest.fixture
def changed(browser: Browser, own_demo: Path) -> Iterator[Watch]:
    """The five weeks of one's own, where something may be dismissed and applied."""
    with served(own_demo) as url:
        seen = Watch(browser.new_page(viewport={"width": 1440, "height": 2400}), url)
        yield seen
        seen.check()
        seen.page.close()


def test_a_cause_of_cache_breaks_opens_its_sessions_and_one_its_calls(
    watch: Callable[..., Watch],
):
    seen = watch("/cache")
    seen.click_first_row(0, "first")
    expect(seen.page).to_have_url(re.compile(r"/cache\?break_cause="), timeout=PATIENCE_MS)
    expect(seen.page.get_by_role("heading", name="Breaks: ")).to_be_visible(timeout=PATIENCE_MS)
    seen.click_first_row(1, "first")
    expect(seen.page).to_have_url(re.compile("session=demo-"), timeout=PATIENCE_MS)
    seen.click_first_row(1, "first")
    expect(seen.page).to_have_url(re.compile(r"/calls\?.*call=demo-"), timeout=PATIENCE_MS)
    expect(seen.page.get_by_role("heading", name="One call")).to_be_visible()


def test_a_finding_shows_its_calls_is_dismissed_and_brought_back(changed: Watch):
    page = changed.page
    changed.open("/advice")
    title = page.get_by_role("heading", level=2).nth(1).inner_text()
    page.get_by_role("button", name=re.compile("^Show the")).first.click()
    expect(page).to_have_url(re.compile("finding="), timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name="The calls behind it")).to_be_visible()
    changed.settle()
    page.get_by_role("button", name="Dismiss").first.click()
    page.get_by_label("Why? (if you like)").first.fill("wanted")
    page.get_by_role("button", name="Dismiss this finding").first.click()
    expect(page.get_by_role("heading", name=title)).to_have_count(0, timeout=PATIENCE_MS)
    page.get_by_text("1 dismissed finding").click()
    expect(page.get_by_text("wanted")).to_be_visible()
    page.get_by_role("button", name="Show again").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=PATIENCE_MS)


def test_a_threshold_is_moved_applied_and_rolled_back(changed: Watch, own_demo: Path):
    page = changed.page
    before = policies.live(own_demo).text
    changed.open("/tuning")
    page.get_by_role("slider", name="Simple below").focus()
    for _ in range(150):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("moderate_at="), timeout=PATIENCE_MS)
    changed.settle()
    expect(page.get_by_text("no call of this period")).to_have_count(0)
    page.get_by_role("button", name="Apply…").click()
    page.get_by_role("button", name="Apply now").click()
    expect(page.get_by_text("In force: version").first).to_be_visible(timeout=PATIENCE_MS)
    assert policies.live(own_demo).text != before
    changed.settle()
    page.get_by_role("button", name="Roll back…").click()
    page.get_by_role("button", name="Roll back now").click()
    expect(page.get_by_role("button", name="Roll back now")).to_have_count(0, timeout=PATIENCE_MS)
    changed.settle()
    assert policies.live(own_demo).text == before
    expect(page.get_by_role("button", name="Roll back now")).to_have_count(0)
