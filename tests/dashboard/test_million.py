"""Every page over a million calls: it stands, and tells the ledger's own numbers."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collector import ledger
from collector.files import ROOT, ledger_file
from dashboard import show
from tests.bench import ledger_rows
from tests.dashboard.opened import EVERY_PAGE

CALLS = 1_000_000
DAYS = {"7d": 7, "30d": 30}
IN_PERIOD = """
select
    count(*) filter (kind <> 'count_tokens') as calls,
    sum(list_usd) as list_usd,
    count(*) filter (kind <> 'count_tokens' and result = 'ok' and bill = 'local') as local_calls,
    count(*) filter (kind <> 'count_tokens' and result = 'ok') as answered_calls
from call_log
where asked_at >= ?
"""


def told(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.dashboard.million", *DAYS]
    environ = {**os.environ, "FAREGATE_DATA": str(folder)}
    done = subprocess.run(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {(line["page"], line["range"]): line for line in lines}


@pytest.mark.timeout(600)
def test_every_page_stands_over_a_million_calls_and_tells_its_numbers(tmp_path):
    now = datetime.now(UTC).replace(tzinfo=None)
    ledger_rows.fill(ledger_file(tmp_path), CALLS, now)
    pages = told(tmp_path)
    assert set(pages) == {(page, code) for page in EVERY_PAGE for code in DAYS}
    assert {key: page["faults"] for key, page in pages.items() if page["faults"]} == {}
    for code, days in DAYS.items():
        first = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
        with ledger.reading(ledger_file(tmp_path)) as db:
            row = db.execute(IN_PERIOD, [first]).fetchone()
        calls, list_usd, local_calls, answered_calls = row or ()
        assert calls > 0.9 * CALLS * (days - 1) / ledger_rows.DAYS
        overview, spend = (pages[page, code]["metrics"] for page in ("overview", "spend"))
        assert overview["Calls"] == spend["Calls"] == show.quantity(calls)
        assert overview["Local share"] == show.share(local_calls / answered_calls)
        assert spend["List value"] == show.usd(list_usd)
        assert f"**{calls:,}** calls" in pages["calls", code]["text"]
