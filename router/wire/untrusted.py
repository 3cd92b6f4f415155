"""Reading JSON whose types nobody promised: the wrong type reads as absent."""

from typing import Any

LARGEST_COUNT = 2**63 - 1
LONGEST_WORD = 200


def table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def count(value: object) -> int | None:
    """A whole number that is not negative and fits 64 bits; None for everything else."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT:
        return value
    return None


def word(value: object, longest: int = LONGEST_WORD) -> str | None:
    """A name or an id; None when empty, unprintable or longer than any name is."""
    if isinstance(value, str) and 0 < len(value) <= longest and value.isprintable():
        return value
    return None
