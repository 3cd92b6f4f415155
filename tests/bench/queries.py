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
from dashboard.period import before, period
from tests.bench import ledger_rows

PAGES = ("overview", "spend", "cache", "advice", "routing", "limits")
ASKED_TWICE = {
    "overview": ("six_kpis",),
    "spend": ("six_kpis",),
}  # of the period before too, for the trends
RANGES = ("30d", "90d")
ZONE = "Europe/Berlin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One view of a page over one ledger: all its questions together, and the slowest of them."""

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
    views = [_view(file, page, code, now) for _ in range(repeats + 1)][1:]
    each = {name: median(view[name] for view in views) for name in views[0]}
    slowest = max(each, key=each.__getitem__)
    return Asked(
        page=page,
        calls=calls,
        range=code,
        page_s=median(sum(view.values()) for view in views),
        slowest=slowest,
        slowest_s=each[slowest],
        file_mb=file.stat().st_size / 1e6,
    )


def _view(file: Path, page: str, code: str, now: datetime) -> dict[str, float]:
    """Seconds by question; opening the ledger is one of them, so is the period before."""
    asked = period(code, now, ZONE)
    filters: dict[str, Any] = {"any_kind": False}
    took: dict[str, float] = {}
    began = time.perf_counter()
    with ledger.reading(file) as db:
        took["opening"] = time.perf_counter() - began
        for name in questions(page):
            took[name] = _seconds(db, name, {**filters, **asked.variables})
        past = before(asked, now)
        for name in ASKED_TWICE.get(page, ()):
            took[f"{name}, before"] = _seconds(db, name, {**filters, **past.variables})
    return took


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
            return [str(ast.literal_eval(key)) for key in node.value.keys if key]
    raise LookupError(f"{file.name} has no NUMBERS")
