"""The committed price list and corrections as one book, and calls to price with it."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from collector.files import DEFAULTS
from collector.prices import FILE, price_rows
from router.call import Bill, Iteration, Metered, Usage
from router.price import Priced, price
from router.price_book import PriceBook

TODAY = "2026-11-22"
COUNTS = frozenset(Usage.__slots__)


@cache
def book() -> PriceBook:
    return PriceBook(price_rows(DEFAULTS / FILE))


def metered(iterations: tuple[Iteration, ...] = (), **said: Any) -> Metered:
    """What an answer said; token counts make its usage, the rest is as in Metered."""
    usage = Usage(**{name: count for name, count in said.items() if name in COUNTS})
    rest = {name: value for name, value in said.items() if name not in COUNTS}
    return Metered(usage=usage, iterations=iterations, **rest)


def priced(asked: str | None, day: str = TODAY, **said: Any) -> Priced:
    """A cash call at Anthropic, unless `provider` or `bill` say otherwise."""
    target = (said.pop("provider", "anthropic"), asked)
    bill = said.pop("bill", Bill.CASH)
    return price(book(), target, datetime.fromisoformat(day), metered(**said), bill)


def usd(asked: str, day: str = TODAY, **said: Any) -> Decimal | None:
    return priced(asked, day, **said).list_usd
