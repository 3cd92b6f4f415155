"""How long a page's questions take on a large ledger, asked as the page asks them."""

import ast
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from collector import ledger
from collector.files import ROOT
from dashboard import ask
from dashboard.period import Period, before, period
from tests.bench import ledger_rows

PAGES = ("overview", "spend", "cache", "advice", "routing", "limits", "tuning")
REPLAYED = "replay_"  # what begins so is asked once, and its replay measured apart
ASKED_TWICE = {
    "overview": ("six_kpis",),
    "spend": ("six_kpis",),
}  # of the period before too, for the trends
RANGES = ("30d", "90d")
ZONE = "Europe/Berlin"
FILTERS: dict[str, Any] = {"any_kind": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One view of a page over one ledger: all its questions as the page asks them, some at a time,
    and the slowest of them alone.
    """

    page: str
    calls: int
    range: str
    page_s: float
    slowest: str
    slowest_s: float
    file_mb: float


def measure(folder: Path, sizes: Iterable[int], repeats: int) -> list[Asked]:
    found = []
    for calls in sizes:
        file = folder / f"{calls}.duckdb"
        began, now = time.monotonic(), datetime.now(UTC).replace(microsecond=0, tzinfo=None)
        ledger_rows.fill(file, calls, now)
        print(f"  a ledger of {calls:,} calls made in {time.monotonic() - began:.0f} s", flush=True)
        for page in PAGES:
            found += [_asked(file, page, calls, code, now, repeats) for code in RANGES]
        file.unlink()
    return found


def _asked(file: Path, page: str, calls: int, code: str, now: datetime, repeats: int) -> Asked:
    asked = period(code, now, ZONE)
    views = [_view(file, page, asked) for _ in range(repeats + 1)][1:]
    each = {name: median(view[name] for view in views) for name in views[0]}
    slowest = max(each, key=each.__getitem__)
    return Asked(
        page=page,
        calls=calls,
        range=code,
        page_s=median(_page_s(file, page, asked, now) for _ in range(repeats)),
        slowest=slowest,
        slowest_s=each[slowest],
        file_mb=file.stat().st_size / 1e6,
    )


def _view(file: Path, page: str, asked: Period) -> dict[str, float]:
    """Seconds by question, one after the other; opening the ledger is one of them."""
    took: dict[str, float] = {}
    began = time.perf_counter()
    with ledger.reading(file) as db:
        took["opening"] = time.perf_counter() - began
        for name in questions(page):
            took[name] = _seconds(db, name, {**FILTERS, **asked.variables})
    return took


def _page_s(file: Path, page: str, asked: Period, now: datetime) -> float:
    """Seconds until the last answer, that to the period before included."""
    past = {**FILTERS, **before(asked, now).variables}
    also = {f"{name}, before": (name, past) for name in ASKED_TWICE.get(page, ())}
    ask.forget()
    began = time.perf_counter()
    now_known = ask.answers(file, questions(page), {**FILTERS, **asked.variables}, also)
    for name in now_known:
        _ = now_known[name]
    return time.perf_counter() - began


def _seconds(db: Any, name: str, variables: dict[str, Any]) -> float:
    began = time.perf_counter()
    ledger.short_answer(db, name, **variables)
    return time.perf_counter() - began


def questions(page: str) -> list[str]:
    """The keys of a page's table of numbers; the page is read, as importing would draw it."""
    file = ROOT / "dashboard" / "app_pages" / f"{page}.py"
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NUMBERS":
            assert isinstance(node.value, ast.Dict)
            names = [str(ast.literal_eval(key)) for key in node.value.keys if key]
            return [name for name in names if not name.startswith(REPLAYED)]
    raise LookupError(f"{file.name} has no NUMBERS")
