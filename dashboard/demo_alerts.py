"""The alerts that the made-up month would have told."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from dashboard.alerts import LOG

MADE_UP = "demo"
TOLD = (
    (
        0.4,
        "window",
        "max five_hour",
        "The 5-hour window of max is 91.2% full and resets in 48 min.",
    ),
    (2.1, "provider_down", "ollama", "ollama is down: it does not answer its probe."),
    (
        5.3,
        "unpriced",
        "openrouter/qwen/qwen3-coder:free",
        "openrouter/qwen/qwen3-coder:free has no price: 3 calls of the last day count in no sum of "
        "money. Add it to price_overrides.toml, then run faregate reprice.",
    ),
    (
        9.7,
        "window",
        "max seven_day",
        "The weekly window of max is 90.4% full and resets in 1 d 4 h.",
    ),
)


def tell(folder: Path, until: datetime) -> None:
    """Write them down up to `until` (naive UTC), in place of those of an earlier demo."""
    forget(folder)
    rows = [
        {
            "at": f"{until - timedelta(days=days):%Y-%m-%dT%H:%M:%S}+00:00",
            "alert": alert,
            "subject": subject,
            "text": text,
            MADE_UP: True,
        }
        for days, alert, subject, text in reversed(TOLD)
    ]
    with (folder / LOG).open("a", encoding="utf-8") as log:
        log.writelines(json.dumps(row) + "\n" for row in rows)


def forget(folder: Path) -> None:
    """Take those of a demo out again; real ones stay."""
    file = folder / LOG
    if not file.exists():
        return
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    mark = f'"{MADE_UP}": true'
    file.write_text("".join(line for line in lines if mark not in line), encoding="utf-8")
