"""Words on pages: whole English sentences with named gaps, looked up in the reader's language.

A language's words are the files `locale/<language>/*.po`, one for each area. Words are asked for
while a page is drawn, never while a module loads: two readers may speak two languages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from dashboard import reader

LOCALES = Path(__file__).resolve().parent / "locale"


def say(text: str, **named: object) -> str:
    """`text` in the reader's language, its gaps filled; in English where no word is known."""
    spoken = words(language()).get(text, text) if language() != "en" else text
    return spoken.format(**named) if named else spoken


def count(number: int, one: str, many: str, **named: object) -> str:
    """`one` or `many`, whose gap `{n}` takes the number."""
    return say(one if number == 1 else many, n=f"{number:,}", **named)


def language() -> str:
    return reader.current().language


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Within, words are of this language, whatever the reader's own is."""
    with reader.as_reader(replace(reader.current(), language=code)):
        yield


@cache
def words(code: str) -> dict[str, str]:
    """English source to the words of a language, from all of its files.

    Raises:
        ValueError: a file is no catalogue.
    """
    from babel.messages.pofile import read_po  # English never pays for it

    known: dict[str, str] = {}
    for file in sorted((LOCALES / code).glob("*.po")):
        with file.open("rb") as source:
            for message in read_po(source, locale=code, abort_invalid=True):
                known |= _pairs(message.id, message.string)
    return known


def _pairs(sources: Any, said: Any) -> dict[str, str]:
    """One and many are both said as the last form, which is Japanese's only one."""
    if isinstance(sources, str):
        return {sources: said} if sources and said else {}
    return {source: said[-1] for source in sources if said[-1]}
