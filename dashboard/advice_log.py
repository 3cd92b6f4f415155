"""Findings put aside, and taken up again: rows of the ledger, of which the latest counts."""

from datetime import UTC, datetime
from pathlib import Path

from collector import ledger

LONGEST_REASON = 300


def dismiss(path: Path, finding: str, reason: str) -> None:
    """Put a finding aside.

    Raises:
        ledger.LedgerBusyError, ledger.LedgerBrokenError: as in `ledger.writing`.
    """
    _decide(path, finding, is_dismissed=True, reason=reason.strip()[:LONGEST_REASON] or None)


def take_up(path: Path, finding: str) -> None:
    """Show a finding again; errors as in `dismiss`."""
    _decide(path, finding, is_dismissed=False, reason=None)


def _decide(path: Path, finding: str, *, is_dismissed: bool, reason: str | None) -> None:
    row = {
        "finding": finding,
        "is_dismissed": is_dismissed,
        "reason": reason,
        "decided_at": datetime.now(UTC).replace(tzinfo=None),
    }
    with ledger.writing(path) as db:
        ledger.append(db, "advice_log", [row])
