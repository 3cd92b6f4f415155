"""What a call cost, and what it would have cost at list price."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from router.call import Bill, Metered, Usage
from router.price_book import NANO, Context, PriceBook, Target
from router.rates import NANO_PLACES, UNITS, ZERO, Counts, Rates, UnknownPriceError, counts

NOTHING = Usage()
PLAIN = frozenset({None, "", "standard", "default", "auto", "global", "not_available"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """Money of one attempt, to 1e-9 USD; None is unknown, never zero.

    `list_usd` is the API list price of the usage, `cost_usd` the cash owed, `baseline_usd` the
    same usage at the baseline model's plain list price. `unpriced` says why `list_usd` is None;
    it stays None where there was no usage to price.
    """

    list_usd: Decimal | None
    cost_usd: Decimal | None
    baseline_usd: Decimal | None
    price_ids: tuple[str, ...] = ()
    unpriced: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product of the arithmetic behind `list_usd`. `usd_per_mtok` is per million of `count`."""

    model: str
    bucket: str
    count: int
    usd_per_mtok: Decimal
    usd: Decimal
    price_ids: tuple[str, ...]


class Nanos(NamedTuple):
    """Money as `Priced` has it, in billionths of a USD; in cash the list price is owed."""

    list_usd: int | None
    baseline_usd: int | None
    price_ids: tuple[str, ...]
    unpriced: str | None


@dataclass(frozen=True, slots=True)
class Quote:
    """The rates in force for one model, on one set of terms, at one time.

    `listed` is None where there is no price, and `unpriced` says why.
    """

    listed: Rates | None
    unpriced: str | None
    baseline: Rates | None

    @property
    def holds_all_day(self) -> bool:
        """Whether the rates are in force from midnight to midnight, UTC."""
        return not any(rates and rates.changes_by_hour for rates in (self.listed, self.baseline))

    def nanos(self, held: Counts) -> Nanos:
        """What a usage costs at these rates, if it is not broken down into iterations."""
        try:
            baseline_usd = self.baseline.nanos(held) if self.baseline else None
        except UnknownPriceError:
            baseline_usd = None
        if self.listed is None:
            return Nanos(None, baseline_usd, (), self.unpriced)
        rates = self.listed.for_counts(held) if self.listed.above else self.listed
        try:
            return Nanos(rates.nanos(held), baseline_usd, rates.ids_of(held), None)
        except UnknownPriceError as error:
            return Nanos(None, baseline_usd, (), str(error))


def quote(book: PriceBook, target: Target, at: datetime, metered: Metered) -> Quote:
    """The rates for what `metered` says of model, speed, region and tier; usage is not read."""
    try:
        baseline = book.rates(book.baseline, at)
    except UnknownPriceError:
        baseline = None
    try:
        return Quote(_answer_rates(book, target, at, metered), None, baseline)
    except UnknownPriceError as error:
        return Quote(None, str(error), baseline)


def price(book: PriceBook, target: Target, at: datetime, metered: Metered, bill: Bill) -> Priced:
    """The money of one attempt; the model that answered is priced, not the one asked for.

    In cash the provider's own figure wins over list price. A plan or a local model owes nothing.
    """
    if metered.iterations:
        return _priced_in_parts(book, target, at, metered, bill)
    if metered.usage is None:
        return Priced(list_usd=None, cost_usd=_cash(None, metered, bill), baseline_usd=None)
    nanos = quote(book, target, at, metered).nanos(counts(metered.usage))
    list_usd = _usd(nanos.list_usd)
    return Priced(
        list_usd=list_usd,
        cost_usd=_cash(list_usd, metered, bill),
        baseline_usd=_usd(nanos.baseline_usd),
        price_ids=nanos.price_ids,
        unpriced=nanos.unpriced,
    )


def _usd(nanos: int | None) -> Decimal | None:
    return None if nanos is None else Decimal(nanos).scaleb(-NANO_PLACES)


def _priced_in_parts(
    book: PriceBook, target: Target, at: datetime, metered: Metered, bill: Bill
) -> Priced:
    baseline_usd = _baseline_of_parts(book, at, metered)
    try:
        list_usd, price_ids = _list_price_of_parts(book, target, at, metered)
    except UnknownPriceError as error:
        owed = _cash(None, metered, bill)
        return Priced(list_usd=None, cost_usd=owed, baseline_usd=baseline_usd, unpriced=str(error))
    return Priced(
        list_usd=list_usd,
        cost_usd=_cash(list_usd, metered, bill),
        baseline_usd=baseline_usd,
        price_ids=price_ids,
    )


def _baseline_of_parts(book: PriceBook, at: datetime, metered: Metered) -> Decimal | None:
    """USD of every part at the baseline model's plain rates.

    No batch, fast or region price applies, so that what those save or cost shows. None when
    there is no rate.
    """
    try:
        return _sum(book.rates(book.baseline, at), metered).quantize(NANO)
    except UnknownPriceError:
        return None


def _sum(rates: Rates, metered: Metered) -> Decimal:
    usd = (rates.cost(part.usage, is_one_prompt=part.is_one_prompt) for part in _parts(metered))
    return sum(usd, ZERO)


