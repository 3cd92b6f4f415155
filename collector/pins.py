"""Pins: a person's choice of a target or route, for a while, kept beside the policy."""

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import orjson

from collector import files
from router.decision import Pin

NAME = "pins.json"
LOOK_EVERY_S = 1.0

logger = logging.getLogger(__name__)


def write(folder: Path, pins: Iterable[Pin]) -> None:
    """
    Raises:
        OSError
    """
    rows = [{"use": pin.use, "route": pin.route, "until": pin.until} for pin in pins]
    files.replace(folder / NAME, orjson.dumps(rows))


def read(folder: Path) -> tuple[Pin, ...]:
    """The pins as written, those past their time included; none where nothing was pinned.

    Raises:
        ValueError: the file is not what `write` writes.
    """
    try:
        rows = orjson.loads((folder / NAME).read_bytes())
        return tuple(_pin(row) for row in rows)
    except FileNotFoundError:
        return ()
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{folder / NAME}: {error}; `faregate use --clear` mends it") from error


class LivePins:
    """`now` holds the newest good pins, read anew when the file changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pins: tuple[Pin, ...] = ()
        self._seen = -1
        self._looked_at = -LOOK_EVERY_S

    @property
    def now(self) -> tuple[Pin, ...]:
        if time.monotonic() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            self._look()
        now = datetime.now(UTC)
        return tuple(pin for pin in self._pins if pin.until is None or now < pin.until)

    def _look(self) -> None:
        try:
            modified = (self._folder / NAME).stat().st_mtime_ns
        except OSError:
            self._seen, self._pins = -1, ()
            return
        if modified == self._seen:
            return
        self._seen = modified
        try:
            self._pins = read(self._folder)
        except (OSError, ValueError) as error:
            logger.warning("%s; the pins before it stay in force", error)


def _pin(row: dict[str, str | None]) -> Pin:
    until = row["until"]
    told = datetime.fromisoformat(until).astimezone(UTC) if until else None
    return Pin(use=str(row["use"]), route=row["route"], until=told)
