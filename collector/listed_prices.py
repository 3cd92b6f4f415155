"""The price list of genai-prices as price rows: every model, date, tier and condition."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from itertools import pairwise

from genai_prices import types
from genai_prices.data_snapshot import get_snapshot
from genai_prices.data_units import unit_data

from router.price_book import TIME_OF_DAY
from router.price_row import PriceRow

VERSION = version("genai-prices")
SOURCE = "genai-prices"
OUR_UNITS = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_tokens": "cache_read",
    "cache_write_tokens": "cache_write_5m",
    "cache_write_5m_tokens": "cache_write_5m",
    "cache_write_1h_tokens": "cache_write_1h",
    "web_searches": "web_search",
}
UNITS = {
    unit["price_key"]: (OUR_UNITS.get(name, name), Decimal(1_000_000) / unit["per"])
    for name, unit in unit_data.items()
}
Prices = dict[str, "Decimal | types.TieredPrices"]
Period = tuple[date | None, date | None]


@cache
def rows() -> tuple[PriceRow, ...]:
    """Every price of the installed list; a `:free` model without rates is listed as zero."""
    found: list[PriceRow] = []
    for provider in get_snapshot().providers:
        found += _fallbacks(provider)
        for model in provider.models:
            found += _merged(_model_rows(provider.id, model))
    return tuple(found)


def _fallbacks(provider: types.Provider) -> Iterator[PriceRow]:
    for other in provider.fallback_model_providers or ():
        yield PriceRow(
            price_id=f"{provider.id}>{other}",
            provider=provider.id,
            match_kind="falls_back_to",
            match=other,
            source=SOURCE,
        )


def _model_rows(provider: str, model: types.ModelInfo) -> Iterator[PriceRow]:
    kind, match = match_of(model.match)
    row = PriceRow(
        price_id=f"{provider}/{model.id}", provider=provider, match_kind=kind, match=match,
        source=SOURCE,
    )  # fmt: skip
    for period in _periods(model):
        begin = period[0] or date.min
        yield from _priced(row, period, _standard(model, begin))
        for hours, prices in _by_hour(model):
            yield from _priced(_when(row, {TIME_OF_DAY: hours}), period, prices)
        for when, prices in _variants(model, begin):
            yield from _priced(_when(row, when), period, prices)


def _priced(row: PriceRow, period: Period, prices: Prices) -> Iterator[PriceRow]:
    for key, price in prices.items():
        unit, per_million = UNITS[key]
        for threshold, usd in _steps(price):
            yield replace(
                row,
                unit=unit,
                threshold_tokens=threshold,
                usd_per_mtok=usd * per_million,
                valid_from=period[0],
                valid_to=period[1],
            )


def _when(row: PriceRow, when: dict[str, str]) -> PriceRow:
    key, value = "+".join(when), "+".join(when.values())
    return replace(row, context_key=key, context_value=value)


def _steps(price: Decimal | types.TieredPrices) -> list[tuple[int, Decimal]]:
    if isinstance(price, Decimal):
        return [(0, price)]
    return [(0, price.base), *((tier.start, tier.price) for tier in price.tiers)]


def _conditions(model: types.ModelInfo) -> list[types.ConditionalPrice]:
    if isinstance(model.prices, types.ModelPrice):
        return [types.ConditionalPrice(prices=model.prices)]
    return model.prices


def _periods(model: types.ModelInfo) -> Iterator[Period]:
    """The spans between the dates on which anything about the model changes."""
    constraints = [
        *(condition.constraint for condition in _conditions(model)),
        *(variant.constraint for variant in model.price_variants or ()),
    ]
    starts = sorted(
        {limit.start_date for limit in constraints if isinstance(limit, types.StartDateConstraint)}
    )
    return pairwise([None, *starts, None])


def _standard(model: types.ModelInfo, day: date) -> Prices:
    """Of the prices begun by then the last listed; before all of them, the first."""
    listed = _conditions(model)
    begun = [condition for condition in listed if _has_begun(condition.constraint, day)]
    prices = _present((begun or listed)[-1 if begun else 0].prices)
    if not prices and model.id.endswith(":free"):
        return {"input_mtok": Decimal(0), "output_mtok": Decimal(0)}
    return prices


def _by_hour(model: types.ModelInfo) -> Iterator[tuple[str, Prices]]:
    for condition in _conditions(model):
        limit = condition.constraint
        if isinstance(limit, types.TimeOfDateConstraint):
            hours = f"{limit.start_time:%H:%M}-{limit.end_time:%H:%M}"
            yield hours, _present(condition.prices)


def _variants(model: types.ModelInfo, day: date) -> Iterator[tuple[dict[str, str], Prices]]:
    """By context; where two variants in force price the same unit, the first listed holds."""
    merged: dict[tuple[tuple[str, str], ...], Prices] = {}
    for variant in model.price_variants or ():
        if _has_begun(variant.constraint, day):
            prices = merged.setdefault(tuple(variant.when.items()), {})
            prices.update({**_present(variant.prices), **prices})
    return ((dict(when), prices) for when, prices in merged.items())


def _has_begun(
    limit: types.StartDateConstraint | types.TimeOfDateConstraint | None, day: date
) -> bool:
    if isinstance(limit, types.StartDateConstraint):
        return limit.start_date <= day
    return limit is None


def _present(prices: types.ModelPrice) -> Prices:
    return {key: price for key, price in vars(prices).items() if price is not None}


def _merged(found: Iterable[PriceRow]) -> Iterator[PriceRow]:
    """Rows of one model, joined where a rate runs on past a date, each with its id."""
    open_rows: dict[tuple[object, ...], PriceRow] = {}
    for row in found:
        claim = (row.context, row.unit, row.threshold_tokens)
        before = open_rows.get(claim)
        if before and before.usd_per_mtok == row.usd_per_mtok and before.valid_to == row.valid_from:
            open_rows[claim] = replace(before, valid_to=row.valid_to)
            continue
        if before:
            yield with_id(before)
        open_rows[claim] = row
    yield from map(with_id, open_rows.values())


def with_id(row: PriceRow) -> PriceRow:
    """Named by what it prices: `anthropic/claude-opus-4-6#input>200000` until a date,
    `...#output@2026-10-14+processing=batch` from one.
    """
    name = f"{row.price_id}#{row.unit}"
    if row.threshold_tokens:
        name += f">{row.threshold_tokens}"
    if row.valid_from:
        name += f"@{row.valid_from}"
    if row.context_key:
        name += f"+{row.context_key}={row.context_value}"
    return replace(row, price_id=name)


def match_of(clause: types.MatchLogic) -> tuple[str, str]:
    """A clause as one kind and one text, in lower case; alternatives become a pattern."""
    match clause:
        case types.ClauseEquals():
            return "equals", clause.equals.lower()
        case types.ClauseStartsWith():
            return "starts_with", clause.starts_with.lower()
        case types.ClauseEndsWith():
            return "ends_with", clause.ends_with.lower()
        case types.ClauseContains():
            return "contains", clause.contains.lower()
        case types.ClauseRegex():
            return "regex", clause.regex
        case types.ClauseOr():
            return "regex", "|".join(map(_pattern, clause.or_))
        case types.ClauseAnd():
            return "regex", "^" + "".join(f"(?=.*?(?:{_pattern(part)}))" for part in clause.and_)


def _pattern(clause: types.MatchLogic) -> str:
    kind, match = match_of(clause)
    literal = re.escape(match).replace(r"\-", "-")
    return {
        "equals": f"^{literal}$",
        "starts_with": f"^{literal}",
        "ends_with": f"{literal}$",
        "contains": literal,
    }.get(kind, match)