def explain(book: PriceBook, target: Target, at: datetime, metered: Metered) -> tuple[Line, ...]:
    """The arithmetic behind `list_usd`, a line per model and bucket; they sum to it exactly.

    Where the exact sum has more than nine decimals, a last line named `rounding` closes it.

    Raises:
        UnknownPriceError: no price is in force.
    """
    lines: list[Line] = []
    for part in _parts(metered):
        rates = _part_rates(book, target, at, metered, part)
        name = part.model or metered.model or target[1] or "?"
        lines += _lines(name, part.usage, rates.at_size(part.usage, part.is_one_prompt))
    exact = sum((line.usd for line in lines), ZERO)
    return (*lines, *_rounding(exact))


def total(parts: Iterable[Priced]) -> Priced:
    """The money of a call, from its attempts': unknown as soon as one of them is."""
    every = list(parts)
    return Priced(
        list_usd=_add(priced.list_usd for priced in every),
        cost_usd=_add(priced.cost_usd for priced in every),
        baseline_usd=_add(priced.baseline_usd for priced in every),
        price_ids=tuple(dict.fromkeys(key for priced in every for key in priced.price_ids)),
        unpriced=next((priced.unpriced for priced in every if priced.unpriced), None),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    usage: Usage
    model: str | None = None
    is_one_prompt: bool = True


def _parts(metered: Metered) -> Iterator[_Part]:
    """What is priced on its own: each iteration, else the whole.

    A usage summed over a server's search rounds says nothing of how long one prompt was.
    Searches are told once for the whole answer. Iterations that say nothing are passed over.
    """
    usage = metered.usage or NOTHING
    if not any(part.usage.prompt_tokens or part.usage.output_tokens for part in metered.iterations):
        yield _Part(usage, None, usage.web_searches == 0)
        return
    for iteration in metered.iterations:
        yield _Part(replace(iteration.usage, web_searches=0), iteration.model)
    if usage.web_searches:
        yield _Part(Usage(web_searches=usage.web_searches))


def _list_price_of_parts(
    book: PriceBook, target: Target, at: datetime, metered: Metered
) -> tuple[Decimal, tuple[str, ...]]:
    usd, ids = ZERO, dict[str, None]()
    for part in _parts(metered):
        rates = _part_rates(book, target, at, metered, part)
        usd += rates.cost(part.usage, is_one_prompt=part.is_one_prompt)
        ids |= dict.fromkeys(rates.price_ids(part.usage, is_one_prompt=part.is_one_prompt))
    return usd.quantize(NANO), tuple(ids)


def _part_rates(
    book: PriceBook, target: Target, at: datetime, metered: Metered, part: _Part
) -> Rates:
    """An iteration of another model is priced as that model; only the answer's own can be fast."""
    if part.model is None or part.model == metered.model:
        return _answer_rates(book, target, at, metered)
    context = _context(None, metered.geo, metered.service_tier)
    return book.rates((target[0], part.model), at, context)


def _answer_rates(book: PriceBook, target: Target, at: datetime, metered: Metered) -> Rates:
    """A gateway may answer with a name that no list has: then the name asked for is priced.

    Anthropic names what it ran, so there an unlisted name is a model without a price.
    """
    context = _context(metered.speed, metered.geo, metered.service_tier)
    provider, asked = target
    try:
        return book.rates((provider, metered.model or asked), at, context)
    except UnknownPriceError:
        if metered.model in (None, asked) or book.billed_as(provider) == "anthropic":
            raise
        return book.rates(target, at, context)


@lru_cache(maxsize=256)
def _context(speed: str | None, geo: str | None, service_tier: str | None) -> Context:
    said = {"speed": speed, "geo": geo.lower() if geo else geo, "service_tier": service_tier}
    if service_tier == "batch":
        said = {**said, "service_tier": None, "processing": "batch"}
    return tuple((name, value) for name, value in said.items() if value and value not in PLAIN)


def _cash(list_usd: Decimal | None, metered: Metered, bill: Bill) -> Decimal | None:
    if bill is not Bill.CASH:
        return ZERO
    if metered.provider_cost_usd is not None:
        return metered.provider_cost_usd.quantize(NANO)
    return list_usd


def _lines(model: str, usage: Usage, rates: Rates) -> Iterator[Line]:
    for count, unit in zip(counts(usage), UNITS, strict=True):
        if count:
            if unit not in rates.units:
                raise UnknownPriceError(f"no {unit} rate for {model}")
            rate = rates.units[unit]
            yield Line(
                model=model,
                bucket=unit,
                count=count,
                usd_per_mtok=rate.usd_per_mtok,
                usd=(count * rate.usd_per_mtok).scaleb(-6),
                price_ids=rate.price_ids,
            )


def _rounding(exact: Decimal) -> Iterator[Line]:
    rest = exact.quantize(NANO) - exact
    if rest:
        yield Line(model="", bucket="rounding", count=0, usd_per_mtok=ZERO, usd=rest, price_ids=())


def _add(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = list(amounts)
    return None if None in known else sum((usd for usd in known if usd is not None), ZERO)
