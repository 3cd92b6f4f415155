"""The dashboard in Chromium, watched for errors and for requests to anywhere else."""

import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from dashboard import serve
from tests.running import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
QUIET_MS = 700
# The script rests, what it sent is drawn, and nothing has moved for a while.
NOTE_CHANGES = """
window.changedAt = performance.now();
new MutationObserver(() => { window.changedAt = performance.now(); }).observe(
    document, {subtree: true, childList: true, attributes: true, characterData: true});
"""
SETTLED = """quiet => {
    const shown = part => [...document.querySelectorAll(`[data-testid="${part}"]`)]
        .filter(element => element.checkVisibility());
    const app = shown("stApp")[0];
    return app?.dataset.testScriptState === "notRunning"
        && shown("stSkeleton").length === 0
        && shown("stPlotlyChart").every(chart => chart.querySelector(".main-svg"))
        && shown("stDataFrame").every(table => table.querySelector("canvas"))
        && performance.now() - window.changedAt > quiet;
}"""
# Streamlit looks for its own server below the page's path first, when a deep link is opened.
PROBES = re.compile(r"/[a-z-]+/_stcore/(health|host-config)$")


@dataclass
class Watch:
    """What went wrong on a page, and what it asked of other hosts."""

    page: Page
    origin: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        self.page.on("console", self._said)
        self.page.on("request", self._requested)
        self.page.on("response", self._answered)
        self.page.add_init_script(NOTE_CHANGES)

    def open(self, path: str = "/") -> None:
        self.page.goto(self.origin + path)
        self.settle()

    def settle(self) -> None:
        """Wait until the script rests and what it drew has landed."""
        self.page.wait_for_timeout(150)  # for what was clicked to reach the script
        self.page.wait_for_function(SETTLED, arg=QUIET_MS, polling=50, timeout=120_000)

    def check(self) -> None:
        expect(self.page.get_by_test_id("stException")).to_have_count(0)
        assert self.faults == []

    def click_first_row(self, table_no: int, column: str) -> None:
        """A button in a table's first row, `first` or `last` column; tables are canvases."""
        table = self.page.get_by_test_id("stDataFrame").nth(table_no)
        table.scroll_into_view_if_needed()
        self.settle()  # what was out of sight is drawn only now
        box: Any = table.bounding_box()
        x = 34 if column == "first" else box["width"] - 28
        table.click(position={"x": x, "y": 46})
        self.settle()

    def click_point(self, point: Locator) -> None:
        """Plotly takes a click only from a mouse that has rested on the point."""
        box: Any = point.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.wait_for_timeout(700)
        self.page.mouse.click(x, y)
        self.settle()

    def _said(self, message: Any) -> None:
        if message.type == "error" and not PROBES.search(message.location.get("url", "")):
            self.faults.append(f"console: {message.text}")

    def _requested(self, request: Any) -> None:
        own = (self.origin, self.origin.replace("http", "ws"), "data:", "blob:")
        if not request.url.startswith(own):
            self.faults.append(f"outside request: {request.url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and not PROBES.search(response.url):
            self.faults.append(f"{response.status} {response.url}")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A dashboard over this data folder, started from another folder; its origin."""
    port = free_port()
    command = serve.command("--server.port", str(port))
    environ = {**os.environ, "FAREGATE_DATA": str(folder)}
    with (folder / "dashboard.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
    try:
        _await(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=60)


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


def _await(url: str) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        try:
            urllib.request.urlopen(url, timeout=1)
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"{url} does not answer")
