"""Cash over a trailing window: what is spent, what calls in flight may add, what is still allowed.

A model without a price counts as the dearest of its family: nothing is free by being unknown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from router.policy_model import Budget, Step, Target
from router.price_book import PriceBook, UnknownPriceError
from router.rates import Rates

ZERO = Decimal(0)
RESERVED_OUTPUT_TOKENS = 8_000
FAMILIES = {
    "mythos": ("claude-mythos-5",),
    "fable": ("claude-fable-5",),
    "opus": ("claude-opus-4-1", "claude-opus-4-6"),
    "sonnet": ("claude-sonnet-4-5",),
    "haiku": ("claude-haiku-4-5",),
}


class TargetPrice(NamedTuple):
    """USD per million tokens."""

    input: Decimal
    cache_write: Decimal
    cache_read: Decimal
    output: Decimal


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in force now: `known` by target, `families` the dearest of each name."""

    known: Mapping[Target, TargetPrice] = field(default_factory=dict)
    families: Mapping[str, TargetPrice] = field(default_factory=dict)

    def of(self, target: Target) -> TargetPrice | None:
        """The target's price, else the dearest of its family, else the dearest of all."""
        if target in self.known:
            return self.known[target]
        name = family_of(target.model)
        if name and name in self.families:
            return self.families[name]
        return max((*self.known.values(), *self.families.values()), key=_weight, default=None)

    def is_free(self, target: Target) -> bool:
        """Whether the target has a price, and it is zero."""
        return target in self.known and not any(self.known[target])


@dataclass(frozen=True, slots=True)
class Spending:
    """Cash by the hour it was spent in (hours since 1970), and reservations by call."""

    by_hour: Mapping[int, Decimal] = field(default_factory=dict)
    reserved: Mapping[str, Decimal] = field(default_factory=dict)


def prices_now(book: PriceBook, at: datetime, targets: Iterable[Target]) -> Prices:
    """The prices of these targets on that day; cheap enough to make anew every minute."""
    known = {target: price for target in targets if (price := _price(book, target, at))}
    families = {}
    for family, models in FAMILIES.items():
        prices = [_price(book, Target("anthropic", model), at) for model in models]
        if found := [price for price in prices if price]:
            families[family] = max(found, key=_weight)
    return Prices(known, families)


def family_of(model: str) -> str | None:
    return next((family for family in FAMILIES if family in model), None)


def estimated_usd(price: TargetPrice | None, input_tokens: int, max_tokens: int | None) -> Decimal:
    """What a call may cost: a cold cache and a long answer. Without any price, nothing is known."""
    if price is None:
        return ZERO
    output = min(max_tokens or RESERVED_OUTPUT_TOKENS, RESERVED_OUTPUT_TOKENS)
    dearest_input = max(price.input, price.cache_write)
    return (input_tokens * dearest_input + output * price.output).scaleb(-6)


def spent_usd(spending: Spending, now: datetime, days: int) -> Decimal:
    """Cash of the trailing days; the hour in which they begin counts whole."""
    oldest = _hour(now - timedelta(days=days))
    return sum((usd for hour, usd in spending.by_hour.items() if hour >= oldest), ZERO)


def used_usd(spending: Spending, now: datetime, days: int) -> Decimal:
    """Cash spent and cash reserved."""
    return spent_usd(spending, now, days) + sum(spending.reserved.values(), ZERO)


def spent(spending: Spending, rows: Iterable[tuple[datetime, Decimal]]) -> Spending:
    """With these amounts added, such as the ledger's of the trailing days."""
    by_hour = dict(spending.by_hour)
    for at, usd in rows:
        by_hour[_hour(at)] = by_hour.get(_hour(at), ZERO) + usd
    return replace(spending, by_hour=by_hour)


def reserved(spending: Spending, call_id: str, usd: Decimal) -> Spending:
    """With a call in flight that may cost this much; a later reservation replaces an earlier."""
    return replace(spending, reserved={**spending.reserved, call_id: usd})


def settled(spending: Spending, call_id: str, at: datetime, usd: Decimal | None) -> Spending:
    """With a call's reservation turned into its cost; of unknown cost, the reservation is spent."""
    left = dict(spending.reserved)
    held = left.pop(call_id, ZERO)
    return spent(replace(spending, reserved=left), [(at, held if usd is None else usd)])


def forgotten(spending: Spending, now: datetime, days: int) -> Spending:
    """Without the hours that no trailing window holds any more."""
    oldest = _hour(now - timedelta(days=days))
    kept = {hour: usd for hour, usd in spending.by_hour.items() if hour >= oldest}
    return replace(spending, by_hour=kept)


def mark_of(budget: Budget, used: Decimal) -> tuple[str, Step] | None:
    """The highest mark that is reached, such as `80%`, and its step; `100%` is the hard one."""
    if used >= budget.usd:
        return "100%", budget.on_hard
    reached = [mark for mark in budget.on_soft if used >= budget.usd * _share(mark)]
    highest = max(reached, key=_share, default=None)
    return (highest, budget.on_soft[highest]) if highest else None


def levels_usd(budget: Budget) -> tuple[Decimal, ...]:
    """The cash at which its marks lie, ascending; the first is nothing, the last the budget."""
    soft = {budget.usd * _share(mark) for mark in budget.on_soft}
    return tuple(sorted({ZERO, *(usd for usd in soft if usd < budget.usd), budget.usd}))


def _share(mark: str) -> Decimal:
    return Decimal(mark.rstrip("%")) / 100


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // 3600


def _weight(price: TargetPrice) -> Decimal:
    """One number to order prices by: a coding call reads far more than it writes."""
    return price.input * 3 + price.output


def _price(book: PriceBook, target: Target, at: datetime) -> TargetPrice | None:
    try:
        rates = book.rates(target, at)
    except UnknownPriceError:
        return None
    return _flat(rates)


def _flat(rates: Rates) -> TargetPrice | None:
    if "input" not in rates.units or "output" not in rates.units:
        return None
    rate = rates.units["input"].usd_per_mtok
    return TargetPrice(
        input=rate,
        cache_write=_rate(rates, "cache_write_5m", rate),
        cache_read=_rate(rates, "cache_read", rate),
        output=rates.units["output"].usd_per_mtok,
    )


def _rate(rates: Rates, unit: str, otherwise: Decimal) -> Decimal:
    return rates.units[unit].usd_per_mtok if unit in rates.units else otherwise
