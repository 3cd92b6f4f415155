"""A reader walks every page: in English by day, in Japanese by night, and on a phone.

With FAREGATE_PICTURES set to a folder, the walk leaves the pictures of docs/ there.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.dashboard import axe
from tests.dashboard.browser import Watch
from tests.dashboard.opened import EVERY_PAGE
from tests.dashboard.pictures import keep

PATIENCE_MS = 60_000
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龯]")
ENGLISH = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z']{2,}){3,}")
SAYING = "stMarkdownContainer"
OPENS = re.compile("^(Open|開く)")


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """A machine may be busy with more than this walk."""
    expect.set_options(timeout=PATIENCE_MS)
    yield
    expect.set_options(timeout=5_000)


def address(page: str, **more: str) -> str:
    asked = "&".join(f"{name}={value}" for name, value in more.items())
    return ("/" if page == "overview" else f"/{page}") + (f"?{asked}" if asked else "")


def main_of(seen: Watch) -> Locator:
    return seen.page.get_by_test_id("stMain")


def title_of(seen: Watch) -> str:
    title = main_of(seen).locator("h1").first
    expect(title).to_be_visible()
    return title.inner_text()


def said_on(seen: Watch) -> list[str]:
    """What stands on the page in the project's own words: no code, no cell of a table."""
    texts: list[str] = (
        main_of(seen)
        .get_by_test_id(SAYING)
        .evaluate_all(
            "parts => parts.filter(part => part.checkVisibility()).map(part => part.innerText)"
        )
    )
    return [line.strip() for text in texts for line in text.splitlines() if line.strip()]


def take_every_file(seen: Watch) -> None:
    buttons = main_of(seen).get_by_test_id("stDownloadButton").get_by_role("button")
    for button in buttons.filter(visible=True).all():
        with seen.page.expect_download(timeout=PATIENCE_MS) as download:
            button.click()
        assert Path(download.value.path()).stat().st_size > 0, download.value.suggested_filename


def ask_for_less(seen: Watch) -> None:
    """The last week, then one project: the URL says both."""
    main = main_of(seen)
    if not main.get_by_text("7 d", exact=True).count():
        return
    main.get_by_text("7 d", exact=True).click()
    expect(seen.page).to_have_url(re.compile(r"[?&]range=7d"))
    seen.settle()
    main.get_by_role("combobox", name="Project").click()
    seen.page.get_by_role("option", name="shop-web").click()
    expect(seen.page).to_have_url(re.compile(r"[?&]project=shop-web"))
    seen.settle()


def open_a_row(seen: Watch) -> None:
    """Through the first table whose rows open something, if there is one."""
    tables = seen.page.get_by_test_id("stDataFrame")
    for at in range(tables.count()):
        cells = tables.nth(at).locator('[role="gridcell"]').all_text_contents()
        is_shown = tables.nth(at).evaluate("table => table.checkVisibility()")  # not folded away
        if not is_shown or not any(OPENS.match(cell) for cell in cells):
            continue
        before = seen.page.url
        seen.click_first_row(at, "first" if OPENS.match(cells[0]) else "last")
        expect(seen.page).not_to_have_url(before)
        seen.settle()
        assert title_of(seen)
        return


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_page_by_day_gives_its_files_and_follows_its_reader(
    watch: Callable[..., Watch], page: str
):
    seen = watch(address(page))
    assert title_of(seen)
    keep(seen, page)
    take_every_file(seen)
    ask_for_less(seen)


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_page_by_night_speaks_japanese_and_opens_what_it_lists(
    watch: Callable[..., Watch], page: str
):
    seen = watch(address(page, lang="ja"), scheme="dark")
    assert JAPANESE.search(title_of(seen))
    said = said_on(seen)
    assert any(JAPANESE.search(line) and len(line) > 12 for line in said)
    assert [line for line in said if ENGLISH.search(line) and not JAPANESE.search(line)] == []
    assert axe.faults(seen) == []
    keep(seen, f"{page}-dark-ja")
    open_a_row(seen)


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_page_fits_a_phone(watch: Callable[..., Watch], page: str):
    seen = watch(address(page), width=390)
    assert title_of(seen)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    sideways = "main => main.scrollWidth - main.clientWidth"
    assert main_of(seen).evaluate(sideways) <= 0
    keep(seen, f"{page}-narrow")


def test_a_session_is_shown_turn_by_turn(watch: Callable[..., Watch]):
    seen = watch("/sessions")
    seen.click_first_row(0, "first")
    expect(seen.page).to_have_url(re.compile("session=demo-"))
    assert title_of(seen)
    keep(seen, "session")
    take_every_file(seen)
