"""The journal's segments, read from where the ledger has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Read:
    """Whole lines of some segments, and how far each is read; `is_all`: to the end of each."""

    lines: list[bytes] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)
    is_all: bool = False


def read_new(journal: Path, loaded: Mapping[str, int], room: int) -> Read:
    """What lies behind the loaded offsets, by segment; about `room` bytes of it."""
    read = Read()
    for file in sorted(journal.glob("*.jsonl")):
        begin = loaded.get(file.name, 0)
        if room > 0 and file.stat().st_size > begin:
            lines, end = _whole_lines(file, begin, room)
            room -= end - begin
            if end > begin:
                read.lines += lines
                read.offsets[file.name] = end
    read.is_all = room > 0
    return read


def _whole_lines(file: Path, begin: int, room: int) -> tuple[list[bytes], int]:
    """The lines from `begin` on, and where the last whole one ends; about `room` bytes of them."""
    with file.open("rb") as segment:
        segment.seek(begin)
        data = segment.read(room)
        if b"\n" not in data:  # one record larger than the room for all
            data += segment.readline()
    end = data.rfind(b"\n") + 1
    return data[:end].splitlines(), begin + end
