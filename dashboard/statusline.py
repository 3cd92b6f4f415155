"""One line for Claude Code's status line, from its JSON on stdin and what the loader wrote down.

Claude Code waits for it after each message: it loads nothing but `json` and opens no ledger.
Source of the fields: https://code.claude.com/docs/en/statusline
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from collector.files import data_folder
from collector.gate_file import read_gate

FRESH_S = 180
MOST_BYTES = 1 << 20
LONGEST = 60
WINDOWS = {"five_hour": "5h", "seven_day": "week"}
LEAKED_PERCENT = 1000  # Claude Code has told a time where a percentage should be


def line(said: object, folder: Path, now: float) -> str:
    """The line at `now` (seconds since 1970); `said` is what Claude Code said, whatever it is."""
    told = _read(folder / "today.json")
    parts = [] if read_gate(folder) else ["no gate: `faregate up`"]
    parts += _money(told, now)
    parts += _windows(said, told, now)
    session = _within(said, "session_id")
    target = _within(told, "sessions", session) if isinstance(session, str) else None
    if isinstance(target, str):
        parts.append(_printable(target))
    return " · ".join(parts + _age(told, now))


def _money(told: object, now: float) -> list[str]:
    today = _within(told, "today")
    if not isinstance(today, dict):
        return ["nothing recorded yet"]
    day_ends_at = _number(_within(told, "day_ends_at"))
    day = "today" if day_ends_at is None or now < day_ends_at else "the day before"
    unpriced = today.get("unpriced")
    without = f" + {unpriced} unpriced" if isinstance(unpriced, int) and unpriced else ""
    cash, worth = (_usd(today.get(f"{name}_usd")) for name in ("paid", "list"))
    return [f"{day} {cash} cash, {worth} list{without}{_saved(today)}"]


def _saved(today: dict[str, Any]) -> str:
    """What cash and the plan's fee for the day stay below the same usage on Opus."""
    saved = _number(today.get("saved_usd"))
    if saved is None:
        return ""
    return f", {_usd(abs(saved))} {'below' if saved >= 0 else 'above'} all-Opus"


def _windows(said: object, told: object, now: float) -> list[str]:
    """Claude Code's own word on a window if it has one, else the newest that the gate heard."""
    heard = {**_heard(told), **_said(said)}
    return [
        _window(label, share, resets_at, now)
        for name, label in WINDOWS.items()
        for share, resets_at in [heard.get(name, (None, None))]
        if share is not None
    ]


def _said(said: object) -> dict[str, tuple[float, float | None]]:
    found = {}
    for name in WINDOWS:
        percent = _number(_within(said, "rate_limits", name, "used_percentage"))
        if percent is not None and 0 <= percent <= LEAKED_PERCENT:
            resets_at = _number(_within(said, "rate_limits", name, "resets_at"))
            found[name] = (percent / 100, resets_at)
    return found


def _heard(told: object) -> dict[str, tuple[float, float | None]]:
    providers = _within(told, "windows")
    windows = list(providers.values()) if isinstance(providers, dict) else []
    found: dict[str, tuple[float, float | None]] = {}
    for window in (one for every in windows if isinstance(every, list) for one in every):
        share = _number(_within(window, "utilization"))
        if share is not None:
            found[str(_within(window, "limit_window"))] = (
                share,
                _number(_within(window, "resets_at")),
            )
    return found


def _window(label: str, share: float, resets_at: float | None, now: float) -> str:
    if resets_at is None:
        return f"{label} {share:.0%}"
    if resets_at <= now:
        return f"{label} was reset"
    return f"{label} {share:.0%}, resets in {_span(resets_at - now)}"


def _age(told: object, now: float) -> list[str]:
    as_of = _number(_within(told, "as_of"))
    if as_of is None or now - as_of < FRESH_S:
        return []
    return [f"{_span(now - as_of)} old"]


def _span(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02} m"
    return f"{minutes // 1440} d {minutes // 60 % 24} h"


def _usd(text: object) -> str:
    amount = _number(text)
    if amount is None:
        return "–"
    return f"${amount:,.2f}"


def _within(value: object, *keys: str) -> Any:
    """What lies under these keys, or None."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _number(value: object) -> float | None:
    """A finite number, or money as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e15 else None


def _printable(text: str) -> str:
    shown = "".join(letter for letter in text if letter.isprintable())
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def _read(file: Path) -> object:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _stdin() -> object:
    if sys.stdin is None or sys.stdin.isatty():
        return None
    try:
        return json.loads(sys.stdin.buffer.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None


def main() -> None:
    """Print the line; 0 whatever was said, for a line that tells is better than none."""
    try:
        shown = line(_stdin(), data_folder(), time.time())
    except OSError as error:
        shown = f"faregate: {error}"
    sys.stdout.buffer.write(shown.encode() + b"\n")
