"""Where each key of a TOML text stands."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

type Key = tuple[str | int, ...]

HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
WORD = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
SETTING = re.compile(rf"\s*({WORD}(?:\s*\.\s*{WORD})*)\s*=")
PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")
STRINGS = re.compile(r'"(?:\\.|[^"\\])*"|' + r"'[^']*'")
FENCE = re.compile(r'"""|' + r"'''")


def lines_of(text: str) -> Mapping[Key, int]:
    """The line, from 1, of each table and each key; an array's tables are numbered from 0."""
    places: dict[Key, int] = {}
    seen: Counter[Key] = Counter()
    table: Key = ()
    for number, line in _outer_lines(text):
        header = HEADER.match(line)
        setting = None if header else SETTING.match(line)
        if header:
            table = _parts(header[2])
            if header[1] == "[[":
                seen[table] += 1
                table = (*table, seen[table] - 1)
            places.setdefault(table, number)
        elif setting:
            places.setdefault((*table, *_parts(setting[1])), number)
    return places


def line_of(places: Mapping[Key, int], key: Iterable[str | int]) -> int:
    """The line of the key, or of what it stands in; 1 for what the text does not hold."""
    wanted = tuple(key)
    for length in range(len(wanted), 0, -1):
        if wanted[:length] in places:
            return places[wanted[:length]]
    return 1


def _parts(dotted: str) -> Key:
    return tuple(double or single or bare for double, single, bare in PART.findall(dotted))


def _outer_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that begin outside of any array and multi-line string."""
    depth, fence = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not depth and not fence:
            yield number, line
        for mark in FENCE.findall(line):
            fence = "" if fence == mark else fence or mark
        if not fence:
            plain = STRINGS.sub("", line).partition("#")[0]
            is_header = not depth and HEADER.match(line)
            depth += 0 if is_header else plain.count("[") - plain.count("]")
