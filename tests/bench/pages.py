"""How soon a page stands over a large ledger in a real browser: opened, and asked for less."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from collector.files import ledger_file
from dashboard import ask
from tests.bench import ledger_rows, process
from tests.dashboard.browser import CHROMIUM, Watch, launched, served
from tests.dashboard.opened import EVERY_PAGE

FIRST = "overview"  # of a dashboard just started, which loads its libraries for it
PERIODS = ("7 d", "30 d")
DRAWN = "[data-testid=stMetric], [data-testid=stPlotlyChart], [data-testid=stDataFrame]"
FIRST_DRAWN = f"""
new MutationObserver((_, watching) => {{
    if (!document.querySelector("{DRAWN}")) return;
    window.drawnAt = performance.now();
    watching.disconnect();
}}).observe(document, {{subtree: true, childList: true}});
"""
# What a canvas holds is never shown: a table's copy for screen readers follows it 0.2 s later.
# Plotly lets the links of a flow, already in place, gain their colour over half a second.
NOTE_VISIBLE = """
window.visibleAt = performance.now();
new MutationObserver(changes => {
    const ofNoMatter = ({type, target}) => {
        const within = type === "childList" ? target : target.parentElement;
        return within?.closest?.("canvas, .sankey-links");
    };
    if (!changes.every(ofNoMatter)) window.visibleAt = performance.now();
}).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""
# What is chosen anew shows in its own control at once; what it is chosen for follows.
TOLD = ["stMetric", "stHtml", "stMarkdownContainer", "stPlotlyChart", "stDataFrame"]
CLICKED = f"""
addEventListener("pointerdown", () => {{
    window.clickedAt = performance.now();
    window.anewAt = undefined;
}}, true);
new MutationObserver(changes => {{
    const tells = change => {{
        const at = change.target.nodeType === 1 ? change.target : change.target.parentElement;
        const isChosen = at?.closest("[data-testid=stButtonGroup], canvas");
        return !isChosen && at?.closest("{", ".join(f"[data-testid={name}]" for name in TOLD)}");
    }};
    if (changes.some(tells)) window.anewAt ??= performance.now();
}}).observe(document, {{subtree: true, childList: true, characterData: true}});
"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
SINCE_OPENED = "window.visibleAt / 1000"
FIRST_SINCE_OPENED = "(window.drawnAt ?? window.visibleAt) / 1000"
SINCE_CLICKED = "(window.visibleAt - window.clickedAt) / 1000"
FIRST_SINCE_CLICKED = "((window.anewAt ?? window.visibleAt) - window.clickedAt) / 1000"


class NoBrowserError(RuntimeError):
    """This machine has no Chromium."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Seconds from its first opening until a page paints anything; until it shows its first number,
    chart or table; until it no longer changes: opened for the first time, again; from a change of
    its period until the first new one, until all of them, none kept from before, and until all of
    them back at a period seen before (None: it has no period); and the dashboard's memory by then.
    """

    page: str
    calls: int
    painted_s: float
    first_s: float
    cold_s: float
    again_s: float
    anew_s: tuple[float, float, float] | None
    rss_mb: float


def measure(folder: Path, sizes: tuple[int, ...], repeats: int) -> list[Seen]:
    """Every page over each ledger; 0 calls tells what Streamlit and the browser take anyway.

    Raises:
        NoBrowserError: there is no Chromium.
    """
    if CHROMIUM is None:
        raise NoBrowserError("no Chromium")
    found = []
    for calls in sizes:
        data = folder / str(calls)
        data.mkdir()
        if calls:
            ledger_rows.fill(ledger_file(data), calls, _now())
        with _dashboard(data) as (origin, pid):
            found += _walk(origin, pid, data, calls, repeats)
    return found


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0, tzinfo=None)


@contextmanager
def _dashboard(data: Path) -> Iterator[tuple[str, int]]:
    """A dashboard that nobody has asked anything yet: its address and its process."""
    before = set(process.children(os.getpid()))
    with served(data) as origin:
        [pid] = set(process.children(os.getpid())) - before
        yield origin, pid


def _walk(origin: str, pid: int, data: Path, calls: int, repeats: int) -> list[Seen]:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        seen = Watch(browser.new_page(viewport={"width": 1440, "height": 900}), origin)
        seen.page.add_init_script(CLICKED + FIRST_DRAWN + NOTE_VISIBLE)
        order = [FIRST, *(page for page in EVERY_PAGE if page != FIRST)]
        found = [_seen(seen, page, pid, data, calls, repeats) for page in order]
        browser.close()
    return found


def _seen(seen: Watch, page: str, pid: int, data: Path, calls: int, repeats: int) -> Seen:
    path = "/" if page == "overview" else f"/{page}"
    cold_s = _opened_s(seen, path)
    told = Seen(
        page=page,
        calls=calls,
        painted_s=float(seen.page.evaluate(PAINTED)),
        first_s=float(seen.page.evaluate(FIRST_SINCE_OPENED)),
        cold_s=cold_s,
        again_s=median(_opened_s(seen, path) for _ in range(repeats)),
        anew_s=_anew_s(seen, data, repeats),
        rss_mb=process.rss_mb(pid),
    )
    seen.check()
    print(f"  {page} over {calls:,} calls: {cold_s:.1f} s", flush=True)
    return told


def _opened_s(seen: Watch, path: str) -> float:
    seen.open(path)
    return float(seen.page.evaluate(SINCE_OPENED))


def _anew_s(seen: Watch, data: Path, repeats: int) -> tuple[float, float, float] | None:
    """Both ways between two periods of a ledger written since the page asked for either, and back
    to one that it has asked for since: medians.
    """
    control = seen.page.get_by_test_id("stMain").get_by_test_id("stButtonGroup").first
    if not all(control.get_by_text(name, exact=True).count() for name in PERIODS):
        return None

    def chosen_s(name: str) -> tuple[float, float]:
        control.get_by_text(name, exact=True).click()
        seen.settle()
        first_s, all_s = (seen.page.evaluate(it) for it in (FIRST_SINCE_CLICKED, SINCE_CLICKED))
        return float(first_s), float(all_s)

    anew, back = [], []
    for _ in range(repeats):
        for name in PERIODS:
            time.sleep(ask.KEEP_S)
            ledger_file(data).touch()
            anew.append(chosen_s(name))
        chosen_s(PERIODS[0])
        time.sleep(ask.KEEP_S)
        back.append(chosen_s(PERIODS[1])[1])
    first_s, all_s = (median(one) for one in zip(*anew, strict=True))
    return first_s, all_s, median(back)
