"""What real transcripts of Claude Code 2.1.197 come to; `GOLDEN=write` writes the file anew."""

import os
import shutil
from pathlib import Path

import orjson

from tests.collector.transcripts_story import History

GOLDEN = Path(__file__).parent.parent / "golden"
TRANSCRIPTS = GOLDEN / "transcripts"
TOTALS = GOLDEN / "transcripts.json"
LEFT_OUT = ("file", "price_ids")


def test_real_transcripts_come_to_the_same_rows_and_totals(tmp_path: Path):
    history = History(tmp_path)
    shutil.copytree(TRANSCRIPTS, history.root / "projects" / "-home-dev-project-proj")
    report = history.load()
    rows = [
        {name: value for name, value in row.items() if value is not None and name not in LEFT_OUT}
        for row in history.rows()
    ]
    told = {"report": report, "calls": rows, "sessions": history.rows("session_facts")}
    text = orjson.dumps(told, default=str, option=orjson.OPT_INDENT_2) + b"\n"
    if os.environ.get("GOLDEN") == "write":
        TOTALS.write_bytes(text)
    assert text == TOTALS.read_bytes()
