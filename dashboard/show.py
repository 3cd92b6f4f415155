"""Numbers as people read them. Only shown text is rounded; exports keep every digit.

Amounts are dollars wherever they are passed on; what is shown is the reader's currency.
"""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from dashboard import reader
from dashboard.i18n import say

UNKNOWN = "–"


def usd(amount: Decimal | float | None) -> str:
    """An amount of dollars, or what it is in yen; unknown is a dash, never $0."""
    if amount is None:
        return UNKNOWN
    sign, size = ("−" if amount < 0 else ""), abs(in_currency(amount))
    return _yen(sign, size) if reader.current().rate else _dollars(sign, size)


def in_currency(amount: Decimal | float) -> float:
    """What dollars are in the reader's currency, at the rate that was set."""
    rate = reader.current().rate
    return float(amount) * float(rate.usd_jpy) if rate else float(amount)


def currency_sign() -> str:
    return "¥" if reader.current().rate else "$"


def _dollars(sign: str, size: float) -> str:
    """More digits the smaller the amount."""
    if size == 0:
        return "$0"
    if size < 0.01:
        return f"{sign}<$0.01"
    if size >= 100_000:
        return f"{sign}${size / 1000:,.1f}k"
    return f"{sign}${size:,.{3 if size < 1 else 2 if size < 1000 else 0}f}"


def _yen(sign: str, size: float) -> str:
    if 0 < size < 1:
        return f"{sign}<¥1"
    return f"{sign}¥{size / 1e6:,.1f}M" if size >= 1e7 else f"{sign}¥{size:,.0f}"


def round_usd(amount: float) -> str:
    """A whole amount, as people set themselves goals in."""
    return f"{currency_sign()}{in_currency(amount):,.0f}"


def exact_usd(amount: Decimal | None) -> str:
    """Every digit that the ledger keeps, at least four; in dollars, as it keeps them."""
    if amount is None:
        return UNKNOWN
    whole, _, digits = f"{amount:.9f}".partition(".")
    return f"${whole}.{digits.rstrip('0').ljust(4, '0')}"


def share(fraction: float | None) -> str:
    return UNKNOWN if fraction is None else f"{fraction:.1%}"


def percent(fraction: float) -> str:
    """A share as people set it: no digit that was not meant."""
    return f"{round(fraction * 100, 2):g}%"


def points(fraction: float) -> str:
    return say("{n} pp", n=f"{abs(fraction) * 100:.1f}")


def quantity(number: float | None) -> str:
    """A count or tokens, with k, M or B."""
    if number is None:
        return UNKNOWN
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= size:
            return f"{number / (1e3 if unit == 'k' else size):.1f}{unit}"
    return f"{number:,.0f}"


def size(bytes_: int) -> str:
    """Of a file, in decimal units."""
    for worth, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if bytes_ >= worth:
            return f"{bytes_ / worth:.1f} {unit}"
    return f"{bytes_} B"


def took(ms: float | None) -> str:
    if ms is None:
        return UNKNOWN
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def span(seconds: float) -> str:
    """A length of time in its two largest units."""
    minutes = round(max(seconds, 0) / 60)
    if minutes < 1:
        return say("under a minute")
    if minutes < 60:
        return say("{m} min", m=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return say("{h} h {m:02} m", h=hours, m=minutes)
    return say("{d} d {h} h", d=hours // 24, h=hours % 24)


def local(at: datetime, zone: str) -> datetime:
    """A UTC instant of the ledger on the user's clock."""
    return at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))


def moment(at: datetime | None, zone: str) -> str:
    """Date, time and zone; the ledger's times are UTC."""
    return UNKNOWN if at is None else f"{local(at, zone):%Y-%m-%d %H:%M:%S} {zone}"
