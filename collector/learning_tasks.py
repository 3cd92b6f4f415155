"""The user's own tasks to learn from: out of the ledger, with their words where they are kept."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from collector import bodies, ledger
from collector.live_weights import of_version
from router.complexity import Weights
from router.facts import parsed
from router.learning import Labelled, amounts_of
from router.wire.request import human_text, last_human_text

LONG_AGO, NEVER = "2000-01-01", "2100-01-01"
# From the weakest up; a model of none of these families counts as the weakest.
FAMILIES = ("haiku", "sonnet", "opus")
ENOUGH = 30
NAMED = re.compile(r"[\w-]+")


def tasks(db: duckdb.DuckDBPyConnection, folder: Path, client: Path) -> list[Labelled]:
    """Every task with a known outcome and score; those scored by weights no longer kept are left.

    Words come from the prompts that are kept, else from the transcripts in `client`.

    Raises:
        duckdb.Error
    """
    rows = ledger.ask(db, "learning_tasks", start_at=LONG_AGO, end_at=NEVER).to_dicts()
    known = {row["weights"]: of_version(folder, row["weights"]) for row in rows}
    strong = strongest([row["model"] for row in rows])
    written = {one: dict(_written(client, one)) for one in {row["session_id"] for row in rows}}
    told = ((row, known[row["weights"]]) for row in rows)
    return [
        replace(
            _labelled(row, weights, strong),
            text=_kept(folder, row) or _newest(written[row["session_id"]], row["began_at"]),
        )
        for row, weights in told
        if weights
    ]


def strongest(models: list[str]) -> int:
    """The rank from which a model counts as strong: the highest with enough on both sides."""
    ranks = [rank(model) for model in models]
    for at in range(len(FAMILIES), 0, -1):
        above = sum(one >= at for one in ranks)
        if above >= ENOUGH and len(ranks) - above >= ENOUGH:
            return at
    return len(FAMILIES)


def rank(model: str) -> int:
    """How strong a model is by its family: 3 is Opus, 0 none of the known."""
    return next((at for at, name in enumerate(FAMILIES, start=1) if name in model), 0)


def _labelled(row: dict[str, Any], weights: Weights, strong: int) -> Labelled:
    return Labelled(
        session=row["session_id"],
        began_at=row["began_at"],
        task=row["task"] or "other",
        is_strong=rank(row["model"]) >= strong,
        passed=row["passed"],
        usd=row["list_usd"],
        amounts=amounts_of(json.loads(row["terms"]), weights),
    )


def _kept(folder: Path, row: dict[str, Any]) -> str | None:
    """What the person wrote, where prompts are kept; it is held in memory only."""
    kept = bodies.kept(folder / "bodies", row["call_id"], row["began_at"])
    body = parsed(kept["asked"]) if "asked" in kept else None
    return last_human_text(body) if body else None


def _written(client: Path, session: str) -> Iterator[tuple[datetime, str]]:
    """When a person wrote what in a session, by its transcript (UTC)."""
    if not NAMED.fullmatch(session):
        return
    for file in (client / "projects").glob(f"*/{session}.jsonl"):
        for line in file.read_bytes().splitlines():
            said = parsed(line) or {}
            message = said.get("message")
            if said.get("type") != "user" or not isinstance(message, dict):
                continue
            with suppress(ValueError, TypeError):
                at = datetime.fromisoformat(str(said.get("timestamp"))).astimezone(UTC)
                if text := human_text(message.get("content")):
                    yield at.replace(tzinfo=None), text


def _newest(written: Mapping[datetime, str], at: datetime) -> str | None:
    before = [when for when in written if when <= at]
    return written[max(before)] if before else None
