"""Report in Chromium: what is taken along is what was looked at."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.dashboard.browser import Watch


def taken(watched: Watch, label: str) -> bytes:
    with watched.page.expect_download() as download:
        watched.page.get_by_role("button", name=label, exact=True).click()
    return Path(download.value.path()).read_bytes()


def test_what_is_downloaded_is_what_is_shown(watch: Callable[..., Watch]):
    seen = watch("/report?report_lang=ja")
    frame: Any = seen.page.frame_locator("iframe").first
    lead = frame.locator(".lead").inner_text()
    page = taken(seen, "HTML").decode()
    assert lead in page
    assert "コストレポート" in page
    paid = json.loads(taken(seen, "JSON"))["kpis"]["paid_usd"]
    assert f"${paid:,.2f}" in page
    assert taken(seen, "XLSX").startswith(b"PK")
    seen.check()
