"""Prompts and answers, kept only when the policy says so: two compressed files a call, by day."""

import os
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import zstandard


def keep(folder: Path, call_id: str, asked_at: datetime, texts: dict[str, bytes]) -> None:
    """Write `<day>/<call_id>.<name>.zst` for each text."""
    day = folder / asked_at.date().isoformat()
    day.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in texts.items():
        file = os.open(day / f"{call_id}.{name}.zst", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(zstandard.compress(text))


def kept(folder: Path, call_id: str, asked_at: datetime) -> dict[str, bytes]:
    """The texts kept of a call by name; empty when none were."""
    day = folder / asked_at.date().isoformat()
    return {
        file.name.split(".")[1]: zstandard.decompress(file.read_bytes())
        for file in sorted(day.glob(f"{call_id}.*.zst"))
    }


def forget_before(folder: Path, today: date, days: int) -> int:
    """Delete the days older than `days`; how many were deleted."""
    last = today - timedelta(days=days)
    old = [day for day in folder.glob("????-??-??") if day.name < last.isoformat()]
    for day in old:
        shutil.rmtree(day)
    return len(old)
