"""Which alerts were told and which wait to be sent; it outlives a restart."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from collector.files import replace

FILE = "alerts.json"
MOST_WAITING = 50


class Alert(NamedTuple):
    """`name` and `subject` tell one crossing from another; `text` is for people."""

    name: str
    subject: str
    text: str

    @property
    def key(self) -> str:
        return f"{self.name} {self.subject}"


@dataclass(slots=True)
class State:
    """Times are seconds since 1970.

    `told_at` is when each alert was last told, `is_on` those that held at the last look and were
    told. `waiting` are texts to be sent, `tries` how often that failed in a row, `next_at` when to
    go on.
    """

    told_at: dict[str, float] = field(default_factory=dict)
    is_on: set[str] = field(default_factory=set)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0
    next_at: float = 0.0

    def crossed(self, held: Iterable[Alert], now: datetime, cooldown_s: float) -> list[Alert]:
        """Those to be told now, once each; the rest has been told, or cools down.

        What still holds when its cool-down ends, and was not told for this crossing, is told then.
        """
        at = now.timestamp()
        by_key = {alert.key: alert for alert in held}
        self.is_on &= by_key.keys()
        told = [
            alert
            for key, alert in by_key.items()
            if key not in self.is_on and at - self.told_at.get(key, -cooldown_s) >= cooldown_s
        ]
        self.is_on |= {alert.key for alert in told}
        self.told_at |= {alert.key: at for alert in told}
        self._forget(at - cooldown_s)
        return told

    def _forget(self, before: float) -> None:
        kept = {key: at for key, at in self.told_at.items() if at > before or key in self.is_on}
        self.told_at = kept

    def enqueue(self, alerts: Iterable[Alert], now: datetime) -> None:
        self.waiting += [{"at": now.timestamp(), "text": alert.text} for alert in alerts]
        self.waiting = self.waiting[-MOST_WAITING:]


def read_state(folder: Path) -> State:
    """What was last written; a new one where nothing was, or it cannot be read."""
    try:
        said = json.loads((folder / FILE).read_bytes())
        return State(
            told_at={str(key): float(at) for key, at in said["told_at"].items()},
            is_on=set(map(str, said["is_on"])),
            waiting=[{"at": float(one["at"]), "text": str(one["text"])} for one in said["waiting"]],
            tries=int(said["tries"]),
            next_at=float(said["next_at"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return State()


def write_state(folder: Path, state: State) -> None:
    """
    Raises:
        OSError
    """
    said = {
        "told_at": state.told_at,
        "is_on": sorted(state.is_on),
        "waiting": state.waiting,
        "tries": state.tries,
        "next_at": state.next_at,
    }
    replace(folder / FILE, json.dumps(said).encode())
