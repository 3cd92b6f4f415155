"""A made-up month, made once for all: its folder, its pages without a browser, and in one.

Nothing may write into the shared folder: what does takes `own_demo`, a copy.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from dashboard import ask
from dashboard.demo import fill_demo
from tests.dashboard.browser import CHROMIUM, Watch, launched, served


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    fill_demo(folder, days=35)
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that the pages read."""
    return _read_from(tmp_path, monkeypatch)


@pytest.fixture
def shown_demo(demo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five made-up weeks that the pages read and nobody changes."""
    return _read_from(demo_folder, monkeypatch)


@pytest.fixture
def own_demo(demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the five weeks, to be changed."""
    copied = shutil.copytree(demo_folder, tmp_path / "demo")
    return _read_from(copied, monkeypatch)


def _read_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAREGATE_DATA", str(folder))
    ask.forget()
    return folder


@pytest.fixture(scope="session")
def origin(demo_folder: Path) -> Iterator[str]:
    """Where the five weeks are served; one server for every browser test."""
    with served(demo_folder) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Of a module, because while it is open its thread can run no other event loop."""
    if not CHROMIUM:
        pytest.skip("no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def watch(browser: Browser, origin: str) -> Iterator[Callable[..., Watch]]:
    """Opens a page of the five weeks in a context of its own; each is checked at the end."""
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
