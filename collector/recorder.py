"""Writes down each call: once when it starts, once when it has ended."""

import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from collector import bodies
from collector.journal import Journal
from router.call import Call, Facts

REMEMBERED_BODIES = 2000


class Recorder:
    """Keeps the journal; remembers recent bodies so that a client's retry is known as one."""

    def __init__(self, journal: Journal, folder: Path, keeps_bodies: Callable[[], bool]) -> None:
        self.calls = 0
        self._journal = journal
        self._bodies = folder
        self._keeps_bodies = keeps_bodies
        self._asked: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._retries: dict[str, str] = {}

    @property
    def keeps_bodies(self) -> bool:
        return self._keeps_bodies()

    def started(self, call: Call) -> None:
        self.calls += 1
        self._link_retry(call.call_id, call.facts)
        facts = call.facts
        self._journal.append(
            {
                "row": "start",
                "call_id": call.call_id,
                "asked_at": call.asked_at,
                "project": facts.project,
                "session_id": facts.session_id,
                "agent_id": facts.agent_id,
                "parent_agent_id": facts.parent_agent_id,
                "kind": facts.kind,
                "asked_model": facts.asked_model,
                "route": call.route,
                "reason": call.reason,
                "gate_pid": os.getpid(),
            }
        )

    def ended(self, call: Call) -> None:
        retry_of = self._retries.pop(call.call_id, None)
        self._journal.append({**end_row(call), "retry_of": retry_of})

    def body(self, call: Call, asked: bytes, answered: bytes) -> None:
        texts = {"asked": asked, "answered": answered}
        bodies.keep(self._bodies, call.call_id, call.asked_at, texts)

    def _link_retry(self, call_id: str, facts: Facts) -> None:
        if not facts.session_id or not facts.body_sha256:
            return
        key = (facts.session_id, facts.body_sha256)
        first = self._asked.setdefault(key, call_id)
        if first != call_id:
            self._retries[call_id] = first
        while len(self._asked) > REMEMBERED_BODIES:
            self._asked.popitem(last=False)


def end_row(call: Call) -> dict[str, Any]:
    """The journal's record of an ended call; what it holds is made plain when it is written."""
    return {"row": "end", **{field.name: getattr(call, field.name) for field in fields(call)}}
