"""Who reads: in which language, currency and time zone, and against which goals.

What is read on a page is the page's reader's; `as_reader` puts another in its place, for a report
or a command that speaks for itself. This module knows no page: a page's session gives its reader.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.settings import Goals, Settings

LANGUAGES = {"en": "English", "ja": "日本語"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one dollar is worth in yen, and the day that this was so."""

    usd_jpy: Decimal
    on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`rate` is None where money is shown in dollars, as kept; `goals` where none were set."""

    language: str = "en"
    zone: str = "UTC"
    rate: Rate | None = None
    goals: "Goals | None" = None


NOBODY = Reader()
_named: ContextVar[Reader | None] = ContextVar("reader", default=None)
_of_session: list[Callable[[], Reader | None]] = []


def current() -> Reader:
    """The reader named by `as_reader`, else the session's; English and dollars if neither is."""
    if named := _named.get():
        return named
    return next((found for found in (ask() for ask in _of_session) if found), NOBODY)


@contextmanager
def as_reader(reader: Reader) -> Iterator[None]:
    token = _named.set(reader)
    try:
        yield
    finally:
        _named.reset(token)


def known_by(ask: Callable[[], Reader | None]) -> None:
    """Where the reader of a page is found, from now on; None is answered outside of a session."""
    _of_session[:] = [ask]


def from_settings(settings: "Settings", language: str | None = None, zone: str = "UTC") -> Reader:
    """Whom the settings describe; `language` and `zone` count where they name none."""
    return Reader(
        language=settings.language or language or "en",
        zone=settings.zone or zone,
        rate=_rate(settings),
        goals=settings.goals,
    )


def _rate(settings: "Settings") -> Rate | None:
    if settings.currency != "JPY" or settings.usd_jpy is None:
        return None
    return Rate(usd_jpy=settings.usd_jpy, on=settings.usd_jpy_on)
