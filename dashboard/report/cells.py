"""Tables of the report: cells that know their unit, so that each format shows them its own way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from dashboard import reader, show


class Unit(StrEnum):
    """`USD` and `USD_CHANGE` are dollars, `SHARE` and `SHARE_CHANGE` fractions, `RATE` dollars a
    million; `MOMENT` is UTC.
    """

    TEXT = "text"
    USD = "usd"
    USD_CHANGE = "usd_change"
    RATE = "rate"
    SHARE = "share"
    SHARE_CHANGE = "share_change"
    COUNT = "count"
    COUNT_CHANGE = "count_change"
    DAY = "day"
    MOMENT = "moment"
    MINUTES = "minutes"


NOTHING = Decimal("0.000001")  # what rounding leaves
WORDS = (Unit.TEXT, Unit.DAY, Unit.MOMENT)


class Cell(NamedTuple):
    value: Any
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`key` names it for programs. `note` stands under the title, `empty` in place of no rows;
    `total` closes it.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = ""
    total: tuple[Cell, ...] | None = None

    @property
    def are_numbers(self) -> tuple[bool, ...]:
        """Which columns hold numbers, by their first row."""
        first = self.rows[0] if self.rows else ()
        return tuple(cell.unit not in WORDS for cell in first) or (False,) * len(self.columns)


def text(value: str) -> Cell:
    return Cell(value, Unit.TEXT)


def usd(value: Decimal | float | None) -> Cell:
    return Cell(value, Unit.USD)


def share(value: float | None) -> Cell:
    return Cell(value, Unit.SHARE)


def count(value: float | None) -> Cell:
    return Cell(value, Unit.COUNT)


def money(amount: Decimal | float | None) -> str:
    """To the cent, or in whole yen where the reader wants yen; unknown is a dash."""
    if amount is None:
        return show.UNKNOWN
    rate = reader.current().rate
    size = abs(Decimal(amount) * rate.usd_jpy if rate else Decimal(amount))
    sign, mark, digits = "−" if amount < 0 else "", "¥" if rate else "$", 0 if rate else 2
    least = Decimal(1).scaleb(-digits)
    if NOTHING < size < least / 2:
        return f"{sign}<{mark}{least}"
    return f"{sign if size > NOTHING else ''}{mark}{size:,.{digits}f}"


def shown(cell: Cell) -> str:
    """A cell as people read it."""
    if cell.value is None:
        return show.UNKNOWN
    return _SHOWN[cell.unit](cell.value)


def _signed(value: Any, written: str) -> str:
    return f"+{written}" if value > NOTHING else written


def _rate(usd_per_million: Decimal) -> str:
    """Prices are always quoted in dollars."""
    digits = f"{usd_per_million:.6f}".rstrip("0")
    whole, _, part = digits.partition(".")
    return f"${whole}.{part.ljust(2, '0')}"


def _count(number: float) -> str:
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def _minutes(minutes: float) -> str:
    return show.span(minutes * 60)


def _moment(at: datetime) -> str:
    return f"{show.local(at, reader.current().zone):%Y-%m-%d %H:%M}"


def _points(change: float) -> str:
    return ("−" if change < 0 else "+" if change > 0 else "") + show.points(change)


_SHOWN: dict[Unit, Callable[[Any], str]] = {
    Unit.TEXT: str,
    Unit.USD: money,
    Unit.USD_CHANGE: lambda value: _signed(value, money(value)),
    Unit.RATE: _rate,
    Unit.SHARE: lambda value: show.share(value).replace("-", "−"),
    Unit.SHARE_CHANGE: _points,
    Unit.COUNT: _count,
    Unit.COUNT_CHANGE: lambda value: _signed(value, _count(value).replace("-", "−")),
    Unit.DAY: lambda day: f"{day:%Y-%m-%d}",
    Unit.MOMENT: _moment,
    Unit.MINUTES: _minutes,
}
