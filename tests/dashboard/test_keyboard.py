"""A reader without a mouse: every control is reached by Tab, is seen, and does its work."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.dashboard.browser import Watch

MOST_STOPS = 80
SWIFT = "* { transition: none !important; }"
NAME = "e => (e.getAttribute('aria-label') ?? e.innerText ?? '').split('\\n')[0]"
# A menu may hold the focus itself, for the first of its lines.
HAS_FOCUS = """one => one.dataset.focused === "true"
    && one.closest("[role=menu]").contains(document.activeElement)"""
# How an element and what is around it look; inputs show their focus on the box they stand in.
LOOK = """e => [0, 1, 2, 3, 4].reduce(([told, one]) => {
    if (!one) return [told, one];
    const {outline, boxShadow, borderColor, backgroundColor} = getComputedStyle(one);
    return [[...told, outline, boxShadow, borderColor, backgroundColor], one.parentElement];
}, [[], e])[0].join()"""


def tabbed_to(seen: Watch, name: str) -> list[str]:
    """Tab until the control of this name has the focus; those on the way that nobody could see."""
    unseen: list[str] = []
    before: tuple[Any, str, str] | None = None
    for _ in range(MOST_STOPS):
        seen.page.keyboard.press("Tab")
        seen.page.wait_for_timeout(40)
        stop: Any = seen.page.evaluate_handle("document.activeElement").as_element()
        if before and before[0].evaluate(LOOK) == before[1]:
            unseen.append(before[2])
        label = str(stop.evaluate(NAME))
        if label == name:
            return unseen
        is_whole = stop.evaluate("e => ['MAIN', 'BODY'].includes(e.tagName)")
        before = None if is_whole else (stop, stop.evaluate(LOOK), label)
    raise AssertionError(f"Tab never came to {name!r}")


def test_a_filter_and_a_call_are_opened_by_keys_alone(watch: Callable[..., Watch]):
    seen = watch("/calls?range=7d")
    seen.page.add_style_tag(content=SWIFT)
    assert tabbed_to(seen, "Kind") == []
    seen.page.keyboard.type("title")
    seen.page.keyboard.press("Enter")
    expect(seen.page).to_have_url(re.compile("kind=title"), timeout=20_000)
    seen.settle()
    assert tabbed_to(seen, "Live, every 5 s") == []
    seen.page.keyboard.press("Space")
    seen.settle()
    table = seen.page.get_by_test_id("stDataFrame").locator("canvas").first
    tabbed_to(seen, "Fullscreen: Calls that pass the filters, latest first.")
    seen.page.keyboard.press("Tab")
    expect(table).to_be_focused()
    seen.page.keyboard.press("ArrowDown")
    seen.page.wait_for_timeout(300)
    seen.page.keyboard.press("Enter")
    expect(seen.page).to_have_url(re.compile("call=demo-"), timeout=20_000)


@pytest.mark.parametrize(
    ("page", "opens"), [("/", "/calls"), ("/spend", "/calls"), ("/cache", "/cache")]
)
def test_a_day_of_a_chart_is_opened_by_keys_alone(
    watch: Callable[..., Watch], page: str, opens: str
):
    seen = watch(f"{page}?range=7d")
    seen.page.add_style_tag(content=SWIFT)
    assert tabbed_to(seen, "Open a day") == []
    seen.page.keyboard.press("Enter")
    days = seen.page.get_by_role("menu", name="Open a day").get_by_role("menuitem")
    expect(days).to_have_count(7)
    seen.page.wait_for_function(HAS_FOCUS, arg=days.first.element_handle())
    seen.page.keyboard.press("ArrowDown")
    seen.page.wait_for_function(HAS_FOCUS, arg=days.nth(1).element_handle())
    day = days.nth(1).inner_text()
    seen.page.keyboard.press("Enter")
    expect(seen.page).to_have_url(re.compile(re.escape(f"{opens}?range={day}")), timeout=20_000)


def test_a_long_list_of_days_stays_in_a_small_window(watch: Callable[..., Watch]):
    seen = watch("/spend?range=90d", width=390)
    seen.page.set_viewport_size({"width": 390, "height": 700})
    seen.page.get_by_role("button", name="Open a day").focus()
    seen.settle()
    seen.page.keyboard.press("Enter")
    days = seen.page.get_by_role("menu", name="Open a day").get_by_role("menuitem")
    seen.page.wait_for_function(HAS_FOCUS, arg=days.first.element_handle())
    seen.page.keyboard.press("End")
    seen.page.wait_for_function(HAS_FOCUS, arg=days.last.element_handle())
    expect(days.last).to_be_in_viewport()


def test_the_page_names_the_language_that_it_speaks(watch: Callable[..., Watch]):
    html = watch("/calls?range=7d&lang=ja").page.locator("html")
    expect(html).to_have_attribute("lang", "ja", timeout=20_000)
